"""What an area is called in print: its own name, or its place where the name is that of something larger."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from iapt_report.reference.deprivation import nhs_codes, tables
from iapt_report.words.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# A sub-ICB location is published under the name of its integrated care board, with its own code behind a dash.
_OF_A_BOARD = re.compile(r"^(?P<board>.+?)\s+[-–]\s+(?P<code>[A-Z0-9]{3,6})$")
# The words around a place in the formal name of a clinical commissioning group.
_FORMAL = re.compile(r"^NHS\s+|\s+(?:CCG|Clinical Commissioning Group)$")


class Named(Protocol):
    """Anything that has the code and the published name of an area."""

    @property
    def area_code(self) -> str:
        """The code."""

    @property
    def area_name(self) -> str:
        """The name, as published."""


Of = TypeVar("Of", bound=Named)


def named(area: Named) -> str:
    """Give the name by which a reader knows an area.

    Returns
    -------
    str
        The published name; where that is the name of an integrated care board with a code, or the code alone, the
        place, with the code: "Northumberland (00L)". The place is that of the clinical commissioning group which had
        the code, as the reference tables name it. A name whose place is not known stays as it is. Not escaped.
    """
    return place_name(area.area_name, area.area_code)


def with_code(area: Named) -> str:
    """Give the name by which a reader knows an area, with its code in brackets where the name has none; not escaped."""
    name = named(area)
    return name if name.endswith(f"({area.area_code})") else f"{name} ({area.area_code})"


def place_name(name: str, code: str) -> str:
    """Give the name by which a reader knows the area of a published name and a code, as `named` does."""
    published = _OF_A_BOARD.match(name)
    if published is None and name not in {code, nhs_codes().get(code, code)}:
        return name
    own = published["code"] if published else nhs_codes().get(code, code)
    place = _places().get(own)
    return f"{place} ({own})" if place else name


def in_text(area: Named) -> str:
    """Call an area in Markdown by the name that a reader knows."""
    return escape(named(area))


def listed(areas: Sequence[Of], most: int, beside: Callable[[Of], str]) -> tuple[str, int]:
    """List areas, each with something in brackets, and say how many are left over.

    Semicolons part them, since names hold commas.

    Parameters
    ----------
    areas : sequence of Named
    most : int
        One more than this is listed all the same: to say so would take its place.
    beside : callable
        What stands in brackets.
    """
    shown = areas if len(areas) <= most + 1 else areas[:most]
    return "; ".join(f"{in_text(area)} ({beside(area)})" for area in shown), len(areas) - len(shown)


@cache
def _places() -> Mapping[str, str]:
    """Return the places of areas by NHS code, in the newest boundaries in which the code was that of a group."""
    groups = sorted((table for table in tables() if table.boundaries.level == "ccg"), key=lambda t: t.boundaries.year)
    return {area.nhs_code: _FORMAL.sub("", area.name) for table in groups for area in table.areas}
