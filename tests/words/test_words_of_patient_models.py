"""What is said of patients' own records follows the models: direction, what chance explains, who is left out."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import areas_from, some_rows
from iapt_report.analysis.facts import ModelledPatients
from iapt_report.analysis.study import analyse
from iapt_report.stats.patient_models import Accounted, Gap, OddsRatio, PatientModel, PatientModels
from iapt_report.words import patient_models as words
from iapt_report.words.findings import findings_of

BASE = analyse(areas_from(some_rows(20)))


def model(name: Any, estimate: Any, p: Any) -> Any:
    ends = OddsRatio(
        covariate="decile",
        level=None,
        reference=None,
        log_odds=estimate,
        se=0.1,
        odds_ratio=1.2,
        low=1.0,
        high=1.4,
        p=p,
    )
    gap = Gap(estimate=estimate, se=0.02, low=estimate - 0.04, high=estimate + 0.04, p=p)
    return PatientModel(name=name, terms=(ends,), ends=ends, gap=gap, c_statistic=0.6, calibration=())


def findings(before: Any, after: Any, covariates: Any = ("age_band", "employment"), share: Any = None) -> Any:
    found = PatientModels(
        areas=20,
        groups=100,
        patients=5000,
        reached=2500,
        decile_unknown=3,
        too_few=0,
        covariates=covariates,
        deprivation=model("deprivation", *before),
        patients_model=model("patients", *after),
        random_intercept=None,
        method="Gauss–Hermite quadrature",
        nodes=5,
        accounted=share,
        adjustment=None,
    )
    patients = ModelledPatients(models=found, national=None, adjusted=None, case_mix=None)
    return findings_of(BASE.model_copy(update={"patients": patients}))


@pytest.mark.parametrize(
    ("after", "verdict"),
    [((0.05, 0.001), "held equal it rose by 5.0 percentage points"), ((-0.05, 0.001), "held equal it fell by 5.0")],
)
def test_the_direction_between_patients_who_are_alike_is_that_of_the_model(after: Any, verdict: Any) -> None:
    assert verdict in words.results(findings((0.1, 0.0001), after))


@pytest.mark.parametrize(
    ("p", "said", "not_said"),
    [(0.001, "which chance does not explain", "can explain"), (0.4, "which chance can explain", "does not explain")],
)
def test_what_chance_explains_is_told_by_the_level_that_is_set(p: Any, said: Any, not_said: Any) -> None:
    text = words.results(findings((0.1, 0.0001), (0.03, p)))
    assert said in text
    assert not_said not in text


def test_a_share_of_the_gap_is_told_only_where_it_is_one() -> None:
    assert "account for 40.0% of the gap" in words.results(
        findings((0.1, 0.001), (0.06, 0.001), share=Accounted(share=0.4, low=0.2, high=0.6))
    )
    for share in (None, Accounted(share=1.3, low=0.9, high=1.7), Accounted(share=-0.2, low=-0.5, high=0.1)):
        assert "account for" not in words.results(findings((0.1, 0.001), (0.06, 0.001), share=share))


def test_what_was_recorded_of_patients_is_not_called_unobserved() -> None:
    assert "employment and other causes of outcome were not observed" in words.unobserved(findings_of(BASE))
    said = words.unobserved(findings((0.1, 0.001), (0.06, 0.001)))
    assert said == "Beside deprivation, age and employment, no cause of outcome was observed."


def test_without_patients_records_nothing_is_said_of_them() -> None:
    f = findings_of(BASE)
    assert [words.results(f), words.in_short(f), words.gaps_rows(f), words.terms_rows(f)] == [""] * 4
    assert words.of_area(f, BASE.areas[0]) == ""


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(0, 1))
def test_the_brief_says_lower_only_where_the_most_deprived_have_less_beyond_chance(gap: Any, p: Any) -> None:
    said = words.in_short(findings((0.1, 0.001), (gap, p)))
    lower, higher = " lower in the most deprived" in said, " higher in the most deprived" in said
    assert lower == (p < 0.05 and gap > 0)
    assert higher == (p < 0.05 and gap <= 0)
    assert not re.search(r"-\d|nan", said)
