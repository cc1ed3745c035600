"""The picture of an area's brief: every area by deprivation and rate, drawn once, with one of them marked."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.figures import axis, theme
from iapt_report.system.errors import DataError
from iapt_report.words import numbers

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results

_GREY, _LINE, _STANDARD, _MARK = theme.GREY, theme.INK, theme.RED, theme.BLUE
# Inches: those of its place in print, so that its letters are as large there as they are drawn.
_WIDTH, _HEIGHT = 3.2, 1.8
_AXIS_LETTERS, _CLEAR = 8.5, 3.0
# As Matplotlib writes points that have each a size: a path of its own for each.
_POINTS = re.compile(r'(<g id="PathCollection_1">)(.*?)(\n   </g>)', re.DOTALL)
_OUTLINE = re.compile(r'<path d="([^"]*)"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_DOT, _RADIUS, _LETTERS, _AWAY = 1.1, 3.4, 7.5, 6.0
# Of a label's letters, as a share of their size: how high they are, on average.
_CAPITALS = 0.7


@dataclass(frozen=True)
class Background:
    """The picture without a mark.

    Parameters
    ----------
    svg : str
        With its end tag.
    places : tuple of (float, float)
        Where each area is, in the SVG's units, in the order of the results.
    width : float
        The SVG's.
    label : str
        What stands at the mark, as a path that begins at the origin.
    label_width : float
    """

    svg: str
    places: tuple[tuple[float, float], ...]
    width: float
    label: str
    label_width: float


def background(results: Results, called: str) -> Background:
    """Draw every area in grey, with the usual rate at each level of deprivation and the standard.

    Parameters
    ----------
    results : Results
    called : str
        What an area is called in a word.
    """
    out = io.BytesIO()
    with theme.settings():
        _plot(results).save(out, format="svg", verbose=False, metadata={"Date": None, "Creator": None})
    svg = theme.in_letters_of_the_page(out.getvalue().decode("utf-8"))
    points, size = _POINTS.search(svg), _SIZE.search(svg)
    places = tuple(map(_centre, _OUTLINE.findall(points[2]))) if points else ()
    if points is None or size is None or len(places) != len(results.areas):
        raise DataError(
            "the picture of the areas cannot be read back from Matplotlib",
            expected=f"{len(results.areas)} points, not {len(places)}",
            mend="install the versions of matplotlib and plotnine that constraints.txt lists",
        )
    # A tenth of the size, drawn alike, and this for every area.
    dots = "".join(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{_DOT}"/>' for x, y in places)
    svg = f'{svg[: points.end(1)]}<g fill="{_GREY}" fill-opacity="0.75">{dots}</g>{svg[points.start(3) :]}'
    label, width = as_path(f"this {called}")
    return Background(svg[svg.index("<svg") :], places, float(size[1]), label, width)


def _centre(outline: str) -> tuple[float, float]:
    """Return the centre of a circle that is written as a path."""
    numbers = [float(number) for number in _NUMBER.findall(outline)]
    x, y = numbers[::2], numbers[1::2]
    return (min(x) + max(x)) / 2, (min(y) + max(y)) / 2


def _plot(results: Results) -> Any:
    import pandas as pd
    import plotnine as p9

    frame = pd.DataFrame(
        {
            "rank": [area.imd_rank for area in results.areas],
            "rate": [100 * area.recovery_rate for area in results.areas],
            "usual": [100 * area.adjusted_rate for area in results.areas],
        }
    )
    laid = axis.axis(list(frame["rate"]), [*frame["usual"], 100 * results.standard.value])
    frame["height"] = laid.heights
    layers = [
        p9.geom_hline(yintercept=100 * results.standard.value, linetype="dashed", color=_STANDARD, size=0.7),
        p9.geom_point(color=_GREY, fill=_GREY, size=1.4, stroke=0.1, alpha=0.75),
        p9.geom_line(frame.sort_values("rank"), p9.aes(y="usual"), color=_LINE, size=0.7),
        p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values]),
        p9.coord_cartesian(ylim=(laid.low, laid.high)),
        p9.labs(
            x="Deprivation rank (1 = most deprived)",
            y=f"{numbers.sentence(results.outcome.words)} rate",
        ),
        theme.plain(_WIDTH, _HEIGHT, letters=_AXIS_LETTERS),
        p9.theme(
            axis_title=p9.element_text(size=_LETTERS),
            axis_text_x=p9.element_text(margin={"t": _CLEAR, "units": "pt"}),
            axis_text_y=p9.element_text(margin={"r": _CLEAR, "units": "pt"}),
        ),
        *axis.marks(frame, "rank", laid),
    ]
    return p9.ggplot(frame, p9.aes("rank", "height")) + layers


def as_path(text: str, letters: float = _LETTERS) -> tuple[str, float]:
    """Write text as the data of an SVG path, so that it needs no font, and give its width."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    drawn = TextPath((0, 0), text, size=letters, prop=FontProperties(family=theme.MEASURED, weight="bold"))
    commands = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
    data = []
    for points, code in drawn.iter_segments(curves=True, simplify=False):
        pairs = zip(points[::2], points[1::2], strict=True)
        # The y axis of an SVG points down.
        data.append(
            commands[code] + ("" if code == Path.CLOSEPOLY else " ".join(f"{x:.2f} {-y:.2f}" for x, y in pairs))
        )
    return "".join(data), float(drawn.get_extents().x1)


