from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import areas_from, some_rows
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.results import Results


def with_outliers(rows: list[dict[str, object]], rates: dict[int, float]) -> list[dict[str, object]]:
    return [
        {**row, "recovered": round(rates[i] * int(str(row["at_caseness"])))} if i in rates else row
        for i, row in enumerate(rows)
    ]


def test_without_an_outlier_there_is_no_initial_model(results_of: Callable[..., Results]) -> None:
    r = results_of(noise=0.03)
    assert r.outliers.area_codes == ()
    assert r.regression.initial is None
    assert r.correlations.recovery_rate_trimmed == r.correlations.recovery_rate.model_copy(update={"p_holm": None}), (
        "the same again is no further hypothesis"
    )


def test_an_insignificant_dummy_goes(reference: Results) -> None:
    assert reference.regression.initial is not None
    assert "outlier" in reference.regression.initial.terms
    assert list(reference.regression.final.terms) == ["Intercept", "imd_rank"]


def test_outliers_with_a_significant_dummy_do_not_bear_on_the_line_of_the_others() -> None:
    rows = with_outliers(some_rows(80, noise=0.02), {10: 0.02, 20: 0.2, 50: 0.04})
    r = analyse(areas_from(rows))
    assert set(r.outliers.area_codes) == set(r.regression.indicators) == {"T010", "T020", "T050"}
    assert r.outliers.left_out
    assert list(r.regression.final.terms) == ["Intercept", "imd_rank"]
    assert r.regression.with_outliers is not None
    assert r.regression.with_outliers.n == r.regression.final.n + 3 == 80
    for area in r.areas:
        if area.outlier:
            away = area.recovery_rate - area.replication_rate
            assert r.regression.indicators[area.area_code].estimate == pytest.approx(away)
            assert 0.4 < area.adjusted_rate < 0.6, "what is expected of it is what is expected of others"


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.01, 0.02, 0.98]))
def test_how_far_an_outlier_lies_changes_neither_gradient(seed: int, rate: float) -> None:
    """An outlier more or less extreme levers nothing, in the replication or with random effects."""
    near, far = (with_outliers(some_rows(60, noise=0.02, seed=seed), {10: own, 41: 0.03}) for own in (0.05, rate))
    a, b = analyse(areas_from(near)), analyse(areas_from(far))
    if a.outliers.left_out and b.outliers.left_out:
        assert a.outliers.area_codes == b.outliers.area_codes
        assert a.regression.final == b.regression.final
        assert a.random_effects == b.random_effects
        assert a.gradient == b.gradient


def test_conclusions_come_from_the_model_that_is_set(results_of: Callable[..., Results]) -> None:
    chosen, studied = (
        results_of(slope=0.1, noise=0.06),
        results_of(Settings(model="replication"), slope=0.1, noise=0.06),
    )
    assert chosen.concludes == "random_effects"
    assert chosen.random_effects is not None
    assert chosen.random_effects.gradient is not None
    assert chosen.gradient.estimate == chosen.random_effects.gradient.estimate
    assert chosen.gradient != chosen.regression.gradient
    assert studied.gradient == studied.regression.gradient
    assert chosen.regression == studied.regression, "the replication is there in either case"
    assert chosen.replication == studied.replication
    again = chosen.as_replicated()
    assert again.concludes == "replication"
    for name in ("gradient", "adjusted", "classification", "agreement", "benchmarks", "inequality"):
        assert getattr(again, name) == getattr(studied, name), name
    pairs = zip(again.areas, studied.areas, strict=True)
    assert all(a.adjusted_low == b.adjusted_low and a.below_adjusted == b.below_adjusted for a, b in pairs)


def test_an_area_is_below_the_benchmark_of_the_model_that_conclusions_come_from(
    results_of: Callable[..., Results],
) -> None:
    r = results_of(slope=0.1, noise=0.06)
    assert sum(area.below_adjusted for area in r.areas) == r.classification.below_adjusted.n
    assert sum(area.below_replication for area in r.areas) == r.replication.classification.below_adjusted.n
    assert all(area.below_adjusted == (area.recovery_rate < area.adjusted_low - 1e-9) for area in r.areas)
    assert all(area.below_replication == (area.recovery_rate < area.replication_low - 1e-9) for area in r.areas)


def test_the_outlier_multiple_is_a_setting() -> None:
    rows = with_outliers(some_rows(80, noise=0.02), {10: 0.02})
    assert analyse(areas_from(rows), Settings(outlier_multiple=100)).outliers.area_codes == ()


def test_the_benchmark_is_a_setting(results_of: Callable[..., Results]) -> None:
    r = results_of(Settings(benchmark=0.99))
    assert r.classification.below_national.n == r.sample.areas
    assert r.classification.benchmark == 0.99
    assert r.agreement.chi2 is None


