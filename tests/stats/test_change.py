"""A change of the gradient between periods is found where there is one, and tested as of the same areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from conftest import areas_from, some_rows
from iapt_report.analysis.study import analyse
from iapt_report.analysis.trend import trends
from iapt_report.stats.change import Wave, change

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results


FROM_R = (0.030046361449427121, 0.22844527173538032)


def wave(day: float, gradient: float, *, n: int = 60, seed: int = 1, prefix: str = "A") -> Wave:
    draw = np.random.default_rng(seed)
    rank = np.arange(1.0, n + 1)
    rate = 0.5 + gradient * (rank - 1) / (n - 1) + draw.normal(0, 0.03, n)
    return Wave(day, tuple(f"{prefix}{i}" for i in range(n)), rank, rate, np.full(n, 100.0))


def test_two_periods_differ_by_the_difference_of_their_gradients() -> None:
    flat = Wave(0, ("a", "b", "c", "d"), np.arange(1.0, 5), np.array([0.5, 0.52, 0.5, 0.53]), np.ones(4))
    steep = Wave(365.25, flat.codes, flat.rank, flat.rate + 0.1 * (flat.rank - 1) / 3, np.ones(4))
    found = change([flat, steep], 0.95)
    assert found is not None
    assert found.per_year == pytest.approx(0.1)
    assert (found.areas, found.repeated) == (4, 4)


def test_one_period_has_no_change() -> None:
    assert change([wave(0, 0.1)], 0.95) is None


def test_the_same_rates_again_are_no_change() -> None:
    found = change([wave(0, 0.1), wave(365.25, 0.1)], 0.95)
    assert found is not None
    assert found.per_year == pytest.approx(0, abs=1e-12)


def test_areas_that_repeat_make_a_change_more_certain_than_others_would() -> None:
    """Nearly the same noise twice cancels within areas; with other areas in each period it does not."""
    first = wave(0, 0.0)
    moved = first.rate + 0.05 * (first.rank - 1) / 59 + np.random.default_rng(9).normal(0, 0.005, 60)
    second = Wave(365.25, first.codes, first.rank, moved, first.weights)
    others = Wave(second.day, tuple(f"B{i}" for i in range(60)), second.rank, second.rate, second.weights)
    same, apart = change([first, second], 0.95), change([first, others], 0.95)
    assert same is not None
    assert apart is not None
    assert same.p is not None
    assert apart.p is not None
    assert same.p < apart.p
    assert (apart.areas, apart.repeated) == (120, 0)


def test_the_clustered_error_is_that_of_r() -> None:
    """sandwich::vcovCL(lm(rate ~ 0 + wave + place + place:years), cluster = ~area, type = "HC1"), R 4.2."""
    waves = [wave(0, 0.02, n=12, seed=3), wave(365.25, 0.06, n=12, seed=4), wave(730.5, 0.05, n=10, seed=5)]
    found = change(waves, 0.95)
    assert found is not None
    assert (found.areas, found.repeated) == (12, 12)
    assert (found.per_year, found.p) == pytest.approx(FROM_R, rel=1e-8)


def results(period: str, slope: float, seed: int = 1) -> Results:
    return analyse(areas_from(some_rows(40, slope=slope, seed=seed), period))


def test_kinds_of_period_are_kept_apart_and_in_order() -> None:
    made = [results("2019-20-Q2", 0.1), results("2019-20", 0.1), results("2019-20-Q1", 0.05)]
    found = {trend.kind: trend for trend in trends(made)}
    assert [point.period for point in found["quarter"].points] == ["2019-20-Q1", "2019-20-Q2"]
    assert found["year"].change is None
    assert found["quarter"].change is not None
    point = found["quarter"].points[0]
    assert point.gradient == made[2].gradient.estimate
    assert point.below_national == made[2].classification.below_national.share


def test_invented_data_are_not_set_beside_real_ones() -> None:
    synthetic = analyse(areas_from(some_rows(40), "2014-15-Q2", synthetic=True))
    assert [len(trend.points) for trend in trends([synthetic, results("2019-20-Q2", 0.1)])] == [1, 1]
