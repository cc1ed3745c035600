"""Sheets of XLSX workbooks into tables of text."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from typing import IO, TYPE_CHECKING

from iapt_report.areas.text_table import HEADER_WITHIN, TextTable, too_large
from iapt_report.sources.archive import BROKEN
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

# A published sheet has 200 000 rows of ten cells; calamine makes room for every cell up to the last, empty or not.
_MOST_CELLS = 12_000_000
_MOST_BYTES = 800_000_000
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_PIECE = 1 << 22
_LONGEST_REFERENCE = 16


def read_workbook(path: Path, is_header: Callable[[list[str]], bool]) -> TextTable:
    """Read the sheet of a workbook that has a known header, which need not stand in the first row.

    Parameters
    ----------
    path : Path
    is_header : callable
        Whether a row of text is the header of a known kind of file.

    Raises
    ------
    DataError
        If the file is no workbook, or no sheet has a known header.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    names: list[str] = []
    try:
        _refuse_vast(path)
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            names.append(name)
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for at, row in enumerate(rows[:HEADER_WITHIN]):
                header = [as_text(cell) for cell in row]
                if is_header(header):
                    return _table(header, rows[at + 1 :], at + 2)
    except (CalamineError, *BROKEN, ValueError, OverflowError) as error:
        raise DataError(
            f"the workbook cannot be read: {error}", file=path, mend="fetch the file again, or save it as CSV (UTF-8)"
        ) from None
    raise DataError(
        f"none of its sheets ({', '.join(map(repr, names)) or 'none'}) has a known header",
        file=path,
        expected=f"a table with published headers within the first {HEADER_WITHIN} rows of a sheet",
        mend="give the workbook as published",
    )


def _table(header: list[str], rows: Sequence[Sequence[object]], first: int) -> TextTable:
    """Make a table of the rows below a header, of which the ``first`` has that number; empty rows are passed over."""
    import pandas as pd

    named = [at for at, name in enumerate(header) if name]
    body = [(n, [as_text(row[at]) for at in named]) for n, row in enumerate(rows, start=first)]
    kept = [(n, row) for n, row in body if any(row)]
    frame = pd.DataFrame([row for _, row in kept], columns=[header[at] for at in named], dtype="str")
    return TextTable(frame, tuple(n for n, _ in kept))


def _refuse_vast(path: Path) -> None:
    """Refuse a workbook that unpacks to more than any published one, or whose last cell lies far out."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.file_size > _MOST_BYTES:
                raise too_large(f"{info.filename} unpacks to {info.file_size} bytes", path)
            if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                with archive.open(info) as stream:
                    rows, columns = _extent(stream)
                if rows * columns > _MOST_CELLS:
                    raise too_large(f"a sheet has {rows} rows of {columns} cells", path)


def _extent(stream: IO[bytes]) -> tuple[int, int]:
    """Return the last row and the last column that a sheet's cells lie in."""
    last, columns, kept = 0, {b"A"}, b""
    while piece := stream.read(_PIECE):
        found = _CELL.findall(kept + piece)
        last = max(last, max((int(row) for _, row in found), default=0))
        columns.update(column for column, _ in found)
        kept = piece[-_LONGEST_REFERENCE:]
    return last, max(map(_number, columns))


def _number(column: bytes) -> int:
    """Return the number of a column that letters name: 1 for A, 27 for AA."""
    number = 0
    for letter in column:
        number = 26 * number + letter - ord("A") + 1
    return number


def as_text(cell: object) -> str:
    """Write a cell as a person would: whole numbers without decimals, dates as ISO dates."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()
