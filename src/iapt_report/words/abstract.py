"""The paper's summary: what was found and what follows from it, of deprivation first, then of the benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import benchmarks, deprivation
from iapt_report.words.markdown import said

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings


def results(f: Findings) -> str:
    """Say what was found."""
    return said(deprivation.abstract(f), benchmarks.abstract(f))


def conclusions(f: Findings) -> str:
    """Say what follows from it."""
    return said(deprivation.conclusion(f), benchmarks.conclusion(f))
