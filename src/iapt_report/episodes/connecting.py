"""A source of episodes opened: a folder of files, a DuckDB file, or tables behind a connection, as an Ibis table."""

from __future__ import annotations

import importlib
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iapt_report.episodes.declared import DECLARED_FILE
from iapt_report.system.errors import CallError, DataError, ToolMissingError
from iapt_report.system.one_file import only_file
from iapt_report.system.toml_text import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from iapt_report.episodes.mapping import Mapping

SPARK = "spark"
_KINDS = ("parquet", "csv")
_DATABASES = (".duckdb", ".ddb", ".db")
# What DuckDB may take for itself; beyond it, it works on disk.
_MEMORY = "1400MB"
# What engines read in the path of a file as more than itself.
_PATTERN = "*?[]{}\\"
# Whose errors are about the episodes, and not about this program.
_OF_ENGINES = ("duckdb", "_duckdb", "pyspark", "py4j", "pyarrow")
_INSTALL = {
    "pyspark": "pip install 'iapt-report[spark]', and a Java 17 or newer",
    "databricks.connect": "pip install databricks-connect, of the cluster's version",
}


@dataclass(frozen=True)
class Source:
    """Episodes, not yet read.

    Parameters
    ----------
    table : ibis Table
        One row a referral, whose columns have their canonical names; only those that are used.
    name : str
        What the source is called where the data are described.
    synthetic : bool
        Whether the patients are made.
    engine : str
        The backend's name.
    """

    table: ir.Table = field(repr=False)
    name: str
    synthetic: bool
    engine: str


@contextmanager
def opened(source: str, mapping: Mapping, connection: str | None = None) -> Iterator[Source]:
    """Open a source, and close what was opened for it in the end.

    Parameters
    ----------
    source : str
        A folder of Parquet or CSV files, one such file, a DuckDB file; with a connection also the name of a table, or
        of the schema that has the mapping's tables.
    mapping : Mapping
    connection : str, optional
        An engine: ``spark`` for a local Spark, ``sc://…`` for Spark Connect, ``databricks`` for the cluster that
        Databricks Connect is set up for, or any connection string of Ibis, as ``mssql://…``.

    Raises
    ------
    CallError
        If there is no such source.
    DataError
        If a column is missing, or the engine refuses the source.
    ToolMissingError
        If the engine's package is not installed, or the engine cannot be reached.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        yield from _opened(source, mapping, connection, scratch)


def _opened(source: str, mapping: Mapping, connection: str | None, scratch: str) -> Iterator[Source]:
    engine = _engine(connection, source, scratch)
    try:
        tables = _tables(engine, source, mapping)
        yield Source(
            table=_canonical(tables, mapping, source),
            name=Path(source).name or source,
            synthetic=_is_synthetic(Path(source)),
            engine=engine.name,
        )
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _OF_ENGINES:
            raise
        raise DataError(
            f"the engine ended with: {_first_line(error)}",
            file=source,
            expected="episodes that the engine can read and sum, and room in memory and on disk for that",
            mend="correct the column or the file that it names, or sum on a larger engine (--connection)",
        ) from None
    finally:
        engine.disconnect()


def _engine(connection: str | None, source: str, scratch: str) -> Any:
    """Connect to the engine that a connection string names; DuckDB where there is none, which may use a folder."""
    import ibis

    path = Path(source)
    if connection is None:
        if "://" in source:
            raise CallError(
                f"{_without_secret(source)} is a connection, and not what is to be read over it",
                expected="SOURCE, the name of a table or schema there, and --connection",
                mend="write: iapt-report episodes TABLE --connection ENGINE://…",
            )
        if not path.exists():
            raise CallError(f"there is no {source}", expected=_WANTED, mend="correct the path")
        engine = ibis.duckdb.connect(*((path,) if _is_database(path) else ()), read_only=_is_database(path))
        engine.raw_sql(f"SET memory_limit = '{_MEMORY}'")
        # What memory does not hold is about patients: it goes where nobody else can read, and is removed.
        engine.raw_sql(f"SET temp_directory = '{scratch}'")
        engine.raw_sql("SET preserve_insertion_order = false")
        engine.raw_sql("SET enable_progress_bar = false")
        return engine
    try:
        if connection == SPARK or connection.startswith("sc://") or connection == "databricks":
            # The session first: Ibis's own part of Spark imports it, and would let its warnings out.
            session = _spark_session(connection)
            return ibis.pyspark.connect(session)
        return ibis.connect(connection)
    except ModuleNotFoundError as error:
        name = (error.name or "").split(":")[0]
        raise ToolMissingError(
            f"the engine {_without_secret(connection)} needs the Python package {name}, which is not installed",
            expected="the package of the engine that --connection names",
            mend=_INSTALL.get(name, f"pip install 'ibis-framework[{connection.split(':')[0]}]'"),
        ) from None
    except Exception as error:
        raise ToolMissingError(
            f"the engine {_without_secret(connection)} cannot be reached: {_first_line(error)}",
            expected="an engine that is running, and may be used from here",
            mend="check the connection string, the network, and that you are signed in there",
        ) from None


def _spark_session(connection: str) -> Any:
    """Start a local Spark, or ask one elsewhere."""
    # Of this pandas, what is used here works.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    if connection == "databricks":
        return importlib.import_module("databricks.connect").DatabricksSession.builder.getOrCreate()
    from pyspark.sql import SparkSession

    if connection != SPARK:
        return SparkSession.builder.remote(connection).getOrCreate()
    builder = SparkSession.builder.master("local[*]").appName("iapt-report")
    for name, value in _LOCAL_SPARK.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


# Local: a few partitions are enough, nothing is served, and moments of the data are taken as written.
_LOCAL_SPARK = {
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.memory": "4g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "ERROR",
}
_WANTED = "a folder of Parquet or CSV files, one such file, or a DuckDB file"


def _tables(engine: Any, source: str, mapping: Mapping) -> dict[str, ir.Table]:
    """Find one table of all, or the mapping's tables."""
    path = Path(source)
    try:
        if path.exists() and not _is_database(path):
            return _of_files(engine, path, mapping)
        return _of_engine(engine, source if not path.exists() else "", mapping)
    except (CallError, DataError):
        raise
    except Exception as error:
        raise DataError(
            f"it cannot be read: {_first_line(error)}", file=source, expected=_WANTED, mend="correct the source"
        ) from None


