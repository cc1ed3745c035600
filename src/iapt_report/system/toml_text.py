"""TOML as anybody may have written it: read within limits, so that what comes of it can be worked with."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_text

if TYPE_CHECKING:
    from pathlib import Path

# The largest that comes with the package has 20 000 bytes; the time that keys take grows with their square.
MOST_BYTES = 1_000_000
_DEEPEST = 50
# What TOML itself asks of a reader.
_WHOLE = range(-(2**63), 2**63)
_LONG_KEY = re.compile(rf"""(?:\.[ \t]*+(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+){{{_DEEPEST}}}""")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


def read_toml(
    path: Path, *, expected: str | None = None, mend: str = "correct the line", absent: str = "correct the path"
) -> dict[str, Any]:
    """Read a file of TOML.

    Parameters
    ----------
    path : Path
    expected, mend : str
        For messages: what the file should hold, and what to do where it cannot be read.
    absent : str
        What to do where there is no such file.

    Returns
    -------
    dict
        Whole numbers of at most 64 bits, texts without NUL, nested at most 50 deep.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be read so.
    """
    return parse_toml(read_text(path, most=MOST_BYTES, mend=absent), path, expected=expected, mend=mend)


def parse_toml(
    text: str, file: object, *, expected: str | None = None, mend: str = "correct the line"
) -> dict[str, Any]:
    """Read a text as TOML; see `read_toml`."""

    def refused(problem: str, row: int | None = None) -> DataError:
        return DataError(f"this is not TOML: {problem}", file=file, row=row, expected=expected, mend=mend)

    if found := _LONG_KEY.search(text):
        raise refused(f"a name has more than {_DEEPEST} parts", text.count("\n", 0, found.start()) + 1)
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise refused(f"brackets within brackets, more than {_DEEPEST} deep") from None
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        raise refused(str(error), int(at[1]) if at else None) from None
    except ValueError:
        # Python's own limit of digits, which tomllib lets through.
        raise refused("a whole number has more than 64 bits", _row_of_digits(text)) from None
    if problem := _beyond(values):
        raise refused(problem)
    return values


def _beyond(values: dict[str, Any]) -> str:
    """Say what in some values goes beyond what can be worked with; nothing where nothing does."""
    level: list[Any] = [values]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value, *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, int) and value not in _WHOLE:
                return "a whole number has more than 64 bits"
            elif isinstance(value, str) and "\0" in value:
                return f"the text {value[:20]!r} has the character NUL in it"
        if not below:
            return ""
        level = below
    return f"brackets within brackets, more than {_DEEPEST} deep"


def _row_of_digits(text: str) -> int | None:
    """Find the line with the longest number, of which there is one too long."""
    longest = max(re.finditer(r"[0-9_]{1000,}", text), key=lambda found: len(found[0]), default=None)
    return None if longest is None else text.count("\n", 0, longest.start()) + 1
