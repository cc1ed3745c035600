"""Documents typeset with an engine, and what is handed out put beside them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iapt_report.documents.beside import FIGURE_FILES, HANDED_OUT, images_of
from iapt_report.render import links
from iapt_report.render.engines import engine_of
from iapt_report.system import atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from iapt_report.render.choices import EngineName
    from iapt_report.render.jobs import Job
    from iapt_report.workspace.place import Workspace


def render_all(
    jobs: Sequence[Job], workspace: Workspace, engine: EngineName, meanwhile: Callable[[], object] = lambda: None
) -> list[Path]:
    """Typeset several documents: at once where the engine can, else one by one.

    Parameters
    ----------
    jobs : sequence of Job
    workspace : Workspace
    engine : str
        One of `iapt_report.render.engines.ENGINES`.
    meanwhile : callable, optional
        What is done before the first of them is set, while an engine that can is at work with their texts: it may wait
        for the figures that they show.

    Returns
    -------
    list of Path
        The rendered files, in the order of the documents and, of each, of its formats.

    Raises
    ------
    DataError
        If a document cannot be typeset; files rendered earlier stay as they were.
    """
    from concurrent.futures import ThreadPoolExecutor

    workers = (min(len(jobs), os.cpu_count() or 1) or 1) if engine_of(engine).together else 1
    with engine_of(engine).rendering(jobs, workspace, meanwhile) as rendered, ThreadPoolExecutor(workers) as pool:
        made = list(pool.map(lambda job: _complete(job, workspace, rendered(job)), jobs))
    return [path for paths in made for path in paths]


def render(job: Job, workspace: Workspace, engine: EngineName) -> list[Path]:
    """Typeset a document.

    Returns
    -------
    list of Path
        The rendered files, in the order of the formats.

    Raises
    ------
    CallError
        If there is no such engine.
    DataError
        If the document cannot be typeset; files rendered earlier stay as they were.
    """
    return _complete(job, workspace, engine_of(engine).render(job, workspace))


def _complete(job: Job, workspace: Workspace, made: list[Path]) -> list[Path]:
    """Take off a page what leads nowhere, and put beside the files what is handed out with them."""
    if "html" in job.formats:
        links.prune(job.made(workspace, "html"))
    _copy_data(job, workspace)
    return made


def _copy_data(job: Job, workspace: Workspace) -> None:
    """Put what is handed out with the documents beside them: results, tables, and the figures' images, if there are."""
    images = _images()
    for name in handed_out():
        source, target = job.document.parent / name, job.output(workspace) / name
        if source.is_file():
            atomic.write_bytes(target, source.read_bytes())
        elif name in images:
            # The figure has changed since, or was never drawn so.
            target.unlink(missing_ok=True)


def handed_out() -> tuple[str, ...]:
    """Name the files in a period's folder that are copied beside its rendered documents, where they are there."""
    return (*HANDED_OUT, *_images())


def _images() -> tuple[str, ...]:
    return tuple(image for figure in FIGURE_FILES for image in images_of(figure))
