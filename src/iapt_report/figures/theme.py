"""The look that all figures share: colours, sizes, letters, lines."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iapt_report.workspace.look import Look

# Of the palette of Okabe and Ito, told apart by every kind of colour vision and in grey.
BLUE, RED, ORANGE = "#0072B2", "#D55E00", "#E69F00"
# Lines and letters; what stands behind them; what is marked by nothing.
INK, AXIS, GRID, GREY, PALE = "#1b1b1b", "#555555", "#e3e3e3", "#9a9a9a", "#b9c2ca"
# Inches. As wide as the text of a page.
WIDTH, HEIGHT = 7.0, 3.1
# Points.
_LETTERS = 9
_ALONE = threading.RLock()
# What text is measured with: Matplotlib brings it, and it is about as wide as the letters of the pages.
MEASURED = "STIXGeneral"
# What text is set in, where the picture is shown: the letters of the printed page, else those of the page on screen.
LETTERS = "'Libertinus Serif', Georgia, 'Times New Roman', 'Liberation Serif', STIXGeneral, serif"


def plain(
    width: float = WIDTH, height: float = HEIGHT, *, letters: float = _LETTERS, grid: Literal["both", "rows"] = "both"
) -> Any:
    """Return the look that the figures share.

    Parameters
    ----------
    width, height : float
        Of the figure, in inches.
    letters : float
        The size of its letters, in points.
    grid : {"both", "rows"}
        Whether there are lines at the values of both axes, or only across, where places along the x axis are no values.

    Returns
    -------
    plotnine.theme
    """
    import plotnine as p9

    lines = p9.element_line(color=GRID, size=0.4)
    grids: dict[str, Any] = {
        "both": {"panel_grid_major": lines},
        "rows": {"panel_grid_major_x": p9.element_blank(), "panel_grid_major_y": lines},
    }
    return p9.theme_minimal(base_size=letters, base_family=MEASURED) + p9.theme(
        figure_size=(width, height),
        panel_grid_minor=p9.element_blank(),
        **grids[grid],
        axis_line=p9.element_line(color=AXIS, size=0.5),
        legend_title=p9.element_text(size=8),
        plot_margin=0.01,
    )


@contextmanager
def settings(font: str = "") -> Iterator[None]:
    """Have the settings with which every picture is drawn, the same bytes of the same plot, in a block.

    They are the whole process's: of two threads that draw, one waits.

    Parameters
    ----------
    font : str
        What text is set in; by default what it is measured with.
    """
    import matplotlib as mpl
    import pandas as pd

    drawn = {
        "svg.hashsalt": "iapt-report",
        "svg.fonttype": "none",
        "font.family": font or MEASURED,
        "mathtext.fontset": "stix",
    }
    # plotnine asks for the colour and the shape of one point after the other, which Arrow's strings are slow to give.
    with _ALONE, mpl.rc_context(drawn), pd.option_context("mode.string_storage", "python"):
        yield


def in_letters_of_the_page(svg: str, font: str = "") -> str:
    """Set the text of an SVG in a font, or without one in the letters of the page that shows it."""
    return svg.replace(f"'{MEASURED}'", f"'{font}', {LETTERS}" if font else LETTERS)


def with_look(plot: Any, look: Look, *, font: str = "") -> Any:
    """Give a plot that is as wide as the text the width of the user's choice, and its text a font.

    Parameters
    ----------
    plot : plotnine.ggplot
    look : Look
    font : str
        Of the text; empty to leave it as it is.
    """
    import plotnine as p9

    width, height = plot.theme.getp("figure_size")
    if look.width is not None and width == WIDTH:
        plot = plot + p9.theme(figure_size=(look.width, height))
    return plot + p9.theme(text=p9.element_text(family=font)) if font else plot


def legend_below() -> Any:
    """Return what puts a legend without a title under the figure."""
    import plotnine as p9

    return p9.theme(legend_position="bottom", legend_title=p9.element_blank(), legend_box_margin=0)
