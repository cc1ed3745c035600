"""One area far from all others does not make a picture of rates unreadable, and is not lost from it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.figures.axis import axis, label, note

_RATES = st.lists(st.floats(0, 100, allow_nan=False), min_size=10, max_size=60)


def test_one_area_far_off_is_marked_at_the_edge_and_leaves_the_others_their_room() -> None:
    rates = [*np.linspace(45, 60, 40), 96.0]
    laid = axis(rates, [50])
    assert laid.high - laid.low < 20
    assert laid.sides[-1] == 1
    assert 60 < laid.heights[-1] <= laid.high
    assert laid.heights[:-1] == pytest.approx(rates[:-1])
    assert note(laid) == "A triangle at the edge marks an area whose rate lies beyond the axis."


def test_an_area_that_costs_little_room_keeps_its_place() -> None:
    laid = axis([*np.linspace(45, 60, 40), 66.0], [50])
    assert set(laid.sides) == {0}
    assert note(laid) == ""


def test_many_areas_far_off_are_no_exception_and_keep_their_places() -> None:
    laid = axis([*np.linspace(50, 51, 60), *np.linspace(10, 30, 10)], [50])
    assert set(laid.sides) == {0}


def test_the_standard_is_on_the_axis_however_far_it_lies() -> None:
    laid = axis(list(np.linspace(80, 85, 30)), [48])
    assert laid.low <= 48
    assert laid.high >= 85


def test_what_an_area_beyond_the_axis_is_called_has_its_rate() -> None:
    assert label("NHS Elsewhere CCG", 95.26) == "NHS Elsewhere CCG, 95.3%"
    assert label("A$B$C") == r"A\$B\$C"


@given(_RATES, st.floats(0, 100, allow_nan=False))
def test_every_area_is_drawn_within_the_axis_and_in_its_own_place_unless_marked(rates: Any, standard: Any) -> None:
    laid = axis(rates, [standard])
    assert 0 <= laid.low <= laid.high <= 100
    assert laid.low <= standard <= laid.high
    for rate, height, side in zip(rates, laid.heights, laid.sides, strict=True):
        assert laid.low <= height <= laid.high
        assert side == 0 or (rate - height) * side >= 0
        assert side != 0 or height == rate
