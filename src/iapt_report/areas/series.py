"""Columns of pandas frames, read by the rules for cells, and written as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iapt_report.areas import cells
from iapt_report.areas.cells import LARGEST_NUMBER, MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from iapt_report.areas.cells import Place


def flags(wrong: pd.Series[bool]) -> list[bool]:
    """Return a column of truth values, of which a missing one is false."""
    found: list[bool] = wrong.fillna(value=False).astype(bool).tolist()
    return found


def values_of(column: pd.Series[Any]) -> list[Any]:
    """Return the values of a column, None where they are missing."""
    found: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return found


def columns_of(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the values of each column, None where they are missing."""
    return {str(name): values_of(frame[name]) for name in frame}


def is_missing(text: pd.Series[str], missing: frozenset[str] = MISSING) -> pd.Series[bool]:
    """Say which cells hold no value, which is written in one of the ways of ``missing``."""
    return text.isna() | text.str.strip().isin(missing)


def counts(text: pd.Series[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> pd.Series[int]:
    """Read whole numbers that are not negative, as nullable integers."""
    return nullable(cells.counts(text.fillna(""), column, place, missing), text.index)


def nullable(values: Sequence[int | None], index: pd.Index[Any]) -> pd.Series[int]:
    """Return a column of nullable integers."""
    import pandas as pd

    return pd.Series(pd.array(values, dtype="Int64"), index=index)


def numbers(text: pd.Series[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> pd.Series[float]:
    """Read decimal numbers; missing ones become NaN."""
    import pandas as pd

    found = pd.Series(cells.numerals(text.fillna(""), column, place, missing), index=text.index, dtype="str")
    parsed = pd.to_numeric(found).astype("float64")
    cells.refuse_large(found, flags(parsed.abs() > LARGEST_NUMBER), column, place)
    return parsed


def names(text: pd.Series[str], column: str, place: Place) -> pd.Series[str]:
    """Read codes or names, as `iapt_report.areas.cells.names` does."""
    import pandas as pd

    return pd.Series(cells.names(text.fillna(""), column, place), index=text.index, dtype="str")


def optional_text(text: pd.Series[str]) -> pd.Series[str]:
    """Read free text; empty cells become missing."""
    return text.str.strip().mask(is_missing(text), None)


def absent_counts(index: pd.Index[Any]) -> pd.Series[int]:
    """Return a column of counts of which none is known."""
    import pandas as pd

    return pd.Series(pd.NA, index=index, dtype="Int64")


def absent_numbers(index: pd.Index[Any]) -> pd.Series[float]:
    """Return a column of numbers of which none is known."""
    import pandas as pd

    return pd.Series(float("nan"), index=index, dtype="float64")
