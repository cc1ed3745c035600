"""One declared format of published file: its rows of one kind of organisation, as counts and rates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.outcomes import OUTCOMES, RECOVERY
from iapt_report.areas.rows import has_counts, rows_of
from iapt_report.areas.table import COUNTS, SUPPRESSED, Precision, refuse_impossible
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

    from iapt_report.areas.doubts import Doubt
    from iapt_report.areas.rows import Row
    from iapt_report.areas.text_table import TextTable
    from iapt_report.sources.counts import Counted, Counts
    from iapt_report.sources.formats import Format


# Of so many percentages, not all are under one.
_MANY = 10


@dataclass(frozen=True)
class Extract:
    """The rows of one published file that are about one level of commissioning area.

    Parameters
    ----------
    rows : tuple of Row
        ``area_code``, ``area_name``, ``month`` (first day, missing in a file about a year), the counts, each with the
        least and the most that it can be, the rates as published (proportions) with the same, and ``suppressed``.
    england : tuple of Row
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

    rows: tuple[Row, ...] = field(repr=False)
    england: tuple[Row, ...] = field(repr=False)
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
    chosen = choose_level({name for name in levels if name is not None}, level)
    if chosen is None:
        raise _no_level(content, form, file, level)

    def of(which: str, *, whole: bool) -> TextTable:
        fits = chosen_rows(content, form, file, whole=whole)
        return content.kept([fit and name == which for fit, name in zip(fits, levels, strict=True)])

    listed = of(chosen, whole=False)
    if not len(listed):
        raise _no_rows(form, chosen, file)
    own = _measured(listed, form, chosen, file, max(1, content.rows[0] - 1))
    england = _measured(of(ENGLAND, whole=True), form, ENGLAND, file, 1).rows
    return Extract(own.rows, england, chosen, file, own.precision, form.kinds, own.notes, own.doubts)


def _no_rows(form: Format, level: str, file: object) -> DataError:
    words = level_words()[level]
    return DataError(
        f"it has no row about a {words} as a whole",
        file=file,
        expected=" and ".join(f"rows with {' or '.join(sorted(allowed))}" for allowed in form.only.values())
        or f"one row a {words}",
        mend="give the complete file, as published",
    )


def _levels(content: TextTable, form: Format, file: object) -> list[str | None]:
    """Say of each row what kind of organisation it is about."""
    column = _level_column(content, form, file)
    if column is None:
        return [form.level] * len(content)
    known = {kind: form.levels.get(cells.squash(kind)) for kind in set(content.column(column))}
    return [known[kind] for kind in content.column(column)]


def _level_column(content: TextTable, form: Format, file: object) -> str | None:
    return next((pick(content.header, header, file) for header, name in form.columns if name == "level"), None)


def _no_level(content: TextTable, form: Format, file: object, level: str | None) -> DataError:
    column = _level_column(content, form, file)
    if not len(content):
        return DataError(
            "the table has no rows", file=file, expected=f"{form.words}, with its rows", mend="give the complete file"
        )
    found = sorted(set(content.column(column))) if column else [form.level]
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

    rows: tuple[Row, ...]
    precision: Precision
    notes: tuple[str, ...]
    doubts: tuple[Doubt, ...]


def _measured(content: TextTable, form: Format, level: str, file: object, header_row: int) -> _Measured:
    """Turn rows of text into organisations, months, counts and rates; refuse what cannot be."""
    chosen, place = (widened if form.measures else named_columns)(content, form, level, file)
    if level != ENGLAND:
        _require(form, place.spelling, content, file, header_row)
    organisations = _organisations(chosen, form, place)
    counted = read_counts(chosen, (*COUNTS, NOT_AT_CASENESS), form, place, rounded=level != ENGLAND)
    rates, doubts = _rates(chosen, form, counted, place)
    columns = {**organisations, **_with_bounds(counted), **rates, SUPPRESSED: counted.suppressed(COUNTS)}
    refuse_impossible(columns, place)
    rows, place, doubled = _once(rows_of(columns), place)
    codes = [row["area_code"] for row in rows]
    place.refuse_repeats([(row["area_code"], row["month"]) for row in rows], codes, "area_code")
    under = form.rounded_to if any(map(any, counted.withheld.values())) else 0
    precision = Precision(rounded_to=counted.step, withheld_under=under, cases_derived=counted.derived)
    return _Measured(tuple(rows), precision, (*doubled, *_lacking(rows)), doubts)


