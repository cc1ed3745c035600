"""The command line: thin, it only calls the package. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iapt_report import __version__
from iapt_report.errors import CallError, DataError
from iapt_report.period import Period

if TYPE_CHECKING:
    from iapt_report import render
    from iapt_report.documents import Written
    from iapt_report.site import Written as SiteWritten
    from iapt_report.workspace import Workspace

app = typer.Typer(
    name="iapt-report",
    help="Repeat the 2016 study of deprivation and recovery in England's NHS talking therapies for any new period.",
    epilog="Exit codes: 0 done, 1 the data are unusable, 2 the call is wrong, 3 a tool is missing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """What a document can be made into."""

    html = "html"
    pdf = "pdf"
    docx = "docx"
    latex = "latex"


class BriefFormat(StrEnum):
    """What the brief of an area can be made into."""

    html = "html"
    pdf = "pdf"
    docx = "docx"


class EngineChoice(StrEnum):
    """What typesets the documents."""

    auto = "auto"
    quarto = "quarto"
    embedded = "embedded"


class Level(StrEnum):
    """Whose figures an import takes."""

    ccg = "ccg"
    subicb = "subicb"
    icb = "icb"
    provider = "provider"


@dataclass(frozen=True)
class _Options:
    """How a build goes about its outputs."""

    self_contained: bool
    overwrite: bool
    figures: bool


WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace; without it, the one that the current folder lies in.",
        envvar="IAPT_REPORT_WORKSPACE",
    ),
]


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


@app.command()
def build(
    periods: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PERIOD]...", help="Periods such as 2014-15-Q2; the newest by default."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Build every period in data/.")] = False,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format", "-f", help="May be given more than once; HTML and PDF by default, of the brief Word too."
        ),
    ] = None,
    engine: Annotated[
        EngineChoice, typer.Option(help="Quarto where it is installed (auto), Quarto, or the embedded engine.")
    ] = EngineChoice.auto,
    self_contained: Annotated[
        bool, typer.Option("--self-contained", help="Make the HTML one file, with its figures in it.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a document that was edited by hand; it is kept otherwise.")
    ] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Draw the figures also as PNG and TIFF of 600 dots an inch.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compute a period's results and build its documents: HTML and PDF, or Word and LaTeX where asked for."""
    from iapt_report import render
    from iapt_report.console import complain

    place = _workspace(workspace)
    chosen = render.choose_engine(engine.value)
    asked = tuple(form.value for form in formats or ())
    failed = 0
    chosen_periods = _choose(periods or [], every, place.data)
    for period in chosen_periods:
        try:
            _build_one(period, place, asked, chosen, _Options(self_contained, overwrite, figures))
        except DataError as error:
            if len(chosen_periods) == 1:
                raise
            complain(f"{period.id}: {error}")
            failed += 1
    _build_site(place, chosen, self_contained=self_contained, overwrite=overwrite)
    if failed:
        complain(f"{failed} of {len(chosen_periods)} periods could not be built")
        raise typer.Exit(DataError.exit_code)


def _build_one(
    period: Period, place: Workspace, asked: tuple[str, ...], engine: render.Engine, options: _Options
) -> None:
    """Build one period, and print the paths of what was made."""
    from iapt_report import render
    from iapt_report.console import warn, working
    from iapt_report.period_build import write_documents
    from iapt_report.rendered import Rendering, engine_version

    with working(f"analysing {period.id}"):
        written = write_documents(place, period, replace_edited=options.overwrite)
    _say_what_was_kept(written)
    images: tuple[str, ...] = ()
    if options.figures:
        from iapt_report.documents import write_images

        with working(f"drawing the figures of {period.id}"):
            images = write_images(written.folder)
    there = [document.path for document in written.documents if document.path.is_file()]
    jobs = [render.Job(path, render.formats_of(path.stem, asked), options.self_contained) for path in there]
    with working(f"typesetting {period.id} with the {engine} engine"):
        made = Rendering(place, jobs, engine, engine_version(engine)).make(jobs)
    for path in (*made, *(jobs[0].output(place) / name for name in images if jobs)):
        typer.echo(path)
    for job in jobs:
        for kind in (kind for kind in render.FORMATS if kind not in job.formats):
            other = job.made(place, kind)
            if other.is_file():
                warn(f"{other} is of an earlier build")
    from iapt_report.area_briefs import outdated

    if pages := outdated(place, period):
        warn(
            f"{pages} files about single areas are of other data, settings or template than there are now: "
            f"`iapt-report brief {period.id} --all-areas` makes them anew"
        )


