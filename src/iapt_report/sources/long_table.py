"""Long tables, in which a row holds one measure of one organisation: read filtered, and made wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.text_table import TextTable, peek_header
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd

    from iapt_report.sources.formats import Format

_THREADS = 2
_MEMORY = "300MB"
_CSV = (
    """read_csv(?, columns = {columns}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', """
    "strict_mode = true)"
)


def read_long_csv(path: Path, form: Format, levels: Collection[str]) -> TextTable | None:
    """Read some levels and the declared measures of a large CSV file, filtered by DuckDB before they reach pandas.

    Returns
    -------
    TextTable or None
        The rows that count, all cells text; None where DuckDB cannot read the file as strict UTF-8 CSV, or finds none,
        so that the slower reader can look closer and say why.
    """
    import duckdb

    columns = peek_header(path)
    names = {cells.squash(name): name for name in columns}
    value = next((names[name] for name in form.value if name in names), None)
    if value is None or len(names) < len(columns) or not form.signature <= set(names):
        return None
    scan = _CSV.format(columns="{" + ", ".join(f"{_text(name)}: 'VARCHAR'" for name in columns) + "}")
    wanted = [*(names[header] for header in sorted(form.signature | form.headers) if header in names), value]
    kinds = {kind for kind, level in form.levels.items() if level in levels}
    filters = {names[_level_header(form)]: kinds, names[form.measure]: set(form.measures)}
    try:
        frame = _filtered(scan, path, list(dict.fromkeys(wanted)), filters)
    except duckdb.Error:
        return None
    if frame is None or frame.empty:
        return None
    lines = tuple(int(line) for line in frame.pop("line"))
    return TextTable(frame.fillna("").astype("str"), lines)


def _filtered(
    scan: str, path: Path, wanted: Sequence[str], filters: Mapping[str, Collection[str]]
) -> pd.DataFrame | None:
    """Take some columns, and the ``line``, of the rows whose other columns have some values; None where one has none.

    The values of ``filters`` are folded.
    """
    import duckdb

    with duckdb.connect(config={"threads": _THREADS, "memory_limit": _MEMORY}) as connection:
        spelt = {column: _spelt(connection, scan, path, column, folded) for column, folded in filters.items()}
        if not all(spelt.values()):
            return None
        listed = ", ".join(map(_quoted, wanted))
        chosen = " AND ".join(f"{_quoted(column)} IN ({', '.join(texts)})" for column, texts in spelt.items())
        query = (
            f"SELECT * FROM (SELECT row_number() OVER () + 1 AS line, {listed} FROM {scan}) "  # noqa: S608 - quoted
            f"WHERE {chosen}"
        )
        return connection.execute(query, [str(path)]).df()


def _spelt(
    connection: duckdb.DuckDBPyConnection, scan: str, path: Path, column: str, folded: Collection[str]
) -> list[str]:
    """List, quoted, how the file spells some values of a column."""
    query = f"SELECT DISTINCT {_quoted(column)} FROM {scan}"  # noqa: S608 - quoted
    found = [cell for (cell,) in connection.execute(query, [str(path)]).fetchall()]
    return [_text(cell) for cell in found if cell is not None and cells.squash(cell) in folded]


def widened(content: TextTable, form: Format, level: str, file: object) -> TextTable:
    """Give each organisation and month of one level one row, with a column for each declared measure.

    Raises
    ------
    DataError
        If the column of values is missing, or a measure is there twice for an organisation and month.
    """
    import pandas as pd

    names = {cells.squash(name): name for name in content.header}
    value = next((names[name] for name in form.value if name in names), None)
    if value is None:
        raise DataError(
            f"the column of values is missing; the file has {', '.join(map(repr, content.header[:12]))}",
            file=file,
            row=1,
            expected=f"a column {' or '.join(form.value)}",
            mend="give the file as published, with all its columns",
        )
    lacking = [header for header in form.columns_at(level) if header not in names]
    if lacking:
        raise DataError(
            f"a column is missing; the file has {', '.join(map(repr, content.header[:12]))}",
            file=file,
            row=1,
            expected=f"the columns of {form.words}, {lacking[0]} among them",
            mend="give the file as published, with all its columns",
        )
    keys = [names[header] for header in form.columns_at(level)]
    code = next(names[header] for header, name in form.columns_at(level).items() if name == "area_code")
    measure, kind = names[form.measure], names[_level_header(form)]
    # Each measure and level in one spelling, so that the same one twice is seen as such.
    as_published = {folded: form.published[name] for folded, name in form.measures.items()}
    frame = content.frame.assign(line=content.rows)
    frame[measure] = frame[measure].map(cells.squash).map(as_published)
    frame[kind] = frame[kind].map(cells.squash)
    frame = frame[frame[measure].notna()]
    if frame.empty:
        return TextTable(frame[keys], ())
    again = frame.duplicated([*keys, measure])
    if again.any():
        first = frame[again].iloc[0]
        raise DataError(
            f"{first[measure]} of {cells.shown(first[code])} is there twice",
            file=file,
            row=int(first["line"]),
            column=value,
            expected="each measure of an organisation and month once",
            mend="remove one of the rows, or fetch the file again",
        )
    wide = frame.pivot(index=keys, columns=measure, values=[value, "line"])
    cells_of = wide[value].reset_index()
    lines = wide["line"].reset_index(drop=True)
    rows = pd.DataFrame(lines).min(axis="columns").astype(int)
    rows_of = {
        str(name): tuple(int(line) for line in lines[name].where(lines[name].notna(), rows)) for name in lines.columns
    }
    return TextTable(pd.DataFrame(cells_of).fillna("").astype("str"), tuple(rows), rows_of)


def _level_header(form: Format) -> str:
    return next(header for header, name in form.columns.items() if name == "level")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
