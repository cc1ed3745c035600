"""What is said of rows is what pandas says of the columns that they make."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import some_rows, table_of
from iapt_report.areas.cells import Place
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.rows import compensated_sum, has_counts, ranks, rate_of, rows_of
from iapt_report.areas.schemas import Column, check_rows
from iapt_report.areas.series import columns_of
from iapt_report.areas.table import checked, frame_of, rate_from_counts, select
from iapt_report.areas.table import has_counts as both_known

if TYPE_CHECKING:
    from iapt_report.areas.rows import Row

_SCORES = st.lists(st.none() | st.sampled_from([0.0, 12.5, 30.1]) | st.floats(0, 100), max_size=30)
_COLUMNS = {
    "code": Column("text"),
    "cases": Column("Int64", least=0, nullable=True),
    "rate": Column("float64", least=0, most=1, nullable=True),
}
_RIGHT: list[Row] = [{"code": "A", "cases": 3, "rate": 0.5}, {"code": "B", "cases": None, "rate": None}]


@given(_SCORES, st.booleans())
def test_ranks_are_those_of_pandas(scores: list[float | None], descending: bool) -> None:
    wanted = pd.Series(scores, dtype="float64").rank(method="average", ascending=not descending)
    assert ranks(scores, descending=descending) == [None if math.isnan(rank) else rank for rank in wanted]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200))
def test_a_compensated_sum_is_right_to_the_last_digits(values: list[float]) -> None:
    assert compensated_sum(values) == pytest.approx(math.fsum(values), rel=1e-15, abs=1e-300)


def test_a_table_comes_back_from_its_rows_and_says_the_same() -> None:
    rows = [{**row, "recovered": ""} if i % 4 == 0 else row for i, row in enumerate(some_rows(30))]
    table, _ = select(checked(table_of(rows), Place("areas.csv", range(2, 32))), "areas.csv")
    back = rows_of(columns_of(table))
    pd.testing.assert_frame_equal(frame_of(back), table)
    for outcome in OUTCOMES.values():
        assert [has_counts(row, outcome) for row in back] == both_known(table, outcome).tolist()
        wanted = rate_from_counts(table, outcome)
        assert [rate_of(row, outcome) for row in back] == [None if math.isnan(rate) else rate for rate in wanted]


@pytest.mark.parametrize(
    ("spoilt", "named"),
    [
        ({"code": None}, "'code' lacks a value in row 0"),
        ({"cases": 3.0}, "'cases' is of the type float in row 0, not Int64"),
        ({"cases": -1}, "'cases' is -1 in row 0, not from 0 to inf"),
        ({"rate": 1}, "'rate' is of the type int in row 0, not float64"),
        ({"rate": 1.5}, "'rate' is 1.5 in row 0"),
        ({"rate": float("nan")}, "'rate' is nan in row 0"),
        ({"more": 1}, "'more', not 'code', 'cases', 'rate'"),
        ({"code": "B"}, "row 1 has the code of an earlier one"),
    ],
)
def test_rows_that_are_not_as_declared_are_refused_by_column_and_row(spoilt: dict[str, object], named: str) -> None:
    check_rows(_RIGHT, _COLUMNS, "code")
    with pytest.raises(ValueError, match=named):
        check_rows([{**_RIGHT[0], **spoilt}, _RIGHT[1]], _COLUMNS, "code")
