"""Long tables, in which a row holds one measure of one organisation: read filtered, and made wide."""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.areas import cells
from iapt_report.areas.text_table import TextTable, peek_header, table_of
from iapt_report.sources.columns import among, pick, spelling_of
from iapt_report.sources.months import first_day
from iapt_report.system.errors import DataError
from iapt_report.system.one_file import only_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from iapt_report.sources.formats import Format

# Another processor is at work on what was read before.
_THREADS = 1
_MEMORY = "300MB"
# Bytes read at a time. As many as DuckDB would take by itself take more memory, and no less time.
_BUFFER = 4_194_304
# By so many bytes at so many places it is told which values do not count; more rows than the most are not what a file
# can have.
_PIECE = 16_384
_PLACES = 24
_MOST = 100_000
_CSV = (
    """read_csv(?, columns = {columns}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', """
    "strict_mode = true, hive_partitioning = false, buffer_size = {buffer})"
)


def read_long_csv(path: Path, form: Format, levels: Collection[str]) -> TextTable | None:
    """Read some levels and the declared measures of a large CSV file, filtered by DuckDB before they reach Python.

    Returns
    -------
    TextTable or None
        The rows that count, all cells text; None where DuckDB cannot read the file as strict UTF-8 CSV, or finds none,
        so that the slower reader can look closer and say why.
    """
    import duckdb

    columns = peek_header(path)
    names = {cells.squash(name): name for name in columns}
    value = next((names[folded] for folded in map(cells.squash, form.value) if folded in names), None)
    if value is None or len(names) < len(columns) or not form.signature <= set(names):
        return None
    declared = "{" + ", ".join(f"{_text(name)}: 'VARCHAR'" for name in columns) + "}"
    wanted = [*(names[header] for header in sorted(form.signature | form.headers) if header in names), value]
    with duckdb.connect(config={"threads": _THREADS, "memory_limit": _MEMORY}) as connection:
        literal = only_file(path)
        if literal is None:
            return None
        scan = _Scan(connection, _CSV.format(columns=declared, buffer=_BUFFER), literal)
        try:
            found = _filtered(scan, list(dict.fromkeys(wanted)), *_filters(form, names, levels), _seen(path, columns))
        except duckdb.Error:
            return None
    return found if len(found) else None


def _filters(
    form: Format, names: Mapping[str, str], levels: Collection[str]
) -> tuple[tuple[str, Collection[str]] | None, dict[str, Collection[str]]]:
    """Say which values of which columns, by their folded ``names``, count: of the level, and of the measure."""
    measures: dict[str, Collection[str]] = {
        names[cells.squash(form.measure)]: {cells.squash(text) for text, _ in form.measures}
    }
    if (identifier := names.get(cells.squash(form.identifier))) is not None:
        measures[identifier] = set(form.ids)
    level = next((names[cells.squash(header)] for header, name in form.columns if name == "level"), None)
    kinds = {kind for kind, name in form.levels.items() if name in levels}
    return (level, kinds) if level else None, measures


@dataclass(frozen=True)
class _Scan:
    """A file as DuckDB reads it: the table that a query names, and the path that it is given."""

    connection: duckdb.DuckDBPyConnection
    table: str
    literal: str

    def rows(self, query: str) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(query, [self.literal])


def _filtered(
    scan: _Scan,
    wanted: list[str],
    level: tuple[str, Collection[str]] | None,
    measures: Mapping[str, Collection[str]],
    seen: Mapping[str, Collection[str]],
) -> TextTable:
    """Take some columns of the rows of some levels and measures.

    A measure is told by one column or another. All values to look for are folded. DuckDB leaves out those of the values
    ``seen`` that do not count, so that it reads the file once; whatever else does not is left out of the little that
    remains.
    """
    folded = {**measures, **({level[0]: level[1]} if level else {})}
    levels = [level[0]] if level else []
    rows = _taken(scan, wanted, levels, [*measures], _refused(seen, folded), f"LIMIT {_MOST + 1}")
    if len(rows) > _MOST:
        rows = _taken(scan, wanted, levels, [*measures], _refused(_all_seen(scan, [*folded]), folded), "")
    found = table_of(wanted, [(line, [cell or "" for cell in cells]) for line, *cells in rows])

    def counts(column: str) -> list[bool]:
        return among(found.column(column), folded[column])

    held = map(any, zip(*map(counts, measures), strict=True))
    return found.kept([all(own) for own in zip(held, *map(counts, levels), strict=True)])


