"""A table as rows, and what its figures say of one row: counts, rates, and whether they are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iapt_report.areas.outcomes import Outcome

# The values of one row by the names of their columns, as in `iapt_report.areas.table.COLUMNS`; None where missing.
Row: TypeAlias = Mapping[str, Any]


def rows_of(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Turn columns of one length into rows."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def has_counts(row: Row, outcome: Outcome) -> bool:
    """Whether both counts of an outcome are known."""
    return row[outcome.reached] is not None and row[outcome.cases] is not None


def rate_of(row: Row, outcome: Outcome) -> float | None:
    """Those who reached the outcome / those who could, where both are known, else the rate given (proportion)."""
    if not has_counts(row, outcome):
        rate: float | None = row[outcome.rate]
        return rate
    return row[outcome.reached] / row[outcome.cases] if row[outcome.cases] > 0 else None


def is_counted(row: Row) -> bool:
    """Whether it has a number of referrals, and at least one patient who finished treatment."""
    return row["referrals"] is not None and (row["finished_treatment"] or 0) > 0


def compensated_sum(values: Iterable[float]) -> float:
    """Add numbers with the error of each addition carried along, so that their order hardly matters."""
    total = error = 0.0
    for value in values:
        part = value - error
        raised = total + part
        error = raised - total - part
        total = raised
    return total


def ranks(values: Sequence[float | None], *, descending: bool = False) -> list[float | None]:
    """Rank what is known, from 1; ties share their mean rank."""
    places: dict[float, list[int]] = {}
    known = sorted((value for value in values if value is not None), reverse=descending)
    for place, value in enumerate(known, start=1):
        places.setdefault(value, []).append(place)
    return [None if value is None else (places[value][0] + places[value][-1]) / 2 for value in values]
