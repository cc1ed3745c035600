"""The parts of a period put together: months add, areas that merged are counted with their successors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import compress
from operator import not_
from typing import TYPE_CHECKING, Any

from iapt_report.areas.outcomes import OUTCOMES, RECOVERY
from iapt_report.areas.rows import compensated_sum, has_counts
from iapt_report.areas.table import COUNTS, LEFT_OUT, RATES, SUPPRESSED, Precision
from iapt_report.sources.back_test import areas_against_england, percentages_against_counts
from iapt_report.sources.formats import level_words
from iapt_report.sources.precision import bounds_of
from iapt_report.sources.screen import short_months
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from iapt_report.areas.doubts import Doubt
    from iapt_report.areas.period import Period
    from iapt_report.areas.rows import Row
    from iapt_report.sources.extract import Extract


_OWN = {
    "annual": "a financial year such as 2019-20",
    "quarterly": "a quarter such as 2019-20-Q2",
    "undated": "the whole period that it is about",
}
_STEPS = 4
# Months of one.
_QUARTER = 3
_BOUNDS = tuple(bound for name in COUNTS for bound in bounds_of(name))


@dataclass(frozen=True)
class Activity:
    """One period's activity, one row an organisation.

    Parameters
    ----------
    rows : tuple of Row
        As an `Extract`'s; and ``excluded`` (why an organisation has no figures, or missing).
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    file : object
        The files, for messages.
    precision : Precision
        How exactly the counts are known.
    published : int
        How many organisations the files name, before any is counted with another.
    notes : tuple of str
        What a reader must know of how the figures came together.
    doubts : tuple of Doubt
        What in them cannot be right.
    """

    rows: tuple[Row, ...] = field(repr=False)
    level: str
    file: object
    precision: Precision
    published: int
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def area_type(self) -> str:
        """What an organisation is, in words."""
        return level_words()[self.level]


def combine(extracts: Sequence[Extract], period: Period, merged: Mapping[str, str] | None = None) -> Activity:
    """Put the parts of a period together: counts add, and a rate is recomputed from the counts.

    Where a file gives no counts of an outcome, only rounded monthly rates, these are averaged with the case-load
    (patients who finished treatment) as weight, and a note says so.

    Parameters
    ----------
    extracts : sequence of Extract
    period : Period
    merged : mapping of str to str, optional
        The code that each area which merged is counted under.

    Raises
    ------
    CallError
        If a month of the period is missing or doubled, or the files are about different kinds of area.
    """
    levels = {extract.level for extract in extracts}
    if len(levels) > 1:
        raise CallError(
            f"the files are about different areas: {', '.join(sorted(level_words()[name] for name in levels))}",
            expected="one kind of organisation",
            mend="choose a --level that all files have, or import a period in which the areas did not change",
        )
    undated = [extract for extract in extracts if all(row["month"] is None for row in extract.rows)]
    if 0 < len(undated) < len(extracts):
        raise CallError(
            f"{undated[0].file} is about a whole period, and other files are about months",
            expected="files of one kind",
            mend="leave out the one or the others",
        )
    if undated:
        return _whole_year(extracts, period, merged or {})
    months = [month.start for month in period.parts]
    _refuse_gaps(extracts, months, period)
    for extract in extracts:
        if not {row["month"] for row in extract.rows} & set(months):
            raise CallError(
                f"{extract.file} has no month of {period.id}",
                expected=f"months from {months[0]:%B %Y} to {months[-1]:%B %Y}",
                mend="leave it out, or correct the period",
            )
    return _added(extracts, months, merged or {})


def _whole_year(extracts: Sequence[Extract], period: Period, merged: Mapping[str, str]) -> Activity:
    if len(extracts) != 1 or period.kind not in extracts[0].kinds:
        kind = {"year": "annual", "quarter": "quarterly"}.get("".join(extracts[0].kinds), "undated")
        raise CallError(
            f"{len(extracts)} {kind} file{'' if len(extracts) == 1 else 's'} for the {period.kind} {period.id}",
            expected=f"one {kind} file and a period of its own, {_OWN[kind]}",
            mend="import one period at a time",
        )
    (extract,) = extracts
    rows = tuple({**row, "excluded": None} for row in _with_successors(extract.rows, merged))
    notes = (
        *_merger_note(extract.rows, merged),
        *extract.notes,
        *_back_test(extract.rows, extract.england),
    )
    published = len({row["area_code"] for row in extract.rows})
    return Activity(rows, extract.level, extract.file, extract.precision, published, notes, extract.doubts)


def _refuse_gaps(extracts: Sequence[Extract], months: list[date], period: Period) -> None:
    """Refuse a month that no file has, and one that two files have."""
    holders: dict[date, list[str]] = {month: [] for month in months}
    for extract in extracts:
        for month in {row["month"] for row in extract.rows}:
            if month in holders:
                holders[month].append(str(extract.file))
    for month, files in holders.items():
        if len(files) != 1:
            named = f"{month:%B %Y}"
            raise CallError(
                f"{named} is missing from the files for {period.id}"
                if not files
                else f"{named} is in two of the files for {period.id}: {files[0]} and {files[1]}",
                expected=f"each month from {months[0]:%B %Y} to {months[-1]:%B %Y} once",
                mend="add the file with this month" if not files else "leave one of them out",
            )


def _groups(rows: Iterable[Row], *by: str) -> dict[tuple[Any, ...], list[Row]]:
    """Group rows by some columns, in the order of these; a missing value comes last."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    return {key: groups[key] for key in sorted(groups, key=lambda key: [(part is None, part) for part in key])}


