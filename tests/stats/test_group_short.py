"""In which group a service falls short by clearly more than in its others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from iapt_report.stats.group_short import clearly_shortest

EXPECTED = (0.444, 0.497, 0.526, 0.545, 0.568)


def test_as_many_points_short_in_every_group_none_stands_out_however_many_patients_one_has() -> None:
    cases = (3000, 1500, 1250, 1250, 900)
    reached = [round(n * (e - 0.08)) for n, e in zip(cases, EXPECTED, strict=True)]
    assert clearly_shortest(cases, reached, EXPECTED, 0.95) is None


@pytest.mark.parametrize("worst", range(5))
def test_the_group_that_is_far_further_short_than_the_others_is_found(worst: int) -> None:
    cases = [500] * 5
    reached = [round(500 * (e - (0.25 if i == worst else 0.02))) for i, e in enumerate(EXPECTED)]
    assert clearly_shortest(cases, reached, EXPECTED, 0.95) == worst


def test_a_group_that_is_not_short_at_all_is_never_named() -> None:
    cases = [500] * 5
    reached = [round(500 * (e + (0.02 if i == 0 else 0.3))) for i, e in enumerate(EXPECTED)]
    assert clearly_shortest(cases, reached, EXPECTED, 0.95) is None


@pytest.mark.parametrize("cases", [(0, 0, 0, 0, 0), (100, 0, 0, 0, 0)])
def test_without_other_groups_there_is_none(cases: tuple[int, ...]) -> None:
    assert clearly_shortest(cases, (0,) * 5, EXPECTED, 0.95) is None


def test_where_all_groups_fall_short_alike_one_is_named_in_about_one_of_forty_by_chance() -> None:
    """The error is one-sided: half of 5%, shared out over five groups."""
    cases = (400, 300, 250, 250, 200)
    draws = binom.rvs(cases, np.array(EXPECTED) - 0.07, size=(1500, 5), random_state=np.random.default_rng(1))
    named = sum(clearly_shortest(cases, row, EXPECTED, 0.95) is not None for row in draws.tolist())
    assert named / 1500 < 0.045


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1)), min_size=5, max_size=5), st.sampled_from([0.8, 0.95]))
def test_what_is_named_is_short_and_the_furthest(groups: list[tuple[int, float]], confidence: float) -> None:
    cases = [n for n, _ in groups]
    reached = [round(n * rate) for n, rate in groups]
    found = clearly_shortest(cases, reached, EXPECTED, confidence)
    if found is not None:
        shorts = [e - o / n if n else -1.0 for n, o, e in zip(cases, reached, EXPECTED, strict=True)]
        assert shorts[found] == max(shorts) > 0
