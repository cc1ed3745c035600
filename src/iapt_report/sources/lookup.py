"""ONS lookups from lower-layer super output areas (LSOA) to the commissioning areas of one year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.text_table import refuse_empty
from iapt_report.sources.matching import Known
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from iapt_report.areas.text_table import TextTable

# Columns of an area in ONS lookups: CCG19CDH is the NHS code, CCG19CD the ONS code, CCG19NM the name. The R package
# geographr calls them sicbl22_code_h or icb24_code_nhs, ccg21_code and ccg21_name.
_AREA = re.compile(r"((?:ccg|sicbl|subicb|icb|loc|stp)(?:\d\d)?)(cdh|codeh|codenhs|cd|code|nm|name)")
_PARTS = {"codeh": "cdh", "codenhs": "cdh", "code": "cd", "name": "nm"}
_LSOA = re.compile(r"lsoa\d\d(?:cd|code)")


@dataclass(frozen=True)
class Boundary:
    """One kind of area in a lookup: how its columns begin, and the area of each row."""

    stem: str
    areas: tuple[Known, ...]


@dataclass(frozen=True)
class Lookup:
    """Which commissioning area every small area belongs to.

    Parameters
    ----------
    lsoa : dict of str to list of str
        LSOA codes, row by row, of each census that the lookup has.
    boundaries : tuple of Boundary
        The areas, row by row, of each kind that the lookup has.
    rows : tuple of int
        The line of the file that each row starts on.
    """

    lsoa: dict[str, list[str]]
    boundaries: tuple[Boundary, ...]
    rows: tuple[int, ...]


def _coded(header: list[str]) -> dict[str, dict[str, str]]:
    """Find the columns of each kind of area that has a code: stem to part (cdh, cd, nm) to header."""
    found: dict[str, dict[str, str]] = {}
    for name in header:
        if told := _AREA.fullmatch(cells.squash(name)):
            found.setdefault(told[1], {}).setdefault(_PARTS.get(told[2], told[2]), name)
    return {stem: parts for stem, parts in found.items() if {"cdh", "cd"} & set(parts)}


def is_lookup(header: list[str]) -> bool:
    """Whether a file with this header is a lookup from LSOA to commissioning area."""
    return any(_LSOA.fullmatch(cells.squash(name)) for name in header) and bool(_coded(header))


def read_lookup(content: TextTable, file: object) -> Lookup:
    """Read a lookup of any year: its columns are found by pattern.

    Raises
    ------
    DataError
        If a column is missing or a name cannot be.
    """
    refuse_empty(content, file, "a row a small area")
    lsoa = [name for name in content.header if _LSOA.fullmatch(cells.squash(name))]
    coded = _coded(content.header)
    if not lsoa or not coded:
        what = "a column of LSOA codes" if not lsoa else "a column of commissioning areas' codes"
        raise DataError(
            f"{what} is missing; the file has {', '.join(map(repr, content.header[:8]))}",
            file=file,
            row=1,
            expected="LSOA11CD or lsoa11_code, and CCG19CDH, SICBL23CDH, icb24_code_nhs or their like",
            mend="give the lookup of the Office for National Statistics from LSOA to commissioning area",
        )
    for parts in coded.values():
        for name in parts.values():
            # Each spelling once, with the first line that it is on.
            given: dict[str, int] = {}
            for cell, line in zip(content.column(name), content.rows, strict=True):
                given.setdefault(cell.strip(), line)
            given.pop("", None)
            cells.names(given, name, cells.Place(file, tuple(given.values())))
    return Lookup(
        {name: [cell.strip() for cell in content.column(name)] for name in lsoa},
        tuple(Boundary(stem, _areas(content, parts)) for stem, parts in coded.items()),
        content.rows,
    )


def _areas(content: TextTable, parts: dict[str, str]) -> tuple[Known, ...]:
    empty = [""] * len(content)
    columns = [
        [cell.strip() for cell in content.column(parts[part])] if part in parts else empty
        for part in ("cdh", "cd", "nm")
    ]
    # A code is one area, however its name is spelt in this row or that.
    seen: dict[str, Known] = {}
    areas = (Known(*row) for row in zip(*columns, strict=True))
    return tuple(seen.setdefault(area.code, area) for area in areas)
