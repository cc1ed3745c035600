"""What the site's index says: each period's headline figures, the trend in words, and the areas to search in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.documents.area_files import area_page
from iapt_report.documents.area_places import places_of
from iapt_report.words import deprivation, findings, in_brief, numbers, over_time
from iapt_report.words.level import Level
from iapt_report.words.markdown import escape, said
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.trend import Kind, Point, Trend

_KINDS: dict[Kind, str] = {"month": "months", "quarter": "quarters", "year": "financial years"}


@dataclass(frozen=True)
class Row:
    """A period in the table of a trend, and the standard that held in it."""

    point: Point
    standard: float


@dataclass(frozen=True)
class Group:
    """Periods that can be set side by side.

    Parameters
    ----------
    trend : Trend
    rows : tuple of Row
        Newest first.
    title : str
        What the periods have in common, in words within a sentence.
    apart : str
        How the settings differ from those of other groups; empty where they do not.
    national : bool
        Whether the standard is the national one in all of them.
    confidence : float
        Level of the intervals, 0–1.
    figure : str
        The file of the picture; empty for a single period.
    """

    trend: Trend
    rows: tuple[Row, ...]
    title: str
    apart: str
    national: bool
    confidence: float
    figure: str

    @property
    def heading(self) -> str:
        """What they have in common and what sets them apart, as a heading."""
        return numbers.sentence(f"{self.title} ({self.apart})" if self.apart else self.title)


def alone(found: Iterable[Group]) -> str:
    """Name the periods that are alone of their kind, in Markdown; nothing where there is none."""
    named = [
        escape(f"{group.trend.points[0].period} ({group.title}{f'; {group.apart}' if group.apart else ''})")
        for group in found
        if not group.figure
    ]
    return f"Alone of their kind, and so without a trend: {'; '.join(named)}." if named else ""


def groups(results: Iterable[Results]) -> tuple[Group, ...]:
    """Put periods in groups that were analysed alike, each in order of time; those of the newest period first.

    Documents of one site may rest on different settings, of before and after these were changed: such periods are not
    set beside each other.
    """
    from iapt_report.analysis.trend import trends

    by_settings: dict[str, list[Results]] = {}
    for r in results:
        by_settings.setdefault(r.settings.model_dump_json(), []).append(r)
    found = [(trend, members) for members in by_settings.values() for trend in trends(members)]
    found.sort(key=lambda pair: (pair[0].points[-1].start, pair[0].points[-1].period), reverse=True)
    differing = _differing([members[0] for members in by_settings.values()])
    made: list[Group] = []
    for trend, members in found:
        own = {r.period.id: r for r in members}
        drawn = len(trend.points) > 1
        made.append(
            Group(
                trend=trend,
                rows=tuple(Row(point, own[point.period].standard.value) for point in reversed(trend.points)),
                title=_title(trend),
                apart=numbers.joined([f"{name} {_setting(members[0], name)}" for name in differing] or [""]),
                national=all(own[point.period].standard.national for point in trend.points),
                confidence=members[0].settings.confidence,
                figure=f"trend-{1 + sum(bool(group.figure) for group in made)}.svg" if drawn else "",
            )
        )
    return tuple(made)


def _title(trend: Trend) -> str:
    text = f"{_KINDS[trend.kind]} of {trend.outcome}, by {trend.area_type}"
    return f"{text} {numbers.DASH} synthetic data" if trend.synthetic else text


def _differing(results: Sequence[Results]) -> list[str]:
    """Name the settings in which results differ."""
    every = [r.settings.model_dump() for r in results]
    return [name for name in every[0] if len({repr(one[name]) for one in every}) > 1] if every else []


def _setting(results: Results, name: str) -> str:
    value = getattr(results.settings, name)
    return "not set" if value is None else str(value)


def headline(results: Results) -> str:
    """Say in one sentence what was found in a period, as its brief does."""
    return in_brief.headline(findings.findings_of(results))


def leading(results: Sequence[Results]) -> int:
    """Choose the period that the index tells of first, by its place: the newest of real data, else the newest.

    Parameters
    ----------
    results : sequence of Results
        Newest first, and at least one.
    """
    return next((at for at, r in enumerate(results) if not r.period.synthetic), 0)


def gradient_words(results: Results) -> str:
    """Say what the expected rate does from the most to the least deprived area, with its interval."""
    return deprivation.in_a_list(findings.findings_of(results))


def change_words(trend: Trend, confidence: float) -> str:
    """Say whether the gradient changes over the periods, as the test of its change has it, and what else does."""
    return said(over_time.change(trend, Level(confidence)), over_time.rests_on(trend))


def areas_as_json(results: Sequence[Results]) -> str:
    """List every area of every period for the page's search, as JSON without any character that begins markup.

    Invented areas are kept apart from real ones of the same code. An area comes with the places of its periods, and
    with those of the local authorities that it lies in, in the lists of both.

    Parameters
    ----------
    results : sequence of Results
        Newest first; an area has the name, and lies where, it does in the newest of its periods.
    """
    found: dict[tuple[bool, str], _Searched] = {}
    for at, r in enumerate(results):
        places = places_of(r)
        for area in r.areas:
            called = named(area)
            made = found.setdefault((r.period.synthetic, area.area_code), _Searched(called, [], []))
            made.within.append(at)
            if not made.places:
                # An area of a board is also found by the board's name, under which it is published.
                of_board = (area.area_name,) if called != area.area_name else ()
                made.places.extend((*places.get(area.area_code, ()), *of_board))
    every_place = sorted({name for area in found.values() for name in area.places})
    numbered = {name: at for at, name in enumerate(every_place)}
    listed = {
        "periods": [[r.period.id, r.period.months, "synthetic data" if r.period.synthetic else ""] for r in results],
        "places": every_place,
        "areas": [
            [area.name, code, area_page(code), area.within, [numbered[name] for name in area.places]]
            for (_, code), area in sorted(found.items(), key=lambda item: (item[1].name.casefold(), item[0]))
        ],
    }
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


@dataclass(frozen=True)
class _Searched:
    """An area to be searched for: its name, the periods that it is in, and the local authorities that it lies in."""

    name: str
    within: list[int]
    places: list[str]
