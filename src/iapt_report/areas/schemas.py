"""What the columns of a table hold, said once and checked wherever such a table is made.

Cells of a file are refused where they are read, in words; this is for tables that the program has put together, of
which none should ever fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from iapt_report.areas.rows import Row

Kind = Literal["text", "Int64", "int64", "float64", "any"]


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Parameters
    ----------
    kind : {"text", "Int64", "int64", "float64", "any"}
        Its type: ``Int64`` are whole numbers that can be missing.
    least, most : float
        The range of its numbers, these included.
    nullable : bool
        Whether a value can be missing.
    """

    kind: Kind
    least: float = float("-inf")
    most: float = float("inf")
    nullable: bool = False


def check(frame: pd.DataFrame, columns: Mapping[str, Column], unique: Sequence[str]) -> None:
    """Hold a table against what its columns are.

    Parameters
    ----------
    frame : DataFrame
    columns : mapping of str to Column
        All that the table has, by their names.
    unique : sequence of str
        The columns that together tell one row from every other.

    Raises
    ------
    ValueError
        If it has other columns, or one is of another type, lacks a value or has one out of its range, or a row is there
        twice. It names the first.
    """
    if set(frame.columns) != set(columns) or not frame.columns.is_unique:
        raise ValueError(f"the columns are {', '.join(map(repr, frame.columns))}, not {', '.join(map(repr, columns))}")
    for name, column in columns.items():
        _check_column(frame[name], name, column)
    again = frame.duplicated(list(unique))
    if again.any():
        raise ValueError(f"row {int(again.argmax())} has the {' and '.join(unique)} of an earlier one")


def check_rows(rows: Sequence[Row], columns: Mapping[str, Column], unique: str) -> None:
    """Hold the rows of a table against what its columns are, as `check` does: whole numbers are ``int``.

    Raises
    ------
    ValueError
        As of `check`.
    """
    types: dict[Kind, type] = {"text": str, "Int64": int, "int64": int, "float64": float}
    for at, row in enumerate(rows):
        if set(row) != set(columns):
            raise ValueError(
                f"row {at} has the columns {', '.join(map(repr, row))}, not {', '.join(map(repr, columns))}"
            )
        for name, column in columns.items():
            value, kind = row[name], types.get(column.kind, object)
            if value is None and not column.nullable and column.kind != "any":
                raise ValueError(f"{name!r} lacks a value in row {at}")
            if value is not None and type(value) is not kind and column.kind != "any":
                raise ValueError(f"{name!r} is of the type {type(value).__name__} in row {at}, not {column.kind}")
            if isinstance(value, int | float) and not column.least <= value <= column.most:
                raise ValueError(f"{name!r} is {value} in row {at}, not from {column.least} to {column.most}")
    seen: set[object] = set()
    for at, row in enumerate(rows):
        if row[unique] in seen:
            raise ValueError(f"row {at} has the {unique} of an earlier one")
        seen.add(row[unique])


def _check_column(values: pd.Series[Any], name: str, column: Column) -> None:
    from pandas.api.types import is_string_dtype

    is_it = is_string_dtype(values) if column.kind == "text" else str(values.dtype) == column.kind
    if column.kind != "any" and not is_it:
        raise ValueError(f"{name!r} is of the type {values.dtype}, not {column.kind}")
    missing = values.isna()
    if not column.nullable and column.kind != "any" and missing.any():
        raise ValueError(f"{name!r} lacks a value in row {int(missing.argmax())}")
    if column.kind in ("text", "any"):
        return
    out = (~values.between(column.least, column.most)).fillna(value=False).astype(bool) & ~missing
    if out.any():
        at = int(out.argmax())
        raise ValueError(f"{name!r} is {values.iloc[at]} in row {at}, not from {column.least} to {column.most}")
