"""Where commissioning areas lie: their centres, and the local authorities that they share ground with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from iapt_report.reference.boundaries import Boundaries, levels_like
from iapt_report.reference.deprivation import nhs_codes
from iapt_report.reference.shipped import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CENTRES_FILE = "centres.csv"
AUTHORITIES_FILE = "local-authorities.csv"
# Greater London's, as the table has them.
_BOROUGHS = frozenset(
    {
        *("Barking and Dagenham", "Barnet", "Bexley", "Brent", "Bromley", "Camden", "City of London", "Croydon"),
        *("Ealing", "Enfield", "Greenwich", "Hackney", "Hammersmith and Fulham", "Haringey", "Harrow", "Havering"),
        *("Hillingdon", "Hounslow", "Islington", "Kensington and Chelsea", "Kingston upon Thames", "Lambeth"),
        *("Lewisham", "Merton", "Newham", "Redbridge", "Richmond upon Thames", "Southwark", "Sutton"),
        *("Tower Hamlets", "Waltham Forest", "Wandsworth", "Westminster"),
    }
)


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


def lying(codes: Collection[str], expected: Boundaries) -> Mapping[str, Centre]:
    """Return the centres of areas that are known, by the codes they were asked by.

    Parameters
    ----------
    codes : collection of str
        Of the NHS or of the Office for National Statistics.
    expected : Boundaries
        Where an area is in them, its centre is the one that it has there; else that of the boundaries of its kind that
        are nearest in time.
    """
    like = [within for within in _centres() if within.level in levels_like(expected.level)]
    like.sort(key=lambda within: (within != expected, abs(within.year - expected.year), within))
    known = nhs_codes()
    found: dict[str, Centre] = {}
    for within in like:
        there = centres(within)
        for code in codes:
            if code not in found and (centre := there.get(known.get(code, code))):
                found[code] = centre
    return found


@cache
def local_authorities(boundaries: Boundaries) -> Mapping[str, tuple[Authority, ...]]:
    """Return the local authorities of areas by NHS code, those with most of an area's small areas first."""
    return _authorities().get(boundaries, {})


@cache
def london() -> frozenset[str]:
    """Return the NHS codes of areas, of any boundaries, with most of their small areas in a London borough."""
    return frozenset(
        code
        for areas in _authorities().values()
        for code, listed in areas.items()
        if 2 * sum(one.lsoas for one in listed if one.name in _BOROUGHS) > listed[0].of
    )


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
