"""The engine of the Quarto program."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from iapt_report.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.render import Job
    from iapt_report.workspace import Workspace

# Says to the pre-render script that the documents are being made already.
BUILDING = "IAPT_REPORT_BUILDING"
_FORMATS = {"html": "html", "pdf": "typst"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS = 600


def render(job: Job, workspace: Workspace) -> list[Path]:
    """Typeset a document; see `iapt_report.render.render`."""
    for kind in job.formats:
        _run(job, workspace, _FORMATS[kind])
    output = job.output(workspace)
    return [output / f"{job.document.stem}.{kind}" for kind in job.formats]


def _run(job: Job, workspace: Workspace, to: str) -> None:
    document = job.document.relative_to(workspace.root)
    command = ["quarto", "render", document.as_posix(), "--to", to]
    if job.self_contained and to == "html":
        command += ["-M", "embed-resources:true"]
    done = subprocess.run(  # noqa: S603 - the program the user installed, on a file of the workspace
        command,
        cwd=workspace.root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=_SECONDS,
        check=False,
        env={**os.environ, BUILDING: "1"},
    )
    if done.returncode != 0:
        said = _COLOUR.sub("", done.stderr).split("Stack trace:")[0].strip()
        raise DataError(
            "quarto cannot render the document:\n" + "\n".join(said.splitlines()[-12:]),
            file=job.document,
            mend="correct what it names, or try --engine embedded",
        )
