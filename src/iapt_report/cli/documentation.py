"""The command that prints the documentation, which the package carries."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from iapt_report.system.errors import CallError

_FOLDERS = (".", "how-to", "reference")
_TITLE = re.compile(r"^title: *\"?(.*?)\"?$", re.MULTILINE)
_INCLUDE = re.compile(r"^\{\{< include (\S+) >\}\}$", re.MULTILINE)
# What a page says to Quarto alone: classes of blocks and headings, and the fences of its boxes.
_FOR_QUARTO = (
    (re.compile(r"^(```)\{\.?(\w*)[^}\n]*\}", re.MULTILINE), r"\1\2"),
    (re.compile(r" \{#[\w-]+\}$", re.MULTILINE), ""),
)


def pages() -> dict[str, Path]:
    """Return the pages by their names: those in the installed package, or of a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "_docs"
    folder = packaged if packaged.is_dir() else package.parents[1] / "docs"
    found = [path for part in _FOLDERS for path in sorted((folder / part).glob("*.qmd"), key=_first_the_index)]
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in found}


def _first_the_index(path: Path) -> tuple[bool, str]:
    return path.stem != "index", path.stem


def complete_page(incomplete: str) -> list[str]:
    """Complete the name of a page."""
    return [name for name in pages() if name.startswith(incomplete)]


def docs(
    page: Annotated[
        str | None,
        typer.Argument(
            metavar="[PAGE]",
            help="A page, such as how-to/new-period; a list of all without.",
            autocompletion=complete_page,
        ),
    ] = None,
) -> None:
    """Read the documentation: a list of its pages, or one of them as text."""
    there = pages()
    if page is None:
        width = max(map(len, there), default=0)
        for name, path in there.items():
            typer.echo(f"{name:<{width}}  {_title(path.read_text('utf-8'))}")
        return
    asked = page.removesuffix(".qmd")
    named = [name for name in there if asked in {name, name.rpartition("/")[2]}]
    if not named:
        raise CallError(f"there is no page {page!r}", expected=", ".join(there), mend="name one of these")
    text = _as_text(there[asked if asked in there else named[0]])
    if sys.stdout.isatty():
        # As `help` of Python pages: with what PAGER names, or as well as the system can.
        import pydoc

        pydoc.pager(text)
    else:
        typer.echo(text, nl=False)


def _title(text: str) -> str:
    found = _TITLE.search(text)
    return found[1] if found else ""


def _as_text(path: Path) -> str:
    """Return a page as plain Markdown, with what it includes."""
    text = path.read_text("utf-8")
    head, _, body = text.removeprefix("---\n").partition("\n---\n")
    body = _INCLUDE.sub(lambda found: (path.parent / found[1]).read_text("utf-8"), body)
    for pattern, instead in _FOR_QUARTO:
        body = pattern.sub(instead, body)
    return f"# {_title(head)}\n\n{body.strip()}\n"
