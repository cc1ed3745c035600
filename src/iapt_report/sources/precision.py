"""What rounding and suppression leave open: the least and the most that published counts and rates can be.

Counts below England are rounded to the nearest 5 and counts under 5 are withheld; percentages of areas are whole
numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.rates import ROUNDING_ERROR
from iapt_report.areas.rows import has_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.rows import Row

_DECIMALS = 6


def bounds_of(name: str) -> tuple[str, str]:
    """Return the columns of the least and the most that a count can be."""
    return f"{name}_low", f"{name}_high"


def step_of(counts: Iterable[Sequence[int | None]], declared: int) -> int:
    """Return the declared step where all counts of some columns are multiples of it, else 1: they were not rounded."""
    known = [count for column in counts for count in column if count is not None]
    return declared if known and all(count % declared == 0 for count in known) else 1


def count_bounds(
    count: Sequence[int | None], withheld: Sequence[bool], step: int, under: int
) -> tuple[list[int | None], list[int | None]]:
    """Bound counts that are rounded to the nearest ``step``, or withheld because they are below ``under``."""
    reach = step // 2
    least = (0 if own else None if value is None else max(value - reach, 0) for value, own in _with(count, withheld))
    most = (
        max(under - 1, 0) if own else None if value is None else value + reach for value, own in _with(count, withheld)
    )
    return list(least), list(most)


def _with(count: Sequence[int | None], withheld: Sequence[bool]) -> Iterator[tuple[int | None, bool]]:
    return zip(count, withheld, strict=True)


def percentage_reach(rate: Sequence[float | None]) -> float:
    """Return how far published percentages (as proportions) can be from what they round."""
    known = [value * 100 for value in rate if value is not None]

    def fit(decimals: int) -> bool:
        return all(abs(value - round(value, decimals)) < ROUNDING_ERROR for value in known)

    decimals = next(filter(fit, range(_DECIMALS)), _DECIMALS)
    return 0.5 * 10.0 ** -(decimals + 2)


def rate_bounds(row: Row) -> dict[str, float | None]:
    """Bound the rates of each outcome by its counts, or, where these are not known, as published percentages are.

    Parameters
    ----------
    row : Row
        Counts, each with its bounds, and rates, each with those of its percentage.

    Returns
    -------
    dict of str to float or None
        The bounds of the rates, by their columns.
    """
    found: dict[str, float | None] = {}
    for outcome in OUTCOMES.values():
        counted = has_counts(row, outcome)
        published = (row[outcome.low], row[outcome.high])
        low, high = (
            of_counts if counted or own is None else own
            for of_counts, own in zip(_of_counts(row, outcome), published, strict=True)
        )
        # Either both or none.
        known = low is not None and high is not None
        found |= {outcome.low: low if known else None, outcome.high: high if known else None}
    return found


def _of_counts(row: Row, outcome: Outcome) -> tuple[float | None, float | None]:
    """Return the least and the most that a rate can be by its counts."""
    (least, most), (fewest, largest) = (
        [row[name] for name in bounds_of(of)] for of in (outcome.reached, outcome.cases)
    )
    low = min(least / largest, 1.0) if least is not None and (largest or 0) > 0 else None
    if most is None or fewest is None:
        return low, None
    return low, min(most / fewest, 1.0) if fewest > 0 else 1.0
