"""The editions of the English Indices of Deprivation, and the one that a period is read with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from iapt_report.reference.shipped import FOLDER
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from datetime import date

    from iapt_report.areas.period import Period


@dataclass(frozen=True)
class Edition:
    """One edition of the English Indices of Deprivation; see the head of ``editions.toml`` for its fields."""

    year: int
    title: str
    publisher: str
    published: date
    address: str
    census: int
    weight: Literal["lsoas", "population"]
    scores: str

    @property
    def short(self) -> str:
        """What the index is called in a sentence: IMD 2019."""
        return f"IMD {self.year}"

    @property
    def day(self) -> str:
        """The day it was published on, in words."""
        return f"{self.published.day} {self.published:%B %Y}"


@cache
def editions() -> tuple[Edition, ...]:
    """Return the editions whose averages come with the package, oldest first."""
    listed = tomllib.loads((FOLDER / "editions.toml").read_text("utf-8"))["edition"]
    return tuple(sorted((Edition(**values) for values in listed), key=lambda edition: edition.published))


def edition_of(period: Period) -> Edition:
    """Return the newest edition that was published before a period's end; the oldest where none was."""
    return next((e for e in reversed(editions()) if e.published < period.end), editions()[0])


def edition_named(year: int) -> Edition:
    """Return the edition of a year.

    Raises
    ------
    CallError
        If no averages of such an edition come with the package.
    """
    found = next((edition for edition in editions() if edition.year == year), None)
    if found is None:
        raise CallError(
            f"there is no edition {year} of the indices of deprivation here",
            expected=", ".join(str(edition.year) for edition in editions()),
            mend="choose one of these, or give the files of another with --deprivation and --lookup",
        )
    return found
