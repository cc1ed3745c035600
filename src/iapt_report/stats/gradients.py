"""One table of the gradient: every specification, with the outliers in the line and out of it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.areas.rates import is_below
from iapt_report.stats.outlying import dummy_is_estimable
from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import DUMMY, RANK, expected_rates, weighted_least_squares
from iapt_report.stats.specifications import betabinomial, linear, quasibinomial
from iapt_report.stats.value import Value
from iapt_report.stats.variation import varies

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.specifications import Data, Specification

Model = Literal[
    "replication", "weighted", "weighted_hc3", "random_effects", "paule_mandel", "unweighted", "score", "quasibinomial",
    "betabinomial",
]  # fmt: skip
Outliers = Literal["in_the_line", "one_dummy", "left_out"]
_FEWEST = 3


class GradientRow(Value):
    """The gradient under one specification.

    Parameters
    ----------
    model : str
        ``replication`` is the study's: weighted, with one dummy for all outliers where its P value is low enough.
    outliers : {"in_the_line", "one_dummy", "left_out"}
        What became of the outliers. To leave them out is to give each an indicator of its own.
    n : int
        Areas that determine the line.
    gradient, ci_low, ci_high, p : float or None
        The rate expected at the least deprived of all areas minus that at the most deprived (proportion), with its
        interval, and P of the test that there is none. None where it cannot be computed.
    r_squared : float or None
        The share of the variance of the rates of the areas in the line that deprivation explains: weighted, for the
        random effects of the variance between areas, and None for logistic models.
    tau2 : float or None
        Of the random effects (squared proportion).
    below : int or None
        How many of all areas lie below the lower confidence limit of the mean expected at their deprivation.
    dispersion : float or None
        Of the logistic models: the variance of the quasi-binomial over chance, φ, or the beta-binomial's correlation
        between patients of an area.
    """

    model: Model
    outliers: Outliers
    n: int
    gradient: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    r_squared: float | None = None
    tau2: float | None = None
    below: int | None = None
    dispersion: float | None = None


def gradients(data: Data, confidence: float, dummy_alpha: float = 0.05) -> tuple[GradientRow, ...]:
    """Estimate the gradient in every way, so that no two sections of a report tell it with different outliers.

    Parameters
    ----------
    data : Data
        With ``outlier``, the areas that stand out.
    confidence : float
        Level of the intervals, 0–1.
    dummy_alpha : float
        The replication keeps its dummy where P is below this.

    Returns
    -------
    tuple of GradientRow
        The replication first. Then each model with all areas in the line and, where there are outliers and three other
        areas of more than one rank, with the outliers left out. The scale is that of all areas in every row.
    """
    kept = ~data.outlier
    without = bool(data.outlier.any()) and int(kept.sum()) >= _FEWEST and varies(data.rank[kept])
    rows = [_replication(data, confidence, dummy_alpha)]
    for outliers, used in (("in_the_line", None), ("left_out", kept)):
        if used is None or without:
            rows.extend(_models(data, confidence, outliers, used))  # type: ignore[arg-type]
    order = {model: i for i, model in enumerate(Model.__args__)}  # type: ignore[attr-defined]
    return tuple(sorted(rows, key=lambda row: order[row.model]))


def _models(data: Data, confidence: float, outliers: Outliers, used: NDArray[np.bool_] | None) -> Iterator[GradientRow]:
    import numpy as np

    same = np.ones(len(data.rate))
    rows = same > 0 if used is None else used

    def row(model: Model, found: Specification, r_squared: float | None = None) -> GradientRow:
        return GradientRow(
            model=model,
            outliers=outliers,
            n=found.n,
            gradient=found.gradient,
            ci_low=found.ci_low,
            ci_high=found.ci_high,
            p=found.p,
            r_squared=r_squared,
            below=found.below,
            dispersion=found.dispersion,
        )

    def explained(x: NDArray[np.float64], weights: NDArray[np.float64]) -> float | None:
        return _r_squared(data.rate[rows], x[rows], weights[rows])

    of_rank = explained(data.rank, data.weights)
    yield row("weighted", linear("weighted", data, data.rank, data.weights, rows, confidence), of_rank)
    yield row("weighted_hc3", linear("weighted_hc3", data, data.rank, data.weights, rows, confidence), of_rank)
    for model, method in (("random_effects", "reml"), ("paule_mandel", "paule_mandel")):
        yield _random(data, confidence, outliers, rows, model, method)  # type: ignore[arg-type]
    yield row("unweighted", linear("unweighted", data, data.rank, same, rows, confidence), explained(data.rank, same))
    if data.score is not None and varies(data.score[rows]):
        # Scores rise with deprivation, ranks fall.
        yield row(
            "score",
            linear("score", data, -data.score, data.weights, rows, confidence),
            explained(-data.score, data.weights),
        )
    yield row("quasibinomial", quasibinomial(data, confidence, rows))
    if data.reached is not None:
        yield row("betabinomial", betabinomial(data, data.reached, confidence, rows))


def _random(
    data: Data,
    confidence: float,
    outliers: Outliers,
    rows: NDArray[np.bool_],
    model: Literal["random_effects", "paule_mandel"],
    method: Literal["reml", "paule_mandel"],
) -> GradientRow:
    fit = random_effects(data.rate, data.cases, {RANK: data.rank}, confidence, method=method, kept=rows)
    gradient = None if fit is None else fit.model.gradient
    if fit is None or gradient is None:
        return GradientRow(
            model=model, outliers=outliers, n=int(rows.sum()), gradient=None, ci_low=None, ci_high=None, p=None
        )
    return GradientRow(
        model=model,
        outliers=outliers,
        n=fit.model.n,
        **gradient.model_dump(exclude={"estimate"}),
        gradient=gradient.estimate,
        r_squared=fit.model.r_squared,
        tau2=fit.model.tau2,
        below=int(is_below(data.rate, fit.expected.low).sum()),
    )


def _replication(data: Data, confidence: float, dummy_alpha: float) -> GradientRow:
    """Fit as the study does, with one dummy for all outliers, dropped unless its P value is low."""
    import pandas as pd

    frame = pd.DataFrame({"rate": data.rate, RANK: data.rank, DUMMY: data.outlier})
    fit = weighted_least_squares(frame, "rate", data.weights, dummy=False, confidence=confidence)
    outliers: Outliers = "in_the_line"
    if data.outlier.any() and dummy_is_estimable(data.rank, data.outlier, data.weights):
        wider = weighted_least_squares(frame, "rate", data.weights, dummy=True, confidence=confidence)
        p = wider.model.terms[DUMMY].p
        if p is not None and p < dummy_alpha:
            fit, outliers = wider, "one_dummy"
    slope, span = fit.model.terms[RANK], float(data.rank.max() - data.rank.min())
    low, high = (None if limit is None else limit * span for limit in (slope.ci_low, slope.ci_high))
    return GradientRow(
        model="replication",
        outliers=outliers,
        n=fit.model.n,
        gradient=slope.estimate * span,
        ci_low=low,
        ci_high=high,
        p=slope.p,
        # With a dummy, most of what is explained is the outliers'.
        r_squared=fit.model.r_squared if outliers == "in_the_line" else None,
        below=int(is_below(data.rate, expected_rates(fit, frame, confidence).low).sum()),
    )


def _r_squared(y: NDArray[np.float64], x: NDArray[np.float64], weights: NDArray[np.float64]) -> float | None:
    """Give the weighted share of variance explained: the squared weighted correlation."""
    import numpy as np

    if not varies(y) or not varies(x):
        return None
    y, x = y - np.average(y, weights=weights), x - np.average(x, weights=weights)
    return float((weights * x * y).sum() ** 2 / ((weights * x * x).sum() * (weights * y * y).sum()))
