"""The command that makes the tables that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def reference(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="Which published files the tables are made from (TOML).")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the tables are written.")],
) -> None:
    """Make the tables of deprivation, successors and places again, from published files."""
    from iapt_report.reference.making import remake

    for path in remake(recipe, to):
        typer.echo(path)
