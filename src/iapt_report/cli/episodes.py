"""Commands about patients' episodes: sum them to a period, and make some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iapt_report.cli.options import (
    PERIOD_WORDS,
    AcceptLossOption,
    JsonOption,
    Level,
    PeriodOption,
    WorkspaceOption,
    complete_period,
    period_and_rest,
    share_of,
    workspace_of,
)
from iapt_report.system.errors import CallError

DEFAULT_PERIOD = "2025-26"


def episodes(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="PERIOD SOURCE",
            help=f"The period, {PERIOD_WORDS}; and a folder of Parquet or CSV files, one such file, or a DuckDB file, "
            "with --connection also a table or a schema there.",
            autocompletion=complete_period,
        ),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            "-m",
            metavar="FILE",
            help="Where columns or codes differ from those of the IAPT data set, version 2.1 (TOML).",
        ),
    ] = None,
    connection: Annotated[
        str | None,
        typer.Option(
            "--connection",
            metavar="ENGINE",
            help="Where to sum: spark, sc://HOST, databricks, or a connection string of Ibis; DuckDB here by default.",
            envvar="IAPT_REPORT_CONNECTION",
        ),
    ] = None,
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable", help="Round the areas' counts to the nearest 5, and withhold those under 5, as published."
        ),
    ] = False,
    level: Annotated[
        Level | None, typer.Option(help="What the organisation of the records is; that of the mapping by default.")
    ] = None,
    edition: Annotated[
        int | None,
        typer.Option(
            "--edition", "-e", metavar="YEAR", help="The edition of the indices of deprivation, as of import."
        ),
    ] = None,
    accept_loss: AcceptLossOption = None,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Sum patients' episodes to data/PERIOD; only sums leave the engine.

    Beside areas.csv it writes cells.parquet, counts by area and by who the
    patients are, for models. It holds small counts, stays in the workspace
    and is never copied to _site.
    """
    when, sources = period_and_rest(arguments, named, "SOURCE")
    source = _only(sources, "SOURCE")
    place = workspace_of(workspace)
    from iapt_report.episodes.into_period import import_episodes
    from iapt_report.system.console import note, warn, working

    with working(f"summing {when.id}"):
        done = import_episodes(
            source,
            when,
            place.data,
            mapping=mapping,
            connection=connection,
            publishable=publishable,
            level=level.value if level else None,
            edition=edition or place.of(when).edition,
            accept_loss=share_of(accept_loss, "--accept-loss"),
        )
    imported = done.imported
    if imported.previous:
        warn(f"{imported.folder} was there already; what it held is in {imported.previous}")
    for words in imported.notes:
        if words in imported.warnings:
            warn(words)
        else:
            note(words)
    note(f"{imported.areas} areas can be analysed; left out: {len(imported.excluded) or 'none'}")
    for area in imported.excluded:
        note(f"  {area.area_code}  {area.area_name}: {area.reason}")
    note(
        f"{done.patients:,} patients who finished treatment, in {done.groups:,} groups, summed by {done.engine}",
    )
    warn(f"{done.cells} holds counts of few patients: it stays in this workspace, and must not be published or shared")
    if not publishable:
        warn("the areas' counts are exact: give --publishable before you hand out what is built from them")
    if json:
        from iapt_report.cli.facts import Summing, imported_facts, print_facts

        facts = Summing(
            **imported_facts(when, imported),
            patients=done.patients,
            groups=done.groups,
            cells=str(done.cells),
            engine=done.engine,
        )
        print_facts(facts)
    else:
        typer.echo(imported.folder)


def _only(rest: list[str], what: str) -> str:
    """Return the one thing that stands after the period."""
    if len(rest) > 1:
        raise CallError(f"more than one {what} is named: {', '.join(rest)}", mend="name one")
    return rest[0]


def synthesise(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[PERIOD] DIR",
            help=f"When most are received and discharged, {DEFAULT_PERIOD} by default; and a new or an empty folder.",
            autocompletion=complete_period,
        ),
    ],
    referrals: Annotated[int, typer.Option("--referrals", "-n", metavar="N", help="How many referrals.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed gives the same patients.")] = 1,
    areas: Annotated[
        int | None,
        typer.Option("--areas", metavar="N", help="Over how many areas; all Sub-ICB locations by default."),
    ] = None,
    json: JsonOption = False,
    named: PeriodOption = None,
) -> None:
    """Make patients: referrals in the columns of the IAPT data set, version 2.1.

    No patient is real. What recovery depends on is declared in
    synthetic.toml beside the Parquet file, and every page that is
    built from them says that they are made.
    """
    without = len(arguments) == 1 and not named
    when, folders = period_and_rest(arguments, [DEFAULT_PERIOD] if without else named, "DIR")
    folder = Path(_only(folders, "DIR"))
    from iapt_report.episodes.synthesising import synthesise as make
    from iapt_report.system.console import note, working

    with working(f"making {referrals:,} referrals"):
        done = make(folder, referrals, seed, when, areas=areas)
    note(
        f"{done.referrals:,} made referrals of {done.areas} areas; next: iapt-report episodes {when.id} {folder}",
    )
    if json:
        from iapt_report.cli.facts import Synthesis, print_facts

        made = Synthesis(period=when.id, file=str(done.file), referrals=done.referrals, areas=done.areas)
        print_facts(made)
    else:
        typer.echo(done.file)
