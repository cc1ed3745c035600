"""What the site's index says: each period's headline figures, the trend in words, and the areas to search in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.documents.area_files import area_page
from iapt_report.words import findings, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.trend import Kind, Point, Trend

_DAYS = 365.25
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


def gradient_words(results: Results) -> str:
    """Say what the expected rate does from the most to the least deprived area, with its interval."""
    direction = findings.gradient(results)
    gradient = results.regression.gradient
    if direction == "unknown":
        return f"all areas have the same {results.outcome.words} rate"
    level = numbers.level(results.settings.confidence)
    sign = -1 if gradient.estimate < 0 else 1
    said = (
        f"{numbers.small_points(abs(gradient.estimate))} {'lower' if sign > 0 else 'higher'} in the most deprived area "
        f"than in the least deprived ({level} confidence interval {_limits(gradient.ci_low, gradient.ci_high, sign)})"
    )
    if direction in ("rising", "falling"):
        return said
    unclear = "no clear gradient" if direction == "none" else "correlation and regression do not agree on a gradient"
    return f"{unclear}; the expected rate is {said}"


def change_words(trend: Trend, confidence: float) -> str:
    """Say whether the gradient changes over the periods, as the test of its change has it."""
    change = trend.change
    first, last = trend.points[0].period, trend.points[-1].period
    if change is None:
        return f"A trend needs two periods, and there is one, {first}."
    between = f"between {first} and {last}"
    if change.p is None:
        return f"Whether the gradient changed {between} cannot be tested."
    # Less than a year is not drawn out to one.
    years = min(1.0, _years_between(trend.points[0], trend.points[-1]))
    span = " a year" if years == 1 else ""
    amount = change.per_year * years
    low, high = (None if limit is None else limit * years for limit in (change.ci_low, change.ci_high))
    sign, bound = -1 if change.per_year < 0 else 1, numbers.alpha(confidence)
    tested = f"{numbers.level(confidence)} confidence interval {_limits(low, high, sign)}, "
    tested += numbers.p_value(change.p, bound)
    towards = f"towards lower rates in {'more' if sign > 0 else 'less'} deprived areas"
    moved = f"by {numbers.small_points(abs(amount))}{span} {towards}"
    n = len(trend.points)
    # Of more than two periods, the first and the last do not tell what the line through all does.
    along = f"on a straight line through all {numbers.number_word(n)} periods" if n > 2 else ""  # noqa: PLR2004
    if findings.is_significant(change.p, bound):
        return f"{numbers.sentence(along)}{', the' if along else 'The'} gradient changed {between} {moved} ({tested})."
    if change.per_year == 0:
        return f"The data do not show that the gradient changed {between}: by estimate it stayed the same ({tested})."
    by = along or "by estimate"
    return f"The data do not show that the gradient changed {between}: {by} it moved {moved} ({tested})."


def _years_between(first: Point, last: Point) -> float:
    """Give the time from the beginning of one period to that of another."""
    return (last.start - first.start).days / _DAYS


def _limits(low: float | None, high: float | None, sign: int = 1) -> str:
    """Give an interval in percentage points, of a difference taken the other way round where the sign is −1."""
    if low is None or high is None:
        return numbers.NOT_COMPUTED
    first, second = sorted((sign * low, sign * high))
    return numbers.interval(first, second, 1, as_percent=True)


def areas_as_json(results: Sequence[Results]) -> str:
    """List every area of every period for the page's search, as JSON without any character that begins markup.

    Invented areas are kept apart from real ones of the same code.

    Parameters
    ----------
    results : sequence of Results
        Newest first; an area has the name that it has in the newest of its periods.
    """
    found: dict[tuple[bool, str], tuple[str, list[int]]] = {}
    for place, r in enumerate(results):
        for area in r.areas:
            found.setdefault((r.period.synthetic, area.area_code), (area.area_name, []))[1].append(place)
    listed = {
        "periods": [[r.period.id, r.period.months, "synthetic data" if r.period.synthetic else ""] for r in results],
        "areas": [
            [name, code, area_page(code), places]
            for (_, code), (name, places) in sorted(found.items(), key=lambda item: (item[1][0].casefold(), item[0]))
        ],
    }
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")
