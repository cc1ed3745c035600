"""Areas: the canonical table of one period, its schema and its checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from pandera.pandas import DataFrameSchema

    from iapt_report.cells import Place
    from iapt_report.period import Period

KEYS = ("area_code", "area_name")
COUNTS = ("referrals", "finished_treatment", "at_caseness", "recovered")
MEASURES = ("recovery_rate", "imd_score", "imd_rank")
COLUMNS = (*KEYS, *COUNTS, *MEASURES)
NEEDED = ("referrals", "finished_treatment", "recovery_rate", "imd_rank")
REASON = "excluded"
FEWEST = 10


@dataclass(frozen=True)
class Source:
    """A file the areas were made from: its name, and the SHA-256 of its content in hexadecimal."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Exclusion:
    """An organisation that a source names and the analysis leaves out, with the reason."""

    area_code: str
    area_name: str
    reason: str


@dataclass(frozen=True)
class Areas:
    """The commissioning areas of one period, checked.

    Parameters
    ----------
    period : Period
    table : DataFrame
        One row an area in the analysis, sorted by code, with the columns of `COLUMNS`: counts as nullable
        integers, rates as proportions 0–1, ``imd_rank`` with 1 the most deprived.
    excluded : tuple of Exclusion
    sources : tuple of Source
    synthetic : bool
        Whether the areas are invented.
    area_type : str
        What an area is, in words for a reader.
    notes : tuple of str
        What a reader of the data must know, each a sentence.
    """

    period: Period
    table: pd.DataFrame = field(repr=False)
    excluded: tuple[Exclusion, ...] = ()
    sources: tuple[Source, ...] = ()
    synthetic: bool = False
    area_type: str = "commissioning area"
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.table)


def select(full: pd.DataFrame, file: object) -> tuple[pd.DataFrame, tuple[Exclusion, ...]]:
    """Part a checked table into the areas to analyse and those left out, each with its reason.

    Parameters
    ----------
    full : DataFrame
        As `checked` returns it, with the column ``excluded`` (a reason, or missing).
    file : object
        Where the table came from, for messages.

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
    reasons = full[REASON].where(full[REASON].notna(), _missing(full))
    kept = full.loc[reasons.isna(), list(COLUMNS)].sort_values("area_code").reset_index(drop=True)
    left_out = full.loc[reasons.notna(), list(KEYS)].assign(reason=reasons[reasons.notna()])
    excluded = tuple(
        Exclusion(*map(str, row))
        for row in left_out.sort_values("area_code")[["area_code", "area_name", "reason"]].to_numpy()
    )
    if len(kept) < FEWEST:
        first = f"; the first of the others, {excluded[0].area_code}: {excluded[0].reason}" if excluded else ""
        raise DataError(
            f"{len(kept)} of {len(full)} areas can be analysed{first}",
            file=file,
            expected=f"at least {FEWEST} areas with {', '.join(NEEDED)}",
            mend="give a file with more areas, or fill in what is missing",
        )
    if kept["imd_rank"].nunique() == 1:
        raise DataError(
            f"all {len(kept)} areas have the same deprivation rank",
            file=file,
            column="imd_rank",
            expected="ranks that differ, 1 for the most deprived area",
            mend="give each area its own deprivation score or rank",
        )
    return kept, excluded


def _missing(full: pd.DataFrame) -> pd.Series[str]:
    """Say of each row what keeps it out of the analysis; missing where nothing does."""
    import pandas as pd

    rate = full["recovery_rate"].isna().map({True: "no usable recovery rate", False: ""})
    # An area that lacks something else is not ranked, even if its deprivation is known.
    analysable = full["recovery_rate"].notna() & counted(full)
    unranked = full["imd_rank"].isna() & (full["imd_score"].isna() | analysable)
    full = full.assign(imd_rank=full["imd_rank"].where(unranked, 1.0))
    for column, words in (
        ("imd_rank", "no deprivation rank"),
        ("referrals", "no number of referrals"),
        ("finished_treatment", "no number who finished treatment"),
    ):
        lacking = full[column].isna().map({True: words, False: ""})
        joint = ((rate != "") & (lacking != "")).map({True: "; ", False: ""})
        rate = rate + joint + lacking
    nobody = (full["finished_treatment"] == 0).fillna(value=False) & (rate == "")
    rate = rate.mask(nobody, "nobody finished treatment")
    return rate.mask(rate == "", pd.NA)


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
        The columns of `COLUMNS` and ``excluded``, typed; recovery rates from the counts where both are given,
        ranks from the scores where none is given.

    Raises
    ------
    DataError
        At the first value that cannot be, naming its row and column.
    """
    import pandas as pd

    from iapt_report import cells

    if text.empty:
        raise DataError(
            "the table has no rows", file=place.file, expected="one row an area", mend="give the complete file"
        )
    frame = pd.DataFrame(index=text.index)
    for column in KEYS:
        frame[column] = cells.names(text[column], column, place)
    place.refuse_repeats(frame["area_code"], frame["area_code"], "area_code")
    for column in COUNTS:
        frame[column] = cells.counts(text[column], column, place) if column in text else cells.absent_counts(text.index)
    for column in MEASURES:
        frame[column] = (
            cells.numbers(text[column], column, place) if column in text else cells.absent_numbers(text.index)
        )
    frame[REASON] = cells.optional_text(text[REASON]) if REASON in text else pd.Series(pd.NA, text.index, dtype="str")
    refuse_impossible(frame, place)
    frame["recovery_rate"] = rate_from_counts(frame)
    if frame["imd_rank"].isna().all():
        usable = frame[REASON].isna() & frame["recovery_rate"].notna() & counted(frame)
        frame["imd_rank"] = deprivation_ranks(frame["imd_score"].where(usable))
    return validated(frame)


