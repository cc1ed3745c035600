"""Any table whose columns a mapping names: the quarterly files of 2014-15, local extracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

import published
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.sources.importing import Imported

HEADER = ["Org", "Commissioner", "Kind", "New referrals", "Ended treatment", "Not a case", "Recovered"]
MAPPING = """
level = "ccg"

[columns]
area_code = "Org"
area_name = "Commissioner"
referrals = "New referrals"
finished_treatment = "Ended treatment"
not_at_caseness = "Not a case"
recovered = "Recovered"

[only]
Kind = ["CCG"]
"""


def rows() -> list[list[object]]:
    areas: list[list[object]] = [
        [f"X{i:02d}", f"NHS Area {i}", "CCG", 900 + i, 300, 30, 100 + 2 * i] for i in range(15)
    ]
    return [["ENG", "England", "National", 9999, 3000, 300, 1000], *areas]


def run(folder: Path, path: Path, mapping: str = MAPPING, period: str = "2019-20") -> Imported:
    (folder / "mapping.toml").write_text(mapping, "utf-8")
    return published.import_period(
        [path],
        Period.parse(period),
        published.imd(folder),
        published.lookup(folder),
        folder / "data",
        mapping=folder / "mapping.toml",
    )


def parquet(folder: Path) -> Path:
    source = published.write(folder / "t.csv", HEADER, rows())
    duckdb.sql(f"COPY (FROM read_csv('{source}')) TO '{folder / 't.parquet'}' (FORMAT parquet)")
    return folder / "t.parquet"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_mapped_table_is_read_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        path = published.write(tmp_path / "t.csv", HEADER, rows())
    elif kind == "xlsx":
        path = published.workbook(tmp_path / "t.xlsx", {"Notes": [["About"]], "Data": [["Title"], [*HEADER], *rows()]})
    else:
        path = parquet(tmp_path)
    done = run(tmp_path, path)
    first = read_areas(tmp_path / "data", Period.parse("2019-20")).table.iloc[0]
    assert done.areas == 15
    assert [first[name] for name in ("referrals", "at_caseness", "recovered")] == [900, 270, 100]


def test_a_table_without_months_is_about_the_whole_period(tmp_path: Path) -> None:
    path = published.write(tmp_path / "t.csv", HEADER, rows())
    assert run(tmp_path, path, period="2014-15-Q2").areas == 15


def test_a_mapped_month_makes_a_period_of_its_parts(tmp_path: Path) -> None:
    months = [[*row, f"2019-0{month}-01"] for month in (4, 5, 6) for row in rows()]
    path = published.write(tmp_path / "t.csv", [*HEADER, "Month"], months)
    mapping = MAPPING.replace("[only]", 'month = "Month"\n\n[only]')
    run(tmp_path, path, mapping, "2019-20-Q1")
    assert read_areas(tmp_path / "data", Period.parse("2019-20-Q1")).table["referrals"].iloc[0] == 2700
    with pytest.raises(CallError, match="July 2019 is missing"):
        run(tmp_path, path, mapping, "2019-20-Q2")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('level = "ccg"', 'level = "ward"', "the level 'ward' is none of"),
        ("referrals =", "referals =", "'referals' under [columns] is none of"),
        ('recovered = "Recovered"', "", "lacks 'recovery_percentage', or 'recovered'"),
        ('area_name = "Commissioner"', "", "[columns] lacks 'area_name'"),
        ('Kind = ["CCG"]', 'Kind = "CCG"', "[only] must give a list"),
        ("[columns]", "[colums]", "'colums' is not expected"),
        ('level = "ccg"', 'level = "ccg"\nsynthetic = "yes"', "'synthetic' must be true"),
        ("[columns]", "[columns", "not TOML"),
    ],
)
def test_a_mapping_that_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = published.write(tmp_path / "t.csv", HEADER, rows())
    with pytest.raises(DataError) as caught:
        run(tmp_path, path, MAPPING.replace(old, new))
    assert words in str(caught.value)
    assert "mapping.toml" in str(caught.value)


def test_a_column_that_the_mapping_names_and_the_file_lacks_is_named(tmp_path: Path) -> None:
    path = published.write(tmp_path / "t.csv", [*HEADER[:-1], "Better"], rows())
    with pytest.raises(DataError, match=r"t\.csv, column 'Recovered': the column 'Recovered', which the mapping names"):
        run(tmp_path, path)


def test_a_column_that_chooses_rows_and_is_not_there_is_named(tmp_path: Path) -> None:
    """Where it went unheeded, every row of the file would count."""
    path = published.write(tmp_path / "t.csv", HEADER, rows())
    with pytest.raises(DataError, match="the column 'sort', which the mapping names, is missing"):
        run(tmp_path, path, MAPPING.replace("Kind =", "Sort ="))


def test_invented_areas_are_said_to_be_invented(tmp_path: Path) -> None:
    path = published.write(tmp_path / "t.csv", HEADER, rows())
    run(tmp_path, path, MAPPING.replace('level = "ccg"', 'level = "ccg"\nsynthetic = true'))
    assert read_areas(tmp_path / "data", Period.parse("2019-20")).synthetic
    run(tmp_path, path)
    assert not read_areas(tmp_path / "data", Period.parse("2019-20")).synthetic


def test_a_name_that_a_spreadsheet_would_run_is_refused(tmp_path: Path) -> None:
    table = rows()
    table[3][1] = "=HYPERLINK(1)"
    with pytest.raises(DataError, match="no spreadsheet runs as a formula"):
        run(tmp_path, published.write(tmp_path / "t.csv", HEADER, table))


def test_a_column_that_is_not_mapped_is_not_used_whatever_its_name(tmp_path: Path) -> None:
    table = [[*row, 1, 2] for row in rows()]
    path = published.write(tmp_path / "t.csv", [*HEADER, "at_caseness", "referrals"], table)
    run(tmp_path, path)
    first = read_areas(tmp_path / "data", Period.parse("2019-20")).table.iloc[0]
    assert (first["referrals"], first["at_caseness"]) == (900, 270)
