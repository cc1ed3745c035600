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


def changed(path: Path, changes: dict[str, tuple[bytes, bytes]], renamed: dict[str, str] | None = None) -> Path:
    """Replace a piece of some parts of a workbook, or their names."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, (old, new) in changes.items():
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr((renamed or {}).get(name, name), content)
    return path


SHEET, TEXTS, LINKS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"
FAR = b"<row r='1048576'><c r = 'XFD1048576'><v>1</v></c></row></sheetData>"


def test_a_cell_far_out_is_found_however_it_is_written_and_wherever_its_sheet_is(tmp_path: Path) -> None:
    path = published.workbook(tmp_path / "far.xlsx", {"S": [list(published.SERIES)]})
    links = (b"worksheets/sheet1.xml", b"other/thing.bin")
    elsewhere = {SHEET: "xl/other/thing.bin"}
    refused(changed(path, {SHEET: (b"</sheetData>", FAR), LINKS: links}, elsewhere), "1048576 rows of 16384 cells")


def test_cells_without_a_reference_count_too(tmp_path: Path) -> None:
    path = published.workbook(tmp_path / "blanks.xlsx", {"S": [list(published.SERIES)]})
    blanks = (b"<row>" + b"<c/>" * 8000 + b"</row>") * 800
    refused(changed(path, {SHEET: (b"</sheetData>", blanks + b"</sheetData>")}), "million cells")


def test_a_long_text_that_many_cells_share_is_refused(tmp_path: Path) -> None:
    path = published.workbook(tmp_path / "text.xlsx", {"S": [["shared"] * 100] * 10})
    refused(changed(path, {TEXTS: (b"<t>shared", b"<t>" + b"x" * 1_000_000)}), "bytes of text")


def test_a_count_that_no_workbook_has_is_refused(tmp_path: Path) -> None:
    path = published.workbook(tmp_path / "count.xlsx", {"S": [["shared"]]})
    refused(changed(path, {TEXTS: (b'uniqueCount="1"', b'uniqueCount="4294967295"')}), "million cells or texts")


def test_a_parquet_file_whose_few_bytes_are_gigabytes_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    duckdb.sql(f"COPY (SELECT repeat('x', 10000) AS a FROM range(30000)) TO '{path}' (FORMAT parquet)")
    refused(path, "its cells have 300000000 bytes of text")


def test_a_parquet_column_of_lists_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lists.parquet"
    duckdb.sql(f"COPY (SELECT range(3) AS a) TO '{path}' (FORMAT parquet)")
    refused(path, "the column 'a' holds values of the type BIGINT[]")


def test_a_hundred_thousand_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{i}" for i in range(100_000)) + "\n", "ascii")
    refused(path, "it has 100000 columns")


@pytest.mark.parametrize("kind", ["lookup", "imd", "summary"])
def test_a_header_alone_is_said_of_every_kind(tmp_path: Path, kind: str) -> None:
    path: Path = getattr(published, kind)(tmp_path)
    path.write_text(path.read_text("utf-8-sig").splitlines()[0] + "\n", "utf-8")
    refused(path, "the table has no rows")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m\x071.csv"
    published.monthly(path, "2023-04-01", "2023-04-30")
    refused(path, "signs that cannot be printed")


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


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may read everything")
@pytest.mark.parametrize("name", ["a.csv", "a.zip", "a.xlsx", "a.parquet"])
def test_a_file_that_may_not_be_read_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04")
    path.chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        check_file(path)
