"""What one area's brief says of it in plain words, each the consequence of the figures as they are printed."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, Decimal
from typing import TYPE_CHECKING, Literal

from iapt_report.words import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results

Standing = Literal["both", "national", "adjusted", "neither"]

# Neighbours on either side that are compared, and that are listed.
_REACH, _LISTED = 5, 2
_FEW = 5
_TENTH = Decimal("0.1")

_OUTCOMES = {
    "recovery": "of the patients who were unwell at the start and finished treatment, the share who were no longer "
    "unwell at the end",
    "reliable_recovery": "of the patients who were unwell at the start and finished treatment, the share who were no "
    "longer unwell at the end and clearly better",
    "reliable_improvement": "of the patients who finished treatment, the share who were clearly better at the end",
}


def noun(results: Results) -> Literal["area", "provider"]:
    """Call the unit by what it is: a provider is no area."""
    return "provider" if "provider" in results.provenance.area_type.lower() else "area"


def outcome_in_plain_words(results: Results) -> str:
    """Say what the outcome's rate is a share of, for a reader who knows none of the field's terms."""
    return _OUTCOMES[results.outcome.name]


def standing(area: Area) -> Standing:
    """Say which of the two benchmarks an area is below."""
    if area.below_national:
        return "both" if area.below_adjusted else "national"
    return "adjusted" if area.below_adjusted else "neither"


def difference(rate: float, other: str) -> Decimal:
    """Subtract a rate in per cent from another, as a reader would who has both in print.

    Parameters
    ----------
    rate : float
        A proportion, printed with one decimal.
    other : str
        A percentage as it is printed, "48.5%".

    Returns
    -------
    Decimal
        Percentage points with one decimal; what rounding alone can make is zero.
    """
    points = _number(numbers.percent(rate)) - _number(other)
    return points.quantize(_TENTH, ROUND_HALF_DOWN)


def _number(printed: str) -> Decimal:
    return Decimal(printed.rstrip("%").replace(numbers.MINUS, "-"))


def apart(rate: float, other: str, *, below: bool) -> str:
    """Say how far a rate is from another: "4.8 below", "1.7 above", or "just below" and "level" where print is equal.

    Parameters
    ----------
    rate : float
        A proportion.
    other : str
        A percentage as it is printed.
    below : bool
        Whether the rate counts as below the other, before rounding.
    """
    points = difference(rate, other)
    if not points:
        return "just below" if below else "level"
    return f"{abs(points)} {'below' if points < 0 else 'above'}"


def few_patients(area: Area) -> bool:
    """Whether fewer than five patients are expected to reach the outcome, or not to: chance is then told roughly."""
    expected = min(max(area.adjusted_rate, 0.0), 1.0) * area.cases
    return min(expected, area.cases - expected) < _FEW


def by_deprivation(results: Results) -> tuple[Area, ...]:
    """Put areas in order from the most to the least deprived, those of one rank by code."""
    return tuple(sorted(results.areas, key=lambda area: (area.imd_rank, area.area_code)))


def neighbourhood(ordered: Sequence[Area], place: int) -> tuple[Area, ...]:
    """Return an area with up to five on either side of it in deprivation.

    Parameters
    ----------
    ordered : sequence of Area
        As `by_deprivation` returns them.
    place : int
        Where the area is in them.
    """
    return tuple(ordered[max(0, place - _REACH) : place + _REACH + 1])


def listed(nearby: Sequence[Area], area: Area, asked: Area | None = None) -> tuple[Area, ...]:
    """Keep the nearest of an area's neighbours, two on either side, the area itself, and the one that it is to ask."""
    place = next(i for i, other in enumerate(nearby) if other.area_code == area.area_code)
    return tuple(
        other
        for i, other in enumerate(nearby)
        if abs(i - place) <= _LISTED or (asked is not None and other.area_code == asked.area_code)
    )


def neighbours_compared(area: Area, nearby: Sequence[Area], called: str) -> str:
    """Say how many of an area's neighbours have a higher, a lower or the same rate, as these are printed."""
    others = [other for other in nearby if other.area_code != area.area_code]
    points = [difference(other.recovery_rate, numbers.percent(area.recovery_rate)) for other in others]
    counted = (
        (sum(p > 0 for p in points), "a higher rate", "a higher one"),
        (sum(p < 0 for p in points), "a lower rate", "a lower one"),
        (sum(p == 0 for p in points), "the same rate", "the same"),
    )
    (first, words, _), *rest = [kind for kind in counted if kind[0]]
    whom = f"{numbers.number_word(len(others))} {called}s next to it in deprivation"
    if not rest:
        return f"All {whom} have {words}."
    listed = [f"{numbers.number_word(first)} {'has' if first == 1 else 'have'} {words}"]
    listed += [f"{numbers.number_word(n)} {short}" for n, _, short in rest]
    return f"Of the {whom}, {numbers.joined(listed)}."


def shortened(text: str, most: int) -> str:
    """Cut a text that is longer than a place allows, at the end of a word where one is near, with an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    head, space, tail = cut.rpartition(" ")
    return f"{(head if space and len(tail) < most // 3 else cut).rstrip(' ,;')}…"
