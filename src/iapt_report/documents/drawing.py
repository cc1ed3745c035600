"""The second process, made ready to draw before there is something to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.system import second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# What draws figures and simulates, which it imports while this process analyses.
_DRAWING = (
    *("iapt_report.documents.pictures", "iapt_report.analysis.study"),
    *("plotnine", "plotnine.composition", "matplotlib.pyplot", "matplotlib.backends.backend_svg", "scipy.optimize"),
)


def make_ready() -> None:
    """Start the second process, if one is at hand, and let it import what draws."""
    second.expect(_DRAWING)


def make_ready_for(folders: Iterable[Path]) -> None:
    """Do so where figures are surely to be drawn: where one of the periods' folders of documents is not there."""
    if not all(folder.is_dir() for folder in folders):
        make_ready()
