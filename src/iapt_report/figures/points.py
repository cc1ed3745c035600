"""The points of a figure made to say which area each is."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


_SHAPE = re.compile(r"<(path|use)\b([^>]*?)/>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_OPENING = re.compile(r"<svg\b[^>]*>")
# The element of a figure that holds its points for `_extensions/iapt/scripts.lua`.
POINTS_ID = "iapt-points"
_ISLAND = re.compile(rf'\s*<metadata id="{POINTS_ID}">(\{{[^<]*\}})</metadata>')
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Point:
    """What one point of a figure says of itself.

    Parameters
    ----------
    name : str
        The area's.
    facts : tuple of (str, str)
        Its figures as the documents print them, each with its label.
    place : tuple
        By what the keyboard goes from point to point; any values that sort.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    place: tuple[float | str, ...]

    @property
    def title(self) -> str:
        """All of it, in one line."""
        return f"{self.name}: {', '.join(f'{label} {value}' for label, value in self.facts)}"


@dataclass(frozen=True)
class Layer:
    """The layer of a figure that says what it shows.

    Parameters
    ----------
    collection : str
        What Matplotlib calls it in an SVG.
    order : str
        In which order the keyboard goes through it.
    """

    collection: str
    order: str

    def find(self, svg: str) -> re.Match[str] | None:
        """Find it as Matplotlib writes it: paths of their own, or uses of one that stands before them."""
        return re.search(rf'<g id="{self.collection}">\s*(<defs>.*?</defs>)?(.*?)\n   </g>', svg, re.DOTALL)


DOTS = Layer("PathCollection_1", "Areas, from the most to the least deprived")
TILES = Layer("PolyCollection_1", "Areas, from north to south")


def speaking(svg: str, points: Sequence[Point], layer: Layer = DOTS) -> str:
    """Give the points of a layer of an SVG what they say."""
    found = layer.find(svg)
    opening = _OPENING.search(svg)
    if not points or not found or not opening:
        return svg
    shapes = list(_SHAPE.finditer(found[2]))
    if len(shapes) != len(points):
        return svg
    texts = iter(points)

    def with_title(shape: re.Match[str]) -> str:
        text = _NOT_XML.sub("\ufffd", html.escape(next(texts).title, quote=False))
        return f'<{shape[1]} role="img"{shape[2]}><title>{text}</title></{shape[1]}>'

    circles = [_circle(shape, found[1] or "") for shape in shapes]
    _, _, width, height = (float(number) for number in dict(_ATTRIBUTE.findall(opening[0]))["viewBox"].split())
    listed = f"\n {island((width, height), points, circles, layer.order)}"
    titled = _SHAPE.sub(with_title, found[2])
    return svg[: opening.end()] + listed + svg[opening.end() : found.start(2)] + titled + svg[found.end(2) :]


def _circle(shape: re.Match[str], shared: str) -> tuple[float, float, float]:
    """Give middle and radius of a point as it is drawn, in units of the figure's own system."""
    attributes = dict(_ATTRIBUTE.findall(shape[2]))
    if shape[1] == "path":
        (left, right), (top, bottom) = _extent(attributes["d"])
        return (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    # A use of a path that stands before it, drawn around the origin.
    (left, right), _ = _extent(dict(_ATTRIBUTE.findall(shared))["d"])
    return float(attributes["x"]), float(attributes["y"]), (right - left) / 2


def _extent(path: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Give the least and the greatest coordinates of a path, across and down."""
    numbers = [float(number) for number in _NUMBER.findall(path)]
    across, down = numbers[0::2], numbers[1::2]
    return (min(across), max(across)), (min(down), max(down))


def island(
    size: tuple[float, float], points: Sequence[Point], circles: Sequence[tuple[float, float, float]], order: str
) -> str:
    """Write the element of an SVG that holds its points: JSON without any character that begins markup.

    Parameters
    ----------
    size : (float, float)
        Width and height of the SVG's own system.
    points : sequence of Point
        At least one.
    circles : sequence of (float, float, float)
        Middle and radius of each, in units of that system.
    order : str
        In which order the keyboard goes through them, which is that of their places.
    """
    width, height = size
    drawn = sorted(zip(points, circles, strict=True), key=lambda pair: pair[0].place)
    content = {
        "width": width,
        "height": height,
        "order": order,
        "labels": [label for label, _ in points[0].facts],
        "points": [
            [*(round(number, 2) for number in circle), point.name, *(value for _, value in point.facts)]
            for point, circle in drawn
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    text = _NOT_XML.sub("\ufffd", text)
    return f'<metadata id="{POINTS_ID}">{text}</metadata>'


def without_island(svg: str) -> tuple[str, str]:
    """Part an SVG from the JSON of its points, which is empty where it holds none."""
    # Most drawings hold none, and the expression begins with spaces, which are everywhere.
    found = _ISLAND.search(svg) if POINTS_ID in svg else None
    return (svg, "") if found is None else (svg[: found.start()] + svg[found.end() :], found[1])
