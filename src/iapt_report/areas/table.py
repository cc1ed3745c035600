"""Areas: the canonical table of one period, its schema and its checks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iapt_report.areas import series
from iapt_report.areas.exclusion import Exclusion, Loss, loss_of
from iapt_report.areas.outcomes import OUTCOMES, RECOVERY, Outcome
from iapt_report.areas.rows import is_counted, ranks, rows_of
from iapt_report.areas.schemas import Column, check, check_rows
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import pandas as pd

    from iapt_report.areas.cells import Place
    from iapt_report.areas.doubts import Doubt
    from iapt_report.areas.extras import Extras
    from iapt_report.areas.outcomes import Name
    from iapt_report.areas.patient_cells import PatientCells
    from iapt_report.areas.period import Period
    from iapt_report.areas.rows import Row

KEYS = ("area_code", "area_name")
COUNTS = ("referrals", "finished_treatment", "at_caseness", "recovered", "reliably_recovered", "reliably_improved")
RATES = tuple(column for outcome in OUTCOMES.values() for column in (outcome.rate, outcome.low, outcome.high))
DEPRIVATION = ("imd_score", "imd_rank")
# Counts of the area that the source withheld because they are small, by the names of their columns.
SUPPRESSED = "suppressed"
COLUMNS = (*KEYS, *COUNTS, *RATES, SUPPRESSED, *DEPRIVATION)
REASON = "excluded"
# Of an organisation left out whose counts are not known for the period: what is known of them, by its column.
LEFT_OUT = {"referrals": "left_out_referrals", "finished_treatment": "left_out_finished_treatment"}
KNOWN = frozenset({*COLUMNS, REASON, *LEFT_OUT.values()})
FEWEST = 10
# The columns that a person writes; the others follow from them.
_WRITTEN = (*KEYS, "referrals", "finished_treatment", "at_caseness", "recovered", "recovery_rate", *DEPRIVATION)


@dataclass(frozen=True)
class Source:
    """A file the areas were made from: its name, and the SHA-256 of its content in hexadecimal."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Precision:
    """How exactly the source gives its counts.

    Parameters
    ----------
    rounded_to : int
        Counts are rounded to the nearest multiple of this; 1 where they are exact.
    withheld_under : int
        Counts under this are withheld; 0 where none is.
    parts : int
        How many published counts, as those of months, each count is the sum of.
    cases_derived : bool
        Whether those at caseness are the difference of two published counts.
    """

    rounded_to: int = 1
    withheld_under: int = 0
    parts: int = 1
    cases_derived: bool = False


@dataclass(frozen=True)
class Flow:
    """From the organisations that the activity names to those that have a deprivation score or rank.

    Parameters
    ----------
    published : int
        Organisations named.
    merged : int
        Of these, counted with others that they merged into.
    matched : int
        Of the rest, with a deprivation score or rank.
    """

    published: int
    merged: int
    matched: int


@dataclass(frozen=True)
class DeprivationFacts:
    """What index of deprivation the areas have, where an import took it from the tables of the package.

    Parameters
    ----------
    edition : int
        The year that the edition of the index is called by.
    publisher : str
        Whose it is.
    published : datetime.date
    level : str
        Whose boundaries the averages are within: ``ccg``, ``subicb`` or ``icb``.
    boundaries : int
        The year in whose April these boundaries began.
    boundaries_publisher : str
    """

    edition: int
    publisher: str
    published: date
    level: str
    boundaries: int
    boundaries_publisher: str


