"""What a reviewer would ask of the regression and the benchmarks; the figures themselves are held against R's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from conftest import areas_from, some_rows
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.stats.agreement import agreement, classify
from iapt_report.stats.correlation import spearman, with_holm
from iapt_report.stats.funnel import funnel, overdispersion

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.results import Results
    from iapt_report.stats.intervals import Interval


def gradient(r: Results, model: str) -> float:
    found = next(row for row in r.gradients if row.model == model and row.outliers != "left_out")
    assert found.gradient is not None
    return found.gradient


def test_a_fair_benchmark_flags_only_what_lies_beyond_chance(reference: Results) -> None:
    """A binomial interval on each area's own case-load puts far fewer below, a prediction interval almost none."""
    found = {b.interval: b for b in reference.replication.benchmarks}
    assert found["fitted_mean"].below.n == 91
    assert 0.2 < found["wilson"].below.share < 0.27
    assert found["prediction"].below.n <= 3
    assert found["wilson"].below.n > found["overdispersion"].below.n > found["prediction"].below.n
    assert all(b.of_chosen <= min(b.below.n, 91) for b in found.values())


def test_below_the_wilson_limit_is_where_the_wilson_interval_lies_below_the_expected_rate(reference: Results) -> None:
    for area in reference.areas:
        _, high = proportion_confint(round(area.recovery_rate * area.cases), area.cases, 0.05, method="wilson")
        assert area.below_wilson == (high < area.adjusted_rate - 1e-9)


@pytest.mark.parametrize("interval", ["fitted_mean", "wilson", "prediction", "overdispersion"])
def test_the_chosen_interval_is_the_benchmark(results_of: Callable[..., Results], interval: Interval) -> None:
    r = results_of(Settings(interval=interval), slope=0.15)
    chosen = next(b for b in r.benchmarks if b.interval == interval)
    assert r.classification.below_adjusted == chosen.below
    assert chosen.of_chosen == chosen.below.n
    assert [a.below_adjusted for a in r.areas] == [a.recovery_rate < a.adjusted_low - 1e-9 for a in r.areas]
    assert (r.classification.below_mean is None) == (interval != "fitted_mean")


def test_every_specification_finds_a_gradient_that_is_there(results_of: Callable[..., Results]) -> None:
    r = results_of(slope=0.2, noise=0.02)
    names = [row.model for row in r.gradients]
    assert names == [
        "replication",
        "weighted",
        "weighted_hc3",
        "random_effects",
        "paule_mandel",
        "unweighted",
        "quasibinomial",
        "betabinomial",
    ]
    for name in names:
        assert gradient(r, name) == pytest.approx(0.2, abs=0.05)


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_turning_the_ranks_round_turns_the_gradient(seed: int) -> None:
    rows = some_rows(30, slope=0.1, seed=seed)
    turned = [{**row, "imd_rank": 31 - int(str(row["imd_rank"]))} for row in rows]
    a, b = analyse(areas_from(rows)), analyse(areas_from(turned))
    for row in a.gradients:
        if row.gradient is not None and row.outliers != "left_out":
            assert gradient(b, row.model) == pytest.approx(-row.gradient, rel=1e-6, abs=1e-9), row.model
    assert a.regression.gradient.estimate == pytest.approx(-b.regression.gradient.estimate)


def test_the_scale_of_the_weights_changes_nothing_but_what_chance_explains() -> None:
    rows = some_rows(40, slope=0.1)
    more = [{**row, "finished_treatment": int(str(row["finished_treatment"])) * 10} for row in rows]
    a, b = analyse(areas_from(rows)), analyse(areas_from(more))
    assert gradient(a, "weighted") == pytest.approx(gradient(b, "weighted"), rel=1e-10)
    for one, other in zip(a.benchmarks, b.benchmarks, strict=True):
        assert (one.below, one.of_chosen) == (other.below, other.of_chosen), "the patients at caseness are the same"


def test_the_order_of_the_areas_changes_nothing() -> None:
    rows = some_rows(40, slope=0.1)
    a, b = analyse(areas_from(rows)), analyse(areas_from(rows[::-1]))
    assert a.diagnostics == b.diagnostics
    assert a.gradients == b.gradients
    assert a.funnels == b.funnels


def test_an_area_that_carries_the_fit_is_named() -> None:
    rows = some_rows(40, noise=0.01)
    rows[0] = {**rows[0], "finished_treatment": 20_000, "at_caseness": 20_000, "recovered": 10_600}
    r = analyse(areas_from(rows))
    assert r.diagnostics.influential[0].area_name == "Test Area 000"
    assert r.diagnostics.influential[0].leverage > 0.5


