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
from iapt_report.words.sentences import benchmark_range

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
    test = f"(Cochran's Q = {decimal(found.q, 1)}, d.f. = {count(found.df_resid)}, {f.level.p_value(found.q_p)})"
    if not f.level.significant(found.q_p):
        return f"It is not established that areas of one deprivation differ by more than chance {test}."
    return (
        f"Areas of one deprivation differed by more than chance {test}: the standard deviation of their true rates is "
        f"estimated at {small_points(found.tau2**0.5)} (τ), and {percent(found.i2, 0)} of what sets their rates apart "
        "is not chance (I²)."
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
        f"The two regressions part: with random effects the slope {one} statistically significant, in the replication "
        f"it {other}. The estimates differ by "
        f"{small_points(abs(f.results.gradient.estimate - f.replication.results.gradient.estimate))}; the conclusions "
        "follow the random effects, whose interval holds where services differ."
    )


def benchmarks(f: Findings) -> str:
    """Set the benchmark of the random-effects regression beside the standard and the replication's."""
    if f.replication is None:
        return ""
    k, kappa, a = f.classification, f.agreement.kappa, f.agreement
    agreement = ""
    if kappa is not None:
        limits = "" if a.kappa_ci_low is None else f", {f.level.interval(a.kappa_ci_low, a.kappa_ci_high)}"
        agreement = (
            f" Its agreement with the {f.named_standard} is {kappa_words(kappa)} (κ = {decimal(kappa)}{limits})."
        )
    return (
        f"The benchmark of the random-effects regression, from which conclusions are drawn, lay "
        f"{benchmark_range(f.results)}, with {of_areas(k.below_adjusted.n, f.n)} below it; {_otherwise(f)}."
        f"{agreement}{_tested(f)}"
    )


def _tested(f: Findings) -> str:
    """Give McNemar's test of it, where that asks something, and where it leads to another answer than above."""
    if not f.benchmarks.compared or f.benchmarks.alike:
        return ""
    differ = "differed" if f.benchmarks.differ else "did not differ"
    same = " too" if f.benchmarks.differ == f.replicated.benchmarks.differ else ", unlike the replication's"
    return (
        f" The shares that it and the standard flag {differ} significantly{same} (McNemar's test, "
        f"{f.level.p_value(f.agreement.mcnemar_p)})."
    )


def _otherwise(f: Findings) -> str:
    n = sum(area.below_adjusted != area.below_replication for area in f.results.areas)
    if not n:
        return "these are the areas below the replication's"
    return f"it places {how_many(n, 'area')} on another side than the replication's"


def rows(f: Findings) -> str:
    """Give the rows of a table of the random-effects regression; nothing where there is none."""
    found = f.random
    if found is None or found.gradient is None:
        return ""
    term, ranks = found.terms["imd_rank"], f.per_ranks
    low, high = (None if limit is None else limit * ranks for limit in (term.ci_low, term.ci_high))
    lines = [
        "| **Random-effects regression** | | | |",
        f"| Deprivation rank, percentage points for each {f.each_rank} | {percentage_points(term.estimate * ranks, 2)} "
        f"| {_points(low, high, 2)} | {f.level.p_cell(term.p)} |",
        f"| From the most to the least deprived area, percentage points | {percentage_points(found.gradient.estimate)} "
        f"| {_points(found.gradient.ci_low, found.gradient.ci_high, 1)} | {f.level.p_cell(found.gradient.p)} |",
        f"| Between areas of one deprivation, standard deviation, percentage points | "
        f"{percentage_points(found.tau2**0.5)} | | |",
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
            "| **With the benchmark of the random-effects regression** | | | |",
            f"| Areas below it, n (%) | {count(below.n)} ({percentage_points(below.share)}) | | |",
            f"| Cohen's κ with the {f.named_standard} | {decimal(a.kappa)} | {limits} | |",
        )
    )


def followed(f: Findings) -> str:
    """Say in the paper's method which regression the conclusions follow."""
    if f.replication is not None:
        return "Conclusions follow this regression, in this paper and wherever its figures are told in short."
    if f.random is None:
        return "So few areas leave no such regression here, and conclusions follow the study's."
    return "By the settings of this report, conclusions follow the study's regression."


def in_short(f: Findings) -> str:
    """Say in plain words what the two ways of computing part on, for the brief."""
    if not f.parts:
        return ""
    one = "finds" if f.gradient.slope_significant else "does not find"
    other = "does not" if f.gradient.slope_significant else "does"
    return (
        f"The method used here, which allows for services that differ for other reasons, {one} a link between "
        f"{f.outcome} and deprivation; the simpler one of 2016 {other}. Both give a range, and the ranges overlap."
    )
