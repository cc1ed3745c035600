"""Results as tables, in the shape of R's package broom: a row a term, a row a model, a row an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from iapt_report.errors import CallError
from iapt_report.stats.regression import DUMMY, INTERCEPT, weighted_least_squares

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.results import Results
    from iapt_report.stats.regression import Fit, Model

Part = Literal["final", "initial", "correlations", "specifications"]
_RATE = "recovery_rate"
_MEASURES = ("fitted", "resid", "hat", "sigma", "cooksd", "std_resid")


def tidy(results: Results, part: Part = "final") -> pd.DataFrame:
    """Give one part of the results as a table; see `iapt_report.results.Results.tidy`."""
    if part not in _PARTS:
        raise CallError(f"there is no part {part!r}", expected=", ".join(_PARTS), mend="name one of these")
    import pandas as pd

    rows = _PARTS[part](results)
    table = pd.DataFrame.from_records(rows)
    numbers = [name for name in table.columns if table[name].map(lambda value: value is None).any()]
    return table.astype(dict.fromkeys(numbers, "float64"))


def glance(results: Results) -> pd.DataFrame:
    """Give the final model as a table of one row; see `iapt_report.results.Results.glance`."""
    import pandas as pd

    model = results.regression.final
    fit = _refitted(results)
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


def augment(results: Results) -> pd.DataFrame:
    """Give the areas with what the final model says of each; see `iapt_report.results.Results.augment`."""
    import numpy as np

    from iapt_report.stats.diagnostics import influence

    table = _areas(results)
    measured = dict.fromkeys(_MEASURES, np.full(len(table), np.nan))
    fit = _refitted(results)
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


def _final(results: Results) -> list[dict[str, object]]:
    return _coefficients(results.regression.final)


def _initial(results: Results) -> list[dict[str, object]]:
    if results.regression.initial is None:
        raise CallError(
            "there is no initial model: no area is an extreme outlier, and so there was no dummy to try",
            mend="take the final model",
        )
    return _coefficients(results.regression.initial)


def _correlations(results: Results) -> list[dict[str, object]]:
    found = {name: getattr(results.correlations, name) for name in type(results.correlations).model_fields}
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


def _specifications(results: Results) -> list[dict[str, object]]:
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
        for specification in results.specifications
    ]


_PARTS: dict[str, Callable[[Results], list[dict[str, object]]]] = {
    "final": _final,
    "initial": _initial,
    "correlations": _correlations,
    "specifications": _specifications,
}


def _areas(results: Results) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame.from_records([dict(area) for area in results.areas])
    return table.astype({"rate_low": "float64", "rate_high": "float64"})


def _refitted(results: Results) -> Fit:
    """Fit the final model again, for what is told of it beyond the results."""
    import numpy as np

    return weighted_least_squares(
        _areas(results),
        _RATE,
        np.array([area.weight for area in results.areas]),
        dummy=DUMMY in results.regression.final.terms,
        confidence=results.settings.confidence,
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
