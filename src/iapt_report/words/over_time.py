"""Whether the gradient changes over periods, as the test of its change has it, and what else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.deprivation import limits
from iapt_report.words.numbers import joined, number_or_none, number_word, sentence, small_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.trend import Point, Trend
    from iapt_report.words.level import Level

_DAYS = 365.25
_TWO_PERIODS = 2
_MOST_NAMED = 4


def change(trend: Trend, level: Level) -> str:
    """Say whether the gradient changed between the first and the last period, at a level of confidence."""
    found = trend.change
    first, last = trend.points[0].period, trend.points[-1].period
    if found is None:
        return f"A trend needs two periods, and there is one, {first}."
    between = f"between {first} and {last}"
    if found.p is None:
        return f"Whether the gradient changed {between} cannot be tested."
    # Less than a year is not drawn out to one.
    years = min(1.0, _years_between(trend.points[0], trend.points[-1]))
    span = " a year" if years == 1 else ""
    amount = found.per_year * years
    low, high = (None if limit is None else limit * years for limit in (found.ci_low, found.ci_high))
    sign = -1 if found.per_year < 0 else 1
    tested = f"{level.words} confidence interval {limits(low, high, sign)}, {level.p_value(found.p)}"
    went = "fell" if sign > 0 else "rose"
    by = f"{small_points(abs(amount))}{span}"
    moved = f"the rate expected of the most deprived area {went} by {by} beside that of the least deprived"
    n = len(trend.points)
    # Of more than two periods, the first and the last do not tell what the line through all does.
    along = f"on a straight line through all {number_word(n)} periods" if n > _TWO_PERIODS else ""
    if level.significant(found.p):
        return f"{sentence(along)}{', the' if along else 'The'} gradient changed {between}: {moved} ({tested})."
    if found.per_year == 0:
        return f"The data do not show that the gradient changed {between}: by estimate it stayed the same ({tested})."
    how = along or "by estimate"
    return f"The data do not show that the gradient changed {between}: {how}, {moved} ({tested})."


def rests_on(trend: Trend) -> str:
    """Say that periods differ in the edition of the index, in boundaries or in areas left out, where they do."""
    every = [point.deprivation for point in trend.points]
    editions = _by_period(trend, [f"that of {used.edition}" if used else None for used in every])
    boundaries = _by_period(trend, [f"those of April {used.boundaries}" if used else None for used in every])
    outliers = _by_period(trend, [number_or_none(point.left_out) for point in trend.points])
    differing = [
        f"{what} {listed}"
        for what, listed in (
            ("the index of deprivation is", editions),
            ("the boundaries are", boundaries),
            ("outlying areas are left out of the gradient, and not of the mean rate:", outliers),
        )
        if listed
    ]
    if not differing:
        return ""
    return (
        f"The periods differ in more than time: {'; '.join(differing)}. Part of a change of the gradient can be "
        "due to that."
    )


def _by_period(trend: Trend, said: Sequence[str | None]) -> str:
    """List what is said of periods, each with these, in order of time; nothing where it is the same of all."""
    groups: dict[str, list[str]] = {}
    for point, words in zip(trend.points, said, strict=True):
        groups.setdefault(words or "not known", []).append(point.period)
    if len(groups) == 1:
        return ""
    return joined([f"{words} in {_periods(own)}" for words, own in groups.items()])


def _periods(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return joined(names)
    return f"{number_word(len(names))} periods between {names[0]} and {names[-1]}"


def _years_between(first: Point, last: Point) -> float:
    """Give the time from the beginning of one period to that of another."""
    return (last.start - first.start).days / _DAYS
