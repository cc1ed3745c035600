"""The two engines that typeset a Quarto document: Quarto itself, and pandoc with typst from Python packages."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from iapt_report import atomic
from iapt_report.documents import BRIEF, PAGES_ONLY
from iapt_report.errors import ToolMissingError
from iapt_report.render import links
from iapt_report.results import RESULTS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from iapt_report.workspace import Workspace

Engine = Literal["quarto", "embedded"]
Format = Literal["html", "pdf", "docx", "latex"]
FORMATS: tuple[Format, ...] = ("html", "pdf", "docx", "latex")
# What a build makes where no format is asked for; those who decide also edit what they are given.
_DEFAULT: tuple[Format, ...] = ("html", "pdf")
_DEFAULT_OF: Mapping[str, tuple[Format, ...]] = MappingProxyType({BRIEF: ("html", "pdf", "docx")})
SUFFIXES: Mapping[Format, str] = MappingProxyType({"html": "html", "pdf": "pdf", "docx": "docx", "latex": "tex"})


@dataclass(frozen=True)
class Job:
    """One document to typeset.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file, in the workspace's ``report/<period>``.
    formats : sequence of {"html", "pdf", "docx", "latex"}
    self_contained : bool
        Whether the HTML holds its figures and styles, so that it is one file.
    """

    document: Path
    formats: Sequence[Format]
    self_contained: bool = False

    def output(self, workspace: Workspace) -> Path:
        """Return the folder the rendered files belong in."""
        return workspace.site / self.document.parent.relative_to(workspace.root)

    def made(self, workspace: Workspace, kind: Format) -> Path:
        """Return the path of the rendered file of a format."""
        return self.output(workspace) / f"{self.document.stem}.{SUFFIXES[kind]}"


def formats_of(name: str, asked: Sequence[str]) -> tuple[Format, ...]:
    """Choose the formats of a document: those asked for, else its own default, but for what it is not made into.

    Parameters
    ----------
    name : str
        One of `iapt_report.documents.DOCUMENTS`.
    asked : sequence of str
        Of `FORMATS`; none to have the default.
    """
    wanted = asked or _DEFAULT_OF.get(name, _DEFAULT)
    return tuple(kind for kind in FORMATS if kind in wanted and (kind == "html" or name not in PAGES_ONLY))


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
    from iapt_report.exports import EXPORTS

    return (RESULTS_FILE, *EXPORTS, *_images())


def _images() -> tuple[str, ...]:
    from iapt_report.documents import FIGURES, images_of

    return tuple(image for figure in FIGURES for image in images_of(figure))
