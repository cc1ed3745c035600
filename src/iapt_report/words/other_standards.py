"""What is said of the national standards for other outcomes than the one analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.numbers import exact_percent, of_areas, percent

if TYPE_CHECKING:
    from iapt_report.analysis.other_standards import OtherStandard
    from iapt_report.words.findings import Findings


def results(f: Findings) -> str:
    """Say how many areas are below each, and the rate of all patients; nothing where no other standard is in force."""
    return " ".join(_one(standard) for standard in f.results.other_standards)


def _one(standard: OtherStandard) -> str:
    missed = f"The standard for {standard.words}, {exact_percent(standard.value)}, was missed by "
    text = missed + of_areas(standard.below, standard.areas)
    return f"{text}; together, the areas reached {percent(standard.rate)}." if standard.rate is not None else f"{text}."
