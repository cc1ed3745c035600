"""Sheets of XLSX workbooks into tables of text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from iapt_report.areas.text_table import TextTable
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HEADER_WITHIN = 40


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
    import pandas as pd
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
        for sheet in sheets.values():
            rows = sheet.to_python(skip_empty_area=False)
            for at, row in enumerate(rows[:_HEADER_WITHIN]):
                header = [as_text(cell) for cell in row]
                if not is_header(header):
                    continue
                width = max(i for i, name in enumerate(header) if name) + 1
                body = [(n, [as_text(c) for c in r[:width]]) for n, r in enumerate(rows[at + 1 :], start=at + 2)]
                kept = [(n, r) for n, r in body if any(r)]
                frame = pd.DataFrame([r for _, r in kept], columns=header[:width], dtype="str")
                return TextTable(frame, tuple(n for n, _ in kept))
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"the workbook cannot be read: {error}", file=path, mend="fetch the file again, or save it as CSV (UTF-8)"
        ) from None
    raise DataError(
        f"none of its sheets ({', '.join(map(repr, sheets)) or 'none'}) has a known header",
        file=path,
        expected=f"a table with published headers within the first {_HEADER_WITHIN} rows of a sheet",
        mend="give the workbook as published",
    )


def as_text(cell: object) -> str:
    """Write a cell as a person would: whole numbers without decimals, dates as ISO dates."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()
