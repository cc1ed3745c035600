"""How the files of a page about one area are named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iapt_report.system import digests

if TYPE_CHECKING:
    from pathlib import Path

AREAS_FOLDER = "areas"
TEMPLATE = "area.qmd.jinja"
# Codes that are file names on every system, the same in large and small letters.
_PLAIN_CODE = re.compile(r"[A-Z0-9]([A-Z0-9-]{0,38}[A-Z0-9])?")
_DEVICES = re.compile(r"CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]")
_NOT_PLAIN = re.compile(r"[^A-Z0-9]+")
_READABLE = 40


def area_pages_in(folder: Path) -> frozenset[str]:
    """Name the pages of single areas that stand in a period's folder, without their suffix."""
    return frozenset(path.stem for path in (folder / AREAS_FOLDER).glob("*.html"))


def area_page(code: str) -> str:
    """Name the files of an area's brief, without their suffix.

    Codes come from data, and may hold anything printable: an NHS or ONS code is its own name; of any other, what can
    stand in a file's name is kept, with a digest of the whole behind an underscore, which no plain code has.

    Parameters
    ----------
    code : str
        The area's code.

    Returns
    -------
    str
        Of capital letters, digits, hyphens and small hexadecimal digits; another for every code, also where a file
        system takes large and small letters for the same.
    """
    if _PLAIN_CODE.fullmatch(code) and not _DEVICES.fullmatch(code):
        return code
    kept = _NOT_PLAIN.sub("-", code.upper())[:_READABLE].strip("-")
    return f"{kept}_{digests.of_text(code)[:32]}"


def picture_file(code: str) -> str:
    """Name the picture of an area's brief."""
    return f"{area_page(code)}.svg"


def map_file(code: str) -> str:
    """Name the map of an area's brief; the dot sets it apart from every page's own name."""
    return f"{area_page(code)}.map.svg"
