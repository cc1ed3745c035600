"""The command line: every command under its name."""

from __future__ import annotations

from typing import Annotated

import typer

from iapt_report import __version__
from iapt_report.cli import (
    areas,
    build,
    comparing,
    episodes,
    importing,
    reference,
    report,
    results,
    updating,
    workspace,
)

app = typer.Typer(
    name="iapt-report",
    help="Repeat the 2016 study of deprivation and recovery in England's NHS talking therapies for any new period.",
    epilog="Exit codes: 0 done, 1 the data are unusable, 2 the call is wrong, 3 a tool is missing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"iapt-report {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


# In the order that --help lists them.
app.command()(report.report)
app.command()(build.build)
app.command("import")(importing.import_)
app.command()(episodes.episodes)
app.command()(importing.fetch)
app.command()(updating.update)
app.command()(results.results)
app.command()(results.claims)
app.command()(results.simulate)
app.command()(results.trend)
app.command()(comparing.compare)
app.command()(results.schema)
app.command()(importing.check)
app.command("list")(workspace.list_)
app.command()(workspace.init)
app.command()(build.refresh)
app.command()(areas.brief)
app.command()(episodes.synthesise)
app.command(hidden=True)(build.prune)
app.command(hidden=True)(reference.reference)
