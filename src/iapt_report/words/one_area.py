"""The page of one area: where it stands, its neighbours in deprivation, its history, each said in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import area_brief
from iapt_report.words.markdown import escape
from iapt_report.words.numbers import count, exact_percent, how_many, joined, percent, rank, sentence
from iapt_report.words.place_names import named
from iapt_report.words.tables import below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.history import Moment
    from iapt_report.words.findings import Findings

# Letters of a name that a table has room for.
_NAME = 60
# Periods that a sentence has room for.
_MOST_PERIODS = 4
_KINDS = {"month": "month", "quarter": "quarter", "year": "financial year"}


def headline(f: Findings, area: Area) -> str:
    """Say where an area stands against both benchmarks."""
    start = f"At {percent(area.recovery_rate)}, this {area_brief.noun(f.results)}’s {f.rate}"
    benchmark = percent(area.adjusted_low)
    allowing = f"the benchmark that allows for its deprivation ({benchmark})"
    standard = f"the {f.named_standard} of {f.standard}"
    under = _below(area.recovery_rate, benchmark)
    if area.below_national:
        text = f"{start} is {_below(area.recovery_rate, f.standard)} {standard}"
        return f"{text}, and {under} {allowing} too." if area.below_adjusted else f"{text}, but not below {allowing}."
    text = f"{start} meets {standard}"
    return f"{text}, but is {under} {allowing}." if area.below_adjusted else f"{text}, and is not below {allowing}."


def _below(rate: float, other: str) -> str:
    return "just below" if area_brief.is_just_below(rate, other) else "below"


def chance(f: Findings, area: Area) -> str:
    """Say whether chance alone explains how far an area is from the usual rate; empty where print is equal."""
    called, found = area_brief.noun(f.results), area_brief.chance(area)
    if found == "same":
        return ""
    text = (
        f"Chance alone could explain how far this {called} is from the usual rate."
        if found == "within"
        else f"This {called} is further {found} the usual rate than chance alone explains."
    )
    return f"{text} With so few patients this is an approximation." if area_brief.few_patients(area) else text


def patients(f: Findings, area: Area) -> str:
    """Say on how many patients the rate rests, and what that and rounding leave open."""
    stands_in = (
        f.results.outcome.cases == "at_caseness"
        and f.sample.rates.cases_known < f.n
        and area.cases == area.finished_treatment
    )
    text = (
        f"Its rate rests on {'at most ' if stands_in else ''}{how_many_patients(area)}; chance leaves it open between "
        f"{percent(area.chance_low)} and {percent(area.chance_high)} ({f.level.words} range)."
    )
    low, high = percent(area.rate_low), percent(area.rate_high)
    if area.rate_low is None or area.rate_high is None or low == high:
        return text
    return f"{text} Rounding of the published figures leaves it open between {low} and {high}."


def how_many_patients(area: Area) -> str:
    """Give the patients behind a rate: "1 patient", "620 patients"."""
    return f"{count(int(area.cases))} {'patient' if area.cases == 1 else 'patients'}"


def outlier(f: Findings, area: Area) -> str:
    """Warn that a rate is extreme, where it is."""
    if not area.outlier:
        return ""
    return (
        f"This {area_brief.noun(f.results)}’s rate is extreme beside the others: check first that its figures are "
        "right."
    )


def limits_rows(f: Findings, area: Area) -> str:
    """Give the rows of the table of what the adjusted benchmark may allow for."""
    return "\n".join(
        f"| {limit.words}{' (used here)' if limit.chosen else ''} | {'below' if limit.below else 'not below'} |"
        for limit in area_brief.limits(f.results, area)
    )


def neighbours_rows(f: Findings, area: Area, nearby: Sequence[Area]) -> str:
    """Give the rows of the table of neighbours, the area itself in bold."""
    return "\n".join(
        _row(
            (
                rank(other.imd_rank),
                escape(area_brief.shortened(named(other), _NAME)),
                percent(other.recovery_rate),
                below(other, national=f.results.standard.national),
            ),
            bold=other.area_code == area.area_code,
        )
        for other in nearby
    )


def history_rows(moments: Sequence[Moment], period: str) -> str:
    """Give the rows of the table of an area's history, the period reported in bold."""
    return "\n".join(
        _row(
            (
                one.months,
                percent(one.area.recovery_rate),
                exact_percent(one.standard),
                below(one.area, national=one.national),
            ),
            bold=one.period == period,
        )
        for one in moments
    )


def _row(cells: Sequence[str], *, bold: bool) -> str:
    return f"| {' | '.join(f'**{cell}**' if bold else cell for cell in cells)} |"


def history_note(unshown: int) -> str:
    """Say what the table of an area's history does not show."""
    more = f"{sentence(how_many(unshown, 'more period'))} {'has' if unshown == 1 else 'have'} figures, not shown. "
    return f"{more if unshown else ''}Part of each change is chance; this page does not test how much."


def redrawn(f: Findings, periods: Sequence[str]) -> str:
    """Say that periods are not shown in which an area's code was that of other borders; empty where there is none."""
    n = len(periods)
    if not n:
        return ""
    which = joined(periods) if n <= _MOST_PERIODS else f"{count(n)} periods from {periods[0]} to {periods[-1]}"
    them = "that period is" if n == 1 else "those periods are"
    return f"In {which} the code of this {area_brief.noun(f.results)} stood for other borders, so {them} not shown."


def no_history(f: Findings, other_periods: int) -> str:
    """Say why there is no history."""
    if not other_periods:
        return f"There is no other {_KINDS[f.results.period.kind]} here to compare with."
    called = area_brief.noun(f.results)
    merged = " Areas that merge or split get other codes." if called == "area" else ""
    return f"No other period here has this {called}.{merged}"


def whom(f: Findings, when: str) -> str:
    """Say of what the figures are."""
    called = area_brief.noun(f.results)
    if f.results.period.synthetic:
        return f"Every {called} here is invented, so nothing on this page is about a real service."
    return f"The figures are of {count(len(f.results.areas))} {called}s, {when}."