def test_the_line_of_the_other_areas_is_examined_where_an_outlier_is_left_out() -> None:
    rows = some_rows(40, noise=0.01)
    rows[5] = {**rows[5], "recovered": 0}
    r = analyse(areas_from(rows))
    without = analyse(areas_from([row for i, row in enumerate(rows) if i != 5]), Settings(model="replication"))
    assert r.outliers.left_out
    assert r.diagnostics.reset.p == pytest.approx(without.diagnostics.reset.p)
    assert r.diagnostics.hc3 is not None
    assert without.diagnostics.hc3 is not None
    assert r.diagnostics.hc3.p == pytest.approx(without.diagnostics.hc3.p)


def test_a_perfect_fit_has_nothing_to_examine() -> None:
    rows: list[dict[str, object]] = [
        {**row, "recovered": "", "at_caseness": "", "recovery_rate": 0.4 + i / 200}
        for i, row in enumerate(some_rows(20))
    ]
    r = analyse(areas_from(rows))
    assert r.diagnostics.breusch_pagan.p is None
    assert r.diagnostics.hc3 is None
    assert r.diagnostics.influential == ()
    assert gradient(r, "weighted") == pytest.approx(0.095)


def test_without_counts_of_recovery_there_is_no_beta_binomial() -> None:
    rows: list[dict[str, object]] = [
        {**row, "recovered": "", "recovery_rate": 0.5 + (i % 7) / 50} for i, row in enumerate(some_rows(20))
    ]
    r = analyse(areas_from(rows))
    assert "betabinomial" not in [row.model for row in r.gradients]
    assert r.sample.rates.from_counts == 0
    assert r.sample.rates.cases_known == 20


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_areas_that_vary_by_chance_alone_are_not_overdispersed(seed: int) -> None:
    draw = np.random.default_rng(seed)
    cases = draw.integers(200, 2000, 300).astype(float)
    rate = draw.binomial(cases.astype(int), 0.5) / cases
    found = funnel(rate, np.full(300, 0.5), cases, "national")
    assert 0.7 < found.phi < 1.4
    beyond = {(b.level, b.adjustment): b.below + b.above for b in found.beyond}
    assert beyond[0.998, "none"] <= 6
    assert beyond[0.998, "none"] <= beyond[0.95, "none"]
    assert all(beyond[level, "additive"] <= beyond[level, "none"] for level in (0.95, 0.998))


def test_overdispersion_finds_the_variance_between_areas() -> None:
    draw = np.random.default_rng(1)
    cases = np.full(4000, 1000.0)
    true = draw.normal(0.5, 0.04, 4000)
    rate = draw.binomial(1000, true) / 1000
    se = np.sqrt(0.25 / cases)
    _, tau2 = overdispersion((rate - 0.5) / se, se)
    assert tau2**0.5 == pytest.approx(0.04, rel=0.03)


def test_agreement_is_told_for_each_side() -> None:
    yes, no = True, False
    a = np.array([yes] * 40 + [yes] * 10 + [no] * 5 + [no] * 45)
    b = np.array([yes] * 40 + [no] * 10 + [yes] * 5 + [no] * 45)
    found = agreement(classify(a, b, None, 0.5), 0.95)
    assert found.observed == 0.85
    assert found.positive == pytest.approx(80 / 95)
    assert found.negative == pytest.approx(90 / 105)
    assert found.pabak == pytest.approx(0.7)
    assert found.phi == pytest.approx((found.chi2 or 0) ** 0.5 / 10)


def test_benchmarks_that_disagree_have_a_negative_association() -> None:
    a = np.array([True] * 10 + [False] * 10)
    found = agreement(classify(a, ~a, None, 0.5), 0.95)
    assert found.phi == pytest.approx(-1)
    assert found.pabak == -1


def test_no_area_on_a_side_leaves_its_agreement_open() -> None:
    none = np.zeros(10, dtype=bool)
    found = agreement(classify(none, none, None, 0.5), 0.95)
    assert found.positive is None
    assert found.negative == 1


def test_holm_leaves_what_cannot_be_tested() -> None:
    x = np.arange(20.0)
    family = {"a": spearman(x, x % 7, 0.95), "b": spearman(x, np.ones(20), 0.95), "c": spearman(x, x**2, 0.95)}
    adjusted = with_holm(family)
    assert adjusted["b"].p_holm is None
    assert adjusted["a"].p_holm == family["a"].p
    assert with_holm({"b": family["b"]}) == {"b": family["b"]}
