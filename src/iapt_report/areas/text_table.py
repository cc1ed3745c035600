"""Delimited text files, of any encoding and delimiter in use, into tables of text."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.system.errors import DataError

if TYPE_CHECKING:
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
_MEND_KIND = "give the published CSV file; a workbook can be saved as CSV (UTF-8)"


@dataclass(frozen=True)
class TextTable:
    """A table whose every cell is text.

    ``rows`` holds the line of the file that each row starts on, ``rows_of`` the lines of a column's cells where these
    come from other rows.
    """

    frame: pd.DataFrame = field(repr=False)
    rows: tuple[int, ...]
    rows_of: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    @property
    def header(self) -> list[str]:
        """The names of the columns, as published."""
        return list(self.frame.columns)


def read_table(path: Path) -> TextTable:
    """Read a CSV file, all cells as text; blank lines are passed over.

    Raises
    ------
    DataError
        If the file is missing, empty, of another kind, or its rows do not fit its header.
    """
    return parse_bytes(_content(path), path)


def peek_header(path: Path) -> list[str]:
    """Read the names in the first line of a file that may be CSV; nothing is refused here."""
    with path.open("rb") as stream:
        first = stream.readline(_LONGEST_HEADER)
    text = first.decode("utf-8-sig", "replace").rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=text.count)
    return [name.strip().strip('"') for name in text.split(delimiter)]


def parse_bytes(content: bytes, file: object) -> TextTable:
    """Read the content of a CSV file; ``file`` names it in messages.

    Raises
    ------
    DataError
        If the content is of another kind, or its rows do not fit its header.
    """
    import pandas as pd

    records = _parse(_decode(content, file), file)
    if not records:
        raise DataError("the file is empty", file=file, expected="a header and rows", mend="give the complete file")
    (header_row, first), *body = records
    header = [name.strip() for name in first]
    doubled = [name for name in header if header.count(name) > 1]
    if doubled:
        raise DataError(
            f"the column {doubled[0]!r} is there twice",
            file=file,
            row=header_row,
            column=doubled[0],
            expected="each column once",
            mend="remove or rename one of them",
        )
    for row, record in body:
        if len(record) != len(header):
            raise DataError(
                f"the row has {len(record)} cells and the header {len(header)}",
                file=file,
                row=row,
                expected="as many cells as the header has",
                mend="look for a missing quote or delimiter in this row, or fetch the file again",
            )
    frame = pd.DataFrame([record for _, record in body], columns=header, dtype="str")
    return TextTable(frame, tuple(row for row, _ in body))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError("there is no such file", file=path, mend="correct the path") from None
    except IsADirectoryError:
        raise DataError("this is a folder", file=path, expected="a file", mend="name the file in it") from None
    except OSError as error:
        raise DataError(f"the file cannot be read: {error.strerror}", file=path, mend="check its permissions") from None
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


def _parse(text: str, file: object) -> list[tuple[int, list[str]]]:
    """Part text into records, each with the line it starts on; blank lines are passed over."""
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((start, record))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"the row cannot be read: {error}",
            file=file,
            row=start,
            expected="cells parted by one delimiter, quotes closed",
            mend="look for a stray quote in this row, or fetch the file again",
        ) from None
    return records
