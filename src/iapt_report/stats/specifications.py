"""The gradient under other choices than the study's: what depends on them, and what does not."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from iapt_report.areas.rates import ROUNDING_ERROR, is_below
from iapt_report.stats.value import Value, finite
from iapt_report.stats.variation import FULL_LEVERAGE, leverages, varies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Name = Literal[
    "weighted", "weighted_hc3", "unweighted", "score", "quasibinomial", "betabinomial",
]  # fmt: skip
_NO_CORRELATION = 1e-5


class Specification(Value):
    """One way to estimate the gradient.

    Parameters
    ----------
    name : str
    n : int
        Areas in the estimate.
    gradient, ci_low, ci_high : float or None
        The rate expected at the least deprived area minus that at the most deprived (proportion), with its interval.
    p : float or None
        Of the test that there is none.
    below : int or None
        How many of all areas lie below the lower confidence limit of the mean expected at their deprivation.
    dispersion : float or None
        Of the logistic models: the variance of the quasi-binomial over chance, φ, or the beta-binomial's correlation
        between patients of an area.
    """

    name: Name
    n: int
    gradient: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    below: int | None
    dispersion: float | None = None


@dataclass(frozen=True)
class Data:
    """What the models are fitted to, arrays of shape (n,); ``reached`` may be missing.

    Parameters
    ----------
    rate, rank, weights, cases : ndarray
        Observed rates (proportions), deprivation ranks, the regression's weights, the patients behind each rate.
    score : ndarray or None
        Deprivation scores, higher for more deprived areas.
    reached : ndarray or None
        Of the patients in ``cases``, those who reached the outcome, where the source gives the counts.
    outlier : ndarray of bool
    """

    rate: NDArray[np.float64]
    rank: NDArray[np.float64]
    weights: NDArray[np.float64]
    cases: NDArray[np.float64]
    score: NDArray[np.float64] | None
    reached: NDArray[np.float64] | None
    outlier: NDArray[np.bool_]


def _design(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale a predictor to 0 at the most and 1 at the least deprived, so that its coefficient is the gradient."""
    import numpy as np

    return np.column_stack([np.ones(len(x)), (x - x.min()) / (x.max() - x.min())])


def linear(
    name: Name,
    data: Data,
    x: NDArray[np.float64],
    weights: NDArray[np.float64],
    rows: NDArray[np.bool_],
    confidence: float,
) -> Specification:
    """Fit a weighted line to some of the areas; ``x``, shape (n,), rises from the most deprived to the least."""
    from scipy import stats
    from statsmodels.regression.linear_model import WLS

    design = _design(x)
    n = int(rows.sum())
    nothing = Specification(name=name, n=n, gradient=None, ci_low=None, ci_high=None, p=None, below=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        if design[rows, 1].min() == design[rows, 1].max():
            return nothing
        fitted = WLS(data.rate[rows], design[rows], weights=weights[rows]).fit()
        if fitted.ssr <= 1e-20 * float((weights * data.rate**2).sum()):  # the computer's arithmetic
            return nothing.model_copy(update={"gradient": float(fitted.params[1])})
        if name == "weighted_hc3" and leverages(fitted.model.wexog).max() > FULL_LEVERAGE:
            # An area that alone holds its rank has no residual to estimate a spread from.
            return nothing.model_copy(update={"gradient": float(fitted.params[1])})
        result: Any = fitted.get_robustcov_results("HC3", use_t=True) if name == "weighted_hc3" else fitted
        low, high = result.conf_int(1 - confidence)[1]
        covariance = result.cov_params()
    t = float(stats.t.isf((1 - confidence) / 2, fitted.df_resid))
    return Specification(
        name=name,
        n=n,
        gradient=float(result.params[1]),
        ci_low=finite(low),
        ci_high=finite(high),
        p=finite(result.pvalues[1]),
        below=_below(data, design @ result.params, _standard_errors(design, covariance), t),
    )


def _standard_errors(design: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design)), dtype=np.float64)


def _below(data: Data, mean: NDArray[np.float64], se: NDArray[np.float64], reach: float) -> int:
    return int(is_below(data.rate, mean - reach * se).sum())


def quasibinomial(data: Data, confidence: float, rows: NDArray[np.bool_] | None = None) -> Specification:
    """Fit the logistic model with overdispersion to some of the areas, or to all."""
    from scipy import stats
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    design = _design(data.rank)
    rate, x, cases = (values if rows is None else values[rows] for values in (data.rate, design, data.cases))
    nothing = Specification(
        name="quasibinomial", n=len(rate), gradient=None, ci_low=None, ci_high=None, p=None, below=None
    )
    if not varies(rate):
        return nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GLM(rate, x, family=Binomial(), var_weights=cases)
        fitted = model.fit(scale="X2", use_t=True, tol=1e-12, maxiter=200)
    if not fitted.scale > ROUNDING_ERROR:
        return nothing
    reach = float(stats.t.isf((1 - confidence) / 2, fitted.df_resid))
    return _logistic(nothing, data, design, fitted.params, fitted.cov_params(), reach).model_copy(
        update={"p": finite(fitted.pvalues[1]), "dispersion": float(fitted.scale)}
    )


