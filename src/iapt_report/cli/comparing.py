"""The command that sets two periods side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from iapt_report.areas.period import Period
from iapt_report.cli.options import ANY_ENGINE, EngineChoice, FormatChoice, WorkspaceOption, workspace_of


def compare(
    one: Annotated[str, typer.Argument(metavar="PERIOD", help="A period in data/.")],
    other: Annotated[str, typer.Argument(metavar="PERIOD", help="Another of the same length.")],
    formats: Annotated[
        list[FormatChoice] | None,
        typer.Option("--format", "-f", help="May be given more than once; HTML and PDF by default."),
    ] = None,
    engine: Annotated[EngineChoice, typer.Option(help="As for `build`.")] = ANY_ENGINE,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a page that was edited by hand.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, and make no page.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare two periods area by area: what changed, and what of it is beyond chance.

    The earlier one is always set first. Areas that were merged are compared
    with the sum of those they were made of.

    Exit codes: 0 done, 1 a period cannot be used, 2 the call is wrong or the
    periods cannot be set beside each other, 3 a tool is missing.
    """
    periods = Period.parse(one), Period.parse(other)
    place = workspace_of(workspace)
    from iapt_report.system.console import warn, working

    if periods[0] > periods[1]:
        warn(f"{periods[1].id} is the earlier period, and is set first")
    from iapt_report.site import comparison

    with working(f"comparing {min(periods).id} with {max(periods).id}"):
        results, found = comparison.analysed(place, *periods)
    if json:
        typer.echo(found.model_dump_json(indent=2))
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
