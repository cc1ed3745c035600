"""Areas in two periods: each one's change, what chance makes of it, and what the usual movement of services does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.stats.funnel import overdispersion
from iapt_report.stats.two_rates import difference_interval
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Fewer areas do not tell how far services usually move.
FEWEST = 10
# A rate at its end would have no spread by chance.
_NEAREST_TO_CERTAIN = 0.01
_ROUNDS = 100
_NEAR_ENOUGH = 1e-12


class Movement(Value):
    """How areas moved from one period to another, taken together; in squared proportions where a variance.

    Parameters
    ----------
    areas : int
    mean : float
        Their mean change, each weighted by 1 / (τ² + chance) (difference of proportions).
    tau2 : float
        τ², the variance of the true changes of services about it.
    phi : float
        φ, the variance of the changes about their mean over what chance alone gives: above 1 where services moved.
    """

    areas: int
    mean: float
    tau2: float
    phi: float


@dataclass(frozen=True)
class Moves:
    """What each of n areas did; arrays of shape (n,), differences of proportions, the later rate minus the earlier.

    Parameters
    ----------
    change : ndarray
    low, high : ndarray
        Newcombe's interval, of chance in both rates; not a number where a rate rests on nobody.
    usual_low, usual_high : ndarray
        The interval that also holds how far services usually move; not a number where that is not known.
    beyond_chance : ndarray of bool
        Whether the first holds no zero.
    beyond_usual : ndarray of bool
        Whether that is so and the second does not hold the mean change.
    movement : Movement or None
        None where there are fewer than `FEWEST` areas.
    """

    change: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    usual_low: NDArray[np.float64]
    usual_high: NDArray[np.float64]
    beyond_chance: NDArray[np.bool_]
    beyond_usual: NDArray[np.bool_]
    movement: Movement | None


def moves(
    then: tuple[NDArray[np.float64], NDArray[np.float64]],
    now: tuple[NDArray[np.float64], NDArray[np.float64]],
    confidence: float,
) -> Moves:
    """Compare the same areas in two periods.

    Parameters
    ----------
    then, now : (ndarray, ndarray), each of shape (n,)
        The rates (proportions) and the patients behind each.
    confidence : float
        Level of the intervals, 0–1.

    Notes
    -----
    By chance alone: Newcombe's interval, see `iapt_report.stats.two_rates`. Rates of services differ from period to
    period by more than chance in their patients, so with many patients nearly every change would be beyond it. Allowing
    for that, as for differences between services: the variance of each change is that of chance, p(1 − p)/n of both
    rates, plus τ², common to all, estimated from the changes about their mean as
    `iapt_report.stats.funnel.overdispersion` does, winsorised, so that the few that stand out do not hide themselves.
    Spiegelhalter DJ. Handling over-dispersion of performance indicators. Qual Saf Health Care 2005; 14: 347–351. The
    mean is held as known, although an area is part of it: with n areas alike the interval is then too wide by a share
    of 1 / (2n).
    """
    import numpy as np
    from scipy import stats

    change = now[0] - then[0]
    low, high = _by_chance(then, now, confidence)
    beyond = (low > 0) | (high < 0)
    nothing = np.full(len(change), np.nan)
    there = (then[1] > 0) & (now[1] > 0)
    variance = np.where(there, _variance(*then) + _variance(*now), np.nan)
    movement = movement_of(change[there], variance[there])
    if movement is None:
        return Moves(change, low, high, nothing, nothing, beyond, np.zeros(len(change), dtype=np.bool_), None)
    reach = float(stats.norm.isf((1 - confidence) / 2)) * np.sqrt(variance + movement.tau2)
    return Moves(
        change=change,
        low=low,
        high=high,
        usual_low=change - reach,
        usual_high=change + reach,
        beyond_chance=beyond,
        beyond_usual=beyond & (np.abs(change - movement.mean) > reach),
        movement=movement,
    )


def movement_of(change: NDArray[np.float64], variance: NDArray[np.float64]) -> Movement | None:
    """Estimate the mean change of areas, and the variance τ² of their true changes about it.

    Parameters
    ----------
    change, variance : ndarray, shape (n,)
        The changes, and the variance of each by chance, above 0.

    Returns
    -------
    Movement or None
        None where there are fewer than `FEWEST`.
    """
    import numpy as np

    if len(change) < FEWEST:
        return None
    se, tau2, phi, mean = np.sqrt(variance), 0.0, 1.0, 0.0
    # Each of the two rests on the other.
    for _ in range(_ROUNDS):
        before = mean, tau2
        mean = float(np.average(change, weights=1 / (variance + tau2)))
        phi, tau2 = overdispersion((change - mean) / se, se, fitted_terms=1)
        if abs(mean - before[0]) < _NEAR_ENOUGH and abs(tau2 - before[1]) < _NEAR_ENOUGH:
            break
    return Movement(areas=len(change), mean=mean, tau2=tau2, phi=phi)


def _by_chance(
    then: tuple[NDArray[np.float64], NDArray[np.float64]],
    now: tuple[NDArray[np.float64], NDArray[np.float64]],
    confidence: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    rows = zip(then[0], now[0], then[1], now[1], strict=True)
    found = [difference_interval((p, q), (m, n), confidence) or (np.nan, np.nan) for p, q, m, n in rows]
    limits = np.array(found, dtype=np.float64).reshape(-1, 2)
    return limits[:, 0], limits[:, 1]


def _variance(rate: NDArray[np.float64], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    inside = rate.clip(_NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    return np.asarray(inside * (1 - inside) / np.where(cases > 0, cases, np.nan), dtype=np.float64)
