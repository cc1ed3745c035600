"""Any published file into a table of text, whatever it is packed in."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from iapt_report.areas.text_table import TextTable, parse_bytes, peek_header, read_table
from iapt_report.sources.formats import ENGLAND, PROVIDER, activity_format
from iapt_report.sources.long_table import read_long_csv
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ARCHIVE = b"PK\x03\x04"
_PARQUET = b"PAR1"
# A published file is far smaller; a ZIP that unpacks to more is not one.
_LARGEST = 2_000_000_000


def read_published(path: Path, is_header: Callable[[list[str]], bool], level: str | None = None) -> TextTable:
    """Read a CSV or Parquet file, the known sheet of an XLSX workbook, or the known CSV file in a ZIP archive.

    Of a long CSV file only the rows that its format declares come back.

    Parameters
    ----------
    path : Path
    is_header : callable
        Whether a row of text is the header of a known kind of file.
    level : str, optional
        The level to read of a long file, beside England; by default all but providers.

    Raises
    ------
    DataError
        If the file cannot be read, or a workbook or archive holds nothing known.
    """
    if path.is_file() and _starts_as(path, _ARCHIVE):
        return _read_archive(path, is_header)
    found = _read_long(path, level) if path.is_file() else None
    if found is not None:
        return found
    if path.is_file() and _starts_as(path, _PARQUET):
        return _read_parquet(path)
    return read_table(path)


def _read_long(path: Path, level: str | None) -> TextTable | None:
    """Read what counts of a long CSV file; None where it is none, or is to be looked at closer."""
    form = activity_format(peek_header(path))
    if form is None or not form.measures:
        return None
    wanted = {level} if level else set(form.levels.values()) - {PROVIDER}
    return read_long_csv(path, form, wanted | {ENGLAND})


def _read_archive(path: Path, is_header: Callable[[list[str]], bool]) -> TextTable:
    """Read a workbook, or the known CSV file in a ZIP archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            if "xl/workbook.xml" in members:
                from iapt_report.sources.workbook import read_workbook

                return read_workbook(path, is_header)
            for name, info in members.items():
                if name.lower().endswith(".csv") and info.file_size <= _LARGEST:
                    table = parse_bytes(archive.read(name), f"{path}/{name}")
                    if is_header(table.header):
                        return table
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        raise DataError(
            f"the archive cannot be read: {error}",
            file=path,
            expected="a complete CSV, XLSX or ZIP file",
            mend="fetch the file again",
        ) from None
    raise DataError(
        f"none of the files in this archive is known: {', '.join(sorted(members)[:8]) or 'it is empty'}",
        file=path,
        expected="a published CSV file, or an XLSX workbook",
        mend="unpack it and give the main file",
    )


def _starts_as(path: Path, signature: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(signature)) == signature


def _read_parquet(path: Path) -> TextTable:
    """Read a Parquet file, all cells as text; its rows are counted from 1."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            frame = connection.execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", [str(path)]).df()
    except duckdb.Error as error:
        raise DataError(
            f"the Parquet file cannot be read: {str(error).splitlines()[0]}", file=path, mend="write the file again"
        ) from None
    return TextTable(frame.fillna("").astype("str"), tuple(range(1, len(frame) + 1)))
