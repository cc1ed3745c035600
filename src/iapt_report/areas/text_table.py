"""Delimited text files, of any encoding and delimiter in use, into tables of text."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

_ENCODINGS = ("utf-8-sig", "cp1252")
_DELIMITERS = (",", ";", "\t", "|")
_KINDS = (
    (b"PK\x03\x04", "a spreadsheet or ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
)
_LONGEST_HEADER = 100_000
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\n|\r)|[^\r\n]++")
# A header can stand below titles, within so many lines.
HEADER_WITHIN = 40
# What is read as a whole may have so many bytes and cells; the largest published file has a tenth of that.
MOST_BYTES = 400_000_000
MOST_CELLS = 10_000_000
# Of what Python reads itself, which is not filtered on the way.
_MOST_READ = 150_000_000
# As many as a sheet of a workbook can have.
MOST_COLUMNS = 16_384
_MEND_KIND = "give the published CSV file; a workbook can be saved as CSV (UTF-8)"


@dataclass(frozen=True)
class TextTable:
    """A table whose every cell is text.

    Parameters
    ----------
    header : list of str
        The names of the columns, as published.
    columns : sequence of sequence of str
        The cells of each column.
    rows : tuple of int
        The line of the file that each row starts on.
    """

    header: list[str]
    columns: Sequence[Sequence[str]] = field(repr=False)
    rows: tuple[int, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> Sequence[str]:
        """Return the cells of the first column of a name."""
        return self.columns[self.header.index(name)]

    def kept(self, which: Sequence[bool]) -> TextTable:
        """Return the rows of which it is true."""
        columns = [list(compress(cells, which)) for cells in self.columns]
        return TextTable(self.header, columns, tuple(compress(self.rows, which)))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The cells as a pandas frame."""
        import pandas as pd

        if not self.rows:
            return pd.DataFrame(columns=self.header, dtype="str")
        frame = pd.DataFrame({at: pd.Series(cells, dtype="str") for at, cells in enumerate(self.columns)})
        return frame.set_axis(self.header, axis="columns")


def table_of(header: list[str], body: Sequence[tuple[int, Sequence[str]]]) -> TextTable:
    """Make a table of rows, each with the line that it starts on."""
    columns = list(zip(*(cells for _, cells in body), strict=True)) if body else [()] * len(header)
    return TextTable(header, columns, tuple(line for line, _ in body))


def of_frame(frame: pd.DataFrame, rows: Iterable[int]) -> TextTable:
    """Make a table of a frame of text."""
    return TextTable([*map(str, frame.columns)], [frame[name].tolist() for name in frame], tuple(rows))


def read_table(path: Path, is_header: Callable[[list[str]], bool] | None = None, file: object = None) -> TextTable:
    """Read a CSV file, all cells as text; blank lines are passed over.

    Parameters
    ----------
    path : Path
    is_header : callable, optional
        Whether some names are the header that is looked for; without it, or where none is, the first line is.
    file : object, optional
        How messages call it.

    Raises
    ------
    DataError
        If the file is missing, empty, of another kind, or its rows do not fit its header.
    """
    return parse_bytes(_content(path), path if file is None else file, is_header)


def peek_header(path: Path) -> list[str]:
    """Read the names in the first line of a file that may be CSV; nothing is refused here."""
    with path.open("rb") as stream:
        first = stream.readline(_LONGEST_HEADER)
    text = first.decode("utf-8-sig", "replace").rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=text.count)
    return [name.strip().strip('"') for name in text.split(delimiter)]


def parse_bytes(content: bytes, file: object, is_header: Callable[[list[str]], bool] | None = None) -> TextTable:
    """Read the content of a CSV file; ``file`` names it in messages.

    Columns without a name hold nothing that could be asked for, and are left out; so is what stands above a header.

    Raises
    ------
    DataError
        If the content is of another kind, or its rows do not fit its header.
    """
    records = _parse(_decode(content, file), file, is_header)
    if not records:
        raise DataError("the file is empty", file=file, expected="a header and rows", mend="give the complete file")
    (header_row, first), *body = records
    header = [name.strip() for name in first]
    header, body = _fitted(header, body, header_row, file)
    return table_of(header, body)


def refuse_empty(table: TextTable, file: object, expected: str) -> None:
    """Refuse a table that has a header alone.

    Raises
    ------
    DataError
        If it has no rows.
    """
    if not len(table):
        raise DataError("the table has no rows", file=file, expected=expected, mend="give the complete file")


