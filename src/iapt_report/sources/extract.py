"""One declared format of published file: its rows of one kind of organisation, as counts and rates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.outcomes import OUTCOMES, RECOVERY
from iapt_report.areas.table import COUNTS, SUPPRESSED, Precision, has_counts, refuse_impossible
from iapt_report.areas.text_table import TextTable
from iapt_report.sources.columns import chosen_rows, named_columns, pick
from iapt_report.sources.counts import NOT_AT_CASENESS, read_counts
from iapt_report.sources.formats import ENGLAND, PROVIDER, choose_level, level_words
from iapt_report.sources.long_table import widened
from iapt_report.sources.months import months
from iapt_report.sources.naming import in_sentence_case
from iapt_report.sources.precision import bounds_of, percentage_reach
from iapt_report.sources.screen import unit_doubt
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from iapt_report.areas.doubts import Doubt
    from iapt_report.sources.counts import Counted
    from iapt_report.sources.formats import Format


# Of so many percentages, not all are under one.
_MANY = 10


@dataclass(frozen=True)
class Extract:
    """The rows of one published file that are about one level of commissioning area.

    Parameters
    ----------
    frame : DataFrame
        ``area_code``, ``area_name``, ``month`` (first day, missing in a file about a year), the counts as nullable
        integers, each with the least and the most that it can be, the rates as published (proportions) with the same,
        and ``suppressed``.
    england : DataFrame
        The same for England as a whole, where the file has it.
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    file : object
        The file, for messages.
    precision : Precision
        How exactly it gives its counts.
    kinds : tuple of str
        The kinds of period that a file without months can be about.
    notes : tuple of str
        What a reader must know of what the file lacks.
    doubts : tuple of Doubt
        What in it cannot be right.
    """

    frame: pd.DataFrame
    england: pd.DataFrame
    level: str
    file: object
    precision: Precision = field(default_factory=Precision)
    kinds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def read_extract(content: TextTable, form: Format, file: object, level: str | None = None) -> Extract:
    """Read the organisations of one level in a file; without a choice, its smallest commissioning areas.

    Raises
    ------
    DataError
        If a column is missing, the level is not there, or a value cannot be.
    """
    levels = _levels(content, form, file)
    chosen = choose_level(set(levels.dropna()), level)
    if chosen is None:
        raise _no_level(content, form, file, level)
    rows = _rows(content, chosen_rows(content, form, file, whole=False) & (levels == chosen))
    if rows.frame.empty:
        raise _no_rows(form, chosen, file)
    own = _measured(rows, form, chosen, file, max(1, content.rows[0] - 1))
    national = chosen_rows(content, form, file, whole=True) & (levels == ENGLAND)
    england = _measured(_rows(content, national), form, ENGLAND, file, 1).frame
    return Extract(own.frame, england, chosen, file, own.precision, form.kinds, own.notes, own.doubts)


def _no_rows(form: Format, level: str, file: object) -> DataError:
    words = level_words()[level]
    return DataError(
        f"it has no row about a {words} as a whole",
        file=file,
        expected=" and ".join(f"rows with {' or '.join(sorted(allowed))}" for allowed in form.only.values())
        or f"one row a {words}",
        mend="give the complete file, as published",
    )


def _rows(content: TextTable, which: pd.Series[bool]) -> TextTable:
    """Keep some of a table's rows."""
    kept = which.to_numpy(dtype=bool)
    rows = tuple(row for row, keep in zip(content.rows, kept, strict=True) if keep)
    return TextTable(content.frame[kept].reset_index(drop=True), rows)


def _levels(content: TextTable, form: Format, file: object) -> pd.Series[str]:
    """Say of each row what kind of organisation it is about."""
    import pandas as pd

    column = _level_column(content, form, file)
    if column is None:
        return pd.Series(form.level, index=content.frame.index, dtype="str")
    known = {kind: form.levels.get(cells.squash(kind)) for kind in content.frame[column].unique()}
    return content.frame[column].map(known)


def _level_column(content: TextTable, form: Format, file: object) -> str | None:
    return next((pick(content.header, header, file) for header, name in form.columns if name == "level"), None)


