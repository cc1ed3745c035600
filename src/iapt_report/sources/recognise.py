"""What a file is, told from its columns and never from its name."""

from __future__ import annotations

from typing import Literal

from iapt_report.areas import KEYS
from iapt_report.errors import DataError
from iapt_report.sources.deprivation import is_deprivation, is_summary
from iapt_report.sources.formats import activity_format
from iapt_report.sources.lookup import is_lookup

Kind = Literal["areas", "activity", "deprivation", "summary", "lookup"]
IN_WORDS: dict[Kind, str] = {
    "areas": "a table of areas",
    "activity": "activity by organisation",
    "deprivation": "deprivation by LSOA",
    "summary": "deprivation by organisation",
    "lookup": "a lookup from LSOA to commissioning area",
}


def recognise(header: list[str], file: object) -> Kind:
    """Say what the file with this header is.

    Raises
    ------
    DataError
        If it is nothing that is known here.
    """
    if activity_format(header):
        return "activity"
    if is_lookup(header):
        return "lookup"
    if is_deprivation(header):
        return "deprivation"
    if is_summary(header):
        return "summary"
    if set(KEYS) & set(header):
        return "areas"
    raise DataError(
        f"its columns belong to no known kind of file: {', '.join(map(repr, header[:8]))}",
        file=file,
        row=1,
        expected=", ".join(IN_WORDS.values()),
        mend="give the file as published, with its header",
    )


def is_known(header: list[str]) -> bool:
    """Whether a row of text is the header of any known kind of file."""
    return bool(activity_format(header)) or is_lookup(header) or is_deprivation(header) or is_summary(header)


def expect(kinds: tuple[Kind, ...], header: list[str], file: object) -> Kind:
    """Say which of some kinds a file is, and refuse one of another kind.

    Raises
    ------
    DataError
        If it is.
    """
    found = recognise(header, file)
    if found not in kinds:
        raise DataError(
            f"this is {IN_WORDS[found]}",
            file=file,
            expected=" or ".join(IN_WORDS[kind] for kind in kinds),
            mend="give the files in their places: FILE, --deprivation FILE, --lookup FILE",
        )
    return found
