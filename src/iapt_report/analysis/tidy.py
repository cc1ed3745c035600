"""Results as tables, in the shape of R's package broom: a row a term, a row a model, a row an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from iapt_report.stats.regression import DUMMY, INTERCEPT, weighted_least_squares
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.analysis.facts import Area, Correlations, Regression
    from iapt_report.stats.regression import Fit, Model
    from iapt_report.stats.specifications import Specification

Part = Literal["final", "initial", "correlations", "specifications"]
_RATE = "recovery_rate"
_MEASURES = ("fitted", "resid", "hat", "sigma", "cooksd", "std_resid")


def tidy(
    part: Part, regression: Regression, correlations: Correlations, specifications: Sequence[Specification]
) -> pd.DataFrame:
    """Give one part of the results as a table; see `iapt_report.analysis.results.Results.tidy`."""
    rows_of: dict[str, Callable[[], list[dict[str, object]]]] = {
        "final": lambda: _coefficients(regression.final),
        "initial": lambda: _initial(regression),
        "correlations": lambda: _correlations(correlations),
        "specifications": lambda: _specifications(specifications),
    }
    if part not in rows_of:
        raise CallError(f"there is no part {part!r}", expected=", ".join(rows_of), mend="name one of these")
    import pandas as pd

    rows = rows_of[part]()
    table = pd.DataFrame.from_records(rows)
    numbers = [name for name in table.columns if table[name].map(lambda value: value is None).any()]
    return table.astype(dict.fromkeys(numbers, "float64"))


def glance(model: Model, areas: Sequence[Area], confidence: float) -> pd.DataFrame:
    """Give the final model as a table of one row; see `iapt_report.analysis.results.Results.glance`."""
    import pandas as pd

    fit = _refitted(model, areas, confidence)
    likelihood = float(fit.predictor.llf) if model.f is not None else float("nan")
    # As R counts them: the coefficients and the residual variance.
    parameters = len(model.terms) + 1
    row = {
        "r_squared": model.r_squared,
        "adj_r_squared": model.adj_r_squared,
        "sigma": model.sigma,
        "statistic": model.f,
        "p_value": model.p,
        "df": model.df_model,
        "log_lik": likelihood,
        "aic": 2 * parameters - 2 * likelihood,
        "bic": parameters * math.log(model.n) - 2 * likelihood,
        "deviance": model.sigma**2 * model.df_resid,
        "df_residual": model.df_resid,
        "nobs": model.n,
    }
    whole = ("df", "df_residual", "nobs")
    return pd.DataFrame([row]).astype({name: "float64" for name in row if name not in whole})


def augment(model: Model, areas: Sequence[Area], confidence: float) -> pd.DataFrame:
    """Give the areas with what the final model says of each; see `iapt_report.analysis.results.Results.augment`."""
    import numpy as np

    from iapt_report.stats.diagnostics import influence

    table = _areas(areas)
    measured = dict.fromkeys(_MEASURES, np.full(len(table), np.nan))
    fit = _refitted(model, areas, confidence)
    measured |= {
        "fitted": fit.predictor.fittedvalues.to_numpy("float64"),
        "resid": fit.predictor.resid.to_numpy("float64"),
    }
    found = influence(fit)
    if found is not None:
        measured |= {"hat": found.leverage, "cooksd": found.cooks, **_residuals(fit)}
    return table.assign(**measured)


def _coefficients(model: Model) -> list[dict[str, object]]:
    return [
        {
            "term": f"({INTERCEPT})" if name == INTERCEPT else name,
            "estimate": term.estimate,
            "std_error": term.se,
            "statistic": term.t,
            "p_value": term.p,
            "conf_low": term.ci_low,
            "conf_high": term.ci_high,
        }
        for name, term in model.terms.items()
    ]


def _initial(regression: Regression) -> list[dict[str, object]]:
    if regression.initial is None:
        raise CallError(
            "there is no initial model: no area is an extreme outlier, and so there was no dummy to try",
            mend="take the final model",
        )
    return _coefficients(regression.initial)


def _correlations(correlations: Correlations) -> list[dict[str, object]]:
    found = {name: getattr(correlations, name) for name in type(correlations).model_fields}
    return [
        {
            "term": name,
            "estimate": correlation.rho,
            "p_value": correlation.p,
            "conf_low": correlation.ci_low,
            "conf_high": correlation.ci_high,
            "p_holm": correlation.p_holm,
            "tau": correlation.tau,
            "tau_p_value": correlation.tau_p,
            "nobs": correlation.n,
        }
        for name, correlation in found.items()
    ]


def _specifications(specifications: Sequence[Specification]) -> list[dict[str, object]]:
    return [
        {
            "term": specification.name,
            "estimate": specification.gradient,
            "p_value": specification.p,
            "conf_low": specification.ci_low,
            "conf_high": specification.ci_high,
            "below": specification.below,
            "dispersion": specification.dispersion,
            "nobs": specification.n,
        }
        for specification in specifications
    ]


def _areas(areas: Sequence[Area]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame.from_records([dict(area) for area in areas])
    return table.astype({"rate_low": "float64", "rate_high": "float64"})


def _refitted(model: Model, areas: Sequence[Area], confidence: float) -> Fit:
    """Fit the final model again, for what is told of it beyond the results."""
    import numpy as np

    return weighted_least_squares(
        _areas(areas),
        _RATE,
        np.array([area.weight for area in areas]),
        dummy=DUMMY in model.terms,
        confidence=confidence,
    )


def _residuals(fit: Fit) -> dict[str, NDArray[np.float64]]:
    """Give each residual in its own standard errors, and the residual standard error without its area.

    Notes
    -----
    `statsmodels.stats.outliers_influence.OLSInfluence` on the weighted values; as R's ``rstandard(model)`` and
    ``influence(model)$sigma``. Belsley DA, Kuh E, Welsch RE. Regression Diagnostics. Wiley, 1980, chapter 2.
    """
    import numpy as np
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.outliers_influence import OLSInfluence

    model, dof = fit.predictor.model, fit.model.df_resid
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = OLSInfluence(OLS(model.wendog, model.wexog).fit()).resid_studentized_internal
        sigma = fit.model.sigma * np.sqrt((dof - standardised**2) / (dof - 1))
    return {"std_resid": np.asarray(standardised), "sigma": sigma}
