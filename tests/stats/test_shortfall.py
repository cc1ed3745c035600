"""Differences of rates as numbers of people, held against counts of people one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.stats.shortfall import parts_apart, short_of_standard

COUNTS = st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=40)


def arrays(pairs: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    cases = np.array([n for n, _ in pairs], dtype=float)
    return np.array([round(n * share) for n, share in pairs], dtype=float), cases


@given(COUNTS, st.floats(0.05, 0.95))
def test_with_so_many_more_each_area_below_just_meets_the_standard(
    pairs: list[tuple[int, float]], standard: float
) -> None:
    reached, cases = arrays(pairs)
    found = short_of_standard(reached / cases, cases, standard)
    assert found is not None
    below = reached / cases < standard - 1e-9
    assert found.areas == below.sum()
    assert reached[below].sum() + found.people == pytest.approx(standard * cases[below].sum())
    assert found.people >= 0


def test_where_the_patients_of_an_area_below_are_not_known_there_is_no_number() -> None:
    rate, cases = np.array([0.4, 0.6]), np.array([np.nan, 100.0])
    assert short_of_standard(rate, cases, 0.5) is None
    above = short_of_standard(rate[::-1], cases, 0.5)
    assert above is not None, "those of an area that meets it do not matter"
    assert above.people == pytest.approx(10)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=5, max_size=40))
def test_at_the_rate_of_the_least_deprived_part_all_would_have_it(pairs: list[tuple[int, float]]) -> None:
    reached, cases = arrays(pairs)
    found = parts_apart(reached, cases, 0.2)
    assert found is not None
    k = found.groups
    assert k == len(pairs) // 5
    assert (reached[:k].sum() + found.people_most) / cases[:k].sum() == pytest.approx(found.rate_least)
    assert (reached.sum() + found.people) / cases.sum() == pytest.approx(found.rate_least)
    other = parts_apart(reached[::-1], cases[::-1], 0.2)
    assert other is not None
    assert (other.rate_most, other.rate_least) == (found.rate_least, found.rate_most)


def test_parts_of_unknown_or_too_few_groups_are_not_set_apart() -> None:
    assert parts_apart(np.ones(4), np.full(4, 2.0), 0.2) is None
    assert parts_apart(np.array([1, np.nan, 1, 1, 1.0]), np.full(5, 2.0), 0.2) is None
