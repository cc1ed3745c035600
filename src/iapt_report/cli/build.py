"""Commands that write and typeset documents."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from iapt_report.cli.options import (
    ANY_ENGINE,
    PERIOD_WORDS,
    EngineChoice,
    FormatChoice,
    JsonOption,
    PeriodOption,
    WorkspaceOption,
    choose_periods,
    complete_period,
    named_periods,
    workspace_of,
)
from iapt_report.render.jobs import defaults_in_words
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from iapt_report.areas.period import Period
    from iapt_report.documents.period import Written
    from iapt_report.site.build import BuiltPeriod, Order, Step, Watch
    from iapt_report.site.index import WrittenIndex
    from iapt_report.workspace.place import Workspace


def build(
    periods: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PERIOD]...",
            help=f"Periods in data/, {PERIOD_WORDS}; the newest by default (latest).",
            autocompletion=complete_period,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Build every period in data/.")] = False,
    formats: Annotated[
        list[FormatChoice] | None,
        typer.Option("--format", "-f", help=f"May be given more than once; {defaults_in_words()}."),
    ] = None,
    engine: Annotated[
        EngineChoice, typer.Option(help="Quarto where it is installed (auto), Quarto, or the embedded engine.")
    ] = ANY_ENGINE,
    self_contained: Annotated[
        bool, typer.Option("--self-contained", help="Make the HTML one file, with its figures in it.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Make also what has not changed since it was made; it stays otherwise.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Make all again, and replace documents that were edited by hand; else kept."),
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Draw the figures also as PNG and TIFF of 600 dots an inch.")
    ] = False,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compute a period's results and build its documents: HTML and PDF, or Word and LaTeX where asked for.

    What was made from the same data, settings, templates and programs, and stands as it was made, is not made again.
    """
    from iapt_report.documents import drawing

    place = workspace_of(workspace)
    chosen_periods = choose_periods(named_periods(periods, named), every, place.data)
    drawing.make_ready_for(place.reports / period.id for period in chosen_periods)

    from iapt_report.render.engines import choose_engine
    from iapt_report.site.build import Order
    from iapt_report.system.console import complain

    order = Order(
        choose_engine(engine),
        tuple(map(str, formats or ())),
        self_contained,
        overwrite,
        figures,
        only_stale=not (again or overwrite),
    )
    if len(chosen_periods) == 1:
        built: list[BuiltPeriod | DataError] = [_build_one(chosen_periods[0], place, order, quiet=json)]
    else:
        built = _build_several(chosen_periods, place, order, quiet=json)
    index = _build_site(place, order)
    if json:
        _print_facts(chosen_periods, built, index)
    elif index is not None:
        typer.echo(index)
    failed = sum(isinstance(one, DataError) for one in built)
    if failed:
        complain(f"{failed} of {len(chosen_periods)} periods could not be built")
        raise typer.Exit(DataError.exit_code)


def _print_facts(periods: list[Period], built: list[BuiltPeriod | DataError], index: Path | None) -> None:
    """Print what was built as JSON."""
    from iapt_report.cli.facts import Building, PeriodBuilt, names_of, print_facts, problem_of

    facts = [
        PeriodBuilt(period=period.id, problem=problem_of(one))
        if isinstance(one, DataError)
        else PeriodBuilt(period=period.id, files=names_of((*one.made, *one.images)), earlier=names_of(one.earlier))
        for period, one in zip(periods, built, strict=True)
    ]
    print_facts(Building(periods=tuple(facts), index=str(index) if index else None))


def _build_several(
    periods: list[Period], place: Workspace, order: Order, *, quiet: bool
) -> list[BuiltPeriod | DataError]:
    """Build periods, one beside the other, and print of each what `_build_one` prints, or why it could not be built."""
    from iapt_report.site.build import build_periods
    from iapt_report.system.console import complain, working

    found: list[BuiltPeriod | DataError] = []
    with working(f"building {len(periods)} periods"):
        for period, built in zip(periods, build_periods(place, periods, order), strict=True):
            if isinstance(built, DataError):
                complain(f"{period.id}: {built}")
            else:
                if built.written is not None:
                    _say_what_was_kept(built.written)
                _say_of(built, period, quiet=quiet)
            found.append(built)
    return found


