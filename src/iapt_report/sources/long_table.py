"""Long tables, in which a row holds one measure of one organisation: read filtered, and made wide."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.text_table import TextTable, peek_header
from iapt_report.sources.columns import pick, spelling_of
from iapt_report.sources.months import first_day
from iapt_report.system.errors import DataError
from iapt_report.system.one_file import only_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd

    from iapt_report.sources.formats import Format

# Another processor is at work on what was read before.
_THREADS = 1
_MEMORY = "300MB"
# Bytes read at a time. As many as DuckDB would take by itself take more memory, and no less time.
_BUFFER = 4_194_304
# By so many first rows it is told which values do not count; more rows than the most are not what a file can have.
_FIRST = 20_000
_MOST = 100_000
_CSV = (
    """read_csv(?, columns = {columns}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', """
    "strict_mode = true, hive_partitioning = false, buffer_size = {buffer})"
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
            frame = _filtered(scan, list(dict.fromkeys(wanted)), *_filters(form, names, levels))
        except duckdb.Error:
            return None
    if frame.empty:
        return None
    lines = tuple(int(line) for line in frame.pop("line"))
    return TextTable(frame, lines)


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
    wanted: Sequence[str],
    level: tuple[str, Collection[str]] | None,
    measures: Mapping[str, Collection[str]],
) -> pd.DataFrame:
    """Take some columns, and the ``line``, of the rows of some levels and measures.

    A measure is told by one column or another. All values to look for are folded. DuckDB leaves out what the first rows
    show not to count, so that it reads the file once; whatever else does not is left out of the little that remains.
    """
    folded = {**measures, **({level[0]: level[1]} if level else {})}
    levels = [level[0]] if level else []
    frame = _taken(scan, wanted, levels, [*measures], _refused(scan, folded, f"LIMIT {_FIRST}"), f"LIMIT {_MOST + 1}")
    if len(frame) > _MOST:
        frame = _taken(scan, wanted, levels, [*measures], _refused(scan, folded), "")
    frame = frame.fillna("").astype(dict.fromkeys(wanted, "str"))

    def counts(column: str) -> pd.Series[bool]:
        return frame[column].isin([cell for cell in frame[column].unique() if cells.squash(cell) in folded[column]])

    kept = reduce(or_, map(counts, measures))
    return frame[reduce(and_, map(counts, levels), kept)].reset_index(drop=True)


def _refused(scan: _Scan, folded: Mapping[str, Collection[str]], limit: str = "") -> dict[str, list[str]]:
    """List the values of columns, in the first rows or in all, that do not fold to any of those to look for."""
    listed = ", ".join(map(quoted, folded))
    found = scan.rows(f"SELECT DISTINCT {listed} FROM (SELECT {listed} FROM {scan.table} {limit})").fetchall()  # noqa: S608
    there = zip(folded, map(set, zip(*found, strict=True)), strict=True) if found else ()
    return {
        column: sorted(cell for cell in values if cell is not None and cells.squash(cell) not in folded[column])
        for column, values in there
    }


def _taken(
    scan: _Scan,
    wanted: Sequence[str],
    levels: Sequence[str],
    measures: Sequence[str],
    refused: Mapping[str, Sequence[str]],
    limit: str,
) -> pd.DataFrame:
    """Take the rows of which not the level, and not all that tells the measure, is refused."""

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
    return scan.rows(query).df()


def widened(content: TextTable, form: Format, level: str, file: object) -> tuple[pd.DataFrame, cells.Place]:
    """Give each organisation and month one row, with a column for each declared measure, by its canonical name.

    An organisation is told by its code, however its name is spelt.

    Raises
    ------
    DataError
        If a column is missing, or a measure is there twice for an organisation and month.
    """
    import pandas as pd

    spelling, value, measure = _columns(content, form, level, file)
    frame = pd.DataFrame({name: content.frame[header].str.strip() for name, header in spelling.items()})
    for name in {"month", "month_end"} & set(frame):
        # One month can be written in two ways.
        day = {text: first_day(text) for text in sorted(frame[name].unique())}
        same = {month: text for text, month in day.items() if month}
        frame[name] = frame[name].map(lambda text, day=day, same=same: same.get(day[text], text))
    missing = cells.is_missing(frame["area_code"], form.absent)
    frame["without_code"] = frame["area_name"].where(missing, "") if "area_name" in frame else ""
    frame["level"] = frame["level"].map(cells.squash) if "level" in frame else level
    known = _measures_of(content, form, measure, file)
    frame = frame.assign(measure=known, value=content.frame[value], line=content.rows)
    frame = frame[frame["measure"].notna()]
    keys = [name for name in ("area_code", "without_code", "month", "month_end", "level") if name in frame]
    measures = _texts_of(content, measure, known)
    place = cells.Place(file, (), {**spelling, **measures})
    if frame.empty:
        return frame[[*spelling]], place
    wide: dict[tuple[str, ...], dict[str, tuple[str, int]]] = {}
    names: dict[tuple[str, ...], str] = {}
    # A few hundred cells: pandas would take longer to set about it than this does.
    called = frame["area_name"] if "area_name" in frame else frame["area_code"]
    for key, name, text, line, own in zip(
        zip(*(frame[key] for key in keys), strict=True),
        frame["measure"],
        frame["value"],
        frame["line"],
        called,
        strict=True,
    ):
        held = wide.setdefault(key, {})
        if name in held:
            raise DataError(
                f"{measures[name]} of {cells.shown(key[0])} is there twice",
                file=file,
                row=int(line),
                column=value,
                expected="each measure of an organisation and month once",
                mend="remove one of the rows, or fetch the file again",
            )
        held[name] = (text, int(line))
        names.setdefault(key, own)
    ordered, found = sorted(wide), sorted(measures)
    columns = {key: [whole[i] for whole in ordered] for i, key in enumerate(keys) if key != "without_code"}
    columns |= {name: [wide[key][name][0] if name in wide[key] else "" for key in ordered] for name in found}
    if "area_name" in frame:
        columns["area_name"] = [names[key] for key in ordered]
    rows = tuple(min(line for _, line in wide[key].values()) for key in ordered)
    rows_of = {
        name: tuple(wide[key][name][1] if name in wide[key] else row for key, row in zip(ordered, rows, strict=True))
        for name in found
    }
    return pd.DataFrame(columns, dtype="str"), cells.Place(file, rows, {**spelling, **measures}, rows_of)


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


def _measures_of(content: TextTable, form: Format, measure: str, file: object) -> pd.Series[str]:
    """Say which declared measure each row holds, missing where none: told by its name, else by its id."""
    names = content.frame[measure].map(cells.squash)
    there = set(names.unique())
    chosen: dict[str, str] = {}
    for text, name in form.measures:
        if name not in chosen.values() and cells.squash(text) in there:
            chosen[cells.squash(text)] = name
    known = names.map(chosen)
    identifier = pick(content.header, form.identifier, file) if form.identifier else None
    if identifier is None:
        return known
    told = {cells.squash(text) for text, _ in form.measures}
    others = {text: name for text, name in form.ids.items() if name not in chosen.values()}
    return known.where(known.notna() | names.isin(told), content.frame[identifier].map(cells.squash).map(others))


def _texts_of(content: TextTable, measure: str, known: pd.Series[str]) -> dict[str, str]:
    """Return how the file spells each measure, by its canonical name."""
    there = known.notna()
    return dict(zip(known[there], content.frame.loc[there, measure], strict=True))


def quoted(name: str) -> str:
    """Write the name of a column for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
