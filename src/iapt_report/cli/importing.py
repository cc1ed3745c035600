"""Commands that fetch, check and import published files."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iapt_report.areas.spelling import read_period
from iapt_report.cli.options import (
    LATEST,
    PERIOD_WORDS,
    AcceptLossOption,
    CacheOption,
    JsonOption,
    Level,
    PeriodOption,
    ReleasesOption,
    WorkspaceOption,
    complete_period,
    one_named,
    period_and_rest,
    share_of,
    workspace_of,
)
from iapt_report.system.errors import DataError
from iapt_report.system.loading import load_pandas_ahead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iapt_report.areas.period import Period
    from iapt_report.update.fetching import Fetched
    from iapt_report.update.releases import Release


def import_(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="PERIOD FILE...",
            help=f"The period, {PERIOD_WORDS}; and the published activity: an annual main file, or monthly files.",
            autocompletion=complete_period,
        ),
    ],
    deprivation: Annotated[
        Path | None,
        typer.Option(
            "--deprivation",
            "-d",
            metavar="FILE",
            help="An index of multiple deprivation of your own, by LSOA or by organisation; without it, the averages "
            "of commissioning areas that come with iapt-report are taken.",
        ),
    ] = None,
    lookup: Annotated[
        Path | None,
        typer.Option(
            "--lookup",
            "-l",
            metavar="FILE",
            help="Which commissioning area each LSOA belongs to; needed with deprivation by LSOA alone.",
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            "-m",
            metavar="FILE",
            help="Which columns hold what, for activity in no published shape (TOML).",
        ),
    ] = None,
    successors: Annotated[
        Path | None,
        typer.Option(
            "--successors",
            "-s",
            metavar="FILE",
            help="Which areas merged into which, beside what iapt-report knows: old_code and new_code.",
        ),
    ] = None,
    edition: Annotated[
        int | None,
        typer.Option(
            "--edition",
            "-e",
            metavar="YEAR",
            help="The edition of the indices of deprivation: 2015, 2019 or 2025; by default that of the workspace, or "
            "the newest that was published before the period's end.",
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(help="Whose figures to take; by default the smallest commissioning areas that a file has."),
    ] = None,
    accept_loss: AcceptLossOption = None,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Read published files and write data/PERIOD."""
    when, names = period_and_rest(arguments, named, "FILE")
    files = [Path(name) for name in names]
    from iapt_report.sources.activity import Begun, is_long

    figures = level.value if level else None
    long = is_long(files[0])
    if not long:
        load_pandas_ahead()
    # Reading goes on while what is needed afterwards is loaded.
    with nullcontext() if mapping else Begun(files, level=figures) as begun:
        place = workspace_of(workspace)
        from iapt_report.sources.importing import Sources, earlier_periods, import_period, other_years
        from iapt_report.system.console import note, warn, working

        if long and earlier_periods(place.data, when):
            load_pandas_ahead()
        chosen = edition if deprivation else edition or place.of(when).edition
        sources = Sources(files, deprivation, lookup, mapping, successors, chosen)
        accepted = share_of(accept_loss, "--accept-loss")
        with working(f"importing {when.id}"):
            done = import_period(sources, when, place.data, figures, accept_loss=accepted, begun=begun)
    if done.previous:
        warn(f"{done.folder} was there already; what it held is in {done.previous}")
    for path in files:
        spoken = other_years(path.name, when)
        if spoken:
            warn(f"the name of {path.name} speaks of {spoken}, and is imported as {when.id}")
    for words in done.notes:
        if words in done.warnings:
            warn(words)
        else:
            note(words)
    note(f"{done.areas} areas can be analysed; left out: {len(done.excluded) or 'none'}")
    for area in done.excluded:
        note(f"  {area.area_code}  {area.area_name}: {area.reason}")
    if json:
        from iapt_report.cli.facts import Importing, imported_facts, print_facts

        print_facts(Importing(**imported_facts(when, done)))
    else:
        typer.echo(done.folder)


