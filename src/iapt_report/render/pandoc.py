"""Calls of pandoc, and what it says when it cannot."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from iapt_report.system import environment, programs
from iapt_report.system.converter import pandoc_program
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECONDS = 120
# How a filter of the embedded engine says, as its last line, what it refuses; then it ends with this code, with which
# pandoc ends after any error in a filter.
_REFUSAL = "UNSUPPORTED"
_FILTER_FAILED = 83


def address(path: Path) -> str:
    """Write a path for the options that pandoc reads as an address, in which %20 is a space.

    They are ``--template``, ``--include-in-header`` and ``--reference-doc``.
    """
    return str(path).replace("%", "%25")


def run(document: Path, arguments: Sequence[str], *, seconds: float = SECONDS) -> str:
    """Convert a document in its own folder, and return what pandoc prints.

    Parameters
    ----------
    document : Path
        A ``.qmd`` file, read as pandoc's Markdown.
    arguments : sequence of str
        What follows the document in the call.
    seconds : float
        How long it may take.

    Raises
    ------
    DataError
        If the document holds what the embedded engine's filter refuses, or pandoc fails, warns, or does not come to an
        end.
    """
    command = [pandoc_program(), f"./{document.name}", "--from=markdown", *arguments]
    try:
        done = programs.run(
            command,
            cwd=document.parent,
            env=environment.of_child(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise unfinished(document, seconds) from None
    refuse_complaints(done.returncode, done.stderr.decode("utf-8", "replace"), document)
    return str(done.stdout, "utf-8")


def unfinished(document: Path, seconds: float) -> DataError:
    """Say that pandoc did not come to an end with a document."""
    return DataError(
        f"pandoc does not come to an end with this document in {seconds:g} seconds",
        file=document,
        mend="look for deeply nested brackets, quotes or lists in it, or make it shorter",
    )


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
    last = said.strip().splitlines()[-1].split("\t") if said.strip() else []
    if code == _FILTER_FAILED and last[:1] == [_REFUSAL]:
        raise DataError(f"the embedded engine does not support {last[1]}", file=document, mend=last[2])
    if code == _FILTER_FAILED:
        raise DataError(
            f"a filter of pandoc's cannot go on: {said.strip()}",
            file=document,
            mend="correct the Lua file that it names, or restore it from a new workspace made with "
            "`iapt-report init DIR`",
        )
    if code != 0:
        raise DataError(f"pandoc cannot read the document: {said.strip()}", file=document, mend="correct what it names")
    warned = [line for line in said.splitlines() if "[WARNING]" in line]
    if warned:
        raise DataError(
            f"pandoc warns: {warned[0].replace('[WARNING]', '').strip()}",
            file=document,
            mend="correct what it names: a citation that references.bib lacks, or a figure that is not there",
        )
