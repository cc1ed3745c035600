"""How services truly differ, and what the regression that allows for it says beside the study's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import slope
from iapt_report.words.findings import kappa_words
from iapt_report.words.markdown import said
from iapt_report.words.numbers import (
    NOT_COMPUTED,
    count,
    decimal,
    how_many,
    interval,
    of_areas,
    percent,
    percentage_points,
    small_points,
)
from iapt_report.words.sentences import benchmark_range, beyond_chance

if TYPE_CHECKING:
    from iapt_report.stats.random_effects import RandomEffects
    from iapt_report.words.findings import Findings


def results(f: Findings) -> str:
    """Give the random-effects regression in full: how services differ, the gradient, and where the models part."""
    found = f.random
    if found is None or found.q is None:
        return ""
    return said(_between(f, found), _gradient(f), parted(f))


def _between(f: Findings, found: RandomEffects) -> str:
    test = f"Cochran's Q = {decimal(found.q, 1)}, d.f. = {count(found.df_resid)}, {f.level.p_value(found.q_p)}"
    if not f.level.significant(found.q_p):
        return f"It is not established that areas of one deprivation differ by more than chance ({test})."
    return (
        f"Areas of one deprivation differed by more than chance ({test}; I² = {percent(found.i2, 0)}), with a standard "
        f"deviation between their true rates of {small_points(found.tau2**0.5)} (τ)."
    )


def _gradient(f: Findings) -> str:
    if f.replication is None:
        return ""
    return f"With random effects, which allow for that, the expected {f.rate} was {slope.gap(f)}."


def parted(f: Findings) -> str:
    """Say where the two models lead to another conclusion on the gradient, and which one is followed."""
    if f.replication is None or not f.parts:
        return ""
    one, other = ("is", "is not") if f.gradient.slope_significant else ("is not", "is")
    return (
        f"The slope {one} statistically significant with random effects, in the replication it {other}: a small "
        "difference about the line of significance."
    )


def apart(f: Findings) -> str:
    """Give the replication's gradient beside the one that is concluded from, where the two part."""
    if f.replication is None or not f.parts:
        return ""
    return (
        f"From the most to the least deprived area the estimate is {_span(f)} percentage points; the study's own "
        f"regression gives {_span(f.replication)}."
    )


def _span(f: Findings) -> str:
    found = f.results.gradient
    limits = interval(found.ci_low, found.ci_high, 1, as_percent=True)
    return f"{percentage_points(found.estimate)} ({limits})"


def benchmarks(f: Findings) -> str:
    """Set the benchmark of the random-effects regression beside the standard and the replication's."""
    if f.replication is None:
        return said(tested(f), _beyond(f))
    k, kappa, a = f.classification, f.agreement.kappa, f.agreement
    agreement = ""
    if kappa is not None and not f.benchmarks.alike:
        limits = "" if a.kappa_ci_low is None else f", {f.level.interval(a.kappa_ci_low, a.kappa_ci_high)}"
        size = f"{kappa_words(kappa)} (κ = {decimal(kappa)}{limits})"
        agreement = f"Its agreement with the {f.named_standard} is {size}."
    return said(
        f"The benchmark of the random-effects regression lay "
        f"{benchmark_range(f.results)}, with {of_areas(k.below_adjusted.n, f.n)} below it; {_otherwise(f)}.",
        agreement,
        tested(f),
        _beyond(f),
    )


def _otherwise(f: Findings) -> str:
    n = sum(area.below_adjusted != area.below_replication for area in f.results.areas)
    if not n:
        return "these are the areas below the replication's"
    return f"{how_many(n, 'area')} {'falls' if n == 1 else 'fall'} on the other side of the replication's"


def tested(f: Findings) -> str:
    """Give McNemar's test of how many areas the two flag, or why it asks nothing."""
    if f.benchmarks.alike:
        return ""
    if f.benchmarks.one_sided:
        if not f.benchmarks.fewer:
            return ""
        where = "in every area" if not f.benchmarks.but else f"in all but {how_many(f.benchmarks.but, 'area')}"
        return (
            f"That it flags {'fewer' if f.benchmarks.fewer > 0 else 'more'} areas than the {f.named_standard} follows "
            f"from where it lies, {f.benchmarks.one_sided} the standard {where}, and is not tested."
        )
    if not f.benchmarks.compared:
        return ""
    return f"McNemar's test of the shares that the two flag gives {f.level.p_value(f.agreement.mcnemar_p)}."


def _beyond(f: Findings) -> str:
    if not f.classification.below_adjusted.n or f.results.settings.interval != "fitted_mean":
        return ""
    return f"{beyond_chance(f.results)}."


def rows(f: Findings) -> str:
    """Give the rows of a table of the random-effects regression; nothing where there is none."""
    found = f.random
    if found is None or found.gradient is None:
        return ""
    term, ranks = found.terms["imd_rank"], f.per_ranks
    low, high = (None if limit is None else limit * ranks for limit in (term.ci_low, term.ci_high))
    lines = [
        "| **Random-effects regression** | | | | |",
        f"| Deprivation rank, percentage points for each {f.each_rank} | {percentage_points(term.estimate * ranks, 2)} "
        f"| {_points(low, high, 2)} | {f.level.p_cell(term.p)} | |",
        f"| From the most to the least deprived area, percentage points | {percentage_points(found.gradient.estimate)} "
        f"| {_points(found.gradient.ci_low, found.gradient.ci_high, 1)} | {f.level.p_cell(found.gradient.p)} | |",
        f"| Between areas of one deprivation, standard deviation, percentage points | "
        f"{percentage_points(found.tau2**0.5)} | | | |",
    ]
    return "\n".join(lines)


def _points(low: float | None, high: float | None, digits: int) -> str:
    return NOT_COMPUTED if low is None or high is None else interval(low, high, digits, as_percent=True)


def placed_rows(f: Findings) -> str:
    """Give the rows of its benchmark, where conclusions come from it."""
    if f.replication is None:
        return ""
    below, a = f.classification.below_adjusted, f.agreement
    limits = interval(a.kappa_ci_low, a.kappa_ci_high)
    return "\n".join(
        (
            "| **With the benchmark of the random-effects regression** | | | | |",
            f"| Areas below it, n (%) | {count(below.n)} ({percentage_points(below.share)}) | | | |",
            f"| Cohen's κ with the {f.named_standard} | {decimal(a.kappa)} | {limits} | | |",
        )
    )


def in_short(f: Findings) -> str:
    """Say in plain words what the two ways of computing part on, for the brief."""
    if not f.parts:
        return ""
    mine, other = f.results.gradient, f.replicated.results.gradient
    ranges = " and ".join(interval(found.ci_low, found.ci_high, 1, as_percent=True) for found in (mine, other))
    one = "finds" if f.gradient.slope_significant else "does not find"
    return (
        f"The method used here, which allows for services that differ for other reasons, {one} a link between "
        f"{f.outcome} and deprivation; the simpler one of 2016 {'does not' if one == 'finds' else 'does'}. Their "
        f"ranges for the gap, {ranges} percentage points, differ little."
    )
