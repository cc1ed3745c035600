"""What the computer's arithmetic leaves of values that do not vary, columns that repeat, and residuals of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Quotients of two counts that a service can have differ by more than this share of the largest, or not at all.
_NOTHING = 1e-10
# Leverage above this is 1, but for the computer's arithmetic: the row determines its own fit.
FULL_LEVERAGE = 1 - 1e-9


def varies(values: NDArray[np.float64]) -> bool:
    """Say whether values, of shape (n,), differ by more than rounding errors."""
    if not len(values):
        return False
    return bool(values.max() - values.min() > _NOTHING * abs(values).max())


def levels(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the different values numbers, the least 0; those that differ by rounding errors share one.

    Parameters
    ----------
    values : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n,)
        Whole numbers in the order of the values, so that ranks of them are ranks of the values, with the ties there
        would be if the arithmetic were exact.
    """
    import numpy as np

    if not len(values):
        return values.astype("float64")
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order]) > _NOTHING * abs(values).max()
    found = np.empty(len(values))
    found[order] = np.concatenate([[0], np.cumsum(steps)])
    return found


def leverages(design: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the leverage of each row of a design, shape (n, p), times the square roots of its weights if it has any."""
    import numpy as np

    return np.asarray((design * np.linalg.pinv(design).T).sum(axis=1), dtype=np.float64)


def estimable(columns: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
    """Say of which predictors, beside an intercept and those before them, an effect can be estimated.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
    weights : ndarray, shape (n,), or None
        Of the regression, positive.

    Returns
    -------
    ndarray of bool, shape (k,)
        False for a predictor that does not vary or is a linear combination of earlier ones, which R reports as NA.
    """
    import numpy as np

    n, k = columns.shape
    root = np.ones(n) if weights is None else np.sqrt(weights / weights.max())
    basis = root[:, np.newaxis] / np.linalg.norm(root)
    found = np.zeros(k, dtype=np.bool_)
    for i in range(k):
        column = columns[:, i]
        if not varies(column):
            continue
        # Centred first, so that a large level does not hide a small spread.
        own = root * (column - (root**2 * column).sum() / (root**2).sum())
        left = own - basis @ (basis.T @ own)
        left -= basis @ (basis.T @ left)
        if np.linalg.norm(left) > 1e-8 * np.linalg.norm(own):
            found[i] = True
            basis = np.column_stack([basis, left / np.linalg.norm(left)])
    return found