def in_millions(number: int) -> str:
    """Write a limit for a message."""
    return f"{number // 1_000_000} million"


def too_large(what: str, file: object, most: str) -> DataError:
    """Make the error for a file that is larger than any published one, with the most that one of its kind may have."""
    return DataError(
        f"this is too large to be read: {what}",
        file=file,
        expected=f"at most {most}",
        mend="give the published file, or leave out of it what is not needed",
    )


def _fitted(
    header: list[str], body: list[tuple[int, list[str]]], header_row: int, file: object
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Refuse rows that do not fit their header, and leave out columns that have no name."""
    while len(header) > 1 and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise too_large(f"it has {len(header)} columns", file, f"{MOST_COLUMNS} columns")
    doubled = next((name for name, times in Counter(header).items() if name and times > 1), None)
    if doubled is not None:
        raise DataError(
            f"the column {doubled!r} is there twice",
            file=file,
            row=header_row,
            column=doubled,
            expected="each column once",
            mend="remove or rename one of them",
        )
    for row, record in body:
        _refuse_misfit(record, len(header), row, file)
    named = [at for at, name in enumerate(header) if name] or [0]
    if len(named) < len(header):
        header = [header[at] for at in named]
        body = [(row, [record[at] for at in named]) for row, record in body]
    return header, body


def _refuse_misfit(record: list[str], width: int, row: int, file: object) -> None:
    """Refuse a row of another length than its header; empty cells at its end do not count."""
    # A spreadsheet writes as many cells as its widest row had.
    while len(record) > width and not record[-1].strip():
        record.pop()
    if len(record) != width:
        raise DataError(
            f"the row has {len(record)} cells and the header {width}",
            file=file,
            row=row,
            expected="as many cells as the header has",
            mend="look for a missing quote or delimiter in this row, or fetch the file again",
        )


def _content(path: Path) -> bytes:
    content = read_bytes(path, most=_MOST_READ)
    for signature, kind in _KINDS:
        if content.startswith(signature):
            if kind.startswith("a spreadsheet") and not zipfile.is_zipfile(io.BytesIO(content)):
                kind = "a damaged spreadsheet or ZIP archive"  # noqa: PLW2901
            raise DataError(f"this is {kind}, not a CSV file", file=path, expected="a CSV file", mend=_MEND_KIND)
    if not content.strip():
        raise DataError("the file is empty", file=path, expected="a header and rows", mend="give the complete file")
    return content


def _decode(content: bytes, file: object) -> str:
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
                raise DataError("this is a web page, not a CSV file", file=file, expected="a CSV file", mend=_MEND_KIND)
            return text
    raise DataError("this is not text", file=file, expected="a CSV file in UTF-8 or Windows-1252", mend=_MEND_KIND)


def find_header(text: str, is_header: Callable[[list[str]], bool]) -> tuple[int, str] | None:
    """Find a header in the first lines of a text: the number of its line, from 0, and its delimiter."""
    lines = text.split("\n", HEADER_WITHIN)[:HEADER_WITHIN]
    for at, line in enumerate(lines):
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
            with suppress(csv.Error):
                names = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
                if is_header([name.strip() for name in names]):
                    return at, delimiter
    return None


def _parse(text: str, file: object, is_header: Callable[[list[str]], bool] | None) -> list[tuple[int, list[str]]]:
    """Part text into records, each with the line it starts on; blank lines are passed over."""
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    found = find_header(text, is_header) if is_header else None
    skipped, delimiter = found or (0, max(_DELIMITERS, key=first_line.count))
    text = text.split("\n", skipped)[-1] if skipped else text
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    cells = 0
    records: list[tuple[int, list[str]]] = []
    start = skipped + 1
    try:
        for record in reader:
            cells += len(record) or 1
            if cells > MOST_CELLS:
                raise too_large("it has more cells", file, f"{in_millions(MOST_CELLS)} cells")
            if any(cell.strip() for cell in record):
                records.append((start, record))
            start = skipped + reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"the row cannot be read: {error}",
            file=file,
            row=start,
            expected="cells parted by one delimiter, quotes closed",
            mend="look for a stray quote in this row, or fetch the file again",
        ) from None
    return records


def _lines(text: str) -> Iterator[str]:
    """Give the lines of a text one by one, with their ends: a stream of it would take four bytes a character."""
    return (found[0] for found in _LINE.finditer(text))
