"""Commissioning areas that became others: which code followed which, and how much of a code's ground stayed its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from iapt_report.reference.deprivation import members, sets_of_boundaries
from iapt_report.reference.shipped import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iapt_report.reference.boundaries import Boundaries

FILE = "successors.csv"
# An area whose small areas went to another by this share or more is followed by it whole: the one area that was not
# wholly taken over when it ended, NHS Coastal West Sussex CCG, went by 98.7% to NHS West Sussex CCG.
WHOLE = 0.95


@dataclass(frozen=True)
class Move:
    """Small areas that went from one commissioning area to another.

    Parameters
    ----------
    until : datetime.date
        The last day they were the old one's.
    old, new : str
        NHS codes.
    moved, of : int
        How many lower-layer super output areas, of how many of the old one.
    """

    until: date
    old: str
    new: str
    moved: int
    of: int

    @property
    def whole(self) -> bool:
        """Whether the old area went to the new one, but for a part that is too small to count."""
        return self.moved >= WHOLE * self.of


@cache
def moves() -> tuple[Move, ...]:
    """Return every move, in time."""
    found = (
        Move(
            date.fromisoformat(row["until"]),
            row["old_code"],
            row["new_code"],
            int(row["lsoas_moved"]),
            int(row["of_lsoas"]),
        )
        for row in rows(FILE)
    )
    return tuple(sorted(found, key=lambda move: (move.until, move.old, move.new)))


@cache
def followed_by() -> Mapping[str, str]:
    """Return the code that followed each code that ended whole, of the NHS or of the Office for National Statistics."""
    found = {move.old: move.new for move in moves() if move.whole}
    ons: dict[str, str] = {}
    sets = [within for within in sets_of_boundaries() if within.level != "icb"]
    for before, after in pairwise(sets):
        there = members(after)
        for code, area in members(before).items():
            if code not in there and code in found:
                ons[area.ons_code] = there[found[code]].ons_code
    return {**found, **ons}


@cache
def predecessors_whole(code: str) -> frozenset[str]:
    """Return the NHS codes that together became an area's whole ground when it began; none where they did not."""
    came = [move for move in moves() if move.new == code]
    first = min((move.until for move in came), default=None)
    began = [move for move in came if move.until == first]
    whole = [move for move in began if move.whole]
    was_there = any(code in members(within) for within in sets_of_boundaries() if first and within.start <= first)
    enough = sum(move.moved for move in whole) >= WHOLE * sum(move.moved for move in began)
    return frozenset(move.old for move in whole) if enough and not was_there else frozenset()


def changed(code: str, one: Boundaries, other: Boundaries) -> float:
    """Return the share of an area's small areas that it lost or gained, under the same code, between two boundaries.

    Moves of small areas between areas count, and new outlines of the small areas themselves do not.

    Returns
    -------
    float
        A proportion of the greater of the two areas; 0 where the code is in neither.
    """
    first, last = sorted((one.start, other.start))
    between = [move for move in moves() if first <= move.until < last and code in (move.old, move.new)]
    gained = sum(move.moved for move in between if move.new == code)
    sizes = [area.lsoas for within in (one, other) if (area := members(within).get(code))]
    if not sizes:
        return 0.0
    lost = sum(move.moved for move in between if move.old == code)
    return (lost + gained) / max(sizes)
