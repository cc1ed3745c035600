"""Two periods of a workspace compared: the later one analysed, the page of both written and typeset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.analysis.since import Since, comparable, since
from iapt_report.areas.folder import last_before, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.documents.kinds import CHANGES
from iapt_report.documents.period import write_comparison
from iapt_report.render.jobs import Job, formats_of
from iapt_report.render.typeset import render
from iapt_report.site.apart import apart
from iapt_report.workspace.leftovers import at_work

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.drafts import Document
    from iapt_report.site.build import Order
    from iapt_report.workspace.place import Workspace


@dataclass(frozen=True)
class Compared:
    """The page of two periods: the document as it was written or kept, and the files made of it."""

    document: Document
    files: tuple[Path, ...]


def analysed(workspace: Workspace, one: Period, other: Period) -> tuple[Results, Since]:
    """Set the earlier of two periods beside the later one, whichever is named first.

    Raises
    ------
    CallError
        If they cannot be set beside each other.
    DataError
        If one is not there, lacks the outcome, or cannot be analysed.
    """
    from iapt_report.analysis.study import analyse

    first, second = sorted((one, other))
    settings = workspace.of(second).settings
    outcome = OUTCOMES[settings.outcome]
    then, now = (read_areas(workspace.data, period, outcome) for period in (first, second))
    comparable(then, now)
    results = analyse(now, settings)
    return results, since(then, results, last=last_before(workspace.data, second) == first)


def build(workspace: Workspace, results: Results, found: Since, order: Order) -> Compared:
    """Write the page of two periods, and typeset it, both or neither."""
    with at_work(workspace):
        with apart(workspace, Period.parse(results.period.id), order.engine) as place:
            document = write_comparison(results, found, place, replace_edited=order.replace_edited)
            job = Job(document.path, formats_of(CHANGES, order.formats), order.self_contained)
            files = render(job, place, order.engine)
        moved = tuple(workspace.root / file.relative_to(place.root) for file in files)
        return Compared(document.moved(place.root, workspace.root), moved)
