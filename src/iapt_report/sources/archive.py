"""The one table that counts among the files of a ZIP archive."""

from __future__ import annotations

import lzma
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.areas.text_table import MOST_BYTES, TextTable, find_header, in_millions, too_large
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    OSError,
)
_PIECE = 1 << 20
_TOP = 100_000
_LISTED = 8
# No published archive has more.
_MOST_MEMBERS = 1000


def is_workbook(path: Path) -> bool:
    """Whether an archive is an XLSX workbook.

    Raises
    ------
    DataError
        If it is no archive that can be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except BROKEN as error:
        raise _unreadable(path, error) from None


def read_member(
    path: Path,
    is_header: Callable[[list[str]], bool],
    read: Callable[[Path, str], TextTable],
    rank: Callable[[TextTable], int] | None = None,
) -> TextTable:
    """Read the file in an archive that is meant: that of a known kind which has the most of what is wanted.

    Parameters
    ----------
    path : Path
    is_header : callable
        Whether a row of text is the header of a known kind of file.
    read : callable
        Reads a file, which messages call as its second argument says.
    rank : callable, optional
        How much of what is wanted a table has; without it, the first known file counts.

    Raises
    ------
    DataError
        If the archive cannot be read, holds nothing known, or two files of it could be meant.
    """
    passed: dict[str, str] = {}
    wrong: list[DataError] = []
    tables: dict[str, TextTable] = {}
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            members = [info for info in archive.infolist() if not info.is_dir()]
            for info in members[:_MOST_MEMBERS]:
                passed[info.filename] = ""
                try:
                    if unpacked := _unpacked(archive, info, Path(folder), is_header):
                        tables[info.filename] = read(unpacked, f"{path}/{info.filename}")
                except BROKEN as error:
                    passed[info.filename] = f" (it cannot be read: {error})"
                except DataError as error:
                    wrong.append(error)
                    passed[info.filename] = f" ({error.problem})"
                if tables and rank is None:
                    break
    except BROKEN as error:
        raise _unreadable(path, error) from None
    if tables:
        return _most_wanted(tables, rank, passed, path)
    if len(wrong) == 1:
        raise wrong[0]
    raise DataError(
        f"none of the files in this archive is known: {_listed(passed)}",
        file=path,
        expected="a published CSV file, or an XLSX workbook",
        mend="unpack it and give the main file",
    )


def _unpacked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, is_header: Callable[[list[str]], bool]
) -> Path | None:
    """Unpack a member whose top has a known header; None where it has none."""
    if not info.filename.lower().endswith((".csv", ".txt")):
        return None
    most = f"{in_millions(MOST_BYTES)} bytes"
    if info.file_size > MOST_BYTES:
        raise too_large(f"it unpacks to {info.file_size} bytes", f"{archive.filename}/{info.filename}", most)
    with archive.open(info) as stream:
        top = stream.read(_TOP)
        if find_header(top.decode("utf-8-sig", "replace"), is_header) is None:
            return None
        # Within its folder, a member can have no name that means something to DuckDB.
        target = folder / "table.csv"
        size = len(top)
        with target.open("wb") as out:
            out.write(top)
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > MOST_BYTES:
                    raise too_large("it unpacks to more than it says", f"{archive.filename}/{info.filename}", most)
                out.write(piece)
    return target


def _most_wanted(
    tables: dict[str, TextTable], rank: Callable[[TextTable], int] | None, passed: dict[str, str], path: Path
) -> TextTable:
    ranks = {name: rank(table) if rank else 1 for name, table in tables.items()}
    best = [name for name, found in ranks.items() if found == max(ranks.values())]
    if len(best) > 1 and max(ranks.values()) > 0:
        raise DataError(
            f"{len(best)} files in this archive could be meant: {', '.join(best[:_LISTED])}",
            file=path,
            expected="one table that has the measures",
            mend="unpack it and give the one that is meant",
        )
    spoilt = {name: why for name, why in passed.items() if why}
    if max(ranks.values()) == 0 and spoilt:
        raise DataError(
            f"no file in this archive that can be read has the measures; passed over: {_listed(spoilt)}",
            file=path,
            expected="the main file of activity",
            mend="fetch the archive again",
        )
    return tables[best[0]]


def _listed(passed: dict[str, str]) -> str:
    return ", ".join(name + why for name, why in sorted(passed.items())[:_LISTED]) or "it is empty"


def _unreadable(path: Path, error: BaseException) -> DataError:
    return DataError(
        f"the archive cannot be read: {error}",
        file=path,
        expected="a complete CSV, XLSX or ZIP file",
        mend="fetch the file again",
    )
