"""The average deprivation of every commissioning area since April 2015, by edition of the index and boundaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from iapt_report.reference.boundaries import Boundaries, levels_like
from iapt_report.reference.editions import Edition, editions
from iapt_report.reference.shipped import rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

FILE = "deprivation.csv"


@dataclass(frozen=True)
class Average:
    """One area's deprivation.

    Parameters
    ----------
    nhs_code, ons_code, name : str
    lsoas : int
        How many lower-layer super output areas it has.
    population : int or None
        Of these, where the edition weights by it.
    score, rank : float
        The mean score (higher is more deprived) and the mean rank of these among all of England's (1 is the most
        deprived), weighted as the edition says.
    official : float or None
        The average score that the edition's publisher gives the area, where it gives one.
    """

    nhs_code: str
    ons_code: str
    name: str
    lsoas: int
    population: int | None
    score: float
    rank: float
    official: float | None

    @property
    def size(self) -> int:
        """What it counts for in a mean over areas."""
        return self.lsoas if self.population is None else self.population


@dataclass(frozen=True)
class Table:
    """The averages of one edition within one set of boundaries."""

    edition: Edition
    boundaries: Boundaries
    areas: tuple[Average, ...] = field(repr=False)

    @property
    def codes(self) -> frozenset[str]:
        """Every code of its areas, of the NHS and of the Office for National Statistics."""
        return frozenset(code for area in self.areas for code in (area.nhs_code, area.ons_code))


@cache
def tables() -> tuple[Table, ...]:
    """Return every table, in the order of editions and boundaries."""
    known = {str(edition.year): edition for edition in editions()}
    found: dict[tuple[int, Boundaries], list[Average]] = {}
    for row in rows(FILE):
        area = Average(
            row["nhs_code"],
            row["ons_code"],
            row["name"],
            int(row["lsoas"]),
            int(row["population"]) if row["population"] else None,
            float(row["average_score"]),
            float(row["average_rank"]),
            float(row["official_average_score"]) if row["official_average_score"] else None,
        )
        within = Boundaries(int(row["boundaries"]), row["level"])
        found.setdefault((known[row["edition"]].year, within), []).append(area)
    return tuple(Table(known[str(year)], within, tuple(areas)) for (year, within), areas in sorted(found.items()))


def tables_of(edition: Edition) -> tuple[Table, ...]:
    """Return the tables of one edition, the oldest boundaries first."""
    return tuple(table for table in tables() if table.edition == edition)


@cache
def nhs_codes() -> Mapping[str, str]:
    """Return the NHS code behind each code, of the NHS or of the Office for National Statistics, of any year."""
    return {
        code: area.nhs_code for table in tables() for area in table.areas for code in (area.nhs_code, area.ons_code)
    }


@cache
def sets_of_boundaries() -> tuple[Boundaries, ...]:
    """Return every set of boundaries that there are averages for, in time."""
    return tuple(sorted({table.boundaries for table in tables()}))


@cache
def members(boundaries: Boundaries) -> Mapping[str, Average]:
    """Return the areas of a set of boundaries by NHS code; of its editions, the oldest tells their averages."""
    table = next(table for table in tables() if table.boundaries == boundaries)
    return {area.nhs_code: area for area in table.areas}


def in_force(level: str, when: date) -> Boundaries | None:
    """Return the boundaries that held for a kind of area on a day; None where none is known."""
    there = [within for within in sets_of_boundaries() if within.level in levels_like(level) and within.start <= when]
    return max(there, default=None)
