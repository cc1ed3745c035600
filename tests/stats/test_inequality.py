"""Slope and relative index of inequality, against R and against what they mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.stats.inequality import slope_index, slope_index_of_patients, slope_index_over_areas

# England, 2019-20: recovered and at caseness by the patients' own deciles, the most deprived first.
RECOVERED = np.array([27666, 29412, 31166, 31598, 30121, 29669, 28693, 28064, 27741, 25414.0])
CASES = np.array([64654, 63705, 63744, 62515, 58070, 55407, 53197, 50777, 49319, 44120.0])
# Eight areas, the third and fourth of the same rank.
RATE = np.array([0.41, 0.44, 0.40, 0.47, 0.52, 0.49, 0.55, 0.50])
AREA_CASES = np.array([500, 820, 640, 300, 910, 450, 700, 380.0])
RANK = np.array([1, 2, 3.5, 3.5, 5, 6, 7, 8])
groups = st.lists(st.tuples(st.floats(0.05, 0.95), st.floats(0.001, 0.05), st.floats(1, 1000)), min_size=2, max_size=12)


def test_the_slope_index_over_deciles_is_that_of_r() -> None:
    """R: ``w <- n / sum(n); x <- cumsum(w) - w / 2; lm(y ~ x, weights = w)``; limits by its design matrix."""
    found = slope_index_of_patients(RECOVERED, CASES, 0.95)
    assert found.sii == pytest.approx(0.152020054185, abs=1e-11)
    assert found.sii_low == pytest.approx(0.147516035208, abs=1e-11)
    assert found.sii_high == pytest.approx(0.156524073163, abs=1e-11)
    assert found.rii == pytest.approx(1.348672346987, abs=1e-11)
    assert found.n == 10


def test_the_limits_of_the_relative_index_are_near_those_of_a_million_draws_in_r() -> None:
    found = slope_index_of_patients(RECOVERED, CASES, 0.95)
    assert found.rii_low == pytest.approx(1.336580, abs=5e-4)
    assert found.rii_high == pytest.approx(1.360948, abs=5e-4)


def test_the_slope_index_over_areas_is_that_of_r() -> None:
    """R: ``lm(rate ~ x, weights = cases)`` with ``confint``; Fieller's limits by ``uniroot`` on its definition."""
    found = slope_index_over_areas(RATE, AREA_CASES, RANK, 0.95)
    assert found.sii == pytest.approx(0.147799238732, abs=1e-11)
    assert found.sii_low == pytest.approx(0.039107561867, abs=1e-10)
    assert found.sii_high == pytest.approx(0.256490915598, abs=1e-10)
    assert found.rii == pytest.approx(1.368679982422, abs=1e-11)
    assert found.rii_low == pytest.approx(1.085838194071, abs=1e-8)
    assert found.rii_high == pytest.approx(1.745261853058, abs=1e-8)


def test_the_order_of_areas_does_not_matter() -> None:
    order = np.array([3, 7, 0, 2, 6, 1, 5, 4])
    shuffled = slope_index_over_areas(RATE[order], AREA_CASES[order], RANK[order], 0.95)
    assert shuffled.sii == pytest.approx(slope_index_over_areas(RATE, AREA_CASES, RANK, 0.95).sii)


def test_the_same_seed_gives_the_same_limits_and_another_seed_others() -> None:
    first, again, other = (slope_index_of_patients(RECOVERED, CASES, 0.95, seed) for seed in (1, 1, 2))
    assert first == again
    assert first.rii_low != other.rii_low
    assert first.sii_low == other.sii_low, "the limits of the slope index need no draws"


@given(groups)
def test_the_other_order_of_the_groups_flips_the_slope_index(rows: list[tuple[float, float, float]]) -> None:
    rate, se, share = (np.array(column) for column in zip(*rows, strict=True))
    one = slope_index(rate, se, share, 0.95)
    other = slope_index(rate[::-1], se[::-1], share[::-1], 0.95)
    assert one.sii == pytest.approx(-other.sii, abs=1e-9)  # type: ignore[operator]
    assert one.sii_low == pytest.approx(-other.sii_high, abs=1e-9)  # type: ignore[operator]


