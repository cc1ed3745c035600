"""The parts of a period put together: months add, areas that merged are counted with their successors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES, RECOVERY
from iapt_report.areas.table import COUNTS, LEFT_OUT, RATES, SUPPRESSED, Precision, has_counts
from iapt_report.sources.back_test import areas_against_england, percentages_against_counts
from iapt_report.sources.formats import level_words
from iapt_report.sources.precision import bounds_of
from iapt_report.sources.screen import short_months
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.areas.doubts import Doubt
    from iapt_report.areas.period import Period
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
    frame : DataFrame
        As an `Extract`'s, without ``month``; and ``excluded`` (why an organisation has no figures, or missing).
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

    frame: pd.DataFrame
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
    undated = [extract for extract in extracts if extract.frame["month"].isna().all()]
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
        if not set(extract.frame["month"].dt.date) & set(months):
            raise CallError(
                f"{extract.file} has no month of {period.id}",
                expected=f"months from {months[0]:%B %Y} to {months[-1]:%B %Y}",
                mend="leave it out, or correct the period",
            )
    return _added(extracts, months, merged or {})


def _whole_year(extracts: Sequence[Extract], period: Period, merged: Mapping[str, str]) -> Activity:
    import pandas as pd

    if len(extracts) != 1 or period.kind not in extracts[0].kinds:
        kind = {"year": "annual", "quarter": "quarterly"}.get("".join(extracts[0].kinds), "undated")
        raise CallError(
            f"{len(extracts)} {kind} file{'' if len(extracts) == 1 else 's'} for the {period.kind} {period.id}",
            expected=f"one {kind} file and a period of its own, {_OWN[kind]}",
            mend="import one period at a time",
        )
    (extract,) = extracts
    rows = _with_successors(extract.frame, merged)
    frame = rows.drop(columns="month").assign(excluded=pd.Series(pd.NA, index=rows.index, dtype="str"))
    notes = (
        *_merger_note(extract.frame, merged),
        *extract.notes,
        *_back_test(extract.frame, extract.england),
    )
    return Activity(
        frame,
        extract.level,
        extract.file,
        extract.precision,
        extract.frame["area_code"].nunique(),
        notes,
        extract.doubts,
    )


def _refuse_gaps(extracts: Sequence[Extract], months: list[date], period: Period) -> None:
    """Refuse a month that no file has, and one that two files have."""
    holders: dict[date, list[str]] = {month: [] for month in months}
    for extract in extracts:
        for month in {value.date() for value in extract.frame["month"]}:
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


def _summed(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Add rows up; what is not known in one of them is not known of their sum.

    Rates are averaged by case-load; the least and the most that they can be allow for what is open in the case-loads.
    """
    import numpy as np
    import pandas as pd

    groups = rows.groupby(list(by), dropna=False)
    number = np.asarray(groups.ngroup(), dtype=np.int64)
    size = groups.size()
    out = groups[["area_name"]].last()
    counts = [*COUNTS, *_BOUNDS]
    sums, known = groups[counts].sum(), groups[counts].count()
    for name in counts:
        out[name] = sums[name].where(known[name] == size).astype("Int64")
    weight = rows["finished_treatment"].astype("Float64")
    least, most = (rows[name].astype("Float64").fillna(weight) for name in bounds_of("finished_treatment"))
    rates = rows[[outcome.rate for outcome in OUTCOMES.values()]]
    out[rates.columns] = _averages(rates, dict.fromkeys(rates.columns, weight), number).to_numpy()
    # The weights of what lies below the average of a bound, and of what lies above it.
    reach = {outcome.low: (most, least) for outcome in OUTCOMES.values()}
    reach |= {outcome.high: (least, most) for outcome in OUTCOMES.values()}
    bounds = rows[[*reach]]
    averages = _averages(bounds, dict.fromkeys(reach, weight), number)
    for _ in range(_STEPS):
        # What lies above the average weighs as little, or as much, as it can: found in a few steps.
        above = pd.DataFrame(bounds.to_numpy() > averages.to_numpy()[number], rows.index, bounds.columns)
        weights = {name: heavier.where(above[name], lighter) for name, (lighter, heavier) in reach.items()}
        before, averages = averages, _averages(bounds, weights, number)
        if np.array_equal(before, averages, equal_nan=True):
            break
    out[averages.columns] = averages.to_numpy()
    out[SUPPRESSED] = groups[SUPPRESSED].agg(_joint)
    return out.reset_index()


def _averages(values: pd.DataFrame, weights: Mapping[str, pd.Series[float]], number: NDArray[np.int64]) -> pd.DataFrame:
    """Average columns, each with its weights, over the groups that rows are numbered by.

    Missing where a value or a weight of the group is, or where all weights are 0.
    """
    import pandas as pd

    moments = pd.DataFrame({name: weight * values[name] for name, weight in weights.items()}).groupby(number)
    weighed = pd.DataFrame(dict(weights)).groupby(number)
    size = moments.size()
    sums, total, known, heavy = moments.sum(), weighed.sum(), moments.count(), weighed.count()
    return pd.DataFrame(
        {
            name: (sums[name] / total[name].where(total[name] > 0))
            .where((known[name] == size) & (heavy[name] == size))
            .astype("Float64")
            .astype("float64")
            for name in weights
        }
    )