def marked(drawn: Background, place: int) -> str:
    """Mark one area in the picture.

    Parameters
    ----------
    drawn : Background
    place : int
        Of the area in the results.
    """
    x, y = drawn.places[place]
    left, base = _beside(drawn, place)
    move = f"translate({left:.2f} {base:.2f})"
    mark = (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{_RADIUS}" fill="{_MARK}" stroke="#ffffff" stroke-width="1"/>'
        f'<path transform="{move}" d="{drawn.label}" fill="#ffffff" '
        'stroke="#ffffff" stroke-width="2" stroke-linejoin="round" paint-order="stroke"/>'
        f'<path transform="{move}" d="{drawn.label}" fill="{_MARK}"/>'
    )
    head, _, _ = drawn.svg.rpartition("</svg>")
    return f"{head}{mark}</svg>\n"


def _beside(drawn: Background, place: int) -> tuple[float, float]:
    """Choose where a mark's label begins: of eight places around it, the first that covers the fewest points."""
    x, y = drawn.places[place]
    width, height = drawn.label_width, _CAPITALS * _LETTERS
    right, left, centred = x + _AWAY, x - _AWAY - width, x - width / 2
    level, above, below = y + height / 2, y - _AWAY, y + _AWAY + height
    corners = (
        *((right, level), (left, level), (centred, above), (centred, below)),
        *((right, above), (left, above), (right, below), (left, below)),
    )
    others = [at for i, at in enumerate(drawn.places) if i != place]
    west, north, south = (
        min(a for a, _ in drawn.places),
        min(b for _, b in drawn.places),
        max(b for _, b in drawn.places),
    )

    def covered(corner: tuple[float, float]) -> int:
        start, base = corner
        outside = start < west or start + width > drawn.width or base < north or base - height > south
        return len(others) * outside + sum(
            start - _DOT <= a <= start + width + _DOT and base - height - _DOT <= b <= base + 2 * _DOT
            for a, b in others
        )

    return min(corners, key=covered)


def alt_text(results: Results, area: Area, called: str) -> str:
    """Describe the picture of one area for who cannot see it."""
    return (
        f"Scatterplot of {numbers.count(len(results.areas))} {called}s by deprivation rank. This one has a "
        f"{results.outcome.words} rate of {numbers.percent(area.recovery_rate)}; the usual rate at its rank is "
        f"{numbers.percent(area.adjusted_rate)}, and the dashed line is at "
        f"{numbers.exact_percent(results.standard.value)}."
    )
