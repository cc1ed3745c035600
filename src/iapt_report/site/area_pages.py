"""Pages about single areas, made anew where what they say is out of date: those that are there, or one of each area."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from iapt_report.documents.area_files import AREAS_FOLDER, area_page
from iapt_report.site.area_briefs import analysed, has_every, outdated, place, prepare
from iapt_report.site.area_choice import Choice, choose
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from iapt_report.areas.period import Period
    from iapt_report.site.area_briefs import Prepared
    from iapt_report.workspace.place import Workspace

# Of the areas whose pages cannot be made, at most so many are named in one message.
_NAMED = 5


def in_turn(
    workspace: Workspace, periods: Sequence[Period], *, every: bool
) -> Iterator[tuple[Period, Callable[[], tuple[int, Mapping[str, DataError]]]]]:
    """Give each period with what makes its pages about single areas, as far as they are out of date.

    The pages of areas that are no longer analysed go. While those of one period are typeset, which is the work of other
    programs, those of the next are written and drawn.

    Parameters
    ----------
    workspace : Workspace
    periods : sequence of Period
    every : bool
        Whether every area gets a page; else areas that have none get none, since somebody chose whose to make.

    Yields
    ------
    period : Period
    make : callable
        Makes the pages, and returns of how many areas, and why those of others cannot be made, by the areas' codes.
        It raises what the analysis of the period did.
    """
    with ThreadPoolExecutor(1) as pool:
        following = [pool.submit(_prepared, workspace, period, every=every) for period in periods[:1]]
        for at, period in enumerate(periods):
            prepared = following.pop()
            if at + 1 < len(periods):
                following.append(pool.submit(_prepared, workspace, periods[at + 1], every=every))
            yield period, partial(_placed, prepared)


def _prepared(workspace: Workspace, period: Period, *, every: bool) -> Prepared | None:
    """Write pages in the formats that there are of any, else as HTML and PDF; None where none is out of date."""
    if not every and not outdated(workspace, period):
        return None
    if every and has_every(workspace, period):
        return None
    from iapt_report.analysis.history import history
    from iapt_report.render.choices import SHEET_FORMATS

    folder = workspace.reports / period.id / AREAS_FOLDER
    there = {path.suffix for path in folder.glob("*.*")}
    formats = tuple(kind for kind in SHEET_FORMATS if f".{kind}" in there) or ("html", "pdf")
    results = analysed(workspace, period)
    if every:
        choice = choose(results, ())
    else:
        stems = {path.stem for path in folder.iterdir()}
        choice = Choice(tuple(area for area in results.areas if area_page(area.area_code) in stems), every=True)
    codes = [area.area_code for area in choice.areas]
    past = history(workspace.data, workspace.of(period).settings, results, period, codes)
    return prepare(results, choice, past, workspace, period, formats)


def _placed(prepared: Future[Prepared | None]) -> tuple[int, Mapping[str, DataError]]:
    """Typeset pages and put them in their places, and count them."""
    pages = prepared.result()
    if pages is None:
        return 0, {}
    made = place(pages)
    return made.areas, made.failed


def all_of(unmade: Mapping[str, DataError]) -> DataError:
    """Say in one message why pages cannot be made.

    Parameters
    ----------
    unmade : mapping of str to DataError
        By the codes of their areas; at least one.
    """
    first = next(iter(unmade.values()))
    codes, rest = [*unmade][:_NAMED], len(unmade) - _NAMED
    named = ", ".join(codes) + (f" and {rest} more" if rest > 0 else "")
    pages = f"the {'page' if len(unmade) == 1 else 'pages'} about {named}"
    problems = "; ".join(dict.fromkeys(error.problem for error in unmade.values()))
    said = f"{pages} cannot be made, and the others are: {problems}"
    return DataError(said, file=first.file, expected=first.expected, mend=first.mend)
