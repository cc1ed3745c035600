"""The same areas in other periods, as far as these can be set beside one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.folder import find_periods, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.system.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date
    from pathlib import Path

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.period import Period
    from iapt_report.areas.table import Areas

# What one page has room for.
MOST_SHOWN = 5


@dataclass(frozen=True)
class Moment:
    """One area in one period, with the standard it was held to.

    Parameters
    ----------
    period : str
        Its id.
    months : str
        In words.
    start : date
    standard : float
        A proportion.
    national : bool
        Whether that is the national standard.
    area : Area
    """

    period: str
    months: str
    start: date
    standard: float
    national: bool
    area: Area


@dataclass(frozen=True)
class History:
    """Areas over time.

    Parameters
    ----------
    moments : mapping of str to tuple of Moment
        By area code, oldest first: the periods nearest to the one reported, without it.
    unshown : mapping of str to int
        How many more periods have figures for the area.
    others : int
        How many other periods can be set beside the one reported, whether they have an area or not.
    unusable : tuple of (Period, str)
        Periods that could not be analysed, and why.
    """

    moments: Mapping[str, tuple[Moment, ...]]
    unshown: Mapping[str, int]
    others: int
    unusable: tuple[tuple[Period, str], ...]


def moment(results: Results, area: Area) -> Moment:
    """Set an area's figures apart with their period and standard."""
    period, standard = results.period, results.standard
    return Moment(period.id, period.months, period.start, standard.value, standard.national, area)


def history(data: Path, settings: Settings, results: Results, period: Period, codes: Collection[str]) -> History:
    """Find areas in the other periods of a workspace.

    As in `iapt_report.analysis.trend`, periods of another kind (a year and its quarters share patients), with another
    kind of area, and invented ones beside real ones, are not set beside each other. The outcome and all settings are
    those of the workspace for every period.

    Parameters
    ----------
    data : Path
        The folder with a folder for each period.
    settings : Settings
    results : Results
        Of the period reported.
    period : Period
        The period reported.
    codes : collection of str
        The areas wanted, by code.
    """
    from iapt_report.analysis.study import analyse

    alike, unusable = _alike(data, settings, results, period)
    wanted = set(codes)
    found: dict[str, list[Moment]] = {code: [] for code in codes}
    unshown = dict.fromkeys(codes, 0)
    for areas in alike:
        there = wanted & set(areas.table["area_code"])
        lacking = {code for code in there if len(found[code]) < MOST_SHOWN}
        for code in there - lacking:
            unshown[code] += 1
        if not lacking:
            continue
        try:
            analysed = analyse(areas, settings)
        except ReportError as error:
            unusable.append((areas.period, error.problem))
            continue
        for area in analysed.areas:
            if area.area_code in lacking:
                found[area.area_code].append(moment(analysed, area))
    return History(
        {code: tuple(sorted(moments, key=lambda one: one.start)) for code, moments in found.items()},
        unshown,
        len(alike),
        tuple(unusable),
    )


def _alike(
    data: Path, settings: Settings, results: Results, period: Period
) -> tuple[list[Areas], list[tuple[Period, str]]]:
    """Read the other periods that can be set beside one, the nearest in time first, and say which cannot be read."""
    read: list[Areas] = []
    unusable: list[tuple[Period, str]] = []
    for other in find_periods(data):
        if other.kind == period.kind and other != period:
            try:
                read.append(read_areas(data, other, OUTCOMES[settings.outcome]))
            except ReportError as error:
                unusable.append((other, error.problem))
    like = (results.period.synthetic, results.provenance.area_type)
    alike = [areas for areas in read if (areas.synthetic, areas.area_type) == like]
    # Of two as near, the earlier.
    alike.sort(key=lambda areas: (abs((areas.period.start - period.start).days), areas.period.start))
    return alike, unusable
