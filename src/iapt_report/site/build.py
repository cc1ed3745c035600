"""The one way to build a period: analysed, its documents written, its figures drawn, what is stale typeset; the index.

The command line, the Python API and updates differ in what they ask for, and in what they say of it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from iapt_report.areas.period import Period
from iapt_report.documents.drafts import is_edited
from iapt_report.documents.kinds import CHANGES, documents_of
from iapt_report.render import engines
from iapt_report.render.jobs import FORMATS, Job, chosen_of, formats_of
from iapt_report.render.rendered import Rendering
from iapt_report.site import area_briefs, index
from iapt_report.site import period as periods
from iapt_report.system import second

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.period import Written
    from iapt_report.workspace.place import Workspace

# What draws the figures, which a second process imports while the first one analyses.
DRAWING = (
    *("iapt_report.documents.pictures", "iapt_report.analysis.study"),
    *("plotnine", "matplotlib.backends.backend_svg", "scipy.special"),
)
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

    engine: engines.EngineName
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
        """Hear what was written, before it is typeset."""


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
    written = None
    if not (order.only_stale and periods.is_current(workspace, when)):
        second.expect()
        with watch.step("written", f"analysing {when.id}") as said:
            written = _write(workspace, period, replace_edited=order.replace_edited)
            said.update(_said_of(written))
        watch.wrote(written)
    _clear_withdrawn(workspace, when)
    images: tuple[str, ...] = ()
    if order.images:
        from iapt_report.documents.pictures import write_images

        with watch.step("drawn", f"drawing the figures of {when.id}") as said:
            images = write_images(workspace.reports / when.id, workspace.look)
            said["what"] = ", ".join(images)
    rendering = wanted(workspace, when, order)
    jobs = rendering.stale() if order.only_stale else rendering.jobs
    made: list[Path] = []
    if jobs:
        with watch.step("typeset", f"typesetting {when.id} with the {order.engine} engine") as said:
            made = rendering.make(jobs)
            said["what"] = ", ".join(path.name for path in made)
    output = workspace.site / workspace.reports.name / when.id
    return BuiltPeriod(
        written,
        tuple(made),
        tuple(path for name in images if (path := output / name).is_file()),
        _of_earlier_builds(workspace, when, order),
        area_briefs.outdated(workspace, when),
        () if written else tuple(path for path in _there(workspace, when) if is_edited(path)),
    )


def wanted(workspace: Workspace, period: Period, order: Order) -> Rendering:
    """Name what is wanted of a period's documents: those that are written, in the formats asked for."""
    jobs = (Job(path, formats_of(path.stem, order.formats), order.self_contained) for path in _there(workspace, period))
    return Rendering(workspace, tuple(job for job in jobs if job.formats), order.engine, order.version)


def build_index(workspace: Workspace, order: Order) -> index.BuiltIndex:
    """Bring up to date what leads from period to period; see `iapt_report.site.index.build`."""
    return index.build(
        workspace, order.engine, self_contained=order.self_contained, replace_edited=order.replace_edited
    )


def _write(workspace: Workspace, period: Period | Results, *, replace_edited: bool) -> Written:
    if isinstance(period, Period):
        return periods.write_documents(workspace, period, replace_edited=replace_edited)
    return periods.write_results(workspace, period, replace_edited=replace_edited)


def _said_of(written: Written) -> dict[str, object]:
    """Name the documents that were written, and those that were kept, if some were."""
    there = ", ".join(document.path.name for document in written.documents if document.path.is_file())
    kept = [document.path.name for document in written.documents if document.edited]
    return {"what": there, "edited": kept} if kept else {"what": there}


def _there(workspace: Workspace, period: Period) -> list[Path]:
    """List a period's documents that are written."""
    names = documents_of(workspace.templates, since=True)
    return [path for name in names if (path := workspace.reports / period.id / f"{name}.qmd").is_file()]


def _clear_withdrawn(workspace: Workspace, period: Period) -> None:
    """Take off the site what is not made any more, where there is no earlier period to be set beside."""
    job = Job(workspace.reports / period.id / f"{CHANGES}.qmd", FORMATS)
    if not job.document.is_file():
        for kind in FORMATS:
            job.made(workspace, kind).unlink(missing_ok=True)


def _of_earlier_builds(workspace: Workspace, period: Period, order: Order) -> tuple[Path, ...]:
    """List the files of documents in formats that were not asked for."""
    found = []
    for path in _there(workspace, period):
        job = Job(path, formats_of(path.stem, order.formats))
        files = (job.made(workspace, kind) for kind in FORMATS if kind not in job.formats)
        found += [file for file in files if file.is_file()]
    return tuple(found)
