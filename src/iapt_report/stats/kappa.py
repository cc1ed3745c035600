"""How sure the agreement of two benchmarks is, when the areas' own rates set one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from iapt_report.stats.many_lines import weighted_lines
from iapt_report.stats.many_random_effects import random_lines
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Model = Literal["weighted", "random_effects"]
DRAWS = 2000
SEED = 2016
# A rate is no closer to a limit than this but by the computer's arithmetic.
_ROUNDING_ERROR = 1e-9


class KappaInterval(Value):
    """Cohen's κ of two classifications of the same areas, with an interval from a bootstrap of areas.

    Parameters
    ----------
    kappa, se, ci_low, ci_high : float or None
        The limits are kept within −1 to 1. All None where a benchmark places all areas on one side; the error and
        limits are None, too, where it does so in most of the draws.
    draws, seed : int
    undefined : int
        Draws in which a benchmark places all areas on one side. They are left out.
    """

    kappa: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    draws: int
    seed: int
    undefined: int


class Classifier(Protocol):
    """Classifies many samples of the same areas anew by both benchmarks."""

    def __call__(self, areas: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Say which of the areas of each sample, places of shape (q, n), are below the one benchmark and the other."""
        ...


def benchmarks_of(
    rate: NDArray[np.float64],
    rank: NDArray[np.float64],
    weights: NDArray[np.float64],
    standard: float,
    confidence: float,
    *,
    model: Model = "weighted",
    outlier: NDArray[np.bool_] | None = None,
    below: NDArray[np.bool_] | None = None,
) -> Classifier:
    """Make the classifier of the national standard and of the lower limit of the fitted mean.

    Parameters
    ----------
    rate, rank : ndarray, shape (n,)
        Proportions and deprivation ranks.
    weights : ndarray, shape (n,)
        Of the weighted regression; of the random-effects regression, the patients behind each rate.
    standard : float
        The national standard (proportion).
    confidence : float
        Level of the fitted mean's interval, 0–1.
    model : {"weighted", "random_effects"}
        The regression that each sample's benchmark is estimated by.
    outlier : ndarray of bool, shape (n,), or None
        Areas that stay out of the line.
    below : ndarray of bool, shape (n,), or None
        Which areas are below the adjusted benchmark; asked for outliers alone, which lie too far from the line for its
        error to move them across.

    Returns
    -------
    Classifier
        For samples that draw an outlier in the place of an outlier, and another area in the place of another.
    """
    import numpy as np

    kept = np.ones(len(rate), dtype=np.bool_) if outlier is None else ~outlier

    def limits(areas: NDArray[np.int64]) -> NDArray[np.float64]:
        x, y, w = rank[areas], rate[areas], weights[areas]
        lines = weighted_lines(x, y, w) if model == "weighted" else random_lines(x, y, w)
        return np.asarray(lines.fitted - lines.reach(confidence) * lines.mean_se, dtype=np.float64)

    def classify(areas: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        first = rate[areas] < standard - _ROUNDING_ERROR
        second = np.zeros(areas.shape, dtype=np.bool_) if below is None else below[areas]
        line = areas[:, kept]
        # A sample of areas of one rank has no line; it is one of those that leave κ undefined.
        several = (rank[line] != rank[line[:, :1]]).any(axis=1)
        if several.any():
            own = line[several]
            second[np.ix_(several, kept)] = rate[own] < limits(own) - _ROUNDING_ERROR
        second[~several] = False
        return first, second

    return classify


def bootstrap_kappa(
    classify: Classifier,
    strata: NDArray[np.int64],
    confidence: float,
    draws: int = DRAWS,
    seed: int = SEED,
) -> KappaInterval:
    """Give κ an interval that knows that the areas' own rates set the adjusted benchmark.

    The usual error of κ takes the two classifications of each area as given and of others as independent. Where the
    limit is estimated from the same areas, it moves with them.

    Parameters
    ----------
    classify : Classifier
        Classifies samples of the areas, with all that is estimated estimated anew.
    strata : ndarray of int, shape (n,)
        A sample has, in each area's place, one of the same stratum; all alike where there are no strata.
    confidence : float
        Level of the interval, 0–1.
    draws, seed : int

    Returns
    -------
    KappaInterval

    Notes
    -----
    κ ± z times its standard deviation over samples of the areas with replacement. Percentiles of the samples are not
    taken: a sample holds areas twice, which agree with themselves, and its κ lies too high. Efron B, Tibshirani RJ. An
    Introduction to the Bootstrap. New York: Chapman and Hall, 1993, chapter 6.
    """
    import numpy as np
    from scipy import stats

    n = len(strata)
    kappa = float(kappas(*classify(np.arange(n)[np.newaxis]))[0])
    nothing = KappaInterval(kappa=None, se=None, ci_low=None, ci_high=None, draws=draws, seed=seed, undefined=draws)
    if np.isnan(kappa):
        return nothing
    random = np.random.default_rng(seed)
    areas = np.empty((draws, n), dtype=np.int64)
    for stratum in np.unique(strata):
        own = np.flatnonzero(strata == stratum)
        areas[:, own] = own[random.integers(0, len(own), (draws, len(own)))]
    step = max(1, 200_000 // n)
    found = np.concatenate([kappas(*classify(areas[start : start + step])) for start in range(0, draws, step)])
    known = found[~np.isnan(found)]
    undefined = draws - len(known)
    if 2 * undefined >= draws:
        return nothing.model_copy(update={"kappa": kappa, "undefined": undefined})
    se = float(known.std(ddof=1))
    reach = float(stats.norm.isf((1 - confidence) / 2)) * se
    return KappaInterval(
        kappa=kappa,
        se=se,
        ci_low=max(-1.0, kappa - reach),
        ci_high=min(1.0, kappa + reach),
        draws=draws,
        seed=seed,
        undefined=undefined,
    )


def kappas(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compute κ of each row of two classifications, shape (q, n); not a number where one is the same for all areas."""
    import numpy as np

    one, other = first.mean(axis=1), second.mean(axis=1)
    by_chance = one * other + (1 - one) * (1 - other)
    observed = (first == second).mean(axis=1)
    varied = (one > 0) & (one < 1) & (other > 0) & (other < 1)
    found: NDArray[np.float64] = np.full(len(one), np.nan)
    np.divide(observed - by_chance, 1 - by_chance, out=found, where=varied)
    return found