def _summed(rows: Sequence[Row]) -> Row:
    """Add the rows of one group up; what is not known in one of them is not known of their sum.

    Rates are averaged by case-load; the least and the most that they can be allow for what is open in the case-loads.
    """
    out: dict[str, Any] = {name: rows[-1][name] for name in ("area_code", "area_name", "month")}
    for name in (*COUNTS, *_BOUNDS):
        values = [row[name] for row in rows]
        out[name] = None if None in values else sum(values)
    weight = [row["finished_treatment"] for row in rows]
    least, most = (
        [own if row[name] is None else row[name] for row, own in zip(rows, weight, strict=True)]
        for name in bounds_of("finished_treatment")
    )
    for outcome in OUTCOMES.values():
        out[outcome.rate] = _average([row[outcome.rate] for row in rows], weight)
        # The weights of what lies below the average of a bound, and of what lies above it.
        for name, lighter, heavier in ((outcome.low, most, least), (outcome.high, least, most)):
            out[name] = _extreme([row[name] for row in rows], weight, lighter, heavier)
    out[SUPPRESSED] = _joint(row[SUPPRESSED] for row in rows)
    return out


def _extreme(
    values: Sequence[float | None],
    weight: Sequence[int | None],
    lighter: Sequence[int | None],
    heavier: Sequence[int | None],
) -> float | None:
    """Average values, of which those above the average weigh as little, or as much, as they can."""
    average = _average(values, weight)
    # Found in a few steps.
    for _ in range(_STEPS):
        weights = [
            above if value is not None and average is not None and value > average else below
            for value, below, above in zip(values, lighter, heavier, strict=True)
        ]
        before, average = average, _average(values, weights)
        if before == average:
            break
    return average


def _average(values: Sequence[float | None], weights: Sequence[int | None]) -> float | None:
    """Average values with their weights; None where one of either is missing, or all weights are 0."""
    moments = [n * value for value, n in zip(values, weights, strict=True) if value is not None and n is not None]
    total = sum(n for n in weights if n is not None)
    return compensated_sum(moments) / total if len(moments) == len(values) and total > 0 else None


def _joint(lists: Iterable[str]) -> str:
    """Join lists of columns, in the order of the columns."""
    named = {name for cell in lists for name in cell.split(";")}
    return ";".join(name for name in COUNTS if name in named)


def _with_successors(rows: Sequence[Row], merged: Mapping[str, str]) -> Sequence[Row]:
    """Count areas that merged with their successors.

    One without any figure, of which none is withheld, adds nothing. A successor that the files do not name themselves
    has an empty name.
    """
    if not merged:
        return rows
    names = {row["area_code"]: row["area_name"] for row in rows}
    moved = [{**row, "area_code": merged.get(row["area_code"], row["area_code"])} for row in rows]
    times = Counter(row["area_code"] for row in moved)
    silent = [_silent(row) and times[row["area_code"]] > 1 for row in moved]
    known = [row for row, says_nothing in zip(moved, silent, strict=True) if not says_nothing]
    told = {row["area_code"] for row in known}
    alone = [row for row in compress(moved, silent) if row["area_code"] not in told]
    summed = map(_summed, _groups([*known, *alone], "area_code", "month").values())
    return [{**row, "area_name": names.get(row["area_code"], "")} for row in summed]


def _silent(row: Row) -> bool:
    """Say whether a row has no figure, and none that is withheld."""
    return all(row[name] is None for name in COUNTS) and not row[SUPPRESSED]


def _gaps(rows: Sequence[Row], months: list[date], merged: Mapping[str, str]) -> dict[str, str]:
    """Say which areas lack a month of one that merged into them, which has figures in a later month."""
    found = {}
    active = [row for row in rows if row["area_code"] in merged and not _silent(row)]
    for (code,), own in _groups(active, "area_code").items():
        there = {row["month"] for row in own}
        lacking = [month for month in months if month < max(there) and month not in there]
        if lacking:
            named = f"{lacking[0]:%B %Y}"
            found[merged[code]] = f"no figures in {named} of {code}, which merged into it"
    return found


