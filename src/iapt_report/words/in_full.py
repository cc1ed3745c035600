"""The paper's results at length: the replication's first, then those that conclusions come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import benchmarks as two_benchmarks
from iapt_report.words import between_services, covariates, deprivation, other_standards, outlying, slope
from iapt_report.words.markdown import said

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings


def gradient(f: Findings) -> str:
    """Give correlation, outliers and both regressions: paragraphs."""
    return _paragraphs(
        said(deprivation.correlation(f), outlying.results(f)),
        slope.results(f.replicated),
        between_services.results(f),
    )


def benchmarks(f: Findings) -> str:
    """Give what both regressions' benchmarks place below them, and what covariates change: paragraphs."""
    return _paragraphs(
        two_benchmarks.results(f.replicated),
        between_services.benchmarks(f),
        covariates.results(f),
        other_standards.results(f),
    )


def rows(f: Findings) -> str:
    """Give the rows of the table of both."""
    parts = (
        slope.rows(f),
        two_benchmarks.placed_rows(f.replicated),
        between_services.rows(f),
        between_services.placed_rows(f),
    )
    return "\n".join(filter(None, parts))


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))
