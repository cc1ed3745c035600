"""Areas that stand out: how far, knowing how sure each rate is, and the line of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.stats.random_effects import chance_variance, estimate_tau2, solve
from iapt_report.stats.regression import DUMMY, RANK, Fit, Term, weighted_least_squares
from iapt_report.stats.variation import estimable, varies

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.stats.random_effects import Method


@dataclass(frozen=True)
class Studentised:
    """How far each area lies from the line of the others, arrays of shape (n,).

    Parameters
    ----------
    residual : ndarray
        Its rate less the rate that the random-effects regression of the other areas expects there (proportion).
    se : ndarray
        The standard error of that: of the expectation, of the variance between areas, and of chance in its own cases.
    t : ndarray
        The one over the other; not a number where the other areas do not determine a line there.
    p : ndarray
        Two-sided, from Student's t with the others' residual degrees of freedom; not adjusted for the number of areas.
    """

    residual: NDArray[np.float64]
    se: NDArray[np.float64]
    t: NDArray[np.float64]
    p: NDArray[np.float64]


@dataclass(frozen=True)
class Indicated:
    """The weighted regression in which each outlying area has an indicator of its own.

    Parameters
    ----------
    fit : Fit
        Of the areas without an indicator, which alone determine the line: R², the tests of the model and its
        examination (`iapt_report.stats.diagnostics`) are theirs. ``model.n`` counts them. `expected_rates` takes it
        for all areas.
    indicators : dict of int to Term
        By the outlying area's place among all: how far its rate lies from the line (proportion), with its test.
    """

    fit: Fit
    indicators: dict[int, Term]


def studentised_residuals(
    rate: NDArray[np.float64],
    cases: NDArray[np.float64],
    rank: NDArray[np.float64],
    *,
    method: Method = "reml",
    kept: NDArray[np.bool_] | None = None,
) -> Studentised | None:
    """Measure each area against the random-effects regression of the other areas.

    A raw distance calls a small service extreme whose rate varies by chance; this one divides by what chance in the
    area's own cases, and true differences between services, let one expect.

    Parameters
    ----------
    rate, cases, rank : ndarray, shape (n,)
        Proportions, the patients behind each, and deprivation ranks.
    method : {"reml", "paule_mandel"}
        How the variance between areas is estimated, each time without the area itself.
    kept : ndarray of bool, shape (n,), or None
        The areas that may determine the line; all where None. The others are measured against these all the same, so
        that outliers that stand together do not hide one another.

    Returns
    -------
    Studentised or None
        None where rates or ranks do not vary, or fewer than four areas determine the line.

    Notes
    -----
    Externally studentised (deleted) residuals: Viechtbauer W, Cheung MW-L. Outlier and influence diagnostics for
    meta-analysis. Res Synth Methods 2010; 1: 112–125. As R's ``metafor::rstudent(rma(..., test = "knha"))``.
    """
    import numpy as np
    from scipy import stats

    n = len(rate)
    rows = np.ones(n, dtype=np.bool_) if kept is None else kept
    if rows.sum() < 4 or not varies(rate[rows]) or not varies(rank[rows]):  # noqa: PLR2004 - a line, and one to test
        return None
    design = np.column_stack([np.ones(n), (rank - rank[rows].mean()) / rank[rows].std()])
    chance = chance_variance(rate, cases, design, rows)
    residual, se, dof = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    for i in range(n):
        others = rows.copy()
        others[i] = False
        if not varies(rank[others]):
            continue
        y, x, v = rate[others], design[others], chance[others]
        tau2 = estimate_tau2(y, x, v, method) if varies(y) else 0.0
        line = solve(y, x, v, tau2)
        dof[i] = len(y) - 2
        scale = (line.weight * line.residual**2).sum() / dof[i]
        residual[i] = rate[i] - design[i] @ line.beta
        se[i] = np.sqrt(scale * (chance[i] + tau2 + design[i] @ line.inverse @ design[i]))
    t = np.divide(residual, se, out=np.full(n, np.nan), where=se > 0)
    return Studentised(residual=residual, se=se, t=t, p=2 * stats.t.sf(np.abs(t), dof))


def dummy_is_estimable(
    rank: NDArray[np.float64], outlier: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
) -> bool:
    """Say whether an outlier dummy has an effect beside that of rank: not where the one is known from the other."""
    import numpy as np

    return bool(estimable(np.column_stack([rank, outlier.astype("float64")]), weights)[1])


def weighted_with_indicators(
    frame: pd.DataFrame, response: str, weights: NDArray[np.float64], confidence: float
) -> Indicated | None:
    """Regress a rate on deprivation rank, with an indicator for each outlying area.

    One dummy for all outliers takes them to lie equally far from the line on the same side. With outliers on both
    sides, or at different distances, it fits none of them, and they lever the line. An indicator each leaves the line
    to the other areas.

    Parameters
    ----------
    frame : DataFrame, n rows
        Columns of the rate (proportion), ``imd_rank`` and ``outlier`` (boolean).
    response : str
        The column of the rate.
    weights : ndarray, shape (n,)
        Positive.
    confidence : float
        Level of every interval, 0–1.

    Returns
    -------
    Indicated or None
        None where fewer than three areas, or areas of one rank alone, are left for the line.

    Notes
    -----
    Coefficients, standard errors and tests are those of R's ``lm(rate ~ imd_rank + factor(indicator), weights =
    weights)``; the line is that of ``lm(rate ~ imd_rank, weights = weights, subset = !outlier)``. Belsley DA, Kuh E,
    Welsch RE. Regression Diagnostics. New York: Wiley, 1980, chapter 2.
    """
    import numpy as np
    from scipy import stats

    outlier = frame[DUMMY].to_numpy(dtype=bool)
    rank = frame[RANK].to_numpy("float64")
    if (~outlier).sum() < 3 or not varies(rank[~outlier]):  # noqa: PLR2004 - a line, and a residual
        return None
    fit = weighted_least_squares(frame[~outlier], response, weights[~outlier], dummy=False, confidence=confidence)
    model = fit.model
    t = float(stats.t.isf((1 - confidence) / 2, model.df_resid))
    design = np.column_stack([np.ones(len(rank)), rank])
    away = frame[response].to_numpy("float64") - design @ fit.predictor.params.to_numpy("float64")
    unscaled = np.asarray(fit.predictor.normalized_cov_params, dtype=np.float64)
    se = model.sigma * np.sqrt(1 / weights + np.einsum("ij,jk,ik->i", design, unscaled, design))

    def term(i: int) -> Term:
        estimate, error = float(away[i]), float(se[i])
        if model.r_squared is None or model.f is None or not error > 0:
            return Term(estimate=estimate, se=None, t=None, p=None, ci_low=None, ci_high=None)
        ratio = estimate / error
        p = 2 * float(stats.t.sf(abs(ratio), model.df_resid))
        return Term(
            estimate=estimate, se=error, t=ratio, p=p, ci_low=estimate - t * error, ci_high=estimate + t * error
        )

    return Indicated(fit=fit, indicators={int(i): term(int(i)) for i in np.flatnonzero(outlier)})
