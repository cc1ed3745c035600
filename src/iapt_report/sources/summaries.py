"""Deprivation of organisations from an official summary, or a user's own list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.reference.geographies import COMMISSIONING, geography_of, in_words
from iapt_report.sources.area_deprivation import AreaDeprivation
from iapt_report.sources.formats import PROVIDER, level_words
from iapt_report.sources.matching import Known, match
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from iapt_report.sources.combine import Activity
    from iapt_report.sources.deprivation import Summary

NOT_SUMMARISED = "no deprivation score: neither its code nor its name is in the deprivation file"


def by_organisation(activity: Activity, summary: Summary) -> AreaDeprivation:
    """Take deprivation from an official summary, or a user's own file: by code, else by name.

    Raises
    ------
    DataError
        If no organisation of the activity is in the summary, or it is about places of another kind.
    """
    codes = {row["area_code"] for row in activity.rows}
    _refuse_other_places(codes, summary, activity.level)
    rows = {
        # One column of codes, which may be those of the NHS or of the Office for National Statistics.
        Known(nhs_code=code, name=name): value
        for code, name, value in zip(summary.codes, summary.names, summary.values, strict=True)
    }
    matches = match(activity.rows, rows)
    if not matches.found:
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.file} is in this summary, by code or by name; the "
            f"activity has {activity.rows[0]['area_name']!r}, the summary {summary.codes[0]!r} "
            f"({summary.names[0] or 'without a name'})",
            file=summary.file,
            expected="the organisations of the activity file",
            mend="give the summary for the same kind of organisation",
        )
    value = {code: rows[other] for code, other in matches.found.items()}
    found = set(matches.found.values())
    measure = "score" if summary.by_score else "rank"
    if activity.level == PROVIDER:
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
        lacking=dict.fromkeys(codes - set(value), NOT_SUMMARISED),
        absent={other.code: other.name or other.code for other in rows if other not in found},
        names={code: other.name for code, other in matches.found.items() if other.name},
        source="deprivation file",
        notes=(note,),
    )


def _refuse_other_places(codes: set[str], summary: Summary, level: str) -> None:
    """Refuse a summary whose codes are those of another geography, whose names could pass for the areas'."""
    there = geography_of(summary.codes)
    right = COMMISSIONING.get(level, there)
    if there not in (None, right, geography_of(codes)):
        raise DataError(
            f"this is the deprivation of {in_words(str(there))}, and the activity is of "
            f"{level_words()[level]}s, which have other borders even where they have the same name",
            file=summary.file,
            expected=f"the deprivation of {level_words()[level]}s, or by LSOA with --lookup FILE",
            mend="give the right summary, or leave --deprivation out: averages come with iapt-report",
        )
