"""Many weighted regressions on deprivation rank at once: those of `iapt_report.stats.regression`, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.stats.reach import student_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Sums of squares below this share of the whole are the computer's arithmetic, not variation.
_NOTHING = 1e-20


@dataclass(frozen=True)
class Lines:
    """Weighted least-squares lines of rates on rank, one for each of q sets of n rates.

    Parameters
    ----------
    slope : ndarray, shape (q,)
        Proportion per rank.
    slope_se : ndarray, shape (q,)
    r_squared : ndarray, shape (q,)
        Weighted share of variance explained; not a number where rates do not vary.
    fitted : ndarray, shape (q, n)
        The fitted mean at each area (proportion).
    mean_se : ndarray, shape (q, n)
        Its standard error.
    prediction_se : ndarray, shape (q, n)
        The standard error of a new observation there, whose own variance is the residual variance / its weight.
    dof : int
        Residual degrees of freedom.
    """

    slope: NDArray[np.float64]
    slope_se: NDArray[np.float64]
    r_squared: NDArray[np.float64]
    fitted: NDArray[np.float64]
    mean_se: NDArray[np.float64]
    prediction_se: NDArray[np.float64]
    dof: int

    def reach(self, confidence: float) -> float:
        """Return how many standard errors an interval of this level (0–1) reaches either way."""
        return student_reach(confidence, self.dof)


def weighted_lines(rank: NDArray[np.float64], rates: NDArray[np.float64], weights: NDArray[np.float64]) -> Lines:
    """Regress each of many sets of rates on deprivation rank, with an intercept and without an outlier dummy.

    Parameters
    ----------
    rank : ndarray, shape (n,) or (q, n)
        Deprivation ranks that are not all the same within a set; n is at least 3.
    rates : ndarray, shape (q, n)
        Proportions.
    weights : ndarray, shape (n,) or (q, n)
        Positive; only their ratios matter, but to the standard errors of new observations.

    Returns
    -------
    Lines

    Notes
    -----
    The normal equations of one predictor, centred at its weighted mean: Weisberg S. Applied Linear Regression, 4th ed.
    Wiley, 2014, chapters 2 and 7. Each line is that of `statsmodels.api.WLS`, and of R's
    ``lm(rate ~ rank, weights = weights)``.
    """
    import numpy as np

    w = np.atleast_2d(weights)
    total = w.sum(axis=1, keepdims=True)
    centred = rank - (w * rank).sum(axis=1, keepdims=True) / total
    weighted = w * centred
    spread = (weighted * centred).sum(axis=1, keepdims=True)
    mean = (w * rates).sum(axis=1, keepdims=True) / total
    slope = (weighted * rates).sum(axis=1, keepdims=True) / spread
    fitted = slope * centred
    fitted += mean
    residual = rates - fitted
    residual *= residual
    unexplained = (w * residual).sum(axis=1, keepdims=True)
    explained = slope**2 * spread
    whole = explained + unexplained
    varies = whole > _NOTHING * (whole + total * mean**2)
    dof = rates.shape[-1] - 2
    sigma = np.sqrt(unexplained / dof)
    mean_variance = 1 / total + centred**2 / spread
    return Lines(
        slope=slope[:, 0],
        slope_se=(sigma / np.sqrt(spread))[:, 0],
        r_squared=np.divide(explained, whole, out=np.full_like(whole, np.nan), where=varies)[:, 0],
        fitted=fitted,
        mean_se=sigma * np.sqrt(mean_variance),
        prediction_se=sigma * np.sqrt(mean_variance + 1 / w),
        dof=dof,
    )
