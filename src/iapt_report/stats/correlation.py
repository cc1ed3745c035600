"""Rank correlation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

MINIMUM = 4


class Correlation(Value):
    """Spearman's rank correlation of two measures.

    Parameters
    ----------
    rho : float or None
        The coefficient, −1 to 1; None where one of the measures does not vary.
    p : float or None
        Two-sided P value, from Student's t with n − 2 degrees of freedom.
    ci_low, ci_high : float or None
        Confidence limits on Fisher's z scale, with standard error 1/√(n − 3).
    n : int
        Pairs of values.
    tau, tau_p : float or None
        Kendall's τ-b and its two-sided P value, as a check: it asks the same of pairs of areas.
    p_holm : float or None
        ``p`` adjusted for the family of correlations that it is reported with; None outside a family.
    """

    rho: float | None
    p: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    tau: float | None = None
    tau_p: float | None = None
    p_holm: float | None = None


def spearman(x: NDArray[np.float64], y: NDArray[np.float64], confidence: float) -> Correlation:
    """Correlate the ranks of two measures; ties get their mean rank.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        The measures, without missing values.
    confidence : float
        Level of the interval, 0–1.

    Returns
    -------
    Correlation

    Notes
    -----
    Coefficient and P value come from `scipy.stats.spearmanr` (as R's ``cor.test(method = "spearman",
    exact = FALSE)``), the interval from `pingouin.compute_esci`: Fisher RA. On the "probable error" of a
    coefficient of correlation deduced from a small sample. Metron 1921; 1: 3–32.
    """
    import pingouin
    from scipy import stats

    n = len(x)
    nothing = Correlation(rho=None, p=None, ci_low=None, ci_high=None, n=n)
    if n < MINIMUM:
        return nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        test = stats.spearmanr(x, y)
    rho = finite(test.statistic)
    if rho is None:
        return nothing
    if abs(rho) >= 1:
        low = high = rho
    else:
        low, high = pingouin.compute_esci(stat=rho, nx=n, ny=n, eftype="spearman", confidence=confidence, decimals=15)
    kendall = stats.kendalltau(x, y, variant="b", method="asymptotic")
    return Correlation(
        rho=rho,
        p=finite(test.pvalue),
        ci_low=float(low),
        ci_high=float(high),
        n=n,
        tau=finite(kendall.statistic),
        tau_p=finite(kendall.pvalue),
    )


def with_holm(family: Mapping[str, Correlation]) -> dict[str, Correlation]:
    """Adjust the P values of correlations that are reported together, so that one false finding is unlikely in all.

    Notes
    -----
    `statsmodels.stats.multitest.multipletests`; the same as R's ``p.adjust(method = "holm")``. Holm S. A simple
    sequentially rejective multiple test procedure. Scand J Stat 1979; 6: 65–70.
    """
    from statsmodels.stats.multitest import multipletests

    tested = {name: correlation.p for name, correlation in family.items() if correlation.p is not None}
    if not tested:
        return dict(family)
    adjusted = dict(zip(tested, multipletests(list(tested.values()), method="holm")[1], strict=True))
    return {
        name: correlation.model_copy(update={"p_holm": float(adjusted[name])} if name in adjusted else {})
        for name, correlation in family.items()
    }
