"""Which files a template is made of, told without filling it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iapt_report.system.reading import read_text

if TYPE_CHECKING:
    from pathlib import Path

# A statement that brings in another template, and that one's name where nothing but a name is written.
_BRINGS_IN = re.compile(
    r"""<%[-+]?\s*(?:include|import|from|extends)\b"""
    r"""(?:\s*(["'])(?P<name>[^"']*)\1\s*(?=[-+]?%>|(?:as|import|with|without|ignore)\b))?"""
)


def files_of(path: Path) -> tuple[Path, ...]:
    """List the files that a template is made of: itself, and those that it and these bring in; it need be no valid one.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Path
        Sorted; those that are there. Where something else than a name says what is brought in, all of the folder.

    Raises
    ------
    DataError
        If one of them is no text.
    """
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one in found or not one.is_file():
            continue
        found.add(one)
        for statement in _BRINGS_IN.finditer(read_text(one)):
            if statement["name"] is None:
                return tuple(sorted({*found, *path.parent.rglob("*.jinja")}))
            waiting.append(path.parent / statement["name"])
    return tuple(sorted(found))
