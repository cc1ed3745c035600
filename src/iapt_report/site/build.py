"""The one way to build a period: analysed, its documents written, its figures drawn, what is stale typeset; the index.

The command line, the Python API and updates differ in what they ask for, and in what they say of it.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from iapt_report.areas.period import Period
from iapt_report.documents import drawing
from iapt_report.documents.drafts import is_edited
from iapt_report.documents.kinds import CHANGES, documents_of
from iapt_report.render import engines
from iapt_report.render.jobs import FORMATS, Job, chosen_of, formats_of
from iapt_report.render.rendered import Rendering
from iapt_report.site import area_briefs, index
from iapt_report.site import period as periods
from iapt_report.site.apart import apart
from iapt_report.system.errors import DataError
from iapt_report.workspace.leftovers import at_work

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.period import Written
    from iapt_report.render.choices import EngineName
    from iapt_report.workspace.place import Workspace

# One is analysed while another is drawn and typeset.
_AT_ONCE = 2
Step = Literal["written", "drawn", "typeset"]


@dataclass(frozen=True)
class Order:
    """What is asked of a build.

    Parameters
    ----------
    engine : str
        One of `iapt_report.render.engines.ENGINES`.
    formats : tuple of str
        What to make; by default each document's own.
    self_contained : bool
        Whether an HTML page holds its figures and styles, so that it is one file.
    replace_edited : bool
        Whether to overwrite documents that were edited by hand.
    images : bool
        Whether the figures are also drawn as images for submission.
    only_stale : bool
        Whether what is up to date stays as it is: documents are then not written, nor files typeset, again.

    Raises
    ------
    CallError
        If there is no such format.
    """

    engine: EngineName
    formats: tuple[str, ...] = ()
    self_contained: bool = False
    replace_edited: bool = False
    images: bool = False
    only_stale: bool = False

    def __post_init__(self) -> None:
        chosen_of(FORMATS, self.formats)

    @cached_property
    def version(self) -> str:
        """The programs that the engine typesets with."""
        return engines.engine_version(self.engine)


class Watch:
    """What a caller does while a build is at work; this one does nothing."""

    def step(self, name: Step, words: str) -> AbstractContextManager[dict[str, object]]:
        """Surround a step, named in one word and in several, and give a place for facts about it.

        The facts are "what", the names of the files made; of documents written, "edited", the names of those kept.
        """
        return nullcontext({})

    def wrote(self, written: Written) -> None:
        """Hear what was written, once all that is made of it is in its place."""


@dataclass(frozen=True)
class BuiltPeriod:
    """What was built of a period.

    Parameters
    ----------
    written : Written or None
        The documents that were written, kept and proposed; None where all were current and nothing was written.
    made : tuple of Path
        The files that were typeset.
    images : tuple of Path
        The figures' images for submission, beside them.
    earlier : tuple of Path
        Files of the same documents in formats that were not asked for, which may show an earlier state.
    outdated_area_files : int
        How many files about single areas were made from something else than there is now.
    kept : tuple of Path
        Where no document was written, those that a person has edited.
    """

    written: Written | None
    made: tuple[Path, ...]
    images: tuple[Path, ...]
    earlier: tuple[Path, ...]
    outdated_area_files: int
    kept: tuple[Path, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was written or typeset."""
        return self.written is not None or bool(self.made)


def build_period(
    workspace: Workspace, period: Period | Results, order: Order, watch: Watch | None = None
) -> BuiltPeriod:
    """Build one period; the index goes after the last, with `build_index`.

    Parameters
    ----------
    workspace : Workspace
    period : Period or Results
        A period, which is analysed with the workspace's settings; or results, whose documents take the place of the
        period's until the next build.
    order : Order
    watch : Watch, optional

    Raises
    ------
    CallError
        If there is no such period or format.
    DataError
        If data, settings or a template cannot be used, or a document cannot be typeset.
    ToolMissingError
        If the engine does not work.
    """
    watch = watch or Watch()
    when = period if isinstance(period, Period) else Period.parse(period.period.id)
    with at_work(workspace):
        if order.only_stale and isinstance(period, Period) and _is_current(workspace, when, order):
            made = _Made(None)
        else:
            with apart(workspace, when, order.engine) as place:
                made = _make(place, workspace, period, order, watch)
            made = made.moved(place.root, workspace.root)
    if made.written is not None:
        watch.wrote(made.written)
    output = workspace.site / workspace.reports.name / when.id
    return BuiltPeriod(
        made.written,
        made.files,
        tuple(path for name in made.images if (path := output / name).is_file()),
        _of_earlier_builds(workspace, when, order),
        area_briefs.outdated(workspace, when),
        () if made.written else tuple(path for path in _there(workspace, when) if is_edited(path)),
    )


def build_periods(
    workspace: Workspace, periods: Sequence[Period], order: Order
) -> Generator[BuiltPeriod | DataError, None, None]:
    """Build several periods: while the documents of one are drawn and typeset, the next is analysed.

    Where the caller stops before the last, those that are at work end before their next step.

    Yields
    ------
    BuiltPeriod or DataError
        For each period, in their order: what was built, or why it could not be.
    """
    stop = threading.Event()

    def one(period: Period) -> BuiltPeriod | DataError:
        try:
            return build_period(workspace, period, order, _Stopping(stop))
        except DataError as error:
            return error

    workers = _AT_ONCE if engines.engine_of(order.engine).together else 1
    with at_work(workspace), ThreadPoolExecutor(workers) as pool:
        # Each thread goes on with what this one has claimed, and asks the same second process.
        waiting = [pool.submit(copy_context().run, one, period) for period in periods]
        try:
            for future in waiting:
                yield future.result()
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


