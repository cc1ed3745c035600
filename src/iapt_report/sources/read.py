"""Any published file into a table of text, whatever it is packed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iapt_report.areas.text_table import (
    MOST_BYTES,
    MOST_CELLS,
    MOST_COLUMNS,
    TextTable,
    in_millions,
    peek_header,
    read_table,
    table_of,
    too_large,
)
from iapt_report.sources.archive import is_workbook, read_member
from iapt_report.sources.formats import ENGLAND, PROVIDER, activity_format
from iapt_report.sources.long_table import quoted, read_long_csv
from iapt_report.system.errors import DataError
from iapt_report.system.one_file import only_file
from iapt_report.system.reading import refuse_odd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.sources.formats import Format

_ARCHIVE = b"PK\x03\x04"
_PARQUET = b"PAR1"
_MOST_ROWS = 5_000_000
_MOST_TEXT = 200_000_000
_MEMORY = "500MB"
_TABLE = "read_parquet(?, hive_partitioning = false)"


def read_published(
    path: Path,
    is_header: Callable[[list[str]], bool],
    level: str | None = None,
    *,
    form_of: Callable[[list[str]], Format | None] = activity_format,
    rank: Callable[[TextTable], int] | None = None,
) -> TextTable:
    """Read a CSV or Parquet file, the known sheet of an XLSX workbook, or the known CSV file in a ZIP archive.

    Of a long CSV file only the rows that its format declares come back.

    Parameters
    ----------
    path : Path
    is_header : callable
        Whether a row of text is the header of a known kind of file.
    level : str, optional
        The level to read of a long file, beside England; by default all but providers.
    form_of : callable
        The format of activity that a header has.
    rank : callable, optional
        How much of what is wanted a table has: of several known files in an archive, that with the most counts.

    Raises
    ------
    DataError
        If the file cannot be read, or a workbook or archive holds nothing known.
    """

    def read_csv(file: Path, called: object) -> TextTable:
        found = _read_long(file, level, form_of)
        return read_table(file, is_header, called) if found is None else found

    refuse_odd(path, most=MOST_BYTES)
    if _starts_as(path, _ARCHIVE):
        if is_workbook(path):
            from iapt_report.sources.workbook import read_workbook

            return read_workbook(path, is_header)
        return read_member(path, is_header, read_csv, rank)
    if _starts_as(path, _PARQUET):
        return _read_parquet(path)
    return read_csv(path, path)


def _read_long(path: Path, level: str | None, form_of: Callable[[list[str]], Format | None]) -> TextTable | None:
    """Read what counts of a long CSV file; None where it is none, or is to be looked at closer."""
    form = form_of(peek_header(path))
    if form is None or not form.measures:
        return None
    wanted = {level} if level else set(form.levels.values()) - {PROVIDER}
    return read_long_csv(path, form, wanted | {ENGLAND})


def _starts_as(path: Path, signature: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(signature)) == signature


def _read_parquet(path: Path) -> TextTable:
    """Read a Parquet file, all cells as text; its rows are counted from 1."""
    import duckdb

    refuse_odd(path)
    literal = only_file(path)
    if literal is None:
        raise DataError(
            "the path of this Parquet file has signs that cannot be told from a pattern", file=path, mend="rename it"
        )
    try:
        with duckdb.connect(config={"memory_limit": _MEMORY, "threads": 2}) as connection:

            def ask(query: str) -> list[tuple[Any, ...]]:
                return connection.execute(query, [literal]).fetchall()

            # Of the file's own description, before any of it is unpacked.
            ((rows,),) = ask("SELECT num_rows FROM parquet_file_metadata(?)")
            ((parts,),) = ask("SELECT count(*) FROM parquet_schema(?)")
            if rows > _MOST_ROWS or rows * (parts - 1) > MOST_CELLS or parts - 1 > MOST_COLUMNS:
                most = f"{in_millions(_MOST_ROWS)} rows, {in_millions(MOST_CELLS)} cells and {MOST_COLUMNS} columns"
                raise too_large(f"it has {rows} rows of {parts - 1} cells", path, most)
            columns = ask(f"DESCRIBE SELECT * FROM {_TABLE}")  # noqa: S608
            _refuse_nested(columns, path)
            texts = [f"coalesce(sum(strlen({quoted(name)})), 0)" for name, kind, *_ in columns if kind == "VARCHAR"]
            if texts:
                ((size,),) = ask(f"SELECT {' + '.join(texts)} FROM {_TABLE}")  # noqa: S608 - quoted
                if size > _MOST_TEXT:
                    raise too_large(f"its cells have {size} bytes of text", path, f"{in_millions(_MOST_TEXT)} of them")
            cells = ask(f"SELECT COLUMNS(*)::VARCHAR FROM {_TABLE}")  # noqa: S608
    except duckdb.Error as error:
        raise DataError(
            f"the Parquet file cannot be read: {str(error).splitlines()[0]}", file=path, mend="write the file again"
        ) from None
    body = [(line, [cell or "" for cell in row]) for line, row in enumerate(cells, start=1)]
    return table_of([name for name, *_ in columns], body)


def _refuse_nested(columns: list[tuple[Any, ...]], path: Path) -> None:
    """Refuse columns of lists and the like, whose cells can be of any size."""
    for name, kind, *_ in columns:
        if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "BLOB")):
            raise DataError(
                f"the column {name!r} holds values of the type {kind[:40]}",
                file=path,
                column=name,
                expected="texts, numbers and dates",
                mend="write the file without this column, or its values as texts",
            )
