"""The random-effects regression of areas where nothing is nasty, and where everything is; metafor's figures aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iapt_report.stats.many_random_effects import random_lines
from iapt_report.stats.outlying import studentised_residuals
from iapt_report.stats.random_effects import RandomFit, random_effects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def services(n: int, tau: float, *, seed: int, slope: float = 0.1) -> tuple[Array, Array, Array]:
    """Rates, cases and ranks of services whose true rates differ by ``tau`` about a line."""
    draw = np.random.default_rng(seed)
    rank = np.arange(1.0, n + 1)
    cases = draw.integers(40, 900, n).astype("float64")
    true = np.clip(0.42 + slope * rank / n + draw.normal(0, tau, n), 0.01, 0.99)
    return draw.binomial(cases.astype("int64"), true) / cases, cases, rank


def fitted(rate: Array, cases: Array, rank: Array, kept: NDArray[np.bool_] | None = None) -> RandomFit:
    found = random_effects(rate, cases, {"imd_rank": rank}, 0.95, kept=kept)
    assert found is not None
    return found


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(6, 40), st.sampled_from([0.0, 0.03]), st.floats(-0.9, 0.9))
def test_an_outlier_left_out_moves_the_gradient_by_nothing(seed: int, n: int, tau: float, away: float) -> None:
    rate, cases, rank = services(n, tau, seed=seed)
    far = rate.copy()
    far[2] += away
    kept = np.arange(n) != 2
    one, other = fitted(rate, cases, rank, kept), fitted(far, cases, rank, kept)
    assert one.model == other.model
    np.testing.assert_array_equal(one.expected.low, other.expected.low)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(6, 40), st.floats(0.001, 1000))
def test_the_scale_of_the_ranks_and_the_order_of_areas_change_no_figure(seed: int, n: int, scale: float) -> None:
    rate, cases, rank = services(n, 0.03, seed=seed)
    order = np.random.default_rng(seed).permutation(n)
    one, other = fitted(rate, cases, rank), fitted(rate[order], cases[order], scale * rank[order])
    assert one.model.gradient is not None
    assert other.model.gradient is not None
    assert other.model.gradient.estimate == pytest.approx(one.model.gradient.estimate, rel=1e-6, abs=1e-9)
    assert other.model.gradient.ci_low == pytest.approx(one.model.gradient.ci_low, rel=1e-6, abs=1e-9)
    assert other.model.tau2 == pytest.approx(one.model.tau2, rel=1e-6, abs=1e-12)
    np.testing.assert_allclose(other.prediction.low, one.prediction.low[order], rtol=0, atol=1e-8)


def test_areas_as_chance_alone_has_them_weigh_by_their_cases() -> None:
    rate, cases, rank = services(60, 0.0, seed=2)
    found = fitted(rate, cases, rank)
    assert found.model.tau2 < 0.01**2
    assert found.weights.max() / found.weights.min() > 5


def test_areas_that_truly_differ_weigh_nearly_alike_however_large() -> None:
    rate, cases, rank = services(60, 0.05, seed=3)
    cases[0] *= 1000
    found = fitted(rate, cases, rank)
    assert found.model.tau2**0.5 == pytest.approx(0.05, rel=0.3)
    assert found.weights.max() / found.weights.min() < 5


def test_the_three_intervals_of_an_area_hold_each_other() -> None:
    found = fitted(*services(40, 0.03, seed=4))
    for inner, outer in ((found.expected, found.prediction), (found.prediction, found.observation)):
        assert (outer.low < inner.low).all()
        assert (outer.high > inner.high).all()
        np.testing.assert_array_equal(inner.rate, outer.rate)


@pytest.mark.parametrize("noise", [0.0, 1e-12])
def test_rates_that_do_not_vary_have_no_test(noise: float) -> None:
    rate = 0.5 + noise * np.random.default_rng(1).normal(size=20)
    model = fitted(rate, np.full(20, 100.0), np.arange(20.0)).model
    assert model.tau2 == 0
    assert model.terms["imd_rank"].estimate == 0
    assert [model.terms["imd_rank"].p, model.q, model.i2, model.p] == [None] * 4


def test_rates_on_a_line_are_told_apart_from_no_line() -> None:
    rank = np.arange(1.0, 21)
    model = fitted(0.4 + rank / 200, np.full(20, 1e6), rank).model
    assert model.gradient is not None
    assert model.gradient.estimate == pytest.approx(0.095)
    assert (model.terms["imd_rank"].p, model.terms["imd_rank"].t) == (0, None)


@pytest.mark.parametrize("second", [np.full(30, 3.0), 7 - 2 * np.arange(1.0, 31), np.arange(1.0, 31) + 1e-14])
def test_a_predictor_that_repeats_what_is_known_is_left_out(second: Array) -> None:
    rate, cases, rank = services(30, 0.02, seed=5)
    found = random_effects(rate, cases, {"imd_rank": rank, "again": second}, 0.95)
    assert found is not None
    assert found.model.not_estimable == ("again",)
    assert found.model.terms == fitted(rate, cases, rank).model.terms


def test_a_covariate_takes_what_is_its_own() -> None:
    draw = np.random.default_rng(6)
    rank, cases = np.arange(1.0, 101), np.full(100, 5000.0)
    share = rank / 100 + draw.uniform(0, 1, 100)
    rate = 0.4 + 0.1 * share + draw.normal(0, 0.005, 100)
    alone = fitted(rate, cases, rank).model
    beside = random_effects(rate, cases, {"imd_rank": rank, "share": share}, 0.95)
    assert beside is not None
    assert alone.gradient is not None
    assert beside.model.gradient is not None
    assert alone.gradient.estimate > 0.08
    assert beside.model.gradient.estimate == pytest.approx(0, abs=0.01)
    assert beside.model.terms["share"].estimate == pytest.approx(0.1, abs=0.01)


def test_ranks_that_do_not_vary_have_no_gradient() -> None:
    rate, cases, _ = services(20, 0.02, seed=7)
    model = fitted(rate, cases, np.full(20, 4.0)).model
    assert model.gradient is None
    assert list(model.terms) == ["Intercept"]


def test_two_areas_leave_nothing_to_judge_by() -> None:
    assert random_effects(np.array([0.4, 0.5]), np.ones(2), {"imd_rank": np.arange(2.0)}, 0.95) is None


@pytest.mark.parametrize("rate", [np.array([0, 0, 1, 0, 1, 0.0]), np.array([1, 1, 1, 1, 1, 0.5])])
def test_rates_of_nobody_and_everybody_have_finite_figures(rate: Array) -> None:
    found = fitted(rate, np.array([1, 2, 1, 3, 1, 2.0]), np.arange(6.0))
    assert np.isfinite(found.observation.low).all()
    assert found.model.terms["imd_rank"].p is not None


@pytest.mark.parametrize("tau", [0.0, 0.02, 0.05])
def test_many_regressions_at_once_are_those_made_singly(tau: float) -> None:
    made = [services(42, tau, seed=seed) for seed in range(30)]
    cases, rank = made[0][1], made[0][2]
    rates = np.array([rate for rate, _, _ in made])
    lines = random_lines(rank, rates, cases)
    for i, rate in enumerate(rates):
        one = fitted(rate, cases, rank)
        slope = one.model.terms["imd_rank"]
        assert lines.tau2[i] == pytest.approx(one.model.tau2, rel=1e-5, abs=1e-9)
        assert (lines.slope[i], lines.slope_se[i]) == pytest.approx((slope.estimate, slope.se), rel=1e-5)
        reach = lines.reach(0.95)
        np.testing.assert_allclose((lines.fitted - reach * lines.mean_se)[i], one.expected.low, rtol=1e-5)
        np.testing.assert_allclose((lines.fitted - reach * lines.prediction_se)[i], one.prediction.low, rtol=1e-5)
        np.testing.assert_allclose((lines.fitted - reach * lines.observation_se)[i], one.observation.low, rtol=1e-5)


def test_many_regressions_may_each_have_their_own_ranks_and_cases() -> None:
    made = [services(25, 0.03, seed=seed) for seed in range(5)]
    rates, cases = (np.array([one[i] for one in made]) for i in (0, 1))
    ranks = np.array([np.random.default_rng(seed).permutation(25) + 1.0 for seed in range(5)])
    together = random_lines(ranks, rates, cases)
    for i in range(5):
        alone = random_lines(ranks[i], rates[[i]], cases[i])
        assert together.slope[i] == pytest.approx(alone.slope[0], rel=1e-9)
        np.testing.assert_allclose(together.ends_covariance[i], alone.ends_covariance[0], rtol=1e-7)


def test_a_small_service_far_off_by_chance_stands_out_less_than_a_large_one_nearer() -> None:
    rate, cases, rank = services(40, 0.01, seed=8)
    rate[3], cases[3] = 0.25, 20
    rate[9], cases[9] = 0.33, 3000
    found = studentised_residuals(rate, cases, rank)
    assert found is not None
    assert abs(found.residual[3]) > abs(found.residual[9])
    assert abs(found.t[3]) < 2 < abs(found.t[9])
    assert found.p[9] < 0.001


def test_outliers_that_stand_together_do_not_hide_one_another() -> None:
    rate, cases, rank = services(30, 0.01, seed=9)
    rate[[4, 5, 6]] = 0.95
    kept = ~np.isin(np.arange(30), [4, 5, 6])
    hidden = studentised_residuals(rate, cases, rank)
    shown = studentised_residuals(rate, cases, rank, kept=kept)
    assert hidden is not None
    assert shown is not None
    assert (shown.t[[4, 5, 6]] > 2 * hidden.t[[4, 5, 6]]).all()