def _build_site(place: Workspace, engine: render.Engine, *, self_contained: bool, overwrite: bool) -> None:
    """Bring the site's index up to date, and print its path."""
    from iapt_report import site
    from iapt_report.console import working

    with working("making the index"):
        built = site.build(place, engine, self_contained=self_contained, replace_edited=overwrite)
    _say_of_the_site(built.written)
    if built.index is not None:
        typer.echo(built.index)


def _say_of_the_site(written: SiteWritten) -> None:
    """Note what keeps the index from being as the results have it."""
    from iapt_report.console import warn

    if written.index is None:
        warn("there is no template index.qmd.jinja, and so no index is made")
    elif written.index.edited:
        new = f"; new: {written.index.proposal}" if written.index.proposal else ""
        warn(f"{written.index.path} was edited by hand and is kept as it is; `build --overwrite` replaces it{new}")
    for name, why in written.unusable:
        warn(f"{name} is not on the index: {why}")


def _say_what_was_kept(written: Written) -> None:
    """Note the documents that were left as they were, where the new ones are, and which could not be made."""
    from iapt_report.console import warn

    for template in written.lacking:
        warn(f"there is no template {template}, and so no such document is made")
    for document in written.documents:
        if document.edited:
            warn(f"{document.path} was edited by hand and is kept as it is; `build --overwrite` replaces it")
    proposals = ", ".join(map(str, written.proposals))
    if written.held:
        warn(
            "data, settings or this program have changed since: the edited document keeps its earlier figures and "
            "results, and so do the documents beside it" + (f"; new: {proposals}" if proposals else "")
        )
    elif proposals:
        warn(f"the template has changed since; new: {proposals}")


@app.command("import")
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
    workspace: WorkspaceOption = None,
) -> None:
    """Read published files and write data/PERIOD."""
    when = Period.parse(period)
    place = _workspace(workspace)
    from iapt_report.console import console, warn, working
    from iapt_report.importing import Sources, import_period, other_years

    sources = Sources(files, deprivation, lookup, mapping, successors)
    with working(f"importing {when.id}"):
        done = import_period(sources, when, place.data, level.value if level else None)
    out = console()
    if done.previous:
        warn(f"{done.folder} was there already; what it held is in {done.previous}")
    for path in files:
        spoken = other_years(path.name, when)
        if spoken:
            warn(f"the name of {path.name} speaks of {spoken}, and is imported as {when.id}")
    for note in done.notes:
        out.print(note, markup=False)
    out.print(f"{done.areas} areas can be analysed; left out: {len(done.excluded) or 'none'}", markup=False)
    for area in done.excluded:
        out.print(f"  {area.area_code}  {area.area_name}: {area.reason}", markup=False)
    typer.echo(done.folder)


@app.command()
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
    place = _workspace(workspace)
    from iapt_report.console import console, warn, working
    from iapt_report.fetching import default_cache
    from iapt_report.fetching import fetch as fetch_release
    from iapt_report.releases import RELEASES_FILE, read_releases, releases_for

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


@app.command()
def update(
    periods: Annotated[
        list[str] | None,
        typer.Option("--period", "-p", metavar="PERIOD", help="Only this period; may be given more than once."),
    ] = None,
    all_listed: Annotated[
        bool, typer.Option("--all-listed", help="Import also the earlier periods that are listed and not in data/.")
    ] = False,
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
        list[Format] | None, typer.Option("--format", "-f", help="As for `build`; may be given more than once.")
    ] = None,
    engine: Annotated[EngineChoice, typer.Option(help="As for `build`.")] = EngineChoice.auto,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            metavar="DIR",
            help="Where downloads are kept; the user's cache by default.",
            envvar="IAPT_REPORT_CACHE",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Where to add what is done; logs/update.jsonl by default."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Fetch and import listed releases not there yet; build what is out of date.

    Which periods: of those in data/releases.toml the ones that are in data/,
    for corrections, and the ones that end after the last of these; where
    data/ has the synthetic quarter alone, the last one listed. Listed months
    make quarters.

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
    place = _workspace(workspace)
    from iapt_report import render, updating
    from iapt_report.console import complain, warn
    from iapt_report.fetching import default_cache
    from iapt_report.journal import Journal

    choice = updating.Choice(
        periods=tuple(map(Period.parse, periods or ())),
        all_listed=all_listed,
        check_again=check_again,
        formats=tuple(form.value for form in formats or ()),
        areas=areas,
    )
    chosen = render.choose_engine(engine.value)
    journal = Journal(log or place.root / updating.LOG_FILE)
    asked = updating.Update(place, choice, chosen, cache or default_cache(), journal)
    if dry_run:
        planned = updating.plan(asked)
        for line in planned or ["nothing new"]:
            typer.echo(line)
        raise typer.Exit(updating.DONE if planned else updating.NOTHING_NEW)
    done = updating.run(asked)
    for period, what in done.waiting.items():
        warn(f"{period} waits: {what}")
    for period, what in done.failed.items():
        complain(f"{period}: {what}")
    typer.echo(done.summary)
    raise typer.Exit(done.exit_code)


