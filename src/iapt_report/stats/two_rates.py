"""Whether two rates differ by more than chance."""

from __future__ import annotations

import math
from functools import lru_cache


# An area's pages in several periods show the same differences.
@lru_cache(maxsize=10_000)
def difference_interval(
    rates: tuple[float, float], cases: tuple[float, float], confidence: float
) -> tuple[float, float] | None:
    """Give the interval of the difference of two independent rates, the second minus the first.

    Parameters
    ----------
    rates : (float, float)
        Proportions, 0–1.
    cases : (float, float)
        The patients behind each; they need not be whole, where counts were rounded.
    confidence : float
        Level of the interval, 0–1.

    Returns
    -------
    (float, float) or None
        The limits; None where a rate rests on nobody.

    Notes
    -----
    `statsmodels.stats.proportion.confint_proportions_2indep` with Newcombe's interval. Newcombe RG. Interval estimation
    for the difference between independent proportions: comparison of eleven methods. Stat Med 1998; 17: 873–890
    (method 10).
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    if min(cases) <= 0:
        return None
    reached = [rate * n for rate, n in zip(rates, cases, strict=True)]
    low, high = confint_proportions_2indep(
        reached[1], cases[1], reached[0], cases[0], method="newcomb", compare="diff", alpha=1 - confidence
    )
    return (float(low), float(high)) if math.isfinite(low) and math.isfinite(high) else None


def differ(rates: tuple[float, float], cases: tuple[float, float], confidence: float) -> bool:
    """Whether the interval of the difference of two rates holds no difference; see `difference_interval`."""
    found = difference_interval(rates, cases, confidence)
    return found is not None and not found[0] <= 0 <= found[1]
