"""What rounding and suppression leave open: the least and the most that published counts and rates can be.

Counts below England are rounded to the nearest 5 and counts under 5 are withheld; percentages of areas are whole
numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.rates import ROUNDING_ERROR
from iapt_report.areas.table import COUNTS, has_counts

if TYPE_CHECKING:
    import pandas as pd

_DECIMALS = 6


def bounds_of(name: str) -> tuple[str, str]:
    """Return the columns of the least and the most that a count can be."""
    return f"{name}_low", f"{name}_high"


def step_of(counts: pd.DataFrame, declared: int) -> int:
    """Return the declared step where all counts are multiples of it, else 1: they were then not rounded."""
    known = counts.stack().dropna()
    return declared if len(known) and bool((known % declared == 0).all()) else 1


def count_bounds(
    count: pd.Series[int], withheld: pd.Series[bool], step: int, under: int
) -> tuple[pd.Series[int], pd.Series[int]]:
    """Bound a count that is rounded to the nearest ``step``, or withheld because it is below ``under``."""
    reach = step // 2
    low = (count - reach).clip(lower=0).mask(withheld, 0)
    return low, (count + reach).mask(withheld, max(under - 1, 0))


def percentage_reach(rate: pd.Series[float]) -> float:
    """Return how far published percentages (as proportions) can be from what they round."""
    known = rate.dropna() * 100
    decimals = next((d for d in range(_DECIMALS) if (known - known.round(d)).abs().max() < ROUNDING_ERROR), _DECIMALS)
    return 0.5 * 10.0 ** -(decimals + 2)


def rate_bounds(frame: pd.DataFrame) -> pd.DataFrame:
    """Bound the rates of each outcome by its counts, or, where these are not known, as published percentages are.

    Parameters
    ----------
    frame : DataFrame
        Counts, each with its bounds, and rates, each with those of its percentage.

    Returns
    -------
    DataFrame
        Without the bounds of the counts.
    """
    out = frame.copy()
    for outcome in OUTCOMES.values():
        least, most = (frame[name].astype("Float64") for name in bounds_of(outcome.reached))
        fewest, largest = (frame[name].astype("Float64") for name in bounds_of(outcome.cases))
        low = (least / largest.where(largest > 0)).clip(upper=1)
        high = (most / fewest.where(fewest > 0)).fillna(1.0).clip(upper=1).where(most.notna() & fewest.notna())
        counted = has_counts(frame, outcome)
        for column, bound in ((outcome.low, low), (outcome.high, high)):
            own = bound.astype("float64")
            out[column] = own.where(counted | frame[column].isna(), frame[column])
        # Either both or none.
        neither = out[outcome.low].isna() | out[outcome.high].isna()
        out[outcome.low] = out[outcome.low].mask(neither)
        out[outcome.high] = out[outcome.high].mask(neither)
    return out.drop(columns=[bound for name in COUNTS for bound in bounds_of(name)])
