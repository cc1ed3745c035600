"""Deprivation of organisations from that of their small areas (LSOA), by a lookup."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.rows import compensated_sum
from iapt_report.sources.area_deprivation import AreaDeprivation, matched, merged_into
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iapt_report.sources.combine import Activity
    from iapt_report.sources.deprivation import Deprivation
    from iapt_report.sources.lookup import Lookup
    from iapt_report.sources.successors import Successors

NOT_LOOKED_UP = "no deprivation score: neither its code nor its name is in the lookup"
_NO_LSOA = "no deprivation score: none of its small areas is in the deprivation file"
_SLIGHT = 0.005
# An area of which more small areas than this share have no score or rank is not ranked by the others.
MOST_LACKING = 0.25


def by_small_areas(
    activity: Activity, deprivation: Deprivation, lookup: Lookup, successors: Successors, lookup_file: object
) -> AreaDeprivation:
    """Average deprivation over the small areas (LSOA) of each organisation.

    The mean is weighted by population where that is given; where only ranks are published, ranks are averaged. Areas
    of the lookup that have merged since count for their successors.

    Raises
    ------
    DataError
        If no organisation of the activity is in the lookup, or an LSOA is there twice.
    """
    organisations = activity.rows
    codes = {row["area_code"] for row in organisations}
    boundary, matches = max(
        ((boundary, matched(organisations, boundary, successors)) for boundary in lookup.boundaries),
        key=lambda pair: len(pair[1].found),
    )
    if not matches.found:
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.file} is in this lookup; they are "
            f"{organisations[0]['area_code']!r} and so on, the lookup has {boundary.areas[0].code!r} and so on",
            file=lookup_file,
            column=boundary.stem,
            expected="the codes or names of the activity file",
            mend="give the lookup for the commissioning areas of the period",
        )
    code_of = {other: code for code, other in matches.found.items()}
    into = {**merged_into(boundary, code_of, codes, successors), **code_of}
    there = set(deprivation.lsoas)
    column, lsoas = max(lookup.lsoa.items(), key=lambda item: sum(lsoa in there for lsoa in item[1]))
    cells.Place(lookup_file, lookup.rows).refuse_repeats(lsoas, lsoas, column)
    area_of = {
        lsoa: code for lsoa, area in zip(lsoas, boundary.areas, strict=True) if (code := into.get(area)) is not None
    }
    joined: dict[str, list[tuple[float, float]]] = {}
    for lsoa, own, weight in zip(deprivation.lsoas, deprivation.values, deprivation.weights, strict=True):
        if lsoa in area_of:
            joined.setdefault(area_of[lsoa], []).append((own, weight))
    listed = Counter(area_of.values())
    lacking = _gaps(listed, {code: len(parts) for code, parts in joined.items()})
    means = {code: _mean(parts) for code, parts in sorted(joined.items())}
    value = {code: mean for code, mean in means.items() if mean is not None and code not in lacking}
    measure = "score" if deprivation.by_score else "rank"
    weighting = "weighted by their populations" if deprivation.by_population else "each counting the same"
    notes = [
        f"An area's deprivation is the mean IMD {measure} of its lower-layer super output areas, {weighting}, "
        f"matched to the lookup {matches.in_words()}; the index is that of {deprivation.file}."
    ]
    merged = len(set(into) - set(code_of))
    if merged:
        notes.append(
            f"The small areas of {merged} area{'' if merged == 1 else 's'} of the lookup count for the "
            f"{'area' if merged == 1 else 'areas'} that {'it' if merged == 1 else 'they'} later merged into."
        )
    without = len(area_of) - sum(map(len, joined.values()))
    if without > _SLIGHT * len(area_of):
        notes.append(
            f"The index has no value for {without} of the {len(area_of)} small areas, as happens where the lookup and "
            "the index are of different censuses."
        )
    if lacking:
        notes.append(
            f"An area is ranked where the index has a value for three in four of its small areas or more; "
            f"{len(lacking)} {'area has' if len(lacking) == 1 else 'areas have'} fewer, and "
            f"{'is' if len(lacking) == 1 else 'are'} left out."
        )
    others = {
        area.code: area.name or area.code
        for area in boundary.areas
        if area.code and area not in into and area.code not in codes
    }
    return AreaDeprivation(
        value=value,
        by_score=deprivation.by_score,
        lacking={
            code: lacking.get(code, _NO_LSOA if code in matches.found else NOT_LOOKED_UP) for code in codes - set(value)
        },
        absent=dict(sorted(others.items())),
        names={code: area.name for code, area in matches.found.items() if area.name},
        source="lookup",
        notes=tuple(notes),
        followed={area.code: code for area, code in into.items() if area not in code_of},
    )


def _mean(parts: Sequence[tuple[float, float]]) -> float | None:
    """Average values with their weights; None where all weights are 0."""
    weight = compensated_sum(weight for _, weight in parts)
    return compensated_sum(value * weight for value, weight in parts) / weight if weight > 0 else None


def _gaps(listed: Mapping[str, int], valued: Mapping[str, int]) -> dict[str, str]:
    """Say of which areas too many small areas have no value, some having one, and how many."""
    found = {}
    for code, n in listed.items():
        lacking = n - valued.get(code, 0)
        if MOST_LACKING * n < lacking < n:
            found[code] = (
                f"no deprivation score: {lacking} of its {n} small areas are not in the deprivation file, more than "
                "the quarter that may be lacking"
            )
    return found
