"""Rates held against limits: what is below, and what only seems so by the computer's arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# A rate is no closer to a limit than this but by the computer's arithmetic, as where every area has the same rate and a
# line is fitted to them: two fractions of fewer than 30 000 patients that differ at all are further apart.
ROUNDING_ERROR = 1e-9


@overload
def is_below(rate: float, limit: float) -> bool: ...


@overload
def is_below(rate: NDArray[np.float64], limit: NDArray[np.float64] | np.float64 | float) -> NDArray[np.bool_]: ...


@overload
def is_below(rate: pd.Series[float], limit: pd.Series[float] | float) -> pd.Series[bool]: ...


def is_below(rate: Any, limit: Any) -> Any:
    """Say whether a rate is below a limit, by more than the error of the computer's arithmetic.

    Parameters
    ----------
    rate, limit : float or array of float
        Proportions; arrays of one shape, or such that they can be broadcast to one.

    Returns
    -------
    bool or array of bool
        False where either is NaN; of pandas' nullable numbers, missing where either is.
    """
    return rate < limit - ROUNDING_ERROR
