"""Which figures a period's documents show, and how they are drawn beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.results import RESULTS_FILE, Results
from iapt_report.figures import change_map, images, points, study, svg_images, tile_map, two_benchmarks
from iapt_report.system import atomic

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.since import Since
    from iapt_report.workspace.look import Look

MAP_FILE = "figure-map.svg"
BRIEF_FILE = "figure-brief.svg"
FIGURES: dict[str, Callable[[Results], Any]] = {
    "figure-ds1.svg": study.scatter,
    "figure-funnels.svg": study.funnels,
    "figure-fair.svg": study.fair_services,
    BRIEF_FILE: two_benchmarks.two_benchmarks,
    MAP_FILE: tile_map.tile_map,
}
# What the points of a figure say of themselves, and which of its layers they are.
POINTS: dict[str, tuple[Callable[[Results], tuple[points.Point, ...]], points.Layer]] = {
    "figure-ds1.svg": (study.area_points, points.DOTS),
    MAP_FILE: (tile_map.tile_points, points.TILES),
}


def draw(results: Results, folder: Path, stage: Path, look: Look, *, missing_only: bool) -> frozenset[str]:
    """Draw the figures into a stage, and return the names of images in the folder that show them as they were."""
    outdated: set[str] = set()
    for file, draw in FIGURES.items():
        plot = None if missing_only and (folder / file).is_file() else draw(results)
        if plot is None:
            continue
        says, layer = POINTS.get(file, (None, points.DOTS))
        outdated |= _place(images.as_svg(plot, says(results) if says else (), layer, look), file, folder, stage)
    return frozenset(outdated)


def draw_change(results: Results, since: Since, file: str, folder: Path, stage: Path) -> None:
    """Draw the map of what changed between two periods into a stage, where it is known where the areas lie."""
    plot = change_map.change_map(results, since)
    if plot is not None:
        says = change_map.change_points(results, since)
        _place(images.as_svg(plot, says, points.TILES), file, folder, stage)


def _place(drawn: bytes, file: str, folder: Path, stage: Path) -> set[str]:
    """Write a figure into a stage, with the pictures made of it, and name its images that are now outdated."""
    atomic.write_bytes(stage / file, drawn)
    changed = _bytes_of(folder / file) != drawn
    outdated = set(images_of(file)) if changed else set()
    for kind in svg_images.PICTURES:
        name = Path(file).with_suffix(f".{kind}").name
        # Word and LaTeX take no SVG, and Quarto has nothing of its own to convert it with.
        if changed or not (folder / name).is_file():
            atomic.write_bytes(stage / name, svg_images.converted(stage / file, kind))
            outdated.discard(name)
    return outdated


def images_of(figure: str) -> list[str]:
    """Name the files of a figure's images for submission, which stand beside it where they were asked for."""
    return [Path(figure).with_suffix(suffix).name for suffix in images.IMAGE_SUFFIXES]


def write_images(folder: Path, look: Look) -> tuple[str, ...]:
    """Write each figure that stands in a period's folder also as images for submission, from the results beside it.

    Parameters
    ----------
    folder : Path
        As `write_period` left it.
    look : Look
        The user's width and font.

    Returns
    -------
    tuple of str
        The names of the images, in the order of `FIGURES`; none where there are no results.

    Raises
    ------
    DataError
        If the results there are not of this version.
    """
    path = folder / RESULTS_FILE
    if not path.is_file():
        return ()
    results = Results.from_file(path)
    made: list[str] = []
    with atomic.staging(folder) as stage:
        for file, draw in FIGURES.items():
            plot = draw(results)
            if plot is None:
                continue
            for name, image in zip(images_of(file), images.as_images(plot, look).values(), strict=True):
                atomic.write_bytes(stage / name, image)
                made.append(name)
    return tuple(made)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
