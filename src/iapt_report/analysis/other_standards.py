"""The national standards in force for other outcomes than the one analysed, and which areas are below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES, national_standard
from iapt_report.areas.rates import is_below
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.period import Period


class OtherStandard(Value):
    """One standard beside that of the outcome analysed.

    ``value`` is a proportion; ``areas`` counts the analysed areas that have a rate of the outcome, ``below`` those of
    them below it, and ``area_codes`` names these; ``rate`` is that of the patients of all these areas together, where
    their counts are known.
    """

    outcome: str
    words: str
    value: float
    source: str
    areas: int
    below: int
    area_codes: tuple[str, ...]
    rate: float | None


def other_standards(table: pd.DataFrame, chosen: Outcome, period: Period) -> tuple[OtherStandard, ...]:
    """Hold the areas against each other standard in force when the period began.

    Parameters
    ----------
    table : DataFrame
        Of `iapt_report.areas.table.Areas`.
    chosen : Outcome
        The one analysed.
    period : Period

    Returns
    -------
    tuple of OtherStandard
        In the order of `OUTCOMES`; none of an outcome that no area has a rate of.
    """
    found = []
    for outcome in OUTCOMES.values():
        standard = national_standard(outcome, period)
        if outcome == chosen or standard is None or outcome.rate not in table:
            continue
        known = table[table[outcome.rate].notna()]
        if known.empty:
            continue
        below = is_below(known[outcome.rate].to_numpy("float64"), standard.value)
        found.append(
            OtherStandard(
                outcome=outcome.name,
                words=outcome.words,
                value=standard.value,
                source=standard.source,
                areas=len(known),
                below=int(below.sum()),
                area_codes=tuple(known.loc[below, "area_code"]),
                rate=_together(known, outcome),
            )
        )
    return tuple(found)


def _together(table: pd.DataFrame, outcome: Outcome) -> float | None:
    """Return the rate of all patients; None where an area's counts are not known."""
    counts = table[[outcome.reached, outcome.cases]]
    if counts.isna().any(axis=None) or not counts[outcome.cases].sum():
        return None
    return float(counts[outcome.reached].sum() / counts[outcome.cases].sum())
