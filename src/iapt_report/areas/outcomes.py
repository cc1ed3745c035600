"""The outcomes of treatment that areas can be compared by, and the national standard of each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from iapt_report.areas.period import Period

Name = Literal["recovery", "reliable_recovery", "reliable_improvement"]
_STANDARDS = Path(__file__).parent / "standards.toml"


@dataclass(frozen=True)
class Outcome:
    """An outcome, and where `iapt_report.areas.table.Areas` holds it.

    Parameters
    ----------
    name : str
        As settings name it.
    reached : str
        The column of the patients who reached it.
    cases : str
        The column of the patients who could.
    rate : str
        The column of the one over the other (proportion).
    words : str
        What it is called in prose.
    """

    name: Name
    reached: str
    cases: str
    rate: str
    words: str

    @property
    def low(self) -> str:
        """The column of the least that the rate can be, given how its counts are published."""
        return f"{self.rate}_low"

    @property
    def high(self) -> str:
        """The column of the most that the rate can be."""
        return f"{self.rate}_high"

    @property
    def percentage(self) -> str:
        """What published files' percentages of it are called in ``formats.toml``."""
        return f"{self.name}_percentage"


RECOVERY = Outcome("recovery", "recovered", "at_caseness", "recovery_rate", "recovery")
OUTCOMES: dict[Name, Outcome] = {
    outcome.name: outcome
    for outcome in (
        RECOVERY,
        Outcome(
            "reliable_recovery", "reliably_recovered", "at_caseness", "reliable_recovery_rate", "reliable recovery"
        ),
        Outcome(
            "reliable_improvement",
            "reliably_improved",
            "finished_treatment",
            "reliable_improvement_rate",
            "reliable improvement",
        ),
    )
}


@dataclass(frozen=True)
class Standard:
    """A national standard: the share of patients who should reach an outcome, from and until when, and who set it."""

    value: float
    since: date
    until: date | None
    source: str


def national_standard(outcome: Outcome, period: Period) -> Standard | None:
    """Return the national standard that held when a period began; None where there was none.

    The standards, each with its source, are listed in ``standards.toml`` beside this module.
    """
    return next(
        (
            standard
            for standard in _standards()[outcome.name]
            if standard.since <= period.start and (standard.until is None or period.start <= standard.until)
        ),
        None,
    )


@cache
def _standards() -> dict[str, tuple[Standard, ...]]:
    listed = tomllib.loads(_STANDARDS.read_text("utf-8"))
    return {
        name: tuple(Standard(row["value"], row["from"], row.get("until"), row["source"]) for row in rows)
        for name, rows in listed.items()
    }
