"""Which documents there are of a period: each a declaration here, and a template that makes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class DocumentKind:
    """A document that there can be of every period, made from ``templates/<name>.qmd.jinja``.

    Parameters
    ----------
    name : str
        Of its template and of its files, without their suffix: small letters, which also stand in addresses.
    title : str
        What a link to it says, beginning with a capital.
    formats : tuple of str
        What a build makes it into where no format is asked for, of `iapt_report.render.jobs.FORMATS`.
    says : str
        Of a table to search in, made into nothing but a page: what a link to it says it is. Empty for what is printed.
    needed : bool
        Whether it is an error that a workspace has no template of it; without one, another is not made.
    """

    name: str
    title: str
    formats: tuple[str, ...] = ("html", "pdf")
    says: str = ""
    needed: bool = False

    @property
    def printed(self) -> bool:
        """Whether it is made into other formats than a page."""
        return not self.says


PAPER = "paper"
SUPPLEMENT = "supplement"
BRIEF = "brief"
AREAS = "areas"
CHANGES = "changes"
# How the pages begin that are of any two periods, made from the same template.
COMPARED = "since"
# In the order in which documents are written, typeset and listed.
KINDS = (
    DocumentKind(PAPER, "Paper", needed=True),
    DocumentKind(SUPPLEMENT, "Supplement"),
    # Those who decide also edit what they are given.
    DocumentKind(BRIEF, "Brief", formats=("html", "pdf", "docx")),
    DocumentKind(AREAS, "Areas", formats=("html",), says="every area, to search in"),
)
DOCUMENTS = tuple(kind.name for kind in KINDS)
PAGES_ONLY = frozenset(kind.name for kind in KINDS if not kind.printed)
# Of those periods alone that have an earlier one to be set beside, and with what else there can be of a period.
SINCE_THE_LAST = DocumentKind(CHANGES, "Changes")
EVERY_KIND = (*KINDS, SINCE_THE_LAST)
EVERY_DOCUMENT = tuple(kind.name for kind in EVERY_KIND)
# The list of all periods, which is of none of them.
INDEX = "index"
# As Jinja is set here; see `iapt_report.documents.templates`.
_OTHER_TEMPLATE = re.compile(r"<%[-+]?\s*(?:include|import|from|extends)\b\s*(?:([\"'])(?P<name>[^\"']+)\1)?")


def kind_of(name: str) -> DocumentKind:
    """Return the kind of a document.

    Raises
    ------
    CallError
        If there is none of this name.
    """
    for kind in EVERY_KIND:
        if kind.name == name:
            return kind
    raise CallError(f"there is no document {name!r}", expected=", ".join(EVERY_DOCUMENT), mend="name one of these")


def template_of(name: str, templates: Path) -> Path:
    """Return the path of the template of a document, or of the index.

    Raises
    ------
    CallError
        If there is no document of this name.
    """
    return templates / f"{name if name == INDEX else kind_of(name).name}.qmd.jinja"


def documents_of(templates: Path, *, since: bool = False) -> tuple[str, ...]:
    """Name the documents that a folder of templates makes: those needed, and the others whose template is there.

    Parameters
    ----------
    templates : Path
    since : bool
        Whether the period has an earlier one to be set beside.
    """
    kinds = EVERY_KIND if since else KINDS
    return tuple(kind.name for kind in kinds if kind.needed or template_of(kind.name, templates).is_file())


def template_files(template: Path) -> tuple[Path, ...]:
    """List the files that a template is read from: itself, and those that it takes in, each once, in order of name.

    Where it names one in another way than by a plain text, all templates beside it and below count.
    """
    found: set[Path] = set()
    waiting = [template]
    while waiting:
        path = waiting.pop()
        found.add(path)
        for match in _OTHER_TEMPLATE.finditer(path.read_text("utf-8", "replace") if path.is_file() else ""):
            if match["name"] is None:
                return tuple(sorted({template, *template.parent.rglob("*.jinja")}))
            named = template.parent / match["name"]
            if named not in found:
                waiting.append(named)
    return tuple(sorted(found))
