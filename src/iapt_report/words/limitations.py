"""What limits the paper's conclusions, where that follows from settings and data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import benchmarks, caution, doubts, examination, limits, sample
from iapt_report.words.markdown import said

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings


def of_benchmarks(f: Findings) -> str:
    """Say what a benchmark does not allow for, what that does to services, and so what it means to be below."""
    return said(limits.chance(f), limits.simulated(f), caution.no_verdict())


def whole(f: Findings) -> str:
    """Say both in one paragraph."""
    return said(of_benchmarks(f), of_data(f))


def of_data(f: Findings) -> str:
    """Say how far the regression fits and how exactly the figures are known."""
    return said(examination.robust(f), benchmarks.rounding(f), sample.cases_unknown(f), doubts.without(f))