@dataclass(frozen=True)
class Areas:
    """The commissioning areas of one period, checked.

    Parameters
    ----------
    period : Period
    table : DataFrame
        One row an area in the analysis, sorted by code, with the columns of `COLUMNS`: counts as nullable
        integers, rates as proportions 0–1, each with the least and the most that it can be given how its counts are
        published (missing where that is not known), ``suppressed`` with the names of the counts that were withheld,
        ``imd_rank`` with 1 the most deprived.
    excluded : tuple of Exclusion
    sources : tuple of Source
    synthetic : bool
        Whether the areas are invented.
    area_type : str
        What an area is, in words for a reader.
    notes : tuple of str
        What a reader of the data must know, each a sentence.
    precision : Precision or None
        How exactly the counts are known; None where the source does not say.
    flow : Flow or None
        From the organisations published to those analysed; None where it is not known.
    deciles : DataFrame or None
        The counts of outcomes by the deprivation decile of patients' own neighbourhoods, of the areas in ``table`` and
        of England, as `iapt_report.areas.deciles.checked_deciles` returns them; None where they are not known.
    shares : DataFrame or None
        Patients of the areas in ``table``, and of England, by ethnic group, age, gender or what else the source tells,
        as `iapt_report.areas.shares.checked_shares` returns them; None where they are not known.
    extras : Extras or None
        The columns of areas.csv beyond the known ones; None where there is none.
    outcome : {"recovery", "reliable_recovery", "reliable_improvement"} or None
        The outcome whose rate every area in ``table`` has; None where it is not recorded.
    deprivation : DeprivationFacts or None
        The edition and boundaries of the deprivation; None where a user's own files gave it.
    doubts : tuple of Doubt
        What in the source cannot be right.
    cells : PatientCells or None
        The period's file of patients' cells; None where the areas do not come from patients' episodes.
    """

    period: Period
    table: pd.DataFrame = field(repr=False)
    excluded: tuple[Exclusion, ...] = ()
    sources: tuple[Source, ...] = ()
    synthetic: bool = False
    area_type: str = "commissioning area"
    notes: tuple[str, ...] = ()
    precision: Precision | None = None
    flow: Flow | None = None
    deciles: pd.DataFrame | None = field(default=None, repr=False)
    outcome: Name | None = None
    deprivation: DeprivationFacts | None = None
    doubts: tuple[Doubt, ...] = ()
    shares: pd.DataFrame | None = field(default=None, repr=False)
    extras: Extras | None = field(default=None, repr=False)
    cells: PatientCells | None = None

    @property
    def loss(self) -> Loss:
        """The patients of the organisations left out."""
        return loss_of(int(self.table["referrals"].sum()), int(self.table["finished_treatment"].sum()), self.excluded)

    def __len__(self) -> int:
        return len(self.table)


def select(
    full: pd.DataFrame, file: object, outcome: Outcome = RECOVERY, *, rerank: bool = False
) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Part a checked table into the areas to analyse and those left out, each with its reason.

    Parameters
    ----------
    full : DataFrame
        As `checked` returns it, with the columns ``excluded`` (a reason, or missing) and of `LEFT_OUT`.
    file : object
        Where the table came from, for messages.
    outcome : Outcome
        Without its rate, an area cannot be analysed.
    rerank : bool
        Whether ranks are to count the areas analysed alone; else they stand as given.

    Returns
    -------
    table : DataFrame
        The areas to analyse, sorted by code, columns as `COLUMNS`.
    excluded : tuple of Exclusion

    Raises
    ------
    DataError
        If fewer than ten areas are left, or all have the same deprivation rank.
    """
    kept, excluded = parted(rows_of(series.columns_of(full)), file, outcome, rerank=rerank)
    return frame_of(kept), excluded


def parted(
    rows: Sequence[Row], file: object, outcome: Outcome = RECOVERY, *, rerank: bool = False
) -> tuple[list[Row], tuple[Exclusion, ...]]:
    """Part the rows of a checked table as `select` does; those to analyse are rows with all columns that they had."""
    reasons = [row[REASON] if row[REASON] is not None else _lack(row, outcome) for row in rows]
    kept = sorted((row for row, why in zip(rows, reasons, strict=True) if why is None), key=_code)
    left = sorted(((row, why) for row, why in zip(rows, reasons, strict=True) if why is not None), key=_code_of_first)
    excluded = tuple(_left_out(row, why, outcome) for row, why in left)
    if len(kept) < FEWEST:
        first = f"; the first of the others, {excluded[0].area_code}: {excluded[0].reason}" if excluded else ""
        raise DataError(
            f"{len(kept)} of {len(rows)} areas can be analysed{first}",
            file=file,
            expected=f"at least {FEWEST} areas with referrals, finished_treatment, {outcome.rate} and imd_rank",
            mend="give a file with more areas, or fill in what is missing",
        )
    if len({row["imd_rank"] for row in kept}) == 1:
        raise DataError(
            f"all {len(kept)} areas have the same deprivation rank",
            file=file,
            column="imd_rank",
            expected="ranks that differ, 1 for the most deprived area",
            mend="give each area its own deprivation score or rank",
        )
    if rerank:
        again = ranks([row["imd_rank"] for row in kept])
        kept = [{**row, "imd_rank": rank} for row, rank in zip(kept, again, strict=True)]
    return kept, excluded


def _code(row: Row) -> str:
    return str(row["area_code"])


def _code_of_first(pair: tuple[Row, str]) -> str:
    return _code(pair[0])


def frame_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Turn rows into a table with the columns of `COLUMNS`, typed as they are in `Areas`."""
    import pandas as pd

    kinds = dict.fromkeys(COUNTS, "Int64") | dict.fromkeys((*RATES, *DEPRIVATION), "float64")
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=kinds.get(name, "str")) for name in COLUMNS}
    )


