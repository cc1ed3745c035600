"""The command that sets two periods side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from iapt_report.cli.options import (
    ANY_ENGINE,
    EngineChoice,
    FormatChoice,
    PeriodOption,
    WorkspaceOption,
    choose_periods,
    complete_period,
    named_periods,
    workspace_of,
)
from iapt_report.system.errors import CallError

TWO = 2


def compare(
    periods: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PERIOD PERIOD",
            help="Two periods in data/ of the same length; latest is the newest.",
            autocompletion=complete_period,
        ),
    ] = None,
    formats: Annotated[
        list[FormatChoice] | None,
        typer.Option("--format", "-f", help="May be given more than once; HTML and PDF by default."),
    ] = None,
    engine: Annotated[EngineChoice, typer.Option(help="As for `build`.")] = ANY_ENGINE,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a page that was edited by hand.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, and make no page.")] = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare two periods area by area: what changed, and what of it is beyond chance.

    The earlier one is always set first. Areas that were merged are compared
    with the sum of those they were made of.

    Exit codes: 0 done, 1 a period cannot be used, 2 the call is wrong or the
    periods cannot be set beside each other, 3 a tool is missing.
    """
    place = workspace_of(workspace)
    names = named_periods(periods, named)
    chosen = choose_periods(names, False, place.data) if names else []
    if len(names) == TWO and len(chosen) < TWO:
        raise CallError(f"{chosen[0].id} is given twice", mend="name two periods")
    if len(chosen) != TWO:
        raise CallError(
            f"a comparison is of two periods, and {len(chosen) or 'none'} is named"
            if len(chosen) < TWO
            else f"a comparison is of two periods, and {len(chosen)} are named",
            expected="PERIOD PERIOD, such as 2017-18 2019-20",
            mend="name two periods",
        )
    one, other = chosen
    from iapt_report.system.console import warn, working

    if one > other:
        warn(f"{other.id} is the earlier period, and is set first")
    from iapt_report.site import comparison

    with working(f"comparing {min(chosen).id} with {max(chosen).id}"):
        results, found = comparison.analysed(place, one, other)
    if json:
        from iapt_report.cli.facts import print_facts

        print_facts(found)
        return
    from iapt_report.render.engines import choose_engine
    from iapt_report.site.build import Order

    order = Order(choose_engine(engine), tuple(map(str, formats or ())), replace_edited=overwrite)
    with working("typesetting the page"):
        made = comparison.build(place, results, found, order)
    if made.document.edited:
        new = f"; new: {made.document.proposal}" if made.document.proposal else ""
        warn(f"{made.document.path} was edited by hand and is kept as it is; `compare --overwrite` replaces it{new}")
    for path in made.files:
        typer.echo(path)