def _of_files(engine: Any, path: Path, mapping: Mapping) -> dict[str, ir.Table]:
    if path.is_file():
        kind = path.suffix.removeprefix(".").lower()
        if kind not in _KINDS:
            raise CallError(f"{path} is no source", expected=_WANTED, mend="name another")
        return {"referral": _read(engine, [path], kind)}
    found: dict[str, ir.Table] = {}
    for name in ("referral", "person", "employment"):
        for place in (path / mapping.tables[name], path):
            kind, files = _files(place, mapping.tables[name] if place == path else "")
            if files and name not in found:
                found[name] = _read(engine, files, kind)
    if "referral" in found:
        return found
    kind, files = _files(path)
    if not files:
        raise CallError(
            f"{path} has no file that ends in .parquet or .csv", expected=_WANTED, mend="name another folder"
        )
    return {"referral": _read(engine, files, kind)}


def _files(folder: Path, stem: str = "") -> tuple[str, list[Path]]:
    """List the files of a folder that are of one kind; those of one name, where it is given."""
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    for kind in _KINDS:
        files = [path for path in there if (path.name == f"{stem}.{kind}" if stem else path.match(f"*.{kind}"))]
        odd = next((path for path in files if not path.is_file()), None)
        if odd is not None:
            raise DataError("this is no regular file", file=odd, expected=_WANTED, mend="move it elsewhere")
        if files:
            return kind, files
    return "", []


def _read(engine: Any, files: list[Path], kind: str) -> ir.Table:
    paths = [_literal(path) if engine.name == "duckdb" else _unlike_a_pattern(path) for path in files]
    if engine.name == "duckdb" and kind == "csv":
        # What a column holds is told from all of it: a code such as 01 is no number.
        return engine.read_csv(paths, all_varchar=True, union_by_name=True, hive_partitioning=False)
    if engine.name == "duckdb":
        return engine.read_parquet(paths, union_by_name=len(paths) > 1, hive_partitioning=False)
    if kind == "csv":
        return engine.read_csv(paths, header=True)
    if engine.name == "pyspark":
        # Ibis gives Spark one path: the session takes several.
        name = f"episodes_{abs(hash(tuple(paths)))}"
        engine._session.read.parquet(*paths).createOrReplaceTempView(name)
        return engine.table(name)
    return engine.read_parquet(paths)


def _literal(path: Path) -> str:
    """Write the path of a file so that DuckDB reads that file alone."""
    literal = only_file(path)
    if literal is None:
        raise _renamed(path)
    return literal


def _unlike_a_pattern(path: Path) -> str:
    """Give the path of a file, which an engine may take for a pattern, if it cannot be one."""
    if set(_PATTERN) & set(str(path)):
        raise _renamed(path)
    return str(path)