class _Stopping(Watch):
    """Ends a build before its next step, once it is told to."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def step(self, name: Step, words: str) -> AbstractContextManager[dict[str, object]]:
        if self._stop.is_set():
            raise KeyboardInterrupt
        return super().step(name, words)


@dataclass(frozen=True)
class _Made:
    """What was made: documents, files, and the names of images."""

    written: Written | None
    files: tuple[Path, ...] = ()
    images: tuple[str, ...] = ()

    def moved(self, before: Path, after: Path) -> _Made:
        """Name it by the place that it was moved to."""
        return _Made(
            self.written and self.written.moved(before, after),
            tuple(after / path.relative_to(before) for path in self.files),
            self.images,
        )


def _is_current(workspace: Workspace, period: Period, order: Order) -> bool:
    """Whether nothing of a period is to write, to draw or to typeset."""
    if order.images or not periods.is_current(workspace, period) or _withdrawn(workspace, period):
        return False
    return not wanted(workspace, period, order).stale()


def _make(place: Workspace, workspace: Workspace, period: Period | Results, order: Order, watch: Watch) -> _Made:
    """Make the files of a period in a place that looks like their workspace, or is it."""
    when = period if isinstance(period, Period) else Period.parse(period.period.id)
    writing = None
    if not (order.only_stale and periods.is_current(place, when)):
        with watch.step("written", f"analysing {when.id}") as said:
            writing = _begun(place, workspace, period, order)
            said.update(_said_of(writing.written))
    for file in _withdrawn(place, when):
        file.unlink()
    rendering = wanted(place, when, order)
    # Where all is to be typeset whatever the figures are, it begins while these are drawn.
    ahead = writing is not None and not order.images and not (order.only_stale and rendering.is_begun)
    ending = writing.end if writing is not None else _nothing
    if not ahead:
        ending()
    images: tuple[str, ...] = ()
    if order.images:
        from iapt_report.documents.pictures import write_images

        with watch.step("drawn", f"drawing the figures of {when.id}") as said:
            images = write_images(place.reports / when.id, place.look)
            said["what"] = ", ".join(images)
    jobs = rendering.jobs if ahead or not order.only_stale else rendering.stale()
    words = f"typesetting {when.id} with the {order.engine} engine"
    with watch.step("typeset", words) if jobs else nullcontext({}) as said:
        made = rendering.make(jobs, ending if ahead else _nothing)
        said["what"] = ", ".join(path.name for path in made)
    return _Made(None if writing is None else writing.written, tuple(made), images)


def _nothing() -> None:
    """Do nothing."""


def _begun(place: Workspace, workspace: Workspace, period: Period | Results, order: Order) -> periods.Writing:
    """Write the documents of a period: analysed, unless only texts have changed since it was; or of results."""
    if not isinstance(period, Period):
        return periods.begin(place, period, None, replace_edited=order.replace_edited)
    # What is read while data change is of before, and made anew by the next build.
    inputs = periods.inputs_of(workspace, period)
    there = periods.results_there(workspace, period, inputs) if order.only_stale else None
    if there is None:
        drawing.make_ready()
    results = there or periods.compute(workspace, period)
    return periods.begin(place, results, inputs, replace_edited=order.replace_edited, are_drawn=there is not None)


def wanted(workspace: Workspace, period: Period, order: Order) -> Rendering:
    """Name what is wanted of a period's documents: those that are written, in the formats asked for."""
    jobs = (Job(path, formats_of(path.stem, order.formats), order.self_contained) for path in _there(workspace, period))
    return Rendering(workspace, tuple(job for job in jobs if job.formats), order.engine, order.version)


def build_index(workspace: Workspace, order: Order) -> index.BuiltIndex:
    """Bring up to date what leads from period to period; see `iapt_report.site.index.build`."""
    with at_work(workspace):
        return index.build(
            workspace, order.engine, self_contained=order.self_contained, replace_edited=order.replace_edited
        )


def _said_of(written: Written) -> dict[str, object]:
    """Name the documents that were written, and those that were kept, if some were."""
    there = ", ".join(document.path.name for document in written.documents if document.path.is_file())
    kept = [document.path.name for document in written.documents if document.edited]
    return {"what": there, "edited": kept} if kept else {"what": there}


def _there(workspace: Workspace, period: Period) -> list[Path]:
    """List a period's documents that are written."""
    names = documents_of(workspace.templates, since=True)
    return [path for name in names if (path := workspace.reports / period.id / f"{name}.qmd").is_file()]


def _withdrawn(workspace: Workspace, period: Period) -> list[Path]:
    """List what stands in the site and is not made any more, where there is no earlier period to be set beside."""
    job = Job(workspace.reports / period.id / f"{CHANGES}.qmd", FORMATS)
    if job.document.is_file():
        return []
    return [path for path in (job.made(workspace, kind) for kind in FORMATS) if path.is_file()]


def _of_earlier_builds(workspace: Workspace, period: Period, order: Order) -> tuple[Path, ...]:
    """List the files of documents in formats that were not asked for."""
    found = []
    for path in _there(workspace, period):
        job = Job(path, formats_of(path.stem, order.formats))
        files = (job.made(workspace, kind) for kind in FORMATS if kind not in job.formats)
        found += [file for file in files if file.is_file()]
    return tuple(found)
