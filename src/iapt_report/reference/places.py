"""Where commissioning areas lie: their centres, and the local authorities that they share ground with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.shipped import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

CENTRES_FILE = "centres.csv"
AUTHORITIES_FILE = "local-authorities.csv"


@dataclass(frozen=True)
class Centre:
    """The mean of the centres of an area's small areas, in metres of the British National Grid."""

    easting: float
    northing: float


@dataclass(frozen=True)
class Authority:
    """A local authority that an area lies in, with how many of the area's small areas do, of how many."""

    name: str
    lsoas: int
    of: int


@cache
def centres(boundaries: Boundaries) -> Mapping[str, Centre]:
    """Return the centres of areas by NHS code; none where the boundaries are not known."""
    return _centres().get(boundaries, {})


@cache
def local_authorities(boundaries: Boundaries) -> Mapping[str, tuple[Authority, ...]]:
    """Return the local authorities of areas by NHS code, those with most of an area's small areas first."""
    return _authorities().get(boundaries, {})


@cache
def _centres() -> Mapping[Boundaries, Mapping[str, Centre]]:
    found: dict[Boundaries, dict[str, Centre]] = {}
    for row in rows(CENTRES_FILE):
        within = Boundaries(int(row["boundaries"]), row["level"])
        found.setdefault(within, {})[row["nhs_code"]] = Centre(float(row["easting"]), float(row["northing"]))
    return found


@cache
def _authorities() -> Mapping[Boundaries, Mapping[str, tuple[Authority, ...]]]:
    found: dict[Boundaries, dict[str, list[Authority]]] = {}
    for row in rows(AUTHORITIES_FILE):
        within = Boundaries(int(row["boundaries"]), row["level"])
        authority = Authority(row["local_authority"], int(row["lsoas"]), int(row["of_lsoas"]))
        found.setdefault(within, {}).setdefault(row["nhs_code"], []).append(authority)
    return {
        within: {
            code: tuple(sorted(listed, key=lambda authority: (-authority.lsoas, authority.name)))
            for code, listed in areas.items()
        }
        for within, areas in found.items()
    }
