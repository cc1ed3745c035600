"""A period's documents with their figures, from results, as a build writes them before anything is typeset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.documents.period import write_texts

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results
    from iapt_report.documents.period import Written
    from iapt_report.workspace.place import Workspace


def write_period(
    results: Results, workspace: Workspace, *, replace_edited: bool = False, are_drawn: bool = False
) -> Written:
    """Write the documents, and put the figures beside them once they are drawn."""
    written, figures = write_texts(results, workspace, replace_edited=replace_edited, are_drawn=are_drawn)
    figures.place()
    return written
