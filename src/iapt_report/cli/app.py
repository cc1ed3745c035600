"""The command line: every command under its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from iapt_report import __version__
from iapt_report.cli import (
    areas,
    build,
    comparing,
    documentation,
    episodes,
    importing,
    reference,
    report,
    results,
    updating,
    workspace,
)
from iapt_report.system import exits

app = typer.Typer(
    name="iapt-report",
    help="Repeat the 2016 study of deprivation and recovery in England's NHS talking therapies for any new period.",
    epilog=exits.in_words(),
    no_args_is_help=True,
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


def _add(command: Callable[..., None], name: str | None = None, *, hidden: bool = False) -> None:
    """Add a command; where its own words do not say how it ends, all exit codes stand below them."""
    said = "Exit codes:" in (command.__doc__ or "")
    app.command(name, hidden=hidden, epilog=None if said else exits.in_words())(command)


# In the order that --help lists them.
_add(report.report)
_add(build.build)
_add(importing.import_, "import")
_add(episodes.episodes)
_add(importing.fetch)
_add(updating.update)
_add(results.results)
_add(results.claims)
_add(results.simulate)
_add(results.trend)
_add(comparing.compare)
_add(results.schema)
_add(importing.check)
_add(workspace.list_, "list")
_add(workspace.init)
_add(build.refresh)
_add(documentation.docs)
_add(areas.brief)
_add(episodes.synthesise)
_add(build.prune, hidden=True)
_add(reference.reference, hidden=True)