def _renamed(path: Path) -> DataError:
    return DataError(
        "the path cannot be told from a pattern",
        file=path,
        expected=f"a path without any of {' '.join(_PATTERN)}",
        mend="rename the file or the folder",
    )


def _of_engine(engine: Any, source: str, mapping: Mapping) -> dict[str, ir.Table]:
    """Take a table by its name, or the mapping's tables in a schema, or in the only one there is."""
    within = tuple(source.split(".")) if source else ()
    names = [mapping.tables[name] for name in ("referral", "person", "employment")]
    database = within if len(within) > 1 else within[0] if within else None
    there = _listed(engine, database)
    if names[0] in there:
        own = zip(("referral", "person", "employment"), names, strict=True)
        return {name: engine.table(text, database=database) for name, text in own if text in there}
    if source:
        *schema, name = within
        place = tuple(schema) if len(schema) > 1 else schema[0] if schema else None
        return {"referral": engine.table(name, database=place)}
    if len(there) == 1:
        return {"referral": engine.table(there[0])}
    raise CallError(
        f"it has the tables {', '.join(there[:8]) or 'none'}, and not {names[0]!r}",
        expected="one table of all columns, or those that the mapping names under [tables]",
        mend="name the tables in a mapping of your own (--mapping FILE)",
    )


def _listed(engine: Any, database: Any) -> list[str]:
    """List the tables of a schema; none where there is no such schema."""
    if engine.name == "duckdb":
        # Ibis 12 asks DuckDB 2 for its tables in a way that it no longer has.
        rows = engine.raw_sql("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        return sorted(name for schema, name in rows if schema == (database or "main"))
    try:
        return list(engine.list_tables(database=database))
    except Exception:
        return []


def _canonical(tables: dict[str, ir.Table], mapping: Mapping, source: str) -> ir.Table:
    """Join the tables, and give the columns that are used their canonical names."""
    import ibis

    referral = tables["referral"]
    _require(referral, mapping, source, "referral" if len(tables) > 1 else None)
    key = mapping.tables["key"]
    own = {
        name: mapping.columns[name]
        for name in mapping.used
        if mapping.table_of(name) not in tables or mapping.table_of(name) == "referral"
    }
    if len(tables) == 1:
        return referral.select(**{name: referral[text] for name, text in own.items()})
    out = referral.select(joined=referral[key], **{name: referral[text] for name, text in own.items()})
    for which in ("person", "employment"):
        if which not in tables:
            continue
        _require(tables[which], mapping, source, which)
        beside = {name: mapping.columns[name] for name in mapping.used if mapping.table_of(name) == which}
        other = tables[which]
        recorded = mapping.tables["employment_recorded"]
        latest = which == "employment" and recorded in other.columns
        # One row a key, or a referral would count as often as its key is there.
        one = other.group_by(joined=other[key]).agg(
            **{
                name: other[text].argmax(other[recorded]) if latest else other[text].max()
                for name, text in beside.items()
            }
        )
        out = out.left_join(one, "joined").select(*out.columns, *beside)
    assert isinstance(out, ibis.Table)  # noqa: S101 - what a join is until it is chosen from
    return out.drop("joined")


def _require(table: ir.Table, mapping: Mapping, source: str, which: str | None) -> None:
    """Refuse a table that lacks a column that the mapping names and that sums rest on."""
    wanted = [mapping.columns[name] for name in mapping.used if which in (None, mapping.table_of(name))]
    wanted += [mapping.tables["key"]] if which else []
    there = list(table.columns)
    for text in wanted:
        if text not in there:
            raise DataError(
                f"the column {text!r} is missing{f' from the table of the {which}' if which else ''}; it has "
                f"{', '.join(map(repr, there[:24])) or 'none'}",
                file=source,
                column=text,
                expected=f"the columns of {mapping.words}",
                mend=f"give the whole table, or say in a mapping of your own (--mapping FILE) what {text!r} is called, "
                'or "" where there is none',
            )


def _is_synthetic(source: Path) -> bool:
    """Whether what made the patients stands beside them, and says that they are made."""
    folder = source if source.is_dir() else source.parent
    path = folder / DECLARED_FILE
    if not path.is_file():
        return False
    return read_toml(path, mend="make the patients again").get("synthetic") is True


def _is_database(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _DATABASES


def _without_secret(connection: str) -> str:
    """Name an engine by the kind and the place of a connection string: what it may hold of a password is left out."""
    kind, _, rest = connection.partition("://")
    return f"{kind}://{rest.rpartition('@')[2].partition('?')[0]}" if rest else kind


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
