"""The quarter that makes itself: what is listed and not there is fetched, imported and built, and nothing else."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from time import monotonic
from typing import TYPE_CHECKING

from iapt_report.areas.folder import AREAS_FILE, find_periods
from iapt_report.system import all_or_none, atomic
from iapt_report.system.errors import BusyError, CallError, DataError, ReportError
from iapt_report.system.only_one import only_one
from iapt_report.update.discovery import Known, known_releases
from iapt_report.update.notify import tell
from iapt_report.update.obtaining import (
    INCOMING,
    AwaitedError,
    Places,
    is_awaited,
    known_digest,
    obtain,
)
from iapt_report.update.origin import is_synthetic, standing, write_record
from iapt_report.update.releases import (
    RELEASES_FILE,
    latest_quarter,
    listed_periods,
    releases_for,
    shared_names,
)
from iapt_report.update.tally import Tally, summary_of
from iapt_report.workspace.leftovers import at_work, settle
from iapt_report.workspace.notify import Notify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from iapt_report.areas.period import Period
    from iapt_report.render.choices import EngineName
    from iapt_report.site.build import Order, Step, Watch
    from iapt_report.sources.importing import Sources
    from iapt_report.system.journal import Journal
    from iapt_report.update.fetching import Fetched
    from iapt_report.update.origin import Standing
    from iapt_report.update.releases import Release
    from iapt_report.workspace.place import Workspace

LOG_FILE = "logs/update.jsonl"
_LOCK_FOLDER = ".update"
_NOTHING_TO_IMPORT: tuple[Standing, ...] = ("current", "own")


@dataclass(frozen=True)
class Choice:
    """What an update is asked to look at.

    Parameters
    ----------
    periods : tuple of Period
        These alone; if there are none, the rule of `chosen_periods`.
    latest : bool
        Whether the newest quarter that is whole is one of them.
    all_listed : bool
        Whether earlier periods that are listed and not in ``data/`` are imported too.
    since : Period or None
        The first of those listed periods of its kind that are imported too.
    check_again : bool
        Whether files without a listed checksum are downloaded once more, to see whether they were corrected.
    formats : tuple of str
        As `iapt_report.render.jobs.formats_of` takes them.
    areas : bool
        Whether every area of every period gets a page, and not those alone that have one.
    accept_loss : float or None
        The share of patients that an import may lose where it is more than it may lose unasked.
    """

    periods: tuple[Period, ...] = ()
    latest: bool = False
    all_listed: bool = False
    since: Period | None = None
    check_again: bool = False
    formats: tuple[str, ...] = ()
    areas: bool = False
    accept_loss: float | None = None

    def __post_init__(self) -> None:
        if self.since and (self.periods or self.latest or self.all_listed):
            raise CallError(
                "periods since one, and others that are named, cannot be asked for at once",
                mend="give --since PERIOD, or name the periods, or --all-listed",
            )


@dataclass(frozen=True)
class Update:
    """An update of a workspace.

    Parameters
    ----------
    workspace : Workspace
    choice : Choice
    engine : str
        One of `iapt_report.render.engines.ENGINES`.
    cache : Path
        The folder that downloads are kept in.
    journal : Journal
    listed : Path, optional
        The list of releases; by default the workspace's.
    known : Known, optional
        What is listed, and what was found; see `look`.
    """

    workspace: Workspace
    choice: Choice
    engine: EngineName
    cache: Path
    journal: Journal
    listed: Path | None = None
    known: Known | None = None

    @cached_property
    def order(self) -> Order:
        """What it asks of the build of a period: what is out of date, and nothing else."""
        from iapt_report.site.build import Order

        return Order(self.engine, self.choice.formats, only_stale=True)

    @property
    def places(self) -> Places:
        """Where the listed files are looked for."""
        data = self.workspace.data
        shared = shared_names(self.known.releases) if self.known else frozenset()
        return Places(data / INCOMING, self.cache, self.listed or data / RELEASES_FILE, shared)


def run(update: Update) -> Tally:
    """Do what is to do: at most once at a time in a workspace, and to the end of what can be done.

    Every step leaves its files whole, or as they were, wherever the process is killed; what is then left to do is seen
    from the files, by the next run.

    Raises
    ------
    BusyError
        If another update is at work in the workspace.
    DataError
        If the list of releases cannot be read.
    ToolMissingError
        If the engine does not work.
    """
    journal, start = update.journal, monotonic()
    try:
        journal.write("started", what=f"with {update.order.version}", choice=_words(update.choice))
        with only_one(update.workspace.data / _LOCK_FOLDER):
            tally = Tally()
            _sweep(update)
            looked = look(update)
            tally.chosen += [period.id for period in looked.choice.periods]
            _note_what_was_found(looked, tally)
            _note_what_is_skipped(looked, tally)
            for step in _STEPS:
                step(looked, tally)
        _tell(looked, tally)
        journal.write("ended", what=tally.summary, exit_code=tally.exit_code, seconds=_since(start))
    except BusyError as error:
        journal.write("locked", error=str(error))
        raise
    except Exception as error:
        journal.write("failed", what="update", error=_said(error), seconds=_since(start))
        raise
    return tally


def look(update: Update) -> Update:
    """Read what is listed, find what is newer, and name the newest quarter where it is asked for.

    Raises
    ------
    DataError
        If the list cannot be read, or has no whole quarter where the newest is asked for.
    """
    choice, listed = update.choice, update.places.listed
    known = known_releases(listed, update.cache, choice.periods, again=choice.check_again)
    if choice.latest:
        choice = replace(choice, periods=(*choice.periods, latest_quarter(known.releases, listed)), latest=False)
    return replace(update, choice=choice, known=known)


def _note_what_was_found(update: Update, tally: Tally) -> None:
    """Note which releases were found that are not listed, and why others could not be looked for."""
    known = update.known or Known(())
    for release, said in zip(known.found, known.said, strict=True):
        tally.found.append(said)
        update.journal.write("discovered", period=release.periods[0], what=release.address, page=release.page)
    for warning in known.warnings:
        _warn(update, tally, warning)


def _note_what_is_skipped(update: Update, tally: Tally) -> None:
    """Note which newer periods are left out, and how to get them."""
    for periods in _skipped(update, update.known.releases if update.known else ()):
        said = _said_of_skipped(periods)
        tally.skipped.append(said)
        update.journal.write("skipped", period=", ".join(period.id for period in periods), what=said)


def _said_of_skipped(periods: Sequence[Period]) -> str:
    """Say of periods of one kind, oldest first, that they are skipped."""
    first, last = periods[0].id, periods[-1].id
    if first == last:
        return f"skipped {first}, which is newer than what was here too: `iapt-report update --since {first}` has it"
    return (
        f"skipped {len(periods)} periods from {first} to {last}, which are newer than what was here too: "
        f"`iapt-report update --since {first}` has them"
    )


def _warn(update: Update, tally: Tally, warning: str) -> None:
    tally.warnings.append(warning)
    update.journal.write("warned", what=warning)


def _tell(update: Update, tally: Tally) -> None:
    """Tell who wants to know of new reports; whether that goes well says nothing of the reports."""
    if not tally.built or update.workspace.notify == Notify():
        return
    told, failed = tell(update.workspace.notify, summary_of(update.workspace, tally), update.workspace.root)
    for way in told:
        update.journal.write("notified", what=way)
    for way, why in failed.items():
        _warn(update, tally, f"the reports are made, but nobody was told by {way}: {why}")


def plan(update: Update) -> list[str]:
    """Say in words what an update would do, and do nothing."""
    if update.choice.check_again:
        raise CallError(
            "--check-again downloads, and --dry-run does nothing", mend="give one of the two, or list the new checksum"
        )
    update = update if update.known else look(update)
    said, imported = _planned_imports(update)
    said += map(_said_of_skipped, _skipped(update, update.known.releases if update.known else ()))
    for period in _to_build(update):
        said += _planned_build(update, period, imported=period in imported)
    return [*said, *(f"write and typeset the documents of {period.id}" for period in imported)]


def _planned_imports(update: Update) -> tuple[list[str], list[Period]]:
    """Say what would be waited for and imported, and name the periods that would be imported."""
    said, imported = [], []
    releases = update.known.releases if update.known else ()
    for period in chosen_periods(update, releases):
        chosen = _releases_of(update, period, releases)
        if _stands(update, period, chosen, _known(update, chosen)) in _NOTHING_TO_IMPORT:
            continue
        awaited = [release.name for release in chosen if is_awaited(release, update.places)]
        if awaited:
            said.append(f"wait with {period.id} for {', '.join(awaited)} in {update.places.incoming}")
        else:
            said.append(f"import {period.id} from {', '.join(release.name for release in chosen)}")
            imported.append(period)
    return said, imported


def _planned_build(update: Update, period: Period, *, imported: bool) -> list[str]:
    """Say what would be made of a period that is there; what is imported first is written and typeset in any case."""
    from iapt_report.site.area_briefs import has_every, outdated
    from iapt_report.site.build import wanted
    from iapt_report.site.period import is_current

    said = []
    if update.choice.areas and not has_every(update.workspace, period):
        said.append(f"make a page about each area of {period.id}")
    elif outdated(update.workspace, period):
        said.append(f"make the pages of areas of {period.id} anew")
    jobs = wanted(update.workspace, period, update.order).stale()
    if not imported and not is_current(update.workspace, period):
        said.append(f"write and typeset the documents of {period.id}")
    elif not imported and jobs:
        names = [path.name for job in jobs for path in (job.made(update.workspace, kind) for kind in job.formats)]
        said.append(f"typeset {', '.join(names)} of {period.id}")
    return said


def chosen_periods(update: Update, releases: Sequence[Release]) -> list[Period]:
    """Choose the listed periods that an update looks at, oldest first.

    Those named; else those that are in ``data/``, for corrections, and of each kind that is there (months, quarters,
    years) the newest, if it ends after the last that is there: an earlier one that is not there was left out by its
    user, and a workspace whose last period is years old is not filled unasked. Where ``data/`` has invented areas
    alone, the last listed. With ``since``, also those of its kind from it on.
    """
    choice = update.choice
    if choice.periods:
        return sorted(set(choice.periods))
    listed, present = listed_periods(releases), _present(update)
    if choice.all_listed:
        return listed
    if choice.since is None and not present:
        return listed[-1:]
    wanted = {*present, *(newer[-1] for newer in _newer(listed, present))}
    return [period for period in listed if period in wanted or _is_since(choice, period)]


def _present(update: Update) -> list[Period]:
    """List the periods in ``data/`` whose areas are real, oldest first."""
    data = update.workspace.data
    return [period for period in find_periods(data) if not is_synthetic(data / period.id)]


def _newer(listed: Sequence[Period], present: Sequence[Period]) -> list[list[Period]]:
    """Group by kind, of the kinds that are there, the listed periods that end after the last of these."""
    last = {period.kind: period.end for period in sorted(present, key=lambda period: period.end)}
    groups = ([one for one in listed if one.kind == kind and one.end > end] for kind, end in last.items())
    return [group for group in groups if group]


def _is_since(choice: Choice, period: Period) -> bool:
    since = choice.since
    return since is not None and period.kind == since.kind and period.start >= since.start


def _skipped(update: Update, releases: Sequence[Release]) -> list[list[Period]]:
    """Group by kind the periods that are newer than those in ``data/`` and are not looked at."""
    if update.choice.periods:
        return []
    chosen = set(chosen_periods(update, releases))
    newer = _newer(listed_periods(releases), _present(update))
    return [left for group in newer if (left := [period for period in group if period not in chosen])]


def _words(choice: Choice) -> dict[str, object] | None:
    """Give what was asked for other than by default."""
    words = {
        "periods": [period.id for period in choice.periods],
        "latest": choice.latest,
        "all_listed": choice.all_listed,
        "since": choice.since.id if choice.since else None,
        "check_again": choice.check_again,
        "formats": list(choice.formats),
        "areas": choice.areas,
    }
    return {name: value for name, value in words.items() if value} or None


def _since(start: float) -> float:
    return round(monotonic() - start, 3)


def _said(error: Exception) -> str:
    """Say what went wrong; of what nobody expected, where."""
    if isinstance(error, ReportError | OSError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"


def _sweep(update: Update) -> None:
    """Clear away what killed runs have left half written."""
    settle(update.workspace)
    atomic.sweep(update.cache)
    for folder in update.cache.iterdir() if update.cache.is_dir() else ():
        atomic.sweep(folder)


def _releases_of(update: Update, period: Period, releases: Sequence[Release]) -> tuple[Release, ...]:
    """Return the files listed for a period; none for one that is in ``data/`` and not listed.

    Raises
    ------
    DataError
        If it is neither.
    """
    try:
        return releases_for(tuple(releases), period, update.places.listed)
    except DataError:
        if (update.workspace.data / period.id / AREAS_FILE).is_file():
            return ()
        raise


def _known(update: Update, releases: Sequence[Release]) -> dict[Release, str | None]:
    return {release: known_digest(release, update.places) for release in releases}


def _stands(
    update: Update, period: Period, releases: Sequence[Release], known: Mapping[Release, str | None]
) -> Standing:
    return standing(update.workspace.data / period.id, releases, known) if releases else "current"


def _import_listed(update: Update, tally: Tally) -> None:
    """Import what is listed and not there, or was corrected, a period after the other."""
    journal = update.journal
    releases = update.known.releases if update.known else ()
    for period in chosen_periods(update, releases):
        try:
            _import_one(update, period, _releases_of(update, period, releases), tally)
        except AwaitedError as error:
            tally.waiting[period.id] = str(error)
            journal.write("waiting", period=period.id, what=str(error.file), error=str(error))
        except Exception as error:
            _fail(update, tally, period.id, "import", error)


def _import_one(update: Update, period: Period, releases: Sequence[Release], tally: Tally) -> None:
    from iapt_report.system.console import working

    folder = update.workspace.data / period.id
    known = _known(update, releases)
    fetched: dict[Release, Fetched] = {}
    if update.choice.check_again and (folder / AREAS_FILE).is_file():
        for release in releases:
            if release.address and not known[release]:
                fetched[release] = _fetch(update, period, release, again=True)
                known[release] = fetched[release].sha256
    stands = _stands(update, period, releases, known)
    if stands == "own":
        tally.own.append(period.id)
        update.journal.write("left", period=period.id, what="imported by a person, from other files than are listed")
    if stands in _NOTHING_TO_IMPORT:
        return
    # Those that a person must put there first: nothing is downloaded before they are there.
    by_hand_first = sorted(releases, key=lambda release: release.address is not None)
    for release in by_hand_first:
        if release not in fetched:
            fetched[release] = _fetch(update, period, release, again=update.choice.check_again)
    files = [(release, fetched[release]) for release in releases]
    with working(f"importing {period.id}"):
        tally.notes[period.id] = _import_files(update, period, files)
    tally.imported.append(period.id)


def _fetch(update: Update, period: Period, release: Release, *, again: bool = False) -> Fetched:
    from iapt_report.system.console import working

    start = monotonic()
    with working(f"fetching {release.name}"):
        done = obtain(release, update.places, again=again)
    event = "found" if done.cached else "fetched"
    update.journal.write(event, period=period.id, what=release.name, sha256=done.sha256, seconds=_since(start))
    return done


def _import_files(update: Update, period: Period, files: Sequence[tuple[Release, Fetched]]) -> tuple[str, ...]:
    """Import a period beside its place, note what it was made from, and put it there, all at once; return the notes."""
    from iapt_report.sources.importing import import_period

    data = update.workspace.data
    sources = _sources(update.workspace.of(period).edition, files)
    with update.journal.timed("imported", period=period.id) as said, at_work(update.workspace):
        with all_or_none.changing(data, period.id, [PurePath(period.id)], swap=True) as stage:
            done = import_period(sources, period, stage, accept_loss=update.choice.accept_loss, neighbours=data)
            write_record(stage / period.id, files)
        left_out = (f"left out: {area.area_code} {area.area_name}: {area.reason}" for area in done.excluded)
        notes = (*done.notes, *left_out)
        said |= {"what": f"{done.areas} areas, {len(done.excluded)} left out", "notes": list(notes)}
        if done.previous:
            said["previous"] = f"{period.id}/{done.previous.name}"
    return notes


def _sources(edition: int | None, files: Sequence[tuple[Release, Fetched]]) -> Sources:
    """Return what a period is imported from: the activity, and what else is listed, if anything."""
    from iapt_report.sources.importing import Sources

    activity = [file.path for release, file in files if release.kind == "activity"]
    others = {release.kind: file.path for release, file in files if release.kind != "activity"}
    return Sources(activity, others.get("deprivation"), others.get("lookup"), edition=edition)


def _to_build(update: Update) -> list[Period]:
    there = find_periods(update.workspace.data)
    return [period for period in there if not update.choice.periods or period in update.choice.periods]


def _build_stale(update: Update, tally: Tally) -> None:
    """Write and typeset the documents that are out of date, a period after the other."""
    from iapt_report.site.build import build_period

    for period in _to_build(update):
        try:
            if build_period(update.workspace, period, update.order, _noted(update, period)).changed:
                tally.built.append(period.id)
        except Exception as error:
            _fail(update, tally, period.id, "build", error)


def _noted(update: Update, period: Period) -> Watch:
    """Note in the journal what a build does of a period, and say it on a terminal."""
    from iapt_report.site.build import Watch
    from iapt_report.system.console import working

    class Noted(Watch):
        @contextmanager
        def step(self, name: Step, words: str) -> Iterator[dict[str, object]]:
            with working(words), update.journal.timed(name, period=period.id) as said:
                yield said

    return Noted()


def _build_area_pages(update: Update, tally: Tally) -> None:
    """Make pages about single areas anew that are out of date, a period after the other; of each area where asked."""
    from iapt_report.site.area_pages import all_of, in_turn
    from iapt_report.site.build import wanted
    from iapt_report.site.index import write_area_lists
    from iapt_report.system.console import working

    for period, make in in_turn(update.workspace, _to_build(update), every=update.choice.areas):
        start = monotonic()
        try:
            with working(f"making the pages of areas of {period.id}"), at_work(update.workspace):
                made, unmade = make()
                if made:
                    # The list of areas leads to those that there are now.
                    write_area_lists(update.workspace, period)
                    rendering = wanted(update.workspace, period, update.order)
                    rendering.make(rendering.stale())
        except Exception as error:
            _fail(update, tally, period.id, "area pages", error)
            continue
        if unmade:
            _fail(update, tally, period.id, "area pages", all_of(unmade))
        if made:
            tally.built.append(period.id)
            update.journal.write("typeset", period=period.id, what=f"{made} area pages", seconds=_since(start))


def _build_site(update: Update, tally: Tally) -> None:
    """Bring up to date what leads from period to period: the index, and what it links."""
    from iapt_report.documents.kinds import INDEX
    from iapt_report.site.build import build_index
    from iapt_report.system.console import working

    start = monotonic()
    try:
        with working("making the index"):
            built = build_index(update.workspace, update.order)
    except Exception as error:
        _fail(update, tally, INDEX, "site", error)
        return
    for name, why in built.written.unusable:
        update.journal.write("left", period=name, what=f"not on the index: {why}")
    if built.made:
        tally.site = True
        names = ", ".join(path.relative_to(update.workspace.site).as_posix() for path in built.made)
        update.journal.write("typeset", what=names, seconds=_since(start))


def _fail(update: Update, tally: Tally, name: str, what: str, error: Exception) -> None:
    """Note what failed, whatever it is: the rest can be done."""
    tally.failed[name] = _said(error)
    update.journal.write("failed", period=name, what=what, error=_said(error))


# What a run does, in this order; a step looks for itself at what is out of date, and notes in the tally what it did.
_STEPS: tuple[Callable[[Update, Tally], None], ...] = (_import_listed, _build_stale, _build_area_pages, _build_site)