def _import_call(period: Period, found: dict[str, list[Path]]) -> str:
    """Write the call that imports what was fetched."""
    files = " ".join(f'"{path}"' for path in found["activity"])
    options = [f"--{kind} " + (f'"{found[kind][0]}"' if found[kind] else "FILE") for kind in ("deprivation", "lookup")]
    return f"iapt-report import {files} --period {period.id} {' '.join(options)}"


@app.command()
def results(
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A period in data/.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print results.json instead of a summary as R prints it.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compute a period's results and print them."""
    when = Period.parse(period)
    place = _workspace(workspace)
    from iapt_report.console import working
    from iapt_report.period_build import compute

    with working(f"analysing {when.id}"):
        computed = compute(place, when)
    if json:
        typer.echo(computed.to_json(), nl=False)
        return
    from iapt_report.r_summary import summary

    typer.echo(summary(computed), nl=False)


@app.command()
def claims(
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A period in data/.")],
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="What another paper prints (TOML); the 2016 paper by default."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with exit code 1 when a claim differs.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Check what a paper prints, number by number, against a period's results."""
    when = Period.parse(period)
    place = _workspace(workspace)
    from iapt_report.claims import as_json, as_text, check_claims, read_claims, shipped_claims
    from iapt_report.console import warn, working
    from iapt_report.period_build import compute
    from iapt_report.settings import Settings

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


@app.command()
def simulate(
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A period in data/.")],
    quarters: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="Simulated periods.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same figures.")] = 2016,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show how many fair services each benchmark flags: every one does as expected for its deprivation."""
    when = Period.parse(period)
    place = _workspace(workspace)
    from iapt_report.console import working
    from iapt_report.period_build import simulated

    with working(f"simulating {quarters} periods"):
        results, found = simulated(place, when, quarters, seed)
    if json:
        typer.echo(found.model_dump_json(indent=2))
        return
    from iapt_report.r_summary import fair_services

    typer.echo(fair_services(results, found), nl=False)


@app.command()
def trend(
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show the gradient of every period in data/ over time, and test whether it changes."""
    place = _workspace(workspace)
    from iapt_report.console import warn, working
    from iapt_report.period_build import compute_all
    from iapt_report.trend import trends

    with working("analysing every period"):
        results, refused = compute_all(place)
    for left, error in refused:
        warn(f"{left.id} is left out: {error}")
    found = trends(results)
    if json:
        import json as text

        typer.echo(text.dumps([one.model_dump(mode="json") for one in found], indent=2))
        return
    from iapt_report.r_summary import over_time

    typer.echo(over_time(found), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of results.json."""
    import json

    from iapt_report.results import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Published files, or an areas.csv.")],
) -> None:
    """Say what files are and whether they can be used; nothing is written."""
    from iapt_report.console import complain
    from iapt_report.importing import check_file

    bad = 0
    for path in files:
        try:
            typer.echo(f"{path}: {check_file(path)}")
        except DataError as error:
            complain(str(error))
            bad += 1
    if bad:
        raise typer.Exit(DataError.exit_code)


@app.command("list")
def list_(workspace: WorkspaceOption = None) -> None:
    """List the periods in data/, oldest first, and which of their documents are built."""
    from iapt_report.documents import DOCUMENTS
    from iapt_report.period_folder import find_periods
    from iapt_report.render import SUFFIXES

    place = _workspace(workspace)
    for period in find_periods(place.data):
        folder = place.site / "report" / period.id
        files = [f"{name}.{suffix}" for name in DOCUMENTS for suffix in SUFFIXES.values()]
        built = [file for file in files if (folder / file).is_file()]
        typer.echo(f"{period.id}\t{period.label}\t{', '.join(built) or 'not built'}")


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")]) -> None:
    """Make a new workspace, with templates, the Quarto project and the synthetic reference quarter."""
    from iapt_report.workspace import create_workspace

    create_workspace(folder)
    typer.echo(folder)
    typer.echo(f"next: cd {shlex.quote(str(folder))} && iapt-report build", err=True)


@app.command()
def refresh(workspace: WorkspaceOption = None) -> None:
    """Write the Quarto documents of periods that are new or have changed, and typeset nothing."""
    from iapt_report.console import complain, working
    from iapt_report.period_build import stale_periods, write_documents

    place = _workspace(workspace)
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
    from iapt_report import site

    around = site.write(place)
    _say_of_the_site(around)
    if around.index is not None and around.changed:
        typer.echo(around.index.path)
    if failed:
        raise typer.Exit(DataError.exit_code)


@app.command()
def brief(
    period: Annotated[
        str | None, typer.Argument(metavar="[PERIOD]", help="A period in data/; the newest by default.")
    ] = None,
    areas: Annotated[
        list[str] | None,
        typer.Option("--area", "-a", metavar="CODE|NAME", help="An area; may be given more than once."),
    ] = None,
    every: Annotated[bool, typer.Option("--all-areas", help="Every area that is analysed.")] = False,
    formats: Annotated[
        list[BriefFormat] | None,
        typer.Option("--format", "-f", help="May be given more than once; HTML and PDF by default."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make one page about one area, or about each: its standing, its neighbours in deprivation, its history.

    These pages are always made with the embedded engine: Quarto would take seconds for each.
    """
    if bool(areas) == every:
        raise CallError(
            "areas are named and --all-areas is given" if every else "no area is named",
            expected="--area with a code or a name, or --all-areas",
            mend="give one or the other",
        )
    place = _workspace(workspace)
    (when,) = _choose([period] if period else [], False, place.data)
    from iapt_report import area_briefs
    from iapt_report.area_history import history
    from iapt_report.console import console, counting, warn, working
    from iapt_report.render.many import FORMATS

    asked = [form.value for form in formats] if formats else ["html", "pdf"]
    wanted = tuple(kind for kind in FORMATS if kind in asked)
    with working(f"analysing {when.id}"):
        results = area_briefs.analysed(place, when)
    choice = area_briefs.choose(results, areas or [])
    with working("analysing the other periods"):
        past = history(place, results, when, [area.area_code for area in choice.areas])
    for other, problem in past.unusable:
        warn(f"{other.id} is left out of the areas' history: {problem}")
    with counting(f"writing the areas of {when.id}", len(choice.areas)) as made:
        done = area_briefs.write(results, choice, past, place, when, wanted, made=made)
    from iapt_report import site

    with working("listing them among the areas"):
        site.build_area_lists(place)
    if done.earlier:
        warn(f"the files there in other formats ({', '.join(done.earlier)}) are of an earlier run")
    if choice.every:
        skipped = f"; {choice.skipped} of the data are not analysed and have none" if choice.skipped else ""
        console().print(f"{len(choice.areas)} areas have a page{skipped}", markup=False)
        typer.echo(done.folder)
        return
    for path in done.files:
        typer.echo(path)


@app.command(hidden=True)
def prune(workspace: WorkspaceOption = None) -> None:
    """Take links to files that were not made off the site's index; Quarto's post-render step."""
    from iapt_report import site

    site.prune_index(_workspace(workspace))


def _workspace(folder: Path | None) -> Workspace:
    from iapt_report.workspace import find_workspace

    return find_workspace(folder or Path())


def _choose(names: list[str], every: bool, data: Path) -> list[Period]:
    """Return the periods asked for, each once; the newest where none is named."""
    from iapt_report.period_folder import find_periods

    if names and every:
        raise CallError("periods are named and --all is given", mend="give one or the other")
    if names:
        return list(dict.fromkeys(Period.parse(name) for name in names))
    found = find_periods(data)
    if not found:
        raise CallError(
            f"there is no period in {data}",
            mend="import one: iapt-report import FILE --period PERIOD --deprivation FILE --lookup FILE",
        )
    return found if every else found[-1:]
