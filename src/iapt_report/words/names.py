"""Names of areas in text: the one place that says how an area is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from iapt_report.words.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Named(Protocol):
    """What has the name of an area."""

    @property
    def area_name(self) -> str:
        """As its source has it."""


Of = TypeVar("Of", bound=Named)


def called(area: Named) -> str:
    """Call an area, as plain text."""
    return area.area_name


def in_text(area: Named) -> str:
    """Call an area in Markdown."""
    return escape(called(area))


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
