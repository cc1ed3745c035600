"""ONS lookups from lower-layer super output areas (LSOA) to the commissioning areas of one year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report import cells
from iapt_report.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.sources.text_table import TextTable

# Columns of an area in ONS lookups: CCG19CDH is the NHS code, CCG19CD the ONS code, CCG19NM the name.
_AREA_CODE = re.compile(r"(ccg|sicbl|icb)\d\d(cdh|cd)")
_LSOA = re.compile(r"lsoa\d\dcd")


@dataclass(frozen=True)
class Lookup:
    """Which commissioning area every small area belongs to.

    Parameters
    ----------
    lsoa : Series of str
        LSOA codes, each once.
    codes : dict of str to Series of str
        For each column of area codes in the lookup, the area of each LSOA.
    names : dict of str to dict
        For each column of area codes, the name of each area; empty where the lookup gives none.
    """

    lsoa: pd.Series[str]
    codes: dict[str, pd.Series[str]]
    names: dict[str, dict[str, str]]


def is_lookup(header: list[str]) -> bool:
    """Whether a file with this header is a lookup from LSOA to commissioning area."""
    folded = [cells.squash(name) for name in header]
    return any(map(_LSOA.fullmatch, folded)) and any(map(_AREA_CODE.fullmatch, folded))


def read_lookup(content: TextTable, file: object) -> Lookup:
    """Read a lookup of any year: its columns are found by pattern.

    Raises
    ------
    DataError
        If a column is missing, or an LSOA is there twice.
    """
    frame = content.frame
    lsoa = [name for name in content.header if _LSOA.fullmatch(cells.squash(name))]
    areas = [name for name in content.header if _AREA_CODE.fullmatch(cells.squash(name))]
    if not lsoa or not areas:
        what = "a column of LSOA codes" if not lsoa else "a column of commissioning areas' codes"
        raise DataError(
            f"{what} is missing; the file has {', '.join(map(repr, frame.columns[:8]))}",
            file=file,
            row=1,
            expected="LSOA11CD or its like, and CCG19CDH, SICBL23CDH, ICB23CDH or their like",
            mend="give the lookup of the Office for National Statistics from LSOA to commissioning area",
        )
    place = cells.Place(file, content.rows)
    codes = frame[lsoa[0]].str.strip()
    place.refuse_repeats(codes, codes, lsoa[0])
    for name in (*areas, *(n for n in content.header if re.fullmatch(r"(ccg|sicbl|icb)\d\dnm", cells.squash(n)))):
        given = frame[name].str.strip().drop_duplicates()
        given = given[given != ""]
        cells.names(given, name, cells.Place(file, tuple(content.rows[i] for i in given.index)))
    columns = {name: frame[name].str.strip() for name in areas}
    return Lookup(codes, columns, {name: _names(frame, name, column) for name, column in columns.items()})


def _names(frame: pd.DataFrame, column: str, codes: pd.Series[str]) -> dict[str, str]:
    """Find the column of names that goes with a column of codes: CCG19NM with CCG19CDH and CCG19CD."""
    stem = re.sub(r"(cdh|cd)$", "", cells.squash(column))
    named = [name for name in map(str, frame) if cells.squash(name) == f"{stem}nm"]
    return dict(zip(codes, frame[named[0]].str.strip(), strict=True)) if named else {}
