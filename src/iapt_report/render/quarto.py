"""The engine of the Quarto program."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from iapt_report.render import pictures, word
from iapt_report.system import atomic, environment, programs
from iapt_report.system.errors import DataError, ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from iapt_report.figures.svg_images import Picture
    from iapt_report.render.jobs import Format, Job
    from iapt_report.workspace.place import Workspace

# Says to the pre-render script that the documents are being made already.
BUILDING = "IAPT_REPORT_BUILDING"
_FORMATS: Mapping[Format, str] = MappingProxyType(
    {"html": "html", "pdf": "typst", "docx": "docx", "latex": "latex", "jats": "jats"}
)
# What Word and LaTeX take in the place of SVG.
_PICTURES: Mapping[Format, Picture] = MappingProxyType({"docx": "png", "latex": "pdf", "jats": "png"})
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS = 600
_SECONDS_TO_ANSWER = 60


def render(job: Job, workspace: Workspace) -> list[Path]:
    """Typeset a document; see `iapt_report.render.typeset.render`."""
    for kind in job.formats:
        if kind in _PICTURES:
            _print(job, workspace, kind)
        else:
            _run(job, workspace, _FORMATS[kind])
    return [job.made(workspace, kind) for kind in job.formats]


def version() -> str:
    """Say which Quarto this is.

    Raises
    ------
    ToolMissingError
        If it does not answer.
    """
    try:
        done = programs.run(
            ["quarto", "--version"],
            capture_output=True,
            text=True,
            env=environment.of_child(),
            timeout=_SECONDS_TO_ANSWER,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolMissingError(
            f"the program quarto does not say its version: {error}",
            mend="mend its installation, or use --engine embedded",
        ) from None
    return f"quarto {done.stdout.strip()}"


def _print(job: Job, workspace: Workspace, kind: Format) -> None:
    """Make a Word or a LaTeX file, with its figures in a format that it takes."""
    target = job.made(workspace, kind)
    with tempfile.TemporaryDirectory() as folder:
        names = pictures.converted(job.document, _PICTURES[kind], Path(folder))
        _run(job, workspace, _FORMATS[kind], f"--resource-path={os.pathsep.join(['.', folder])}")
        if kind == "docx":
            atomic.write_bytes(target, word.undated(target.read_bytes()))
        else:
            for name in names:
                atomic.write_bytes(target.parent / name, (Path(folder) / name).read_bytes())
            _set_beside(job.document, target, names)


def _set_beside(document: Path, target: Path, names: Sequence[PurePosixPath]) -> None:
    """Let a LaTeX file name its figures as standing beside it, not in the folder where Quarto left copies."""
    left = document.parent / f"{document.stem}_files" / "mediabag"
    text = target.read_text("utf-8")
    for name in names:
        text = text.replace(f"{{{left.parent.name}/{left.name}/{name}}}", f"{{{name}}}")
        (left / name).unlink(missing_ok=True)
    atomic.write_text(target, text)
    for folder in (left, left.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _run(job: Job, workspace: Workspace, to: str, *more: str) -> None:
    document = job.document.relative_to(workspace.root)
    command = ["quarto", "render", document.as_posix(), "--to", to, *more]
    if job.self_contained and to == "html":
        command += ["-M", "embed-resources:true"]
    try:
        done = programs.run(
            command,
            cwd=workspace.root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env=environment.of_child(**{BUILDING: "1"}),
        )
    except subprocess.TimeoutExpired:
        raise DataError(
            f"quarto does not come to an end with this document in {_SECONDS} seconds",
            file=job.document,
            mend="see where it stays with `quarto render`, or try --engine embedded",
        ) from None
    if done.returncode != 0:
        said = _COLOUR.sub("", done.stderr).split("Stack trace:")[0].strip()
        raise DataError(
            "quarto cannot render the document:\n" + "\n".join(said.splitlines()[-12:]),
            file=job.document,
            mend="correct what it names, or try --engine embedded",
        )
