"""Pages about single areas, made anew where what they say is out of date: those that are there, or one of each area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.area_briefs import AREAS_FOLDER, Choice, analysed, area_page, choose, has_every, outdated, write

if TYPE_CHECKING:
    from iapt_report.period import Period
    from iapt_report.workspace import Workspace


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
    from iapt_report.area_history import history
    from iapt_report.render.many import FORMATS

    files = [path for path in (workspace.reports / period.id / AREAS_FOLDER).iterdir() if path.suffix[1:] in FORMATS]
    stems = {path.stem for path in files}
    formats = tuple(kind for kind in FORMATS if any(path.suffix == f".{kind}" for path in files))
    results = analysed(workspace, period)
    areas = tuple(area for area in results.areas if area_page(area.area_code) in stems)
    past = history(workspace, results, period, [area.area_code for area in areas])
    write(results, Choice(areas, every=True), past, workspace, period, formats)
    return len(areas)


def make_all(workspace: Workspace, period: Period) -> int:
    """Give every area of a period a page, in the formats that there are of any, else as HTML and PDF.

    Returns
    -------
    int
        How many areas have their page made now: all, or none where all have a current one.
    """
    if has_every(workspace, period):
        return 0
    from iapt_report.area_history import history
    from iapt_report.render.many import FORMATS

    there = {path.suffix for path in (workspace.reports / period.id / AREAS_FOLDER).glob("*.*")}
    formats = tuple(kind for kind in FORMATS if f".{kind}" in there) or ("html", "pdf")
    results = analysed(workspace, period)
    every = choose(results, ())
    past = history(workspace, results, period, [area.area_code for area in every.areas])
    write(results, every, past, workspace, period, formats)
    return len(every.areas)
