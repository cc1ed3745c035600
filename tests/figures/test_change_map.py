"""The map of what changed: a tile an area that is in both periods, coloured and marked as its change is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from iapt_report.analysis.since import Since, since_last
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.figures import change_map, images
from iapt_report.figures.points import TILES

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results


@pytest.fixture(scope="module")
def both() -> tuple[Results, Since]:
    results = analyse(read_areas(ROOT / "data", Period.parse("2019-20-Q2")))
    found = since_last(ROOT / "data", results)
    assert found is not None
    return results, found


def test_every_area_compared_has_a_tile_that_says_its_change(both: tuple[Results, Since]) -> None:
    results, since = both
    points = change_map.change_points(results, since)
    assert sorted(point.name for point in points) == sorted(area.area_name for area in since.areas)
    (leeds,) = (point for point in points if point.name == "NHS Leeds CCG")
    assert dict(leeds.facts) == {
        "recovery rate then": "50.7%",
        "now": "32.1%",
        "change in percentage points": "−18.6",
        "beyond": "usual movement",
    }
    drawn = images.as_svg(change_map.change_map(results, since), points, TILES)
    assert drawn.count(b"NHS Leeds CCG") >= 1


def test_a_fall_and_a_rise_have_classes_on_either_side_of_the_scale(both: tuple[Results, Since]) -> None:
    _, since = both
    step = change_map.step_of(since)
    names = change_map.class_names(step)
    for area in since.areas:
        name = names[change_map.class_of(area, step)]
        size = abs(100 * area.change)
        assert name.startswith("Fell" if area.change < 0 else "Rose")
        assert ("more than" in name) == (size > 2 * step)
        assert ("up to" in name) == (size <= step)


def test_the_description_gives_the_largest_fall_and_rise_and_the_caption_who_is_not_there(
    both: tuple[Results, Since],
) -> None:
    results, since = both
    said = change_map.change_map_alt(results, since)
    assert said.startswith("Map of 187 areas")
    fell = sum(area.change < 0 for area in since.areas)
    assert f"fell in {fell} of the 187 areas" in said
    assert "NHS Leeds CCG (−18.6) and NHS South Cheshire CCG (+15.5)" in said
    assert "four areas not compared" in change_map.caption(results, since)


def test_nothing_is_drawn_where_no_area_is_in_both_or_nobody_knows_where_they_lie(both: tuple[Results, Since]) -> None:
    results, since = both
    none = since.model_copy(update={"areas": ()})
    invented = results.model_copy(update={"period": results.period.model_copy(update={"synthetic": True})})
    for r, s in ((results, none), (invented, since)):
        assert change_map.change_map(r, s) is None
        assert change_map.change_map_alt(r, s) == change_map.caption(r, s) == ""
        assert change_map.change_points(r, s) == ()
