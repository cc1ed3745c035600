"""How the two benchmarks place the areas, and how far they agree: at length for the paper, in short for briefs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.rates import is_below
from iapt_report.words import caution, place_names
from iapt_report.words.brief import MOST_NAMED, added, cleared
from iapt_report.words.findings import kappa_words
from iapt_report.words.markdown import said
from iapt_report.words.numbers import (
    DASH,
    count,
    decimal,
    how_many,
    interval,
    number_or_count,
    number_or_none,
    number_word,
    of_areas,
    percent,
    percentage_points,
    sentence,
    small_points,
)
from iapt_report.words.sentences import benchmark_range, placed
from iapt_report.words.slope import then

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.stats.source_uncertainty import Spread
    from iapt_report.words.findings import Findings

# Pieces


def below_standard(f: Findings) -> str:
    """Say how many areas are below the standard: "153 of the 211 areas (72.5%)"."""
    return of_areas(f.classification.below_national.n, f.n)


def below_adjusted(f: Findings) -> str:
    """Say how many are below the adjusted benchmark."""
    return of_areas(f.classification.below_adjusted.n, f.n)


def in_range(f: Findings) -> str:
    """Say where the adjusted benchmark lies over areas: "between 38.2% and 48.5%"."""
    return benchmark_range(f.results)


def _the_standard(f: Findings) -> str:
    return f"{f.named_standard} of {f.standard}"


def _each_placed(f: Findings) -> str:
    return f"placed {below_standard(f)} below it, the deprivation-adjusted benchmark {below_adjusted(f)}"


# At length


def abstract(f: Findings) -> str:
    """Say for the paper's summary how many areas each places below it, and how far they agree."""
    if f.benchmarks.alike and f.classification.both:
        same = of_areas(f.classification.both, f.n)
        return (
            f"The {f.named_standard} and the deprivation-adjusted benchmark placed the same areas below them, {same}."
        )
    if f.benchmarks.alike:
        return f"No area was below the {f.named_standard} or the deprivation-adjusted benchmark."
    k, kappa = f.classification, f.agreement.kappa
    agreement = "" if kappa is None else f" (κ = {decimal(kappa)})"
    text = (
        f"The {f.named_standard} placed {of_areas(k.below_national.n, f.n)} below it, the adjusted benchmark "
        f"{number_or_none(k.below_adjusted.n)}{agreement}"
    )
    return f"{text}." if k.below_mean is None else f"{text}; without deprivation it would be {count(k.below_mean.n)}."


def conclusion(f: Findings) -> str:
    """Say what decides how many areas an adjusted benchmark places below it, where that can be told in short."""
    if f.benchmarks.alike:
        return "The two benchmarks led to the same classification."
    if not f.benchmarks.more_from_average:
        return ""
    return "The adjusted benchmark owes more to the average than to deprivation."


def results(f: Findings) -> str:
    """Give in full what each places below it, where the adjusted one lies, and how far they agree."""
    return said(placing(f), lying(f))


def _called(f: Findings) -> str:
    own = f.results.concludes == "replication"
    return "the replication's adjusted benchmark" if own else "the deprivation-adjusted benchmark"


def lying(f: Findings) -> str:
    """Say where the adjusted benchmark lies, and why where that may surprise."""
    above, turns = "", ""
    if f.benchmarks.one_sided == "above":
        above = f"It lies above the {f.named_standard} because the areas' average does."
    if f.benchmarks.turns_back:
        end = "least" if f.results.gradient.estimate > 0 else "most"
        turns = (
            f"It is highest about the middle of the range and lower towards the {end} deprived areas, although more is "
            "expected there, because the line is known less exactly at its ends."
        )
    return said(f"The adjusted benchmark itself lay {in_range(f)}.", above, turns)


def placing(f: Findings) -> str:
    """Give in full how many areas each places below it."""
    k = f.classification
    if f.benchmarks.nobody:
        return f"No area was below the {_the_standard(f)}, and none below the deprivation-adjusted benchmark."
    if f.benchmarks.alike:
        return (
            f"The {_the_standard(f)} and the deprivation-adjusted benchmark placed the same areas below them, "
            f"{of_areas(k.both, f.n)}."
        )
    n = k.below_adjusted.n
    adjusted = f"{count(n)} ({percent(n / f.n)})" if n else "none"
    return (
        f"The {f.rate} was below the {_the_standard(f)} in {below_standard(f)} and below {_called(f)} in {adjusted}. "
        f"{_disagreed(f)}"
    )


