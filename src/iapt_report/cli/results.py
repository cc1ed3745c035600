"""Commands that print results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iapt_report.cli.options import (
    JsonOption,
    PeriodArgument,
    PeriodOption,
    WorkspaceOption,
    one_period,
    workspace_of,
)
from iapt_report.system.errors import DataError


def results(
    period: PeriodArgument = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print results.json instead of a summary as R prints it.")
    ] = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compute a period's results and print them."""
    place = workspace_of(workspace)
    when = one_period(period, named, place.data)
    from iapt_report.site.period import compute
    from iapt_report.system.console import working

    with working(f"analysing {when.id}"):
        computed = compute(place, when)
    if json:
        typer.echo(computed.to_json(), nl=False)
        return
    from iapt_report.words.r_summary import summary

    typer.echo(summary(computed), nl=False)


def claims(
    period: PeriodArgument = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="What another paper prints (TOML); the 2016 paper by default."),
    ] = None,
    json: JsonOption = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 1 when a claim differs.")] = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Check what a paper prints, number by number, against a period's results."""
    place = workspace_of(workspace)
    when = one_period(period, named, place.data)
    from iapt_report.analysis.settings import Settings
    from iapt_report.documents.claims import as_json, as_text, check_claims, read_claims, shipped_claims
    from iapt_report.site.period import compute
    from iapt_report.system.console import warn, working

    printed = read_claims(file) if file else shipped_claims()
    with working(f"analysing {when.id}"):
        computed = compute(place, when)
    checked = check_claims(printed, computed)
    if printed.period != when.id:
        warn(f"the claims are about {printed.period}: the figures of {when.id} are compared with them, not reproduced")
    changed = [name for name, value in computed.settings if value != getattr(Settings(), name)]
    if changed:
        warn(f"the figures are computed with settings other than the study's: {', '.join(changed)}")
    typer.echo((as_json if json else as_text)(printed, checked, computed), nl=False)
    if strict and any(c.verdict == "differs" for c in checked):
        raise typer.Exit(DataError.exit_code)


def simulate(
    period: PeriodArgument = None,
    quarters: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="Simulated periods.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")] = 2016,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show how many fair services each benchmark flags: every one does as expected for its deprivation."""
    place = workspace_of(workspace)
    when = one_period(period, named, place.data)
    from iapt_report.site.period import simulated
    from iapt_report.system.console import working

    with working(f"simulating {quarters} periods"):
        results, found = simulated(place, when, quarters, seed)
    if json:
        from iapt_report.cli.facts import print_facts

        print_facts(found)
        return
    from iapt_report.words.r_summary import fair_services

    typer.echo(fair_services(results, found), nl=False)


def trend(
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the gradient of every period in data/ over time, and test whether it changes."""
    place = workspace_of(workspace)
    from iapt_report.analysis.trend import Trends, trends
    from iapt_report.site.period import compute_all
    from iapt_report.system.console import warn, working

    with working("analysing every period"):
        results, refused = compute_all(place)
    for left, error in refused:
        warn(f"{left.id} is left out: {error}")
    found = trends(results)
    if json:
        from iapt_report.cli.facts import print_facts

        print_facts(Trends(trends=found))
        return
    from iapt_report.words.r_summary import over_time

    typer.echo(over_time(found), nl=False)


def schema(
    command: Annotated[
        str, typer.Argument(metavar="[COMMAND]", help="What a command prints with --json; results.json by default.")
    ] = "results",
) -> None:
    """Print the JSON Schema of results.json, or of what another command prints with --json."""
    import json

    if command == "results":
        from iapt_report.analysis.results import json_schema

        typer.echo(json.dumps(json_schema(), indent=2))
        return
    from iapt_report.cli.facts import schema_of

    typer.echo(json.dumps(schema_of(command), indent=2))
