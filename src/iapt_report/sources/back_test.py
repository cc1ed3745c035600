"""What a published file says twice, compared: areas against England, percentages against counts.

Disagreement beyond what rounding and suppression allow is no error of the reader's, but its reader must know of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.numerals import grouped
from iapt_report.areas.rates import is_below
from iapt_report.areas.rows import has_counts
from iapt_report.sources.precision import bounds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.rows import Row

# A count that is missing without being called withheld is taken for one of those, which are at most this.
_WITHHELD = 4
_COUNTS = {
    "referrals": "referrals",
    "finished_treatment": "patients who finished treatment",
    "recovered": "patients who recovered",
}


def percentages_against_counts(rows: Sequence[Row], outcome: Outcome) -> tuple[str, ...]:
    """Compare each published percentage of an outcome with that of the published counts.

    Parameters
    ----------
    rows : sequence of Row
        ``area_name``; the counts of the outcome and its rate as published (proportion), each with the least and the
        most that it can be; one row an organisation and month.
    outcome : Outcome

    Returns
    -------
    tuple of str
        A sentence if some differ by more than rounding allows, else nothing.
    """
    compared = [row for row in rows if has_counts(row, outcome) and row[outcome.rate] is not None]
    beyond = {
        at: abs(row[outcome.rate] - row[outcome.reached] / row[outcome.cases]) * 100
        for at, row in enumerate(compared)
        if _are_apart(row, outcome)
    }
    if not beyond:
        return ()
    worst = max(beyond, key=lambda at: beyond[at])
    n = len(beyond)
    return (
        f"Of {len(compared)} published {outcome.words} percentages, {n} {'differs' if n == 1 else 'differ'} from "
        f"{'that' if n == 1 else 'those'} of the published counts by more than rounding allows, at most by "
        f"{beyond[worst]:.1f} percentage points ({compared[worst]['area_name']}); the counts are used.",
    )


def _are_apart(row: Row, outcome: Outcome) -> bool:
    """Whether nothing that a published percentage can be is what its counts allow."""
    (least, most), (fewest, largest) = (
        [row[name] for name in bounds_of(of)] for of in (outcome.reached, outcome.cases)
    )
    low = least / largest if least is not None and (largest or 0) > 0 else None
    high = most / fewest if most is not None and (fewest or 0) > 0 else None
    above = low is not None and row[outcome.high] is not None and is_below(row[outcome.high], low)
    return bool(above or (high is not None and row[outcome.low] is not None and is_below(high, row[outcome.low])))


def areas_against_england(rows: Sequence[Row], england: Sequence[Row]) -> tuple[str, ...]:
    """Compare the sums over areas with England's own row.

    Parameters
    ----------
    rows : sequence of Row
        The counts of areas, each with the least and the most that it can be, one row an organisation and month.
    england : sequence of Row
        The counts of England, one row a month.

    Returns
    -------
    tuple of str
        A sentence for each count whose sum differs by more than rounding and suppression allow.
    """
    said = []
    for name, words in _COUNTS.items():
        whole = [row[name] for row in england]
        if not whole or None in whole or all(row[name] is None for row in rows):
            continue
        low, high = bounds_of(name)
        total, expected = sum(row[name] or 0 for row in rows), sum(whole)
        most = sum(_WITHHELD if row[high] is None else row[high] for row in rows)
        if not sum(row[low] or 0 for row in rows) <= expected <= most:
            said.append(
                f"The areas' {words} add to {grouped(total)} and England's own row says {grouped(expected)}, further "
                "apart than rounding and suppression allow."
            )
    return tuple(said)
