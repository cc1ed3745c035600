"""The map: every area as a tile near where it lies, coloured by how far it is from what its deprivation lets expect."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.history import within
from iapt_report.areas.period import Period
from iapt_report.areas.rates import is_below
from iapt_report.figures import theme, tiles
from iapt_report.figures.points import Point
from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.deprivation import nhs_codes
from iapt_report.reference.places import centres, london, lying
from iapt_report.words import area_brief, findings, numbers
from iapt_report.words.markdown import escape, said
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.figures.tiles import Tile

# Where fewer of the areas have a place that is known, a map would be of others.
_KNOWN = 0.9
# From the furthest above what is expected to the furthest below. Lightness alone has them in order, and blue and
# orange, which every kind of colour vision tells apart, say on which side of it they are.
COLOURS = ("#e0eef8", "#b5d5ec", "#86b7dc", "#d8772b", "#b04a00", "#6b2a00")
# Percentage points of a step of the scale: the least of which all but a tenth of the areas are within two.
_STEPS, _WITHIN = (1, 2, 3, 5, 10, 20), 0.9
_EDGE = theme.AXIS
# Around all tiles, in widths of one.
_ROOM = 0.2
# A tile is drawn a little smaller than its place, and that of an area which was not analysed much smaller.
_SHRUNK, _SMALL = 0.94, 0.4
# Of the groups below a benchmark, as the picture of the two benchmarks has them.
_SHAPES = ("s", "D", "^")
# Inches, and points: the brief has it on little more than half of a page's width.
_WIDTH, _HEIGHT, _LETTERS = 3.8, 2.0, 7.5


@dataclass(frozen=True)
class Placed:
    """The tiles of a period's areas.

    Parameters
    ----------
    analysed : tuple of (Area, Tile)
        From north to south, and in a row from west to east.
    others : tuple of Tile
        Of areas within the same boundaries that were not analysed.
    london : frozenset of Tile
    lacking : tuple of str
        The names of areas analysed whose place is not known.
    """

    analysed: tuple[tuple[Area, Tile], ...]
    others: tuple[Tile, ...]
    london: frozenset[Tile]
    lacking: tuple[str, ...]


def placed(results: Results) -> Placed | None:
    """Give each area its tile; None where areas are invented, have no boundaries, or lie where nobody knows."""
    boundaries = boundaries_of(results)
    if boundaries is None:
        return None
    codes = [area.area_code for area in results.areas]
    where = lying(codes, boundaries)
    if len(where) < _KNOWN * len(codes):
        return None
    whole = {code: (centre.easting, centre.northing) for code, centre in centres(boundaries).items()}
    own = {code: (centre.easting, centre.northing) for code, centre in where.items()}
    # One that is known by another code is not another place.
    same = set(own.values())
    there = {code: at for code, at in whole.items() if at not in same} | own
    laid = _layout(tuple(sorted(there.items())))
    analysed = [(area, laid[area.area_code]) for area in results.areas if area.area_code in laid]
    analysed.sort(key=lambda pair: (-pair[1].row, pair[1].half_column))
    return Placed(
        tuple(analysed),
        tuple(tile for code, tile in laid.items() if code not in own),
        frozenset(tile for code, tile in laid.items() if nhs_codes().get(code, code) in london()),
        tuple(named(area) for area in results.areas if area.area_code not in own),
    )


@cache
def _layout(places: tuple[tuple[str, tuple[float, float]], ...]) -> Mapping[str, Tile]:
    """Lay a set of places out once, which takes some tenths of a second."""
    return tiles.layout(dict(places))


def boundaries_of(results: Results) -> Boundaries | None:
    """Return the boundaries that a period's areas lie within; None where areas are invented or nobody knows."""
    if results.period.synthetic:
        return None
    used = results.provenance.deprivation
    own = Boundaries(used.boundaries, used.level) if used else None
    if own is None or not centres(own):
        return within(results.provenance.area_type, Period.parse(results.period.id))
    return own


def distance(area: Area) -> float:
    """Return how far an area's rate is from what is expected of it, in percentage points."""
    return 100 * (area.recovery_rate - area.adjusted_rate)


def step_of(areas: Iterable[Area]) -> int:
    """Choose the step of the scale, in percentage points."""
    return step_for([abs(distance(area)) for area in areas])


def step_for(distances: Sequence[float]) -> int:
    """Choose the step of a scale for distances in percentage points."""
    enough = _WITHIN * len(distances)
    return next((step for step in _STEPS if sum(d <= 2 * step for d in distances) >= enough), _STEPS[-1])


def class_of(area: Area, step: int) -> int:
    """Return the place of an area's colour in `COLOURS`; what is expected itself counts as above."""
    points = distance(area)
    beyond = sum(abs(points) > reach for reach in (step, 2 * step))
    return 3 + beyond if is_below(area.recovery_rate, area.adjusted_rate) else 2 - beyond


