"""Patients by the deprivation of their neighbourhoods: rates by tenth, and areas standardised for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import said
from iapt_report.words.numbers import (
    count,
    decimal,
    hundredths,
    interval,
    number_or_none,
    number_word,
    of_areas,
    percent,
    percentage_points,
    sentence,
)

if TYPE_CHECKING:
    from iapt_report.stats.case_mix import CaseMix
    from iapt_report.words.findings import Findings


def method(f: Findings) -> str:
    """Say how areas are standardised for the deprivation of their patients' neighbourhoods, where that is known."""
    if f.case_mix is None:
        return ""
    return (
        "As the source counts patients by the deprivation of their neighbourhoods, rates were also indirectly "
        "standardised to England's rate of each tenth of neighbourhoods.[@breslow1987]"
    )


def known(f: Findings) -> str:
    """Name what was observed of patients: a clause."""
    return ", but for the deprivation of patients' neighbourhoods" if f.case_mix is not None else ""


def results(f: Findings) -> str:
    """Give in full what is known of patients by the deprivation of their neighbourhoods."""
    return said(between_tenths(f), standardised(f))


def between_tenths(f: Findings) -> str:
    """Give the rates of England's most and least deprived tenth, and the slope index of inequality."""
    if f.case_mix is None:
        return ""
    worst, best = f.case_mix.adjustment.national[0], f.case_mix.adjustment.national[-1]
    return said(
        f"In England, {percent(worst.rate)} of patients from the most deprived tenth of neighbourhoods {f.reached}, "
        f"and {percent(best.rate)} from the least deprived tenth.",
        _slope_index(f),
    )


def _slope_index(f: Findings) -> str:
    patients, areas = f.results.inequality.patients, f.results.inequality.areas
    if patients is None or patients.sii is None:
        return ""
    limits = f.level.interval(patients.sii_low, patients.sii_high, 1, as_percent=True)
    text = (
        f"The slope index of inequality was {percentage_points(patients.sii)} percentage points ({limits}) across "
        "neighbourhoods"
    )
    if areas.sii is None:
        return f"{text}."
    between = interval(areas.sii_low, areas.sii_high, 1, as_percent=True)
    return f"{text} and {percentage_points(areas.sii)} ({between}) across areas."


def intervals(f: Findings) -> str:
    """Say below the table of inequality what its intervals allow for."""
    over_areas = (
        "The intervals over areas allow for services that differ."
        if f.results.concludes == "random_effects"
        else "The intervals over areas are those of a regression weighted by cases."
    )
    if f.results.inequality.patients is None:
        return over_areas
    over_patients = (
        "Those over patients take services, not patients, for the sample."
        if f.results.inequality.clustered
        else "Those over patients are of chance in single patients alone, and too narrow where services differ."
    )
    return said(over_areas, over_patients)


def headline(f: Findings) -> str:
    """Begin the brief with the gap between patients: the rates of both ends where they tell what all tenths do."""
    found, lower = f.results.people.patients, f.patients_gap == "less deprived"
    if found is None or (found.rate_most < found.rate_least) != lower:
        return f"A {'smaller' if lower else 'larger'} share of patients from more deprived neighbourhoods {f.reached}"
    return (
        f"Of patients from the most deprived tenth of neighbourhoods, {percent(found.rate_most)} {f.reached}; of those "
        f"from the least deprived tenth, {percent(found.rate_least)}"
    )


def gap(f: Findings) -> str:
    """Give the gap between the most and the least deprived tenth, without its unit; empty where that is not known."""
    found = f.results.people.patients
    return "" if found is None else percentage_points(_apart(found.rate_least, found.rate_most))


def _apart(one: float, other: float) -> float:
    """Take two rates from one another as they are printed, so that no reader finds another difference."""
    return float(abs(hundredths(one) - hundredths(other)) / 100)


def gap_in_words(f: Findings) -> str:
    """Say what that gap is, to follow it."""
    found = f.results.people.patients
    lower = found is None or found.rate_most < found.rate_least
    return (
        f"percentage points: how much {'smaller' if lower else 'larger'} a share of patients {f.reached} in the most "
        "deprived tenth of neighbourhoods than in the least deprived"
    )


def how_sure(f: Findings) -> str:
    """Say for the brief how far the gap between patients may be chance, where they were counted by neighbourhood."""
    if f.results.inequality.patients is None:
        return ""
    if not f.patients_gap:
        return "The gap between patients may be chance."
    also = ", and more than the differences between services would make" if f.results.inequality.clustered else ""
    return f"The gap between patients is more than chance explains{also}."


def between_tenths_in_short(f: Findings) -> str:
    """Give the rates of both ends for the brief, where they are known."""
    found = f.results.people.patients
    if found is None:
        return ""
    return (
        f"Of England's patients from the most deprived tenth of neighbourhoods, {percent(found.rate_most)} "
        f"{f.reached}; of those from the least deprived tenth, {percent(found.rate_least)}."
    )


