"""The command that keeps a workspace up to date by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
    WorkspaceOption,
    complete_period,
    named_periods,
    share_of,
    workspace_of,
)
from iapt_report.system import exits

if TYPE_CHECKING:
    from iapt_report.update.tally import Tally


def update(
    periods: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[latest|PERIOD]...",
            help=f"Only these periods, {PERIOD_WORDS}, or the newest quarter of which everything is published "
            "(latest); what is new of all by default.",
            autocompletion=complete_period,
        ),
    ] = None,
    all_listed: Annotated[
        bool, typer.Option("--all-listed", help="Import also the earlier periods that are listed and not in data/.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="PERIOD", help="Import also the listed periods of its kind from this one on."),
    ] = None,
    check_again: Annotated[
        bool,
        typer.Option(
            "--check-again",
            help="Download again what has no listed checksum, to see whether a corrected file stands at its address.",
        ),
    ] = False,
    areas: Annotated[
        bool, typer.Option("--areas", help="Make a page about each area too, as `brief --all-areas` does.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    formats: Annotated[
        list[FormatChoice] | None, typer.Option("--format", "-f", help="As for `build`; may be given more than once.")
    ] = None,
    engine: Annotated[EngineChoice, typer.Option(help="As for `build`.")] = ANY_ENGINE,
    accept_loss: AcceptLossOption = None,
    cache: CacheOption = None,
    releases: ReleasesOption = None,
    log: LogOption = None,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Fetch and import releases not there yet; build what is out of date.

    Which periods: of those in data/releases.toml, or found on the pages that
    it names, the ones that are in data/, for corrections, and of each kind
    that is there (quarters, years) the newest, if it is newer than these;
    where data/ has the synthetic quarter alone, the last one. Months make
    quarters. What is newer and skipped is said: --since PERIOD has it.

    A file without an address is awaited in data/incoming/ under its listed
    name, and its period waits for it. A period that a person has imported from
    other files, or has changed, is left as it is. What is out of date is told
    from what files contain.

    It may be run at any time, also while another run is at work, and be ended
    at any moment: the next run goes on. What it does is added to
    logs/update.jsonl.

    Exit codes: 0 something was done, 4 nothing was to do (a period may wait),
    1 a period failed and the others were done, 5 another run is at work here,
    2 the call is wrong, 3 a tool is missing, 130 interrupted.
    """
    place = workspace_of(workspace)
    from iapt_report.render.engines import choose_engine
    from iapt_report.system.console import warn
    from iapt_report.system.journal import Journal
    from iapt_report.update import updating
    from iapt_report.update.fetching import default_cache

    names = named_periods(periods, named)
    choice = updating.Choice(
        periods=tuple(dict.fromkeys(read_period(name) for name in names if name != LATEST)),
        latest=LATEST in names,
        all_listed=all_listed,
        since=read_period(since) if since else None,
        check_again=check_again,
        formats=tuple(map(str, formats or ())),
        areas=areas,
        accept_loss=share_of(accept_loss, "--accept-loss"),
    )
    chosen = choose_engine(engine)
    journal = Journal(log or place.root / updating.LOG_FILE)
    asked = updating.Update(place, choice, chosen, cache or default_cache(), journal, releases)
    if dry_run:
        planned = updating.plan(asked)
        code = exits.DONE if planned else exits.NOTHING_NEW
        if json:
            from iapt_report.cli.facts import Updating, print_facts

            summary = f"{len(planned)} to do" if planned else "nothing new"
            print_facts(Updating(summary=summary, exit_code=code, planned=tuple(planned)))
        else:
            typer.echo("\n".join(planned or ["nothing new"]))
        raise typer.Exit(code)
    done = updating.run(asked)
    say(done)
    for period, what in done.waiting.items():
        warn(f"{period} waits: {what}")
    if json:
        from iapt_report.cli.facts import print_facts, updated_facts

        print_facts(updated_facts(done))
    else:
        typer.echo(done.summary)
    raise typer.Exit(done.exit_code)


def say(done: Tally) -> None:
    """Say what was found from where, what an import noticed, and what went wrong."""
    from iapt_report.system.console import complain, note, warn

    for what in done.found:
        note(what)
    for what in done.skipped:
        note(what)
    for period, notes in done.notes.items():
        for words in notes:
            note(f"{period}: {words}")
    for warning in done.warnings:
        warn(warning)
    for period, what in done.failed.items():
        complain(f"{period}: {what}")
