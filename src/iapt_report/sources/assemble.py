"""Activity and deprivation, joined into the canonical table of areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.table import (
    COUNTS,
    RATES,
    SUPPRESSED,
    Flow,
    deprivation_ranks,
    rate_from_counts,
    usable,
    validated,
)
from iapt_report.sources.matching import Known, match
from iapt_report.sources.precision import rate_bounds
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.sources.combine import Activity
    from iapt_report.sources.deprivation import Deprivation, Summary
    from iapt_report.sources.lookup import Boundary, Lookup
    from iapt_report.sources.matching import Matches
    from iapt_report.sources.successors import Successors

_NOT_ACTIVE = "in the {}, but not in the activity file"
_UNKNOWN = "not a commissioning area: activity that could not be assigned to one"
_NOT_LOOKED_UP = "no deprivation score: neither its code nor its name is in the lookup"
_NO_LSOA = "no deprivation score: none of its small areas is in the deprivation file"
_NOT_SUMMARISED = "no deprivation score: neither its code nor its name is in the deprivation file"
_FEW = 0.05
_SLIGHT = 0.005
_UNASSIGNED = frozenset({"UNKNOWN", "INVALID", "NULL", "-", ""})


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
    """

    value: dict[str, float]
    by_score: bool
    lacking: dict[str, str]
    absent: dict[str, str]
    names: dict[str, str]
    source: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Assembled:
    """Every organisation of the sources, as `iapt_report.areas.table.checked` returns it, and what is to be known."""

    table: pd.DataFrame
    notes: tuple[str, ...]
    flow: Flow


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
    import pandas as pd

    organisations = activity.frame
    codes = set(organisations["area_code"])
    boundary, matches = max(
        ((boundary, _matched(organisations, boundary, successors)) for boundary in lookup.boundaries),
        key=lambda pair: len(pair[1].found),
    )
    if not matches.found:
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.file} is in this lookup; they are "
            f"{organisations['area_code'].iloc[0]!r} and so on, the lookup has {boundary.areas[0].code!r} and so on",
            file=lookup_file,
            column=boundary.stem,
            expected="the codes or names of the activity file",
            mend="give the lookup for the commissioning areas of the period",
        )
    code_of = {other: code for code, other in matches.found.items()}
    into = {**_into(boundary, code_of, codes, successors), **code_of}
    column, lsoa = max(lookup.lsoa.items(), key=lambda item: item[1].isin(deprivation.frame["lsoa"]).sum())
    cells.Place(lookup_file, lookup.rows).refuse_repeats(lsoa, lsoa, column)
    pairs = pd.DataFrame({"lsoa": lsoa, "area": [into.get(area) for area in boundary.areas]}).dropna()
    joined = deprivation.frame.merge(pairs, on="lsoa")
    sums = joined.assign(moment=joined["value"] * joined["weight"]).groupby("area")[["moment", "weight"]].sum()
    means = (sums["moment"] / sums["weight"])[sums["weight"] > 0].to_dict()
    value = {str(code): float(mean) for code, mean in means.items()}
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
    without = len(pairs) - len(joined)
    if without > _SLIGHT * len(pairs):
        notes.append(
            f"The index has no value for {without} of the {len(pairs)} small areas, as happens where the lookup and "
            "the index are of different censuses."
        )
    others = {
        area.code: area.name or area.code
        for area in boundary.areas
        if area.code and area not in into and area.code not in codes
    }
    return AreaDeprivation(
        value=value,
        by_score=deprivation.by_score,
        lacking={code: _NO_LSOA if code in matches.found else _NOT_LOOKED_UP for code in codes - set(value)},
        absent=dict(sorted(others.items())),
        names={code: area.name for code, area in matches.found.items() if area.name},
        source="lookup",
        notes=tuple(notes),
    )


def _matched(organisations: pd.DataFrame, boundary: Boundary, successors: Successors) -> Matches:
    """Find the organisations among the areas of a lookup, those merged since counting as their successors."""
    areas_there = dict.fromkeys(boundary.areas)
    codes = set(organisations["area_code"])
    own = {area.nhs_code for area in areas_there} | {area.ons_code for area in areas_there}
    followed = {
        successor: area
        for area in areas_there
        for code in (area.nhs_code, area.ons_code)
        if code and code not in codes and (successor := successors.follow(code, codes)) and successor not in own
    }
    known = [*areas_there, *(Known(nhs_code=code) for code in followed)]
    return match(organisations, known)


def _into(boundary: Boundary, code_of: dict[Known, str], codes: set[str], successors: Successors) -> dict[Known, str]:
    """Say which areas of a lookup merged into which organisations of the activity."""
    merged = {}
    for area in dict.fromkeys(boundary.areas):
        given = [code for code in (area.nhs_code, area.ons_code) if code]
        if area not in code_of and not codes & set(given):
            successor = next((s for code in given if (s := successors.follow(code, codes))), None)
            if successor:
                merged[area] = successor
    return merged


