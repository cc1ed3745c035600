"""More than deprivation: the gradient, and what is expected of areas, beside other things that areas differ by."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iapt_report.areas.rates import is_below
from iapt_report.stats.agreement import Crossed, cross
from iapt_report.stats.funnel import funnel
from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import RANK, Expected
from iapt_report.stats.value import Value, finite
from iapt_report.stats.variation import estimable, varies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.intervals import Interval

Model = Literal["weighted", "random_effects"]
Unit = Literal["ten_points", "standard_deviation"]
TEN_POINTS = 0.1
# Squares below this share of the whole are the computer's arithmetic, not variation.
_NOTHING = 1e-20


class Line(Value):
    """The gradient in one model: with deprivation rank alone, or beside covariates.

    Parameters
    ----------
    gradient, ci_low, ci_high, p : float or None
        The rate expected at the least deprived of the areas minus that at the most deprived, all covariates alike
        (proportion), with its interval, and P of the test that there is none. None where it cannot be computed.
    r_squared : float or None
        The share of the variance that the predictors explain: weighted, or of the variance between areas.
    tau2 : float or None
        Of the random effects, the variance between areas that is left (squared proportion).
    """

    gradient: float | None
    ci_low: float | None
    ci_high: float | None
    p: float | None
    r_squared: float | None
    tau2: float | None = None


class Effect(Value):
    """What a covariate adds to the rate expected, deprivation and the other covariates alike.

    Parameters
    ----------
    name : str
    unit : {"ten_points", "standard_deviation"}
        For how much more of it: ten percentage points of a share, or one standard deviation over areas.
    step : float
        The same in its own scale: 0.1, or that standard deviation.
    estimate, ci_low, ci_high, p : float or None
        Proportion, with its interval, and P of the test that it adds nothing.
    """

    name: str
    unit: Unit
    step: float
    estimate: float
    ci_low: float | None
    ci_high: float | None
    p: float | None


class ExpectedOf(Value):
    """What a model with covariates expects of an area at its own values: rate and limits (proportions).

    ``below`` says whether its rate is below the lower limit, ``below_alone`` whether it is below that of the model with
    deprivation rank alone.
    """

    area_code: str
    rate: float
    low: float
    high: float
    below: bool
    below_alone: bool


class WithCovariates(Value):
    """One model with deprivation rank alone and beside covariates, of the same areas.

    Parameters
    ----------
    model : {"weighted", "random_effects"}
    n : int
        Areas that determine the lines.
    before, after : Line
        Without the covariates, and with them.
    effects : tuple of Effect
        Of the covariates that have one that can be estimated, in the order given.
    not_estimable : tuple of str
        Covariates that do not vary, or are a combination of deprivation rank and those before them. They change
        nothing.
    joint_p : float or None
        P of the F test that the covariates together add nothing.
    below : Crossed
        The areas below the lower limit of their expected rate: first without the covariates, second with them.
    areas : tuple of ExpectedOf
        What is expected with the covariates, of every area.
    """

    model: Model
    n: int
    before: Line
    after: Line
    effects: tuple[Effect, ...]
    not_estimable: tuple[str, ...]
    joint_p: float | None
    below: Crossed
    areas: tuple[ExpectedOf, ...]


@dataclass(frozen=True)
class CovariateData:
    """What the models are fitted to, arrays of shape (n,).

    Parameters
    ----------
    codes : sequence of str
        The areas.
    rate, rank, weights, cases : ndarray
        Observed rates (proportions), deprivation ranks, the weights of the weighted regression, the patients behind
        each rate.
    covariates : mapping of str to ndarray
        Known of every area.
    shares : frozenset of str
        Which of them are shares of patients (proportions).
    kept : ndarray of bool
        The areas that determine the lines; of the others, what is expected is given all the same.
    """

    codes: Sequence[str]
    rate: NDArray[np.float64]
    rank: NDArray[np.float64]
    weights: NDArray[np.float64]
    cases: NDArray[np.float64]
    covariates: Mapping[str, NDArray[np.float64]]
    shares: frozenset[str]
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class _Coefficient:
    """Per unit of the predictor, with its interval and P."""

    estimate: float
    ci_low: float | None
    ci_high: float | None
    p: float | None

    def times(self, step: float) -> tuple[float, float | None, float | None]:
        low, high = (None if limit is None else limit * step for limit in (self.ci_low, self.ci_high))
        return self.estimate * step, low, high


@dataclass(frozen=True)
class _Fitted:
    """A model with what it expects: ``limits`` are those that the settings choose."""

    coefficients: dict[str, _Coefficient]
    not_estimable: tuple[str, ...]
    r_squared: float | None
    tau2: float | None
    joint_p: float | None
    rate: NDArray[np.float64]
    limits: Expected


def with_covariates(data: CovariateData, model: Model, interval: Interval, confidence: float) -> WithCovariates | None:
    """Fit one model with deprivation rank alone and with the covariates, to the same areas.

    Parameters
    ----------
    data : CovariateData
    model : {"weighted", "random_effects"}
    interval : str
        Which lower limit is the benchmark; see `iapt_report.stats.benchmarks.all_limits`. Of the random effects,
        ``prediction`` is where the rate of one more such area would be observed, and ``overdispersion`` adds their τ².
    confidence : float
        Level of every interval, 0–1.

    Returns
    -------
    WithCovariates or None
        None where no degree of freedom is left for the residuals, or deprivation has no effect that can be estimated.

    Notes
    -----
    Weighted: `statsmodels`' WLS, as R's ``lm(rate ~ imd_rank + …, weights = w)``; the covariates together by R's
    ``anova`` of the two models. Random effects: `iapt_report.stats.random_effects.random_effects`, as R's
    ``metafor::rma(yi, vi, mods = ~ imd_rank + …, test = "knha")``; the covariates together by its ``btt``. Its
    variances of chance are about the fitted line, and so differ a little between the two models. A coefficient of a
    share is that of areas, not of patients: who lives in an area of such patients need not be one of them (Robinson WS.
    Ecological correlations and the behavior of individuals. Am Sociol Rev 1950; 15: 351–357).
    """
    fit = _weighted if model == "weighted" else _random
    alone = fit(data, (), interval, confidence)
    beside = fit(data, tuple(data.covariates), interval, confidence)
    if alone is None or beside is None or RANK not in alone.coefficients:
        return None
    below = is_below(data.rate, alone.limits.low), is_below(data.rate, beside.limits.low)
    return WithCovariates(
        model=model,
        n=int(data.kept.sum()),
        before=_line(alone, data),
        after=_line(beside, data),
        effects=tuple(
            _effect(name, beside.coefficients[name], data) for name in data.covariates if name in beside.coefficients
        ),
        not_estimable=beside.not_estimable,
        joint_p=beside.joint_p,
        below=cross(*below, confidence),
        areas=tuple(
            ExpectedOf(area_code=code, rate=rate, low=low, high=high, below=flag, below_alone=alone_flag)
            for code, rate, low, high, flag, alone_flag in zip(
                data.codes,
                beside.limits.rate.tolist(),
                beside.limits.low.tolist(),
                beside.limits.high.tolist(),
                below[1].tolist(),
                below[0].tolist(),
                strict=True,
            )
        ),
    )


def _line(fit: _Fitted, data: CovariateData) -> Line:
    slope = fit.coefficients[RANK]
    gradient, low, high = slope.times(float(data.rank.max() - data.rank.min()))
    return Line(gradient=gradient, ci_low=low, ci_high=high, p=slope.p, r_squared=fit.r_squared, tau2=fit.tau2)


def _effect(name: str, coefficient: _Coefficient, data: CovariateData) -> Effect:
    unit: Unit = "ten_points" if name in data.shares else "standard_deviation"
    step = TEN_POINTS if unit == "ten_points" else float(data.covariates[name][data.kept].std(ddof=1))
    estimate, low, high = coefficient.times(step)
    return Effect(name=name, unit=unit, step=step, estimate=estimate, ci_low=low, ci_high=high, p=coefficient.p)


def _predictors(data: CovariateData, covariates: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    return {RANK: data.rank, **{name: data.covariates[name] for name in covariates}}


def _random(data: CovariateData, covariates: tuple[str, ...], interval: Interval, confidence: float) -> _Fitted | None:
    import numpy as np
    from scipy import stats

    # A covariate may have any name: what the fit calls it is its place.
    names = {RANK: RANK, **{name: f"covariate {i}" for i, name in enumerate(covariates)}}
    given = {names[name]: values for name, values in _predictors(data, covariates).items()}
    fit = random_effects(data.rate, data.cases, given, confidence, kept=data.kept)
    if fit is None:
        return None
    terms = {name: fit.model.terms[own] for name, own in names.items() if own in fit.model.terms}
    k = len(terms) - (RANK in terms)
    joint_p = None
    if k and all(term.t is not None for term in terms.values()):
        at = slice(len(fit.coefficients) - k, None)
        beta, own = fit.coefficients[at], fit.covariance[at, at]
        scale = np.sqrt(np.diag(own))
        # Scaled, so that units of any size are solved alike.
        f = float((beta / scale) @ np.linalg.solve(own / np.outer(scale, scale), beta / scale)) / k
        joint_p = float(stats.f.sf(f, k, fit.model.df_resid))
    limits = {
        "fitted_mean": fit.expected,
        "prediction": fit.observation,
        **_chance(fit.expected.rate, data.cases, fit.model.tau2, confidence),
    }[interval]
    return _Fitted(
        coefficients={
            name: _Coefficient(term.estimate, term.ci_low, term.ci_high, term.p) for name, term in terms.items()
        },
        not_estimable=tuple(name for name in covariates if name not in terms),
        r_squared=fit.model.r_squared,
        tau2=fit.model.tau2,
        joint_p=joint_p,
        rate=fit.expected.rate,
        limits=_clipped(limits),
    )


def _weighted(
    data: CovariateData, covariates: tuple[str, ...], interval: Interval, confidence: float
) -> _Fitted | None:
    import numpy as np
    from scipy import stats
    from statsmodels.regression.linear_model import WLS

    names = [RANK, *covariates]
    columns = np.column_stack(list(_predictors(data, covariates).values()))
    rows, n = data.kept, len(data.rate)
    able = estimable(columns[rows], data.weights[rows])
    used = [name for name, own in zip(names, able, strict=True) if own]
    columns = columns[:, able]
    mean, sd = columns[rows].mean(axis=0), columns[rows].std(axis=0)
    design = np.column_stack([np.ones(n), (columns - mean) / sd])
    y, weights = data.rate[rows], data.weights[rows]
    with warnings.catch_warnings():
        # A perfect fit divides by zero inside statsmodels.
        warnings.simplefilter("ignore", RuntimeWarning)
        fit = WLS(y, design[rows], weights=weights).fit()
        dof = int(fit.df_resid)
        if dof < 1:
            return None
        limits = fit.conf_int(1 - confidence)
        at = fit.get_prediction(design).summary_frame(alpha=1 - confidence)
    constant = not varies(y)
    exact = fit.ssr <= _NOTHING * float((weights * y**2).sum())

    def coefficient(i: int) -> _Coefficient:
        estimate = float(fit.params[i] / sd[i - 1])
        if constant:
            return _Coefficient(0.0, None, None, None)
        if exact:
            return _Coefficient(estimate, estimate, estimate, 0.0)
        low, high = (float(limit / sd[i - 1]) for limit in limits[i])
        return _Coefficient(estimate, low, high, float(fit.pvalues[i]))

    joint_p = None
    k = len(used) - (RANK in used)
    if k and not constant and not exact:
        fewer = WLS(y, design[rows][:, : design.shape[1] - k], weights=weights).fit()
        joint_p = finite(stats.f.sf((fewer.ssr - fit.ssr) / k / (fit.ssr / dof), k, dof))
    expected = Expected(
        rate=at["mean"].to_numpy("float64"),
        low=at["mean_ci_lower"].to_numpy("float64"),
        high=at["mean_ci_upper"].to_numpy("float64"),
    )
    t = float(stats.t.isf((1 - confidence) / 2, dof))
    new = t * np.sqrt(at["mean_se"].to_numpy("float64") ** 2 + fit.scale / data.weights)
    tau2 = funnel(data.rate, expected.rate, data.cases, "expected").tau2
    limits_of = {
        "fitted_mean": expected,
        "prediction": Expected(expected.rate, expected.rate - new, expected.rate + new),
        **_chance(expected.rate, data.cases, tau2, confidence),
    }
    return _Fitted(
        coefficients={name: coefficient(i) for i, name in enumerate(used, start=1)},
        not_estimable=tuple(name for name in covariates if name not in used),
        r_squared=None if constant else finite(fit.rsquared),
        tau2=None,
        joint_p=joint_p,
        rate=expected.rate,
        limits=_clipped(limits_of[interval]),
    )


def _chance(
    rate: NDArray[np.float64], cases: NDArray[np.float64], tau2: float, confidence: float
) -> dict[str, Expected]:
    """Give the limits of chance in the area's own rate, and of chance and the variance between areas."""
    import numpy as np
    from scipy import stats

    z = float(stats.norm.isf((1 - confidence) / 2))
    chance = rate.clip(0, 1) * (1 - rate.clip(0, 1)) / cases
    reaches = {"wilson": z * np.sqrt(chance), "overdispersion": z * np.sqrt(chance + tau2)}
    return {name: Expected(rate, rate - reach, rate + reach) for name, reach in reaches.items()}


def _clipped(limits: Expected) -> Expected:
    return Expected(limits.rate, limits.low.clip(0, 1), limits.high.clip(0, 1))
