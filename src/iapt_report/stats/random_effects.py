"""Random-effects regression of areas: their rates on deprivation, where services truly differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from iapt_report.stats.regression import INTERCEPT, RANK, Expected, Term
from iapt_report.stats.value import Value, finite
from iapt_report.stats.variation import estimable, varies

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

Method = Literal["reml", "paule_mandel"]
# Squares below this share of the whole are the computer's arithmetic, not variation.
_NOTHING = 1e-20
# A fitted rate can leave what rates can be, or reach its end, where chance would have no spread.
_NEAREST_TO_CERTAIN = 0.01
_GRID = 200


class Span(Value):
    """The rate expected of the least deprived area minus that of the most deprived (proportion), and its interval."""

    estimate: float
    ci_low: float | None
    ci_high: float | None
    p: float | None


class RandomEffects(Value):
    """A random-effects regression of areas.

    Where rates do not vary, tests, intervals, Q and I² are None. Where the fit is perfect, t and F are None (infinite)
    and P is 0.

    Parameters
    ----------
    method : {"reml", "paule_mandel"}
        How τ² is estimated.
    terms : dict of str to Term
        ``Intercept``, ``imd_rank`` and the covariates, per unit of each, with Knapp–Hartung standard errors and
        Student's t with ``df_resid`` degrees of freedom.
    not_estimable : tuple of str
        Predictors left out because they do not vary or are a combination of those before them.
    tau2 : float
        τ², the variance between areas of one deprivation, beyond chance (squared proportion).
    i2 : float or None
        I², the share of the variance left by the predictors that is not chance, 0–1.
    r_squared : float or None
        The share of the variance between areas that the predictors explain, 0–1; None where there is none to explain.
    q, q_p : float or None
        Cochran's Q of the residuals and P of its test that areas of one deprivation do not differ (``df_resid``).
    f, p : float or None
        The F test of all predictors, with ``df_model`` and ``df_resid`` degrees of freedom.
    df_model, df_resid : int
    n : int
        Areas in the fit.
    gradient : Span or None
        From the most to the least deprived of all areas; None where deprivation has no estimable effect.
    """

    method: Method
    terms: dict[str, Term]
    not_estimable: tuple[str, ...]
    tau2: float
    i2: float | None
    r_squared: float | None
    q: float | None
    q_p: float | None
    f: float | None
    p: float | None
    df_model: int
    df_resid: int
    n: int
    gradient: Span | None


@dataclass(frozen=True)
class RandomFit:
    """A random-effects regression with what it expects of each area, arrays of shape (n,), proportions.

    Parameters
    ----------
    model : RandomEffects
    expected : Expected
        The fitted mean at each area's predictors and its Knapp–Hartung confidence interval. Not clipped to 0–1.
    prediction : Expected
        The same mean, with the interval in which the true rate of one more area with these predictors would lie.
    observation : Expected
        The same mean, with the interval in which the rate observed there would lie, by chance in the area's own cases
        as well.
    cases : ndarray, shape (n,)
        The patients behind each rate.
    chance : ndarray, shape (n,)
        The variance of each area's rate by chance alone (squared proportion).
    weights : ndarray, shape (n,)
        1 / (τ² + chance); also for areas that are not in the fit.
    kept : ndarray of bool, shape (n,)
        The areas in the fit.
    coefficients, covariance : ndarray, shapes (p,) and (p, p)
        Of the terms in their order, and their Knapp–Hartung covariance.
    """

    model: RandomEffects
    expected: Expected
    prediction: Expected
    observation: Expected
    cases: NDArray[np.float64]
    chance: NDArray[np.float64]
    weights: NDArray[np.float64]
    kept: NDArray[np.bool_]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]


@dataclass(frozen=True)
class Solved:
    """Weighted least squares at one τ²: coefficients (p,), (X'WX)⁻¹ (p, p), residuals and weights (n,)."""

    beta: NDArray[np.float64]
    inverse: NDArray[np.float64]
    residual: NDArray[np.float64]
    weight: NDArray[np.float64]


def random_effects(
    rate: NDArray[np.float64],
    cases: NDArray[np.float64],
    predictors: Mapping[str, NDArray[np.float64]],
    confidence: float,
    *,
    method: Method = "reml",
    kept: NDArray[np.bool_] | None = None,
) -> RandomFit | None:
    """Regress the areas' rates on their predictors, with a variance between areas beside that of chance.

    Parameters
    ----------
    rate : ndarray, shape (n,)
        Proportions.
    cases : ndarray, shape (n,)
        The patients behind each rate, positive.
    predictors : mapping of str to ndarray, each of shape (n,)
        ``imd_rank`` first, then covariates if any. With none, the model is the mean of areas. One that is a combination
        of those before it has no effect that can be estimated, and is left out.
    confidence : float
        Level of every interval, 0–1.
    method : {"reml", "paule_mandel"}
    kept : ndarray of bool, shape (n,), or None
        The areas that the model is fitted to; all where None. To leave an area out is the same as to give it an
        indicator of its own. What is expected of the others is given all the same.

    Returns
    -------
    RandomFit or None
        None where no degree of freedom is left for the residuals.

    Notes
    -----
    y = Xβ + u + e, u of variance τ², e of the variance of chance v; weights 1 / (τ² + v). An area's v is p(1 − p) /
    cases with p its rate on the least-squares line weighted by cases, not its own rate: the own rate would give areas
    with a rate near 0 or 1 by chance too much weight, and a weight that depends on the rate it weighs biases the line.
    τ² by restricted maximum likelihood (Raudenbush SW. In: The Handbook of Research Synthesis and Meta-Analysis, 2nd
    edn. New York: Russell Sage Foundation, 2009) or Paule RC, Mandel J. J Res Natl Bur Stand 1982; 87: 377–385, cut off
    at 0. Standard errors: Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single
    covariate. Stat Med 2003; 22: 2693–2710. Prediction: Higgins JPT, Thompson SG, Spiegelhalter DJ. J R Stat Soc A
    2009; 172: 137–159. As R's ``metafor::rma(yi, vi, mods, method = "REML", test = "knha")`` and ``predict``.
    """
    import numpy as np
    from scipy import stats

    n = len(rate)
    names = list(predictors)
    columns = np.column_stack([predictors[name] for name in names]) if names else np.empty((n, 0))
    rows = np.ones(n, dtype=np.bool_) if kept is None else kept
    able = estimable(columns[rows], cases[rows])
    used = [name for name, own in zip(names, able, strict=True) if own]
    design, back = _standardised(columns[:, able], rows)
    p = design.shape[1]
    dof = int(rows.sum()) - p
    if dof < 1:
        return None
    chance = chance_variance(rate, cases, design, rows)
    y, x, v = rate[rows], design[rows], chance[rows]
    constant = not varies(y)
    tau2 = 0.0 if constant else estimate_tau2(y, x, v, method)
    solved = solve(y, x, v, tau2)
    scale = float((solved.weight * solved.residual**2).sum()) / dof
    exact = scale * dof <= _NOTHING * float((solved.weight * y**2).sum())
    covariance = scale * solved.inverse
    t = float(stats.t.isf((1 - confidence) / 2, dof))
    beta, spread = back @ solved.beta, back @ covariance @ back.T

    def term(i: int, estimate: float, variance: float) -> Term:
        if constant:
            level = estimate if i == 0 else 0.0
            return Term(estimate=level, se=None, t=None, p=None, ci_low=None, ci_high=None)
        if exact:
            return Term(estimate=estimate, se=0.0, t=None, p=0.0, ci_low=estimate, ci_high=estimate)
        se = float(np.sqrt(variance))
        ratio = estimate / se
        return Term(
            estimate=estimate,
            se=se,
            t=ratio,
            p=2 * float(stats.t.sf(abs(ratio), dof)),
            ci_low=estimate - t * se,
            ci_high=estimate + t * se,
        )

    terms = {name: term(i, float(beta[i]), float(spread[i, i])) for i, name in enumerate([INTERCEPT, *used])}
    model = RandomEffects(
        method=method,
        terms=terms,
        not_estimable=tuple(name for name in names if name not in used),
        tau2=tau2,
        df_model=p - 1,
        df_resid=dof,
        n=int(rows.sum()),
        gradient=_gradient(terms.get(RANK), predictors.get(RANK)),
        **_heterogeneity(y, x, v, tau2, method, constant=constant),
        **_all_predictors(solved.beta, covariance, dof, nothing=constant or exact),
    )
    mean = design @ solved.beta
    mean_variance = np.einsum("ij,jk,ik->i", design, covariance, design)

    def within(variance: NDArray[np.float64]) -> Expected:
        reach = t * np.sqrt(variance)
        return Expected(rate=mean, low=mean - reach, high=mean + reach)

    return RandomFit(
        model=model,
        expected=within(mean_variance),
        prediction=within(mean_variance + tau2),
        observation=within(mean_variance + tau2 + chance),
        cases=cases,
        chance=chance,
        weights=1 / (tau2 + chance),
        kept=rows,
        coefficients=beta,
        covariance=spread,
    )


def chance_variance(
    rate: NDArray[np.float64], cases: NDArray[np.float64], design: NDArray[np.float64], kept: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Give the variance of each rate by chance, about the least-squares fit weighted by cases.

    Parameters
    ----------
    rate, cases : ndarray, shape (n,)
        Proportions, and the patients behind each.
    design : ndarray, shape (n, p)
        With the intercept, of full rank.
    kept : ndarray of bool, shape (n,)
        The areas that the fit is made of.

    Returns
    -------
    ndarray, shape (n,)
        p(1 − p) / cases, p kept within 0.01–0.99.
    """
    import numpy as np

    root = np.sqrt(cases[kept])
    beta = np.linalg.lstsq(design[kept] * root[:, np.newaxis], rate[kept] * root, rcond=None)[0]
    fitted = (design @ beta).clip(_NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    return np.asarray(fitted * (1 - fitted) / cases, dtype=np.float64)


def estimate_tau2(y: NDArray[np.float64], x: NDArray[np.float64], v: NDArray[np.float64], method: Method) -> float:
    """Estimate the variance between areas: y on x, shape (n, p), with variances of chance v; at least 0."""
    return _paule_mandel(y, x, v) if method == "paule_mandel" else _reml(y, x, v)


def solve(y: NDArray[np.float64], x: NDArray[np.float64], v: NDArray[np.float64], tau2: float) -> Solved:
    """Fit y to x, shape (n, p), with weights 1 / (v + τ²)."""
    import numpy as np

    weight = 1 / (v + tau2)
    inverse = np.asarray(np.linalg.inv((x * weight[:, np.newaxis]).T @ x), dtype=np.float64)
    beta = inverse @ (x.T @ (weight * y))
    return Solved(beta=beta, inverse=inverse, residual=y - x @ beta, weight=weight)


def _reml(y: NDArray[np.float64], x: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """Maximise the restricted likelihood: the best of a grid, then the zero of its derivative beside it."""
    import numpy as np
    from scipy import optimize

    @cache
    def score(tau2: float) -> float:
        s = solve(y, x, v, tau2)
        squared = s.weight**2
        lost = (s.inverse @ ((x * squared[:, np.newaxis]).T @ x)).trace()
        return float((squared * s.residual**2).sum() - s.weight.sum() + lost)

    top = 4 * float(((y - y.mean()) ** 2).sum()) + float(v.max())
    grid = np.concatenate([[0.0], np.geomspace(float(v.min()) * 1e-6, top, _GRID)])
    best = int(np.argmax(_likelihoods(y, x, v, grid)))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, _GRID)])
    if best == 0 and score(0.0) <= 0:
        return 0.0
    if not score(low) > 0 > score(high):
        return float(grid[best])
    return float(optimize.brentq(score, low, high, xtol=1e-18, rtol=1e-14))


def _likelihoods(
    y: NDArray[np.float64], x: NDArray[np.float64], v: NDArray[np.float64], tau2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the restricted log-likelihood at several τ², of shape (q,), but for a constant and a factor of 2."""
    import numpy as np

    p = x.shape[1]
    # The likelihood of y is that of its residuals, of which no sum of squares is a small difference of large ones.
    left = y - x @ np.linalg.solve(x.T @ x, x.T @ y)
    columns = np.column_stack([x, left])
    weight = v + tau2[:, np.newaxis]
    logarithms = np.log(weight).sum(axis=1)
    np.divide(1, weight, out=weight)
    # Every sum of weighted products is one of a single product of matrices.
    pairs = (columns[:, :, np.newaxis] * columns[:, np.newaxis, :]).reshape(len(y), -1)
    sums = (weight @ pairs).reshape(len(tau2), p + 1, p + 1)
    squares, products = sums[:, :p, :p], sums[:, :p, p]
    beta = np.linalg.solve(squares, products[..., np.newaxis])[..., 0]
    unexplained = sums[:, p, p] - (products * beta).sum(axis=1)
    found: NDArray[np.float64] = -logarithms - np.linalg.slogdet(squares)[1] - unexplained
    return found


def _paule_mandel(y: NDArray[np.float64], x: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """Find the τ² at which the weighted residual sum of squares is its degrees of freedom."""
    from scipy import optimize

    dof = len(y) - x.shape[1]

    def excess(tau2: float) -> float:
        s = solve(y, x, v, tau2)
        return float((s.weight * s.residual**2).sum() - dof)

    if excess(0.0) <= 0:
        return 0.0
    top = float(v.max())
    while excess(top) > 0:
        top *= 2
    return float(optimize.brentq(excess, 0.0, top, xtol=1e-18, rtol=1e-14))


def _standardised(
    columns: NDArray[np.float64], rows: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a design of predictors with mean 0 and spread 1, and the matrix that turns its coefficients back."""
    import numpy as np

    n, k = columns.shape
    if not k:
        return np.ones((n, 1)), np.eye(1)
    mean, sd = columns[rows].mean(axis=0), columns[rows].std(axis=0)
    back = np.eye(k + 1)
    back[0, 1:] = -mean / sd
    back[1:, 1:] = np.diag(1 / sd)
    return np.column_stack([np.ones(n), (columns - mean) / sd]), back


def _gradient(slope: Term | None, rank: NDArray[np.float64] | None) -> Span | None:
    if slope is None or rank is None:
        return None
    span = float(rank.max() - rank.min())
    low, high = (None if limit is None else limit * span for limit in (slope.ci_low, slope.ci_high))
    return Span(estimate=slope.estimate * span, ci_low=low, ci_high=high, p=slope.p)


def _heterogeneity(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    v: NDArray[np.float64],
    tau2: float,
    method: Method,
    *,
    constant: bool,
) -> dict[str, float | None]:
    """Compute Q with its test, I², and the share of the variance between areas that the predictors explain."""
    import numpy as np
    from scipy import stats

    if constant:
        return dict.fromkeys(("q", "q_p", "i2", "r_squared"))
    dof = len(y) - x.shape[1]
    chance = solve(y, x, v, 0.0)
    q = float((chance.weight * chance.residual**2).sum())
    left = chance.weight.sum() - np.trace(chance.inverse @ ((x * (chance.weight**2)[:, np.newaxis]).T @ x))
    alone = estimate_tau2(y, x[:, :1], v, method) if x.shape[1] > 1 else 0.0
    return {
        "q": q,
        "q_p": float(stats.chi2.sf(q, dof)),
        "i2": finite(tau2 / (tau2 + dof / left)),
        "r_squared": max(0.0, 1 - tau2 / alone) if alone > 0 else None,
    }


def _all_predictors(
    beta: NDArray[np.float64], covariance: NDArray[np.float64], dof: int, *, nothing: bool
) -> dict[str, float | None]:
    import numpy as np
    from scipy import stats

    k = len(beta) - 1
    if nothing or not k:
        return {"f": None, "p": None}
    f = float(beta[1:] @ np.linalg.solve(covariance[1:, 1:], beta[1:])) / k
    return {"f": f, "p": float(stats.f.sf(f, k, dof))}