def standardised(f: Findings) -> str:
    """Say how many areas differ from what their patients' deprivation leads one to expect, and where they stand."""
    if f.case_mix is None:
        return ""
    found = f.case_mix.adjustment
    return _beyond(found)


def beside(f: Findings) -> str:
    """Say for the supplement where the standardised areas stand beside the benchmarks, and what chance explains."""
    return said(_beside_benchmarks(f), _overdispersion(f))


def withheld(f: Findings) -> str:
    """Say how many groups of patients had a count withheld, for the supplement."""
    return "" if f.case_mix is None else _withheld(f.case_mix.adjustment)


def _beyond(found: CaseMix) -> str:
    n = len(found.areas)
    if not found.below.n and not found.above.n:
        return (
            "After standardisation for the deprivation of patients' neighbourhoods, no area's rate was lower or higher "
            "than expected by more than chance."
        )
    return (
        "After standardisation for the deprivation of patients' neighbourhoods, rates were lower than expected, by "
        f"more than chance, in {of_areas(found.below.n, n)} and higher in {of_areas(found.above.n, n)}."
    )


def _beside_benchmarks(f: Findings) -> str:
    if f.case_mix is None or not (f.case_mix.adjusted.both or f.case_mix.national.both):
        return ""
    national, adjusted = f.case_mix.national, f.case_mix.adjusted
    few = national.first_only in (0, 1)
    return (
        f"Of those below, {number_or_none(national.both)} {'is' if national.both == 1 else 'are'} also below the "
        f"{f.named_standard}{_kappa(national.kappa)} and {number_or_none(adjusted.both)} below the benchmark adjusted "
        f"for the area's deprivation{_kappa(adjusted.kappa)}; {number_word(national.first_only)} "
        f"{'area is' if few else 'areas are'} below the {f.named_standard} and not shown to be low for "
        f"{'its' if few else 'their'} patients."
    )


def _kappa(kappa: float | None) -> str:
    return "" if kappa is None else f" (κ = {decimal(kappa)})"


def _overdispersion(f: Findings) -> str:
    if f.case_mix is None or not f.overdispersed:
        return ""
    return (
        f"Chance is only part of why areas differ: more lie beyond these limits than the {f.level.beyond} that chance "
        f"would put there (exact binomial test, {f.level.p_value(f.case_mix.adjustment.beyond_p)}), a sign of "
        "overdispersion."
    )


def _withheld(found: CaseMix) -> str:
    if not found.suppressed:
        return ""
    unknown = f"; {percent(found.unknown_share)} of patients are in no group that is known"
    return (
        f"Of {count(found.cells)} groups of patients by area and tenth, {count(found.suppressed)} had a count withheld"
        f"{unknown if found.unknown_share else ''}."
    )


def tenths_rows(f: Findings) -> str:
    """Give the rows of a table of England's tenths."""
    if f.case_mix is None:
        return ""
    tenths = f.case_mix.adjustment.national
    ends = {tenths[0].decile: ", most deprived", tenths[-1].decile: ", least deprived"}
    return "\n".join(
        f"| {count(t.decile)}{ends.get(t.decile, '')} | {count(t.cases)} | {count(t.reached)} | "
        f"{percentage_points(t.rate)} |"
        for t in tenths
    )


def crossed_rows(f: Findings) -> str:
    """Give the rows of the table that crosses the standardised ratio with each benchmark."""
    if f.case_mix is None:
        return ""
    national, adjusted = f.case_mix.national, f.case_mix.adjusted
    below = (national.both, national.second_only, adjusted.both, adjusted.second_only)
    others = (national.first_only, national.neither, adjusted.first_only, adjusted.neither)
    return "\n".join(
        f"| {words} | {' | '.join(map(count, cells))} |"
        for words, cells in (("Below 1 beyond chance", below), ("Not below 1", others))
    )


def crossed_head(f: Findings) -> str:
    """Give the head of that table."""
    named = sentence(f.named_standard)
    return f"| Standardised ratio of the area | {named}: below | not below | Adjusted benchmark: below | not below |"


def crossed_areas(f: Findings) -> str:
    """Give the number of areas in it."""
    return "" if f.case_mix is None else count(f.case_mix.national.areas)


def overall(f: Findings) -> str:
    """Give the rate of England's tenths together."""
    return "" if f.case_mix is None else percent(f.case_mix.adjustment.national_rate)


def inequality_rows(f: Findings) -> str:
    """Give the rows of the table of slope and relative indices."""
    shown = (
        ("Patients, by tenth of neighbourhoods", f.results.inequality.patients),
        ("Areas, by deprivation rank", f.results.inequality.areas),
    )
    return "\n".join(
        f"| {words} | {percentage_points(x.sii)} | {interval(x.sii_low, x.sii_high, 1, as_percent=True)} | "
        f"{decimal(x.rii)} | {interval(x.rii_low, x.rii_high)} |"
        for words, x in shown
        if x is not None
    )
