"""A screen of the source: what a published file says that cannot be right, or not without a reason.

Nothing is changed by it. A doubt is said before the figures are analysed, so that whoever knows the area can look.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from iapt_report.areas.doubts import Doubt
from iapt_report.areas.numerals import grouped
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.table import frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    import pandas as pd

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.period import Period
    from iapt_report.areas.rows import Row
    from iapt_report.areas.table import Areas, Precision

# By so much (proportion) a rate changes within a year for a reason, if not by chance.
_FAR = 0.15
YEAR = timedelta(days=366)
# What chance alone makes of it is as rare as this, over all areas compared.
_RARE = 0.05
_HALF = 0.5
_LISTED = 6
_TOTALS = {"referrals": "referrals", "finished_treatment": "patients who finished treatment"}
_ABOUT_AREAS = {
    "finished over referred": "more patients finished a course of treatment than were referred",
    "rate changed": "a rate changed within a year by at least 15 percentage points, and by more than chance",
}


def screened(
    rows: Sequence[Row], period: Period, precision: Precision, earlier: Iterable[Areas] = ()
) -> tuple[Doubt, ...]:
    """Look for what cannot be right in the areas of one period.

    Parameters
    ----------
    rows : sequence of Row
        The areas to analyse, as `iapt_report.areas.table.parted` returns them.
    period : Period
    precision : Precision
        How exactly their counts are known.
    earlier : iterable of Areas
        Other periods; those of the same kind that began at most a year before are compared, the nearest first.

    Returns
    -------
    tuple of Doubt
        Of each kind, the areas in the order of the rows; an area has one doubt of a kind.
    """
    within = [areas for areas in earlier if areas.period.kind == period.kind and areas.period < period]
    near = [areas for areas in within if period.start - areas.period.start <= YEAR]
    near.sort(key=lambda areas: areas.period, reverse=True)
    return (
        *_more_finished(rows, precision),
        *(_changed(frame_of(rows), near) if near else ()),
        *(_fewer(rows, period, near[0]) if near else ()),
    )


def unit_doubt(column: str) -> Doubt:
    """Doubt a column of percentages that are all proportions."""
    words = (
        f"The column {column!r} holds proportions from 0 to 1 where percentages were promised; it is not used, and the "
        "rates are those of the counts."
    )
    return Doubt("unit", words)


def short_months(published: Sequence[Row], kind: str) -> tuple[Doubt, ...]:
    """Doubt a month that has less than half the organisations, or of their patients, of the others' middle.

    Parameters
    ----------
    published : sequence of Row
        ``month``, ``area_code`` and the counts, one row an organisation and month.
    kind : str
        What an organisation is, in words.
    """
    sums = {month: _totals(row for row in published if row["month"] == month) for month in _months(published)}
    words = {**_TOTALS, "organisations": f"organisations ({kind})"}
    doubts = []
    for month, totals in sums.items() if len(sums) > 1 else ():
        for name, said in words.items():
            own, usual = totals[name], median(others[name] for other, others in sums.items() if other != month)
            if own < _HALF * usual:
                doubts.append(
                    Doubt(
                        "short month",
                        f"The file for {month:%B %Y} has {_grouped(own)} {said}, less than half of the other months' "
                        f"{_grouped(usual)}; it may not be complete.",
                        figures=((name, own), ("others", usual)),
                    )
                )
                break
    return tuple(doubts)


def _months(rows: Iterable[Row]) -> list[date]:
    return sorted({row["month"] for row in rows})


def _totals(rows: Iterable[Row]) -> dict[str, float]:
    """Count patients, as far as they are known, and organisations."""
    listed = list(rows)
    totals = {name: float(sum(row[name] or 0 for row in listed)) for name in _TOTALS}
    return {**totals, "organisations": float(len({row["area_code"] for row in listed}))}


def notes_of(doubts: Iterable[Doubt]) -> tuple[str, ...]:
    """Say the doubts: those about areas of one kind in one sentence, each other in its own."""
    listed = list(doubts)
    said = []
    for what, words in _ABOUT_AREAS.items():
        areas = [doubt for doubt in listed if doubt.what == what]
        if areas:
            named = "; ".join(doubt.words.rstrip(".") for doubt in areas[:_LISTED])
            more = f"; and {len(areas) - _LISTED} more" if len(areas) > _LISTED else ""
            said.append(f"In {'one area' if len(areas) == 1 else f'{len(areas)} areas'} {words}: {named}{more}.")
    return (*said, *(doubt.words for doubt in listed if doubt.what not in _ABOUT_AREAS))


def _more_finished(rows: Sequence[Row], precision: Precision) -> Iterator[Doubt]:
    """Doubt areas where more finished treatment than were referred, beyond what rounding can do."""
    reach = 2 * (precision.rounded_to // 2) * precision.parts
    for row in rows:
        finished, referrals = row["finished_treatment"], row["referrals"]
        if finished is not None and referrals is not None and finished - referrals > reach:
            yield Doubt(
                "finished over referred",
                f"{row['area_name']}: {_grouped(finished)} finished and {_grouped(referrals)} were referred.",
                str(row["area_code"]),
                str(row["area_name"]),
                (("finished_treatment", float(finished)), ("referrals", float(referrals))),
            )


def _changed(table: pd.DataFrame, near: Sequence[Areas]) -> Iterator[Doubt]:
    """Doubt areas whose rate of an outcome changed far and by more than chance, each once."""
    seen: set[str] = set()
    for areas in near:
        for outcome in OUTCOMES.values():
            for doubt in _changed_since(table, areas, outcome):
                if doubt.area_code not in seen:
                    seen.add(doubt.area_code)
                    yield doubt


def _changed_since(table: pd.DataFrame, areas: Areas, outcome: Outcome) -> Iterator[Doubt]:
    from scipy.stats import fisher_exact

    before = _counted(areas.table, outcome).add_suffix("_before")
    both = _counted(table, outcome).join(before, how="inner")
    far = both[(both["rate"] - both["rate_before"]).abs() >= _FAR]
    for code, row in far.iterrows():
        counts = [[row["reached"], row["cases"] - row["reached"]]]
        counts.append([row["reached_before"], row["cases_before"] - row["reached_before"]])
        if fisher_exact([[max(round(n), 0) for n in pair] for pair in counts]).pvalue < _RARE / len(both):
            yield Doubt(
                "rate changed",
                f"{row['area_name']}: {100 * row['rate_before']:.0f}% {outcome.words} in {areas.period.id}, "
                f"{100 * row['rate']:.0f}% now.",
                str(code),
                str(row["area_name"]),
                (("rate", float(row["rate"])), ("rate_before", float(row["rate_before"]))),
            )


def _counted(table: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return, by code, the rate of an outcome and the patients behind it: who finished, where no cases are known."""
    own = table.set_index("area_code")
    cases = own[outcome.cases].astype("Float64").fillna(own["finished_treatment"].astype("Float64"))
    rate = own[outcome.rate].astype("Float64")
    frame = own[["area_name"]].assign(rate=rate, cases=cases, reached=rate * cases)
    return frame.dropna().astype(dict.fromkeys(("rate", "cases", "reached"), "float64"))


def _fewer(rows: Sequence[Row], period: Period, before: Areas) -> Iterator[Doubt]:
    """Doubt a period with less than half the patients of the one before."""
    for name, words in _TOTALS.items():
        now, then = sum(row[name] or 0 for row in rows), int(before.table[name].sum())
        if now < _HALF * then:
            yield Doubt(
                "fewer than before",
                f"The areas analysed have {_grouped(now)} {words} in {period.id}, less than half of the "
                f"{_grouped(then)} in {before.period.id}; a file may not be complete.",
                figures=((name, float(now)), ("before", float(then))),
            )
            return


def _grouped(number: float) -> str:
    return grouped(round(number))
