"""Long tables, in which a row holds one measure of one organisation: read filtered, and made wide."""

from __future__ import annotations

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

    import pandas as pd

    from iapt_report.sources.formats import Format

_THREADS = 2
_MEMORY = "300MB"
_CSV = (
    """read_csv(?, columns = {columns}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', """
    "strict_mode = true, hive_partitioning = false)"
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
    literal = only_file(path)
    if value is None or len(names) < len(columns) or not form.signature <= set(names) or literal is None:
        return None
    scan = _CSV.format(columns="{" + ", ".join(f"{_text(name)}: 'VARCHAR'" for name in columns) + "}")
    wanted = [*(names[header] for header in sorted(form.signature | form.headers) if header in names), value]
    try:
        frame = _filtered(scan, literal, list(dict.fromkeys(wanted)), *_filters(form, names, levels))
    except duckdb.Error:
        return None
    if frame is None or frame.empty:
        return None
    lines = tuple(int(line) for line in frame.pop("line"))
    return TextTable(frame.fillna("").astype("str"), lines)


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


def _filtered(
    scan: str,
    literal: str,
    wanted: Sequence[str],
    level: tuple[str, Collection[str]] | None,
    measures: Mapping[str, Collection[str]],
) -> pd.DataFrame | None:
    """Take some columns, and the ``line``, of the rows of some levels and measures; None where there are none.

    A measure is told by one column or another. All values to look for are folded.
    """
    import duckdb

    with duckdb.connect(config={"threads": _THREADS, "memory_limit": _MEMORY}) as connection:

        def among(column: str, folded: Collection[str]) -> str:
            """Write the condition that a column has one of some values, however the file spells them."""
            query = f"SELECT DISTINCT {quoted(column)} FROM {scan}"  # noqa: S608 - quoted
            found = [cell for (cell,) in connection.execute(query, [literal]).fetchall()]
            spelt = [_text(cell) for cell in found if cell is not None and cells.squash(cell) in folded]
            return f"{quoted(column)} IN ({', '.join(spelt)})" if spelt else ""

        kept = [condition for column, folded in measures.items() if (condition := among(column, folded))]
        of_level = among(*level) if level else "true"
        if not kept or not of_level:
            return None
        listed = ", ".join(map(quoted, wanted))
        query = (
            f"SELECT * FROM (SELECT row_number() OVER () + 1 AS line, {listed} FROM {scan}) "  # noqa: S608 - quoted
            f"WHERE {of_level} AND ({' OR '.join(kept)})"
        )
        return connection.execute(query, [literal]).df()


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
    again = frame.duplicated([*keys, "measure"])
    if again.any():
        first = frame[again].iloc[0]
        raise DataError(
            f"{measures[first['measure']]} of {cells.shown(first['area_code'])} is there twice",
            file=file,
            row=int(first["line"]),
            column=value,
            expected="each measure of an organisation and month once",
            mend="remove one of the rows, or fetch the file again",
        )
    wide = frame.pivot(index=keys, columns="measure", values=["value", "line"])
    texts = pd.DataFrame(wide["value"]).reset_index().drop(columns="without_code")
    if "area_name" in frame:
        texts["area_name"] = frame.groupby(keys)["area_name"].first().reindex(wide.index).to_numpy()
    lines = pd.DataFrame(wide["line"].reset_index(drop=True))
    rows = lines.min(axis="columns").astype(int)
    rows_of = {
        str(name): tuple(int(line) for line in lines[name].where(lines[name].notna(), rows)) for name in lines.columns
    }
    return texts.fillna("").astype("str"), cells.Place(file, tuple(rows), {**spelling, **measures}, rows_of)


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