def _disagreed(f: Findings) -> str:
    """Say on which areas the two disagree: on one at least."""
    k = f.classification
    alone = (
        (k.national_only, f"below the {f.named_standard} alone"),
        (k.adjusted_only, "below the adjusted benchmark alone"),
    )
    parts = [(n, words) for n, words in alone if n]
    on = how_many(sum(n for n, _ in parts), "area")
    if len(parts) == 1:
        return f"The two disagreed on {on}, {parts[0][1]}."
    told = " and ".join(f"{number_or_count(n)} {words}" for n, words in parts)
    return f"The two disagreed on {on}: {told}."


def discussion(f: Findings) -> str:
    """Weigh how the two place areas, and what part the areas' average has in it."""
    return said(_weighed(f), average(f))


def _weighed(f: Findings) -> str:
    if f.benchmarks.nobody:
        return "No area is below either benchmark."
    if f.benchmarks.alike:
        return "The two benchmarks place the same areas below them."
    kappa = f.agreement.kappa
    alike = kappa is not None and kappa_words(kappa) == "almost perfect"
    start = "The two benchmarks placed nearly all areas alike." if alike else ""
    model = "With random effects, the" if f.results.concludes == "random_effects" else "The"
    return said(start, f"{model} adjusted benchmark placed {_more_or_fewer(f)}.")


def _more_or_fewer(f: Findings) -> str:
    fewer = f.benchmarks.fewer
    if not fewer:
        return f"as many areas below it as the {f.named_standard}, but not the same ones"
    n, more = abs(fewer), "fewer" if fewer > 0 else "more"
    return f"{number_word(n)} {more} {'area' if n == 1 else 'areas'} below it than the {f.named_standard}"


def average(f: Findings) -> str:
    """Say what the same limit without deprivation would do, where that is known."""
    k = f.classification
    if k.below_mean is None:
        return ""
    apart = k.below_mean.n - k.below_adjusted.n
    than = f"{number_word(abs(apart))} {'more' if apart > 0 else 'fewer'}" if apart else "the same number"
    without = f"without deprivation in the model it would have {of_areas(k.below_mean.n, f.n)} below it, {than}"
    if f.benchmarks.more_from_average:
        return f"That mostly reflects the average of all areas, from which it is set: {without}."
    return f"It is set from the average of all areas: {without}."


def rounding(f: Findings) -> str:
    """Say between which numbers rounding leaves the areas below the standard, where the source's rounding was drawn."""
    if f.results.source_uncertainty is None:
        return ""
    least, most = f.benchmarks.least, f.benchmarks.most
    numbers = f"at {count(least)}" if least == most else f"between {count(least)} and {count(most)}"
    return said(
        f"Rounding of the published figures leaves the number of areas below the {f.named_standard} {numbers}.",
        _likelier(f),
    )


def _likelier(f: Findings) -> str:
    """Say where the number more probably lies, where rates published as the standard itself hide some below it."""
    found = f.results.source_uncertainty
    likelier = _likelier_range(None if found is None else found.below_standard)
    return f"As rates published as the standard itself count as meeting it, {likelier} is likelier." if likelier else ""


def _likelier_range(found: Spread | None) -> str:
    if found is None or found.published is None or found.low is None or found.high is None:
        return ""
    return "" if found.low <= found.published else f"{count(int(found.low))} to {count(int(found.high))}"


