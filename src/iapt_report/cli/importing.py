"""Commands that fetch, check and import published files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iapt_report.areas.period import Period
from iapt_report.cli.options import (
    AcceptLossOption,
    CacheOption,
    Level,
    ReleasesOption,
    WorkspaceOption,
    share_of,
    workspace_of,
)
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.update.releases import Release


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="The published activity: an annual main file, or monthly files."),
    ],
    period: Annotated[str, typer.Option("--period", "-p", metavar="PERIOD", help="The period, such as 2019-20.")],
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
    workspace: WorkspaceOption = None,
) -> None:
    """Read published files and write data/PERIOD."""
    when = Period.parse(period)
    place = workspace_of(workspace)
    from iapt_report.sources.importing import Sources, import_period, other_years
    from iapt_report.system.console import console, warn, working

    sources = Sources(
        files, deprivation, lookup, mapping, successors, edition if deprivation else edition or place.of(when).edition
    )
    accepted = share_of(accept_loss, "--accept-loss")
    with working(f"importing {when.id}"):
        done = import_period(sources, when, place.data, level.value if level else None, accept_loss=accepted)
    out = console()
    if done.previous:
        warn(f"{done.folder} was there already; what it held is in {done.previous}")
    for path in files:
        spoken = other_years(path.name, when)
        if spoken:
            warn(f"the name of {path.name} speaks of {spoken}, and is imported as {when.id}")
    for note in done.notes:
        if note in done.warnings:
            warn(note)
        else:
            out.print(note, markup=False)
    out.print(f"{done.areas} areas can be analysed; left out: {len(done.excluded) or 'none'}", markup=False)
    for area in done.excluded:
        out.print(f"  {area.area_code}  {area.area_name}: {area.reason}", markup=False)
    typer.echo(done.folder)


def fetch(
    period: Annotated[
        str, typer.Argument(metavar="PERIOD|latest", help="A period, or the newest quarter of which all is published.")
    ],
    cache: CacheOption = None,
    releases: ReleasesOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Download the published files of a period, and print where they are.

    They are those that data/releases.toml lists, and newer ones that are
    found on the pages that it names.
    """
    from iapt_report.update.releases import LATEST, RELEASES_FILE, releases_for

    named = None if period == LATEST else Period.parse(period)
    place = workspace_of(workspace)
    from iapt_report.system.console import console, warn, working
    from iapt_report.update.discovery import known_releases, parse_wanted
    from iapt_report.update.fetching import default_cache
    from iapt_report.update.fetching import fetch as fetch_release

    listed, folder = releases or place.data / RELEASES_FILE, cache or default_cache()
    with working("looking for releases"):
        known = known_releases(listed, folder, (named,) if named else ())
    for warning in known.warnings:
        warn(warning)
    when = parse_wanted(period, known, listed)
    console().print(f"{when.id}: {when.label}", markup=False)
    found: dict[str, list[Path]] = {"activity": [], "deprivation": [], "lookup": []}
    chosen = releases_for(known.releases, when, listed)
    for release in chosen:
        if release.address is None:
            warn(f"no address is listed for the {release.kind}: find the file by hand on {release.page}")
            continue
        if release in known.found:
            console().print(f"found {release.address} on {release.page}", markup=False)
        with working(f"fetching {release.name}"):
            done = fetch_release(release, folder, listed)
        found[release.kind].append(done.path)
        warn(f"{done.path.name}: SHA-256 {done.sha256}{', from the cache' if done.cached else ''}")
        typer.echo(done.path)
    console().print(f"next: {_import_call(when, chosen, found)}", markup=False)


def _import_call(period: Period, chosen: Sequence[Release], found: dict[str, list[Path]]) -> str:
    """Write the call that imports what was fetched, and what is still to be found."""
    files = " ".join(f'"{path}"' for path in found["activity"]) or "FILE"
    kinds = {release.kind for release in chosen}
    named = [kind for kind in ("deprivation", "lookup") if kind in kinds]
    options = [f"--{kind} " + (f'"{found[kind][0]}"' if found[kind] else "FILE") for kind in named]
    return " ".join(["iapt-report import", files, "--period", period.id, *options])


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Published files, or an areas.csv.")],
) -> None:
    """Say what files are and whether they can be used; nothing is written."""
    from iapt_report.sources.importing import check_file
    from iapt_report.system import atomic
    from iapt_report.system.console import complain
    from iapt_report.workspace.place import is_in_workspace

    bad = 0
    for path in files:
        if is_in_workspace(path.parent):
            # An import of its period may have been killed.
            atomic.sweep(path.resolve().parent.parent)
        try:
            typer.echo(f"{path}: {check_file(path)}")
        except DataError as error:
            complain(str(error))
            bad += 1
    if bad:
        raise typer.Exit(DataError.exit_code)
