"""What a file is, told from its columns and never from its name."""

from __future__ import annotations

from typing import Literal

from iapt_report.areas import KEYS
from iapt_report.errors import DataError
from iapt_report.sources.annual import is_annual
from iapt_report.sources.deprivation import is_deprivation
from iapt_report.sources.lookup import is_lookup

Kind = Literal["areas", "annual", "deprivation", "lookup"]
IN_WORDS: dict[Kind, str] = {
    "areas": "a table of areas",
    "annual": "an annual main file of activity",
    "deprivation": "deprivation by LSOA",
    "lookup": "a lookup from LSOA to commissioning area",
}


def recognise(header: list[str], file: object) -> Kind:
    """Say what the file with this header is.

    Raises
    ------
    DataError
        If it is nothing that is known here.
    """
    if is_annual(header):
        return "annual"
    if is_lookup(header):
        return "lookup"
    if is_deprivation(header):
        return "deprivation"
    if set(KEYS) & set(header):
        return "areas"
    raise DataError(
        f"its columns belong to no known kind of file: {', '.join(map(repr, header[:8]))}",
        file=file,
        row=1,
        expected=", ".join(IN_WORDS.values()),
        mend="give the file as published, with its header",
    )


def expect(kind: Kind, header: list[str], file: object) -> None:
    """Refuse a file that is of another kind.

    Raises
    ------
    DataError
        If it is.
    """
    found = recognise(header, file)
    if found != kind:
        raise DataError(
            f"this is {IN_WORDS[found]}",
            file=file,
            expected=IN_WORDS[kind],
            mend="give the files in their places: FILE, --deprivation FILE, --lookup FILE",
        )