def placed_rows(f: Findings) -> str:
    """Give the rows of a table of the areas below each, and of their agreement."""
    k, a, named = f.classification, f.agreement, sentence(f.named_standard)
    counted = (
        (f"{named} of {f.standard}", k.below_national.n, k.below_national.share, "(72.5)"),
        ("Adjusted benchmark of the replication", k.below_adjusted.n, k.below_adjusted.share, "(43.1)"),
        ("Both", k.both, k.both / f.n, ""),
        (f"{named} alone", k.national_only, k.national_only / f.n, "(29.4)"),
        ("Adjusted benchmark alone", k.adjusted_only, k.adjusted_only / f.n, ""),
        ("Neither", k.neither, k.neither / f.n, ""),
    )
    mcnemar = f.level.p_cell(a.mcnemar_p) if f.benchmarks.compared else DASH
    limits = interval(a.kappa_ci_low, a.kappa_ci_high)
    return "\n".join(
        (
            "| **Areas below the benchmarks, n (%)** | | | | |",
            *(
                f"| {words} | {count(n)} ({percentage_points(share)}) | | | {then(f, printed)} |"
                for words, n, share, printed in counted
            ),
            "| **Agreement of the two classifications** | | | | |",
            f"| Pearson's χ², {count(a.dof)} degree of freedom | {decimal(a.chi2)} | | {f.level.p_cell(a.p)} | "
            f"{then(f, '60.66')} |",
            f"| Cohen's κ | {decimal(a.kappa)} | {limits} | | {then(f, '0.45')} |",
            f"| Exact McNemar test | | | {mcnemar} | |",
        )
    )


# In short


def headline(f: Findings) -> str:
    """Say in plain words how many areas are below each, to follow a semicolon."""
    k = f.classification
    adjusted = _ALLOWING[f.results.settings.interval]
    if f.benchmarks.alike and k.both:
        return (
            f"the {f.named_standard} and {adjusted} have the same {how_many(k.both, 'area')} of {count(f.n)} below them"
        )
    if f.benchmarks.alike:
        return f"no area is below the {f.named_standard} or below {adjusted.rstrip(',')}"
    has = f"{adjusted} has {number_or_count(k.below_adjusted.n)} of {count(f.n)} areas below it"
    if not f.benchmarks.fewer:
        return f"{has}, as many as the {f.named_standard}, but not the same ones"
    return f"{has}, the {f.named_standard} {number_or_count(k.below_national.n)}"


_ALLOWING = {
    "fitted_mean": "a benchmark adjusted for deprivation",
    "wilson": "a benchmark adjusted for deprivation, which also allows for chance,",
    "prediction": "a benchmark adjusted for deprivation, which also allows for how far areas commonly differ,",
    "overdispersion": "a benchmark adjusted for deprivation, which also allows for chance and for how areas commonly "
    "differ,",
}


def of_standard(f: Findings) -> str:
    """Give the number below the standard, to be read before `are_below_standard`."""
    return f"{count(f.classification.below_national.n)} of {count(f.n)}"


def are_below_standard(f: Findings) -> str:
    """Say what that number is."""
    one = f.n == 1 or f.classification.below_national.n == 1
    area, are = ("area", "is") if one else ("areas", "are")
    below = f"{are} below the {f.named_standard}"
    return f"{area}{_rounded(f)} {below}, by which {f.standard} of patients should have {f.reached}"


def _rounded(f: Findings) -> str:
    """Give the numbers between which rounding leaves it: a bracket, empty where rounding leaves nothing open."""
    least, most = f.benchmarks.least, f.benchmarks.most
    if f.results.source_uncertainty is None or least == most:
        return ""
    return f" ({count(least)} to {count(most)}, as published rates are rounded)"


def of_adjusted(f: Findings) -> str:
    """Give the number below the adjusted benchmark, to be read before `are_below_adjusted`."""
    return f"{count(f.classification.below_adjusted.n)} of {count(f.n)}"


def are_below_adjusted(f: Findings) -> str:
    """Say what that number is."""
    are = "areas are" if f.classification.below_adjusted.n != 1 else "area is"
    return f"{are} below a benchmark adjusted for how deprived each area is"


def in_short(f: Findings) -> str:
    """Say in plain words how the two place the areas."""
    if f.benchmarks.alike and f.classification.both:
        return f"Both benchmarks have the same {how_many(f.classification.both, 'area')} below them."
    if f.benchmarks.alike:
        return "No area is below either benchmark."
    return f"Of the {how_many(f.n, 'area')}, {placed(f.classification, f.named_standard)}."


def moved(f: Findings) -> str:
    """Give the number of areas that are below one benchmark alone, to be read before `are_moved`."""
    return f"{count(f.classification.national_only + f.classification.adjusted_only)} of {count(f.n)}"


def are_moved(f: Findings) -> str:
    """Say what that number is."""
    one = f.classification.national_only + f.classification.adjusted_only == 1
    return f"{'area is' if one else 'areas are'} below one of the two benchmarks and not below the other"


