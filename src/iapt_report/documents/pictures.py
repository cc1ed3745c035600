"""Which figures a period's documents show, and how they are drawn beside them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.results import Results
from iapt_report.documents.beside import (
    BRIEF_FILE,
    FAIR_FILE,
    FUNNELS_FILE,
    MAP_FILE,
    RESULTS_FILE,
    SCATTER_FILE,
    images_of,
)
from iapt_report.figures import change_map, images, points, study, svg_images, tile_map, two_benchmarks
from iapt_report.system import atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iapt_report.analysis.since import Since
    from iapt_report.workspace.look import Look

FIGURES: dict[str, Callable[[Results], Any]] = {
    SCATTER_FILE: study.scatter,
    FUNNELS_FILE: study.funnels,
    FAIR_FILE: study.fair_services,
    BRIEF_FILE: two_benchmarks.two_benchmarks,
    MAP_FILE: tile_map.tile_map,
}
# What the points of a figure say of themselves, and which of its layers they are.
POINTS: dict[str, tuple[Callable[[Results], tuple[points.Point, ...]], points.Layer]] = {
    SCATTER_FILE: (study.area_points, points.DOTS),
    MAP_FILE: (tile_map.tile_points, points.TILES),
}


@dataclass(frozen=True)
class Drawn:
    """Figures, with the pictures made of them.

    Parameters
    ----------
    files : mapping of str to bytes
        By name.
    outdated : frozenset of str
        The names of images in the folder that show a figure as it was.
    """

    files: Mapping[str, bytes]
    outdated: frozenset[str]

    def place(self, stage: Path) -> None:
        """Write the files into a stage."""
        for name, content in self.files.items():
            atomic.write_bytes(stage / name, content)


def drawn(results: Results, folder: Path, look: Look, *, missing_only: bool = False) -> Drawn:
    """Draw the figures of a period, all or those that its folder lacks.

    Parameters
    ----------
    results : Results
    folder : Path
        Where they are to stand: the pictures of a figure that has not changed are not made again.
    look : Look
        The user's width and font.
    missing_only : bool
    """
    from concurrent.futures import ThreadPoolExecutor

    # The next figure is drawn while the pictures of one are made, which does not keep Python from going on.
    with ThreadPoolExecutor(1) as pool:
        every = []
        for file, draw in FIGURES.items():
            plot = None if missing_only and (folder / file).is_file() else draw(results)
            if plot is None:
                continue
            says, layer = POINTS.get(file, (None, points.DOTS))
            svg = images.as_svg(plot, says(results) if says else (), layer, look)
            every.append(pool.submit(_with_pictures, svg, file, folder))
        found = [future.result() for future in every]
    files = {name: content for one in found for name, content in one.files.items()}
    return Drawn(files, frozenset(name for one in found for name in one.outdated))


def change_drawn(results: Results, since: Since, file: str, folder: Path) -> Drawn:
    """Draw the map of what changed between two periods, where it is known where the areas lie."""
    plot = change_map.change_map(results, since)
    if plot is None:
        return Drawn({}, frozenset())
    says = change_map.change_points(results, since)
    return _with_pictures(images.as_svg(plot, says, points.TILES), file, folder)


def _with_pictures(svg: bytes, file: str, folder: Path) -> Drawn:
    """Give a figure with the pictures made of it, and name its images that are now outdated."""
    files = {file: svg}
    changed = _bytes_of(folder / file) != svg
    outdated = set(images_of(file)) if changed else set()
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place) / file
        whole.write_bytes(svg)
        for kind in svg_images.PICTURES:
            name = Path(file).with_suffix(f".{kind}").name
            # Word and LaTeX take no SVG, and Quarto has nothing of its own to convert it with.
            if changed or not (folder / name).is_file():
                files[name] = svg_images.converted(whole, kind)
                outdated.discard(name)
    return Drawn(files, frozenset(outdated))


def write_images(folder: Path, look: Look) -> tuple[str, ...]:
    """Write each figure that stands in a period's folder also as images for submission, from the results beside it.

    Parameters
    ----------
    folder : Path
        As a build left it.
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
