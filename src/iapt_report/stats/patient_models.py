"""Would the gradient remain if patients were alike? Models of patients' recovery, and what they say of areas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from iapt_report.stats.discrimination import CalibrationTenth, calibration, concordance
from iapt_report.stats.grouped_logit import DECILE, INTERCEPT, LEAST, MOST, design_of, difference, fit_logit
from iapt_report.stats.random_intercept import METHOD, fit_random_intercept, marginal_difference
from iapt_report.stats.risk_adjusted import RiskAdjustment, risk_adjustment
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.grouped_logit import Column, Difference, Grouped, LogitFit
    from iapt_report.stats.random_intercept import RandomIntercept

Name = Literal["deprivation", "patients", "random_intercept"]
# Of a level of whom fewer reached the outcome, or did not, nothing is said: they are left out of the models.
FEWEST = 5


class OddsRatio(Value):
    """One coefficient.

    Parameters
    ----------
    covariate : str
        ``decile``, or a covariate.
    level, reference : str or None
        The group, and the one it is compared with; None for the decile, whose ratio is that of a tenth less deprived.
    log_odds, se : float
    odds_ratio, low, high : float
    p : float
    """

    covariate: str
    level: str | None
    reference: str | None
    log_odds: float
    se: float
    odds_ratio: float
    low: float
    high: float
    p: float


class Gap(Value):
    """The least deprived tenth's chance less the most deprived tenth's (proportion), with its interval."""

    estimate: float
    se: float
    low: float
    high: float
    p: float


class PatientModel(Value):
    """One model.

    Parameters
    ----------
    name : {"deprivation", "patients", "random_intercept"}
        Of the decile alone; with the covariates too; with these and an intercept for each area.
    terms : tuple of OddsRatio
        The decile first.
    ends : OddsRatio
        Of the least deprived tenth against the most deprived.
    gap : Gap
        The marginal difference, standardised to all patients of the model.
    c_statistic : float or None
        With areas' own intercepts, where the model has them.
    calibration : tuple of CalibrationTenth
    between_areas : float or None
        The standard deviation of the areas' intercepts (log odds).
    """

    name: Name
    terms: tuple[OddsRatio, ...]
    ends: OddsRatio
    gap: Gap
    c_statistic: float | None
    calibration: tuple[CalibrationTenth, ...]
    between_areas: float | None = None


class Accounted(Value):
    """How much of the gap the covariates account for: 1 less the gap with them over that without (proportion)."""

    share: float
    low: float
    high: float


class PatientModels(Value):
    """What patients' own records say of the gradient.

    Parameters
    ----------
    areas, groups, patients, reached : int
        Of the models.
    decile_unknown, too_few : int
        Patients left out: without a known decile, or in a group of a covariate with too few.
    covariates : tuple of str
    deprivation, patients_model : PatientModel
        Errors are clustered by area, intervals from Student's t with one less than the areas' number as degrees of
        freedom.
    random_intercept : PatientModel or None
        Errors from the likelihood, normal intervals; None where areas do not differ beyond chance.
    method : str
        How the random intercept's likelihood is integrated.
    nodes : int
        In how many points.
    accounted : Accounted or None
        None where there is no gap that differs from none beyond chance.
    adjustment : RiskAdjustment or None
        Areas, by the model of patients.
    """

    areas: int
    groups: int
    patients: int
    reached: int
    decile_unknown: int
    too_few: int
    covariates: tuple[str, ...]
    deprivation: PatientModel
    patients_model: PatientModel
    random_intercept: PatientModel | None
    method: str
    nodes: int
    accounted: Accounted | None
    adjustment: RiskAdjustment | None


def patient_models(
    grouped: Grouped,
    codes: Sequence[str],
    covariates: Sequence[str],
    confidence: float,
    *,
    decile_unknown: int = 0,
    rounded_to: int = 1,
) -> PatientModels | None:
    """Fit the models, and adjust the areas by that of patients.

    Parameters
    ----------
    grouped : Grouped
        Patients who could reach the outcome, with a known decile.
    codes : sequence of str
        The areas' codes, by their numbers.
    covariates : sequence of str
        Of ``grouped``.
    confidence : float
        Level of every interval, 0–1.
    decile_unknown : int
        How many patients lack a decile, for the record.
    rounded_to : int
        How areas' counts are rounded.

    Returns
    -------
    PatientModels or None
        None where the models cannot be fitted.
    """
    kept, too_few = _told(grouped, covariates)
    if not len(kept.cases) or len(set(kept.decile.tolist())) <= 1:
        return None
    # A covariate that nobody differs by is none.
    used = [name for name in covariates if len(set(kept.codes[name].tolist())) > 1]
    alone, full = (fit_logit(design_of(kept, names)) for names in ((), used))
    if alone is None or full is None:
        return None
    random = fit_random_intercept(full)
    one, other = (difference(fit.design, fit.beta, fit.covariance) for fit in (alone, full))
    return PatientModels(
        areas=len(set(kept.area.tolist())),
        groups=len(kept.cases),
        patients=int(kept.cases.sum()),
        reached=int(kept.reached.sum()),
        decile_unknown=decile_unknown,
        too_few=too_few,
        covariates=tuple(used),
        deprivation=_clustered("deprivation", alone, one, confidence),
        patients_model=_clustered("patients", full, other, confidence),
        random_intercept=None if random is None else _random(random, confidence),
        method=METHOD,
        nodes=0 if random is None else random.nodes,
        accounted=_accounted(alone, one, full, other, confidence),
        adjustment=risk_adjustment(full, codes, confidence, rounded_to=rounded_to),
    )


def _told(grouped: Grouped, covariates: Sequence[str]) -> tuple[Grouped, int]:
    """Leave out patients of a level with too few, and count them."""
    import numpy as np

    from iapt_report.stats.grouped_logit import Grouped

    kept = grouped.cases > 0
    for name in covariates:
        size = len(grouped.levels[name])
        reached = np.bincount(grouped.codes[name], grouped.reached, size)
        others = np.bincount(grouped.codes[name], grouped.cases - grouped.reached, size)
        told = np.minimum(reached, others) >= FEWEST
        # Of millions of groups, most often all are kept.
        if not told[np.bincount(grouped.codes[name], minlength=size) > 0].all():
            kept &= told[grouped.codes[name]]
    if kept.all():
        return grouped, 0
    out = Grouped(
        area=grouped.area[kept],
        decile=grouped.decile[kept],
        codes={name: codes[kept] for name, codes in grouped.codes.items()},
        levels=grouped.levels,
        cases=grouped.cases[kept],
        reached=grouped.reached[kept],
        references=grouped.references,
    )
    return out, int(grouped.cases.sum() - out.cases.sum())


def _clustered(name: Name, fit: LogitFit, gap: Difference, confidence: float) -> PatientModel:
    from scipy import stats

    df = len(fit.influence) - 1
    design = fit.design
    terms = _terms(design.columns, fit.beta, fit.covariance, confidence, df)
    return PatientModel(
        name=name,
        terms=terms,
        ends=_between_ends(terms[0], float(stats.t.isf((1 - confidence) / 2, df))),
        gap=_gap(gap, confidence, df),
        c_statistic=concordance(fit.chance, design.cases, design.reached),
        calibration=calibration(fit.chance, design.cases, design.reached, confidence),
    )


def _random(fit: RandomIntercept, confidence: float) -> PatientModel:
    import numpy as np
    from scipy import stats

    from iapt_report.stats.grouped_logit import expit

    design = fit.design
    terms = _terms(design.columns, fit.beta, fit.covariance, confidence, math.inf)
    area = np.repeat(np.arange(design.by_area.shape[0]), np.diff(design.by_area.indptr))
    chance = expit((design.matrix @ fit.beta)[design.by_area.indices] + fit.intercepts[area])
    cases, reached = design.by_area.data, design.reached_by_area.data
    return PatientModel(
        name="random_intercept",
        terms=terms,
        ends=_between_ends(terms[0], float(stats.norm.isf((1 - confidence) / 2))),
        gap=_gap(marginal_difference(fit), confidence, math.inf),
        c_statistic=concordance(chance, cases, reached),
        calibration=calibration(chance, cases, reached, confidence),
        between_areas=fit.sd,
    )


def _terms(
    columns: tuple[Column, ...],
    beta: NDArray[np.float64],
    covariance: NDArray[np.float64],
    confidence: float,
    df: float,
) -> tuple[OddsRatio, ...]:
    from scipy import stats

    reach = float(stats.t.isf((1 - confidence) / 2, df))
    out = []
    for place, column in enumerate(columns):
        if column.covariate == INTERCEPT:
            continue
        estimate, se = float(beta[place]), float(math.sqrt(covariance[place, place]))
        out.append(
            OddsRatio(
                covariate=column.covariate,
                level=column.level,
                reference=column.reference,
                log_odds=estimate,
                se=se,
                odds_ratio=math.exp(estimate),
                low=math.exp(estimate - reach * se),
                high=math.exp(estimate + reach * se),
                p=float(2 * stats.t.sf(abs(estimate) / se, df)),
            )
        )
    return tuple(sorted(out, key=lambda term: term.covariate != DECILE))


def _between_ends(decile: OddsRatio, reach: float) -> OddsRatio:
    """Take the decile's ratio from the most deprived tenth to the least."""
    steps = LEAST - MOST
    estimate, se = decile.log_odds * steps, decile.se * steps
    return decile.model_copy(
        update={
            "log_odds": estimate,
            "se": se,
            "odds_ratio": math.exp(estimate),
            "low": math.exp(estimate - reach * se),
            "high": math.exp(estimate + reach * se),
        }
    )


def _gap(found: Difference, confidence: float, df: float) -> Gap:
    from scipy import stats

    reach = float(stats.t.isf((1 - confidence) / 2, df)) * found.se
    return Gap(
        estimate=found.estimate,
        se=found.se,
        low=found.estimate - reach,
        high=found.estimate + reach,
        p=float(2 * stats.t.sf(abs(found.estimate) / found.se, df)),
    )


def _accounted(
    alone: LogitFit, one: Difference, full: LogitFit, other: Difference, confidence: float
) -> Accounted | None:
    """Compare both gaps, whose errors go together: what each area adds to both tells how."""
    import numpy as np
    from scipy import stats

    areas = len(alone.influence)
    reach = float(stats.t.isf((1 - confidence) / 2, areas - 1))
    if not abs(one.estimate) > reach * one.se:
        return None
    share = 1 - other.estimate / one.estimate
    moved = -(full.influence @ other.slope) / one.estimate
    moved += other.estimate / one.estimate**2 * (alone.influence @ one.slope)
    se = math.sqrt(areas / (areas - 1) * float(np.square(moved).sum()))
    return Accounted(share=share, low=share - reach * se, high=share + reach * se)
