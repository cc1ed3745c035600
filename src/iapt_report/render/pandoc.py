"""The pandoc program that the Python package brings, and what it says when it cannot."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_REFUSED = 83
_SECONDS = 120
_SEARCHING = threading.Lock()


def program() -> str:
    """Return the path of the pandoc that the package brings: its own search for it is not made for threads."""
    import pypandoc

    with _SEARCHING:
        return str(pypandoc.get_pandoc_path())


def run(document: Path, arguments: Sequence[str]) -> str:
    """Convert a document in its own folder, and return what pandoc prints.

    Parameters
    ----------
    document : Path
        A ``.qmd`` file, read as pandoc's Markdown.
    arguments : sequence of str
        What follows the document in the call.

    Raises
    ------
    DataError
        If the document holds what the embedded engine's filter refuses, or pandoc fails or warns.
    """
    command = [program(), document.name, "--from=markdown", *arguments]
    done = subprocess.run(  # noqa: S603 - a fixed program on files of the workspace
        command, cwd=document.parent, capture_output=True, text=True, encoding="utf-8", timeout=_SECONDS, check=False
    )
    refuse_complaints(done.returncode, done.stderr, document)
    return done.stdout


def refuse_complaints(code: int, said: str, document: Path) -> None:
    """Raise where pandoc failed or warned.

    Parameters
    ----------
    code : int
        Its exit code.
    said : str
        What it wrote to standard error.
    document : Path
        For messages.

    Raises
    ------
    DataError
    """
    if code == _REFUSED:
        _, what, mend = said.strip().splitlines()[-1].split("\t")
        raise DataError(f"the embedded engine does not support {what}", file=document, mend=mend)
    if code != 0:
        raise DataError(f"pandoc cannot read the document: {said.strip()}", file=document, mend="correct what it names")
    warned = [line for line in said.splitlines() if "[WARNING]" in line]
    if warned:
        raise DataError(
            f"pandoc warns: {warned[0].replace('[WARNING]', '').strip()}",
            file=document,
            mend="correct what it names: a citation that references.bib lacks, or a figure that is not there",
        )
