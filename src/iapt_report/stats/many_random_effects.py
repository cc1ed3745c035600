"""Many random-effects regressions on deprivation at once: those of `iapt_report.stats.random_effects`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.stats.many_lines import weighted_lines
from iapt_report.stats.reach import student_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEAREST_TO_CERTAIN = 0.01
_ITERATIONS = 200
_NEAR_ENOUGH = 1e-8
# Rates searched for at once, so that they stay in the processor's cache.
_BLOCK = 25_000


@dataclass(frozen=True)
class RandomLines:
    """Random-effects lines of rates on rank, one for each of q sets of n rates.

    Parameters
    ----------
    tau2 : ndarray, shape (q,)
        The variance between areas beyond chance (squared proportion).
    slope, slope_se : ndarray, shape (q,)
        Proportion per rank, with the Knapp–Hartung standard error.
    fitted, mean_se : ndarray, shape (q, n)
        The fitted mean at each area (proportion), with the same.
    prediction_se : ndarray, shape (q, n)
        The standard error of the true rate of one more area there.
    observation_se : ndarray, shape (q, n)
        That of its observed rate, by chance in the area's own cases as well.
    ends : ndarray, shape (q, 2)
        The line at rank 0 and at rank 1.
    ends_covariance : ndarray, shape (q, 2, 2)
    dof : int
        Residual degrees of freedom.
    """

    tau2: NDArray[np.float64]
    slope: NDArray[np.float64]
    slope_se: NDArray[np.float64]
    fitted: NDArray[np.float64]
    mean_se: NDArray[np.float64]
    prediction_se: NDArray[np.float64]
    observation_se: NDArray[np.float64]
    ends: NDArray[np.float64]
    ends_covariance: NDArray[np.float64]
    dof: int

    def reach(self, confidence: float) -> float:
        """Return how many standard errors an interval of this level (0–1) reaches either way."""
        return student_reach(confidence, self.dof)


def random_lines(rank: NDArray[np.float64], rates: NDArray[np.float64], cases: NDArray[np.float64]) -> RandomLines:
    """Regress each of many sets of rates on deprivation, with a variance between areas.

    Parameters
    ----------
    rank : ndarray, shape (n,) or (q, n)
        Not all the same within a set; n is at least 3.
    rates : ndarray, shape (q, n)
        Proportions.
    cases : ndarray, shape (n,) or (q, n)
        The patients behind each rate, positive.

    Returns
    -------
    RandomLines

    Notes
    -----
    τ² by restricted maximum likelihood, found by Fisher's scoring from the estimate of moments with equal weights
    (Hedges LV, Olkin I. Statistical Methods for Meta-Analysis. Orlando: Academic Press, 1985), cut off at 0; otherwise
    as `iapt_report.stats.random_effects.random_effects`, which searches the whole likelihood.
    """
    import numpy as np

    n = rates.shape[1]
    dof = n - 2
    line = weighted_lines(rank, rates, cases).fitted.clip(_NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    chance = line * (1 - line) / cases
    # Ranks with mean 0 and spread 1 keep the sums of their products apart.
    middle, spread = np.mean(rank, axis=-1, keepdims=True), np.std(rank, axis=-1, keepdims=True)
    x = np.broadcast_to((rank - middle) / spread, rates.shape)
    tau2 = _restricted_maximum(x, rates, chance)
    w = 1 / (chance + tau2[:, np.newaxis])
    inverse, level, slope, residual = _least_squares(x, rates, w)
    scale = (w * residual**2).sum(axis=1) / dof
    covariance = inverse * scale[:, np.newaxis, np.newaxis]
    variance = covariance[:, :1, 0] + 2 * x * covariance[:, :1, 1] + x**2 * covariance[:, 1:, 1]
    between = tau2[:, np.newaxis]
    middle, spread = (np.broadcast_to(values, (len(rates), 1))[:, 0] for values in (middle, spread))
    at = np.stack([np.stack([np.ones_like(middle), (end - middle) / spread], axis=-1) for end in (0, 1)], axis=1)
    return RandomLines(
        tau2=tau2,
        slope=slope / spread,
        slope_se=np.sqrt(covariance[:, 1, 1]) / spread,
        fitted=level[:, np.newaxis] + slope[:, np.newaxis] * x,
        mean_se=np.sqrt(variance),
        prediction_se=np.sqrt(variance + between),
        observation_se=np.sqrt(variance + between + chance),
        ends=(at @ np.stack([level, slope], axis=-1)[..., np.newaxis])[..., 0],
        ends_covariance=at @ covariance @ at.transpose(0, 2, 1),
        dof=dof,
    )


def _least_squares(
    x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (X'WX)⁻¹ of shape (q, 2, 2), the levels and slopes (q,), and the residuals (q, n)."""
    import numpy as np

    s0, wx = w.sum(axis=1), w * x
    s1, s2 = wx.sum(axis=1), (wx * x).sum(axis=1)
    determinant = s0 * s2 - s1**2
    y0, y1 = (w * y).sum(axis=1), (wx * y).sum(axis=1)
    level, slope = (s2 * y0 - s1 * y1) / determinant, (s0 * y1 - s1 * y0) / determinant
    inverse = np.stack([np.stack([s2, -s1], axis=-1), np.stack([-s1, s0], axis=-1)], axis=1)
    residual = y - level[:, np.newaxis] - slope[:, np.newaxis] * x
    return inverse / determinant[:, np.newaxis, np.newaxis], level, slope, residual