def _once(rows: Sequence[Row], place: cells.Place) -> tuple[Sequence[Row], cells.Place, tuple[str, ...]]:
    """Keep an organisation once that is listed under two names with the same figures: its code tells it."""
    named: set[tuple[object, ...]] = set()
    figures: set[tuple[object, ...]] = set()
    again = []
    for row in rows:
        whole, nameless = tuple(row.values()), tuple(value for name, value in row.items() if name != "area_name")
        again.append(nameless in figures and whole not in named)
        named.add(whole)
        figures.add(nameless)
    if not any(again):
        return rows, place, ()
    kept = [not doubled for doubled in again]
    lines = {name: tuple(compress(own, kept)) for name, own in place.rows_of.items()}
    codes = ", ".join(sorted({row["area_code"] for row in compress(rows, again)}))
    note = f"The activity lists {codes} under two names with the same figures, which count once."
    return list(compress(rows, kept)), replace(place, rows=tuple(compress(place.rows, kept)), rows_of=lines), (note,)


def _organisations(
    chosen: Mapping[str, Sequence[str]], form: Format, place: cells.Place
) -> dict[str, Sequence[object]]:
    """Read which organisation, and which month, each row is about; one without a name is called by its code."""
    codes = ["UNKNOWN" if cells.is_missing(code, form.absent) else code for code in chosen["area_code"]]
    named = chosen.get("area_name", codes)
    if place.spelling.get("area_name") == place.spelling["area_code"]:
        named = codes
    out: dict[str, Sequence[object]] = {
        "area_code": cells.names(codes, "area_code", place),
        "area_name": [in_sentence_case(name) for name in cells.names(named, "area_name", place)],
        "month": months(chosen["month"], "month", place) if form.months else [None] * len(codes),
    }
    if "month_end" in chosen:
        ends = months(chosen["month_end"], "month_end", place)
        beyond = [end != start for end, start in zip(ends, out["month"], strict=True)]
        one = "a period of one month: it begins and ends in the same"
        place.refuse(chosen["month_end"], beyond, "month_end", expected=one, mend="give the monthly files")
    return out


def _with_bounds(counted: Counted) -> dict[str, Counts]:
    """Set each count beside the least and the most that it can be; all missing where the file does not have it."""
    absent: Counts = [None] * counted.rows
    out: dict[str, Counts] = {}
    for name in COUNTS:
        low, high = counted.bounds[name] if name in counted.values else (absent, absent)
        out |= dict(zip((name, *bounds_of(name)), (counted.values.get(name, absent), low, high), strict=True))
    return out


def _rates(
    chosen: Mapping[str, Sequence[str]], form: Format, counted: Counted, place: cells.Place
) -> tuple[dict[str, list[float | None]], tuple[Doubt, ...]]:
    """Read the published percentages as proportions, each with what its rounding leaves open."""
    out: dict[str, list[float | None]] = {}
    doubts = []
    for outcome in OUTCOMES.values():
        name = outcome.percentage
        rate: list[float | None] = [None] * counted.rows
        if name in chosen:
            rate = _rate(chosen[name], name, place, form.absent)
        if _are_proportions(rate):
            if not {outcome.reached, outcome.cases} <= set(counted.values):
                place.refuse(
                    chosen[name],
                    [value is not None for value in rate],
                    name,
                    expected="a percentage from 0 to 100; every value of the column is between 0 and 1",
                    mend="multiply the column by 100, or give the counts",
                    problem="is a proportion",
                )
            doubts.append(unit_doubt(place.spelling.get(name, name)))
            rate = [None] * counted.rows
        reach = percentage_reach(rate)
        out[outcome.rate] = rate
        out[outcome.low] = [None if value is None else max(value - reach, 0.0) for value in rate]
        out[outcome.high] = [None if value is None else min(value + reach, 1.0) for value in rate]
    return out, tuple(doubts)


def _are_proportions(rate: Sequence[float | None]) -> bool:
    """Whether percentages (here already divided by 100) cannot be such: all of many lie between 0 and 1."""
    known = [value * 100 for value in rate if value is not None]
    return len(known) >= _MANY and max(known) <= 1 and max(known) > 0


def _lacking(rows: Sequence[Row]) -> tuple[str, ...]:
    """Name the outcomes of which the file has no measure."""
    lacking = [
        outcome.words
        for outcome in OUTCOMES.values()
        if not any(has_counts(row, outcome) or row[outcome.rate] is not None for row in rows)
    ]
    if not lacking or not rows:
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


def _rate(text: Sequence[str], column: str, place: cells.Place, missing: frozenset[str]) -> list[float | None]:
    """Turn published percentages into proportions; refuse those beyond 100."""
    # A sign of per cent says no more than the header does.
    values = cells.numbers([cell.strip().removesuffix("%") for cell in text], column, place, missing)
    wrong = [value is not None and not 0 <= value <= 100 for value in values]  # noqa: PLR2004 - per cent
    place.refuse(text, wrong, column, expected="a percentage from 0 to 100", mend="correct the value")
    return [None if value is None else value / 100 for value in values]
