"""Sets of boundaries: which commissioning areas there were from an April on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

PUBLISHER = "Office for National Statistics"
# The first month of the financial year, in which boundaries change.
_APRIL = 4
_KINDS = {
    "ccg": "clinical commissioning groups",
    "subicb": "Sub-ICB locations",
    "icb": "integrated care boards",
}
# Sub-ICB locations took the places, and the codes, of clinical commissioning groups.
_ALIKE = {"ccg": ("ccg", "subicb"), "subicb": ("subicb", "ccg"), "icb": ("icb",)}


@dataclass(frozen=True, order=True)
class Boundaries:
    """The commissioning areas of one kind as they were from an April on.

    Parameters
    ----------
    year : int
        That April's.
    level : str
        ``ccg``, ``subicb`` or ``icb``, as `iapt_report.sources.formats.level_words` has them.
    """

    year: int
    level: str

    @property
    def start(self) -> date:
        """The first day they held."""
        return date(self.year, _APRIL, 1)

    @property
    def month(self) -> str:
        """When they began, in words."""
        return f"April {self.year}"

    @property
    def words(self) -> str:
        """What they are, in words: clinical commissioning groups of April 2019."""
        return f"{_KINDS[self.level]} of {self.month}"


def levels_like(level: str) -> tuple[str, ...]:
    """Return the kinds of boundaries that areas of a level can lie in, its own first; none for a provider."""
    return _ALIKE.get(level, ())
