"""Slope and relative index of inequality: how far an outcome differs along the whole range of deprivation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import RANK
from iapt_report.stats.value import Value, finite
from iapt_report.stats.variation import varies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.random_effects import Method

DRAWS = 10_000
SEED = 2016
_FEWEST = 3


class Inequality(Value):
    """The slope and the relative index of inequality of a rate.

    Both compare the ends of the line fitted to the rates along deprivation, from the most deprived person or area of
    all to the least. What cannot be computed is None.

    Parameters
    ----------
    sii, sii_low, sii_high : float or None
        Slope index and its limits: the fitted rate at the least deprived end less that at the most deprived end
        (difference of proportions; 0 is no inequality, above 0 means higher rates where there is less deprivation).
    rii, rii_low, rii_high : float or None
        Relative index and its limits: the one fitted rate over the other (1 is no inequality).
    n : int
        Groups or areas.
    """

    sii: float | None
    sii_low: float | None
    sii_high: float | None
    rii: float | None
    rii_low: float | None
    rii_high: float | None
    n: int


def slope_index(
    rate: NDArray[np.float64],
    se: NDArray[np.float64],
    share: NDArray[np.float64],
    confidence: float,
    seed: int = SEED,
) -> Inequality:
    """Measure inequality over groups of people that are ordered by deprivation.

    Parameters
    ----------
    rate : ndarray, shape (n,)
        The rate of each group (proportion), the most deprived group first.
    se : ndarray, shape (n,)
        Their standard errors.
    share : ndarray, shape (n,)
        What each group counts for; positive, only the ratios matter.
    confidence : float
        Level of the intervals, 0–1.
    seed : int
        Seed of the draws behind the interval of the relative index.

    Returns
    -------
    Inequality
        All None but ``n`` where there are fewer than two groups. The relative index is None where the line does not
        stay above 0 at the most deprived end, and its limits where it does not in one of the draws.

    Notes
    -----
    As the official indicators for England define them: least squares, weighted by share of the population, of the rate
    on the midpoint of each group's range of the cumulative population. The slope index is a linear combination of the
    rates, so its normal interval is exact given their standard errors; for the relative index, 10 000 sets of rates are
    drawn from normal distributions and the quantiles of their indices are taken. Office for Health Improvement and
    Disparities, PHEindicatormethods, function phe_sii. Mackenbach JP, Kunst AE. Measuring the magnitude of
    socio-economic inequalities in health. Soc Sci Med 1997; 44: 757–771.
    """
    import numpy as np
    from scipy import stats

    n = len(rate)
    if n <= 1:
        return _nothing(n)
    weight = share / share.sum()
    position = np.cumsum(weight) - weight / 2
    centred = position - (weight * position).sum()
    slope_of = weight * centred / (weight * centred**2).sum()
    # The fitted rates at both ends, each as the coefficients that the groups' rates have in it.
    most = weight - (weight * position).sum() * slope_of
    least = most + slope_of
    sii = float(slope_of @ rate)
    reach = float(stats.norm.isf((1 - confidence) / 2)) * float(np.sqrt((slope_of**2 * se**2).sum()))
    rii, low, high = None, None, None
    if most @ rate > 0:
        rii = finite((least @ rate) / (most @ rate))
        drawn = np.random.default_rng(seed).normal(rate, se, size=(DRAWS, n))
        bottom = drawn @ most
        if (bottom > 0).all():
            tail = (1 - confidence) / 2
            low, high = (float(limit) for limit in np.quantile((drawn @ least) / bottom, [tail, 1 - tail]))
    return Inequality(sii=sii, sii_low=sii - reach, sii_high=sii + reach, rii=rii, rii_low=low, rii_high=high, n=n)


def slope_index_of_patients(
    reached: NDArray[np.float64], cases: NDArray[np.float64], confidence: float, seed: int = SEED
) -> Inequality:
    """Measure inequality over groups of patients, each with the standard error of a binomial proportion.

    Parameters
    ----------
    reached, cases : ndarray, shape (n,)
        Patients who reached an outcome, of those who could (above 0); the most deprived group first.
    confidence : float
        Level of the intervals, 0–1.
    seed : int

    Returns
    -------
    Inequality
        As `slope_index` returns it; a group's share of the population is its share of the cases.
    """
    import numpy as np

    rate = reached / cases
    return slope_index(rate, np.sqrt(rate * (1 - rate) / cases), cases, confidence, seed)


def slope_index_over_areas(
    rate: NDArray[np.float64],
    cases: NDArray[np.float64],
    rank: NDArray[np.float64],
    confidence: float,
    *,
    kept: NDArray[np.bool_] | None = None,
) -> Inequality:
    """Measure inequality over areas, by their deprivation rank.

    Areas differ beyond the chance in each one's figure, so the intervals come from how they scatter about the line
    (Student's t with n − 2 degrees of freedom), not from each rate's own standard error.

    Parameters
    ----------
    rate : ndarray, shape (n,)
        Proportions.
    cases : ndarray, shape (n,)
        Weights, and what each area takes up of the range of deprivation; positive.
    rank : ndarray, shape (n,)
        Deprivation, 1 the most deprived; areas that tie share one position.
    confidence : float
        Level of the intervals, 0–1.
    kept : ndarray of bool, shape (n,), or None
        The areas that determine the line; all where None. The others still take up their part of the range.

    Returns
    -------
    Inequality
        All None but ``n`` where there are fewer than three areas or the ranks do not differ. The limits of the relative
        index are None where the fitted rate at the most deprived end does not differ from 0.

    Notes
    -----
    `statsmodels.api.WLS` on the midpoint of each rank's range of the cumulative cases; the same as R's
    ``lm(rate ~ position, weights = cases)``. The relative index is a ratio of two fitted values, and its interval
    Fieller's: Fieller EC. Some problems in interval estimation. J R Stat Soc B 1954; 16: 175–185.
    """
    import numpy as np
    from scipy import stats
    from statsmodels.regression.linear_model import WLS

    position = _positions(cases, rank)
    if position is not None and kept is not None:
        rate, cases, position = rate[kept], cases[kept], position[kept]
    n = len(rate)
    if n < _FEWEST or position is None or not varies(position):
        return _nothing(n)
    if not varies(rate):
        ratio = None if rate[0] <= 0 else 1.0
        return Inequality(sii=0.0, sii_low=0.0, sii_high=0.0, rii=ratio, rii_low=ratio, rii_high=ratio, n=n)
    with warnings.catch_warnings():
        # A perfect fit divides by zero inside statsmodels.
        warnings.simplefilter("ignore", RuntimeWarning)
        fitted = WLS(rate, np.column_stack([np.ones(n), position]), weights=cases).fit()
        sii_low, sii_high = (finite(limit) for limit in fitted.conf_int(1 - confidence)[1])
    ends = np.array([[1.0, 0.0], [1.0, 1.0]])
    most, least = (float(value) for value in ends @ fitted.params)
    critical = float(stats.t.isf((1 - confidence) / 2, n - 2)) ** 2
    low, high = _fieller(most, least, critical * (ends @ fitted.cov_params() @ ends.T))
    return Inequality(
        sii=least - most,
        sii_low=sii_low,
        sii_high=sii_high,
        rii=finite(least / most) if most > 0 else None,
        rii_low=low,
        rii_high=high,
        n=n,
    )


def slope_index_of_services(
    rate: NDArray[np.float64],
    cases: NDArray[np.float64],
    rank: NDArray[np.float64],
    confidence: float,
    *,
    method: Method = "reml",
    kept: NDArray[np.bool_] | None = None,
) -> Inequality:
    """Measure inequality over areas by a random-effects regression, for services that truly differ.

    `slope_index_over_areas` weighs areas by their cases, as if only chance set them apart from the line; where services
    differ beyond chance, its intervals are too narrow. Here an area's weight is 1 / (variance between areas + chance).

    Parameters
    ----------
    rate, cases, rank : ndarray, shape (n,)
        As `slope_index_over_areas` takes them. Cases set what each area takes up of the range of deprivation.
    confidence : float
        Level of the intervals, 0–1.
    method : {"reml", "paule_mandel"}
        How the variance between areas is estimated.
    kept : ndarray of bool, shape (n,), or None
        As `slope_index_over_areas` takes it.

    Returns
    -------
    Inequality
        All None but ``n`` where there are fewer than three areas or the ranks do not differ; the limits are None where
        the rates do not vary, and those of the relative index where the fitted rate at the most deprived end does not
        differ from 0.

    Notes
    -----
    `iapt_report.stats.random_effects` on the midpoint of each rank's range of the cumulative cases, with Knapp–Hartung
    errors; as R's ``metafor::rma(rate, v, mods = ~ position, test = "knha")``. The relative index by Fieller's theorem,
    as in `slope_index_over_areas`.
    """
    import numpy as np
    from scipy import stats

    n = len(rate) if kept is None else int(kept.sum())
    position = _positions(cases, rank)
    if n < _FEWEST or position is None:
        return _nothing(n)
    fit = random_effects(rate, cases, {RANK: position}, confidence, method=method, kept=kept)
    if fit is None or RANK not in fit.model.terms:
        return _nothing(n)
    slope = fit.model.terms[RANK]
    ends = np.array([[1.0, 0.0], [1.0, 1.0]])
    most, least = (float(value) for value in ends @ fit.coefficients)
    critical = float(stats.t.isf((1 - confidence) / 2, fit.model.df_resid)) ** 2
    low, high = (
        (None, None) if slope.ci_low is None else _fieller(most, least, critical * (ends @ fit.covariance @ ends.T))
    )
    return Inequality(
        sii=slope.estimate,
        sii_low=slope.ci_low,
        sii_high=slope.ci_high,
        rii=finite(1 + slope.estimate / most) if most > 0 else None,
        rii_low=low,
        rii_high=high,
        n=n,
    )


def _positions(cases: NDArray[np.float64], rank: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Give the midpoint of each rank's range of the cumulative cases, 0–1; None where ranks do not differ."""
    import numpy as np

    ranks, group = np.unique(rank, return_inverse=True)
    if len(ranks) <= 1:
        return None
    weight = np.bincount(group, weights=cases) / cases.sum()
    return np.asarray((np.cumsum(weight) - weight / 2)[group], dtype=np.float64)


def _fieller(bottom: float, top: float, reach: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Give the limits of ``top / bottom``: where top − ratio × bottom just differs from 0.

    ``reach`` is the covariance of the two, in the order bottom and top, times the squared critical value, shape (2, 2).
    """
    a = bottom**2 - float(reach[0, 0])
    b = bottom * top - float(reach[0, 1])
    c = top**2 - float(reach[1, 1])
    # Otherwise the bottom may be 0, and the ratio anything.
    if not (a > 0 and bottom > 0):
        return None, None
    root = max(b**2 - a * c, 0.0) ** 0.5
    return finite((b - root) / a), finite((b + root) / a)


def _nothing(n: int) -> Inequality:
    return Inequality(sii=None, sii_low=None, sii_high=None, rii=None, rii_low=None, rii_high=None, n=n)
