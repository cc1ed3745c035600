"""The map of an area's brief: every area as a tile, drawn once, with one of them marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.rates import is_below
from iapt_report.figures import theme, tile_map, tiles
from iapt_report.figures.one_area import as_path
from iapt_report.figures.points import TILES, Point, island
from iapt_report.words import numbers
from iapt_report.words.markdown import said
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iapt_report.analysis.facts import Area
    from iapt_report.figures.tile_map import Placed
    from iapt_report.figures.tiles import Tile

# The width of a tile, and what is left around all of them, in units of the drawing.
_WIDTH, _MARGIN = 12.0, 4.0
_SHRUNK, _SMALL, _MARKED = 0.94, 0.4, 1.06
_LETTERS, _AWAY = 11.0, 10.0
# How far a tile reaches from its middle, and how high letters are, as a share of their size.
_REACH, _CAPITALS = _WIDTH * _SHRUNK / 3**0.5, 0.7
_LABEL = "here"


@dataclass(frozen=True)
class Background:
    """The map without a mark.

    Parameters
    ----------
    svg : str
        Without its end tag.
    middles : mapping of str to (float, float)
        Where each area's tile is, in the SVG's units, by code.
    tiles : tuple of (float, float)
        Where every tile is, those of areas not analysed, too.
    width, height : float
        The SVG's.
    label : str
        What stands at the mark, as a path that begins at the origin.
    label_width : float
    """

    svg: str
    middles: Mapping[str, tuple[float, float]]
    tiles: tuple[tuple[float, float], ...]
    width: float
    height: float
    label: str
    label_width: float


def background(found: Placed | None) -> Background | None:
    """Draw every area's tile in the colour of its distance from what is expected; None where there is no map."""
    if found is None:
        return None
    every = [*(tile for _, tile in found.analysed), *found.others]
    west = min(tile.middle[0] for tile in every)
    north = max(tile.middle[1] for tile in every)
    edge = _MARGIN + _WIDTH / 3**0.5

    def at(x: float, y: float) -> tuple[float, float]:
        # The y axis of an SVG points down.
        return edge + _WIDTH * (x - west), edge + _WIDTH * (north - y)

    width, height = at(max(tile.middle[0] for tile in every), min(tile.middle[1] for tile in every))
    width, height = width + edge, height + edge
    step = tile_map.step_of(area for area, _ in found.analysed)
    groups = [""] * len(tile_map.COLOURS)
    for area, tile in found.analysed:
        groups[tile_map.class_of(area, step)] += _hexagon(at(*tile.middle), _SHRUNK)
    parts = [f'<path fill="{c}" d="{d}"/>' for c, d in zip(tile_map.COLOURS, groups, strict=True) if d]
    if found.others:
        parts.append(
            f'<path fill="#ffffff" d="{"".join(_hexagon(at(*tile.middle), _SMALL) for tile in found.others)}"/>'
        )
    drawn = f'<g stroke="{theme.AXIS}" stroke-width="0.5">{"".join(parts)}</g>'
    sides = "".join(_side(at(*a), at(*b)) for a, b in tile_map.border(found.london))
    if sides:
        drawn += f'<path d="{sides}" fill="none" stroke="{theme.INK}" stroke-width="1.8" stroke-linecap="round"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}pt" height="{height:.0f}pt" '
    label, label_width = as_path(_LABEL, _LETTERS)
    circles = [(*at(*tile.middle), _WIDTH / 2) for _, tile in found.analysed]
    held = island((width, height), [_point(area, tile) for area, tile in found.analysed], circles, TILES.order)
    return Background(
        f'{opening}viewBox="0 0 {width:.2f} {height:.2f}">{held}{drawn}',
        {area.area_code: at(*tile.middle) for area, tile in found.analysed},
        tuple(at(*tile.middle) for tile in every),
        width,
        height,
        label,
        label_width,
    )


def _point(area: Area, tile: Tile) -> Point:
    """Say of a tile which area it is, in the words of an area's page."""
    facts = (
        ("rate", numbers.percent(area.recovery_rate)),
        ("usual for its deprivation", numbers.percent(area.adjusted_rate)),
        ("percentage points apart", tile_map.apart(area)),
    )
    return Point(named(area), facts, tile_map.from_north_to_south(area, tile))


