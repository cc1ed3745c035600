"""The parts of a paper that its user writes by hand, checked so that each stays within its place."""

from __future__ import annotations

import json
import re
import subprocess
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iapt_report.system import environment, programs
from iapt_report.system.converter import pandoc_program
from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_text
from iapt_report.workspace.place import CONFIGURATION, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


# What a user may write by hand, each in report/_parts/<name>.qmd or report/<period>/_parts/<name>.qmd, in the order of
# the paper.
PARTS = (
    "abstract",
    "declaration-of-interest",
    "introduction",
    "whole-discussion",
    "discussion",
    "limitations",
    "data-availability",
    "ethics",
    "funding",
    "acknowledgements",
)
# As both engines would read it; escaped ones are text.
_SHORTCODE = re.compile(r"(?<![\\{])\{\{<")
_ATX_HEADING = re.compile(r"[\s>]*#{1,2}(?!#)(?P<words>.*)")
_UNDERLINE = re.compile(r"[\s>]*(=+|-+)\s*")
# The levels of headings that are the template's.
_OWN_LEVEL = 3
_END = "end-of-the-part"
# What a later part of the paper might hold, which would close a block left open.
_CLOSING = "\n\n".join(("`" * 12, "~" * 12, "-->"))
_SECONDS = 60


def part_file(name: str) -> str:
    """Name the file of a part that is written by hand."""
    return f"{name}.qmd"


def read_parts(workspace: Workspace, *, seconds: float = _SECONDS) -> Mapping[str, str]:
    """Read the parts of the paper that the user has written by hand, as they are.

    Parameters
    ----------
    workspace : Workspace
    seconds : float
        How long pandoc may take with each.

    Returns
    -------
    mapping of str to str
        By the names of `PARTS`; what is not there, or is empty, is left out.

    Raises
    ------
    DataError
        If a part has another name, is not UTF-8, would not stay within its place in the paper, keeps pandoc from
        coming to an end, or is given in ``iapt-report.toml`` too.
    """
    found: dict[str, str] = {}
    for path in workspace.part_files:
        if path.stem not in PARTS:
            raise DataError(
                f"there is no part {path.name!r} of a paper",
                file=path,
                expected=", ".join(part_file(name) for name in PARTS),
                mend="rename it, or move it elsewhere",
            )
        text = read_text(path)
        if not text.strip():
            continue
        field = path.stem.replace("-", "_")
        if getattr(workspace.paper, field, "").strip():
            raise DataError(
                f"{field} is given in {CONFIGURATION} too",
                file=path,
                mend="remove one of the two, this file or that line",
            )
        _check_part(text, path, seconds)
        found[path.stem] = text.strip("\n")
    return MappingProxyType(found)


def _check_part(text: str, path: Path, seconds: float) -> None:
    """Refuse what one of the engines cannot do, or what would reach beyond the part's place in the paper."""
    lines = text.splitlines()
    for row, line in enumerate(lines, start=1):
        if _SHORTCODE.search(line):
            raise DataError(
                "a shortcode ({{< … >}}) cannot stand in a part",
                file=path,
                row=row,
                expected="Markdown that every engine reads",
                mend="write its result in its place",
            )
    read = _as_read(text, path, seconds)
    if read["meta"]:
        starts = [row for row, line in enumerate(lines, start=1) if line.rstrip() == "---"]
        raise DataError(
            "a part has no front matter of its own",
            file=path,
            row=starts[0] if starts else None,
            expected="the text alone: title and authors of the paper are in iapt-report.toml",
            mend="remove the block between the lines of three hyphens",
        )
    headings = [node["c"] for node in _nodes(read["blocks"]) if node.get("t") == "Header"]
    for level, _, words in headings:
        if level < _OWN_LEVEL:
            raise DataError(
                f"a heading of level {level} cannot stand in a part, whose heading is the template's",
                file=path,
                row=_heading_row(_letters(words), lines),
                expected="headings of level ### and below",
                mend="begin it with ###, or remove it",
            )
    if not any(block.get("t") == "Header" and block["c"][1][0] == _END for block in read["blocks"]):
        raise DataError(
            "a block of the part is not closed, and would take in what follows it in the paper",
            file=path,
            mend="close what it opens: each ::: or ``` with a line of the same, each <div> or <!-- with its end",
        )


def _as_read(text: str, path: Path, seconds: float) -> dict[str, Any]:
    """Parse a part as pandoc would in the middle of a paper, between a paragraph and a heading."""
    try:
        done = programs.run(
            [pandoc_program(), "--from=markdown", "--to=json"],
            input=f"before\n\n{text}\n\n### after {{#{_END}}}\n\n{_CLOSING}\n",
            env=environment.of_child(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DataError(
            f"pandoc does not come to an end with this part in {seconds:g} seconds",
            file=path,
            mend="look for deeply nested brackets, quotes or lists in it, or make it shorter",
        ) from None
    if done.returncode != 0:
        raise DataError(f"pandoc cannot read the part: {done.stderr.strip()}", file=path, mend="correct what it names")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Go through every element of what pandoc read, in the order of the text."""
    if isinstance(tree, dict):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(branch)


def _letters(inlines: object) -> str:
    return _plain(" ".join(node["c"] for node in _nodes(inlines) if node.get("t") == "Str"))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _heading_row(letters: str, lines: list[str]) -> int | None:
    """Find the row of a heading of the first two levels: the one of these letters, else the first there is."""
    rows: list[tuple[int, str]] = []
    for row, line in enumerate(lines, start=1):
        if heading := _ATX_HEADING.fullmatch(line):
            rows.append((row, heading["words"]))
        elif row < len(lines) and line.strip() and _UNDERLINE.fullmatch(lines[row]):
            rows.append((row, line))
    exact = [row for row, words in rows if _plain(words) == letters]
    return next(iter(exact), rows[0][0] if rows else None)
