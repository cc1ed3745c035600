"""The two engines that typeset a Quarto document: Quarto itself, and pandoc with typst from Python packages."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iapt_report import atomic
from iapt_report.errors import ToolMissingError
from iapt_report.results import RESULTS_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from iapt_report.workspace import Workspace

Engine = Literal["quarto", "embedded"]
Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")


@dataclass(frozen=True)
class Job:
    """One document to typeset.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file, in the workspace's ``report/<period>``.
    formats : sequence of {"html", "pdf"}
    self_contained : bool
        Whether the HTML holds its figures and styles, so that it is one file.
    """

    document: Path
    formats: Sequence[Format]
    self_contained: bool = False

    def output(self, workspace: Workspace) -> Path:
        """Return the folder the rendered files belong in."""
        return workspace.site / self.document.parent.relative_to(workspace.root)


def choose_engine(asked: Literal["auto", "quarto", "embedded"]) -> Engine:
    """Choose the engine: Quarto where it is installed, unless the other is asked for.

    Raises
    ------
    ToolMissingError
        If Quarto is asked for and not installed.
    """
    if asked == "embedded":
        return "embedded"
    if shutil.which("quarto"):
        return "quarto"
    if asked == "auto":
        return "embedded"
    raise ToolMissingError(
        "the program quarto is not installed, or not on the PATH",
        mend="install it from https://quarto.org, or use --engine embedded, which needs nothing more",
    )


def render_all(jobs: Sequence[Job], workspace: Workspace, engine: Engine) -> list[Path]:
    """Typeset several documents: at once with the embedded engine, one by one with Quarto, which has one project.

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

    workers = 1 if engine == "quarto" else min(len(jobs), os.cpu_count() or 1) or 1
    with ThreadPoolExecutor(workers) as pool:
        made = list(pool.map(lambda job: render(job, workspace, engine), jobs))
    return [path for paths in made for path in paths]


def render(job: Job, workspace: Workspace, engine: Engine) -> list[Path]:
    """Typeset a document.

    Returns
    -------
    list of Path
        The rendered files, in the order of the formats.

    Raises
    ------
    DataError
        If the document cannot be typeset; files rendered earlier stay as they were.
    """
    if engine == "quarto":
        from iapt_report.render import quarto

        made = quarto.render(job, workspace)
    else:
        from iapt_report.render import embedded

        made = embedded.render(job, workspace)
    results = job.document.parent / RESULTS_FILE
    if results.is_file():
        # The document names this file as standing beside it.
        atomic.write_bytes(job.output(workspace) / RESULTS_FILE, results.read_bytes())
    return made
