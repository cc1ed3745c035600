"""Pages about single areas that are there already, made anew where what they say is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.area_briefs import AREAS_FOLDER, Choice, analysed, area_page, outdated, write

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
