"""What is to be typeset: formats, engines, and a job for each document."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from iapt_report.documents.kinds import BRIEF, PAGES_ONLY
from iapt_report.system.errors import ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


Engine = Literal["quarto", "embedded"]
Format = Literal["html", "pdf", "docx", "latex"]
FORMATS: tuple[Format, ...] = ("html", "pdf", "docx", "latex")
# What a build makes where no format is asked for; those who decide also edit what they are given.
_DEFAULT: tuple[Format, ...] = ("html", "pdf")
_DEFAULT_OF: Mapping[str, tuple[Format, ...]] = MappingProxyType({BRIEF: ("html", "pdf", "docx")})
SUFFIXES: Mapping[Format, str] = MappingProxyType({"html": "html", "pdf": "pdf", "docx": "docx", "latex": "tex"})


@dataclass(frozen=True)
class Job:
    """One document to typeset.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file, in the workspace's ``report/<period>``.
    formats : sequence of {"html", "pdf", "docx", "latex"}
    self_contained : bool
        Whether the HTML holds its figures and styles, so that it is one file.
    """

    document: Path
    formats: Sequence[Format]
    self_contained: bool = False

    def output(self, workspace: Workspace) -> Path:
        """Return the folder the rendered files belong in."""
        return workspace.site / self.document.parent.relative_to(workspace.root)

    def made(self, workspace: Workspace, kind: Format) -> Path:
        """Return the path of the rendered file of a format."""
        return self.output(workspace) / f"{self.document.stem}.{SUFFIXES[kind]}"


def formats_of(name: str, asked: Sequence[str]) -> tuple[Format, ...]:
    """Choose the formats of a document: those asked for, else its own default, but for what it is not made into.

    Parameters
    ----------
    name : str
        One of `iapt_report.documents.kinds.DOCUMENTS`.
    asked : sequence of str
        Of `FORMATS`; none to have the default.
    """
    wanted = asked or _DEFAULT_OF.get(name, _DEFAULT)
    return tuple(kind for kind in FORMATS if kind in wanted and (kind == "html" or name not in PAGES_ONLY))


def choose_engine(asked: Literal["auto", "quarto", "embedded"]) -> Engine:
    """Choose the engine: Quarto where it is installed, unless the other is asked for.

    Raises
    ------
    ToolMissingError
        If Quarto is asked for and not installed.
    """
    if asked == "embedded":
        return "embedded"
    if shutil.which("quarto"):
        return "quarto"
    if asked == "auto":
        return "embedded"
    raise ToolMissingError(
        "the program quarto is not installed, or not on the PATH",
        mend="install it from https://quarto.org, or use --engine embedded, which needs nothing more",
    )
