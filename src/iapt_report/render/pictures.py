"""Figures in the formats that Word and LaTeX take, where a document has them as SVG."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from iapt_report.figures import svg_images
from iapt_report.render import pandoc
from iapt_report.render.links import file_at
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iapt_report.figures.svg_images import Picture

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def converted(document: Path, kind: Picture, folder: Path) -> tuple[PurePosixPath, ...]:
    """Write a document's SVG figures into a folder in another format, under their own names.

    One that stands beside its SVG is the same figure already, and is taken.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file.
    kind : {"png", "pdf"}
        PNG for Word, of 300 dots an inch; PDF for LaTeX.
    folder : Path
        Where the files go, at the places that the SVG files have in the document's folder.

    Returns
    -------
    tuple of PurePosixPath
        What was written, in the order of the text, relative to ``folder``.

    Raises
    ------
    DataError
        If the document or a figure cannot be read, or a figure is not there.
    """
    home = document.parent.resolve()
    written: dict[PurePosixPath, None] = {}
    for name in image_names(pandoc.run(document, ["--to=json"])):
        if _ELSEWHERE.match(name):
            continue
        found = file_at(name, home)
        if found is None:
            raise DataError(
                f"the figure {name} is not there", file=document, mend="write it beside the document, or leave it out"
            )
        source = found.resolve()
        if source.suffix != ".svg" or not source.is_relative_to(home):
            continue
        target = source.relative_to(home).with_suffix(f".{kind}")
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        there = source.with_suffix(f".{kind}")
        (folder / target).write_bytes(there.read_bytes() if there.is_file() else svg_images.converted(source, kind))
        written[PurePosixPath(target.as_posix())] = None
    return tuple(written)


def image_names(tree: str) -> tuple[str, ...]:
    """Return the addresses of the images in pandoc's JSON of a document, in the order of the text."""
    return tuple(dict.fromkeys(_images(json.loads(tree))))


def _images(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("t") == "Image":
            yield node["c"][2][0]
        for value in node.values():
            yield from _images(value)
    elif isinstance(node, list):
        for value in node:
            yield from _images(value)
