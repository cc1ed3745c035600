"""What is counted: NHS England's measures, each an expression of one referral's columns.

The definitions are those of the metadata of the monthly statistics (NHS Talking Therapies Monthly Statistics, metadata
file of July 2026), and of the queries that NHS England publishes with its dashboards (the repository
nhsengland/Talking-Therapies). All count referrals of which ``UsePathway_Flag`` is ``True``:

- M001 Count_ReferralsReceived: received in the period.
- M076 Count_FinishedCourseTreatment: discharged in the period, with ``CompletedTreatment_Flag``.
- M179 Count_NotAtCaseness: of M076, those with ``NotCaseness_Flag``.
- M191 Count_Recovery: of M076, those with ``Recovery_Flag``. M192 is M191 / (M076 − M179).
- M193 Count_ReliableRecovery: of M191, those with ``ReliableImprovement_Flag``. M195 is M193 / (M076 − M179).
- M185 Count_ReliableImprovement: of M076, those with ``ReliableImprovement_Flag``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from iapt_report.areas.period import Period
    from iapt_report.episodes.mapping import Mapping


@dataclass(frozen=True)
class Measured:
    """What one referral counts for, each an ibis expression of bool that is never missing.

    Parameters
    ----------
    usable : expression
        Whether the record stands for its pathway.
    received, discharged : expression
        Whether that was in the period.
    referral, finished, at_caseness, recovered, reliably_recovered, reliably_improved : expression
        Whether the referral is in M001, M076, M076 − M179, M191, M193, M185.
    """

    usable: ir.BooleanValue
    received: ir.BooleanValue
    discharged: ir.BooleanValue
    referral: ir.BooleanValue
    finished: ir.BooleanValue
    at_caseness: ir.BooleanValue
    recovered: ir.BooleanValue
    reliably_recovered: ir.BooleanValue
    reliably_improved: ir.BooleanValue


def measured(table: ir.Table, mapping: Mapping, period: Period) -> Measured:
    """Say what each referral of a table counts for, whose columns have their canonical names."""
    import ibis

    def yes(name: str) -> ir.BooleanValue:
        return is_yes(table, name, mapping) if name in table.columns else ibis.literal(False)

    usable = yes("use")
    received = _within(day(table["received"]), period.start, period.end)
    discharged = _within(day(table["discharged"]), period.start, period.end)
    finished = usable & discharged & yes("completed")
    at_caseness = finished & ~yes("not_caseness")
    # Who was not at caseness cannot recover; where a source has both, it contradicts itself, which is said.
    recovered = at_caseness & yes("recovered")
    improved = yes("reliably_improved")
    return Measured(
        usable=usable,
        received=received,
        discharged=discharged,
        referral=usable & received,
        finished=finished,
        at_caseness=at_caseness,
        recovered=recovered,
        reliably_recovered=recovered & improved,
        reliably_improved=finished & improved,
    )


def is_yes(table: ir.Table, name: str, mapping: Mapping) -> ir.BooleanValue:
    """Whether a flag is set; one that is empty is not."""
    value = table[name]
    if value.type().is_boolean():
        return value.fill_null(False)  # type: ignore[no-any-return]
    return value.cast("string").isin(mapping.yes).fill_null(False)  # type: ignore[no-any-return]


def is_misspelt(table: ir.Table, name: str, mapping: Mapping) -> ir.BooleanValue | None:
    """Whether a flag has a value that the mapping does not have; None where its type allows no other."""
    value = table[name]
    if value.type().is_boolean():
        return None
    text = value.cast("string")
    return text.notnull() & (text != "") & ~text.isin((*mapping.yes, *mapping.no))  # type: ignore[no-any-return]


def day(value: ir.Value) -> ir.Value:
    """Read a column as dates, or moments; what is neither is missing."""
    kind = value.type()
    return value if kind.is_date() or kind.is_timestamp() else value.try_cast("date")


def _within(value: ir.Value, first: date, last: date) -> ir.BooleanValue:
    """Whether a day, or a moment of it, is in a period; what is missing is not."""
    import ibis

    start, end = (ibis.literal(one).cast("date") for one in (first, last + timedelta(days=1)))
    return ((value >= start) & (value < end)).fill_null(False)  # type: ignore[no-any-return, operator]