def fetch(
    period: Annotated[
        str | None,
        typer.Argument(
            metavar="PERIOD|latest",
            help=f"A period, {PERIOD_WORDS}; or the newest quarter of which all is published (latest).",
            autocompletion=complete_period,
        ),
    ] = None,
    cache: CacheOption = None,
    releases: ReleasesOption = None,
    json: JsonOption = False,
    named: PeriodOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Download the published files of a period, and print where they are.

    They are those that data/releases.toml lists, and newer ones that are
    found on the pages that it names.
    """
    from iapt_report.update.releases import RELEASES_FILE, releases_for

    asked = one_named(period, named)
    wanted = None if asked == LATEST else read_period(asked)
    place = workspace_of(workspace)
    from iapt_report.system.console import note, warn, working
    from iapt_report.update.discovery import known_releases, parse_wanted
    from iapt_report.update.fetching import default_cache
    from iapt_report.update.fetching import fetch as fetch_release

    listed, folder = releases or place.data / RELEASES_FILE, cache or default_cache()
    with working("looking for releases"):
        known = known_releases(listed, folder, (wanted,) if wanted else ())
    for warning in known.warnings:
        warn(warning)
    when = wanted or parse_wanted(asked, known, listed)
    note(f"{when.id}: {when.label}")
    found: dict[str, list[Path]] = {"activity": [], "deprivation": [], "lookup": []}
    chosen = releases_for(known.releases, when, listed)
    got: dict[Release, Fetched] = {}
    for release in chosen:
        if release.address is None:
            warn(f"no address is listed for the {release.kind}: find the file by hand on {release.page}")
            continue
        if release in known.found:
            note(f"found {release.address} on {release.page}")
        with working(f"fetching {release.name}"):
            done = fetch_release(release, folder, listed)
        found[release.kind].append(done.path)
        got[release] = done
        warn(f"{done.path.name}: SHA-256 {done.sha256}{', from the cache' if done.cached else ''}")
        if not json:
            typer.echo(done.path)
    following = _import_call(when, chosen, found)
    note(f"next: {following}")
    if json:
        from iapt_report.cli.facts import FetchedFile, Fetching, print_facts

        files = [
            FetchedFile(
                kind=release.kind, address=release.address, page=release.page or None, **_facts_of(got, release)
            )
            for release in chosen
        ]
        print_facts(Fetching(period=when.id, label=when.label, files=tuple(files), next=following))


def _facts_of(got: Mapping[Release, Fetched], release: Release) -> dict[str, Any]:
    """Say where a published file is now, if it was fetched."""
    done = got.get(release)
    return {"path": str(done.path), "sha256": done.sha256, "cached": done.cached} if done else {}


def _import_call(period: Period, chosen: Sequence[Release], found: dict[str, list[Path]]) -> str:
    """Write the call that imports what was fetched, and what is still to be found."""
    files = " ".join(f'"{path}"' for path in found["activity"]) or "FILE"
    kinds = {release.kind for release in chosen}
    named = [kind for kind in ("deprivation", "lookup") if kind in kinds]
    options = [f"--{kind} " + (f'"{found[kind][0]}"' if found[kind] else "FILE") for kind in named]
    return " ".join(["iapt-report import", period.id, files, *options])


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Published files, or an areas.csv.")],
    json: JsonOption = False,
) -> None:
    """Say what files are and whether they can be used; nothing is written."""
    from iapt_report.sources.importing import check_file
    from iapt_report.system import atomic
    from iapt_report.system.console import complain
    from iapt_report.workspace.place import is_in_workspace

    found: dict[Path, str | DataError] = {}
    for path in files:
        if is_in_workspace(path.parent):
            # An import of its period may have been killed.
            atomic.sweep(path.resolve().parent.parent)
        try:
            found[path] = what = check_file(path)
        except DataError as error:
            complain(str(error))
            found[path] = error
            continue
        if not json:
            typer.echo(f"{path}: {what}")
    if json:
        from iapt_report.cli.facts import CheckedFile, Checks, print_facts, problem_of

        checked = [
            CheckedFile(file=str(path), usable=False, problem=problem_of(what))
            if isinstance(what, DataError)
            else CheckedFile(file=str(path), usable=True, what=what)
            for path, what in found.items()
        ]
        print_facts(Checks(files=tuple(checked)))
    if any(isinstance(what, DataError) for what in found.values()):
        raise typer.Exit(DataError.exit_code)
