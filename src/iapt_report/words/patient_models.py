"""What models of patients' own records say: whether the gradient is theirs, and of areas once patients are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import (
    count,
    decimal,
    how_many,
    interval,
    joined,
    of_areas,
    percent,
    percentage_points,
    sentence,
    small_points,
)

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.stats.patient_models import OddsRatio, PatientModel, PatientModels
    from iapt_report.stats.risk_adjusted import RiskAdjusted
    from iapt_report.words.findings import Findings

_COVARIATES = {
    "age_band": "age",
    "gender": "gender",
    "ethnic_group": "ethnic group",
    "employment": "employment",
    "phq9_band": "depression at the start (PHQ-9)",
    "gad7_band": "anxiety at the start (GAD-7)",
}
_MODELS = {
    "deprivation": "Deprivation alone",
    "patients": "With patients' covariates",
    "random_intercept": "With these and an intercept for each area",
}


def _models(f: Findings) -> PatientModels | None:
    return None if f.results.patients is None else f.results.patients.models


def _beyond_chance(f: Findings, model: PatientModel) -> bool:
    return model.gap.p < f.level.alpha


def covariates(f: Findings) -> str:
    """List what is held equal between patients."""
    found = _models(f)
    return "" if found is None else joined([_COVARIATES.get(name, name) for name in found.covariates])


def results(f: Findings) -> str:
    """Give in full what the 2016 study could not ask: whether the gradient remains between patients who are alike."""
    found = _models(f)
    if found is None:
        return ""
    return said(_alone(f, found), _alike(f, found))


def in_full(f: Findings) -> str:
    """Give for the supplement what remains within areas too, and where areas stand once patients are allowed for."""
    found = _models(f)
    return "" if found is None else said(_within_areas(f, found), _areas(found))


def _alone(f: Findings, found: PatientModels) -> str:
    model = found.deprivation
    return (
        f"Records of {count(found.patients)} patients in {how_many(found.areas, 'area')} were modelled by logistic "
        f"regression. From the most to the least deprived tenth of neighbourhoods the chance of {f.outcome} "
        f"{_moves(f, model)}."
    )


def _moves(f: Findings, model: PatientModel) -> str:
    gap = model.gap
    way = "rose" if gap.estimate > 0 else "fell" if gap.estimate < 0 else "did not change, by"
    limits = f.level.interval(gap.low, gap.high, 1, as_percent=True)
    return (
        f"{way} {'' if way.endswith('by') else 'by '}{small_points(abs(gap.estimate))} ({limits}; odds ratio "
        f"{decimal(model.ends.odds_ratio)})"
    )


def _alike(f: Findings, found: PatientModels) -> str:
    if not found.covariates:
        return ""
    model = found.patients_model
    held = f"With {covariates(f)} held equal it {_moves(f, model)}"
    before, after = _beyond_chance(f, found.deprivation), _beyond_chance(f, model)
    verdict = {
        (True, True): ", which chance does not explain",
        (True, False): ", which chance can explain",
        (False, True): ", which chance does not explain",
        (False, False): ", which chance can explain, as before",
    }[before, after]
    return said(f"{held}{verdict}.", _accounted(f, found))


def _accounted(f: Findings, found: PatientModels) -> str:
    share = found.accounted
    if share is None or not 0 <= share.share <= 1:
        return ""
    limits = f.level.interval(share.low, share.high, 1, as_percent=True)
    return f"These account for {percent(share.share)} of the gap ({limits})."


def _within_areas(f: Findings, found: PatientModels) -> str:
    model = found.random_intercept
    return "" if model is None else f"Between patients of one area the chance of {f.outcome} {_moves(f, model)}."


def _areas(found: PatientModels) -> str:
    adjusted = found.adjustment
    if adjusted is None:
        return ""
    n = len(adjusted.areas)
    return (
        f"Risk-adjusted for who their patients are, {of_areas(adjusted.below.n, n)} had a lower rate than expected by "
        f"more than chance, and {of_areas(adjusted.above.n, n)} a higher one."
    )


def in_short(f: Findings) -> str:
    """Say for the brief whether patients who are alike still differ with deprivation."""
    found = _models(f)
    if found is None or not found.covariates:
        return ""
    model = found.patients_model
    if not _beyond_chance(f, model):
        return "Between patients alike in age, severity and the like, no gap with deprivation is beyond chance."
    side = "lower" if model.gap.estimate > 0 else "higher"
    return (
        f"Between patients alike in age, severity and the like, the chance of {f.outcome} is still "
        f"{small_points(abs(model.gap.estimate))} {side} in the most deprived tenth than in the least."
    )


def unobserved(f: Findings) -> str:
    """Name what of patients was not observed: a sentence for the limitations."""
    if covariates(f):
        return f"Beside deprivation, {covariates(f)}, no cause of outcome was observed."
    but = ", but for the deprivation of patients' neighbourhoods" if f.case_mix is not None else ""
    return f"Severity, employment and other causes of outcome were not observed{but}."


def of_area(f: Findings, area: Area) -> str:
    """Say in one line where an area stands once its patients are allowed for; empty where that is not known."""
    found = _models(f)
    own = None if found is None or found.adjustment is None else _own(found.adjustment.areas, area)
    if own is None:
        return ""
    expected = own.expected / own.cases
    side = "lower than" if own.below else "higher than" if own.above else "not beyond chance from"
    return (
        f"Of patients like its own in {covariates(f)}, {percent(expected)} would be expected to have {f.reached}: its "
        f"rate is {side} that."
    )


def _own(areas: tuple[RiskAdjusted, ...], area: Area) -> RiskAdjusted | None:
    return next((one for one in areas if one.area_code == area.area_code and one.cases), None)


# The supplement's tables


def gaps_rows(f: Findings) -> str:
    """Give a row a model: the gap between the tenths, the odds ratio, and how well it tells patients apart."""
    found = _models(f)
    if found is None:
        return ""
    models = [found.deprivation, found.patients_model, *([found.random_intercept] if found.random_intercept else [])]
    return "\n".join(
        f"| {_MODELS[model.name]} | {percentage_points(model.gap.estimate)} | "
        f"{interval(model.gap.low, model.gap.high, 1, as_percent=True)} | {decimal(model.ends.odds_ratio)} | "
        f"{interval(model.ends.low, model.ends.high)} | {f.level.p_cell(model.gap.p)} | "
        f"{'–' if model.c_statistic is None else decimal(model.c_statistic)} |"
        for model in models
    )


def terms_rows(f: Findings) -> str:
    """Give a row a coefficient of the model with covariates, groups beside those that they are compared with."""
    found = _models(f)
    if found is None:
        return ""
    return "\n".join(
        f"| {_called(term)} | {decimal(term.odds_ratio)} | {interval(term.low, term.high)} | {f.level.p_cell(term.p)} |"
        for term in found.patients_model.terms
    )


def _called(term: OddsRatio) -> str:
    if term.level is None:
        return "A tenth of neighbourhoods less deprived"
    name = sentence(_COVARIATES.get(term.covariate, term.covariate))
    return f"{name}: {escape(term.level)} (against {escape(term.reference or '')})"


def left_out(f: Findings) -> str:
    """Say which patients the models lack, and how their intervals are had."""
    found = _models(f)
    if found is None:
        return ""
    lacking = found.decile_unknown + found.too_few
    return said(
        f"Standard errors are clustered by area; the random intercept is fitted by {found.method}."
        if found.random_intercept
        else "Standard errors are clustered by area; an intercept for each area could not be told from none.",
        f"{count(lacking)} patients are left out: their decile is not known, or their group is too small to be told."
        if lacking
        else "",
    )
