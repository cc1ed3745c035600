"""A place to make a period's files in, so that documents, figures, results and pages change together or not at all."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from iapt_report.documents.area_files import AREAS_FOLDER
from iapt_report.render.engines import engine_of
from iapt_report.system import all_or_none, atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path, PurePath

    from iapt_report.areas.period import Period
    from iapt_report.render.choices import EngineName
    from iapt_report.workspace.place import Workspace


def apart(workspace: Workspace, period: Period, engine: EngineName) -> AbstractContextManager[Workspace]:
    """Give a workspace that looks like another; what is made of the period in it moves there, if the block ends well.

    An engine that cannot work in such a place works in the workspace itself. Where the block raises, what was there
    is put back; where the process is killed, the next build finds what is to be made anew.
    """
    documents = (workspace.reports / period.id).relative_to(workspace.root)
    folders = (documents, workspace.site.relative_to(workspace.root) / documents)
    if engine_of(engine).apart:
        return _staged(workspace, period, folders)
    return _restoring(workspace, folders)


def apart_from_site(workspace: Workspace, period: Period) -> AbstractContextManager[Workspace]:
    """As `apart`, for the documents alone, which no engine is needed for."""
    return _staged(workspace, period, ((workspace.reports / period.id).relative_to(workspace.root),))


@contextmanager
def _staged(workspace: Workspace, period: Period, folders: Sequence[PurePath]) -> Iterator[Workspace]:
    with all_or_none.changing(workspace.root, period.id, folders) as stage:
        yield replace(workspace, root=stage)


@contextmanager
def _restoring(workspace: Workspace, folders: Sequence[PurePath]) -> Iterator[Workspace]:
    with atomic.beside(workspace.root / "before") as kept:
        for folder in folders:
            if (workspace.root / folder).is_dir():
                shutil.copytree(workspace.root / folder, kept / folder, symlinks=True, ignore=_unchanged)
        try:
            yield workspace
        except BaseException:
            for folder in folders:
                _put_back(kept / folder, workspace.root / folder)
            raise


def _unchanged(_: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name == AREAS_FOLDER or atomic.is_leftover(name)]


def _put_back(kept: Path, folder: Path) -> None:
    """Let a folder hold the files again that were kept of it, and no others, but for those that do not change."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] != AREAS_FOLDER and not (kept / inside).is_file():
            path.unlink()
    for path in sorted(kept.rglob("*")):
        if path.is_file():
            atomic.write_bytes(folder / path.relative_to(kept), path.read_bytes())
