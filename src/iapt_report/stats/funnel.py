"""Funnel plots: how far each area's rate lies from a target, against what chance and overdispersion explain."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from iapt_report.stats.reach import normal_reach, upper_normal
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Target = Literal["national", "expected"]
Adjustment = Literal["none", "multiplicative", "additive"]
LEVELS = (0.95, 0.998)
_WINSORISED = 0.1
_ITERATIONS = 100
_NEAR_ENOUGH = 1e-12
_HALF = 0.5
# The intercept and the slope of a deprivation-expected rate.
_LINE = 2


class Beyond(Value):
    """How many areas lie below and above the limits of one level, plain or adjusted for overdispersion."""

    level: float
    adjustment: Adjustment
    below: int
    above: int


class Funnel(Value):
    """Areas against one target.

    Parameters
    ----------
    target : {"national", "expected"}
        The national standard, or each area's deprivation-expected rate.
    phi : float
        φ, the variance of the areas' z-scores, winsorised, over what chance alone gives: 1 means no overdispersion.
    tau2 : float
        τ², the variance between areas beyond chance (squared proportion).
    beyond : tuple of Beyond
    """

    target: Target
    phi: float
    tau2: float
    beyond: tuple[Beyond, ...]


def z_scores(rate: NDArray[np.float64], target: NDArray[np.float64], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each rate's distance from its target in standard errors of chance, shape (n,)."""
    return (rate - target) / _standard_error(target, cases)


