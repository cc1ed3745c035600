"""The gradient from period to period, and a test of its change that knows that the areas are the same."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    design = np.column_stack([levels, place, place * years])
    weights = np.concatenate([wave.weights / wave.weights.mean() for wave in waves])
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
    reach = float(stats.t.isf((1 - confidence) / 2, len(known) - 1)) * (se or 0)
    return Change(
        per_year=estimate,
        ci_low=None if nothing else estimate - reach,
        ci_high=None if nothing else estimate + reach,
        p=None if nothing else 2 * float(stats.t.sf(abs(t), len(known) - 1)),
        areas=len(known),
        repeated=int((counts > 1).sum()),
    )


def _place(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray((rank - rank.min()) / (rank.max() - rank.min()), dtype=np.float64)
