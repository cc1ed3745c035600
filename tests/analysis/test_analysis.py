from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
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
    assert r.correlations.recovery_rate_trimmed == r.correlations.recovery_rate


def test_an_insignificant_dummy_goes(reference: Results) -> None:
    assert reference.regression.initial is not None
    assert "outlier" in reference.regression.initial.terms
    assert list(reference.regression.final.terms) == ["Intercept", "imd_rank"]


def test_a_significant_dummy_stays_and_does_not_lower_what_is_expected_of_its_area() -> None:
    rows = with_outliers(some_rows(80, noise=0.02), {10: 0.02, 20: 0.03, 50: 0.04})
    r = analyse(areas_from(rows))
    assert set(r.outliers.area_codes) == {"T010", "T020", "T050"}
    assert list(r.regression.final.terms) == ["Intercept", "imd_rank", "outlier"]
    outlying = [area for area in r.areas if area.outlier]
    assert all(area.below_adjusted and area.adjusted_rate > 0.4 for area in outlying)
    together, alone = r.regression.final.r_squared, r.regression.rank_r_squared
    assert together is not None
    assert alone is not None
    ranks, rates = [area.imd_rank for area in r.areas], [area.recovery_rate for area in r.areas]
    correlation = np.corrcoef(ranks, rates)  # Where areas count the same, R² is the square of Pearson's correlation.
    equal = analyse(areas_from(rows), Settings(weight="equal")).regression.rank_r_squared
    assert equal == pytest.approx(correlation[0, 1] ** 2)
    assert alone < 0.1 < together, "what the dummy explains is not put down to deprivation"


def test_without_a_dummy_rank_explains_what_the_model_does(results_of: Callable[..., Results]) -> None:
    r = results_of(slope=0.2)
    assert r.regression.rank_r_squared == r.regression.final.r_squared


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