def _standard_error(target: NDArray[np.float64], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    # A fitted target may lie outside 0–1, or at its end, where chance would have no spread.
    inside = np.clip(target, 0.01, 0.99)
    return np.sqrt(inside * (1 - inside) / cases)


def overdispersion(
    z: NDArray[np.float64], standard_error: NDArray[np.float64], fitted_terms: int = 0
) -> tuple[float, float]:
    """Estimate φ and τ² from z-scores, of which the outer tenths are winsorised.

    Parameters
    ----------
    z, standard_error : ndarray, shape (n,)
    fitted_terms : int
        Coefficients of the line that the distances are from; 0 where the target is given.

    Returns
    -------
    phi, tau2 : float
        φ is 1 on average where chance alone sets rates apart. τ² is above 0 exactly where φ is above 1.

    Notes
    -----
    Winsorising takes away spread even where there is only chance: the variance of normal scores falls to 0.679 of what
    it was. Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med 2005; 24: 1185–1202, and
    Spiegelhalter D, Sherlaw-Johnson C, Bardsley M, Blunt I, Wood C, Grigg O. Statistical methods for healthcare
    regulation: rating, screening and surveillance. J R Stat Soc A 2012; 175: 1–47, use the winsorised mean square as it
    is, so that their φ is below 1 without overdispersion and their τ² too small with it. Here φ is the squared mean of
    the winsorised scores plus their variance / 0.679, times n / (n − fitted terms), and τ² is what makes it 1 for the
    scores (rate − target) / √(se² + τ²): the estimate of Paule RC, Mandel J. J Res Natl Bur Stand 1982; 87: 377–385,
    made robust.
    """
    import numpy as np

    phi, tau2 = many_overdispersions(
        (z * standard_error)[np.newaxis], (standard_error**2)[np.newaxis], fitted_terms=fitted_terms
    )
    return float(phi[0]), float(tau2[0])


def many_overdispersions(
    distance: NDArray[np.float64], chance: NDArray[np.float64], fitted_terms: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimate φ and τ² of many sets of areas, as `overdispersion` does of one.

    Parameters
    ----------
    distance, chance : ndarray, shape (q, n)
        Rates less their targets (proportion), and the variance of each by chance, above 0.
    fitted_terms : int
        Fewer than n.

    Returns
    -------
    phi, tau2 : ndarray, shape (q,)
    """
    import numpy as np

    left = distance.shape[1] / (distance.shape[1] - fitted_terms)
    phi = left * _mean_square(distance / np.sqrt(chance))
    tau2 = np.zeros(len(phi))
    rows = np.flatnonzero(phi > 1)
    own, variance = distance[rows], chance[rows]

    def excess(
        distance: NDArray[np.float64], chance: NDArray[np.float64], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Say how far τ² is too large, below 0 where it is too small: nearly a straight line, made for a secant."""
        scores = chance + at[:, np.newaxis]
        np.sqrt(scores, out=scores)
        np.divide(distance, scores, out=scores)
        found: NDArray[np.float64] = 1 / (left * _mean_square(scores)) - 1
        return found

    low, low_excess = np.zeros(len(rows)), 1 / phi[rows] - 1
    high = (phi[rows] - 1) / (1 / variance).mean(axis=1)
    high_excess = excess(own, variance, high)
    while (high_excess < 0).any():
        more = high_excess < 0
        low[more], low_excess[more] = high[more], high_excess[more]
        high[more] *= 2
        high_excess[more] = excess(own[more], variance[more], high[more])
    for _ in range(_ITERATIONS):
        if not len(rows):
            break
        middle = (low * high_excess - high * low_excess) / (high_excess - low_excess)
        value = excess(own, variance, middle)
        tau2[rows] = middle
        under = value < 0
        # Where the same end stays twice, it counts for half (Illinois), so that both ends come nearer.
        high_excess = np.where(under, high_excess / 2, value)
        low_excess = np.where(under, value, low_excess / 2)
        low, high = np.where(under, middle, low), np.where(under, high, middle)
        still = (np.abs(value) > _NEAR_ENOUGH) & (high - low > _NEAR_ENOUGH * high)
        if not still.all():
            rows, own, variance, low, high, low_excess, high_excess = (
                values[still] for values in (rows, own, variance, low, high, low_excess, high_excess)
            )
    return phi, tau2


def _mean_square(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate the mean square of each row of scores, robustly: 1 on average where they are standard normal.

    The scores are overwritten.
    """
    import numpy as np

    ordered = np.sort(scores, axis=1)
    low, high = (_quantile(ordered, share)[:, np.newaxis] for share in (_WINSORISED, 1 - _WINSORISED))
    np.maximum(scores, low, out=scores)
    np.minimum(scores, high, out=scores)
    mean = scores.mean(axis=1)
    scores -= mean[:, np.newaxis]
    scores *= scores
    found: NDArray[np.float64] = mean**2 + scores.mean(axis=1) / winsorised_variance(_WINSORISED)
    return found


def _quantile(ordered: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Give a quantile of each row of numbers in order, as `numpy.quantile` does, which takes ten times as long."""
    place = (ordered.shape[1] - 1) * share
    before = int(place)
    part, below = place - before, ordered[:, before]
    above = ordered[:, min(before + 1, ordered.shape[1] - 1)]
    apart = above - below
    found: NDArray[np.float64] = above - apart * (1 - part) if part >= _HALF else below + apart * part
    return found


@cache
def winsorised_variance(share: float) -> float:
    """Give the variance of a standard normal variable of which a share, 0 to 0.5, is winsorised at either end.

    With q the quantile at 1 − share, (1 − 2 share) − 2 q φ(q) + 2 share q², φ being the normal density.
    """
    import numpy as np

    q = upper_normal(share)
    density = float(np.exp(-(q**2) / 2) / np.sqrt(2 * np.pi))
    return 1 - 2 * share - 2 * q * density + 2 * share * q**2


def funnel(rate: NDArray[np.float64], target: NDArray[np.float64], cases: NDArray[np.float64], name: Target) -> Funnel:
    """Count the areas beyond 95% and 99.8% limits around a target, plain and adjusted for overdispersion.

    Parameters
    ----------
    rate, target, cases : ndarray, shape (n,)
        Observed rates and their targets (proportions), and the patients behind each rate.
    name : {"national", "expected"}

    Notes
    -----
    Multiplicative: limits √φ times as wide, where φ exceeds 1; additive: τ² is added to the variance of chance. Sources
    as in `overdispersion`.
    """
    import numpy as np

    se = _standard_error(target, cases)
    z = (rate - target) / se
    phi, tau2 = overdispersion(z, se, _LINE if name == "expected" and len(z) > _LINE else 0)
    scales: dict[Adjustment, NDArray[np.float64]] = {
        "none": z,
        "multiplicative": z / np.sqrt(max(1.0, phi)),
        "additive": (rate - target) / np.sqrt(se**2 + tau2),
    }
    beyond = tuple(
        Beyond(
            level=level,
            adjustment=adjustment,
            below=int((scores < -limit).sum()),
            above=int((scores > limit).sum()),
        )
        for adjustment, scores in scales.items()
        for level in LEVELS
        for limit in [normal_reach(level)]
    )
    return Funnel(target=name, phi=phi, tau2=tau2, beyond=beyond)
