"""What is known of the deprivation of the activity's organisations, whichever source tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.sources.matching import Known, match

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.areas.rows import Row
    from iapt_report.areas.table import DeprivationFacts, Source
    from iapt_report.sources.lookup import Boundary
    from iapt_report.sources.matching import Matches
    from iapt_report.sources.successors import Successors


@dataclass(frozen=True)
class AreaDeprivation:
    """What is known of the deprivation of the activity's organisations.

    Parameters
    ----------
    value : dict of str to float
        Average score or rank by the activity's code.
    by_score : bool
        Whether the values are scores (higher is more deprived).
    lacking : dict of str to str
        Why there is no value, by code.
    absent : dict of str to str
        Areas that the activity lacks: code and name.
    names : dict of str to str
        How the source calls the organisations, by the activity's code.
    source : str
        What the source is called where it names an area that the activity lacks.
    notes : tuple of str
        How the values came about, each a sentence.
    followed : dict of str to str
        The source's codes that count for a successor of theirs in the activity.
    sources : tuple of Source
        The files of the package that it rests on.
    facts : DeprivationFacts or None
        Edition and boundaries, where they are known.
    """

    value: dict[str, float]
    by_score: bool
    lacking: dict[str, str]
    absent: dict[str, str]
    names: dict[str, str]
    source: str
    notes: tuple[str, ...]
    followed: dict[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    facts: DeprivationFacts | None = None


def matched(organisations: Sequence[Row], boundary: Boundary, successors: Successors) -> Matches:
    """Find the organisations among the areas of a lookup, those merged since counting as their successors."""
    areas_there = dict.fromkeys(boundary.areas)
    codes = {row["area_code"] for row in organisations}
    own = {area.nhs_code for area in areas_there} | {area.ons_code for area in areas_there}
    followed = {
        successor: area
        for area in areas_there
        for code in (area.nhs_code, area.ons_code)
        if code and code not in codes and (successor := successors.follow(code, codes)) and successor not in own
    }
    known = [*areas_there, *(Known(nhs_code=code) for code in followed)]
    return match(organisations, known)


def merged_into(
    boundary: Boundary, code_of: dict[Known, str], codes: set[str], successors: Successors
) -> dict[Known, str]:
    """Say which areas of a lookup merged into which organisations of the activity."""
    merged = {}
    for area in dict.fromkeys(boundary.areas):
        given = [code for code in (area.nhs_code, area.ons_code) if code]
        if area not in code_of and not codes & set(given):
            successor = next((s for code in given if (s := successors.follow(code, codes))), None)
            if successor:
                merged[area] = successor
    return merged
