"""Whether the gradient changes over periods, as the test of its change has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.deprivation import limits
from iapt_report.words.numbers import number_word, sentence, small_points

if TYPE_CHECKING:
    from iapt_report.analysis.trend import Point, Trend
    from iapt_report.words.level import Level

_DAYS = 365.25
_TWO_PERIODS = 2


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
    towards = f"towards lower rates in {'more' if sign > 0 else 'less'} deprived areas"
    moved = f"by {small_points(abs(amount))}{span} {towards}"
    n = len(trend.points)
    # Of more than two periods, the first and the last do not tell what the line through all does.
    along = f"on a straight line through all {number_word(n)} periods" if n > _TWO_PERIODS else ""
    if level.significant(found.p):
        return f"{sentence(along)}{', the' if along else 'The'} gradient changed {between} {moved} ({tested})."
    if found.per_year == 0:
        return f"The data do not show that the gradient changed {between}: by estimate it stayed the same ({tested})."
    by = along or "by estimate"
    return f"The data do not show that the gradient changed {between}: {by} it moved {moved} ({tested})."


def _years_between(first: Point, last: Point) -> float:
    """Give the time from the beginning of one period to that of another."""
    return (last.start - first.start).days / _DAYS
