"""Which documents there are of a period, and the templates that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    pass


PAPER = "paper"
SUPPLEMENT = "supplement"
BRIEF = "brief"
AREAS = "areas"
# The list of all periods, which is of none of them.
INDEX = "index"
# Each from its own template, templates/<name>.qmd.jinja; a workspace has that of the paper at least.
DOCUMENTS = (PAPER, SUPPLEMENT, BRIEF, AREAS)
# Tables to search in, not to print.
PAGES_ONLY = frozenset({AREAS})


def template_of(name: str, templates: Path) -> Path:
    """Return the path of a document's template."""
    return templates / f"{name}.qmd.jinja"


def documents_of(templates: Path) -> tuple[str, ...]:
    """Name the documents that a folder of templates makes: the paper, and the others whose template is there."""
    return tuple(name for name in DOCUMENTS if name == PAPER or template_of(name, templates).is_file())
