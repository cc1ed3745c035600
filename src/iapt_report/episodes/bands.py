"""Who a patient is, as small numbers to count by: deprivation, age, gender, ethnic group, employment, severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.patient_cells import AGE_BANDS, DIMENSIONS, GAD7_BANDS, NOT_KNOWN, PHQ9_BANDS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from iapt_report.episodes.mapping import Mapping

_DECILES = 10


@dataclass(frozen=True)
class Dimension:
    """What patients are told apart by.

    Parameters
    ----------
    name : str
        Its column among the cells.
    code : ibis expression of int
        From 0; the place of a label.
    labels : tuple of str
        What is not known comes last. Deciles have their numbers.
    strange : ibis expression of bool, or None
        Where the source has a value that is none of those expected.
    """

    name: str
    code: ir.IntegerValue
    labels: tuple[str, ...]
    strange: ir.BooleanValue | None


def dimensions(table: ir.Table, mapping: Mapping) -> tuple[Dimension, ...]:
    """Say of every patient of a table, whose columns have their canonical names, in which group of each kind they are.

    A column that the mapping does not have leaves everybody in the group not known.
    """
    bands = {"age": ("age_band", AGE_BANDS), "phq9": ("phq9_band", PHQ9_BANDS), "gad7": ("gad7_band", GAD7_BANDS)}
    found = [_decile(table)]
    found += [_banded(table, column, *of) for column, of in bands.items()]
    found += [_grouped(table, column, mapping) for column in ("gender", "ethnic_group", "employment")]
    order = {name: place for place, name in enumerate(DIMENSIONS)}
    return tuple(sorted(found, key=lambda one: order[one.name]))


def _decile(table: ir.Table) -> Dimension:
    import ibis

    labels = (*map(str, range(1, _DECILES + 1)), NOT_KNOWN)
    if "decile" not in table.columns:
        return Dimension("decile", ibis.literal(_DECILES, "int8"), labels, None)
    number = _number(table["decile"])
    there = number.between(1, _DECILES)
    code = there.ifelse(number - 1, _DECILES).fill_null(_DECILES).cast("int8")
    return Dimension("decile", code, labels, number.notnull() & ~there)


def _banded(table: ir.Table, column: str, name: str, bands: tuple[tuple[str, int, int], ...]) -> Dimension:
    """Put a number into one of some bands, each with its label, its least and its most."""
    import ibis

    labels = (*(label for label, _, _ in bands), NOT_KNOWN)
    unknown = len(bands)
    if column not in table.columns:
        return Dimension(name, ibis.literal(unknown, "int8"), labels, None)
    number = _number(table[column])
    branches = [(number <= most, place) for place, (_, _, most) in enumerate(bands)]
    there = number.between(bands[0][1], bands[-1][2])
    code = ibis.cases((~there, unknown), *branches, else_=unknown).cast("int8")
    return Dimension(name, code, labels, number.notnull() & ~there)


def _grouped(table: ir.Table, column: str, mapping: Mapping) -> Dimension:
    import ibis

    labels = mapping.labels(column)
    unknown = len(labels) - 1
    if column not in table.columns:
        return Dimension(column, ibis.literal(unknown, "int8"), labels, None)
    value = _text(table[column])
    codes = mapping.groups[column]
    branches = [(value.isin(codes[label]), place) for place, label in enumerate(labels) if codes.get(label)]
    # What the mapping says is not known is expected; any other code is not.
    listed = ibis.cases(*branches, else_=unknown + 1).cast("int8")
    code = ibis.ifelse(listed > unknown, unknown, listed).cast("int8")
    return Dimension(column, code, labels, value.notnull() & (value != "") & (listed > unknown))


def _number(value: ir.Value) -> ir.NumericValue:
    """Read a column as whole numbers; what is none is missing."""
    return value if value.type().is_integer() else value.try_cast("int32")  # type: ignore[return-value]


def _text(value: ir.Value) -> ir.StringValue:
    return value if value.type().is_string() else value.cast("string")  # type: ignore[return-value]
