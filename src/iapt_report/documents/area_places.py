"""The local authorities that the areas of a period lie in, by which a reader who knows no code looks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.figures.tile_map import boundaries_of
from iapt_report.reference.deprivation import nhs_codes
from iapt_report.reference.places import local_authorities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iapt_report.analysis.results import Results

# An area touches a place where fewer of its small areas are there, as where boundaries were drawn by different hands.
_TOUCHES = 0.005


def places_of(results: Results) -> Mapping[str, tuple[str, ...]]:
    """Name the local authorities of each area by its code, those with most of its small areas first.

    Returns
    -------
    mapping of str to tuple of str
        Of the areas of which this is known; none of invented ones.
    """
    boundaries = boundaries_of(results)
    if boundaries is None:
        return {}
    known, codes = local_authorities(boundaries), nhs_codes()
    found = {}
    for area in results.areas:
        listed = known.get(codes.get(area.area_code, area.area_code), ())
        names = tuple(one.name for one in listed if one.lsoas >= _TOUCHES * one.of)
        if names:
            found[area.area_code] = names
    return found
