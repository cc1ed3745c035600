"""Files that no publisher would publish are refused in words, before they fill the memory."""

from __future__ import annotations

import os
import sys
import zipfile
from typing import TYPE_CHECKING

import duckdb
import pytest

import published
from iapt_report.sources.importing import check_file
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def refused(path: Path, words: str) -> None:
    with pytest.raises(DataError) as caught:
        check_file(path)
    assert words in str(caught.value)


def test_a_sheet_with_a_cell_far_out_is_refused(tmp_path: Path) -> None:
    path = published.workbook(tmp_path / "far.xlsx", {"S": [list(published.SERIES)]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"/></row></sheetData>')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    refused(path, "a sheet has 1048576 rows of 16384 cells")


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    line = b"CCG,X00,NHS Area 0,Total\n" * 40_000
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("main.csv", "w") as member,
    ):
        member.write(b"OrgType,OrgCode,OrgName,VariableType\n")
        for _ in range(420):
            member.write(line)
    refused(tmp_path / "bomb.zip", "main.csv: this is too large to be read: it unpacks to 420000037 bytes")


def test_a_parquet_file_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS a FROM range(6000000)) TO '{path}' (FORMAT parquet)")
    refused(path, "it has 6000000 rows of 1 cells")


def test_a_file_of_nothing_but_size_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "sparse.csv").open("wb") as stream:
        stream.truncate(500_000_000)
    refused(tmp_path / "sparse.csv", "it has 500000000 bytes")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "this is no regular file")


@pytest.mark.parametrize("header", [published.MONTHLY, published.ANNUAL_NEW, published.SERIES])
def test_a_header_without_rows_is_said_to_be_such(tmp_path: Path, header: list[str]) -> None:
    refused(published.write(tmp_path / "empty.csv", header, []), "the table has no rows")


def test_a_file_without_a_row_about_areas_as_a_whole_is_refused(tmp_path: Path) -> None:
    rows = [row for row in published.annual_rows() if row[3] != "Total"]
    refused(published.annual(tmp_path, rows=rows), "it has no row about a clinical commissioning group as a whole")
