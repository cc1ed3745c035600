"""The gradient from period to period, and a test of its change that knows that the areas are the same."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.stats.cluster_robust import bell_mccaffrey
from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_DAYS = 365.25
# Rates that repeat exactly leave this much or less, which is the computer's arithmetic.
_NOTHING = 1e-8


class Change(Value):
    """How the gradient changes with time.

    Parameters
    ----------
    per_year : float
        The change of the gradient in a year (proportion): of the rate expected at the least deprived area minus that at
        the most deprived.
    ci_low, ci_high, p : float or None
        With errors clustered by area.
    areas : int
        Areas, each counted once.
    repeated : int
        Of these, areas in more than one period.
    """

    per_year: float
    ci_low: float | None
    ci_high: float | None
    p: float | None
    areas: int
    repeated: int


class RobustChange(Change):
    """How the gradient changes with time, with the standard error behind the interval and its degrees of freedom."""

    se: float | None
    df: float | None


@dataclass(frozen=True)
class Wave:
    """One period's areas: its middle, in days from any fixed one, and arrays of shape (n,)."""

    day: float
    codes: tuple[str, ...]
    rank: NDArray[np.float64]
    rate: NDArray[np.float64]
    weights: NDArray[np.float64]


def change(waves: Sequence[Wave], confidence: float) -> Change | None:
    """Test whether the gradient changes over two or more periods; None for fewer.

    Parameters
    ----------
    waves : sequence of Wave
        Periods that do not overlap.
    confidence : float
        Level of the interval, 0–1.

    Notes
    -----
    One weighted regression of all periods' rates on the place between the most (0) and the least deprived area (1) and
    its product with time, with a level of its own for each period; standard errors clustered by area, because an
    area's rates in two periods are alike: `statsmodels` WLS with ``cov_type="cluster"``, as R's
    ``sandwich::vcovCL(model, cluster = area, type = "HC1")`` with t on the number of areas less one. Liang KY, Zeger
    SL. Longitudinal data analysis using generalized linear models. Biometrika 1986; 73: 13–22.
    """
    import numpy as np
    from scipy import stats
    from statsmodels.regression.linear_model import WLS

    if len(waves) < 2:  # noqa: PLR2004
        return None
    design, weights, groups = regression_of(waves)
    known = int(groups.max()) + 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted: Any = WLS(np.concatenate([wave.rate for wave in waves]), design, weights=weights).fit(
            cov_type="cluster", cov_kwds={"groups": groups}
        )
        estimate, se = float(fitted.params[-1]), finite(fitted.bse[-1])
    estimate = 0.0 if abs(estimate) < _NOTHING else estimate
    counts = np.bincount(groups)
    nothing = se is None or se < _NOTHING
    t = 0.0 if nothing else estimate / float(se or 1)
    reach = float(stats.t.isf((1 - confidence) / 2, known - 1)) * (se or 0)
    return Change(
        per_year=estimate,
        ci_low=None if nothing else estimate - reach,
        ci_high=None if nothing else estimate + reach,
        p=None if nothing else 2 * float(stats.t.sf(abs(t), known - 1)),
        areas=known,
        repeated=int((counts > 1).sum()),
    )


def change_for_few_areas(
    waves: Sequence[Wave], confidence: float, *, inverse_variances: bool = False
) -> RobustChange | None:
    """Test whether the gradient changes, with errors that hold with few areas, or with a few that carry the fit.

    The estimate is that of `change`. Its errors, clustered by area as well, are corrected for what the regression takes
    away from the residuals of each area, and the degrees of freedom are those that the areas' ranks and weights leave:
    far fewer than areas where some count for much more than others.

    Parameters
    ----------
    waves : sequence of Wave
        Periods that do not overlap.
    confidence : float
        Level of the interval, 0–1.
    inverse_variances : bool
        Whether the waves' weights are inverse variances, as those of `iapt_report.stats.random_effects`: they are then
        compared between periods as they stand, and are the working model of the errors. With case-loads for weights and
        few areas the interval is too wide (it covers up to 99% with 42 areas, and all with one that dominates); with
        these it covers 93–98%.

    Returns
    -------
    RobustChange or None
        None for fewer than two periods.

    Notes
    -----
    CR2 with Satterthwaite's degrees of freedom: `iapt_report.stats.cluster_robust`.
    """
    import numpy as np
    from scipy import stats

    if len(waves) < 2:  # noqa: PLR2004
        return None
    design, weights, groups = regression_of(waves)
    if inverse_variances:
        weights = np.concatenate([wave.weights for wave in waves])
    contrast = np.zeros(design.shape[1])
    contrast[-1] = 1
    prepared = bell_mccaffrey(design, weights, groups, contrast, 1 / weights if inverse_variances else None)
    rate = np.concatenate([wave.rate for wave in waves])
    # A level in all rates changes nothing, and taken away leaves the arithmetic more digits.
    rate = rate - np.average(rate, weights=weights)
    estimate = float(prepared.combine @ rate)
    se = float(np.sqrt(((prepared.parts @ rate) ** 2).sum()))
    estimate = 0.0 if abs(estimate) < _NOTHING else estimate
    counts = np.bincount(groups)
    some = se > _NOTHING and prepared.df > 0
    reach = float(stats.t.isf((1 - confidence) / 2, prepared.df)) * se if some else 0.0
    return RobustChange(
        per_year=estimate,
        ci_low=estimate - reach if some else None,
        ci_high=estimate + reach if some else None,
        p=2 * float(stats.t.sf(abs(estimate) / se, prepared.df)) if some else None,
        areas=len(counts),
        repeated=int((counts > 1).sum()),
        se=se if some else None,
        df=prepared.df if some else None,
    )


def regression_of(waves: Sequence[Wave]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the design of all periods' areas, their weights, and the number of the area in each row."""
    import numpy as np

    first = min(wave.day for wave in waves)
    place = np.concatenate([_place(wave.rank) for wave in waves])
    years = np.concatenate([np.full(len(wave.rank), (wave.day - first) / _DAYS) for wave in waves])
    levels = np.zeros((len(place), len(waves)))
    at = 0
    for i, wave in enumerate(waves):
        levels[at : at + len(wave.rank), i] = 1
        at += len(wave.rank)
    codes = [code for wave in waves for code in wave.codes]
    known = {code: i for i, code in enumerate(dict.fromkeys(codes))}
    groups = np.array([known[code] for code in codes])
    weights = np.concatenate([wave.weights / wave.weights.mean() for wave in waves])
    return np.column_stack([levels, place, place * years]), weights, groups


def _place(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray((rank - rank.min()) / (rank.max() - rank.min()), dtype=np.float64)