def _left_out(row: Row, reason: str, outcome: Outcome) -> Exclusion:
    """Say what is known of the patients of an organisation left out."""
    known = {name: row[column] if row[name] is None else row[name] for name, column in LEFT_OUT.items()}
    unpublished = row[REASON] is None and not _is_analysable(row, outcome)
    return Exclusion(str(row["area_code"]), str(row["area_name"]), str(reason), **known, unpublished=unpublished)


def _is_analysable(row: Row, outcome: Outcome) -> bool:
    """Say whether a row has all that the analysis needs of an area's activity."""
    return row[outcome.rate] is not None and is_counted(row)


def _lack(row: Row, outcome: Outcome) -> str | None:
    """Say what keeps a row out of the analysis; None where nothing does."""
    # An area that lacks something else is not ranked, even if its deprivation is known.
    unranked = row["imd_rank"] is None and (row["imd_score"] is None or _is_analysable(row, outcome))
    lacking = (
        (row[outcome.rate] is None, f"no usable {outcome.words} rate"),
        (unranked, "no deprivation rank"),
        (row["referrals"] is None, "no number of referrals"),
        (row["finished_treatment"] is None, "no number who finished treatment"),
    )
    said = "; ".join(words for lacks, words in lacking if lacks)
    return said or ("nobody finished treatment" if row["finished_treatment"] == 0 else None)


