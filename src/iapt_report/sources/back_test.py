"""What a published file says twice, compared: areas against England, percentages against counts.

Counts below England are rounded to the nearest 5 and counts under 5 are suppressed; percentages of areas are whole
numbers. Disagreement beyond what that allows is no error of the reader's, but its reader must know of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_HALF_STEP = 2.5
_UNDER = 5
_HALF_PERCENT = 0.005
_ROUNDING_ERROR = 1e-9
_COUNTS = {
    "referrals": "referrals",
    "finished_treatment": "patients who finished treatment",
    "recovered": "patients who recovered",
}


def percentages_against_counts(frame: pd.DataFrame, *, derived: bool = False) -> tuple[str, ...]:
    """Compare each published percentage with that of the published counts.

    Parameters
    ----------
    frame : DataFrame
        ``area_name``, ``at_caseness`` and ``recovered`` as counts, ``recovery_rate`` as published (proportion); one row
        an organisation and month.
    derived : bool
        Whether ``at_caseness`` is the difference of two rounded counts, and so twice as uncertain.

    Returns
    -------
    tuple of str
        A sentence if some differ by more than rounding allows, else nothing.
    """
    recovered, cases = (frame[name].astype("Float64") for name in ("recovered", "at_caseness"))
    rate = frame["recovery_rate"].astype("Float64")
    step = 2 * _HALF_STEP if derived else _HALF_STEP
    low = (recovered - _HALF_STEP) / (cases + step) - _HALF_PERCENT
    high = (recovered + _HALF_STEP) / (cases - step).where(cases > step) + _HALF_PERCENT
    beyond = ((rate < low - _ROUNDING_ERROR) | (rate > high + _ROUNDING_ERROR)).fillna(value=False).astype(bool)
    compared = int((rate.notna() & recovered.notna() & cases.notna()).sum())
    if not beyond.any():
        return ()
    difference = (rate - recovered / cases.where(cases > 0)).abs()[beyond] * 100
    worst = frame["area_name"][beyond].iloc[int(difference.to_numpy(dtype="float64").argmax())]
    n = int(beyond.sum())
    return (
        f"Of {compared} published recovery percentages, {n} {'differs' if n == 1 else 'differ'} from "
        f"{'that' if n == 1 else 'those'} of the published counts by more than rounding allows, at most by "
        f"{difference.max():.1f} percentage points ({worst}); the counts are used.",
    )


def areas_against_england(frame: pd.DataFrame, england: pd.DataFrame) -> tuple[str, ...]:
    """Compare the sums over areas with England's own row.

    Parameters
    ----------
    frame : DataFrame
        The counts of areas, one row an organisation and month.
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
        total, expected = int(frame[name].sum()), int(whole.sum())
        suppressed = int(frame[name].isna().sum())
        slack = _HALF_STEP * (len(frame) - suppressed)
        if not total - slack <= expected <= total + slack + (_UNDER - 1) * suppressed:
            said.append(
                f"The areas' {words} add to {_grouped(total)} and England's own row says {_grouped(expected)}, further "
                "apart than rounding and suppression allow."
            )
    return tuple(said)


def _grouped(number: int) -> str:
    """Group the digits of a large number, as the paper does."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