def test_an_area_exactly_at_the_standard_is_not_below_it() -> None:
    rows: list[dict[str, object]] = [{**row, "at_caseness": 200, "recovered": 100} for row in some_rows(20)]
    r = analyse(areas_from(rows))
    assert r.classification.below_national.n == 0
    assert r.correlations.recovery_rate.rho is None
    assert r.regression.final.r_squared is None


def test_an_area_that_cannot_be_weighted_is_refused() -> None:
    rows = [
        {**row, "recovery_rate": 0.5 + i / 1000, "recovered": "", "at_caseness": ""}
        for i, row in enumerate(some_rows(20))
    ]
    with pytest.raises(DataError, match="20 of 20 areas cannot be weighted"):
        analyse(areas_from(rows), Settings(weight="at_caseness"))


def test_a_higher_level_of_confidence_widens_every_interval(results_of: Callable[..., Results]) -> None:
    narrow, wide = results_of(slope=0.1), results_of(Settings(confidence=0.99), slope=0.1)
    assert wide.areas[0].adjusted_low < narrow.areas[0].adjusted_low
    n, w = narrow.correlations.recovery_rate, wide.correlations.recovery_rate
    assert n.ci_low is not None
    assert w.ci_low is not None
    assert w.ci_low < n.ci_low
    assert narrow.agreement.kappa_ci_low is not None
    assert wide.agreement.kappa_ci_low is not None
    assert wide.agreement.kappa_ci_low < narrow.agreement.kappa_ci_low


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    rows = some_rows(40, slope=0.1, seed=seed)
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert analyse(areas_from(rows)) == analyse(areas_from(shuffled))


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.floats(-0.3, 0.3))
def test_flipping_the_rank_flips_the_gradient(seed: int, slope: float) -> None:
    rows = some_rows(40, slope=slope, seed=seed)
    flipped = [{**row, "imd_rank": 41 - int(str(row["imd_rank"]))} for row in rows]
    a, b = analyse(areas_from(rows)), analyse(areas_from(flipped))
    assert a.correlations.recovery_rate.rho == pytest.approx(-b.correlations.recovery_rate.rho)  # type: ignore[operator]
    one, other = a.regression.final.terms["imd_rank"], b.regression.final.terms["imd_rank"]
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-12)
    assert a.classification == b.classification


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_the_classifications_add_up(seed: int) -> None:
    c = analyse(areas_from(some_rows(40, noise=0.1, seed=seed))).classification
    assert c.both + c.national_only + c.adjusted_only + c.neither == 40
    assert c.both + c.national_only == c.below_national.n
    assert c.both + c.adjusted_only == c.below_adjusted.n


def test_rates_that_are_all_equal_put_no_area_below_a_benchmark_by_the_computers_arithmetic() -> None:
    for recovered in (100, 120, 137):
        rows: list[dict[str, object]] = [{**row, "at_caseness": 201, "recovered": recovered} for row in some_rows(20)]
        r = analyse(areas_from(rows))
        assert r.classification.below_mean is not None
        assert r.classification.below_adjusted.n == r.classification.below_mean.n == 0
        assert r.regression.final.terms["imd_rank"].p is None
        assert r.agreement.kappa is None


def test_a_perfect_gradient_is_significant_and_prints() -> None:
    rows: list[dict[str, object]] = [
        {**row, "finished_treatment": 1000, "at_caseness": 1000, "recovered": 300 + 5 * i}
        for i, row in enumerate(some_rows(40))
    ]
    r = analyse(areas_from(rows))
    assert r.regression.final.r_squared == pytest.approx(1)
    assert r.regression.final.f is None
    assert r.regression.final.terms["imd_rank"].p == 0
    assert r.correlations.recovery_rate.rho == pytest.approx(1)


def test_quartiles_that_coincide_make_no_area_an_outlier() -> None:
    rows: list[dict[str, object]] = [
        {**row, "finished_treatment": 1000, "at_caseness": 1000, "recovered": 500 + (i > 50) * 100}
        for i, row in enumerate(some_rows(60))
    ]
    assert analyse(areas_from(rows)).outliers.area_codes == ()


def test_a_rate_that_arithmetic_leaves_a_hair_under_the_standard_is_not_below_it() -> None:
    rows = [{**row, "recovered": "", "recovery_rate": 0.45 + i / 200} for i, row in enumerate(some_rows(20))]
    rows[10]["recovery_rate"] = 0.49999999999999994
    area = next(area for area in analyse(areas_from(rows)).areas if area.area_code == "T010")
    assert not area.below_national
