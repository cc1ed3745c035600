"""How often the intervals of the regressions hold the truth, where services truly differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.many_lines import weighted_lines
from iapt_report.stats.many_random_effects import random_lines
from iapt_report.stats.simulation import Simulated
from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.many_lines import Lines
    from iapt_report.stats.many_random_effects import RandomLines

PERIODS = 2000
SEED = 2016
_NEAREST_TO_CERTAIN = 1e-6
# Rates drawn at once, so that memory does not grow with the periods; and examined at once, so that they stay in the
# processor's cache.
_BLOCK, _EXAMINED = 200_000, 50_000


class Held(Value):
    """How often the intervals of one regression hold what they are meant to hold.

    Parameters
    ----------
    slope : Simulated
        The slope's interval, the slope of the line that the true rates scatter about.
    fitted_mean : Simulated
        The fitted mean's interval at each area, that line there.
    prediction : Simulated
        The prediction interval at each area: the rate observed in one more area there with as many patients.
    """

    slope: Simulated
    fitted_mean: Simulated
    prediction: Simulated


class CoverageUnderVariation(Value):
    """The coverage of both regressions' intervals where true rates differ between services of one deprivation.

    Parameters
    ----------
    nominal : float
        The level that the intervals claim.
    tau : float
        The standard deviation of the true rates about the line (proportion).
    periods, seed : int
        Simulated periods, and the seed they start from.
    weighted, random_effects : Held
        Of the regression weighted as the study's, and of the random-effects regression.
    """

    nominal: float
    tau: float
    periods: int
    seed: int
    weighted: Held
    random_effects: Held


def coverage_under_variation(
    rank: NDArray[np.float64],
    cases: NDArray[np.float64],
    weights: NDArray[np.float64],
    ends: tuple[float, float],
    tau: float,
    confidence: float,
    periods: int = PERIODS,
    seed: int = SEED,
) -> CoverageUnderVariation:
    """Simulate periods of services that truly differ, and count how often each interval holds the truth.

    In each period each area has a true rate, normal about the line of its deprivation, and its patients reach the
    outcome by chance with that rate.

    Parameters
    ----------
    rank : ndarray, shape (n,)
        Deprivation ranks, not all the same; n at least 3.
    cases : ndarray, shape (n,)
        The patients behind each rate, whole numbers from 1.
    weights : ndarray, shape (n,)
        Of the weighted regression, positive.
    ends : tuple of float
        The line at the most and at the least deprived area (proportions).
    tau : float
        The standard deviation of the true rates about it (proportion).
    confidence : float
        Level of the intervals, 0–1.
    periods, seed : int

    Returns
    -------
    CoverageUnderVariation
        A true rate that would leave 0–1 is kept within.
    """
    import numpy as np

    place = (rank - rank.min()) / (rank.max() - rank.min())
    line, slope = ends[0] + (ends[1] - ends[0]) * place, (ends[1] - ends[0]) / (rank.max() - rank.min())
    random = np.random.default_rng(seed)
    found: dict[str, list[NDArray[np.float64]]] = {}
    step, few = (max(1, size // len(rank)) for size in (_BLOCK, _EXAMINED))
    for start in range(0, periods, step):
        shape = (min(step, periods - start), len(rank))
        rates, others = (
            random.binomial(cases.astype("int64"), _possible(line + random.normal(0, tau, shape))) / cases
            for _ in range(2)
        )
        for first in range(0, len(rates), few):
            own, further = (drawn[first : first + few] for drawn in (rates, others))
            by_cases, between = weighted_lines(rank, own, weights), random_lines(rank, own, cases)
            both: dict[str, tuple[Lines | RandomLines, NDArray[np.float64]]] = {
                "weighted": (by_cases, by_cases.prediction_se),
                "random_effects": (between, between.observation_se),
            }
            for name, (lines, new) in both.items():
                t = lines.reach(confidence)
                shares = (
                    np.abs(lines.slope - slope) <= t * lines.slope_se,
                    _within(lines.fitted, line, t * lines.mean_se),
                    _within(further, lines.fitted, t * new),
                )
                for interval, share in zip(Held.model_fields, shares, strict=True):
                    found.setdefault(f"{name}.{interval}", []).append(share.astype("float64"))
    return CoverageUnderVariation(
        nominal=confidence,
        tau=tau,
        periods=periods,
        seed=seed,
        **{
            name: Held(**{interval: _simulated(found[f"{name}.{interval}"]) for interval in Held.model_fields})
            for name in ("weighted", "random_effects")
        },
    )


def _within(
    values: NDArray[np.float64], centre: NDArray[np.float64], reach: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the share of the values of each set, shape (q, n), that are no farther from a centre than the reach."""
    import numpy as np

    distance = values - centre
    return np.asarray((np.abs(distance, out=distance) <= reach).mean(axis=1), dtype=np.float64)


def _possible(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    return rates.clip(_NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)


def _simulated(parts: list[NDArray[np.float64]]) -> Simulated:
    import numpy as np

    shares = np.concatenate(parts)
    n = len(shares)
    return Simulated(share=float(shares.mean()), se=finite(shares.std(ddof=1) / n**0.5) if n > 1 else None)
