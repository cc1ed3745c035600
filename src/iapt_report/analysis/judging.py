"""What follows from one regression: the benchmark it sets each area, and how that agrees with the standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.analysis.facts import Adjusted, Gradient
from iapt_report.areas.rates import is_below
from iapt_report.stats.agreement import agreement, classify
from iapt_report.stats.benchmarks import all_limits, random_limits
from iapt_report.stats.inequality import slope_index_of_services, slope_index_over_areas
from iapt_report.stats.kappa import benchmarks_of, bootstrap_kappa
from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import RANK, expected_rates, mean_lower_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.stats.agreement import Agreement, Classification
    from iapt_report.stats.benchmarks import Limits
    from iapt_report.stats.inequality import Inequality
    from iapt_report.stats.intervals import Interval
    from iapt_report.stats.random_effects import RandomFit
    from iapt_report.stats.regression import Expected, Fit


@dataclass(frozen=True)
class Question:
    """What both regressions are asked, arrays of shape (n,).

    Parameters
    ----------
    rate, rank, cases, weights : ndarray
        Proportions, deprivation ranks, the patients behind each rate, the weights of the study's regression.
    left_out : ndarray of bool
        Areas that do not bear on the line.
    standard : float
        A proportion.
    interval : str
        Which limit is the benchmark.
    confidence : float
        Level of every interval, 0–1.
    """

    rate: NDArray[np.float64]
    rank: NDArray[np.float64]
    cases: NDArray[np.float64]
    weights: NDArray[np.float64]
    left_out: NDArray[np.bool_]
    standard: float
    interval: Interval
    confidence: float


@dataclass(frozen=True)
class Judged:
    """What one regression says of the areas.

    Parameters
    ----------
    gradient : Gradient
    expected : Expected
        The fitted mean and its interval, proportions.
    limits : mapping of str to Limits
        By the name of each interval.
    below : mapping of str to ndarray of bool, shape (n,)
        The areas below the lower one.
    adjusted : Adjusted
    classification : Classification
    agreement : Agreement
    areas : Inequality
        Over areas.
    """

    gradient: Gradient
    expected: Expected
    limits: Mapping[Interval, Limits]
    below: Mapping[Interval, NDArray[np.bool_]]
    adjusted: Adjusted
    classification: Classification
    agreement: Agreement
    areas: Inequality


def replicated(asked: Question, fit: Fit, frame: pd.DataFrame, tau2: float) -> Judged:
    """Judge the areas by the study's regression.

    Parameters
    ----------
    asked : Question
    fit : Fit
        The final regression.
    frame : DataFrame, n rows
        With the column ``imd_rank``.
    tau2 : float
        The variance between areas beyond chance (squared proportion), for the limits that allow for it.
    """
    expected = expected_rates(fit, frame, asked.confidence)
    limits = all_limits(fit, expected, asked.weights, asked.cases, tau2, asked.confidence)
    mean = None
    if asked.interval == "fitted_mean":
        kept = ~asked.left_out
        mean = mean_lower_limit(asked.rate[kept], asked.weights[kept], None, asked.confidence)
    areas = slope_index_over_areas(asked.rate, asked.cases, asked.rank, asked.confidence, kept=~asked.left_out)
    return _judged(asked, gradient_of(fit, asked.rank), expected, limits, mean, areas)


def with_random_effects(
    asked: Question, fit: RandomFit, gradient: Gradient, tau2: float, *, bootstrap: bool = True
) -> Judged:
    """Judge the areas by a random-effects regression of them.

    Parameters
    ----------
    asked : Question
    fit : RandomFit
    gradient : Gradient
        Of it.
    tau2 : float
        As `replicated` takes it.
    bootstrap : bool
        Whether the agreement gets its interval from a bootstrap; else it keeps the one that takes both as given.
    """
    limits = random_limits(fit, tau2, asked.confidence)
    mean = None
    if asked.interval == "fitted_mean":
        without = random_effects(asked.rate, asked.cases, {}, asked.confidence, kept=~asked.left_out)
        mean = None if without is None else float(without.expected.low[0])
    areas = slope_index_of_services(asked.rate, asked.cases, asked.rank, asked.confidence, kept=~asked.left_out)
    judged = _judged(asked, gradient, fit.expected, limits, mean, areas)
    if asked.interval != "fitted_mean" or not bootstrap:
        return judged
    classifier = benchmarks_of(
        asked.rate,
        asked.rank,
        asked.cases,
        asked.standard,
        asked.confidence,
        model="random_effects",
        outlier=asked.left_out,
        below=judged.below["fitted_mean"],
    )
    found = bootstrap_kappa(classifier, asked.left_out.astype("int64"), asked.confidence)
    own = {"kappa_se": found.se, "kappa_ci_low": found.ci_low, "kappa_ci_high": found.ci_high}
    return Judged(**{**vars(judged), "agreement": judged.agreement.model_copy(update=own)})


def gradient_of(fit: Fit, rank: NDArray[np.float64]) -> Gradient:
    """Take the slope from the lowest to the highest rank that there is, of shape (n,)."""
    span = float(rank.max() - rank.min())
    slope = fit.model.terms[RANK]
    low, high = (None if limit is None else limit * span for limit in (slope.ci_low, slope.ci_high))
    return Gradient(estimate=slope.estimate * span, ci_low=low, ci_high=high, p=slope.p)


def _judged(
    asked: Question,
    gradient: Gradient,
    expected: Expected,
    limits: Mapping[Interval, Limits],
    mean_low: float | None,
    areas: Inequality,
) -> Judged:
    below = {name: is_below(asked.rate, own.low) for name, own in limits.items()}
    below_mean = None if mean_low is None else is_below(asked.rate, mean_low)
    classification = classify(is_below(asked.rate, asked.standard), below[asked.interval], below_mean, asked.standard)
    return Judged(
        gradient=gradient,
        expected=expected,
        limits=limits,
        below=below,
        adjusted=Adjusted(
            mean=float(expected.rate.mean()),
            sd=float(expected.rate.std(ddof=1)),
            min=float(expected.rate.min()),
            max=float(expected.rate.max()),
        ),
        classification=classification,
        agreement=agreement(classification, asked.confidence),
        areas=areas,
    )
