"""What is counted: NHS England's measures, each an expression of one referral's columns.

The definitions are those of the metadata of the monthly statistics (NHS Talking Therapies Monthly Statistics, metadata
file of July 2026), and of the queries that NHS England publishes with its dashboards (the repository
nhsengland/Talking-Therapies). All count referrals that have a pathway, and of which ``UsePathway_Flag`` is ``True``:

- M001 Count_ReferralsReceived: received in the period.
- M076 Count_FinishedCourseTreatment: discharged in the period, with ``CompletedTreatment_Flag``.
- M179 Count_NotAtCaseness: of M076, those with ``NotCaseness_Flag``.
- M191 Count_Recovery: of M076, those with ``Recovery_Flag``. M192 is M191 / (M076 − M179).
- M193 Count_ReliableRecovery: of M191, those with ``ReliableImprovement_Flag``. M195 is M193 / (M076 − M179).
- M185 Count_ReliableImprovement: of M076, those with ``ReliableImprovement_Flag``.
"""

from __future__ import annotations

import functools
import operator
from datetime import timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from iapt_report.areas.period import Period
    from iapt_report.episodes.mapping import Mapping


# The measures that are counted among those who finished a course of treatment.
OUTCOMES = ("at_caseness", "recovered", "reliably_recovered", "reliably_improved")


def placed(table: ir.Table, mapping: Mapping, period: Period) -> ir.Table:
    """Add to each referral whether its record stands for its pathway, and what of it was in the period.

    Parameters
    ----------
    table : ibis Table
        Whose columns have their canonical names.
    mapping : Mapping
    period : Period

    Returns
    -------
    ibis Table
        With ``usable``, ``referral`` (M001), ``finished`` (M076) and ``inside`` (any of it in the period, or not known
        whether the record stands for its pathway), bool and never missing.
    """
    usable = is_yes(table, "use", mapping) & table["pathway"].notnull()
    received = _within(day(table["received"]), period.start, period.end)
    discharged = _within(day(table["discharged"]), period.start, period.end)
    unknown = is_misspelt(table, "use", mapping)
    inside = usable & (received | discharged)
    return table.mutate(
        usable=usable,
        inside=inside if unknown is None else inside | unknown.fill_null(False),
        referral=usable & received,
        finished=usable & discharged & is_yes(table, "completed", mapping),
    )


def outcomes(table: ir.Table, mapping: Mapping) -> dict[str, ir.BooleanValue]:
    """Say of each referral of a table, as `placed` gives it, which of `OUTCOMES` it counts for.

    Who was not at caseness cannot recover; where a source says both, it contradicts itself, which is counted elsewhere.
    """
    at_caseness = table["finished"] & ~is_yes(table, "not_caseness", mapping)
    recovered = at_caseness & is_yes(table, "recovered", mapping)
    improved = is_yes(table, "reliably_improved", mapping)
    return {
        "at_caseness": at_caseness,
        "recovered": recovered,
        "reliably_recovered": recovered & improved,
        "reliably_improved": table["finished"] & improved,
    }


def is_yes(table: ir.Table, name: str, mapping: Mapping) -> ir.BooleanValue:
    """Whether a flag is set; one that is empty is not."""
    import ibis

    if name not in table.columns:
        return ibis.literal(False)
    value = table[name]
    if value.type().is_boolean():
        return value.fill_null(False)
    return value.cast("string").isin(mapping.yes).fill_null(False)


def is_misspelt(table: ir.Table, name: str, mapping: Mapping) -> ir.BooleanValue | None:
    """Whether a flag has a value that the mapping does not have, or missing; None where it cannot."""
    value = table[name]
    if value.type().is_boolean():
        return None
    text = value.cast("string")
    # One by one, the usual spellings first: DuckDB makes a join of a longer list, which takes twice the time.
    known = [one for pair in zip_longest(mapping.yes, mapping.no) for one in pair if one is not None]
    return functools.reduce(operator.and_, (text != one for one in (*known, "")))


def day(value: ir.Value) -> ir.Value:
    """Read a column as dates, or moments; what is neither is missing."""
    kind = value.type()
    return value if kind.is_date() or kind.is_timestamp() else value.try_cast("date")


def _within(value: ir.Value, first: date, last: date) -> ir.BooleanValue:
    """Whether a day, or a moment of it, is in a period; what is missing is not."""
    import ibis

    start, end = (ibis.literal(one).cast("date") for one in (first, last + timedelta(days=1)))
    return ((value >= start) & (value < end)).fill_null(False)
