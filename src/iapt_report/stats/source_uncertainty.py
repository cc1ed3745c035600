"""What the rounding of published counts and percentages leaves open in each headline figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iapt_report.areas.rates import is_below
from iapt_report.stats.many_lines import weighted_lines
from iapt_report.stats.many_random_effects import random_lines
from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.areas.table import Precision
    from iapt_report.stats.many_lines import Lines
    from iapt_report.stats.many_random_effects import RandomLines

Count = Literal["at_caseness", "finished_treatment"]
DRAWS = 1000
SEED = 2016
_PERCENTILES = (0.025, 0.5, 0.975)
_LEVEL = 0.95
_NORMAL = 1.959963984540054


@dataclass(frozen=True)
class Published:
    """What is published of n areas; each array has the shape (n,), with not-a-number for what is missing.

    Parameters
    ----------
    rank : ndarray
        Deprivation ranks, the lowest the most deprived; none missing.
    finished_treatment, at_caseness, reached : ndarray
        Patients who finished treatment, who were at caseness first, and who reached the outcome.
    rate : ndarray
        The rate that the analysis uses (proportion), from counts where they are known, else from a percentage; none
        missing.
    rate_low, rate_high : ndarray
        The least and the most that the rate can be, used where it comes from a percentage.
    """

    rank: NDArray[np.float64]
    finished_treatment: NDArray[np.float64]
    at_caseness: NDArray[np.float64]
    reached: NDArray[np.float64]
    rate: NDArray[np.float64]
    rate_low: NDArray[np.float64]
    rate_high: NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """What the truth may have been; each array has the shape (draws, n), missing where ``Published`` is.

    ``rate`` is a proportion; the other three count patients.
    """

    finished_treatment: NDArray[np.float64]
    at_caseness: NDArray[np.float64]
    reached: NDArray[np.float64]
    rate: NDArray[np.float64]


class Spread(Value):
    """A figure from what is published, and where it falls over the draws.

    ``low`` and ``high`` are the 2.5th and 97.5th percentile; each percentile is a value that was drawn, so a number of
    areas stays a whole number. A figure is None where rates do not vary. ``true_low`` and ``true_high`` are the 95%
    limits of `limits_of_truth`, for the figures that have such.
    """

    published: float | None
    low: float | None
    median: float | None
    high: float | None
    min: float | None
    max: float | None
    true_low: float | None = None
    true_high: float | None = None


@dataclass(frozen=True)
class Line:
    """The regression that headline figures come from.

    Parameters
    ----------
    model : {"weighted", "random_effects"}
        The study's, or that which allows services to differ.
    cases : ndarray, shape (n,)
        The patients behind each rate, for the latter.
    left_out : ndarray of bool, shape (n,)
        Areas that do not bear on the line.
    """

    model: Literal["weighted", "random_effects"]
    cases: NDArray[np.float64]
    left_out: NDArray[np.bool_]


class SourceUncertainty(Value):
    """What the published precision leaves open in each headline figure.

    Parameters
    ----------
    draws, seed : int
    from_counts, from_percentages : int
        Areas whose counts were drawn, and areas whose rate was drawn within the bounds of its percentage.
    held : int
        Areas whose rate stays as published: their counts are exact, or the bounds of their percentage meet or are not
        known.
    rho : Spread
        Spearman's rank correlation of deprivation rank and rate.
    gradient : Spread
        Fitted rate in the least deprived area minus that in the most deprived (proportion).
    r_squared : Spread
        Weighted share of variance explained.
    below_standard : Spread
        Areas below the national standard.
    below_fitted_mean : Spread
        Areas below the lower confidence limit of the fitted mean.
    """

    draws: int
    seed: int
    from_counts: int
    from_percentages: int
    held: int
    rho: Spread
    gradient: Spread
    r_squared: Spread
    below_standard: Spread
    below_fitted_mean: Spread


def source_uncertainty(
    published: Published,
    precision: Precision | None,
    standard: float,
    confidence: float,
    cases: Count = "at_caseness",
    weight: Count | Literal["equal"] = "finished_treatment",
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    line: Line | None = None,
) -> SourceUncertainty | None:
    """Recompute the headline figures on what the true counts may have been before they were rounded.

    The model is rate on deprivation rank, of all areas but those left out of the line. Areas that could not be
    analysed, because a count was withheld, stay out.

    The draws take every rounding error within its bounds as equally likely and as independent of the others. Errors
    come on top of those that the published figures hold already, so a correlation, or R², is as a rule a little
    nearer to 0 in the draws than published: the distance between low and high says what rounding does, the median
    is not a better estimate.

    Parameters
    ----------
    published : Published
    precision : Precision or None
        How exactly the counts are known.
    standard : float
        The national standard (proportion).
    confidence : float
        Level of the fitted mean's interval, 0–1.
    cases : {"at_caseness", "finished_treatment"}
        The patients who could reach the outcome.
    weight : {"finished_treatment", "at_caseness", "equal"}
        What an area counts for in the regression; known for every area, and above 0.
    draws : int
        At least 1.
    seed : int
    line : Line, optional
        The regression; the study's of all areas where there is none.

    Returns
    -------
    SourceUncertainty or None
        None where counts and rates are exact, or how exact they are is not known.
    """
    import numpy as np

    if precision is None:
        return None
    counted = _counted(published, cases)
    open_rates = _open_rates(published, counted)
    if precision.rounded_to == 1 and not open_rates.any():
        return None
    drawn = draw(published, precision, cases, draws, seed)
    there = {name: getattr(published, name)[np.newaxis] for name in ("finished_treatment", "at_caseness")}
    ones = np.ones((1, len(published.rank)))
    of_published = _figures(
        published.rank,
        published.rate[np.newaxis],
        ones if weight == "equal" else there[weight],
        standard,
        confidence,
        line,
    )
    of_draws = _figures(
        published.rank, drawn.rate, ones if weight == "equal" else getattr(drawn, weight), standard, confidence, line
    )
    truth = limits_of_truth(published, precision, cases, weight, draws, seed, line=line)
    from_counts = int(counted.sum()) if precision.rounded_to > 1 else 0
    from_percentages = int(open_rates.sum())
    return SourceUncertainty(
        draws=draws,
        seed=seed,
        from_counts=from_counts,
        from_percentages=from_percentages,
        held=len(published.rank) - from_counts - from_percentages,
        **{name: _spread(of_published[name], values, truth.get(name)) for name, values in of_draws.items()},
    )


def draw(published: Published, precision: Precision, cases: Count, draws: int, seed: int) -> Draws:
    """Draw what the true counts and rates may have been.

    A published count is the sum of ``parts`` counts, each rounded to the nearest ``rounded_to``, so its error is the
    sum of as many whole numbers from −h to h, each equally likely, with h half of ``rounded_to``, rounded down.
    Derived patients at caseness are those who finished treatment less those not at caseness, and have the errors of
    both: the first is the same error as in those who finished treatment. The truth is the published count less its
    error. A count that was not withheld is not among those that are: where a part must be the least count published,
    for the sum to be what it is, its error leaves it that. Where the truth cannot be, it is the nearest that can: at
    least one case, none reached below zero, and no more reached than cases; that patients at caseness are among those
    who finished treatment is not asked. A rate from a percentage is anywhere between its bounds, and stays as it is
    where they are not known. What is withheld stays missing.

    Parameters
    ----------
    published : Published
    precision : Precision
    cases : {"at_caseness", "finished_treatment"}
        The patients who could reach the outcome.
    draws, seed : int

    Returns
    -------
    Draws

    Notes
    -----
    Heitjan DF, Rubin DB. Ignorability and coarse data. Ann Stat 1991; 19: 2244–2253, is the case for treating rounded
    values as known only to an interval.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    shape = (draws, len(published.rank))
    half = precision.rounded_to // 2
    farthest = half * precision.parts

    def error(count: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros(shape)
        if half:
            least, most = _least_published(count, precision)
            for part in range(precision.parts):
                own = rng.integers(-half, half, size=shape, dtype="int32", endpoint=True)
                # A part that is the least published count was not smaller than what is withheld.
                too_small = (own > most) & (part < least)
                if too_small.any():
                    own[too_small] = rng.integers(-half, most, size=int(too_small.sum()), endpoint=True)
                total += own
        return total

    finished_error = error(published.finished_treatment)
    at_caseness_error = error(
        published.finished_treatment - published.at_caseness if precision.cases_derived else published.at_caseness
    )
    reached_error = error(published.reached)
    if precision.cases_derived:
        at_caseness_error = finished_error - at_caseness_error
    # Nobody reaches an outcome without being a case: a draw of cases below the least who can have reached it is raised.
    # What is not known of one count says nothing of another.
    fewest = np.fmax(published.reached - farthest, 1.0)
    least = {name: fewest if name == cases else 1.0 for name in ("finished_treatment", "at_caseness")}
    finished = np.maximum(published.finished_treatment - finished_error, least["finished_treatment"])
    at_caseness = np.maximum(published.at_caseness - at_caseness_error, least["at_caseness"])
    could = finished if cases == "finished_treatment" else at_caseness
    reached = np.fmin(np.maximum(published.reached - reached_error, 0.0), could)
    reached[:, np.isnan(published.reached)] = np.nan

    counted = _counted(published, cases)
    open_rates = _open_rates(published, counted)
    between = published.rate_low, published.rate_high
    low, high = (np.where(open_rates, bound, published.rate) for bound in between)
    rate = np.where(counted, reached / could, rng.uniform(low, high, size=shape))
    return Draws(finished_treatment=finished, at_caseness=at_caseness, reached=reached, rate=rate)


def _least_published(count: NDArray[np.float64], precision: Precision) -> tuple[NDArray[np.int64], int]:
    """Say how many parts of each count, shape (n,), must be the least count published, and that one's largest error."""
    import numpy as np

    step, under = precision.rounded_to, precision.withheld_under
    least = max(int(under / step + 0.5), 1) * step
    most = least - under
    if under <= 1 or not -(step // 2) <= most < step // 2:
        return np.zeros(len(count), dtype=np.int64), step // 2
    above = np.floor((np.nan_to_num(count, nan=np.inf) - least * precision.parts) / step)
    # With fewer than that the parts are not those counts, and nothing is known of them.
    must = np.where(above >= 0, precision.parts - np.minimum(above, precision.parts), 0)
    return must.astype("int64"), most


def limits_of_truth(
    published: Published,
    precision: Precision,
    cases: Count = "at_caseness",
    weight: Count | Literal["equal"] = "finished_treatment",
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    line: Line | None = None,
) -> dict[str, tuple[float, float]]:
    """Give the 95% limits of the figures that the true counts have, with what rounding did to the figures taken back.

    Draws add errors to counts that hold some already. Noise brings a correlation nearer to 0, and twice the noise
    nearer still, so that percentiles of the draws hold the true correlation of a quarter too seldom. Here errors are
    added once and twice; what the second does to the mean of a figure tells what the first did, and the figure is
    carried back by two such steps: to counts without any error.

    Parameters
    ----------
    published, precision, cases, weight, draws, seed, line
        As `source_uncertainty` takes them.

    Returns
    -------
    dict of str to (low, high)
        Of ``rho``, ``gradient`` and ``r_squared``, as far as they can be computed, within what they can be. The numbers
        of areas below a limit hardly move in one direction: the percentiles of `source_uncertainty` serve.

    Notes
    -----
    Simulation and extrapolation (SIMEX), linear in the variance of the errors: Cook JR, Stefanski LA.
    Simulation-extrapolation estimation in parametric measurement error models. J Am Stat Assoc 1994; 89: 1314–1328. The
    spread is carried back in proportion.
    """
    import numpy as np

    once, again = (draw(published, precision, cases, draws, own) for own in (seed, seed + 1))
    counted = _counted(published, cases)
    open_rates = _open_rates(published, counted)

    def twice(name: Count | Literal["reached"]) -> NDArray[np.float64]:
        return np.asarray(getattr(once, name) + getattr(again, name) - getattr(published, name), dtype=np.float64)

    could = np.maximum(twice(cases), 1.0)
    rate = np.where(open_rates, once.rate + again.rate - published.rate, published.rate)
    rate = np.where(counted, np.clip(twice("reached"), 0.0, could) / could, rate)
    ones = np.ones((1, len(published.rank)))
    weights = [ones, ones] if weight == "equal" else [getattr(once, weight), np.maximum(twice(weight), 1.0)]
    by_one, by_two = (
        _figures(published.rank, rates, own, 0.5, _LEVEL, line)
        for rates, own in zip((once.rate, rate), weights, strict=True)
    )
    found = {}
    for name, (least, most) in {"rho": (-1.0, 1.0), "gradient": (-np.inf, np.inf), "r_squared": (0.0, 1.0)}.items():
        first, second = (figures[name][np.isfinite(figures[name])] for figures in (by_one, by_two))
        if len(first) < draws or len(second) < draws:
            continue
        centre = first.mean() - 2 * (second.mean() - first.mean())
        # Two independent errors spread √2 times as far as one, were it not for what they do to the figure.
        spread = np.sqrt(2) * first.var() / second.std() if second.std() > 0 else 0.0
        low, high = (float(np.clip(centre + side * _NORMAL * spread, least, most)) for side in (-1, 1))
        found[name] = (low, high)
    return found


def _counted(published: Published, cases: Count) -> NDArray[np.bool_]:
    """Say of which areas the rate comes from counts."""
    import numpy as np

    could: NDArray[np.float64] = getattr(published, cases)
    return ~np.isnan(published.reached) & (could > 0)


def _open_rates(published: Published, counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of which areas the rate comes from a percentage with bounds that differ."""
    return ~counted & (published.rate_low < published.rate_high)


def _figures(
    rank: NDArray[np.float64],
    rates: NDArray[np.float64],
    weights: NDArray[np.float64],
    standard: float,
    confidence: float,
    line: Line | None,
) -> dict[str, NDArray[np.float64]]:
    """Compute the headline figures of each of several sets of rates, by their names in `SourceUncertainty`."""
    import numpy as np

    kept = np.ones(len(rank), dtype=np.bool_) if line is None else ~line.left_out
    weighted = weighted_lines(rank[kept], rates[:, kept], np.broadcast_to(weights, rates.shape)[:, kept])
    lines: Lines | RandomLines = weighted
    if line is not None and line.model == "random_effects":
        lines = random_lines(rank[kept], rates[:, kept], line.cases[kept])
    limit = lines.fitted - lines.reach(confidence) * lines.mean_se
    # An outlier lies too far from the line for its error to move it across.
    level = lines.fitted[:, :1] + lines.slope[:, np.newaxis] * (rank[~kept] - rank[kept][0])
    return {
        "rho": _spearman(rank, rates),
        "gradient": lines.slope * (rank.max() - rank.min()),
        "r_squared": weighted.r_squared,
        "below_standard": is_below(rates, standard).sum(axis=1),
        "below_fitted_mean": is_below(rates[:, kept], limit).sum(axis=1) + is_below(rates[:, ~kept], level).sum(axis=1),
    }


def _spearman(rank: NDArray[np.float64], rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate deprivation rank with each of several sets of rates, by ranks with ties at their mean.

    The coefficient of `scipy.stats.spearmanr`, which would correlate all the sets with each other as well; not a
    number where rates do not vary.
    """
    import numpy as np
    from scipy import stats

    x, y = stats.rankdata(rank), stats.rankdata(rates, axis=1)
    x, y = x - x.mean(), y - y.mean(axis=1, keepdims=True)
    length = np.sqrt((x**2).sum() * (y**2).sum(axis=1))
    rho: NDArray[np.float64] = np.divide(y @ x, length, out=np.full(len(y), np.nan), where=length > 0)
    return np.clip(rho, -1.0, 1.0)


def _spread(published: NDArray[np.float64], values: NDArray[np.float64], truth: tuple[float, float] | None) -> Spread:
    """Say where the draws of a figure fall, those aside in which it cannot be computed."""
    import numpy as np

    own = finite(published[0])
    known = values[np.isfinite(values)]
    if not len(known):
        return Spread(published=own, low=None, median=None, high=None, min=None, max=None)
    true_low, true_high = truth or (None, None)
    low, median, high = (float(value) for value in np.quantile(known, _PERCENTILES, method="inverted_cdf"))
    return Spread(
        published=own,
        low=low,
        median=median,
        high=high,
        min=float(known.min()),
        max=float(known.max()),
        true_low=true_low,
        true_high=true_high,
    )
