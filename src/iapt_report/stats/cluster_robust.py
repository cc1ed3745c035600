"""Errors of a weighted regression that allow for observations of one cluster being alike, also with few clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Eigenvalues below this share of the largest are 0, but for the computer's arithmetic.
_NOTHING = 1e-10


@dataclass(frozen=True)
class BellMcCaffrey:
    """The CR2 variance of one linear combination of coefficients, ready for any response.

    Parameters
    ----------
    combine : ndarray, shape (n,)
        The combination is ``combine @ y``.
    parts : ndarray, shape (clusters, n)
        Its variance is the sum of squares of ``parts @ y``.
    df : float
        Satterthwaite's degrees of freedom.
    """

    combine: NDArray[np.float64]
    parts: NDArray[np.float64]
    df: float


def bell_mccaffrey(
    design: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.int64],
    contrast: NDArray[np.float64],
) -> BellMcCaffrey:
    """Prepare the bias-reduced cluster-robust variance (CR2) of a combination of weighted least-squares coefficients.

    Parameters
    ----------
    design : ndarray, shape (n, p)
        Of full rank.
    weights : ndarray, shape (n,)
        Positive; only their ratios matter.
    groups : ndarray of int, shape (n,)
        The cluster of each observation, numbered from 0.
    contrast : ndarray, shape (p,)
        The combination of coefficients.

    Returns
    -------
    BellMcCaffrey

    Notes
    -----
    With H = X(X'WX)⁻¹X'W and M = I − H, of which Mⱼ are the rows of cluster j, Aⱼ is the symmetric inverse square root
    of MⱼMⱼ', so that the variance is unbiased where observations are independent and spread alike. The degrees of
    freedom are those of the χ² with the same first two moments there. Bell RM, McCaffrey DF. Bias reduction in standard
    errors for linear regression with multi-stage samples. Surv Methodol 2002; 28: 169–181. Pustejovsky JE, Tipton E.
    Small-sample methods for cluster-robust variance estimation and hypothesis testing in fixed effects models. J Bus
    Econ Stat 2018; 36: 672–683. As R's ``clubSandwich::coef_test(lm(..., weights = w), vcov = "CR2", cluster =
    groups)``.
    """
    import numpy as np

    inverse = np.linalg.inv((design * weights[:, np.newaxis]).T @ design)
    combine = (design @ (inverse @ contrast)) * weights
    left = np.eye(len(design)) - design @ inverse @ (design * weights[:, np.newaxis]).T
    clusters = int(groups.max()) + 1
    parts = np.zeros((clusters, len(design)))
    for j in range(clusters):
        own = np.flatnonzero(groups == j)
        values, vectors = np.linalg.eigh(left[own] @ left[own].T)
        # A cluster that determines its own fit has no residual there.
        known = values > _NOTHING
        root = (vectors[:, known] / np.sqrt(values[known])) @ vectors[:, known].T
        parts[j] = (combine[own] @ root) @ left[own]
    products = parts @ parts.T
    return BellMcCaffrey(
        combine=np.asarray(combine, dtype=np.float64),
        parts=parts,
        df=float(np.trace(products) ** 2 / (products**2).sum()) if products.any() else 0.0,
    )
