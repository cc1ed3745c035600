"""The command that makes pages about single areas."""

from __future__ import annotations

from typing import Annotated

import typer

from iapt_report.cli.options import (
    LATEST,
    PERIOD_WORDS,
    JsonOption,
    PeriodOption,
    SheetFormatChoice,
    WorkspaceOption,
    choose_periods,
    complete_period,
    one_named,
    workspace_of,
)
from iapt_report.system.errors import CallError, DataError


def brief(
    period: Annotated[
        str | None,
        typer.Argument(
            metavar="[PERIOD]",
            help=f"A period in data/, {PERIOD_WORDS}; the newest by default.",
            autocompletion=complete_period,
        ),
    ] = None,
    areas: Annotated[
        list[str] | None,
        typer.Option("--area", "-a", metavar="CODE|NAME", help="An area; may be given more than once."),
    ] = None,
    every: Annotated[bool, typer.Option("--all-areas", help="Every area that is analysed.")] = False,
    formats: Annotated[
        list[SheetFormatChoice] | None,
        typer.Option("--format", "-f", help="May be given more than once; HTML and PDF by default."),
    ] = None,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make one page about one area, or about each: its standing, its neighbours in deprivation, its history.

    These pages are always made with the embedded engine: Quarto would take seconds for each. Where the page of one area
    cannot be made, those of the others are.
    """
    if bool(areas) == every:
        raise CallError(
            "areas are named and --all-areas is given" if every else "no area is named",
            expected="--area with a code or a name, or --all-areas",
            mend="give one or the other",
        )
    place = workspace_of(workspace)
    (when,) = choose_periods([one_named(period, named)] if period or named else [LATEST], False, place.data)
    from iapt_report.analysis.history import history
    from iapt_report.render.choices import SHEET_FORMATS
    from iapt_report.render.jobs import chosen_of
    from iapt_report.site import area_briefs, area_choice
    from iapt_report.system.console import complain, counting, note, warn, working

    wanted = chosen_of(SHEET_FORMATS, formats or ("html", "pdf"))
    with working(f"analysing {when.id}"):
        results = area_briefs.analysed(place, when)
    choice = area_choice.choose(results, areas or [])
    with working("analysing the other periods"):
        past = history(place.data, place.of(when).settings, results, when, [area.area_code for area in choice.areas])
    for other, problem in past.unusable:
        warn(f"{other.id} is left out of the areas' history: {problem}")
    with counting(f"writing the areas of {when.id}", len(choice.areas)) as made:
        done = area_briefs.write(results, choice, past, place, when, wanted, made=made)
    from iapt_report.site import index

    with working("listing them among the areas"):
        index.build_area_lists(place)
    if done.earlier:
        warn(f"the files there in other formats ({', '.join(done.earlier)}) are of an earlier run")
    for code, error in done.failed.items():
        complain(f"{code} has no page made now: {error}")
    if json:
        from iapt_report.cli.facts import Briefs, Unmade, names_of, print_facts, problem_of

        failed = tuple(Unmade(area=code, problem=problem_of(error)) for code, error in done.failed.items())
        made_areas, folder, files = done.areas, str(done.folder), names_of(done.files)
        print_facts(
            Briefs(period=when.id, folder=folder, areas=made_areas, skipped=choice.skipped, files=files, failed=failed)
        )
    elif choice.every:
        skipped = f"; {choice.skipped} of the data are not analysed and have none" if choice.skipped else ""
        note(f"{done.areas} areas have a page{skipped}")
        typer.echo(done.folder)
    else:
        for path in done.files:
            typer.echo(path)
    if done.failed:
        raise typer.Exit(DataError.exit_code)
