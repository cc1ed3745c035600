"""The same areas in other periods, as far as these can be set beside one another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from iapt_report.analysis.observed import Figures, observed
from iapt_report.analysis.regrouped import parts_of, regrouped
from iapt_report.areas.folder import MADE, find_periods, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.reference.deprivation import in_force
from iapt_report.reference.successors import changed
from iapt_report.sources.formats import level_words
from iapt_report.stats.two_rates import difference_interval
from iapt_report.system import digests
from iapt_report.system.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.outcomes import Name
    from iapt_report.areas.table import Areas
    from iapt_report.reference.boundaries import Boundaries

# What one page has room for.
MOST_SHOWN = 5
# An area that lost or gained more of its small areas than this is another one.
MOST_MOVED = 0.05


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
    area : Figures
    """

    period: str
    months: str
    start: date
    standard: float
    national: bool
    area: Figures

    @property
    def called(self) -> str:
        """What its period is called in a word or two: "2017-18" of a financial year, else its months."""
        return self.period if Period.parse(self.period).kind == "year" else self.months


@dataclass(frozen=True)
class History:
    """Areas over time.

    Parameters
    ----------
    moments : mapping of str to tuple of Moment
        By area code, oldest first: the periods nearest to the one reported, without it.
    unshown : mapping of str to int
        How many more periods have figures for the area.
    redrawn : mapping of str to tuple of str
        The periods in which an area's code is that of other borders, by more than `MOST_MOVED` of its small areas, and
        which are not set beside it.
    others : int
        How many other periods can be set beside the one reported, whether they have an area or not.
    unusable : tuple of (Period, str)
        Periods whose areas cannot be used, and why.
    """

    moments: Mapping[str, tuple[Moment, ...]]
    unshown: Mapping[str, int]
    others: int
    unusable: tuple[tuple[Period, str], ...]
    redrawn: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """How a rate changed from one period to another (proportions).

    Parameters
    ----------
    before, after : float
        The two rates.
    low, high : float
        The limits of chance in the later less the earlier: Newcombe's; see `iapt_report.stats.two_rates`.
    since : str
        What the earlier period is called.
    """

    before: float
    after: float
    low: float
    high: float
    since: str

    @property
    def beyond(self) -> bool:
        """Whether chance alone does not explain it."""
        return not self.low <= 0 <= self.high

    @property
    def fell(self) -> bool:
        """Whether the rate fell by more than chance alone explains."""
        return self.high < 0


@dataclass(frozen=True)
class Counterparts:
    """What areas are in another period.

    Parameters
    ----------
    same : frozenset of str
        The codes that are there, with the same borders but for `MOST_MOVED` of their small areas.
    joined : mapping of str to frozenset of str
        The codes of the areas there that an area was made of, all of its ground, by its own code.
    redrawn : frozenset of str
        The codes that are there with other borders.
    """

    same: frozenset[str]
    joined: Mapping[str, frozenset[str]]
    redrawn: frozenset[str]


def counterparts(codes: Collection[str], there: Areas, here: Boundaries | None) -> Counterparts:
    """Find areas in another period: under their code, or as those that they were made of.

    Parameters
    ----------
    codes : collection of str
        The areas wanted.
    there : Areas
        Of the other period.
    here : Boundaries or None
        Those that the areas wanted lie in; see `within`.
    """
    wanted, known = frozenset(codes), frozenset(there.table["area_code"])
    then = within(there.area_type, there.period)
    redrawn = frozenset(code for code in wanted & known if here and then and changed(code, here, then) > MOST_MOVED)
    joined = {code: parts for code in sorted(wanted - known) if (parts := parts_of(code, known))}
    return Counterparts((wanted & known) - redrawn, joined, redrawn)


def put_together(there: Areas, match: Counterparts) -> Areas:
    """Count the areas of another period as those that they became, where these were made of others."""
    return regrouped(there, match.joined, within(there.area_type, there.period))


def moment(results: Results, area: Area) -> Moment:
    """Set an area's figures apart with their period and standard."""
    period, standard = results.period, results.standard
    figures = Figures(area.recovery_rate, area.cases)
    return Moment(period.id, period.months, period.start, standard.value, standard.national, figures)


