import math
from typing import Any

import pytest

from conftest import some_rows, table_of
from iapt_report.areas.cells import Place
from iapt_report.areas.exclusion import Exclusion
from iapt_report.areas.table import checked, require_columns, select
from iapt_report.system.errors import DataError


def check(rows: list[dict[str, object]]) -> Any:
    return checked(table_of(rows), Place("areas.csv", range(2, len(rows) + 2)))


def refused(rows: list[dict[str, object]]) -> DataError:
    with pytest.raises(DataError) as caught:
        select(check(rows), "areas.csv")
    return caught.value


def changed(column: str, value: object, row: int = 3) -> list[dict[str, object]]:
    rows = some_rows(20)
    rows[row] = {**rows[row], column: value}
    return rows


def test_a_rate_is_computed_from_the_counts_where_both_are_there() -> None:
    rows = [{**row, "recovery_rate": "0.123"} for row in some_rows(20)]
    table = check(rows)
    assert table["recovery_rate"].iloc[0] == rows[0]["recovered"] / rows[0]["at_caseness"]  # type: ignore[operator]


def test_the_given_rate_stands_where_a_count_is_suppressed() -> None:
    rows = [{**row, "recovery_rate": "0.123", "recovered": "*"} for row in some_rows(20)]
    assert check(rows)["recovery_rate"].iloc[0] == 0.123


def test_areas_are_ranked_by_score_when_no_rank_is_given_most_deprived_first() -> None:
    rows = [{**row, "imd_rank": "", "imd_score": 50 - i} for i, row in enumerate(some_rows(20))]
    assert check(rows)["imd_rank"].tolist() == [float(i) for i in range(1, 21)]


def test_equal_scores_share_their_mean_rank() -> None:
    rows = [{**row, "imd_rank": "", "imd_score": max(50 - i, 48)} for i, row in enumerate(some_rows(20))]
    assert check(rows)["imd_rank"].tolist()[:3] == [1.0, 2.0, 11.5]


def test_missing_is_missing_and_never_zero() -> None:
    table = check(changed("recovered", "*"))
    assert table["recovered"].isna().sum() == 1
    assert math.isnan(table["recovery_rate"].iloc[3])


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("recovered", "*", "no usable recovery rate"),
        ("at_caseness", "0", "no usable recovery rate"),
        ("imd_rank", "", "no deprivation rank"),
        ("referrals", "NULL", "no number of referrals"),
        ("finished_treatment", "0", "nobody finished treatment"),
        ("excluded", "merged away", "merged away"),
    ],
)
def test_an_area_left_out_is_kept_with_its_reason(column: str, value: str, reason: str) -> None:
    rows = changed(column, value)
    if column == "at_caseness":
        rows[3]["recovered"] = 0
    if column == "finished_treatment":
        rows[3].update(recovered="", at_caseness="", recovery_rate=0.5)
        rows = [{"recovery_rate": "", **row} for row in rows]
    if column == "excluded":
        rows = [{**row, "excluded": row.get("excluded", "")} for row in rows]
    table, excluded = select(check(rows), "areas.csv")
    known = {name: str(rows[3][name]) for name in ("referrals", "finished_treatment")}
    patients = {name: int(text) if text.isdigit() else None for name, text in known.items()}
    of_its_source = reason not in {"no deprivation rank", "merged away"}
    assert excluded == (Exclusion("T003", "Test Area 003", reason, **patients, unpublished=of_its_source),)
    assert len(table) == 19


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("referrals", "-5", "'-5' is not allowed"),
        ("referrals", "12.5", "a whole number"),
        ("referrals", "many", "a whole number"),
        ("finished_treatment", "1e3", "a whole number"),
        ("recovered", "100000", "recovered at most at_caseness"),
        ("imd_rank", "0", "a rank is at least 1"),
        ("imd_rank", "inf", "a number"),
        ("imd_score", "-1", "not negative"),
        ("area_code", "", "a value in every row"),
        ("area_name", "x" * 500, "at most 200 characters"),
        ("area_name", "a\u202eb", "printable text"),
        ("area_code", "T001", "there already, in row 3"),
    ],
)
def test_an_impossible_value_is_refused_by_file_row_and_column(column: str, value: str, words: str) -> None:
    rows = [{"imd_score": "", **row} for row in changed(column, value)]
    error = refused(rows)
    assert words in str(error)
    assert (error.file, error.row, error.column) == ("areas.csv", 5, column)
    assert error.mend


@pytest.mark.parametrize("value", ["1.01", "50", "-0.1"])
def test_a_rate_over_one_hundred_per_cent_or_below_none_is_refused(value: str) -> None:
    rows: list[dict[str, object]] = [{**row, "recovered": "", "recovery_rate": "0.5"} for row in some_rows(20)]
    rows[7]["recovery_rate"] = value
    error = refused(rows)
    assert (error.row, error.column) == (9, "recovery_rate")
    assert "0 to 1" in str(error)


@pytest.mark.parametrize(("text", "number"), [("1,234", 1234), ("12.0", 12), (" 7 ", 7)])
def test_counts_are_read_as_people_write_them(text: str, number: int) -> None:
    assert check(changed("referrals", text))["referrals"].iloc[3] == number


def test_fewer_than_ten_usable_areas_are_refused() -> None:
    rows = [{**row, "recovered": row["recovered"] if i < 9 else "*"} for i, row in enumerate(some_rows(20))]
    assert "9 of 20 areas can be analysed" in str(refused(rows))


def test_ranks_that_are_all_tied_are_refused() -> None:
    rows = [{**row, "imd_rank": 4} for row in some_rows(20)]
    error = refused(rows)
    assert error.column == "imd_rank"
    assert "same deprivation rank" in str(error)


@pytest.mark.parametrize("column", ["area_code", "area_name", "referrals", "finished_treatment", "imd_rank"])
def test_a_missing_column_is_named(column: str) -> None:
    header = [name for name in (*some_rows(1)[0],) if name != column]
    with pytest.raises(DataError, match=f"column '{column}'"):
        require_columns(header, "areas.csv")


def test_a_table_needs_a_rate_or_the_counts_behind_it() -> None:
    header = [name for name in some_rows(1)[0] if name != "recovered"]
    with pytest.raises(DataError, match="'recovery_rate' \\(or 'recovered' with 'at_caseness'\\)"):
        require_columns(header, "areas.csv")
    require_columns([*header, "recovery_rate"], "areas.csv")


def test_only_areas_that_can_be_analysed_are_ranked_by_score() -> None:
    rows = [{**row, "imd_rank": "", "imd_score": 50 - i} for i, row in enumerate(some_rows(20))]
    rows[2]["referrals"] = ""
    table, excluded = select(check(rows), "areas.csv")
    assert table["imd_rank"].tolist() == [float(i) for i in range(1, 20)]
    assert [area.reason for area in excluded] == ["no number of referrals"]


def test_a_missing_reason_as_r_writes_it_is_no_reason() -> None:
    table, excluded = select(check([{**row, "excluded": "NA"} for row in some_rows(20)]), "areas.csv")
    assert (len(table), excluded) == (20, ())
