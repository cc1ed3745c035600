"""What the brief for those who decide says beyond the paper: which areas a benchmark moves, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.rates import ROUNDING_ERROR
from iapt_report.words import numbers
from iapt_report.words.level import Level

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results

# What a reader of five minutes takes in, and two pages have room for.
MOST_NAMED = 6

# A P value below this is called seldom.
_SELDOM = 0.01
# What a reader says of these.
_TIMES = {5: "five", 10: "ten", 20: "twenty"}


def cleared(results: Results) -> tuple[Area, ...]:
    """Return the areas below the standard alone: deprivation taken into account, they are not low.

    Returns
    -------
    tuple of Area
        Those furthest above their adjusted benchmark first; areas alike in that by code.
    """
    found = [area for area in results.areas if area.below_national and not area.below_adjusted]
    return tuple(sorted(found, key=lambda area: (area.adjusted_low - area.recovery_rate, area.area_code)))


def added(results: Results) -> tuple[Area, ...]:
    """Return the areas below the adjusted benchmark alone: they meet the standard, and are low for their deprivation.

    Returns
    -------
    tuple of Area
        Those furthest below their adjusted benchmark first; areas alike in that by code.
    """
    found = [area for area in results.areas if area.below_adjusted and not area.below_national]
    return tuple(sorted(found, key=lambda area: (area.recovery_rate - area.adjusted_low, area.area_code)))


def gap_range(results: Results) -> str:
    """Say what gap between the most and the least deprived area the data allow, by its confidence interval.

    Returns
    -------
    str
        From "between 7.0 and 13.8 percentage points lower" to, where the interval holds no gap, "anything from
        1.2 percentage points higher to 4.0 lower"; empty where there is no interval.
    """
    low, high = results.gradient.ci_low, results.gradient.ci_high
    if low is None or high is None:
        return ""
    if low < 0 < high:
        return f"anything from {numbers.small_points(-low)} higher to {numbers.small_points(high)} lower"
    near, far = sorted((abs(low), abs(high)))
    first, second = numbers.percentage_points(near), numbers.small_points(far)
    if second.startswith(f"{first} "):
        return f"{second} {'lower' if high > 0 else 'higher'}"
    return f"between {first} and {second} {'lower' if high > 0 else 'higher'}"


def by_chance(results: Results) -> str:
    """Say how often chance alone makes a link as strong as the one found, where it is significant.

    Returns
    -------
    str
        By the less certain of the tests that say so, of which the replication has two: "seldom arise by chance alone",
        or, where P is 0.01 or more, how often at the most, such as "arise by chance alone once in twenty times or
        less".
    """
    found = [results.gradient.p]
    if results.concludes == "replication":
        found.append(results.correlations.recovery_rate.p)
    if max(p or 0 for p in found) < _SELDOM:
        return "seldom arise by chance alone"
    # A whole number of times is whole but for the computer's arithmetic.
    times = int(1 / Level(results.settings.confidence).alpha + ROUNDING_ERROR)
    return f"arise by chance alone once in {_TIMES.get(times, numbers.count(times))} times or less"
