"""The map of what changed: every area that is in two periods as a tile near where it lies, coloured by its change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iapt_report.figures import tile_map
from iapt_report.figures.points import Point
from iapt_report.words import changes, numbers, place_names
from iapt_report.words.markdown import said

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results
    from iapt_report.analysis.since import AreaChange, Since
    from iapt_report.figures.tile_map import Placed

_BEYOND = ("Beyond the usual movement",)
_HALF = 3


def placed(results: Results, since: Since) -> Placed | None:
    """Give each area that was compared its tile; the others count as not analysed. None where nobody knows where."""
    found = tile_map.placed(results)
    if found is None:
        return None
    known = {area.area_code for area in since.areas}
    compared = tuple(pair for pair in found.analysed if pair[0].area_code in known)
    if not compared:
        return None
    others = tuple(tile for area, tile in found.analysed if area.area_code not in known)
    return replace(found, analysed=compared, others=(*found.others, *others))


def change_map(results: Results, since: Since) -> Any:
    """Draw the change of every area; those beyond the usual movement are marked.

    Returns
    -------
    plotnine.ggplot or None
        None where it is not known where the areas lie, or none is in both periods.
    """
    found = placed(results, since)
    if found is None:
        return None
    by_code = {area.area_code: area for area in since.areas}
    own = [by_code[area.area_code] for area, _ in found.analysed]
    step = step_of(since)
    classes = class_names(step)
    plot = tile_map.coloured(
        found,
        [classes[class_of(area, step)] for area in own],
        classes,
        f"Change of the {since.outcome}\nrate, percentage points",
    )
    marks = [
        (*tile.middle, _BEYOND[0]) for area, (_, tile) in zip(own, found.analysed, strict=True) if area.beyond_usual
    ]
    return tile_map.marked(plot, marks, _BEYOND, found)


def step_of(since: Since) -> int:
    """Choose the step of the scale, in percentage points."""
    return tile_map.step_for([abs(100 * area.change) for area in since.areas])


def class_of(area: AreaChange, step: int) -> int:
    """Return the place of an area's colour in `iapt_report.figures.tile_map.COLOURS`; no change counts as a rise."""
    points = 100 * area.change
    beyond = sum(abs(points) > reach for reach in (step, 2 * step))
    return _HALF + beyond if points < 0 else _HALF - 1 - beyond


def class_names(step: int) -> tuple[str, ...]:
    """Name the classes of the scale, in the order of the colours."""
    reaches = (f"by more than {2 * step}", f"by {step} to {2 * step}", f"by up to {step}")
    return (*(f"Rose {reach}" for reach in reaches), *(f"Fell {reach}" for reach in reversed(reaches)))


def change_points(results: Results, since: Since) -> tuple[Point, ...]:
    """Say of each tile of the map which area it is and what it did, in the order in which they are drawn."""
    found = placed(results, since)
    if found is None:
        return ()
    by_code = {area.area_code: area for area in since.areas}
    return tuple(
        Point(
            place_names.named(area),
            (
                (f"{since.outcome} rate then", numbers.percent(by_code[area.area_code].rate_then)),
                ("now", numbers.percent(by_code[area.area_code].rate_now)),
                ("change in percentage points", changes.points(by_code[area.area_code])),
                ("beyond", changes.beyond(by_code[area.area_code])),
            ),
            tile_map.from_north_to_south(area, tile),
        )
        for area, tile in found.analysed
    )


def change_map_alt(results: Results, since: Since) -> str:
    """Describe the map for who cannot see it; nothing where there is none."""
    found = placed(results, since)
    if found is None:
        return ""
    shown = {area.area_code for area, _ in found.analysed}
    areas = [area for area in since.areas if area.area_code in shown]
    fell = sum(area.change < 0 for area in areas)
    ends = [f"{place_names.named(area)} ({changes.points(area)})" for area in (areas[0], areas[-1])]
    return (
        f"Map of {numbers.how_many(len(areas), 'area')} as tiles of one size, each near where it lies. The "
        f"{since.outcome} rate fell in {numbers.of_areas(fell, len(areas))}. The largest fall and the largest rise, in "
        f"percentage points: {' and '.join(ends)}."
    )


def caption(results: Results, since: Since) -> str:
    """Say how the map is read, in Markdown; nothing where there is none."""
    found = placed(results, since)
    if found is None:
        return ""
    return said(
        "Every area near where it lies. Blue rose, orange fell; darker is lower.",
        "The line is around London." if found.london else "",
        f"Empty: {numbers.how_many(len(found.others), 'area')} not compared." if found.others else "",
    )
