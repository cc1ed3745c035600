"""Models of patients in groups: what must hold of them whatever the patients are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.stats.discrimination import calibration, concordance
from iapt_report.stats.grouped_logit import Grouped, design_of, fit_logit
from iapt_report.stats.patient_models import patient_models
from iapt_report.stats.random_intercept import fit_random_intercept
from oracle.patient_models_cases import LEVELS, grouped_of, seeded

if TYPE_CHECKING:
    from iapt_report.stats.patient_models import PatientModels

COVARIATES = tuple(LEVELS)


def modelled(grouped: Grouped, **options: int) -> PatientModels:
    found = patient_models(grouped, [f"A{i:03d}" for i in range(grouped.areas)], COVARIATES, 0.95, **options)
    assert found is not None
    return found


def one_by_one(grouped: Grouped) -> Grouped:
    """Take every patient for a group of their own."""
    cases, reached = grouped.cases.astype("int64"), grouped.reached.astype("int64")
    which = np.repeat(np.arange(len(cases)), cases)
    order = np.arange(len(which)) - np.repeat(cases.cumsum() - cases, cases)
    return replace(
        grouped,
        area=grouped.area[which],
        decile=grouped.decile[which],
        codes={name: codes[which] for name, codes in grouped.codes.items()},
        cases=np.ones(len(which)),
        reached=(order < reached[which]).astype("float64"),
    )


def test_patients_in_groups_give_the_figures_of_the_same_patients_one_by_one() -> None:
    grouped = grouped_of(seeded(15, 3000, 0.3, seed=11))
    fine, coarse = modelled(one_by_one(grouped)), modelled(grouped)
    assert fine.groups > coarse.groups
    assert fine.random_intercept is not None
    assert coarse.random_intercept is not None
    for one, other in (
        (fine.patients_model, coarse.patients_model),
        (fine.random_intercept, coarse.random_intercept),
        (fine.deprivation, coarse.deprivation),
    ):
        assert one.gap.estimate == pytest.approx(other.gap.estimate, rel=1e-6)
        assert one.gap.se == pytest.approx(other.gap.se, rel=1e-5)
        assert one.c_statistic == pytest.approx(other.c_statistic)
        for mine, theirs in zip(one.terms, other.terms, strict=True):
            assert mine.log_odds == pytest.approx(theirs.log_odds, rel=1e-5, abs=1e-8)
            assert mine.se == pytest.approx(theirs.se, rel=1e-5)


def test_clustered_errors_are_those_of_statsmodels_but_for_its_correction_for_rows() -> None:
    grouped = grouped_of(seeded(20, 4000, 0.3, seed=12))
    fit = fit_logit(design_of(grouped, COVARIATES))
    assert fit is not None
    dummies = [
        (grouped.codes[name] == place).astype("float64") for name in COVARIATES for place in range(1, len(LEVELS[name]))
    ]
    matrix = np.column_stack([np.ones(len(grouped.cases)), grouped.decile, *dummies])
    response = np.column_stack([grouped.reached, grouped.cases - grouped.reached])
    own = sm.GLM(response, matrix, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": grouped.area, "use_correction": True}
    )
    n, p = matrix.shape
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(own.bse * np.sqrt((n - p) / (n - 1)), rel=1e-6)


def test_the_models_find_what_patients_were_made_with() -> None:
    """A test of coverage: of 95% intervals of the decile's coefficient, about 95 of 100 hold it."""
    held = {"patients": 0, "random_intercept": 0}
    for seed in range(40):
        found = modelled(grouped_of(seeded(40, 4000, 0.2, seed=1000 + seed)))
        for name, model in (("patients", found.patients_model), ("random_intercept", found.random_intercept)):
            if model is not None:
                held[name] += model.terms[0].low <= np.exp(0.06) <= model.terms[0].high
    assert all(34 <= count <= 40 for count in held.values()), held


def test_where_areas_differ_by_chance_alone_there_is_no_spread_of_intercepts_to_speak_of() -> None:
    found = modelled(grouped_of(seeded(30, 20_000, 0.0, seed=14)))
    assert found.random_intercept is None or (found.random_intercept.between_areas or 0) < 0.08


