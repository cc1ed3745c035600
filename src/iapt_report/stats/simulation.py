"""What a benchmark does to fair services: how often it flags areas that do just what is expected of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from iapt_report.areas.rates import ROUNDING_ERROR, is_below
from iapt_report.stats.funnel import many_overdispersions
from iapt_report.stats.many_lines import Lines, weighted_lines
from iapt_report.stats.reach import normal_reach
from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Benchmark = Literal["national", "fitted_mean", "wilson", "prediction", "overdispersion"]
BENCHMARKS: tuple[Benchmark, ...] = get_args(Benchmark)
FIFTHS = 5
QUARTERS = 10_000
SEED = 2016
# A line can leave what rates can be; the chance variance is then that of a rate this close to 0 or 1.
_NEAREST_TO_CERTAIN = 1e-6
# Rates held at once, so that the work stays in the processor's cache and memory does not grow with the quarters.
_BLOCK = 100_000


class Simulated(Value):
    """A share over the simulated quarters (proportion), and its Monte Carlo standard error.

    The error is that of a mean over quarters, so it allows for areas of one quarter sharing one regression. It is None
    where a single quarter was simulated.
    """

    share: float
    se: float | None


class Flagged(Value):
    """What share of the areas a benchmark flags, though all are fair.

    Parameters
    ----------
    overall : Simulated
        Of all areas.
    fifths : tuple of Simulated or None, length 5
        Of the areas in each fifth by deprivation, the most deprived first; None where ties leave a fifth empty.
    """

    overall: Simulated
    fifths: tuple[Simulated | None, ...]


class Coverage(Value):
    """How often an interval holds what it is meant to hold, beside the level it claims (proportion).

    Parameters
    ----------
    nominal : float
    slope : Simulated
        The slope's confidence interval, of the slope of the true rates on rank.
    fitted_mean : Simulated
        The fitted mean's confidence interval at each area, of the area's true rate.
    wilson : Simulated
        Wilson's interval of each area's own rate, of the area's true rate.
    prediction : Simulated
        The regression's prediction interval at each area, of the rate observed there in one further quarter.
    """

    nominal: float
    slope: Simulated
    fitted_mean: Simulated
    wilson: Simulated
    prediction: Simulated


class Simulation(Value):
    """Fair services under each benchmark.

    Parameters
    ----------
    quarters, seed : int
        Simulated quarters, and the seed they start from.
    fifth_areas : tuple of int, length 5
        Areas in each fifth by deprivation, the most deprived first.
    flagged : dict of str to Flagged
        By benchmark, as `flags` names them.
    overdispersed : Simulated
        The quarters in which more than chance was estimated to vary, so that "overdispersion" differs from "wilson".
    coverage : Coverage
    """

    quarters: int
    seed: int
    fifth_areas: tuple[int, ...]
    flagged: dict[Benchmark, Flagged]
    overdispersed: Simulated
    coverage: Coverage


def flags(
    lines: Lines,
    rates: NDArray[np.float64],
    cases: NDArray[np.float64],
    standard: float,
    confidence: float,
    beyond: NDArray[np.float64] | None = None,
) -> dict[Benchmark, NDArray[np.bool_]]:
    """Say which areas each benchmark flags as below what is asked of them.

    Parameters
    ----------
    lines : Lines
        Of the rates.
    rates : ndarray, shape (q, n)
        Observed (proportion).
    cases : ndarray, shape (n,)
        Patients behind each rate, at least 1.
    standard : float
        The national standard (proportion).
    confidence : float
        Level of every interval, 0–1, two-sided: an area is flagged beyond one side of it.
    beyond : ndarray, shape (q,), optional
        The variance beyond chance, where it is known already.

    Returns
    -------
    dict of str to ndarray of bool, shape (q, n)
        ``national``: the observed rate is below the standard. ``fitted_mean``: below the lower confidence limit of the
        fitted mean (the study's). ``wilson``: the fitted mean lies above Wilson's interval of the area's own rate.
        ``prediction``: the observed rate is below the regression's lower prediction limit. ``overdispersion``: below
        the lower limit of chance about the fitted mean together with the variance between areas beyond chance.

    Notes
    -----
    The fitted mean p lies above Wilson's interval of an observed rate exactly when that rate is below
    p − z√(p(1 − p)/cases), the score test: Wilson EB. Probable inference, the law of succession, and statistical
    inference. J Am Stat Assoc 1927; 22: 209–212. With the variance beyond chance: `variance_beyond_chance`.
    """
    import numpy as np

    t, z = lines.reach(confidence), normal_reach(confidence)
    chance = _chance_variance(lines.fitted, cases)
    if beyond is None:
        beyond = variance_beyond_chance(rates, lines.fitted, chance, rates.shape[1] - lines.dof)
    limits: dict[Benchmark, NDArray[np.float64] | float] = {
        "national": standard,
        "fitted_mean": lines.fitted - t * lines.mean_se,
        "wilson": lines.fitted - z * np.sqrt(chance),
        "prediction": lines.fitted - t * lines.prediction_se,
        "overdispersion": lines.fitted - z * np.sqrt(chance + beyond[:, np.newaxis]),
    }
    return {name: is_below(rates, limit) for name, limit in limits.items()}


def variance_beyond_chance(
    rates: NDArray[np.float64], fitted: NDArray[np.float64], chance: NDArray[np.float64], fitted_terms: int = 0
) -> NDArray[np.float64]:
    """Estimate how much rates vary between areas beyond chance, a tenth of the z-scores winsorised at either end.

    Parameters
    ----------
    rates, fitted : ndarray, shape (q, n)
        Observed, and expected (proportions).
    chance : ndarray, shape (q, n)
        The variance of each rate by chance alone, above 0.
    fitted_terms : int
        Coefficients of the line that the expected rates lie on; 0 where they are given.

    Returns
    -------
    ndarray, shape (q,)
        τ², 0 where rates vary no more than chance explains.

    Notes
    -----
    As `iapt_report.stats.funnel.overdispersion`.
    """
    return many_overdispersions(rates - fitted, chance, fitted_terms)[1]


def simulate(
    rank: NDArray[np.float64],
    cases: NDArray[np.float64],
    weights: NDArray[np.float64],
    expected: NDArray[np.float64],
    standard: float,
    confidence: float,
    quarters: int = QUARTERS,
    seed: int = SEED,
) -> Simulation:
    """Simulate quarters in which every service does exactly as expected, and count whom each benchmark flags.

    In each quarter an area's count of patients who reached the outcome is binomial, with its cases and its expected
    rate; then the weighted regression, its intervals and the variance beyond chance are computed anew, as from
    published data. All areas being fair, whatever falls below "as expected" does so by chance, or, against the
    national standard, because of its deprivation.

    Held fixed over the quarters: the areas, their ranks, cases and weights, their true rates (the expected ones), the
    standard and the level. Left out: differences between services beyond chance, any dependence between patients, the
    rounding of published counts, and the outlier dummy.

    Parameters
    ----------
    rank : ndarray, shape (n,)
        Deprivation ranks, the lowest the most deprived; not all the same.
    cases : ndarray, shape (n,)
        Patients who could reach the outcome, whole numbers from 1.
    weights : ndarray, shape (n,)
        What each area counts for in the regression, positive.
    expected : ndarray, shape (n,)
        Each area's expected rate (proportion). A line can leave what rates can be; what is below 0 or above 1 is taken
        as 0 or 1.
    standard : float
        The national standard (proportion).
    confidence : float
        Level of every interval, 0–1.
    quarters : int
        How many to simulate, at least 1.
    seed : int
        Of the random numbers; the same seed gives the same result, in whatever order the areas come.

    Returns
    -------
    Simulation

    Raises
    ------
    ValueError
        If the cases of an area are missing or fewer than 1.

    Notes
    -----
    Standard errors as in Morris TP, White IR, Crowther MJ. Using simulation studies to evaluate statistical methods.
    Stat Med 2019; 38: 2074–2102, of the mean over quarters.
    """
    import numpy as np

    if not (cases >= 1).all():
        raise ValueError("every area needs at least one case to simulate")
    order = np.lexsort((expected, weights, cases, rank))
    rank, cases, weights = (values[order].astype("float64") for values in (rank, cases, weights))
    true = expected[order].clip(0.0, 1.0)
    members = _fifths(rank)
    true_slope = weighted_lines(rank, true[np.newaxis], weights).slope[0]
    chance = normal_reach(confidence) * np.sqrt(true * (1 - true) / cases)
    numbers, further_numbers = np.random.default_rng(seed).spawn(2)

    flagged = {name: np.empty((quarters, FIFTHS)) for name in BENCHMARKS}
    overdispersed, slope, mean, wilson, prediction = (np.empty(quarters) for _ in range(5))
    step = max(1, _BLOCK // len(rank))
    for start in range(0, quarters, step):
        block = slice(start, min(start + step, quarters))
        shape = (block.stop - start, len(rank))
        rates = numbers.binomial(cases.astype("int64"), true, size=shape) / cases
        further = further_numbers.binomial(cases.astype("int64"), true, size=shape) / cases
        lines = weighted_lines(rank, rates, weights)
        t = lines.reach(confidence)
        by_chance = _chance_variance(lines.fitted, cases)
        beyond = variance_beyond_chance(rates, lines.fitted, by_chance, len(rank) - lines.dof)
        by = flags(lines, rates, cases, standard, confidence, beyond)
        for name in BENCHMARKS:
            flagged[name][block] = by[name] @ members
        overdispersed[block] = beyond > 0
        slope[block] = _within(lines.slope, true_slope, t * lines.slope_se)
        mean[block] = _within(lines.fitted, true, t * lines.mean_se).mean(axis=1)
        wilson[block] = _within(rates, true, chance).mean(axis=1)
        prediction[block] = _within(further, lines.fitted, t * lines.prediction_se).mean(axis=1)

    sizes = members.sum(axis=0)
    return Simulation(
        quarters=quarters,
        seed=seed,
        fifth_areas=tuple(int(size) for size in sizes),
        flagged={
            name: Flagged(
                overall=_simulated(counts.sum(axis=1) / len(rank)),
                fifths=tuple(
                    _simulated(of_fifth / size) if size else None
                    for of_fifth, size in zip(counts.T, sizes, strict=True)
                ),
            )
            for name, counts in flagged.items()
        },
        overdispersed=_simulated(overdispersed),
        coverage=Coverage(
            nominal=confidence,
            slope=_simulated(slope),
            fitted_mean=_simulated(mean),
            wilson=_simulated(wilson),
            prediction=_simulated(prediction),
        ),
    )


def _chance_variance(fitted: NDArray[np.float64], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the binomial variance of rates about the fitted ones."""
    import numpy as np

    possible = np.clip(fitted, _NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    return possible * (1 - possible) / cases


def _within(
    value: NDArray[np.float64], centre: NDArray[np.float64] | float, reach: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Say which values are no farther from a centre than an interval reaches."""
    import numpy as np

    return np.abs(value - centre) <= reach + ROUNDING_ERROR


def _fifths(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a column for each fifth of the areas by rank, 1 for its members; areas of one rank stay together."""
    import numpy as np

    in_order = np.sort(rank)
    mean_rank = (np.searchsorted(in_order, rank) + np.searchsorted(in_order, rank, "right") + 1) / 2
    fifth = ((mean_rank - 0.5) * FIFTHS / len(rank)).astype("int64")
    members: NDArray[np.bool_] = fifth[:, np.newaxis] == np.arange(FIFTHS)
    return members.astype("float64")


def _simulated(shares: NDArray[np.float64]) -> Simulated:
    """Average a share over quarters."""
    n = len(shares)
    return Simulated(share=float(shares.mean()), se=finite(shares.std(ddof=1) / n**0.5) if n > 1 else None)
