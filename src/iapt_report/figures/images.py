"""How a figure is written: SVG for pages, PNG and TIFF for submission."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from iapt_report.figures import theme
from iapt_report.figures.points import DOTS, Layer, Point, speaking
from iapt_report.system.errors import DataError
from iapt_report.workspace.look import Look
from iapt_report.workspace.place import CONFIGURATION

if TYPE_CHECKING:
    from collections.abc import Sequence


# What journals ask of figures of lines and text, dots an inch.
_DOTS = 600
IMAGE_SUFFIXES = (".png", ".tiff")
_AS_THEY_ARE = Look()


def as_svg(plot: Any, points: Sequence[Point] = (), layer: Layer = DOTS, look: Look = _AS_THEY_ARE) -> bytes:
    """Draw a plot as SVG; the same plot gives the same bytes.

    Parameters
    ----------
    plot : plotnine.ggplot
    points : sequence of Point
        What the points of a layer say of themselves, in the order of the data: as the title of each, which a browser
        shows where the file is opened by itself, and all with their places in the element `POINTS_ID`, of which a page
        makes them answer. Where there are not as many points drawn, none says anything.
    layer : Layer
        Of points or of tiles; else the first layer of points.
    look : Look, optional
        The user's width and font.
    """
    out = io.BytesIO()
    with theme.settings():
        theme.with_look(plot, look).save(out, format="svg", verbose=False, metadata={"Date": None, "Creator": None})
    drawn = theme.in_letters_of_the_page(out.getvalue().decode("utf-8"), look.font)
    return speaking(drawn, points, layer).encode("utf-8")


def _as_png(plot: Any, dots: int, look: Look) -> bytes:
    """Draw a plot as PNG on white, with so many dots an inch; the same plot gives the same bytes."""
    out = io.BytesIO()
    font = _installed(look.font)
    with theme.settings(font):
        theme.with_look(plot, look, font=font).save(out, format="png", dpi=dots, verbose=False, facecolor="white")
    return out.getvalue()


def _installed(font: str) -> str:
    """Return the name of a font that Matplotlib has."""
    from matplotlib import font_manager

    if font:
        try:
            font_manager.findfont(font, fallback_to_default=False)
        except ValueError:
            raise DataError(
                f"the font {font!r} of [figures] is not installed, and images for submission need it",
                file=CONFIGURATION,
                mend="install it, or name another",
            ) from None
    return font


def as_images(plot: Any, look: Look = _AS_THEY_ARE) -> dict[str, bytes]:
    """Draw a plot for a journal's submission system: PNG and TIFF (LZW) at 600 dots an inch, on white.

    Raises
    ------
    DataError
        If the font of the user's choice is not installed.

    Returns
    -------
    dict of str to bytes
        The content by suffix, as `IMAGE_SUFFIXES` lists them; the same plot gives the same bytes.
    """
    from PIL import Image

    drawn = io.BytesIO(_as_png(plot, _DOTS, look))
    kinds: dict[str, dict[str, Any]] = {
        ".png": {"format": "PNG"},
        ".tiff": {"format": "TIFF", "compression": "tiff_lzw"},
    }
    made = {}
    with Image.open(drawn) as image:
        # Nothing shines through: submission systems differ in what they make of transparency.
        opaque = image.convert("RGB")
    for suffix in IMAGE_SUFFIXES:
        out = io.BytesIO()
        opaque.save(out, dpi=(_DOTS, _DOTS), **kinds[suffix])
        made[suffix] = out.getvalue()
    return made
