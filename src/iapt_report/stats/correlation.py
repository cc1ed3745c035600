"""Rank correlation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from iapt_report.stats.value import Value, finite
from iapt_report.stats.variation import levels

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

Interval = Literal["fisher", "bonett_wright"]
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


def spearman(
    x: NDArray[np.float64], y: NDArray[np.float64], confidence: float, interval: Interval = "fisher"
) -> Correlation:
    """Correlate the ranks of two measures; ties get their mean rank.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        The measures, without missing values.
    confidence : float
        Level of the interval, 0–1.
    interval : {"fisher", "bonett_wright"}
        Whose standard error on the z scale: Fisher's 1/√(n − 3), which is that of a product-moment correlation, or the
        √((1 + ρ²/2)/(n − 3)) that Bonett and Wright give for Spearman's.

    Returns
    -------
    Correlation
        Values that differ by no more than the computer's arithmetic tie.

    Notes
    -----
    Coefficient and P value come from `scipy.stats.spearmanr` (as R's ``cor.test(method = "spearman",
    exact = FALSE)``), Fisher's interval from `pingouin.compute_esci`: Fisher RA. On the "probable error" of a
    coefficient of correlation deduced from a small sample. Metron 1921; 1: 3–32. The other: Bonett DG, Wright TA.
    Sample size requirements for estimating Pearson, Kendall and Spearman correlations. Psychometrika 2000; 65: 23–28.
    """
    from scipy import stats

    n = len(x)
    x, y = levels(x), levels(y)
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
    elif interval == "bonett_wright":
        low, high = bonett_wright(rho, n, confidence)
    else:
        # It takes longer to import than the whole period to analyse.
        import pingouin

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


def bonett_wright(rho: float, n: int, confidence: float) -> tuple[float, float]:
    """Give the limits of a Spearman correlation between −1 and 1 of n pairs, n at least 4, as `spearman` defines them.

    ``tanh(artanh ρ ± z √((1 + ρ²/2) / (n − 3)))``, with z the normal quantile.
    """
    import math

    from scipy import stats

    reach = float(stats.norm.isf((1 - confidence) / 2)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    return math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)


def with_holm(family: Mapping[str, Correlation], *, sensitivity: Collection[str] = ()) -> dict[str, Correlation]:
    """Adjust the P values of correlations that are reported together, so that one false finding is unlikely in all.

    Parameters
    ----------
    family : mapping of str to Correlation
    sensitivity : collection of str
        Those that ask one of the other questions again, as of fewer areas: no hypotheses of their own, they do not
        count, and their ``p_holm`` is None.

    Notes
    -----
    In rising order of P, the i-th of m is multiplied by m − i + 1, is not below those before it, and at most 1; the
    same as R's ``p.adjust(method = "holm")``. Holm S. A simple sequentially rejective multiple test procedure. Scand J
    Stat 1979; 6: 65–70.
    """
    tested = {
        name: correlation.p
        for name, correlation in family.items()
        if correlation.p is not None and name not in sensitivity
    }
    adjusted: dict[str, float] = {}
    highest = 0.0
    for i, name in enumerate(sorted(tested, key=lambda name: tested[name])):
        highest = max(highest, min(1.0, (len(tested) - i) * tested[name]))
        adjusted[name] = highest
    return {
        name: correlation.model_copy(update={"p_holm": adjusted[name]} if name in adjusted else {})
        for name, correlation in family.items()
    }