def _joint(lists: pd.Series[str]) -> str:
    """Join lists of columns, in the order of the columns."""
    named = {name for cell in lists for name in cell.split(";")}
    return ";".join(name for name in COUNTS if name in named)


def _with_successors(rows: pd.DataFrame, merged: Mapping[str, str]) -> pd.DataFrame:
    """Count areas that merged with their successors.

    One without any figure, of which none is withheld, adds nothing. A successor that the files do not name themselves
    has an empty name.
    """
    import pandas as pd

    if not merged:
        return rows
    names = dict(zip(rows["area_code"], rows["area_name"], strict=True))
    rows = rows.assign(area_code=rows["area_code"].map(lambda own: merged.get(own, own)))
    silent = _silent(rows) & rows["area_code"].duplicated(keep=False)
    known = rows[~silent]
    everywhere = pd.concat([known, rows[silent & ~rows["area_code"].isin(known["area_code"])]])
    summed = _summed(everywhere, ["area_code", "month"])
    return summed.assign(area_name=summed["area_code"].map(names).fillna(""))


def _silent(rows: pd.DataFrame) -> pd.Series[bool]:
    """Say which rows have no figure, and none that is withheld."""
    return rows[list(COUNTS)].isna().all(axis="columns") & (rows[SUPPRESSED] == "")


def _gaps(rows: pd.DataFrame, months: list[date], merged: Mapping[str, str]) -> dict[str, str]:
    """Say which areas lack a month of one that merged into them, which has figures in a later month."""
    import pandas as pd

    found = {}
    active = rows[~_silent(rows) & rows["area_code"].isin(set(merged))]
    for code, own in active.groupby("area_code")["month"]:
        there = set(pd.DatetimeIndex(own).date)
        lacking = [month for month in months if month < max(there) and month not in there]
        if lacking:
            named = f"{lacking[0]:%B %Y}"
            found[merged[str(code)]] = f"no figures in {named} of {code}, which merged into it"
    return found


def _merger_note(rows: pd.DataFrame, merged: Mapping[str, str]) -> tuple[str, ...]:
    """Say how many areas are counted with those that they merged into."""
    gone = sorted(set(merged) & set(rows.loc[~_silent(rows), "area_code"]))
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
    import pandas as pd

    published = pd.concat([extract.frame for extract in extracts], ignore_index=True)
    published = published[published["month"].dt.date.isin(months)].sort_values("month")
    rows = _with_successors(published, merged).sort_values("month")
    out = _summed(rows, ["area_code"]).set_index("area_code")
    groups = rows.assign(
        known=rows["finished_treatment"].notna(),
        withheld=rows[SUPPRESSED].str.split(";").map(lambda names: "finished_treatment" in names),
    ).groupby("area_code")
    present, active, withheld = groups["month"].nunique(), groups["known"].sum(), groups["withheld"].sum()
    whole = present == len(months)
    for name in (*COUNTS, *_BOUNDS, *RATES):
        out[name] = out[name].where(whole)
    out["excluded"] = pd.Series(pd.NA, index=out.index, dtype="str")
    for code in out.index[(out["finished_treatment"].isna() & (active < len(months))) | ~whole]:
        out.loc[code, "excluded"] = _short(int(active[code]), int(withheld[code]), len(months))
    for code, reason in _gaps(published, months, merged).items():
        out.loc[code, [*COUNTS, *_BOUNDS, *RATES]] = pd.NA
        out.loc[code, "excluded"] = reason
    out = _with_left_out(out, rows)
    number = "three" if len(months) == _QUARTER else len(months)
    notes = [f"Figures are the sums of {number} published months."] if len(months) > 1 else []
    counted, rated = has_counts(out, RECOVERY), out[RECOVERY.rate].notna()
    if not counted.any():
        mean = "their mean, weighted by the patients who finished treatment in each month"
        notes.append(
            "Only rounded monthly rates are published in this source, not the counts behind them; an area's rate is "
            f"{mean if len(months) > 1 else 'the published one'}."
        )
    elif len(months) > 1 and (rated & ~counted).any():
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
        out.reset_index(),
        extracts[0].level,
        ", ".join(str(extract.file) for extract in extracts),
        _joint_precision(extracts, len(months)),
        published["area_code"].nunique(),
        tuple(notes),
        (*dict.fromkeys(doubt for extract in extracts for doubt in extract.doubts), *months_apart),
    )


def _with_left_out(out: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Say of areas that lack months what is known of their patients: those of the months that are there."""
    known = rows.groupby("area_code")[list(LEFT_OUT)].sum(min_count=1).astype("Int64")
    lacking = out["excluded"].notna()
    return out.assign(**{column: known[name].where(lacking & out[name].isna()) for name, column in LEFT_OUT.items()})


def _england(extracts: Sequence[Extract], months: list[date]) -> pd.DataFrame:
    """Return England's own rows of some months; none where a month lacks them."""
    import pandas as pd

    england = pd.concat([extract.england for extract in extracts], ignore_index=True)
    england = england[pd.to_datetime(england["month"]).dt.date.isin(months)]
    return england if england["month"].nunique() == len(months) else england.head(0)


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


def _back_test(frame: pd.DataFrame, england: pd.DataFrame) -> tuple[str, ...]:
    """Compare what the files say twice; a provider's patients may be those of no area."""
    said = (note for outcome in OUTCOMES.values() for note in percentages_against_counts(frame, outcome))
    return (*said, *areas_against_england(frame, england))