def checked(text: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Turn a table of text into typed columns, refusing what cannot be.

    Parameters
    ----------
    text : DataFrame of str
        Columns of `COLUMNS`, as read; ``area_code`` and ``area_name`` at least. Empty cells, ``NA`` and ``*``
        are missing values, and so is a column that is not there.
    place : Place
        Where it came from, for messages.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`, ``excluded`` and those of `LEFT_OUT`, typed; rates from the counts where both are
        given, ranks from the scores where none is given.

    Raises
    ------
    DataError
        At the first value that cannot be, naming its row and column.
    """
    import pandas as pd

    if text.empty:
        raise DataError(
            "the table has no rows", file=place.file, expected="one row an area", mend="give the complete file"
        )
    frame = pd.DataFrame(index=text.index)
    for column in KEYS:
        frame[column] = series.names(text[column], column, place)
    place.refuse_repeats(frame["area_code"], frame["area_code"], "area_code")
    for column in COUNTS:
        frame[column] = (
            series.counts(text[column], column, place) if column in text else series.absent_counts(text.index)
        )
    for column in (*RATES, *DEPRIVATION):
        frame[column] = (
            series.numbers(text[column], column, place) if column in text else series.absent_numbers(text.index)
        )
    frame[SUPPRESSED] = _suppressed(text, place)
    frame[REASON] = series.optional_text(text[REASON]) if REASON in text else pd.Series(pd.NA, text.index, dtype="str")
    for column in LEFT_OUT.values():
        frame[column] = (
            series.counts(text[column], column, place) if column in text else series.absent_counts(text.index)
        )
    refuse_impossible(series.columns_of(frame), place)
    for outcome in OUTCOMES.values():
        frame[outcome.rate] = rate_from_counts(frame, outcome)
    if frame["imd_rank"].isna().all():
        usable = pd.Series([is_usable(row) for row in rows_of(series.columns_of(frame))], frame.index)
        frame["imd_rank"] = deprivation_ranks(frame["imd_score"].where(usable))
    return validated(frame)


def is_usable(row: Row) -> bool:
    """Say whether an area can be analysed by some outcome, as far as its activity goes."""
    return row[REASON] is None and is_counted(row) and any(row[one.rate] is not None for one in OUTCOMES.values())


def _suppressed(text: pd.DataFrame, place: Place) -> pd.Series[str]:
    """Read which counts were withheld: names of columns, parted by semicolons; empty where none was."""
    import pandas as pd

    if SUPPRESSED not in text:
        return pd.Series("", index=text.index, dtype="str")
    listed = text[SUPPRESSED].str.strip()
    unknown = listed.map(lambda cell: bool(cell) and not set(cell.split(";")) <= set(COUNTS))
    expected = f"nothing, or names of {', '.join(COUNTS)} parted by semicolons"
    place.refuse(listed, unknown, SUPPRESSED, expected=expected, mend="correct or empty the cell")
    return listed


def validated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of areas in the canonical order of columns, having checked it against the schema.

    What is known of the patients of those left out may be absent, and is then not known.
    """
    absent = {name: series.absent_counts(frame.index) for name in LEFT_OUT.values() if name not in frame}
    ordered = frame.assign(**absent)[[*COLUMNS, REASON, *LEFT_OUT.values()]].astype(
        dict.fromkeys(LEFT_OUT.values(), "Int64")
    )
    check(ordered, _COLUMNS, ["area_code"])
    return ordered


def validated_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a table of areas, checked as `validated` checks a frame."""
    always, at_times = (*COLUMNS, REASON), tuple(LEFT_OUT.values())
    ordered: list[Row] = [
        {name: row[name] for name in always} | {name: row.get(name) for name in at_times} for row in rows
    ]
    check_rows(ordered, _COLUMNS, "area_code")
    return ordered


def rate_from_counts(frame: pd.DataFrame, outcome: Outcome = RECOVERY) -> pd.Series[float]:
    """Those who reached the outcome / those who could, where both are known, else the rate given (proportion)."""
    cases = frame[outcome.cases].astype("Float64")
    computed = (frame[outcome.reached].astype("Float64") / cases.where(cases > 0)).astype("float64")
    return computed.where(has_counts(frame, outcome), frame[outcome.rate])


def has_counts(frame: pd.DataFrame, outcome: Outcome) -> pd.Series[bool]:
    """Say of which areas both counts of an outcome are known."""
    return frame[outcome.reached].notna() & frame[outcome.cases].notna()


def deprivation_ranks(score: pd.Series[float]) -> pd.Series[float]:
    """Rank areas by deprivation score, 1 the highest score and so the most deprived; ties share their mean rank."""
    return score.rank(ascending=False, method="average")


def require_columns(header: Sequence[str], file: object, outcome: Outcome = RECOVERY) -> None:
    """Refuse a table of areas that lacks a column the analysis needs.

    Raises
    ------
    DataError
        Naming the first column that is missing.
    """

    def need(present: bool, what: str) -> None:
        if not present:
            raise DataError(
                f"the column {what} is missing; the file has {', '.join(map(repr, header[:12])) or 'none'}",
                file=file,
                expected=f"the columns {', '.join(_WRITTEN)}",
                mend=f"add the column {what}, or import the published file with `iapt-report import`",
            )

    columns = set(header)
    for column in (*KEYS, "referrals", "finished_treatment"):
        need(column in columns, repr(column))
    need(
        outcome.rate in columns or {outcome.reached, outcome.cases} <= columns,
        f"{outcome.rate!r} (or {outcome.reached!r} with {outcome.cases!r})",
    )
    need(bool({"imd_rank", "imd_score"} & columns), "'imd_rank' (or 'imd_score')")


def refuse_impossible(columns: Mapping[str, Sequence[Any]], place: Place) -> None:
    """Refuse values that contradict each other or their meaning.

    Parameters
    ----------
    columns : mapping of str to sequence
        Those of `COLUMNS`, None where a value is missing; rates and deprivation need not be there.
    place : Place

    Raises
    ------
    DataError
        At the first such value.
    """
    proportion = ("a rate is a proportion from 0 to 1", "divide percentages by 100, or correct the value")
    rules = (
        *((column, 0, 1, *proportion) for column in RATES),
        ("imd_rank", 1, math.inf, "a rank is at least 1, the most deprived area", "correct the rank"),
        ("imd_score", 0, math.inf, "a deprivation score is not negative", "correct the score"),
    )
    for column, least, most, expected, mend in rules:
        values = columns.get(column, ())
        wrong = [value is not None and not least <= value <= most for value in values]
        place.refuse(values, wrong, column, expected=expected, mend=mend)
    # Where published counts are rounded to the nearest 5, at caseness may exceed its whole by a step.
    for part, whole, slack in (
        ("recovered", "at_caseness", 0),
        ("reliably_recovered", "at_caseness", 0),
        ("reliably_improved", "finished_treatment", 0),
        ("at_caseness", "finished_treatment", 5),
    ):
        for position, (n, of) in enumerate(zip(columns[part], columns[whole], strict=True)):
            if n is not None and of is not None and n > of + slack:
                raise place.error(
                    position,
                    part,
                    f"{n} {part} of {of} {whole}",
                    expected=f"{part} at most {whole}",
                    mend="correct one of the two counts",
                )


# What every table of areas holds, whoever made it.
_COLUMNS = {
    "area_code": Column("text"),
    "area_name": Column("text"),
    **dict.fromkeys(COUNTS, Column("Int64", least=0, nullable=True)),
    **dict.fromkeys(RATES, Column("float64", least=0, most=1, nullable=True)),
    SUPPRESSED: Column("any"),
    "imd_score": Column("float64", least=0, nullable=True),
    "imd_rank": Column("float64", least=1, nullable=True),
    REASON: Column("any"),
    **dict.fromkeys(LEFT_OUT.values(), Column("Int64", least=0, nullable=True)),
}