def _restricted_maximum(
    x: NDArray[np.float64], y: NDArray[np.float64], chance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Maximise the restricted likelihood of τ² for each set, shape (q,)."""
    import numpy as np

    # Where the rates of a set do not lie together, what they add up to depends on how many sets there are.
    step = max(1, _BLOCK // y.shape[1]) if y.flags.c_contiguous else len(y)
    blocks = (slice(start, start + step) for start in range(0, len(y), step))
    return np.concatenate([_maximum_of_block(x[block], y[block], chance[block]) for block in blocks])


def _maximum_of_block(
    x: NDArray[np.float64], y: NDArray[np.float64], chance: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    q, n = y.shape
    residual = _least_squares(x, y, np.ones_like(y))[3]
    tau2: NDArray[np.float64] = np.maximum((residual**2).sum(axis=1) / (n - 2) - chance.mean(axis=1), 0.0)
    open_sets = np.arange(q)
    for _ in range(_ITERATIONS):
        own_x, own_y, own_chance, before = x[open_sets], y[open_sets], chance[open_sets], tau2[open_sets]
        w = 1 / (own_chance + before[:, np.newaxis])
        inverse, _, _, residual = _least_squares(own_x, own_y, w)
        squared = w * w
        second, third = _products(squared, own_x), _products(squared * w, own_x)
        lost = inverse @ second
        score = (squared * residual**2).sum(axis=1) - w.sum(axis=1) + np.trace(lost, axis1=1, axis2=2)
        information = (
            squared.sum(axis=1)
            - 2 * np.trace(inverse @ third, axis1=1, axis2=2)
            + np.trace(lost @ lost, axis1=1, axis2=2)
        )
        after = np.maximum(before + score / information, 0.0)
        tau2[open_sets] = after
        moved = np.abs(after - before) > _NEAR_ENOUGH * (after + own_chance.min(axis=1))
        open_sets = open_sets[moved]
        if not len(open_sets):
            break
    return tau2


def _products(w: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return X'WX for a design of an intercept and x, shape (q, 2, 2)."""
    import numpy as np

    wx = w * x
    s0, s1, s2 = w.sum(axis=1), wx.sum(axis=1), (wx * x).sum(axis=1)
    found: NDArray[np.float64] = np.stack([np.stack([s0, s1], axis=-1), np.stack([s1, s2], axis=-1)], axis=1)
    return found
