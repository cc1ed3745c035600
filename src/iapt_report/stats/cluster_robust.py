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
    variances: NDArray[np.float64] | None = None,
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
    variances : ndarray, shape (n,), or None
        The variances of a working model of independent observations, in which the variance is unbiased and the degrees
        of freedom are found; all alike where None. Only their ratios matter.

    Returns
    -------
    BellMcCaffrey

    Notes
    -----
    With H = X(X'WX)⁻¹X'W and M = I − H, of which Mⱼ are the rows of cluster j, and the working variances Φ, the
    residuals of a cluster are multiplied by Aⱼ = Φⱼ^½ (Φⱼ^½ Mⱼ Φ Mⱼ' Φⱼ^½)^−½ Φⱼ^½, so that the variance is unbiased
    in the working model. The degrees of freedom are those of the χ² with the same first two moments there. Bell RM,
    McCaffrey DF. Bias reduction in standard errors for linear regression with multi-stage samples. Surv Methodol 2002;
    28: 169–181. Pustejovsky JE, Tipton E. Small-sample methods for cluster-robust variance estimation and hypothesis
    testing in fixed effects models. J Bus Econ Stat 2018; 36: 672–683. As R's ``clubSandwich::coef_test(lm(...,
    weights = w), vcov = "CR2", cluster = groups)``, or with ``vcovCR(..., inverse_var = TRUE)`` for variances 1 / w.
    """
    import numpy as np

    weighted = design * weights[:, np.newaxis]
    inverse = np.linalg.inv(weighted.T @ design)
    combine = weighted @ (inverse @ contrast)
    # H = X K. M = I − H is never made: a cluster's part of it is as small as the cluster, but for something of rank p.
    coefficients = inverse @ weighted.T
    working = np.ones(len(design)) if variances is None else variances / variances.mean()
    reaching = coefficients * working
    common = reaching @ coefficients.T
    clusters = int(groups.max()) + 1
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.searchsorted(groups[order], np.arange(1, clusters)))
    parts = np.zeros((clusters, len(design)))
    taken = np.zeros((clusters, design.shape[1]))
    for j, own in enumerate(members):
        spread = np.sqrt(working[own])
        crossed = design[own] @ reaching[:, own]
        # The covariance of the cluster's residuals in the working model, Mⱼ Φ Mⱼ'.
        left = np.diag(working[own]) - crossed - crossed.T + design[own] @ common @ design[own].T
        values, vectors = np.linalg.eigh(spread[:, np.newaxis] * left * spread)
        # A cluster that determines its own fit has no residual there.
        known = values > _NOTHING * max(float(values.max()), float((spread**4).max()))
        root = (vectors[:, known] / np.sqrt(values[known])) @ vectors[:, known].T
        adjusted = combine[own] @ (spread[:, np.newaxis] * root * spread)
        parts[j, own] = adjusted
        taken[j] = adjusted @ design[own]
    parts -= taken @ coefficients
    products = (parts * working) @ parts.T
    return BellMcCaffrey(
        combine=np.asarray(combine, dtype=np.float64),
        parts=parts,
        df=float(np.trace(products) ** 2 / (products**2).sum()) if products.any() else 0.0,
    )