def _no_level(content: TextTable, form: Format, file: object, level: str | None) -> DataError:
    column = _level_column(content, form, file)
    if content.frame.empty:
        return DataError(
            "the table has no rows", file=file, expected=f"{form.words}, with its rows", mend="give the complete file"
        )
    found = sorted(set(content.frame[column])) if column else [form.level]
    words = level_words()
    return DataError(
        f"no {words[level] if level else 'commissioning area'} is in it; the organisations are: "
        f"{', '.join(map(str, found[:8])) or 'none'}",
        file=file,
        column=column,
        expected=words[level] if level else " or ".join(word for name, word in words.items() if name != PROVIDER),
        mend="give the complete file, or choose another --level",
    )


@dataclass(frozen=True)
class _Measured:
    """Rows of organisations, how exactly they are counted, and what a reader must know of them."""

    frame: pd.DataFrame
    precision: Precision
    notes: tuple[str, ...]
    doubts: tuple[Doubt, ...]


def _measured(content: TextTable, form: Format, level: str, file: object, header_row: int) -> _Measured:
    """Turn rows of text into organisations, months, counts and rates; refuse what cannot be."""
    import pandas as pd

    chosen, place = (widened if form.measures else named_columns)(content, form, level, file)
    if level != ENGLAND:
        _require(form, place.spelling, content, file, header_row)
    organisations = _organisations(chosen, form, place)
    counted = read_counts(chosen, (*COUNTS, NOT_AT_CASENESS), form, place, rounded=level != ENGLAND)
    rates, doubts = _rates(chosen, form, counted, place)
    out = pd.concat([organisations, _with_bounds(counted), rates], axis="columns")
    out[SUPPRESSED] = counted.suppressed(COUNTS)
    refuse_impossible(out, place)
    out, place, doubled = _once(out, place)
    month = pd.to_datetime(out["month"]).dt.strftime("%Y-%m").fillna("")
    place.refuse_repeats(out["area_code"] + month, out["area_code"], "area_code")
    under = form.rounded_to if counted.withheld.to_numpy().any() else 0
    precision = Precision(rounded_to=counted.step, withheld_under=under, cases_derived=counted.derived)
    return _Measured(out, precision, (*doubled, *_lacking(out)), doubts)


def _once(out: pd.DataFrame, place: cells.Place) -> tuple[pd.DataFrame, cells.Place, tuple[str, ...]]:
    """Keep an organisation once that is listed under two names with the same figures: its code tells it."""
    same = [name for name in out.columns if name != "area_name"]
    again = out.duplicated(same) & ~out.duplicated()
    if not again.any():
        return out, place, ()
    kept = (~again).to_numpy(dtype=bool)

    def of(rows: Sequence[int]) -> tuple[int, ...]:
        return tuple(row for row, keep in zip(rows, kept, strict=True) if keep)

    rows_of = {name: of(rows) for name, rows in place.rows_of.items()}
    named = ", ".join(sorted(set(out.loc[again, "area_code"])))
    note = f"The activity lists {named} under two names with the same figures, which count once."
    return out[kept].reset_index(drop=True), replace(place, rows=of(place.rows), rows_of=rows_of), (note,)


def _organisations(chosen: pd.DataFrame, form: Format, place: cells.Place) -> pd.DataFrame:
    """Read which organisation, and which month, each row is about; one without a name is called by its code."""
    import pandas as pd

    codes = chosen["area_code"].where(~cells.is_missing(chosen["area_code"], form.absent), "UNKNOWN")
    named = chosen.get("area_name", codes)
    if place.spelling.get("area_name") == place.spelling["area_code"]:
        named = codes
    out = pd.DataFrame(
        {
            "area_code": cells.names(codes, "area_code", place),
            "area_name": cells.names(named, "area_name", place).map(in_sentence_case),
            "month": months(chosen["month"], "month", place) if form.months else pd.NaT,
        }
    )
    if "month_end" in chosen:
        beyond = months(chosen["month_end"], "month_end", place) != out["month"]
        one = "a period of one month: it begins and ends in the same"
        place.refuse(chosen["month_end"], beyond, "month_end", expected=one, mend="give the monthly files")
    return out


