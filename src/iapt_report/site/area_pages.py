"""Pages about single areas, made anew where what they say is out of date: those that are there, or one of each area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.documents.area_files import AREAS_FOLDER, area_page
from iapt_report.site.area_briefs import analysed, has_every, outdated, write
from iapt_report.site.area_choice import Choice, choose

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results
    from iapt_report.areas.period import Period
    from iapt_report.workspace.place import Workspace


def remake(workspace: Workspace, period: Period) -> int:
    """Make a period's pages about single areas anew, if any is out of date.

    Those of areas that are no longer analysed go; areas that have no page get none, since somebody chose whose to make.

    Returns
    -------
    int
        How many areas have their page made anew.
    """
    if not outdated(workspace, period):
        return 0
    stems = {path.stem for path in (workspace.reports / period.id / AREAS_FOLDER).iterdir()}
    results = analysed(workspace, period)
    areas = tuple(area for area in results.areas if area_page(area.area_code) in stems)
    return _make(results, Choice(areas, every=True), workspace, period)


def make_all(workspace: Workspace, period: Period) -> int:
    """Give every area of a period a page.

    Returns
    -------
    int
        How many areas have their page made now: all, or none where all have a current one.
    """
    if has_every(workspace, period):
        return 0
    results = analysed(workspace, period)
    return _make(results, choose(results, ()), workspace, period)


def _make(results: Results, choice: Choice, workspace: Workspace, period: Period) -> int:
    """Make pages in the formats that there are of any, else as HTML and PDF, and count them."""
    from iapt_report.analysis.history import history
    from iapt_report.render.many import SHEET_FORMATS

    there = {path.suffix for path in (workspace.reports / period.id / AREAS_FOLDER).glob("*.*")}
    formats = tuple(kind for kind in SHEET_FORMATS if f".{kind}" in there) or ("html", "pdf")
    past = history(
        workspace.data, workspace.of(period).settings, results, period, [area.area_code for area in choice.areas]
    )
    write(results, choice, past, workspace, period, formats)
    return len(choice.areas)