def _seen(path: Path, header: Sequence[str]) -> dict[str, set[str]]:
    """Collect cells of each column at places all over a file.

    It is no harm if there is something among them that the file does not have as a cell, as where a place begins within
    quotes.
    """
    seen: dict[str, set[str]] = {name: set() for name in header}
    size = path.stat().st_size
    with path.open("rb") as stream:
        for place in range(_PLACES):
            stream.seek(size * place // _PLACES)
            lines = stream.read(_PIECE).decode("utf-8", "ignore").replace("\x00", "").split("\n")[1:-1]
            with suppress(csv.Error):
                for row in csv.reader(lines):
                    for cells_of, cell in zip(seen.values(), row, strict=False):
                        cells_of.add(cell)
    return seen


def _all_seen(scan: _Scan, columns: Sequence[str]) -> dict[str, set[str]]:
    """Collect every cell of some columns."""
    listed = ", ".join(map(quoted, columns))
    found = scan.rows(f"SELECT DISTINCT {listed} FROM {scan.table}").fetchall()  # noqa: S608 - quoted
    return {column: {row[at] for row in found if row[at] is not None} for at, column in enumerate(columns)}


def _refused(seen: Mapping[str, Collection[str]], folded: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """List the values of columns that do not fold to any of those to look for."""
    return {
        column: sorted(cell for cell in seen[column] if cells.squash(cell) not in wanted)
        for column, wanted in folded.items()
    }


def _taken(
    scan: _Scan,
    wanted: Sequence[str],
    levels: Sequence[str],
    measures: Sequence[str],
    refused: Mapping[str, Sequence[str]],
    limit: str,
) -> list[tuple[Any, ...]]:
    """Take the line and some cells of rows of which not the level, and not all that tells the measure, is refused."""

    def among(column: str) -> str:
        values = ", ".join(map(_text, refused.get(column, ())))
        return f"{quoted(column)} IN ({values})" if values else "false"

    listed = ", ".join(map(quoted, wanted))
    conditions = " AND ".join(
        (*(f"NOT {among(name)}" for name in levels), f"NOT ({' AND '.join(map(among, measures))})")
    )
    query = (
        f"SELECT * FROM (SELECT row_number() OVER () + 1 AS line, {listed} FROM {scan.table}) "  # noqa: S608 - quoted
        f"WHERE {conditions} {limit}"
    )
    return scan.rows(query).fetchall()


def widened(content: TextTable, form: Format, level: str, file: object) -> tuple[dict[str, Sequence[str]], cells.Place]:
    """Give each organisation and month one row, with a column for each declared measure, by its canonical name.

    An organisation is told by its code, however its name is spelt.

    Raises
    ------
    DataError
        If a column is missing, or a measure is there twice for an organisation and month.
    """
    spelling, value, measure = _columns(content, form, level, file)
    told = {name: [cell.strip() for cell in content.column(header)] for name, header in spelling.items()}
    for name in {"month", "month_end"} & set(told):
        told[name] = _one_spelling(told[name])
    called = told.get("area_name", told["area_code"])
    absent = [cells.is_missing(code, form.absent) for code in told["area_code"]]
    # What has no code is told by its name.
    without = [name if lacks and "area_name" in told else "" for name, lacks in zip(called, absent, strict=True)]
    keys: dict[str, Sequence[str]] = {
        "area_code": told["area_code"],
        "without_code": without,
        **{name: told[name] for name in ("month", "month_end") if name in told},
        "level": [cells.squash(cell) for cell in told["level"]] if "level" in told else [level] * len(content),
    }
    known = _measures_of(content, form, measure, file)
    measures = {name: text for name, text in zip(known, content.column(measure), strict=True) if name is not None}
    place = cells.Place(file, (), {**spelling, **measures})
    if not measures:
        return dict.fromkeys(spelling, ()), place
    wide: dict[tuple[str, ...], dict[str, tuple[str, int]]] = {}
    names: dict[tuple[str, ...], str] = {}
    for key, holds, text, line, own in zip(
        zip(*keys.values(), strict=True), known, content.column(value), content.rows, called, strict=True
    ):
        if holds is None:
            continue
        held = wide.setdefault(key, {})
        if holds in held:
            raise DataError(
                f"{measures[holds]} of {cells.shown(key[0])} is there twice",
                file=file,
                row=line,
                column=value,
                expected="each measure of an organisation and month once",
                mend="remove one of the rows, or fetch the file again",
            )
        held[holds] = (text, line)
        names.setdefault(key, own)
    ordered, found = sorted(wide), sorted(measures)
    columns = {key: [whole[i] for whole in ordered] for i, key in enumerate(keys) if key != "without_code"}
    columns |= {name: [wide[key][name][0] if name in wide[key] else "" for key in ordered] for name in found}
    if "area_name" in told:
        columns["area_name"] = [names[key] for key in ordered]
    rows = tuple(min(line for _, line in wide[key].values()) for key in ordered)
    rows_of = {
        name: tuple(wide[key][name][1] if name in wide[key] else row for key, row in zip(ordered, rows, strict=True))
        for name in found
    }
    return {**columns}, cells.Place(file, rows, {**spelling, **measures}, rows_of)


def _one_spelling(dates: Sequence[str]) -> list[str]:
    """Write dates of one month, which can be written in two ways, as one of them."""
    day = {text: first_day(text) for text in sorted(set(dates))}
    same = {month: text for text, month in day.items() if month}
    return [same.get(month, text) if (month := day[text]) else text for text in dates]


def _columns(content: TextTable, form: Format, level: str, file: object) -> tuple[dict[str, str], str, str]:
    """Find the columns of organisations and months, that of values and that of the measures' names."""
    value = next((found for text in form.value if (found := pick(content.header, text, file))), None)
    measure = pick(content.header, form.measure, file)
    spelling = spelling_of(content.header, form.columns_at(level), file)
    lacking = [text for text, name in form.columns_at(level) if name not in spelling and name not in form.optional]
    if value is None or measure is None or lacking:
        raise DataError(
            f"a column is missing; the file has {', '.join(map(repr, content.header[:12]))}",
            file=file,
            row=1,
            expected=f"the columns of {form.words}, "
            f"{lacking[0] if lacking else ' or '.join(form.value) if value is None else form.measure} among them",
            mend="give the file as published, with all its columns",
        )
    return spelling, value, measure


def _measures_of(content: TextTable, form: Format, measure: str, file: object) -> list[str | None]:
    """Say which declared measure each row holds, None where none: told by its name, else by its id."""
    folded = {cell: cells.squash(cell) for cell in set(content.column(measure))}
    there = set(folded.values())
    chosen: dict[str, str] = {}
    for text, name in form.measures:
        if name not in chosen.values() and cells.squash(text) in there:
            chosen[cells.squash(text)] = name
    names = [folded[cell] for cell in content.column(measure)]
    identifier = pick(content.header, form.identifier, file) if form.identifier else None
    if identifier is None:
        return [chosen.get(name) for name in names]
    told = {cells.squash(text) for text, _ in form.measures}
    others = {text: name for text, name in form.ids.items() if name not in chosen.values()}
    ids = {cell: others.get(cells.squash(cell)) for cell in set(content.column(identifier))}
    return [
        chosen.get(name) if name in told else ids[cell]
        for name, cell in zip(names, content.column(identifier), strict=True)
    ]


def quoted(name: str) -> str:
    """Write the name of a column for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