def class_names(step: int) -> tuple[str, ...]:
    """Name the classes of the scale, in the order of `COLOURS`."""
    reaches = (f"More than {2 * step} points", f"{step} to {2 * step} points", f"Up to {step} {_points(step)}")
    return (*(f"{reach} above" for reach in reaches), *(f"{reach} below" for reach in reversed(reaches)))


def _points(n: int) -> str:
    return "point" if n == 1 else "points"


def tile_map(results: Results) -> Any:
    """Draw every area as a tile near where it lies, coloured by its distance from what is expected of it.

    Areas below a benchmark are marked; small empty tiles are areas that were not analysed, and a heavy line
    is around London.

    Returns
    -------
    plotnine.ggplot or None
        None where it is not known where the areas lie.
    """
    found = placed(results)
    if found is None:
        return None
    step = step_of(area for area, _ in found.analysed)
    names = class_names(step)
    colours = [names[class_of(area, step)] for area, _ in found.analysed]
    plot = coloured(
        found, colours, names, f"{numbers.sentence(results.outcome.words)} rate and what\nis expected for deprivation"
    )
    names_of_marks = _mark_names(results)
    return marked(plot, _marks(found.analysed, names_of_marks), names_of_marks, found)


def coloured(found: Placed, classes: Sequence[str], names: Sequence[str], title: str) -> Any:
    """Draw tiles by the class of each: the areas analysed, small empty ones of others, a heavy line around London.

    Parameters
    ----------
    found : Placed
    classes : sequence of str
        Of the areas analysed, in their order.
    names : sequence of str
        All classes there are, in the order of `COLOURS`.
    title : str
        Of the scale.

    Returns
    -------
    plotnine.ggplot
    """
    import pandas as pd
    import plotnine as p9

    drawn = _outlines([tile for _, tile in found.analysed])
    drawn["fill"] = pd.Categorical([name for name in classes for _ in tiles.CORNERS], list(names))
    layers = [
        p9.geom_polygon(drawn, p9.aes("x", "y", group="tile", fill="fill"), color=_EDGE, size=0.18, show_legend=True)
    ]
    if found.others:
        others = _outlines(found.others, _SMALL)
        layers.append(p9.geom_polygon(others, p9.aes("x", "y", group="tile"), fill="#ffffff", color=_EDGE, size=0.18))
    around = pd.DataFrame([(*start, *end) for start, end in border(found.london)], columns=["x", "y", "xend", "yend"])
    if len(around):
        ends = p9.aes("x", "y", xend="xend", yend="yend")
        layers.append(p9.geom_segment(around, ends, color=theme.INK, size=0.8, lineend="round"))
    layers += [
        p9.scale_fill_manual(list(COLOURS), drop=False),
        p9.guides(fill=p9.guide_legend(order=1)),
        p9.scale_x_continuous(expand=(0, _ROOM)),
        p9.scale_y_continuous(expand=(0, _ROOM)),
        p9.coord_fixed(),
        p9.labs(fill=title, shape=""),
        theme.plain(_WIDTH, _HEIGHT, letters=_LETTERS),
        p9.theme(
            axis_text=p9.element_blank(),
            axis_title=p9.element_blank(),
            axis_line=p9.element_blank(),
            axis_ticks=p9.element_blank(),
            panel_grid_major=p9.element_blank(),
            legend_position="right",
            legend_key_size=8.5,
            legend_text=p9.element_text(size=7, margin={"l": 4, "units": "pt"}),
            legend_key_spacing_y=1.5,
            legend_title=p9.element_text(size=7),
        ),
    ]
    return p9.ggplot() + layers


def marked(plot: Any, marks: Sequence[tuple[float, float, str]], kinds: Sequence[str], found: Placed) -> Any:
    """Add marks to a map: where, and of which of the kinds, of which only those that there are go into the legend."""
    import pandas as pd
    import plotnine as p9

    if not marks:
        return plot
    drawn = pd.DataFrame(list(marks), columns=["x", "y", "mark"])
    there = [kind for kind in kinds if (drawn["mark"] == kind).any()]
    drawn["mark"] = pd.Categorical(drawn["mark"], there)
    layers = [
        p9.geom_point(
            drawn,
            p9.aes("x", "y", shape="mark"),
            fill="#ffffff",
            color=theme.INK,
            size=_mark_size(found),
            stroke=0.3,
        ),
        p9.scale_shape_manual([_SHAPES[kinds.index(kind)] for kind in there]),
        p9.guides(shape=p9.guide_legend(order=2, override_aes={"size": 1.8, "stroke": 0.3})),
    ]
    return plot + layers


def _mark_names(results: Results) -> tuple[str, str, str]:
    return (
        "Below both benchmarks",
        "Below the adjusted benchmark only",
        f"Below the {findings.named_standard(results)} only",
    )


