"""The paper's summary: what was found and what follows from it, of deprivation first, then of the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import benchmarks, deprivation, made_from, method
from iapt_report.words.markdown import said

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings


def aim(f: Findings) -> str:
    """Say what for, and on what data."""
    return f"To repeat it for {f.months}{method.other_outcome(f)}{made_from.invented(f)}."


def results(f: Findings) -> str:
    """Say what was found."""
    return said(deprivation.abstract(f), benchmarks.abstract(f))


def closing(f: Findings) -> str:
    """Close the paper: what follows for those who judge services."""
    match f.gradient.direction:
        case "rising":
            return (
                f"Where the expected {f.rate} is lower, a common standard is harder to reach. Whether it should be "
                "adjusted depends on why areas differ, which takes figures of patients and of services."
            )
        case "falling":
            return (
                f"A common standard is not harder to reach in more deprived areas by these figures. Why {f.rate}s "
                "differ takes figures of patients and of services."
            )
        case _:
            gap = (
                " The gap that is found lies between patients, and a benchmark which allows for it would be adjusted "
                "for the patients of a service, not for its area."
            )
            return (
                f"Figures of areas do not settle here what deprivation has to do with {f.outcome}."
                f"{gap if f.patients_gap == 'less deprived' else ''}"
            )


def conclusions(f: Findings) -> str:
    """Say what follows from it."""
    return said(deprivation.conclusion(f), benchmarks.conclusion(f))