def cleared_named(f: Findings) -> str:
    """Name the areas below the standard alone, as many as there is room for; empty where there is none."""
    found = cleared(f.results)
    are = "One area is" if len(found) == 1 else f"{sentence(how_many(len(found), 'area'))} are"
    return _named(found, f"{are} below the {f.named_standard}, but not below the adjusted benchmark", "above")


def added_named(f: Findings) -> str:
    """Name the areas below the adjusted benchmark alone."""
    found = added(f.results)
    n, one = len(found), len(found) == 1
    who = "One area meets" if one else f"{sentence(how_many(n, 'area'))} meet"
    start = f"{who} the {f.named_standard}, but {'is' if one else 'are'} below the adjusted benchmark"
    return _named(found, start, "below")


def _named(found: tuple[Area, ...], start: str, side: str) -> str:
    """Name areas with their rates, those furthest from the adjusted benchmark first where not all are named."""
    if not found:
        return ""
    text, more = place_names.listed(found, MOST_NAMED, _from_benchmark)
    beside = f"(rate, points {side} it)"
    if not more:
        return f"**{start}** {beside}: {text}."
    return f"**{start}.** The {number_word(len(found) - more)} furthest {side} it {beside}: {text}; {_elsewhere(more)}"


def _from_benchmark(area: Area) -> str:
    """Give an area's rate, and how far it is from its adjusted benchmark: "50.1%, 1.4"."""
    apart = small_points(abs(area.recovery_rate - area.adjusted_low)).removesuffix(" percentage points")
    return f"{percent(area.recovery_rate)}, {apart}"


def _elsewhere(more: int) -> str:
    """Say where the areas that are not named are: a link on a page, a table in print."""
    others = f"the other {number_word(more)}"
    return (
        f'[{others} are in the [list of all areas](areas.html).]{{.content-visible when-format="html"}}'
        f'[{others} are in the supplement’s table of all areas.]{{.content-hidden when-format="html"}}'
    )


def one_way_only(f: Findings) -> str:
    """Say which of the two groups is empty, where the other is not, and that it could not but be where it could not."""
    if f.benchmarks.alike:
        return ""
    standard, limits = f.results.standard.value, [area.adjusted_low for area in f.results.areas]
    if not f.classification.adjusted_only:
        if not any(is_below(standard, limit) for limit in limits):
            return (
                f"The adjusted benchmark is nowhere higher than the {f.named_standard}, so no area can be below the "
                "adjusted benchmark alone."
            )
        return f"No area meets the {f.named_standard} and is below the adjusted benchmark."
    if not f.classification.national_only:
        if not any(is_below(limit, standard) for limit in limits):
            return (
                f"The adjusted benchmark is nowhere lower than the {f.named_standard}, so no area can be below the "
                "standard alone."
            )
        return f"No area is below the {f.named_standard} and not below the adjusted benchmark."
    return ""


def average_in_short(f: Findings) -> str:
    """Say in plain words how many areas a limit without deprivation has below it, where the average does much."""
    mean = f.classification.below_mean
    if mean is None or not f.benchmarks.more_from_average:
        return ""
    n, adjusted = mean.n, f.classification.below_adjusted.n
    limit = "A limit set in the same way without deprivation would have"
    if n == adjusted:
        return f"{limit} the same number of areas below it."
    return f"{limit} {how_many(n, 'area')} below it; the adjusted benchmark has {number_or_none(adjusted)}."


def rounding_in_short(f: Findings) -> str:
    """Say in plain words where the number below the standard more probably lies, where rounding hides some."""
    found = None if f.results.source_uncertainty is None else f.results.source_uncertainty.below_standard
    likelier = _likelier_range(found)
    if not likelier or f.benchmarks.least == f.benchmarks.most:
        return ""
    return (
        f"A rate that is published as {f.standard} counts as meeting the {f.named_standard}, though it may be a little "
        f"less: {likelier} areas below it is likelier."
    )


def in_a_table_of_areas(f: Findings) -> str:
    """Say above a list of areas how many each places below it, and what that means."""
    return f"The {_the_standard(f)} {_each_placed(f)}. {caution.no_verdict('')}"


def in_supplement(f: Findings) -> str:
    """Say the same, or that there are none, above the supplement's table."""
    return placing(f) if f.benchmarks.nobody else in_a_table_of_areas(f)
