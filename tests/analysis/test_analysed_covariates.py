"""Covariates from settings to results: of which areas, absent without any, refused where they cannot be."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from iapt_report.analysis.results import Results
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.system.errors import DataError
from made_up import WHITE, areas_with_groups


def test_without_covariates_there_is_nothing_of_them() -> None:
    assert analyse(areas_with_groups()).covariates is None


def test_the_gradient_is_set_beside_that_with_the_share() -> None:
    results = analyse(areas_with_groups(), Settings(covariates=(WHITE,)))
    found = results.covariates
    assert found is not None
    assert [(one.name, one.variable) for one in found.covariates] == [(WHITE, "Ethnic Group")]
    for model in (found.weighted, found.random_effects):
        assert model is not None
        assert model.n == 40
        assert model.before.ci_low is not None
        assert model.before.ci_low > 0.08
        assert model.after.ci_low is not None
        assert model.after.ci_high is not None
        assert model.after.ci_low < 0 < model.after.ci_high
        assert model.effects[0].estimate == pytest.approx(0.03, abs=0.015)
    assert found.weighted.before.gradient == pytest.approx(results.regression.gradient.estimate, rel=1e-9)
    assert found.weighted.before.r_squared == pytest.approx(results.regression.final.r_squared, rel=1e-9)


def test_without_the_covariates_the_benchmark_is_that_of_each_model() -> None:
    results = analyse(areas_with_groups(), Settings(covariates=(WHITE,)))
    assert results.covariates is not None
    below = results.covariates.weighted.below
    assert below.both + below.first_only == results.replication.classification.below_adjusted.n
    assert results.covariates.random_effects is not None
    below = results.covariates.random_effects.below
    assert below.both + below.first_only == results.classification.below_adjusted.n


def test_all_else_is_as_without_covariates() -> None:
    with_them, without = analyse(areas_with_groups(), Settings(covariates=(WHITE,))), analyse(areas_with_groups())
    ignored = {"covariates", "settings"}
    assert with_them.model_dump(exclude=ignored) == without.model_dump(exclude=ignored)


def test_areas_of_which_a_covariate_is_withheld_are_in_neither_line_and_are_named() -> None:
    found = analyse(areas_with_groups(withheld=("T003", "T007")), Settings(covariates=(WHITE,))).covariates
    assert found is not None
    assert [(one.area_code, one.covariates) for one in found.lacking] == [("T003", (WHITE,)), ("T007", (WHITE,))]
    assert {area.area_code for area in found.weighted.areas} & {"T003", "T007"} == set()
    assert found.weighted.n == 38


def test_areas_are_standardised_for_the_groups_of_the_share() -> None:
    found = analyse(areas_with_groups(), Settings(covariates=(WHITE,))).covariates
    assert found is not None
    (mixed,) = found.case_mix
    assert mixed.adjustment.variable == "Ethnic Group"
    assert [group.rate for group in mixed.adjustment.national] == [0.4, 0.6]
    assert mixed.adjustment.below.n == mixed.adjustment.above.n == 0, "every group does as England's"
    assert mixed.national.areas == 40


def test_a_column_of_ones_own_is_told_by_its_standard_deviation() -> None:
    staff = [str(10 + i % 7) for i in range(40)]
    found = analyse(areas_with_groups(columns={"staff": staff}), Settings(covariates=("staff", WHITE))).covariates
    assert found is not None
    effect = found.weighted.effects[0]
    assert (effect.name, effect.unit) == ("staff", "standard_deviation")
    assert effect.step == pytest.approx(found.covariates[0].sd)
    assert [one.adjustment.variable for one in found.case_mix] == ["Ethnic Group"]


def test_a_name_that_reads_like_a_formula_is_only_a_name() -> None:
    name = "np.log(rate) + C(x)"
    found = analyse(
        areas_with_groups(columns={name: [str(i % 5) for i in range(40)]}), Settings(covariates=(name,))
    ).covariates
    assert found is not None
    assert [effect.name for effect in found.weighted.effects] == [name]


def test_a_period_that_tells_nothing_of_areas_is_analysed_without_covariates() -> None:
    results = analyse(replace(areas_with_groups(), shares=None), Settings(covariates=(WHITE,)))
    assert results.covariates is None
    assert results.settings.covariates == (WHITE,)


def test_more_covariates_than_areas_allow_are_refused() -> None:
    draw = random.Random(1)
    columns = {f"c{i}": [str(draw.random()) for _ in range(12)] for i in range(11)}
    with pytest.raises(DataError, match="all 11 covariates are known of 12 areas"):
        analyse(areas_with_groups(12, columns=columns), Settings(covariates=tuple(columns)))


def test_covariates_that_no_ten_areas_have_together_are_refused() -> None:
    halves = {"a": ["1"] * 15 + [""] * 15, "b": [""] * 15 + ["1"] * 15}
    with pytest.raises(DataError, match="all 2 covariates are known of 0 areas"):
        analyse(areas_with_groups(30, columns=halves), Settings(covariates=("a", "b")))


def test_results_with_covariates_are_read_back_as_they_were() -> None:
    results = analyse(areas_with_groups(withheld=("T003",)), Settings(covariates=(WHITE,)))
    assert Results.from_json(results.to_json()) == results


@pytest.mark.parametrize(
    ("value", "ok"), [(["a", "b: c"], True), ([], True), ("a", False), ([""], False), (["a"] * 21, False), ([1], False)]
)
def test_settings_take_a_list_of_names(value: object, ok: bool) -> None:
    if ok:
        assert Settings.from_mapping({"covariates": value}, "iapt-report.toml").covariates == tuple(value)  # type: ignore[arg-type]
        return
    with pytest.raises(DataError, match="the setting 'covariates' cannot be"):
        Settings.from_mapping({"covariates": value}, "iapt-report.toml")
