"""What can go wrong, said so that its reader can mend it; each kind has the exit code the command line ends with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from iapt_report.system import exits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ReportError(Exception):
    """Anything that stops the work and that the user can mend.

    Parameters
    ----------
    problem : str
        What is wrong, naming the value that was found.
    file : str, optional
        The file it was found in.
    row : int, optional
        The line of the file, counted as an editor counts: the header is line 1.
    column : str, optional
        The column it was found in.
    expected : str, optional
        What would have been right.
    mend : str, optional
        What to do about it.
    """

    exit_code: ClassVar[int] = exits.DATA

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        row: int | None = None,
        column: str | None = None,
        expected: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.problem = problem
        # A path may have bytes that are no UTF-8.
        self.file = None if file is None else str(file).encode("utf-8", "backslashreplace").decode("utf-8")
        self.row = row
        self.column = column
        self.expected = expected
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column!r}")
        lines = [": ".join([", ".join(place), self.problem] if place else [self.problem])]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.mend:
            lines.append(f"  to mend:  {self.mend}")
        return "\n".join(lines)


class DataError(ReportError):
    """An input (data, template, settings) cannot be used. Exit code 1."""

    exit_code = exits.DATA


class CallError(ReportError):
    """The command was called with something that does not exist or makes no sense. Exit code 2."""

    exit_code = exits.CALL


class BusyError(ReportError):
    """Another run is at work in the same place. Exit code 5."""

    exit_code = exits.BUSY


class ToolMissingError(ReportError):
    """A program that was asked for is not installed. Exit code 3."""

    exit_code = exits.TOOL


@contextmanager
def renamed(before: Path, after: Path) -> Iterator[None]:
    """Let what goes wrong in the block name files by the place that its reader knows, not the one they are made in."""

    def told(text: str | None) -> str | None:
        return None if text is None else text.replace(str(before), str(after))

    try:
        yield
    except ReportError as error:
        error.problem, error.file = told(error.problem) or "", told(error.file)
        error.expected, error.mend = told(error.expected), told(error.mend)
        error.args = (str(error),)
        raise
    except OSError as error:
        if isinstance(error.filename, str):
            error.filename = told(error.filename)
        raise
