"""What a reviewer asks of a weighted regression: even spread, straightness, and single areas that carry it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.stats.regression import RANK, Term
from iapt_report.stats.value import Value, finite
from iapt_report.stats.variation import FULL_LEVERAGE, estimable, leverages

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.regression import Fit


class Statistic(Value):
    """A test: its statistic, degrees of freedom (``df2`` those of F's denominator) and P value."""

    statistic: float | None
    df: int
    df2: int | None = None
    p: float | None


class Influential(Value):
    """An area that bears more than its share on the fit.

    ``leverage`` is how unusual its deprivation rank and weight are, ``cooks_distance`` how far the fit moves without
    it.
    """

    area_code: str
    area_name: str
    leverage: float
    cooks_distance: float


class Diagnostics(Value):
    """The examination of the final model.

    Parameters
    ----------
    breusch_pagan : Statistic
        Does the spread of the weighted residuals change with deprivation rank or cases?
    reset : Statistic
        Do squares and cubes of the fitted rates add to the fit, so that a straight line is not enough?
    hc3 : Term or None
        The slope on deprivation rank with standard errors that allow for uneven spread.
    influential : tuple of Influential
        Areas with Cook's distance above ``cooks_limit``, the largest first.
    cooks_limit : float
        4/n, a customary bound.
    """

    breusch_pagan: Statistic
    reset: Statistic
    hc3: Term | None
    influential: tuple[Influential, ...]
    cooks_limit: float


@dataclass(frozen=True)
class Influence:
    """Leverage and Cook's distance of each area, arrays of shape (n,).

    The distance is not a number where leverage is 1: without that area the model is another.
    """

    leverage: NDArray[np.float64]
    cooks: NDArray[np.float64]


def breusch_pagan_of(
    fit: Fit, against: Mapping[str, NDArray[np.float64]], root_weights: NDArray[np.float64] | None = None
) -> Statistic:
    """Test whether the spread of the weighted residuals changes with given measures, such as case-load.

    Weights by case-load take chance for all that sets rates apart. Where services truly differ, the weighted residuals
    of large services spread more: against rank alone that looks quiet.

    Parameters
    ----------
    fit : Fit
    against : mapping of str to ndarray, each of shape (n,)
        The measures, as ``{"imd_rank": rank, "cases": cases}``, of the areas in the fit. One that does not vary, or is
        a combination of those before it, does not count.
    root_weights : ndarray, shape (n,), or None
        What the residuals are multiplied by, where not the square roots of the fit's own weights.

    Returns
    -------
    Statistic
        Its degrees of freedom are the measures that count.

    Notes
    -----
    Koenker's form: n R² of the squared residuals on the measures. Breusch TS, Pagan AR. Econometrica 1979; 47:
    1287–1294; Koenker R. J Econom 1981; 17: 107–112.
    """
    import numpy as np
    from scipy import stats
    from statsmodels.regression.linear_model import OLS

    columns = np.column_stack(list(against.values()))
    columns = columns[:, estimable(columns)]
    df = columns.shape[1]
    if not _varies(fit) or not df:
        return Statistic(statistic=None, df=df, p=None)
    fitted = fit.predictor
    residual = np.asarray(fitted.wresid if root_weights is None else fitted.resid * root_weights, dtype=np.float64)
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    squares = OLS(residual**2 / (residual**2).mean(), np.column_stack([np.ones(len(residual)), scaled])).fit()
    statistic = finite(len(residual) * squares.rsquared)
    p = None if statistic is None else float(stats.chi2.sf(statistic, df))
    return Statistic(statistic=statistic, df=df, p=p)


def reset(fit: Fit) -> Statistic:
    """Test whether powers of the fitted rates improve the weighted regression.

    Notes
    -----
    The F test of `statsmodels`' nested models, as R's ``anova(model, update(model, . ~ . + I(fit^2) + I(fit^3)))``.
    Ramsey JB. Tests for specification errors in classical linear least-squares regression analysis. J R Stat Soc B
    1969; 31: 350–371.
    """
    import numpy as np
    from statsmodels.regression.linear_model import WLS

    fitted = fit.predictor
    df2 = int(fitted.df_resid) - 2
    values = fitted.fittedvalues.to_numpy("float64")
    spread = values.std()
    if not _varies(fit) or df2 < 1 or spread == 0:
        return Statistic(statistic=None, df=2, df2=df2, p=None)
    # Powers of the standardised rates span the same space, and are told apart by the arithmetic.
    scaled = (values - values.mean()) / spread
    wider = np.column_stack([fitted.model.exog, scaled**2, scaled**3])
    if np.linalg.matrix_rank(wider) < wider.shape[1]:
        return Statistic(statistic=None, df=2, df2=df2, p=None)
    with warnings.catch_warnings():
        # The powers of few different ranks can be all but dependent.
        warnings.simplefilter("ignore")
        larger = WLS(fitted.model.endog, wider, weights=fitted.model.weights).fit()
    f, p, _ = larger.compare_f_test(fitted)
    return Statistic(statistic=finite(f), df=2, df2=df2, p=finite(p))


def hc3_slope(fit: Fit, confidence: float) -> Term | None:
    """Give the slope on deprivation rank with heteroscedasticity-consistent (HC3) errors.

    Notes
    -----
    statsmodels' ``get_robustcov_results("HC3")``, as R's ``sandwich::vcovHC(model, type = "HC3")`` with t tests. In
    this form: Davidson R, MacKinnon JG. Estimation and Inference in Econometrics. New York: Oxford University Press,
    1993. MacKinnon JG, White H. J Econom 1985; 29: 305–325, gave the name to the jackknife that it stands for.
    """
    if not _varies(fit):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        robust = fit.predictor.get_robustcov_results("HC3", use_t=True)
        limits = robust.conf_int(1 - confidence)
    i = list(fit.predictor.params.index).index(RANK)
    figures = [finite(values[i]) for values in (robust.bse, robust.tvalues, robust.pvalues)]
    se, t, p = figures
    low, high = (finite(limit) for limit in limits[i])
    # An area that alone bears its dummy, or holds its rank, has no residual to estimate a spread from.
    if se is None or float(leverage(fit).max()) > FULL_LEVERAGE:
        return None
    return Term(estimate=float(robust.params[i]), se=se, t=t, p=p, ci_low=low, ci_high=high)


def leverage(fit: Fit) -> NDArray[np.float64]:
    """Give each area's leverage in the weighted regression, shape (n,): 1 where it determines its own fit."""
    return leverages(fit.predictor.model.wexog)


def influence(fit: Fit) -> Influence | None:
    """Give each area's leverage and Cook's distance in the weighted regression; None where the fit is perfect.

    Notes
    -----
    `statsmodels.stats.outliers_influence.OLSInfluence` on the weighted values; as R's ``hatvalues(model)`` and
    ``cooks.distance(model)``. Cook RD. Detection of influential observation in linear regression. Technometrics 1977;
    19: 15–18.
    """
    import numpy as np
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.outliers_influence import OLSInfluence

    if not _varies(fit):
        return None
    model = fit.predictor.model
    measures = OLSInfluence(OLS(model.wendog, model.wexog).fit())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        own, cooks = leverage(fit), np.asarray(measures.cooks_distance[0], dtype=np.float64)
    # Where an area determines its own fit, a rounding error is divided by another.
    return Influence(leverage=own, cooks=np.where(own > FULL_LEVERAGE, np.nan, cooks))


def _varies(fit: Fit) -> bool:
    """Whether there are residuals to examine."""
    return fit.model.r_squared is not None and fit.model.f is not None