def test_without_a_gradient_nothing_is_accounted_for() -> None:
    grouped = grouped_of(seeded(20, 3000, 0.2, seed=15))
    anywhere = np.random.default_rng(15).integers(1, 11, len(grouped.cases))
    found = modelled(replace(grouped, decile=anywhere))
    assert found.deprivation.gap.low < 0 < found.deprivation.gap.high
    assert found.accounted is None


def test_a_group_of_whom_all_reached_the_outcome_is_left_out_and_counted() -> None:
    grouped = grouped_of(seeded(20, 4000, 0.2, seed=16))
    rare = grouped.codes["gender"] == 2
    found = modelled(replace(grouped, reached=np.where(rare, grouped.cases, grouped.reached)))
    assert found.too_few == grouped.cases[rare].sum()
    assert all(term.level != "c" for term in found.patients_model.terms)


@pytest.mark.parametrize("nodes", [5, 25])
def test_more_points_of_the_quadrature_change_nothing_to_speak_of(nodes: int) -> None:
    start = fit_logit(design_of(grouped_of(seeded(40, 6000, 0.3, seed=17)), COVARIATES))
    assert start is not None
    few, many = fit_random_intercept(start, nodes), fit_random_intercept(start, 15)
    assert few is not None
    assert many is not None
    assert few.beta == pytest.approx(many.beta, abs=1e-5)
    assert few.sd == pytest.approx(many.sd, rel=1e-4)


def test_areas_expected_add_up_to_what_was_observed_and_small_ones_are_withheld() -> None:
    frame = seeded(25, 5000, 0.3, seed=18)
    frame.loc[frame["area"] == "A003", "reached"] = 0
    found = modelled(grouped_of(frame)).adjustment
    assert found is not None
    assert found.withheld == ("A003",)
    assert sum(area.expected for area in found.areas) == pytest.approx(
        sum(area.observed for area in found.areas), rel=0.05
    )
    for area in found.areas:
        assert area.wide_low <= area.funnel_low <= found.rate <= area.funnel_high <= area.wide_high
        assert area.below == (area.high < 1)


def test_rounded_areas_have_rounded_counts_and_nearly_the_same_ratios() -> None:
    grouped = grouped_of(seeded(20, 20_000, 0.3, seed=19))
    exact, rounded = modelled(grouped).adjustment, modelled(grouped, rounded_to=5).adjustment
    assert exact is not None
    assert rounded is not None
    for one, other in zip(exact.areas, rounded.areas, strict=True):
        assert other.cases % 5 == 0
        assert other.observed % 5 == 0
        assert other.ratio == pytest.approx(one.ratio, abs=0.05)


GROUPS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 30), st.floats(0, 1)), min_size=2, max_size=40)


@given(GROUPS)
def test_the_c_statistic_is_the_share_of_pairs_in_order(groups: list[tuple[int, int, float]]) -> None:
    chance = np.array([place / 12 for place, _, _ in groups])
    cases = np.array([float(n) for _, n, _ in groups])
    reached = np.array([float(round(n * share)) for _, n, share in groups])
    yes, no = np.repeat(chance, reached.astype(int)), np.repeat(chance, (cases - reached).astype(int))
    found = concordance(chance, cases, reached)
    if not len(yes) or not len(no):
        assert found is None
    else:
        above = (yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2
        assert found == pytest.approx(above)


@given(GROUPS)
def test_calibration_parts_all_patients_from_the_least_likely_to_the_most(groups: list[tuple[int, int, float]]) -> None:
    chance = np.array([place / 12 for place, _, _ in groups])
    cases = np.array([float(n) for _, n, _ in groups])
    reached = np.array([float(round(n * share)) for _, n, share in groups])
    rows = calibration(chance, cases, reached, 0.95, withheld_under=0)
    assert sum(row.cases for row in rows) == cases.sum()
    assert sum(row.cases * row.observed for row in rows) == pytest.approx(reached.sum())
    expected = [row.expected for row in rows]
    assert expected == sorted(expected) or np.allclose(expected, sorted(expected))