@given(st.floats(0.1, 0.9), st.lists(st.floats(1, 1000), min_size=2, max_size=12))
def test_equal_rates_are_no_inequality(rate: float, shares: list[float]) -> None:
    n = len(shares)
    found = slope_index(np.full(n, rate), np.full(n, 0.01), np.array(shares), 0.95)
    assert found.sii == pytest.approx(0, abs=1e-9)
    assert found.rii == pytest.approx(1, abs=1e-9)


@given(st.floats(-0.3, 0.3), st.lists(st.floats(1, 1000), min_size=3, max_size=12))
def test_rates_on_a_line_give_the_difference_between_its_ends(slope: float, shares: list[float]) -> None:
    share = np.array(shares)
    position = (np.cumsum(share) - share / 2) / share.sum()
    rate = 0.5 + slope * (position - 0.5)
    by_groups = slope_index(rate, np.full(len(share), 0.001), share, 0.95)
    by_areas = slope_index_over_areas(rate, share, np.arange(len(share), dtype=np.float64), 0.95)
    for found in (by_groups, by_areas):
        assert found.sii == pytest.approx(slope, abs=1e-6)
        assert found.rii == pytest.approx((0.5 + slope / 2) / (0.5 - slope / 2), abs=1e-6)


def test_a_higher_level_of_confidence_widens_every_interval() -> None:
    for narrow, wide in (
        tuple(slope_index_of_patients(RECOVERED, CASES, level) for level in (0.9, 0.99)),
        tuple(slope_index_over_areas(RATE, AREA_CASES, RANK, level) for level in (0.9, 0.99)),
    ):
        assert wide.sii_low < narrow.sii_low < narrow.sii_high < wide.sii_high  # type: ignore[operator]
        assert wide.rii_low < narrow.rii_low < narrow.rii_high < wide.rii_high  # type: ignore[operator]


def test_areas_that_scatter_have_wider_limits_than_chance_alone_gives() -> None:
    by_chance = slope_index(RATE, np.sqrt(RATE * (1 - RATE) / AREA_CASES) / 10, AREA_CASES, 0.95)
    by_scatter = slope_index_over_areas(RATE, AREA_CASES, np.arange(1.0, 9), 0.95)
    assert by_scatter.sii == pytest.approx(by_chance.sii)
    assert by_scatter.sii_low < by_chance.sii_low  # type: ignore[operator]


def test_what_cannot_be_computed_is_none() -> None:
    assert slope_index(np.array([0.5]), np.array([0.1]), np.array([1.0]), 0.95).sii is None
    assert slope_index_over_areas(RATE, AREA_CASES, np.full(8, 4.5), 0.95).sii is None
    assert slope_index_over_areas(RATE[:2], AREA_CASES[:2], RANK[:2], 0.95).sii is None
    nobody_at_the_end = slope_index(np.array([0.0, 0.5, 1.0]), np.full(3, 0.1), np.ones(3), 0.95)
    assert nobody_at_the_end.sii == pytest.approx(1.5)
    assert nobody_at_the_end.rii is None
    assert nobody_at_the_end.rii_low is None
    unsure_of_the_end = slope_index(np.array([0.1, 0.5, 0.6]), np.full(3, 0.1), np.ones(3), 0.95)
    assert unsure_of_the_end.rii is not None
    assert unsure_of_the_end.rii_low is None
    uncertain = slope_index_over_areas(np.array([0.3, 0.0, 0.5, 0.2, 0.9]), np.ones(5), np.arange(1.0, 6), 0.95)
    assert uncertain.rii is not None
    assert uncertain.rii_low is None
