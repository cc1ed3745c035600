"""What a file is, told from its columns and never from its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.areas.table import KEYS
from iapt_report.sources.deprivation import is_deprivation, is_summary
from iapt_report.sources.formats import activity_format
from iapt_report.sources.lookup import is_lookup
from iapt_report.sources.successors import is_successors
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["areas", "activity", "deprivation", "summary", "lookup", "successors"]
IN_WORDS: dict[Kind, str] = {
    "areas": "a table of areas",
    "activity": "activity by organisation",
    "deprivation": "deprivation by LSOA",
    "summary": "deprivation by organisation",
    "lookup": "a lookup from LSOA to commissioning area",
    "successors": "a table of successor codes",
}


def recognise(header: list[str], file: object) -> Kind:
    """Say what the file with this header is.

    Raises
    ------
    DataError
        If it is nothing that is known here.
    """
    tests: tuple[tuple[Kind, Callable[[list[str]], bool]], ...] = (
        ("areas", lambda names: {*KEYS, "finished_treatment"} <= set(names)),
        ("activity", lambda names: activity_format(names) is not None),
        ("lookup", is_lookup),
        ("deprivation", is_deprivation),
        ("successors", is_successors),
        ("summary", is_summary),
        ("areas", lambda names: bool(set(KEYS) & set(names))),
    )
    for kind, is_it in tests:
        if is_it(header):
            return kind
    raise DataError(
        f"its columns belong to no known kind of file: {', '.join(map(repr, header[:8]))}",
        file=file,
        row=1,
        expected=", ".join(IN_WORDS.values()),
        mend="give the file as published, with its header; a table in another shape is imported with --mapping",
    )


def is_known(header: list[str]) -> bool:
    """Whether a row of text is the header of any known kind of file."""
    kinds = (is_lookup, is_deprivation, is_successors, is_summary)
    return bool(activity_format(header)) or any(kind(header) for kind in kinds)


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
            mend="give the files in their places: FILE, --deprivation FILE, --lookup FILE, --successors FILE",
        )
    return found
