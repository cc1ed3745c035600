"""What the brief alone says: its headline, and what outcome and standard are, in words that need no explaining."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import benchmarks, deprivation
from iapt_report.words.numbers import how_many

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

_CASE = "scored as a clinical case of either before treatment and as a case of neither after it"
_ERROR = "by more than the error of the questionnaires"
_OUTCOMES = {
    "recovery": f"To recover, a patient must have {_CASE}.",
    "reliable_recovery": f"To recover reliably, a patient must have {_CASE}, and have improved {_ERROR}.",
    "reliable_improvement": f"To improve reliably, a patient's scores must get better {_ERROR}.",
}


def headline(f: Findings) -> str:
    """Say in one sentence what was found; what the benchmarks do only where deprivation gives them a ground."""
    found = deprivation.headline(f)
    return f"{found}; {benchmarks.headline(f)}." if f.gradient.rises else f"{found}."


def outcome(f: Findings) -> str:
    """Say what a patient with the outcome has reached."""
    return _OUTCOMES[f.results.outcome.name]


def standard(f: Findings) -> str:
    """Name the standard."""
    if f.results.standard.national:
        return f"The national standard is the same for every area: {f.standard}."
    return f"The standard used here is {f.standard}, the same for every area; it was chosen for this report."


def areas(f: Findings) -> str:
    """Give the number of areas in words."""
    return how_many(f.n, "area")
