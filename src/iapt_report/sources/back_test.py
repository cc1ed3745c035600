"""What a published file says twice, compared: areas against England, percentages against counts.

Disagreement beyond what rounding and suppression allow is no error of the reader's, but its reader must know of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.numerals import grouped
from iapt_report.areas.rates import is_below
from iapt_report.areas.table import has_counts
from iapt_report.sources.precision import bounds_of

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.areas.outcomes import Outcome

# A count that is missing without being called withheld is taken for one of those, which are at most this.
_WITHHELD = 4
_COUNTS = {
    "referrals": "referrals",
    "finished_treatment": "patients who finished treatment",
    "recovered": "patients who recovered",
}


def percentages_against_counts(frame: pd.DataFrame, outcome: Outcome) -> tuple[str, ...]:
    """Compare each published percentage of an outcome with that of the published counts.

    Parameters
    ----------
    frame : DataFrame
        ``area_name``; the counts of the outcome and its rate as published (proportion), each with the least and the
        most that it can be; one row an organisation and month.
    outcome : Outcome

    Returns
    -------
    tuple of str
        A sentence if some differ by more than rounding allows, else nothing.
    """
    least, most = (frame[name].astype("Float64") for name in bounds_of(outcome.reached))
    fewest, largest = (frame[name].astype("Float64") for name in bounds_of(outcome.cases))
    low = least / largest.where(largest > 0)
    high = most / fewest.where(fewest > 0)
    published_low, published_high = frame[outcome.low].astype("Float64"), frame[outcome.high].astype("Float64")
    counted = has_counts(frame, outcome)
    apart = is_below(published_high, low) | is_below(high, published_low)
    beyond = (apart & counted).fillna(value=False).astype(bool)
    rate = frame[outcome.rate].astype("Float64")
    compared = int((rate.notna() & counted).sum())
    if not beyond.any():
        return ()
    cases = frame[outcome.cases].astype("Float64")
    difference = (rate - frame[outcome.reached].astype("Float64") / cases.where(cases > 0)).abs()[beyond] * 100
    worst = frame["area_name"][beyond].iloc[int(difference.to_numpy(dtype="float64").argmax())]
    n = int(beyond.sum())
    return (
        f"Of {compared} published {outcome.words} percentages, {n} {'differs' if n == 1 else 'differ'} from "
        f"{'that' if n == 1 else 'those'} of the published counts by more than rounding allows, at most by "
        f"{difference.max():.1f} percentage points ({worst}); the counts are used.",
    )


def areas_against_england(frame: pd.DataFrame, england: pd.DataFrame) -> tuple[str, ...]:
    """Compare the sums over areas with England's own row.

    Parameters
    ----------
    frame : DataFrame
        The counts of areas, each with the least and the most that it can be, one row an organisation and month.
    england : DataFrame
        The counts of England, one row a month.

    Returns
    -------
    tuple of str
        A sentence for each count whose sum differs by more than rounding and suppression allow.
    """
    said = []
    for name, words in _COUNTS.items():
        whole = england[name]
        if not len(whole) or whole.isna().any() or not frame[name].notna().any():
            continue
        low, high = bounds_of(name)
        total, expected = int(frame[name].sum()), int(whole.sum())
        if not int(frame[low].sum()) <= expected <= int(frame[high].fillna(_WITHHELD).sum()):
            said.append(
                f"The areas' {words} add to {grouped(total)} and England's own row says {grouped(expected)}, further "
                "apart than rounding and suppression allow."
            )
    return tuple(said)