def _hexagon(middle: tuple[float, float], size: float) -> str:
    corners = [(middle[0] + _WIDTH * size * x, middle[1] - _WIDTH * size * y) for x, y in tiles.CORNERS]
    return f"M{'L'.join(f'{x:.1f} {y:.1f}' for x, y in corners)}Z"


def _side(start: tuple[float, float], end: tuple[float, float]) -> str:
    return f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"


def marked(drawn: Background | None, area: Area) -> str:
    """Mark one area on the map; nothing where there is no map, or it is not on it."""
    if drawn is None or area.area_code not in drawn.middles:
        return ""
    around = _hexagon(drawn.middles[area.area_code], _MARKED)
    return (
        f'{drawn.svg}<path d="{around}" fill="none" stroke="#ffffff" stroke-width="5"/>'
        f'<path class="here" d="{around}" fill="none" stroke="{theme.INK}" stroke-width="2.8"/>'
        f"{_label(drawn, area)}</svg>\n"
    )


def _label(drawn: Background, area: Area) -> str:
    """Write beside a tile that it is here, where there is room that no tile takes; else nothing."""
    x, y = drawn.middles[area.area_code]
    width, height = drawn.label_width, _CAPITALS * _LETTERS
    above, below = y - _AWAY, y + _AWAY + height
    for left, base in (
        *((x + _AWAY, y + height / 2), (x - _AWAY - width, y + height / 2)),
        *((x - width / 2, above), (x - width / 2, below)),
    ):
        inside = left >= 0 and left + width <= drawn.width and base - height >= 0 and base <= drawn.height
        free = not any(
            left - _REACH < a < left + width + _REACH and base - height - _REACH < b < base + _REACH
            for a, b in drawn.tiles
            if (a, b) != (x, y)
        )
        if inside and free:
            return f'<path transform="translate({left:.1f} {base:.1f})" d="{drawn.label}" fill="{theme.INK}"/>'
    return ""


def caption(found: Placed | None, area: Area) -> str:
    """Say how the map is read, and what is seen around an area, in Markdown; nothing where it is not on it."""
    own = _tile(found, area)
    if found is None or own is None:
        return ""
    far = 2 * tile_map.step_of(area for area, _ in found.analysed)
    return said(
        "Each area near where it lies, as a tile, with a ring around this one. Blue: above what is usual for its "
        f"deprivation, the palest by more than {far} percentage points. Orange and brown: below, the darkest by more "
        f"than {far}.",
        "The heavy line is around London." if found.london else "",
        _around(found, own),
    )


def alt_text(found: Placed | None, area: Area) -> str:
    """Describe the map of one area for who cannot see it; nothing where it is not on it."""
    own = _tile(found, area)
    if found is None or own is None:
        return ""
    return said(
        f"Map of {numbers.count(len(found.analysed))} areas as tiles of one size. This one, in percentage points from "
        f"what is usual for its deprivation: {tile_map.apart(area)}.",
        _around(found, own),
    )


def _tile(found: Placed | None, area: Area) -> Tile | None:
    return next((tile for other, tile in (found.analysed if found else ()) if other.area_code == area.area_code), None)


def _around(found: Placed, own: Tile) -> str:
    """Count those beside an area on the map that are below what is usual for them."""
    around = set(own.neighbours)
    beside = [area for area, tile in found.analysed if tile in around]
    if not beside:
        return ""
    below = sum(is_below(area.recovery_rate, area.adjusted_rate) for area in beside)
    if len(beside) == 1:
        return f"The one area beside it is {'' if below else 'not '}below what is usual."
    if below in (0, len(beside)):
        n = numbers.number_word(len(beside))
        which = ("Both" if len(beside) == 2 else f"All {n}") if below else f"None of the {n}"  # noqa: PLR2004 - both
        return f"{which} areas beside it {'are' if below else 'is'} below what is usual."
    return (
        f"Of the {numbers.number_word(len(beside))} areas beside it, {numbers.number_word(below)} "
        f"{'is' if below == 1 else 'are'} below what is usual."
    )