def by_organisation(activity: Activity, summary: Summary) -> AreaDeprivation:
    """Take deprivation from an official summary, or a user's own file: by code, else by name.

    Raises
    ------
    DataError
        If no organisation of the activity is in the summary.
    """
    organisations = activity.frame
    codes = set(organisations["area_code"])
    rows = {
        # One column of codes, which may be those of the NHS or of the Office for National Statistics.
        Known(nhs_code=code, name=name): float(value)
        for code, name, value in summary.frame[["code", "name", "value"]].itertuples(index=False)
    }
    matches = match(organisations, rows)
    if not matches.found:
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.file} is in this summary, by code or by name; the "
            f"activity has {organisations['area_name'].iloc[0]!r}, the summary {summary.frame['code'].iloc[0]!r} "
            f"({summary.frame['name'].iloc[0] or 'without a name'})",
            file=summary.file,
            expected="the organisations of the activity file",
            mend="give the summary for the same kind of organisation",
        )
    value = {code: rows[other] for code, other in matches.found.items()}
    found = set(matches.found.values())
    measure = "score" if summary.by_score else "rank"
    if activity.level == "provider":
        note = (
            f"A provider has no boundary, and so no official index; its deprivation is the IMD {measure} that "
            f"{summary.file}, a file of the user's own, gives it."
        )
    elif summary.official:
        by_names = sum(how == "name" for how in matches.how.values())
        way = "by name" if by_names == len(value) else "by code or, where the codes differ, by name"
        note = (
            f"An area's deprivation is its average IMD {measure} in the official summary {summary.file}, matched {way}."
        )
    else:
        note = f"An area's deprivation is the IMD {measure} that {summary.file}, a file of the user's own, gives it."
    return AreaDeprivation(
        value=value,
        by_score=summary.by_score,
        lacking=dict.fromkeys(codes - set(value), _NOT_SUMMARISED),
        absent={other.code: other.name or other.code for other in rows if other not in found},
        names={code: other.name for code, other in matches.found.items() if other.name},
        source="deprivation file",
        notes=(note,),
    )


def assemble(activity: Activity, deprivation: AreaDeprivation) -> Assembled:
    """Join activity with deprivation, and rank the areas that can be analysed; ties share their mean rank.

    Every organisation of either source is kept, those that cannot be analysed with the reason.
    """
    import pandas as pd

    absent = pd.DataFrame(
        {
            "area_code": list(deprivation.absent),
            "area_name": list(deprivation.absent.values()),
            "excluded": _NOT_ACTIVE.format(deprivation.source),
        }
    )
    full = pd.concat([rate_bounds(activity.frame), absent], ignore_index=True).astype(
        {
            **dict.fromkeys(COUNTS, "Int64"),
            **dict.fromkeys(RATES, "float64"),
            "area_code": "str",
            "area_name": "str",
        }
    )
    full[SUPPRESSED] = full[SUPPRESSED].fillna("").astype("str")
    for outcome in OUTCOMES.values():
        full[outcome.rate] = rate_from_counts(full, outcome)
    code = full["area_code"]
    # An area that exists by merger alone has no name in the activity.
    named = full["area_name"].where(full["area_name"] != "", code.map(deprivation.names))
    full["area_name"] = named.fillna(code).astype("str")
    unassigned = code.str.upper().isin(_UNASSIGNED)
    reason = full["excluded"].where(full["excluded"].notna(), code.map(deprivation.lacking))
    full = full.assign(excluded=reason.mask(unassigned, _UNKNOWN))
    mean = code.map(deprivation.value).astype("float64")
    score = mean if deprivation.by_score else -mean
    full = full.assign(
        imd_score=mean if deprivation.by_score else float("nan"),
        imd_rank=deprivation_ranks(score.where(usable(full))),
    )
    notes = (*deprivation.notes, *activity.notes, *_notes(full, activity))
    flow = Flow(activity.published, activity.published - len(activity.frame), len(deprivation.value))
    return Assembled(validated(full), notes, flow)


def _notes(full: pd.DataFrame, activity: Activity) -> list[str]:
    """Say where the sources do not fit together."""
    notes = []
    unmatched = sum(why in (_NOT_LOOKED_UP, _NOT_SUMMARISED) for why in full["excluded"])
    if unmatched > _FEW * len(activity.frame):
        notes.append(
            f"The deprivation data lack {unmatched} organisations of the activity file, which may be of another year; "
            "the areas analysed are then not all of England."
        )
    return notes
