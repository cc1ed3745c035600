"""The command that does everything: from nothing to the reports of a period."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iapt_report.areas.period import Period
from iapt_report.areas.spelling import read_period
from iapt_report.cli.options import (
    ANY_ENGINE,
    LATEST,
    PERIOD_WORDS,
    AcceptLossOption,
    CacheOption,
    EngineChoice,
    FormatChoice,
    JsonOption,
    LogOption,
    PeriodOption,
    ReleasesOption,
    complete_period,
    named_periods,
    share_of,
    workspace_of,
)
from iapt_report.cli.updating import say
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace


def report(
    periods: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[latest|PERIOD]...",
            help=f"The newest quarter of which everything is published (latest), or periods, {PERIOD_WORDS}.",
            autocompletion=complete_period,
        ),
    ] = None,
    areas: Annotated[
        bool, typer.Option("--areas", help="Make a page about each area too, as `brief --all-areas` does.")
    ] = False,
    formats: Annotated[
        list[FormatChoice] | None, typer.Option("--format", "-f", help="As for `build`; may be given more than once.")
    ] = None,
    engine: Annotated[EngineChoice, typer.Option(help="As for `build`.")] = ANY_ENGINE,
    accept_loss: AcceptLossOption = None,
    cache: CacheOption = None,
    releases: ReleasesOption = None,
    log: LogOption = None,
    json: JsonOption = False,
    others: PeriodOption = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            metavar="DIR",
            help="A workspace, or a new or empty folder to make one in; the current folder by default.",
            envvar="IAPT_REPORT_WORKSPACE",
        ),
    ] = None,
) -> None:
    """Make the reports of the newest quarter, or of others, from nothing.

    The files are found and fetched, imported, and built: paper, supplement,
    brief and site. In an empty folder a workspace is made first. What was
    found, and where, is printed; then the paths of what is there. Other
    periods are left as they are.

    Exit codes: 0 the reports are there, 1 the data of a period cannot be had
    or used, 2 the call is wrong, 3 a tool is missing, 5 another run is at
    work here, 130 interrupted.
    """
    named = named_periods(periods, others) or [LATEST]
    chosen = tuple(dict.fromkeys(read_period(name) for name in named if name != LATEST))
    from iapt_report.render.engines import choose_engine
    from iapt_report.system.console import complain
    from iapt_report.system.journal import Journal
    from iapt_report.update import updating
    from iapt_report.update.fetching import default_cache
    from iapt_report.update.tally import documents_made

    engine_chosen = choose_engine(engine)
    place = _workspace_in(workspace or Path())
    choice = updating.Choice(
        periods=chosen,
        latest=LATEST in named,
        formats=tuple(map(str, formats or ())),
        areas=areas,
        accept_loss=share_of(accept_loss, "--accept-loss"),
    )
    journal = Journal(log or place.root / updating.LOG_FILE)
    done = updating.run(updating.Update(place, choice, engine_chosen, cache or default_cache(), journal, releases))
    say(done)
    for period, what in done.waiting.items():
        complain(f"{period}: {what}")
    made = [path for period in done.chosen for path in documents_made(place, Period.parse(period))]
    index = place.site / "report" / "index.html"
    if index.is_file():
        made.append(index)
    if json:
        from iapt_report.cli.facts import print_facts, updated_facts

        print_facts(updated_facts(done, made))
    else:
        for path in made:
            typer.echo(path)
    if done.failed or done.waiting:
        raise typer.Exit(DataError.exit_code)


def _workspace_in(folder: Path) -> Workspace:
    """Open the workspace that a folder lies in, or make one in it where it is empty or not there."""
    from iapt_report.system.console import note
    from iapt_report.workspace.place import is_in_workspace
    from iapt_report.workspace.scaffold import create_workspace, is_free

    if not is_in_workspace(folder):
        if not is_free(folder):
            raise CallError(
                f"{folder.resolve()} is in no workspace, and not empty",
                expected="a workspace, or a new or an empty folder to make one in",
                mend="name one with --workspace DIR",
            )
        create_workspace(folder)
        note(f"a new workspace: {folder.resolve()}")
    return workspace_of(folder)
