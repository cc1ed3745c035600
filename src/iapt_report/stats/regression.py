"""Weighted least squares of the recovery rate on deprivation, and what it expects of each area."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

RANK = "imd_rank"
DUMMY = "outlier"
INTERCEPT = "Intercept"
# A sum of squares below this share of the whole is the computer's arithmetic, not variation.
_NOTHING = 1e-20


class Term(Value):
    """One coefficient: its estimate (proportion per unit of the term), standard error, test and interval."""

    estimate: float
    se: float | None
    t: float | None
    p: float | None
    ci_low: float | None
    ci_high: float | None


class Model(Value):
    """A fitted weighted regression, as broom's ``tidy`` and ``glance`` would give it.

    Where recovery rates do not vary, tests and R² are None. Where the fit is perfect, F and t are None (infinite)
    and P is 0.

    Parameters
    ----------
    formula : str
        As written in R or statsmodels.
    terms : dict of str to Term
        ``Intercept``, ``imd_rank`` and, in the initial model, ``outlier``.
    r_squared, adj_r_squared : float
        Weighted share of variance explained.
    sigma : float
        Residual standard error (of the weighted residuals).
    f, df_model, df_resid, p : float
        The F test of the whole model.
    n : int
        Areas.
    residuals : dict of str to float
        Minimum, quartiles and maximum of the weighted residuals, as R's summary prints them.
    """

    formula: str
    terms: dict[str, Term]
    r_squared: float | None
    adj_r_squared: float | None
    sigma: float
    f: float | None
    df_model: int
    df_resid: int
    p: float | None
    n: int
    residuals: dict[str, float]


@dataclass(frozen=True)
class Fit:
    """A model with what predicts from it; ``predictor`` is the statsmodels result."""

    model: Model
    predictor: Any


@dataclass(frozen=True)
class Expected:
    """What the model expects of each area: fitted mean and its confidence limits, each of shape (n,)."""

    rate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def weighted_least_squares(
    frame: pd.DataFrame, response: str, weights: NDArray[np.float64], *, dummy: bool, confidence: float
) -> Fit:
    """Regress a rate on deprivation rank, with or without the outlier dummy.

    Parameters
    ----------
    frame : DataFrame, n rows
        Columns of the rate (proportion), ``imd_rank`` and, if ``dummy``, ``outlier`` (boolean).
    response : str
        The column of the rate.
    weights : ndarray, shape (n,)
        Positive; only their ratios matter.
    dummy : bool
        Whether the outlier dummy is a predictor.
    confidence : float
        Level of the coefficients' intervals, 0–1.

    Returns
    -------
    Fit

    Notes
    -----
    `statsmodels`' WLS from a formula; the same as R's ``lm(recovery_rate ~ imd_rank, weights = w)``.
    """
    import numpy as np
    from statsmodels.regression.linear_model import WLS

    formula = f"{response} ~ {RANK}" + (f" + {DUMMY}" if dummy else "")
    columns = [response, RANK, *([DUMMY] if dummy else [])]
    with warnings.catch_warnings():
        # A perfect fit divides by zero inside statsmodels.
        warnings.simplefilter("ignore", RuntimeWarning)
        fitted = WLS.from_formula(formula, frame[columns].astype("float64"), weights=weights).fit()
        limits = fitted.conf_int(1 - confidence)
    scale = float((weights * frame[response].to_numpy("float64") ** 2).sum())
    varies = fitted.centered_tss > _NOTHING * scale
    exact = fitted.ssr <= _NOTHING * scale

    def term(name: str) -> Term:
        estimate = float(fitted.params[name])
        if not exact:
            low, high = (float(limit) for limit in limits.loc[name])
            se, t, p = (float(column[name]) for column in (fitted.bse, fitted.tvalues, fitted.pvalues))
            return Term(estimate=estimate, se=se, t=t, p=p, ci_low=low, ci_high=high)
        if varies:
            return Term(estimate=estimate, se=0.0, t=None, p=0.0, ci_low=estimate, ci_high=estimate)
        return Term(estimate=estimate, se=None, t=None, p=None, ci_low=None, ci_high=None)

    residuals = np.quantile(fitted.wresid, [0, 0.25, 0.5, 0.75, 1])
    model = Model(
        formula=formula,
        terms={name: term(name) for name in fitted.params.index},
        r_squared=finite(fitted.rsquared) if varies else None,
        adj_r_squared=finite(fitted.rsquared_adj) if varies else None,
        sigma=float(np.sqrt(fitted.scale)),
        f=finite(fitted.fvalue) if varies and not exact else None,
        df_model=int(fitted.df_model),
        df_resid=int(fitted.df_resid),
        p=(0.0 if exact else finite(fitted.f_pvalue)) if varies else None,
        n=int(fitted.nobs),
        residuals=dict(zip(("min", "q1", "median", "q3", "max"), map(float, residuals), strict=True)),
    )
    return Fit(model=model, predictor=fitted)


def mean_lower_limit(
    rates: NDArray[np.float64],
    weights: NDArray[np.float64],
    outlier: NDArray[np.bool_] | None,
    confidence: float,
) -> float:
    """Give the lower confidence limit of the weighted mean rate: the adjusted benchmark without deprivation.

    Parameters
    ----------
    rates, weights : ndarray, shape (n,)
    outlier : ndarray of bool, shape (n,), or None
        The dummy, where it stayed in the model; the mean is then that of the other areas.
    confidence : float
        Level of the interval, 0–1.

    Notes
    -----
    `statsmodels.api.WLS` on a constant; the same as R's ``confint(lm(rates ~ 1, weights = weights))``, or
    ``rates ~ outlier``.
    """
    import numpy as np
    from statsmodels.regression.linear_model import WLS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        terms = [np.ones(len(rates)), *([] if outlier is None else [outlier.astype("float64")])]
        return float(WLS(rates, np.column_stack(terms), weights=weights).fit().conf_int(1 - confidence)[0, 0])


def expected_rates(fit: Fit, frame: pd.DataFrame, confidence: float) -> Expected:
    """Give each area's expected recovery rate: the fitted mean for its deprivation rank, with its interval.

    An outlier dummy that stayed in the model is set to zero here, because the benchmark is "the average area
    in a similar context": an area's own extreme result must not lower what is expected of it.

    Parameters
    ----------
    fit : Fit
    frame : DataFrame, n rows
        With the column ``imd_rank``.
    confidence : float
        Level of the interval of the fitted mean, 0–1.

    Returns
    -------
    Expected
        Proportions, arrays of shape (n,). The same as R's ``predict(model, interval = "confidence")``.
    """
    at = frame[[RANK]].astype("float64").assign(**{DUMMY: 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        table = fit.predictor.get_prediction(at).summary_frame(alpha=1 - confidence)
    return Expected(
        rate=table["mean"].to_numpy("float64"),
        low=table["mean_ci_lower"].to_numpy("float64"),
        high=table["mean_ci_upper"].to_numpy("float64"),
    )
