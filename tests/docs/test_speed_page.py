"""The page about speed says of each goal whether it is met, as its figures have it."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from conftest import ROOT

if TYPE_CHECKING:
    from types import ModuleType

SPEED = ROOT / "docs" / "reference" / "_speed.md"


@pytest.fixture(scope="module")
def measuring() -> ModuleType:
    """The module that benchmarks measure with, which is no package."""
    found = importlib.util.spec_from_file_location("measuring", ROOT / "benchmarks" / "measuring.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["measuring"] = module
    found.loader.exec_module(module)
    return module


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def test_the_table_says_of_each_goal_whether_its_figures_meet_it(measuring: Any) -> None:
    lines = [line for line in SPEED.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(lines) > 5
    for line in lines:
        what, median, beside, other, _, peak, goal, met = (cell.strip() for cell in line.strip("|").split("|"))
        row = measuring.Row(what, float(median), beside, number(other), number(peak), goal)
        # Printed figures are rounded, so that one at its very goal can fall on either side.
        assert {True: "yes", False: "no", None: ""}[row.met] == met, what


@pytest.mark.parametrize(
    ("goal", "met"),
    [("1.5 times", True), ("1.4 times", False), ("1.5 times, 200 MB", True), ("1.5 times, 199 MB", False), ("", None)],
)
def test_a_goal_is_met_where_each_of_its_numbers_is(measuring: Any, goal: str, met: bool | None) -> None:
    assert measuring.Row("this", 3.0, "that", 2.0, 200.0, goal).met is met


def test_the_page_is_in_the_navigation_and_includes_the_table() -> None:
    listed = yaml.safe_load((ROOT / "docs" / "_quarto.yml").read_text("utf-8"))
    assert "reference/speed.qmd" in str(listed["website"]["sidebar"])
    assert "{{< include _speed.md >}}" in (ROOT / "docs" / "reference" / "speed.qmd").read_text("utf-8")