def validated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of areas in the canonical order of columns, having checked it against the schema."""
    ordered = frame[[*COLUMNS, REASON]]
    _schema().validate(ordered)
    return ordered


def counted(frame: pd.DataFrame) -> pd.Series[bool]:
    """Say which areas have a number of referrals, and at least one patient who finished treatment."""
    treated = (frame["finished_treatment"] > 0).fillna(value=False).astype(bool)
    return treated & frame["referrals"].notna()


def rate_from_counts(frame: pd.DataFrame) -> pd.Series[float]:
    """Recovery rate as recovered / at caseness where both are known, else the rate that was given (proportion)."""
    at_caseness = frame["at_caseness"].astype("Float64")
    computed = (frame["recovered"].astype("Float64") / at_caseness.where(at_caseness > 0)).astype("float64")
    known = frame["recovered"].notna() & frame["at_caseness"].notna()
    return computed.where(known, frame["recovery_rate"])


def deprivation_ranks(score: pd.Series[float]) -> pd.Series[float]:
    """Rank areas by deprivation score, 1 the highest score and so the most deprived; ties share their mean rank."""
    return score.rank(ascending=False, method="average")


def require_columns(header: Sequence[str], file: object) -> None:
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
                expected=f"the columns {', '.join(COLUMNS)}",
                mend=f"add the column {what}, or import the published file with `iapt-report import`",
            )

    columns = set(header)
    for column in (*KEYS, "referrals", "finished_treatment"):
        need(column in columns, repr(column))
    need(
        "recovery_rate" in columns or {"recovered", "at_caseness"} <= columns,
        "'recovery_rate' (or 'recovered' with 'at_caseness')",
    )
    need(bool({"imd_rank", "imd_score"} & columns), "'imd_rank' (or 'imd_score')")


def refuse_impossible(frame: pd.DataFrame, place: Place) -> None:
    """Refuse values that contradict each other or their meaning.

    Parameters
    ----------
    frame : DataFrame
        Typed columns of `COLUMNS`; those of deprivation may be missing.
    place : Place

    Raises
    ------
    DataError
        At the first such value.
    """
    rules = (
        (
            "recovery_rate",
            0,
            1,
            "a rate is a proportion from 0 to 1",
            "divide percentages by 100, or correct the value",
        ),
        ("imd_rank", 1, None, "a rank is at least 1, the most deprived area", "correct the rank"),
        ("imd_score", 0, None, "a deprivation score is not negative", "correct the score"),
    )
    for column, least, most, expected, mend in rules:
        if column in frame:
            wrong = (frame[column] < least) | (frame[column] > (float("inf") if most is None else most))
            place.refuse(frame[column], wrong, column, expected=expected, mend=mend)
    # Where published counts are rounded to the nearest 5, at caseness may exceed its whole by a step.
    for part, whole, slack in (("recovered", "at_caseness", 0), ("at_caseness", "finished_treatment", 5)):
        more = (frame[part] > frame[whole] + slack).fillna(value=False)
        if more.any():
            position = int(more.to_numpy().argmax())
            raise place.error(
                position,
                part,
                f"{frame[part].iloc[position]} {part} of {frame[whole].iloc[position]} {whole}",
                expected=f"{part} at most {whole}",
                mend="correct one of the two counts",
            )


def _schema() -> DataFrameSchema:
    """Return the schema every table of areas satisfies, whoever made it."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "area_code": pa.Column(str, unique=True),
            "area_name": pa.Column(str),
            **{name: pa.Column("Int64", pa.Check.ge(0), nullable=True) for name in COUNTS},
            "recovery_rate": pa.Column(float, pa.Check.in_range(0, 1), nullable=True),
            "imd_score": pa.Column(float, pa.Check.ge(0), nullable=True),
            "imd_rank": pa.Column(float, pa.Check.ge(1), nullable=True),
            REASON: pa.Column(nullable=True),
        },
        strict=True,
    )