def _merger_note(rows: Sequence[Row], merged: Mapping[str, str]) -> tuple[str, ...]:
    """Say how many areas are counted with those that they merged into."""
    gone = sorted(set(merged) & {row["area_code"] for row in rows if not _silent(row)})
    if not gone:
        return ()
    into = len({merged[code] for code in gone})
    return (
        f"The figures of {len(gone)} {'area' if len(gone) == 1 else 'areas'} ({', '.join(gone[:6])}"
        f"{' and others' if len(gone) > 6 else ''}) are counted with "  # noqa: PLR2004
        f"{'the one' if into == 1 else f'those {into}'} that they had merged into, or later did.",
    )


def _added(extracts: Sequence[Extract], months: list[date], merged: Mapping[str, str]) -> Activity:
    """Add months up; a count that is not known in one of them is not known for the period."""
    published = sorted(
        (row for extract in extracts for row in extract.rows if row["month"] in months), key=lambda row: row["month"]
    )
    rows = sorted(_with_successors(published, merged), key=lambda row: row["month"])
    gaps = _gaps(published, months, merged)
    out = [_of_months(own, len(months), gaps.get(code)) for (code,), own in _groups(rows, "area_code").items()]
    number = "three" if len(months) == _QUARTER else len(months)
    notes = [f"Figures are the sums of {number} published months."] if len(months) > 1 else []
    counted = [has_counts(row, RECOVERY) for row in out]
    if not any(counted):
        mean = "their mean, weighted by the patients who finished treatment in each month"
        notes.append(
            "Only rounded monthly rates are published in this source, not the counts behind them; an area's rate is "
            f"{mean if len(months) > 1 else 'the published one'}."
        )
    elif len(months) > 1 and any(row[RECOVERY.rate] is not None for row in compress(out, map(not_, counted))):
        notes.append(
            "Where a month's counts are not all published, an area's rate is the mean of its published monthly "
            "percentages, weighted by the patients who finished treatment in each month."
        )
    notes += _merger_note(published, merged)
    england = _england(extracts, months)
    notes += dict.fromkeys(note for extract in extracts for note in extract.notes)
    notes += _back_test(published, england)
    months_apart = short_months(published, level_words()[extracts[0].level])
    return Activity(
        tuple(out),
        extracts[0].level,
        ", ".join(str(extract.file) for extract in extracts),
        _joint_precision(extracts, len(months)),
        len({row["area_code"] for row in published}),
        tuple(notes),
        (*dict.fromkeys(doubt for extract in extracts for doubt in extract.doubts), *months_apart),
    )


def _of_months(rows: Sequence[Row], months: int, gap: str | None) -> Row:
    """Add the months of one area up, and say why it has no figures for the period where it has none.

    Of one that lacks months, those that are there tell what is known of its patients.
    """
    out = {**_summed(rows), "excluded": gap}
    known = sum(row["finished_treatment"] is not None for row in rows)
    withheld = sum("finished_treatment" in row[SUPPRESSED].split(";") for row in rows)
    whole = len({row["month"] for row in rows}) == months
    if not whole or gap is not None:
        out |= dict.fromkeys((*COUNTS, *_BOUNDS, *RATES))
    if gap is None and (not whole or (out["finished_treatment"] is None and known < months)):
        out["excluded"] = _short(known, withheld, months)
    if out["excluded"] is not None:
        for name, column in LEFT_OUT.items():
            there = [row[name] for row in rows if row[name] is not None]
            out[column] = sum(there) if there and out[name] is None else None
    return out


def _england(extracts: Sequence[Extract], months: list[date]) -> list[Row]:
    """Return England's own rows of some months; none where a month lacks them."""
    england = [row for extract in extracts for row in extract.england if row["month"] in months]
    return england if len({row["month"] for row in england}) == len(months) else []


def _short(active: int, withheld: int, months: int) -> str:
    """Say why an area has no figures for the whole period."""
    if withheld and active + withheld == months:
        return f"the number who finished treatment is withheld in {withheld} of the {months} months"
    if not active and not withheld:
        return "no figures in the period"
    return f"figures for {active} of the {months} months" + (f", and {withheld} withheld" if withheld else "")


def _joint_precision(extracts: Sequence[Extract], months: int) -> Precision:
    """Say how exactly the sums of months are known: as the coarsest of their parts."""
    parts = [extract.precision for extract in extracts]
    return Precision(
        rounded_to=max(part.rounded_to for part in parts),
        withheld_under=max(part.withheld_under for part in parts),
        parts=months,
        cases_derived=any(part.cases_derived for part in parts),
    )


def _back_test(rows: Sequence[Row], england: Sequence[Row]) -> tuple[str, ...]:
    """Compare what the files say twice; a provider's patients may be those of no area."""
    said = (note for outcome in OUTCOMES.values() for note in percentages_against_counts(rows, outcome))
    return (*said, *areas_against_england(rows, england))
