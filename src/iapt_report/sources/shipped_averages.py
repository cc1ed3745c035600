"""Deprivation of organisations from the averages that come with the package, within the boundaries that fit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.table import DeprivationFacts
from iapt_report.reference import boundaries as areas_of_a_year
from iapt_report.reference import deprivation as averages
from iapt_report.reference import shipped
from iapt_report.reference.boundaries import levels_like
from iapt_report.reference.editions import edition_named, edition_of
from iapt_report.reference.geographies import COMMISSIONING, geography_of, in_words
from iapt_report.sources.area_deprivation import AreaDeprivation
from iapt_report.sources.formats import level_words
from iapt_report.sources.matching import Known, Matches, match
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from iapt_report.areas.period import Period
    from iapt_report.areas.rows import Row
    from iapt_report.reference.deprivation import Average, Table
    from iapt_report.reference.editions import Edition
    from iapt_report.sources.combine import Activity
    from iapt_report.sources.matching import How
    from iapt_report.sources.successors import Successors

NOT_SHIPPED = "no deprivation score: neither its code nor its name is in any boundaries that come with iapt-report"
_HUB = "no deprivation score: a commissioning hub, which has no boundaries"
_OWN_FILES = "give the index and a lookup of your own, with --deprivation FILE and --lookup FILE"


@dataclass(frozen=True)
class Chosen:
    """A table of averages, and whether the user chose its edition."""

    table: Table
    by_user: bool


def fitting(
    codes: Collection[str], level: str, period: Period, successors: Successors, edition: int | None = None
) -> Chosen:
    """Choose the averages for the activity's codes: those within the boundaries that most of them are in.

    Codes count that are in a set of boundaries themselves, or by their successors; of sets with as many, the one with
    most codes themselves is taken; then the one in force when the period began, and then the nearest in time.

    Parameters
    ----------
    codes : collection of str
        Of the NHS or the Office for National Statistics.
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    period : Period
        By default the edition is the newest that was published before its end.
    successors : Successors
    edition : int, optional

    Raises
    ------
    CallError
        If no averages come with the package for such organisations, or of such an edition.
    DataError
        If the codes are those of another geography, or none is known.
    """
    kinds = levels_like(level)
    if not kinds:
        raise CallError(
            f"no deprivation comes with iapt-report for a {level_words()[level]}, which has no boundaries",
            expected="--deprivation FILE with the columns area_code and imd_score, a score for each",
            mend="make such a file of your own, or import commissioning areas",
        )
    other = geography_of(codes)
    if other not in (None, COMMISSIONING[level]):
        raise DataError(
            f"these are the codes of {in_words(str(other))}, such as {min(codes)}, and not of commissioning areas",
            expected=f"codes of a {level_words()[level]}, of the NHS or the Office for National Statistics",
            mend=f"give activity by commissioning area, or {_OWN_FILES}",
        )
    wanted = edition_of(period) if edition is None else edition_named(edition)
    tables = [table for table in averages.tables_of(wanted) if table.boundaries.level in kinds]

    def fit(table: Table) -> tuple[int, int, bool, int, bool]:
        known = table.codes
        themselves = {code for code in codes if code in known}
        by_others = {code for code in codes if code not in known and successors.follow(code, known)}
        days = (period.start - table.boundaries.start).days
        total = len(themselves) + len(by_others)
        return total, len(themselves), days >= 0, -abs(days), table.boundaries.level == kinds[0]

    best = max(tables, key=fit)
    if not fit(best)[0] and not any(successors.follow(code, codes) for code in best.codes):
        raise DataError(
            f"none of the {len(codes)} codes of the activity, such as {min(codes, default='')!r}, is that of a "
            f"commissioning area in {areas_in_words(wanted)}",
            expected="codes of the NHS or the Office for National Statistics",
            mend=_OWN_FILES,
        )
    return Chosen(best, by_user=edition is not None)


def areas_in_words(edition: Edition) -> str:
    """Say what boundaries there are averages of an edition for."""
    years = [table.boundaries.month for table in averages.tables_of(edition)]
    span = years[0] if years[0] == years[-1] else f"{years[0]} to {years[-1].removeprefix('April ')}"
    return f"the boundaries of {span} that {edition.short} comes with"


def by_shipped(activity: Activity, chosen: Chosen, successors: Successors, period: Period) -> AreaDeprivation:
    """Take deprivation from the averages that come with the package: by code of any year, else by name.

    An area that others have merged into has the mean of theirs, weighted as their edition weights small areas.
    """
    table = chosen.table
    codes = {row["area_code"] for row in activity.rows}
    matches = _matched(activity.rows, table)
    claimed = set(matches.found.values())
    parts: dict[str, list[Average]] = {}
    of = {_known(area): area for area in table.areas}
    for code, other in matches.found.items():
        parts.setdefault(code, []).append(of[other])
    followed = {}
    for other, area in of.items():
        successor = None if other in claimed else _successor(area, codes, successors)
        if successor:
            parts.setdefault(successor, []).append(area)
            followed[area.nhs_code] = successor
    names = {row["area_code"]: row["area_name"] for row in activity.rows}
    return AreaDeprivation(
        value={code: _mean(areas) for code, areas in parts.items()},
        by_score=True,
        lacking={code: _reason(names[code]) for code in codes - set(parts)},
        absent={
            area.nhs_code: area.name
            for other, area in of.items()
            if other not in claimed and area.nhs_code not in followed
        },
        names={code: areas[0].name for code, areas in parts.items() if len(areas) == 1},
        source=f"boundaries of {table.boundaries.month}",
        notes=_notes(chosen, matches, followed, period),
        followed=followed,
        sources=(shipped.source(averages.FILE),),
        facts=DeprivationFacts(
            edition=table.edition.year,
            publisher=table.edition.publisher,
            published=table.edition.published,
            level=table.boundaries.level,
            boundaries=table.boundaries.year,
            boundaries_publisher=areas_of_a_year.PUBLISHER,
        ),
    )


def _mean(areas: Sequence[Average]) -> float:
    """Average areas' scores, each by its size; one area's is its own to the last digit."""
    if len(areas) == 1:
        return areas[0].score
    return sum(area.score * area.size for area in areas) / sum(area.size for area in areas)


def _known(area: Average) -> Known:
    return Known(area.nhs_code, area.ons_code, area.name)


def _matched(organisations: Sequence[Row], table: Table) -> Matches:
    """Find organisations among a table's areas: by code, by a code of another year, and by name where that is free."""
    by_code = {code: area for area in table.areas for code in (area.nhs_code, area.ons_code)}
    of_any_year = averages.nhs_codes()
    found: dict[str, Known] = {}
    how: dict[str, How] = {}
    for spell in (lambda code: code, lambda code: of_any_year.get(code, "")):
        for code in (row["area_code"] for row in organisations):
            area = by_code.get(spell(code))
            if code not in found and area and _known(area) not in found.values():
                found[code] = _known(area)
                how[code] = "NHS code" if code == area.nhs_code else "ONS code"
    free = [known for area in table.areas if (known := _known(area)) not in set(found.values())]
    named = match((row for row in organisations if row["area_code"] not in found), free)
    return Matches({**found, **named.found}, {**how, **named.how})


