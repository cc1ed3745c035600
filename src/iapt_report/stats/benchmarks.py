"""The lower limit below which an area falls short of what its deprivation leads one to expect, in four definitions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.stats.agreement import Share
from iapt_report.stats.intervals import Interval
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.random_effects import RandomFit
    from iapt_report.stats.regression import Expected, Fit


class Benchmark(Value):
    """One definition of the deprivation-adjusted benchmark.

    Parameters
    ----------
    interval : str
        Its name in the settings.
    below : Share
        The areas below its lower limit.
    of_chosen : int
        How many of these are also below the limit that the settings choose.
    low_min, low_max : float
        The lowest and the highest limit over areas (proportion).
    """

    interval: Interval
    below: Share
    of_chosen: int
    low_min: float
    low_max: float


@dataclass(frozen=True)
class Limits:
    """The lower and upper limit of each area's expected rate (proportions), arrays of shape (n,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def all_limits(
    fit: Fit,
    expected: Expected,
    weights: NDArray[np.float64],
    cases: NDArray[np.float64],
    tau2: float,
    confidence: float,
) -> dict[Interval, Limits]:
    """Give each area's limits under every definition.

    Parameters
    ----------
    fit : Fit
        The final regression.
    expected : Expected
        Its fitted means with their confidence intervals.
    weights, cases : ndarray, shape (n,)
        The regression's weights; the patients behind each area's rate.
    tau2 : float
        The variance between areas beyond chance (squared proportion); see `iapt_report.stats.funnel`.
    confidence : float
        Level of every interval, 0–1.

    Returns
    -------
    dict of str to Limits
        ``fitted_mean``, the confidence interval of the mean at the area's deprivation rank: the study's. ``wilson``,
        chance in the area's own rate: the rate lies below the limit exactly where its Wilson interval lies below the
        expected rate. ``prediction``, where one more area of its rank and weight would lie. ``overdispersion``, chance
        and the variance between areas.

    Notes
    -----
    Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927; 22: 209–212.
    Prediction: statsmodels, as R's ``predict(model, interval = "prediction", weights = weights)``. Overdispersion:
    Spiegelhalter D, Sherlaw-Johnson C, Bardsley M, Blunt I, Wood C, Grigg O. Statistical methods for healthcare
    regulation: rating, screening and surveillance. J R Stat Soc A 2012; 175: 1–47.
    """
    import numpy as np
    from scipy import stats

    z = float(stats.norm.isf((1 - confidence) / 2))
    t = float(stats.t.isf((1 - confidence) / 2, fit.model.df_resid))
    chance = np.sqrt(expected.rate.clip(0, 1) * (1 - expected.rate.clip(0, 1)) / cases)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean_se = (expected.high - expected.rate) / t
    new = np.sqrt(mean_se**2 + fit.model.sigma**2 / weights)
    reaches: dict[Interval, NDArray[np.float64]] = {
        "wilson": z * chance,
        "prediction": t * new,
        "overdispersion": z * np.sqrt(chance**2 + tau2),
    }
    own = {
        name: Limits((expected.rate - reach).clip(0, 1), (expected.rate + reach).clip(0, 1))
        for name, reach in reaches.items()
    }
    return {"fitted_mean": Limits(expected.low.clip(0, 1), expected.high.clip(0, 1)), **own}


def random_limits(fit: RandomFit, tau2: float, confidence: float) -> dict[Interval, Limits]:
    """Give each area's limits under every definition, about the line of a random-effects regression.

    Parameters
    ----------
    fit : RandomFit
    tau2 : float
        The variance between areas beyond chance (squared proportion), for the limits that allow for it; as `all_limits`
        takes it, from the funnel, so that both say the same.
    confidence : float
        Level of every interval, 0–1: that of the fit.

    Returns
    -------
    dict of str to Limits
        As `all_limits` has them. ``prediction`` is where the rate observed in one more area of its rank and cases would
        lie.
    """
    import numpy as np
    from scipy import stats

    z = float(stats.norm.isf((1 - confidence) / 2))
    mean = fit.expected.rate
    chance = mean.clip(0, 1) * (1 - mean.clip(0, 1)) / fit.cases
    low_high: dict[Interval, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
        "fitted_mean": (fit.expected.low, fit.expected.high),
        "wilson": (mean - z * np.sqrt(chance), mean + z * np.sqrt(chance)),
        "prediction": (fit.observation.low, fit.observation.high),
        "overdispersion": tuple(mean + side * z * np.sqrt(chance + tau2) for side in (-1, 1)),
    }
    return {name: Limits(low.clip(0, 1), high.clip(0, 1)) for name, (low, high) in low_high.items()}


def chance_limits(rate: NDArray[np.float64], cases: NDArray[np.float64], confidence: float) -> Limits:
    """Give the limits of chance in each area's own rate: its Wilson interval.

    Parameters
    ----------
    rate, cases : ndarray, shape (n,)
        Rates (proportions), and the patients behind each.
    confidence : float
        Level of the interval, 0–1.

    Notes
    -----
    `statsmodels.stats.proportion.proportion_confint`; Wilson as in `all_limits`.
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(rate * cases, cases, alpha=1 - confidence, method="wilson")
    return Limits(low, high)


def compare(
    below: Mapping[Interval, NDArray[np.bool_]], limits: Mapping[Interval, Limits], chosen: Interval
) -> tuple[Benchmark, ...]:
    """Count the areas below each benchmark, and how many of them the chosen one flags too."""
    n = len(below[chosen])
    return tuple(
        Benchmark(
            interval=interval,
            below=Share(n=int(flags.sum()), share=int(flags.sum()) / n),
            of_chosen=int((flags & below[chosen]).sum()),
            low_min=float(limits[interval].low.min()),
            low_max=float(limits[interval].low.max()),
        )
        for interval, flags in below.items()
    )