def _logistic(
    empty: Specification,
    data: Data,
    design: NDArray[np.float64],
    params: NDArray[np.float64],
    covariance: NDArray[np.float64],
    reach: float,
) -> Specification:
    """Fill in the gradient of a logistic model, by the delta method, and the areas below its expected mean."""
    import numpy as np
    from scipy.special import expit

    ends = np.array([[1.0, 0.0], [1.0, 1.0]])
    first, last = expit(ends @ params)
    slope = last * (1 - last) * ends[1] - first * (1 - first) * ends[0]
    se = float(np.sqrt(slope @ covariance @ slope))
    linear = design @ params
    low = expit(linear - reach * _standard_errors(design, covariance))
    gradient = float(last - first)
    return empty.model_copy(
        update={
            "gradient": gradient,
            "ci_low": finite(gradient - reach * se),
            "ci_high": finite(gradient + reach * se),
            "below": int(is_below(data.rate, low).sum()),
        }
    )


def betabinomial(
    data: Data, reached: NDArray[np.float64], confidence: float, rows: NDArray[np.bool_] | None = None
) -> Specification:
    """Fit the beta-binomial model to some of the areas, or to all; ``reached`` as in ``data``."""
    import numpy as np
    from scipy import stats
    from scipy.special import expit, logit, psi
    from statsmodels.base.model import GenericLikelihoodModel

    everyone = _design(data.rank)
    design, cases, reached, rate = (
        values if rows is None else values[rows] for values in (everyone, data.cases, reached, data.rate)
    )

    class BetaBinomial(GenericLikelihoodModel):  # type: ignore[misc] # statsmodels is untyped
        """Logit of the mean linear in the design; the last parameter is the logarithm of the two shapes' sum."""

        def _shapes(self, params: NDArray[np.float64]) -> tuple[Any, Any, Any]:
            mean = expit(self.exog @ params[:-1])
            total = np.exp(params[-1])
            return mean, mean * total, (1 - mean) * total

        def loglike(self, params: NDArray[np.float64]) -> float:
            _, a, b = self._shapes(params)
            return float(np.sum(stats.betabinom.logpmf(reached, cases, a, b)))

        def score(self, params: NDArray[np.float64]) -> NDArray[np.float64]:
            mean, a, b = self._shapes(params)
            by_a, by_b = psi(reached + a) - psi(a), psi(cases - reached + b) - psi(b)
            by_linear = (a + b) * (by_a - by_b) * mean * (1 - mean)
            by_total = a * by_a + b * by_b + (a + b) * (psi(a + b) - psi(cases + a + b))
            return np.append(self.exog.T @ by_linear, by_total.sum())

    empty = Specification(
        name="betabinomial", n=len(cases), gradient=None, ci_low=None, ci_high=None, p=None, below=None
    )
    mean = reached.sum() / cases.sum()
    if not 0 < mean < 1 or not varies(rate):
        return empty
    between = max(float(np.var(reached / cases)) / (mean * (1 - mean)), 1e-6)
    start = np.array([logit(mean), 0.0, np.log(1 / between)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = BetaBinomial(cases, design)
        fitted = model.fit(start_params=start, method="bfgs", disp=False, gtol=1e-7, maxiter=500, skip_hessian=True)
        params = _polished(model.score, np.asarray(fitted.params))
    correlation = 1 / (1 + float(np.exp(params[-1]))) if params is not None else 0.0
    # Without more variation than chance the correlation runs to nothing, and the model is the binomial one.
    if params is None or correlation < _NO_CORRELATION:
        return empty
    covariance = np.asarray(np.linalg.inv(-_jacobian(model.score, params))[:2, :2], dtype=np.float64)
    if not (np.diag(covariance) > 0).all():
        return empty
    z = float(stats.norm.isf((1 - confidence) / 2))
    p = 2 * float(stats.norm.sf(abs(params[1]) / np.sqrt(covariance[1, 1])))
    return _logistic(empty, data, everyone, params[:2], covariance, z).model_copy(
        update={"p": p, "dispersion": correlation}
    )


def _jacobian(score: Any, params: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differentiate the score by central differences, symmetrised."""
    import numpy as np

    step = 1e-5
    columns = [(score(params + step * unit) - score(params - step * unit)) / (2 * step) for unit in np.eye(len(params))]
    hessian = np.column_stack(columns)
    return np.asarray((hessian + hessian.T) / 2, dtype=np.float64)


def _polished(score: Any, params: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Go the last steps to the maximum by Newton's method; None where there is none."""
    import numpy as np

    for _ in range(20):
        gradient = score(params)
        if not np.isfinite(gradient).all() or not np.isfinite(params).all():
            return None
        try:
            step = np.linalg.solve(_jacobian(score, params), gradient)
        except np.linalg.LinAlgError:
            return None
        if np.abs(step).max() > 5:  # noqa: PLR2004 - running away, not converging
            return None
        params = params - step
        if np.abs(step).max() < 1e-10:  # noqa: PLR2004
            return params
    return params