def changes(moments: Sequence[Moment], confidence: float) -> tuple[Change | None, ...]:
    """Say how an area's rate changed to each of its periods from the one before it.

    Parameters
    ----------
    moments : sequence of Moment
        Of one area, oldest first.
    confidence : float
        Level of the intervals, 0–1.

    Returns
    -------
    tuple of Change or None
        One for each moment; None for the first, and where a rate rests on nobody.
    """
    return (None, *(_change(before, after, confidence) for before, after in pairwise(moments)))[: len(moments)]


def _change(before: Moment, after: Moment, confidence: float) -> Change | None:
    rates = (before.area.recovery_rate, after.area.recovery_rate)
    cases = (before.area.cases, after.area.cases)
    limits = difference_interval(rates, cases, confidence)
    return None if limits is None else Change(*rates, *limits, before.called)


def history(data: Path, settings: Settings, results: Results, period: Period, codes: Collection[str]) -> History:
    """Find areas in the other periods of a workspace.

    As in `iapt_report.analysis.trend`, periods of another kind (a year and its quarters share patients), with another
    kind of area, and invented ones beside real ones, are not set beside each other. The outcome and all settings are
    those of the workspace for every period. An area that was made of others is their sum in earlier periods, where all
    of its ground is there; a code that had other borders is not the same area.

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
    alike, unusable = _alike(data, settings, results, period)
    wanted = frozenset(codes)
    found: dict[str, list[Moment]] = {code: [] for code in codes}
    unshown = dict.fromkeys(codes, 0)
    redrawn: dict[str, list[str]] = {code: [] for code in codes}
    here = within(results.provenance.area_type, period)
    for areas in alike:
        match = counterparts(wanted, areas, here)
        for code in match.redrawn:
            redrawn[code].append(areas.period.id)
        shown = match.same | set(match.joined)
        lacking = {code for code in shown if len(found[code]) < MOST_SHOWN}
        for code in shown - lacking:
            unshown[code] += 1
        try:
            for code, one in _moments(areas, settings, lacking & match.same):
                found[code].append(one)
            if joined := lacking - match.same:
                for code, one in _moments(put_together(areas, match), settings, joined):
                    found[code].append(one)
        except ReportError as error:
            unusable.append((areas.period, error.problem))
    return History(
        {code: tuple(sorted(moments, key=lambda one: one.start)) for code, moments in found.items()},
        unshown,
        len(alike),
        tuple(unusable),
        {code: tuple(sorted(periods)) for code, periods in redrawn.items() if periods},
    )


def _moments(areas: Areas, settings: Settings, wanted: Collection[str]) -> list[tuple[str, Moment]]:
    """Set the areas wanted of a period apart; nothing that is shown of them is estimated, so nothing is analysed."""
    if not wanted:
        return []
    period, found = areas.period, observed(areas, settings)
    standard = found.standard
    return [
        (code, Moment(period.id, period.months, period.start, standard.value, standard.national, figures))
        for code, figures in found.areas.items()
        if code in wanted
    ]


def _alike(
    data: Path, settings: Settings, results: Results, period: Period
) -> tuple[list[Areas], list[tuple[Period, str]]]:
    """Read the other periods that can be set beside one, the nearest in time first, and say which cannot be read."""
    read: list[Areas] = []
    unusable: list[tuple[Period, str]] = []
    for other in find_periods(data):
        if other.kind == period.kind and other != period:
            try:
                state = digests.made_from((), [data / other.id / name for name in MADE], data)
                read.append(_read(data, other, settings.outcome, state))
            except ReportError as error:
                unusable.append((other, error.problem))
    like = (results.period.synthetic, results.provenance.area_type)
    alike = [areas for areas in read if (areas.synthetic, areas.area_type) == like]
    # Of two as near, the earlier.
    alike.sort(key=lambda areas: (abs((areas.period.start - period.start).days), areas.period.start))
    return alike, unusable


@lru_cache(maxsize=256)
def _read(data: Path, period: Period, outcome: Name, state: str) -> Areas:
    """Read what a history needs of a period; once for all the periods that it is set beside.

    Parameters
    ----------
    state : str
        Of the period's files: with others, it is read anew.
    """
    areas = read_areas(data, period, OUTCOMES[outcome])
    return replace(areas, excluded=(), deciles=None, shares=None, extras=None, cells=None)


def within(area_type: str, period: Period) -> Boundaries | None:
    """Return the boundaries that areas lay in when a period began; None for areas without any that are known."""
    level = next((level for level, words in level_words().items() if words == area_type), "")
    return in_force(level, period.start)
