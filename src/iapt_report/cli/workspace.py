"""Commands about a workspace and what is in it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from iapt_report.cli.options import WorkspaceOption, workspace_of


def list_(workspace: WorkspaceOption = None) -> None:
    """List the periods in data/, oldest first, and which of their documents are built."""
    from iapt_report.areas.folder import find_periods
    from iapt_report.documents.kinds import EVERY_DOCUMENT
    from iapt_report.render.jobs import SUFFIXES

    place = workspace_of(workspace)
    for period in find_periods(place.data):
        folder = place.site / "report" / period.id
        files = [f"{name}.{suffix}" for name in EVERY_DOCUMENT for suffix in SUFFIXES.values()]
        built = [file for file in files if (folder / file).is_file()]
        typer.echo(f"{period.id}\t{period.label}\t{', '.join(built) or 'not built'}")


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")]) -> None:
    """Make a new workspace, with templates, the Quarto project and the synthetic reference quarter."""
    from iapt_report.workspace.scaffold import create_workspace

    create_workspace(folder)
    typer.echo(folder)
    typer.echo(f"next: cd {shlex.quote(str(folder))} && iapt-report build", err=True)
