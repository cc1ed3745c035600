"""Sheets of XLSX workbooks into tables of text."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import IO, TYPE_CHECKING

from iapt_report.areas.text_table import HEADER_WITHIN, TextTable, in_millions, table_of, too_large
from iapt_report.sources.archive import BROKEN
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

# A published sheet has 200 000 rows of ten cells; calamine makes room for every cell up to the last, empty or not.
_MOST_CELLS = 6_000_000
_MOST_BYTES = 800_000_000
# Of all cells together, which can share one.
_MOST_TEXT = 200_000_000
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""", re.IGNORECASE)
_TAGS = re.compile(rb"<(?:\w+:)?(row|c)[\s/>]")
_VAST_COUNT = re.compile(rb"""[cC]ount\s*=\s*["'][0-9]{8,}["']""")
_SHARED = re.compile(rb"""\bt\s*=\s*["']s["'][^>]*>\s*<(?:\w+:)?v>([0-9]{1,8})<""")
_END_OF_SHARED = re.compile(rb"</(?:\w+:)?si>|<(?:\w+:)?si/>")
_PIECE = 1 << 22
_MEND = "fetch the file again, or save it as CSV (UTF-8)"
# More than any tag that counts.
_OVERLAP = 200


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
            rows = workbook.get_sheet_by_name(name).iter_rows()
            for at, row in enumerate(islice(rows, HEADER_WITHIN), start=1):
                header = [as_text(cell) for cell in row]
                if is_header(header):
                    return _table(header, rows, at + 1)
    except (CalamineError, *BROKEN, ValueError, OverflowError) as error:
        raise DataError(f"the workbook cannot be read: {error}", file=path, mend=_MEND) from None
    except BaseException as error:
        # What calamine has not foreseen ends so, beside all exceptions.
        if type(error).__name__ != "PanicException":
            raise
        raise DataError("the workbook cannot be read: it contradicts itself", file=path, mend=_MEND) from None
    raise DataError(
        f"none of its sheets ({', '.join(map(repr, names)) or 'none'}) has a known header",
        file=path,
        expected=f"a table with published headers within the first {HEADER_WITHIN} rows of a sheet",
        mend="give the workbook as published",
    )


def _table(header: list[str], rows: Iterable[Sequence[object]], first: int) -> TextTable:
    """Make a table of the rows below a header, of which the ``first`` has that number; empty rows are passed over."""
    named = [at for at, name in enumerate(header) if name]
    body = ((n, [as_text(row[at]) for at in named]) for n, row in enumerate(rows, start=first))
    kept = [(n, row) for n, row in body if any(row)]
    return table_of([header[at] for at in named], kept)


def _refuse_vast(path: Path) -> None:
    """Refuse a workbook that unpacks to more than any published one, or whose last cell lies far out.

    A sheet can be in a part of any name.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
        if size > _MOST_BYTES:
            raise too_large(f"it unpacks to {size} bytes", path, f"{in_millions(_MOST_BYTES)} bytes")
        most = f"{in_millions(_MOST_CELLS)} cells, with the empty ones between them"
        lengths: list[int] = []
        used = Counter[int]()
        for info in archive.infolist():
            with archive.open(info) as stream:
                part = _looked_through(stream)
            if part.rows * part.columns > _MOST_CELLS:
                raise too_large(f"a sheet has {part.rows} rows of {part.columns} cells", path, most)
            if part.vast:
                raise too_large(f"{info.filename} has more than {in_millions(_MOST_CELLS)} cells or texts", path, most)
            lengths = part.lengths or lengths
            used += part.used
        text = sum(times * lengths[at] for at, times in used.items() if at < len(lengths))
        if text > _MOST_TEXT:
            raise too_large(f"its cells have {text} bytes of text", path, f"{in_millions(_MOST_TEXT)} bytes of text")


@dataclass(frozen=True)
class _Part:
    """What a part of a workbook may hold: the extent of its cells, texts that cells share, and how often they do."""

    rows: int
    columns: int
    vast: bool
    lengths: list[int]
    used: Counter[int]


def _looked_through(stream: IO[bytes]) -> _Part:
    """Look through a part, which may be a sheet, the shared texts, or neither."""
    last, columns, kept, vast, place = 0, {b"A"}, b"", False, 0
    ends, used = [0], Counter[int]()
    referred = cells = wide = rows = 0
    piece = b"<"
    while piece:
        piece = stream.read(_PIECE)
        text = kept + piece
        # A tag that the next piece ends is looked at with that one.
        cut = text.rfind(b"<", max(0, len(text) - _OVERLAP)) if piece else 0
        text, kept = (text[:cut], text[cut:]) if cut > 0 else (text, b"")
        found = _CELL.findall(text)
        last = max(last, max((int(row) for _, row in found), default=0))
        columns.update(column.upper() for column, _ in found)
        vast = vast or _VAST_COUNT.search(text) is not None
        used.update(map(int, _SHARED.findall(text)))
        ends += [place + end.start() for end in _END_OF_SHARED.finditer(text)]
        referred += len(found)
        tags = _TAGS.findall(text)
        rows, cells = rows + tags.count(b"row"), cells + tags.count(b"c")
        wide = max(wide, *(len(own) for own in b"".join(tag[:1] for tag in tags).split(b"r"))) if tags else wide
        place += len(text)
        if cells > _MOST_CELLS:
            vast = True
            break
    # Cells without a reference stand where the one before them ends.
    unreferred = cells > referred
    return _Part(
        max(last, rows) if unreferred else last,
        max([wide if unreferred else 0, *map(_number, columns)]),
        vast,
        [later - earlier for earlier, later in pairwise(ends)],
        used,
    )


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
