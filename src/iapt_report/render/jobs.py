"""What is to be typeset: the formats that there are, and a job for each document."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeVar

from iapt_report.documents.kinds import KINDS, kind_of
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

Format = Literal["html", "pdf", "docx", "latex", "jats"]
# In the order in which they are made and listed; each engine says how it makes each.
SUFFIXES: Mapping[Format, str] = MappingProxyType(
    {"html": "html", "pdf": "pdf", "docx": "docx", "latex": "tex", "jats": "xml"}
)
FORMATS: tuple[Format, ...] = tuple(SUFFIXES)
_NAMES: Mapping[Format, str] = MappingProxyType(
    {"html": "HTML", "pdf": "PDF", "docx": "Word", "latex": "LaTeX", "jats": "JATS"}
)
_Known = TypeVar("_Known", bound=str)


@dataclass(frozen=True)
class Job:
    """One document to typeset.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file, in the workspace's ``report/<period>``.
    formats : sequence of {"html", "pdf", "docx", "latex", "jats"}
    self_contained : bool
        Whether the HTML holds its figures and styles, so that it is one file.

    Raises
    ------
    CallError
        If there is no such format.
    """

    document: Path
    formats: Sequence[Format]
    self_contained: bool = False

    def __post_init__(self) -> None:
        chosen_of(FORMATS, self.formats)

    def output(self, workspace: Workspace) -> Path:
        """Return the folder the rendered files belong in."""
        return workspace.site / self.document.parent.relative_to(workspace.root)

    def made(self, workspace: Workspace, kind: Format) -> Path:
        """Return the path of the rendered file of a format."""
        return self.output(workspace) / f"{self.document.stem}.{SUFFIXES[kind]}"


def chosen_of(there: Sequence[_Known], asked: Iterable[str]) -> tuple[_Known, ...]:
    """Choose of the formats that there are those asked for, each once, in the order of what there is.

    Raises
    ------
    CallError
        If one asked for is not among them.
    """
    wanted = tuple(asked)
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise CallError(
            f"there is no format {str(unknown[0])!r}", expected=", ".join(there), mend="name one or more of these"
        )
    return tuple(name for name in there if name in wanted)


def formats_of(name: str, asked: Sequence[str]) -> tuple[Format, ...]:
    """Choose the formats of a document: those asked for, else its own default, but for what it is not made into.

    Parameters
    ----------
    name : str
        One of `iapt_report.documents.kinds.DOCUMENTS`.
    asked : sequence of str
        Of `FORMATS`; none to have the default.

    Raises
    ------
    CallError
        If there is no such document or format.
    """
    kind = kind_of(name)
    wanted = chosen_of(FORMATS, asked or kind.formats)
    return wanted if kind.printed else tuple(form for form in wanted if form == "html")


def defaults_in_words() -> str:
    """Say what a build makes where no format is asked for, of documents that are printed."""
    usual, *others = (kind for kind in KINDS if kind.printed)
    said = f"{_in_words(usual.formats)} by default"
    for kind in others:
        more = [form for form in kind.formats if form not in usual.formats]
        if set(usual.formats) - set(kind.formats):
            said += f", of the {kind.title.lower()} {_in_words(kind.formats)}"
        elif more:
            said += f", of the {kind.title.lower()} {_in_words(more)} too"
    return said


def _in_words(formats: Iterable[str]) -> str:
    return " and ".join(_NAMES[form] for form in chosen_of(FORMATS, formats))
