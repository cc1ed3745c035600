"""The file that is named is the one that is read: its path is no pattern, and no folder above it is a column."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING

import duckdb
import pytest

import published
from iapt_report.areas.patient_cells import CELL_COLUMNS, CELL_COUNTS, PatientCells
from iapt_report.areas.period import Period
from iapt_report.sources.importing import check_file
from iapt_report.sources.read import read_published
from iapt_report.sources.recognise import is_known
from iapt_report.system.one_file import only_file

if TYPE_CHECKING:
    from pathlib import Path

MONTH = Period.parse("2023-04")
ODD = (
    "m[1]",
    "m*",
    "m?",
    "m[!x]",
    "m[^x]",
    "**",
    "m{1,2}",
    "~m",
    "m%20",
    "m'1",
    'm"1',
    "m 1 ",
    "é[1]",
    "m]*[1",
    "{",
    "$m",
)
BESIDE = ("m1", "m2", "mx", "m", "x", "é1")


def of_kind(folder: Path, stem: str, kind: str, *, scale: int) -> Path:
    """Write one month's activity, as CSV or Parquet."""
    plain = published.monthly(folder / "plain.csv", "2023-04-01", "2023-04-30", scale=scale)
    path = folder / f"{stem}.{kind}"
    if kind == "csv":
        return plain.rename(path)
    made = folder / "plain.parquet"
    duckdb.read_csv(str(plain), all_varchar=True, hive_partitioning=False).write_parquet(str(made))
    plain.unlink()
    return made.rename(path)


def imported(path: Path, folder: Path) -> tuple[str, dict[str, str]]:
    """Import one month: what areas.csv says, and the digests of the sources by name."""
    published.import_period([path], MONTH, published.imd(folder), published.lookup(folder), folder / "data")
    facts = tomllib.loads((folder / "data" / MONTH.id / "period.toml").read_text("utf-8"))
    return (folder / "data" / MONTH.id / "areas.csv").read_text("utf-8"), {
        source["file"]: source["sha256"] for source in facts["sources"]
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_name_with_the_signs_of_a_pattern_is_that_files_alone(tmp_path: Path, kind: str) -> None:
    for stem in BESIDE:
        of_kind(tmp_path, stem, kind, scale=3)
    own = of_kind(tmp_path, "own", kind, scale=1)
    wanted = read_published(own, is_known).frame
    for stem in ODD:
        path = own.rename(tmp_path / f"{stem}.{kind}")
        assert read_published(path, is_known).frame.equals(wanted), stem
        path.rename(own)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_an_import_notes_of_a_file_is_of_the_file_that_it_read(tmp_path: Path, kind: str) -> None:
    of_kind(tmp_path, "m1", kind, scale=3)
    path = of_kind(tmp_path, "m[1]", kind, scale=1)
    areas, digests = imported(path, tmp_path)
    assert ",600,200,180,72," in areas
    assert digests[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("column", ["ORG_CODE1", "MEASURE_VALUE_SUPPRESSED", "new"])
def test_a_folder_named_for_a_column_says_nothing_of_the_data(tmp_path: Path, kind: str, column: str) -> None:
    wanted = read_published(of_kind(tmp_path, "own", kind, scale=1), is_known).frame
    folder = tmp_path / f"{column}=X99"
    folder.mkdir()
    assert read_published(of_kind(folder, "own", kind, scale=1), is_known).frame.equals(wanted)


def test_a_relative_path_that_begins_as_a_home_does_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = of_kind(tmp_path, "~", "parquet", scale=1)
    assert "a monthly activity file" in check_file(path.relative_to(tmp_path))


def test_a_path_that_is_no_text_is_none_for_duckdb(tmp_path: Path) -> None:
    assert only_file(tmp_path / "m\udcff.csv") is None


def test_the_cells_of_a_period_are_those_of_its_own_folder(tmp_path: Path) -> None:
    for name, code in (("2023-0[4]", "OWN"), ("2023-04", "OTHER"), ("area_code=X", "OWN")):
        (tmp_path / name).mkdir()
        columns = ", ".join(
            f"{3 if column in CELL_COUNTS else 1 if column == 'decile' else chr(39) + 'x' + chr(39)} AS {column}"
            for column in CELL_COLUMNS[1:]
        )
        with duckdb.connect() as engine:
            made = tmp_path / "made.parquet"
            engine.execute(f"COPY (SELECT '{code}' AS area_code, {columns}) TO '{made}'")
            made.rename(tmp_path / name / "cells.parquet")
    for name in ("2023-0[4]", "area_code=X"):
        cells = PatientCells(tmp_path / name / "cells.parquet", "").read()
        assert list(cells["area_code"]) == ["OWN"]