def _build_one(period: Period, place: Workspace, order: Order, *, quiet: bool) -> BuiltPeriod:
    """Build one period, and print the paths of what was made, unless they are printed otherwise."""
    from iapt_report.site.build import build_period

    built = build_period(place, period, order, _saying())
    _say_of(built, period, quiet=quiet)
    return built


def _say_of(built: BuiltPeriod, period: Period, *, quiet: bool) -> None:
    from iapt_report.system.console import note, warn

    for path in built.kept:
        warn(_was_kept(path))
    for path in () if quiet else (*built.made, *built.images):
        typer.echo(path)
    if not built.changed and not built.images:
        note(f"{period.id}: nothing has changed since its documents were made; `build --again` makes them anew")
    for path in built.earlier:
        warn(f"{path} is of an earlier build")
    if built.outdated_area_files:
        warn(
            f"{built.outdated_area_files} files about single areas are of other data, settings or template than there "
            f"are now: `iapt-report brief {period.id} --all-areas` makes them anew"
        )


def _saying() -> Watch:
    """Say on a terminal what a build does, and at once what it leaves as it was."""
    from iapt_report.site.build import Watch
    from iapt_report.system.console import working

    class Said(Watch):
        @contextmanager
        def step(self, name: Step, words: str) -> Iterator[dict[str, object]]:
            with working(words):
                yield {}

        def wrote(self, written: Written) -> None:
            _say_what_was_kept(written)

    return Said()


def _build_site(place: Workspace, order: Order) -> Path | None:
    """Bring the site's index up to date, and return its path; None where there is no template of it."""
    from iapt_report.site.build import build_index
    from iapt_report.system.console import working

    with working("making the index"):
        built = build_index(place, order)
    _say_of_the_site(built.written)
    return built.index


def _say_of_the_site(written: WrittenIndex) -> None:
    """Note what keeps the index from being as the results have it."""
    from iapt_report.system.console import warn

    if written.index is None:
        warn("there is no template index.qmd.jinja, and so no index is made")
    elif written.index.edited:
        new = f"; new: {written.index.proposal}" if written.index.proposal else ""
        warn(f"{written.index.path} was edited by hand and is kept as it is; `build --overwrite` replaces it{new}")
    for name, why in written.unusable:
        warn(f"{name} is not on the index: {why}")


def _say_what_was_kept(written: Written) -> None:
    """Note the documents that were left as they were, where the new ones are, and which could not be made."""
    from iapt_report.system.console import warn

    for template in written.lacking:
        warn(f"there is no template {template}, and so no such document is made")
    for document in written.documents:
        if document.edited:
            warn(_was_kept(document.path))
    proposals = ", ".join(map(str, written.proposals))
    if written.held:
        warn(
            "data, settings or this program have changed since: the edited document keeps its earlier figures and "
            "results, and so do the documents beside it" + (f"; new: {proposals}" if proposals else "")
        )
    elif proposals:
        warn(f"the template has changed since; new: {proposals}")


def _was_kept(document: Path) -> str:
    return f"{document} was edited by hand and is kept as it is; `build --overwrite` replaces it"


def refresh(workspace: WorkspaceOption = None) -> None:
    """Write the Quarto documents of periods that are new or have changed, and typeset nothing."""
    from iapt_report.site.period import stale_periods, write_documents
    from iapt_report.system.console import complain, working

    place = workspace_of(workspace)
    failed = 0
    for period in stale_periods(place):
        try:
            with working(f"writing the documents of {period.id}"):
                written = write_documents(place, period)
        except DataError as error:
            complain(f"{period.id}: {error}")
            failed += 1
            continue
        for document in written.documents:
            if document.path.is_file():
                typer.echo(document.path)
        if written.proposals or written.held:
            _say_what_was_kept(written)
    from iapt_report.site import index

    around = index.write(place)
    _say_of_the_site(around)
    if around.index is not None and around.changed:
        typer.echo(around.index.path)
    if failed:
        raise typer.Exit(DataError.exit_code)


def prune(workspace: WorkspaceOption = None) -> None:
    """Take links to files that were not made off the site's index; Quarto's post-render step."""
    from iapt_report.site import index

    index.prune_index(workspace_of(workspace))
