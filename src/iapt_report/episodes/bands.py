"""Who a patient is, as small numbers to count by: deprivation, age, gender, ethnic group, employment, severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.patient_cells import AGE_BANDS, DIMENSIONS, GAD7_BANDS, NOT_KNOWN, PHQ9_BANDS

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import numpy as np
    from numpy.typing import NDArray

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
        From 0, the place of a label; one more than the last where the source has a value that is none of those
        expected.
    labels : tuple of str
        What is not known comes last. Deciles have their numbers.
    """

    name: str
    code: ir.IntegerValue
    labels: tuple[str, ...]

    @property
    def sizes(self) -> int:
        """How many codes there are."""
        return len(self.labels) + 1


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


def packed(who: tuple[Dimension, ...]) -> ir.IntegerValue:
    """Write the codes of all dimensions as one number, which is faster to group by than many; `unpacked` reads it."""
    import ibis

    key: ir.IntegerValue = ibis.literal(0, "int32")
    for one in who:
        key = key * one.sizes + one.code.cast("int32")
    return key


def unpacked(keys: NDArray[np.int64], who: tuple[Dimension, ...]) -> dict[str, NDArray[np.int64]]:
    """Read the codes of all dimensions from numbers that `packed` made."""
    found = {}
    left = keys
    for one in reversed(who):
        left, found[one.name] = left // one.sizes, left % one.sizes
    return found


def _decile(table: ir.Table) -> Dimension:
    import ibis

    labels = (*map(str, range(1, _DECILES + 1)), NOT_KNOWN)
    if "decile" not in table.columns:
        return Dimension("decile", ibis.literal(_DECILES), labels)
    number = _number(table["decile"])
    code = ibis.cases((number.between(1, _DECILES), number - 1), (number.notnull(), _DECILES + 1), else_=_DECILES)
    return Dimension("decile", _or_unreadable(table["decile"], number, code, _DECILES + 1), labels)


def _banded(table: ir.Table, column: str, name: str, bands: tuple[tuple[str, int, int], ...]) -> Dimension:
    """Put a number into one of some bands, each with its label, its least and its most."""
    import ibis

    labels = (*(label for label, _, _ in bands), NOT_KNOWN)
    unknown = len(bands)
    if column not in table.columns:
        return Dimension(name, ibis.literal(unknown), labels)
    number = _number(table[column])
    # From the top, so that each asks one thing.
    branches = [(number >= least, place) for place, (_, least, _) in reversed(list(enumerate(bands)))]
    beyond = (number > bands[-1][2], unknown + 1)
    code = ibis.cases(beyond, *branches, (number.isnull(), unknown), else_=unknown + 1)
    return Dimension(name, _or_unreadable(table[column], number, code, unknown + 1), labels)


def _grouped(table: ir.Table, column: str, mapping: Mapping) -> Dimension:
    import ibis

    labels = mapping.labels(column)
    unknown = len(labels) - 1
    if column not in table.columns:
        return Dimension(column, ibis.literal(unknown), labels)
    value = _text(table[column])
    codes = mapping.groups[column]
    branches = [(value.isin(codes[label]), place) for place, label in enumerate(labels) if codes.get(label)]
    # What the mapping says is not known is expected; any other code is not.
    absent = (value.isnull() | (value == ""), unknown)
    return Dimension(column, ibis.cases(*branches, absent, else_=unknown + 1), labels)


def _number(value: ir.Value) -> ir.NumericValue:
    """Read a column as whole numbers; what is none is missing."""
    return value if value.type().is_integer() else value.try_cast("int32")


def _or_unreadable(value: ir.Value, number: ir.NumericValue, code: ir.IntegerValue, strange: int) -> ir.IntegerValue:
    """Tell a text that is no number from none."""
    import ibis

    if not value.type().is_string():
        return code
    return ibis.ifelse(number.isnull() & value.notnull() & (value != ""), strange, code)


def _text(value: ir.Value) -> ir.StringValue:
    return value if value.type().is_string() else value.cast("string")
