"""An area is called by the place that a reader knows, where its published name is that of a whole care board."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.reference.deprivation import tables
from iapt_report.words.place_names import named, place_name, with_code


@dataclass(frozen=True)
class _Area:
    area_code: str
    area_name: str


@pytest.mark.parametrize(
    ("code", "name", "called"),
    [
        ("00L", "NHS North East and North Cumbria ICB - 00L", "Northumberland (00L)"),
        ("16C", "NHS North East and North Cumbria ICB - 16C", "Tees Valley (16C)"),
        ("E38000130", "E38000130", "Northumberland (00L)"),
        ("36L", "36L", "South West London (36L)"),
        # Names that say their place stay as they were published.
        ("02R", "NHS Bradford Districts CCG", "NHS Bradford Districts CCG"),
        ("QHM", "NHS North East and North Cumbria Integrated Care Board", None),
        ("ZZ9", "NHS Somewhere ICB - ZZ9", None),
        ("A1", "Some - Place", None),
    ],
)
def test_a_reader_meets_the_place_and_not_the_board(code: Any, name: Any, called: Any) -> None:
    assert named(_Area(code, name)) == (called or name)


def test_every_sub_icb_location_of_the_reference_tables_has_its_place() -> None:
    locations = [a for t in tables() if t.boundaries.level == "subicb" for a in t.areas]
    assert locations
    lacking = [a.name for a in locations if place_name(a.name, a.nhs_code) == a.name]
    assert lacking == []


def test_places_of_one_set_of_boundaries_are_told_apart() -> None:
    for table in tables():
        called = [place_name(a.name, a.nhs_code) for a in table.areas]
        assert len(set(called)) == len(called)


def test_a_code_is_printed_once() -> None:
    assert with_code(_Area("00L", "NHS North East and North Cumbria ICB - 00L")) == "Northumberland (00L)"
    assert with_code(_Area("02R", "NHS Bradford Districts CCG")) == "NHS Bradford Districts CCG (02R)"


@given(st.text(max_size=40), st.text(max_size=9))
def test_any_other_name_is_left_alone(name: Any, code: Any) -> None:
    called = place_name(name, code)
    assert called == name or called.endswith(")")
