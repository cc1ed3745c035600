"""Commands about a workspace and what is in it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from iapt_report.cli.options import JsonOption, WorkspaceOption, workspace_of


def list_(json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the periods in data/, oldest first, and which of their documents are built."""
    from iapt_report.areas.folder import find_periods
    from iapt_report.documents.kinds import EVERY_DOCUMENT
    from iapt_report.render.jobs import SUFFIXES

    place = workspace_of(workspace)
    files = [f"{name}.{suffix}" for name in EVERY_DOCUMENT for suffix in SUFFIXES.values()]
    found = [
        (period, tuple(file for file in files if (place.site / "report" / period.id / file).is_file()))
        for period in find_periods(place.data)
    ]
    if json:
        from iapt_report.cli.facts import ListedPeriod, Listing, print_facts

        listed = [
            ListedPeriod(
                period=period.id,
                label=period.label,
                kind=period.kind,
                start=period.start.isoformat(),
                end=period.end.isoformat(),
                documents=built,
            )
            for period, built in found
        ]
        print_facts(Listing(periods=tuple(listed)))
        return
    for period, built in found:
        typer.echo(f"{period.id}\t{period.label}\t{', '.join(built) or 'not built'}")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")], json: JsonOption = False
) -> None:
    """Make a new workspace, with templates, the Quarto project and the synthetic reference quarter."""
    from iapt_report.workspace.scaffold import create_workspace

    made = create_workspace(folder)
    if json:
        from iapt_report.cli.facts import Made, names_of, print_facts

        print_facts(Made(folder=str(folder), files=names_of(made)))
    else:
        typer.echo(folder)
    typer.echo(f"next: cd {shlex.quote(str(folder))} && iapt-report build", err=True)