def _successor(area: Average, codes: Collection[str], successors: Successors) -> str | None:
    ways = (successors.follow(code, codes) for code in (area.nhs_code, area.ons_code))
    return next((code for code in ways if code), None)


def _reason(name: str) -> str:
    return _HUB if "commissioning hub" in name.lower() else NOT_SHIPPED


def _notes(chosen: Chosen, matches: Matches, followed: Iterable[str], period: Period) -> tuple[str, ...]:
    edition, within = chosen.table.edition, chosen.table.boundaries
    weighting = "weighted by their populations" if edition.weight == "population" else "each counting the same"
    own = "" if edition.scores == "published" else f" (computed {edition.scores})"
    notes = [
        f"An area's deprivation is its average score of {edition.short} ({edition.title}, {edition.publisher}, "
        f"published {edition.day}) within the boundaries of the {within.words} ({areas_of_a_year.PUBLISHER}): the mean "
        f"of the scores of its lower-layer super output areas{own}, {weighting}. The averages come with iapt-report, "
        f"and were matched {matches.in_words()}."
    ]
    usual = edition_of(period)
    if chosen.by_user and edition != usual:
        notes.append(f"The edition {edition.year} was chosen; by its date, {usual.short} would belong to the period.")
    elif edition.published >= period.end:
        notes.append(f"{edition.short} was published after the period; no earlier edition comes with iapt-report.")
    n = len(set(followed))
    if n:
        notes.append(
            f"The averages of {n} area{'' if n == 1 else 's'} count for the {'area' if n == 1 else 'areas'} that "
            f"{'it' if n == 1 else 'they'} later merged into."
        )
    return tuple(notes)
