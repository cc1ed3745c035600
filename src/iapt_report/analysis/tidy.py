"""Results as tables, in the shape of R's package broom: a row a term, a row a model, a row an area."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from iapt_report.stats.regression import DUMMY, INTERCEPT, weighted_least_squares
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.analysis.facts import Area, Correlations, Regression
    from iapt_report.stats.gradients import GradientRow
    from iapt_report.stats.random_effects import RandomEffects
    from iapt_report.stats.regression import Fit, Model, Term

Part = Literal["final", "initial", "random_effects", "correlations", "gradients"]
_RATE = "recovery_rate"
_MEASURES = ("fitted", "resid", "hat", "sigma", "cooksd", "std_resid")


def tidy(
    part: Part,
    regression: Regression,
    random_effects: RandomEffects | None,
    correlations: Correlations,
    gradients: Sequence[GradientRow],
) -> pd.DataFrame:
    """Give one part of the results as a table; see `iapt_report.analysis.results.Results.tidy`."""
    rows_of: dict[str, Callable[[], list[dict[str, object]]]] = {
        "final": lambda: _coefficients(regression.final.terms),
        "initial": lambda: _initial(regression),
        "random_effects": lambda: _random_effects(random_effects),
        "correlations": lambda: _correlations(correlations),
        "gradients": lambda: _gradients(gradients),
    }
    if part not in rows_of:
        raise CallError(f"there is no part {part!r}", expected=", ".join(rows_of), mend="name one of these")
    import pandas as pd

    rows = rows_of[part]()
    table = pd.DataFrame.from_records(rows)
    numbers = [name for name in table.columns if table[name].map(lambda value: value is None).any()]
    return table.astype(dict.fromkeys(numbers, "float64"))


def glance(model: Model, areas: Sequence[Area], confidence: float, *, left_out: bool) -> pd.DataFrame:
    """Give the final model as a table of one row; see `iapt_report.analysis.results.Results.glance`."""
    import pandas as pd

    fit = _refitted([area for area in areas if not (left_out and area.outlier)], confidence)
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


def augment(areas: Sequence[Area], confidence: float, *, left_out: bool) -> pd.DataFrame:
    """Give the areas with what the final model says of each; see `iapt_report.analysis.results.Results.augment`."""
    import numpy as np

    from iapt_report.stats.diagnostics import influence

    table = _areas(areas)
    kept = ~(table[DUMMY].to_numpy(dtype=bool) & left_out)
    fit = _refitted([area for area, own in zip(areas, kept, strict=True) if own], confidence)
    fitted = table["replication_rate"].to_numpy("float64")
    measured = {name: np.full(len(table), np.nan) for name in _MEASURES}
    measured |= {"fitted": fitted, "resid": table[_RATE].to_numpy("float64") - fitted}
    found = influence(fit)
    if found is not None:
        for name, values in {"hat": found.leverage, "cooksd": found.cooks, **_residuals(fit)}.items():
            measured[name][kept] = values
    return table.assign(**measured)


def _coefficients(terms: Mapping[str, Term]) -> list[dict[str, object]]:
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
        for name, term in terms.items()
    ]


def _initial(regression: Regression) -> list[dict[str, object]]:
    if regression.initial is None:
        raise CallError(
            "there is no initial model: no area is an extreme outlier, and so there was no dummy to try",
            mend="take the final model",
        )
    return _coefficients(regression.initial.terms)


def _random_effects(model: RandomEffects | None) -> list[dict[str, object]]:
    if model is None:
        raise CallError("there is no random-effects regression of so few areas", mend="take the final model")
    return _coefficients(model.terms)


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


def _gradients(gradients: Sequence[GradientRow]) -> list[dict[str, object]]:
    return [
        {
            "term": row.model,
            "outliers": row.outliers,
            "estimate": row.gradient,
            "p_value": row.p,
            "conf_low": row.ci_low,
            "conf_high": row.ci_high,
            "r_squared": row.r_squared,
            "tau2": row.tau2,
            "below": row.below,
            "dispersion": row.dispersion,
            "nobs": row.n,
        }
        for row in gradients
    ]


def _areas(areas: Sequence[Area]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame.from_records([dict(area) for area in areas])
    return table.astype({"rate_low": "float64", "rate_high": "float64"})


def _refitted(areas: Sequence[Area], confidence: float) -> Fit:
    """Fit the final model again, for what is told of it beyond the results."""
    import numpy as np

    weights = np.array([area.weight for area in areas])
    return weighted_least_squares(_areas(areas), _RATE, weights, dummy=False, confidence=confidence)


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