def _marks(analysed: Sequence[tuple[Area, Tile]], names: tuple[str, str, str]) -> list[tuple[float, float, str]]:
    called = dict(zip(("both", "adjusted", "national"), names, strict=True))
    standing = ((tile, area_brief.standing(area)) for area, tile in analysed)
    return [(*tile.middle, called[below]) for tile, below in standing if below in called]


def _mark_size(found: Placed) -> float:
    """Size marks so that the tile around them is seen: in millimetres, as many tiles as are above one another."""
    rows = [tile.row for _, tile in found.analysed] + [tile.row for tile in found.others]
    return min(2.0, 22 / (max(rows) - min(rows) + 1))


def _outlines(drawn: Sequence[Tile], size: float = _SHRUNK) -> Any:
    """Give the corners of tiles, six rows a tile, for a layer of polygons."""
    import pandas as pd

    rows = [
        (i, tile.middle[0] + size * x, tile.middle[1] + size * y)
        for i, tile in enumerate(drawn)
        for x, y in tiles.CORNERS
    ]
    return pd.DataFrame(rows, columns=["tile", "x", "y"])


def border(inside: frozenset[Tile]) -> tuple[tuple[tuple[float, float], tuple[float, float]], ...]:
    """Return the sides of tiles that part a group of them from all others, each from end to end."""
    sides = []
    for tile in sorted(inside):
        x, y = tile.middle
        for i, beside in enumerate(tile.neighbours):
            if beside not in inside:
                (x1, y1), (x2, y2) = tiles.CORNERS[i], tiles.CORNERS[(i + 1) % len(tiles.CORNERS)]
                sides.append(((x + x1, y + y1), (x + x2, y + y2)))
    return tuple(sides)


def tile_points(results: Results) -> tuple[Point, ...]:
    """Say of each tile of the map which area it is and what its figures are, in the order in which they are drawn."""
    found = placed(results)
    if found is None:
        return ()
    return tuple(
        Point(
            named(area),
            (
                (f"{results.outcome.words} rate", numbers.percent(area.recovery_rate)),
                ("rate expected", numbers.percent(area.adjusted_rate)),
                ("percentage points apart", apart(area)),
                ("below", _standing(results, area)),
                ("deprivation rank", numbers.rank(area.imd_rank)),
            ),
            from_north_to_south(area, tile),
        )
        for area, tile in found.analysed
    )


def from_north_to_south(area: Area, tile: Tile) -> tuple[float | str, ...]:
    """Return by what the keyboard goes from tile to tile."""
    return (-tile.row, tile.half_column, area.area_code)


def apart(area: Area) -> str:
    """Say how far an area's rate is from what is expected of it, as both are printed: "2.9 above"."""
    below = is_below(area.recovery_rate, area.adjusted_rate)
    return area_brief.apart(area.recovery_rate, numbers.percent(area.adjusted_rate), below=below)


def _standing(results: Results, area: Area) -> str:
    return {
        "both": "both benchmarks",
        "national": f"{findings.named_standard(results)} only",
        "adjusted": "adjusted benchmark only",
        "neither": "neither benchmark",
    }[area_brief.standing(area)]


def tile_map_alt(results: Results) -> str:
    """Describe the map for who cannot see it, in plain words that follow its numbers; nothing where there is none."""
    found = placed(results)
    if found is None:
        return ""
    areas = [area for area, _ in found.analysed]
    below = {area.area_code for area in areas if is_below(area.recovery_rate, area.adjusted_rate)}
    inside = {area.area_code for area, tile in found.analysed if tile in found.london}
    n = len(areas)
    text = (
        f"Map of {numbers.count(n)} areas as tiles of one size, each near where it lies. The {results.outcome.words} "
        f"rate is lower than expected for its deprivation in {numbers.of_areas(len(below), n)}"
    )
    if inside and len(inside) < n:
        text += (
            f": {numbers.of_areas(len(below & inside), len(inside))} in London, "
            f"{numbers.of_areas(len(below - inside), n - len(inside))} elsewhere"
        )
    ends = [f"{named(area)} ({apart(area)})" for area in (min(areas, key=distance), max(areas, key=distance))]
    return f"{text}. The two furthest from it, in percentage points: {' and '.join(ends)}."


def caption(results: Results) -> str:
    """Say how the map is read, and which areas are not on it, in Markdown; nothing where there is none."""
    found = placed(results)
    if found is None:
        return ""
    return said(
        f"Every area near where it lies. Orange is below the {results.outcome.words} rate expected for its "
        "deprivation, blue above; darker is lower.",
        "The line is around London." if found.london else "",
        f"Empty: {numbers.how_many(len(found.others), 'area')} not analysed." if found.others else "",
        f"Where {numbers.joined([escape(name) for name in found.lacking])} lies is not known." if found.lacking else "",
    )