def _with_bounds(counted: Counted) -> pd.DataFrame:
    """Set each count beside the least and the most that it can be; all missing where the file does not have it."""
    import pandas as pd

    index = counted.values.index
    out = pd.DataFrame(index=index)
    for name in COUNTS:
        there = name in counted.values
        absent = cells.absent_counts(index)
        low, high = counted.bounds[name] if there else (absent, absent)
        out[name] = counted.values[name] if there else absent
        out[bounds_of(name)[0]], out[bounds_of(name)[1]] = low, high
    return out


def _rates(
    chosen: pd.DataFrame, form: Format, counted: Counted, place: cells.Place
) -> tuple[pd.DataFrame, tuple[Doubt, ...]]:
    """Read the published percentages as proportions, each with what its rounding leaves open."""
    import pandas as pd

    out = pd.DataFrame(index=chosen.index)
    doubts = []
    for outcome in OUTCOMES.values():
        name = outcome.percentage
        if name not in chosen:
            out[outcome.rate] = out[outcome.low] = out[outcome.high] = cells.absent_numbers(chosen.index)
            continue
        rate = _rate(chosen, name, place, form.absent)
        if _are_proportions(rate):
            if not {outcome.reached, outcome.cases} <= set(counted.values):
                place.refuse(
                    chosen[name],
                    rate.notna(),
                    name,
                    expected="a percentage from 0 to 100; every value of the column is between 0 and 1",
                    mend="multiply the column by 100, or give the counts",
                    problem="is a proportion",
                )
            doubts.append(unit_doubt(place.spelling.get(name, name)))
            rate = cells.absent_numbers(chosen.index)
        reach = percentage_reach(rate)
        out[outcome.rate] = rate
        out[outcome.low], out[outcome.high] = (rate - reach).clip(lower=0), (rate + reach).clip(upper=1)
    return out, tuple(doubts)


def _are_proportions(rate: pd.Series[float]) -> bool:
    """Whether percentages (here already divided by 100) cannot be such: all of many lie between 0 and 1."""
    known = rate.dropna() * 100
    return len(known) >= _MANY and bool((known <= 1).all()) and bool((known > 0).any())


def _lacking(frame: pd.DataFrame) -> tuple[str, ...]:
    """Name the outcomes of which the file has no measure."""
    lacking = [
        outcome.words
        for outcome in OUTCOMES.values()
        if not (has_counts(frame, outcome) | frame[outcome.rate].notna()).any()
    ]
    if not lacking or frame.empty:
        return ()
    named = " or ".join((", ".join(lacking[:-1]), lacking[-1]) if len(lacking) > 1 else lacking)
    return (f"The activity has no measure of {named}.",)


def _require(form: Format, spelling: Mapping[str, str], content: TextTable, file: object, header_row: int) -> None:
    lacking = [name for name in form.required if name not in spelling]
    cases = {"at_caseness", "not_at_caseness"} & set(spelling)
    if not lacking and RECOVERY.percentage not in spelling and not ("recovered" in spelling and cases):
        lacking = ["recovered" if "recovered" in form.published else RECOVERY.percentage]
    if lacking:
        raise DataError(
            f"the column {form.published[lacking[0]]!r} is missing; the file has "
            f"{', '.join(map(repr, content.header[:12]))}",
            file=file,
            row=header_row,
            column=form.published[lacking[0]],
            expected=f"the columns of {form.words}",
            mend="give the file as published, with all its columns",
        )


def _rate(frame: pd.DataFrame, column: str, place: cells.Place, missing: frozenset[str]) -> pd.Series[float]:
    """Turn published percentages into proportions; refuse those beyond 100."""
    # A sign of per cent says no more than the header does.
    value = cells.numbers(frame[column].str.strip().str.removesuffix("%"), column, place, missing)
    wrong = value.notna() & ~value.between(0, 100)
    place.refuse(frame[column], wrong, column, expected="a percentage from 0 to 100", mend="correct the value")
    return value / 100
