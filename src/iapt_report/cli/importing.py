"""Commands that fetch, check and import published files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iapt_report.areas.period import Period
from iapt_report.cli.options import Level, WorkspaceOption, share_of, workspace_of
from iapt_report.system.errors import DataError


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="The published activity: an annual main file, or monthly files."),
    ],
    period: Annotated[str, typer.Option("--period", "-p", metavar="PERIOD", help="The period, such as 2019-20.")],
    deprivation: Annotated[
        Path,
        typer.Option(
            "--deprivation", "-d", metavar="FILE", help="The index of multiple deprivation, by LSOA or by organisation."
        ),
    ],
    lookup: Annotated[
        Path | None,
        typer.Option(
            "--lookup",
            "-l",
            metavar="FILE",
            help="Which commissioning area each LSOA belongs to; not needed with deprivation by organisation.",
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
            "--successors", "-s", metavar="FILE", help="Which areas merged into which: old_code and new_code."
        ),
    ] = None,
    level: Annotated[
        Level | None,
        typer.Option(help="Whose figures to take; by default the smallest commissioning areas that a file has."),
    ] = None,
    accept_loss: Annotated[
        str | None,
        typer.Option(
            "--accept-loss",
            metavar="SHARE",
            help="How many of the patients may be lost with areas left out, such as 0.08, where that is more than 5%.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Read published files and write data/PERIOD."""
    when = Period.parse(period)
    place = workspace_of(workspace)
    from iapt_report.sources.importing import Sources, import_period, other_years
    from iapt_report.system.console import console, warn, working

    sources = Sources(files, deprivation, lookup, mapping, successors)
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
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A period that data/releases.toml lists.")],
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            metavar="DIR",
            help="Where downloads are kept; the user's cache by default.",
            envvar="IAPT_REPORT_CACHE",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Download the published files of a period, as data/releases.toml lists them, and print where they are."""
    when = Period.parse(period)
    place = workspace_of(workspace)
    from iapt_report.system.console import console, warn, working
    from iapt_report.update.fetching import default_cache
    from iapt_report.update.fetching import fetch as fetch_release
    from iapt_report.update.releases import RELEASES_FILE, read_releases, releases_for

    listed = place.data / RELEASES_FILE
    chosen = releases_for(read_releases(listed), when, listed)
    folder = cache or default_cache()
    found: dict[str, list[Path]] = {"activity": [], "deprivation": [], "lookup": []}
    for release in chosen:
        if release.address is None:
            warn(f"no address is listed for the {release.kind}: find the file by hand on {release.page}")
            continue
        with working(f"fetching {release.name}"):
            done = fetch_release(release, folder, listed)
        found[release.kind].append(done.path)
        warn(f"{done.path.name}: SHA-256 {done.sha256}{', from the cache' if done.cached else ''}")
        typer.echo(done.path)
    console().print(f"next: {_import_call(when, found)}", markup=False)


def _import_call(period: Period, found: dict[str, list[Path]]) -> str:
    """Write the call that imports what was fetched."""
    files = " ".join(f'"{path}"' for path in found["activity"])
    options = [f"--{kind} " + (f'"{found[kind][0]}"' if found[kind] else "FILE") for kind in ("deprivation", "lookup")]
    return f"iapt-report import {files} --period {period.id} {' '.join(options)}"


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Published files, or an areas.csv.")],
) -> None:
    """Say what files are and whether they can be used; nothing is written."""
    from iapt_report.sources.importing import check_file
    from iapt_report.system.console import complain

    bad = 0
    for path in files:
        try:
            typer.echo(f"{path}: {check_file(path)}")
        except DataError as error:
            complain(str(error))
            bad += 1
    if bad:
        raise typer.Exit(DataError.exit_code)
