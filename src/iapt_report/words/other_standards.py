"""What is said of the national standards for other outcomes than the one analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.numbers import exact_percent, joined, of_areas

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings


def results(f: Findings) -> str:
    """Say in one sentence how many areas are below each; nothing where no other standard is in force."""
    found = f.results.other_standards
    if not found:
        return ""
    named = joined([f"{standard.words} ({exact_percent(standard.value)})" for standard in found])
    missed = joined([of_areas(standard.below, standard.areas) for standard in found])
    one = len(found) == 1
    return f"The standard{'' if one else 's'} for {named} {'was' if one else 'were'} missed by {missed}."
