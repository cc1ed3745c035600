"""What each rendered file was made from, noted beside it, so that it is made anew only when that has changed."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.documents.area_files import AREAS_FOLDER
from iapt_report.render.jobs import SUFFIXES, Format, Job
from iapt_report.render.typeset import handed_out, render_all
from iapt_report.system import digests, records
from iapt_report.system.dating import source_date
from iapt_report.workspace.place import QUARTO_PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from iapt_report.render.choices import EngineName
    from iapt_report.workspace.place import Workspace

RENDERED_FILE = ".rendered.json"
_BIBLIOGRAPHIES = "*.bib"
# What Quarto leaves beside a document while it renders.
_LEFT_BY_QUARTO = re.compile(r".+_files")


@dataclass(frozen=True)
class Rendering:
    """Documents of one period that are rendered together, with the same engine, into the same folder.

    Parameters
    ----------
    workspace : Workspace
    jobs : sequence of Job
        All that is wanted of the period, current or not: pages link to one another.
    engine : str
        One of `iapt_report.render.engines.ENGINES`.
    version : str
        As `iapt_report.render.engines.engine_version` gives it.
    more : tuple of Path
        Files of the workspace that all of the documents also rest on.
    words : tuple of str
        What else they rest on.
    """

    workspace: Workspace
    jobs: Sequence[Job]
    engine: EngineName
    version: str
    more: tuple[Path, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def _output(self) -> Path:
        return self.jobs[0].output(self.workspace)

    @cached_property
    def _look(self) -> str:
        """Digest what all documents of the workspace are rendered with."""
        place = self.workspace
        style = (path for path in place.extension.rglob("*") if path.is_file())
        files = (
            place.root / QUARTO_PROJECT,
            *place.reports.glob(_BIBLIOGRAPHIES),
            *style,
            *place.citation_styles,
            *self.more,
        )
        together = sorted(name for job in self.jobs for name in _names(job))
        return digests.made_from(
            (__version__, self.engine, self.version, f"dated {source_date()}", *together, *self.words),
            sorted(files),
            place.root,
        )

    def stale(self) -> tuple[Job, ...]:
        """Choose the jobs, and of each the formats, whose files are not there, not whole, or made from something else.

        Raises
        ------
        OSError
            If a document cannot be read.
        """
        noted = records.read(self._output / RENDERED_FILE) if self.jobs else {}
        chosen, of = [], cache(digests.of_file)
        for job in self.jobs:
            notes = self._notes(job, of)
            kinds = tuple(kind for kind in job.formats if noted.get(_name(job, kind), "") != notes.get(kind))
            if kinds:
                chosen.append(replace(job, formats=kinds))
        return tuple(chosen)

    @property
    def is_begun(self) -> bool:
        """Whether a file is there of what is wanted."""
        return any(job.made(self.workspace, kind).is_file() for job in self.jobs for kind in job.formats)

    def make(self, jobs: Sequence[Job], meanwhile: Callable[[], object] = lambda: None) -> list[Path]:
        """Render some of the jobs, and note what each of their files was made from.

        While they are being made, nothing is noted of them: if the process is killed, they count as not made.

        Parameters
        ----------
        jobs : sequence of Job
        meanwhile : callable, optional
            As for `iapt_report.render.typeset.render_all`.

        Returns
        -------
        list of Path
            As `iapt_report.render.typeset.render_all`.

        Raises
        ------
        DataError
            If a document cannot be typeset.
        """
        if not jobs:
            meanwhile()
            return []
        path = self._output / RENDERED_FILE
        names = {name for job in jobs for name in _names(job)}
        kept = {name: note for name, note in records.read(path).items() if name not in names}
        records.write(path, kept)
        made = render_all(jobs, self.workspace, self.engine, meanwhile)
        of = cache(digests.of_file)
        now = {_name(job, kind): note for job in jobs for kind, note in self._notes(job, of).items()}
        records.write(path, {**kept, **now})
        return made

    def _notes(self, job: Job, of: Callable[[Path], str]) -> dict[Format, dict[str, str]]:
        """Digest what each file of a job is made from, and the file with what it shows, of those that are there."""
        there = [kind for kind in job.formats if job.made(self.workspace, kind).is_file()]
        if not there:
            return {}
        shown, home, output = _shown(job.document), job.document.parent, job.output(self.workspace)
        sources = (job.document, *(home / name for name in shown))
        copies = [path for name in shown if (path := output / name).is_file()]
        return {
            kind: {
                "from": digests.made_from((self._look, kind, str(job.self_contained)), sources, home, of),
                "is": digests.made_from((), (job.made(self.workspace, kind), *copies), output, of),
            }
            for kind in there
        }


def _names(job: Job) -> list[str]:
    return [_name(job, kind) for kind in job.formats]


def _name(job: Job, kind: Format) -> str:
    return f"{job.document.stem}.{SUFFIXES[kind]}"


def _shown(document: Path) -> list[str]:
    """Name the files in a document's folder that it may show or that are handed out with it."""
    home = document.parent
    text = urllib.parse.unquote(document.read_text("utf-8", errors="replace"))
    beside = handed_out()
    found = []
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        if any(part.startswith(".") or _LEFT_BY_QUARTO.fullmatch(part) for part in parts) or not path.is_file():
            continue
        # A list of areas leads to their pages and shows nothing of them; which there are is in its own text.
        if parts[0] == AREAS_FOLDER:
            continue
        name = "/".join(parts)
        if path != document and (name in beside or name in text):
            found.append(name)
    return found
