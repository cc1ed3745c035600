"""What holds the tables that the program makes against what their columns are."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from iapt_report.areas.schemas import Column, check

if TYPE_CHECKING:
    from collections.abc import Callable

_COLUMNS = {
    "code": Column("text"),
    "cases": Column("Int64", least=0, nullable=True),
    "rate": Column("float64", least=0, most=1, nullable=True),
    "parts": Column("int64", least=1),
    "why": Column("any"),
}


def _table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": ["A", "B"],
            "cases": pd.array([5, None], dtype="Int64"),
            "rate": [0.5, float("nan")],
            "parts": [1, 3],
            "why": [None, "small"],
        }
    )


def test_a_table_as_declared_is_taken() -> None:
    """Values at the ends of their ranges, and missing ones where these may be, are none that are refused."""
    check(_table().assign(rate=[0.0, 1.0]), _COLUMNS, ["code"])
    check(_table(), _COLUMNS, ["code"])


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda t: t.assign(more=1), "'more'"),
        (lambda t: t.drop(columns="why"), "'parts', not"),
        (lambda t: t.assign(rate=[0.5, 1.01]), "'rate' is 1.01 in row 1"),
        (lambda t: t.assign(cases=pd.array([-1, None], dtype="Int64")), "'cases' is -1 in row 0"),
        (lambda t: t.assign(parts=[1, 0]), "'parts' is 0 in row 1"),
        (lambda t: t.assign(parts=[1.0, 2.0]), "'parts' is of the type float64"),
        (lambda t: t.assign(code=["A", None]), "'code' lacks a value in row 1"),
        (lambda t: t.assign(code=[1, 2]), "'code' is of the type int64"),
        (lambda t: t.assign(code=["A", "A"]), "row 1 has the code of an earlier one"),
    ],
)
def test_a_table_that_is_not_as_declared_is_refused_by_column_and_row(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], named: str
) -> None:
    """Each kind of fault on its own."""
    with pytest.raises(ValueError, match=named):
        check(spoil(_table()), _COLUMNS, ["code"])


def test_pandas_that_is_loaded_ahead_is_without_arrow_and_arrow_can_still_be_imported() -> None:
    """In a process of its own, since it is for that."""
    code = (
        "from iapt_report.system.loading import load_pandas_ahead; load_pandas_ahead(); import sys, pandas as pd;"
        "print('pyarrow' in sys.modules, pd.Series(['a']).dtype.storage); import pyarrow"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "python"]
