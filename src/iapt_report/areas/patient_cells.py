"""Patients' cells: counts of outcomes by area and by who the patients are, which stay where they were summed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.text_table import in_millions, too_large
from iapt_report.system import digests
from iapt_report.system.errors import DataError
from iapt_report.system.one_file import only_file
from iapt_report.system.reading import refuse_odd

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

CELLS_FILE = "cells.parquet"
NOT_KNOWN = "Not known"
# Each band with the least and the most of it. Ages are those of NHS England's tables, the two oldest bands joined.
AGE_BANDS = (
    ("16 to 25", 0, 25),
    ("26 to 35", 26, 35),
    ("36 to 45", 36, 45),
    ("46 to 55", 46, 55),
    ("56 to 65", 56, 65),
    ("66 and over", 66, 120),
)
# Kroenke K, Spitzer RL, Williams JBW. The PHQ-9. J Gen Intern Med 2001; 16: 606–613.
PHQ9_BANDS = (
    ("0 to 4", 0, 4),
    ("5 to 9", 5, 9),
    ("10 to 14", 10, 14),
    ("15 to 19", 15, 19),
    ("20 to 27", 20, 27),
)
# Spitzer RL, Kroenke K, Williams JBW, Löwe B. A brief measure for assessing generalized anxiety disorder: the GAD-7.
# Arch Intern Med 2006; 166: 1092–1097.
GAD7_BANDS = (("0 to 4", 0, 4), ("5 to 9", 5, 9), ("10 to 14", 10, 14), ("15 to 21", 15, 21))
BANDS = {"age_band": AGE_BANDS, "phq9_band": PHQ9_BANDS, "gad7_band": GAD7_BANDS}
DIMENSIONS = ("decile", "age_band", "gender", "ethnic_group", "employment", "phq9_band", "gad7_band")
CELL_COUNTS = ("finished", "at_caseness", "recovered", "reliably_recovered", "reliably_improved")
CELL_COLUMNS = ("area_code", *DIMENSIONS, *CELL_COUNTS)
_TEXTS = tuple(name for name in CELL_COLUMNS if name not in ("decile", *CELL_COUNTS))
_WHOLE = tuple(f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"))
_DECILES = 10
_ALL = "SELECT * FROM read_parquet(?, hive_partitioning = false)"
# Sixty million referrals leave three million cells.
_MOST_ROWS = 20_000_000
_MOST_BYTES = 1_000_000_000
_MOST_PATIENTS = 10**12


@dataclass(frozen=True)
class PatientCells:
    """The file of one period's cells, which is read only where models are fitted.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of its content.
    """

    path: Path
    sha256: str

    def read(self) -> pd.DataFrame:
        """Read the cells.

        Returns
        -------
        DataFrame
            `CELL_COLUMNS`: ``decile`` and counts as integers, a decile that is not known missing (0); texts as
            categories.

        Raises
        ------
        DataError
            If the file cannot be read, or lacks a column.
        """
        import duckdb

        refuse_odd(self.path, most=_MOST_BYTES, mend=_MEND)
        literal = only_file(self.path)
        if literal is None:
            raise DataError("its path cannot be told from a pattern", file=self.path, mend="rename the folder")
        try:
            with duckdb.connect() as engine:
                types = {name: kind for name, kind, *_ in engine.execute(f"DESCRIBE {_ALL}", [literal]).fetchall()}
                self._refuse_columns(types)
                (rows,) = engine.execute(f"SELECT count(*) FROM ({_ALL})", [literal]).fetchall()[0]  # noqa: S608
                if rows > _MOST_ROWS:
                    raise too_large(f"it has {rows} rows", self.path, f"{in_millions(_MOST_ROWS)} rows")
                # As categories from the start: millions of texts would take seconds.
                for name in _TEXTS:
                    found = f"SELECT DISTINCT {name} FROM ({_ALL}) WHERE {name} IS NOT NULL"  # noqa: S608
                    kinds = engine.execute(found, [literal]).fetchall()
                    listed = ", ".join("'" + kind.replace("'", "''") + "'" for (kind,) in sorted(kinds))
                    engine.execute(f"CREATE TYPE kinds_{name} AS ENUM ({listed})")
                chosen = (f"{name}::kinds_{name} AS {name}" if name in _TEXTS else name for name in CELL_COLUMNS)
                frame = engine.execute(f"SELECT {', '.join(chosen)} FROM ({_ALL})", [literal]).df()  # noqa: S608
        except duckdb.Error as error:
            raise DataError(
                f"the cells cannot be read: {str(error).splitlines()[0]}", file=self.path, mend=_MEND
            ) from None
        self._refuse_values(frame)
        return frame

    def _refuse_columns(self, types: dict[str, str]) -> None:
        """Refuse a file that lacks a column, or has something else in it."""
        for name in CELL_COLUMNS:
            wanted = ("VARCHAR",) if name in _TEXTS else _WHOLE
            if types.get(name) not in wanted:
                raise DataError(
                    f"the column {name!r} is missing"
                    if name not in types
                    else f"the column {name!r} holds values of the type {types[name]}",
                    file=self.path,
                    column=name,
                    expected="texts" if name in _TEXTS else "whole numbers",
                    mend=_MEND,
                )

    def _refuse_values(self, frame: pd.DataFrame) -> None:
        """Refuse what is not known, and what contradicts itself."""
        empty = next((name for name in CELL_COLUMNS if name != "decile" and frame[name].isna().any()), None)
        if empty is not None:
            raise DataError("a value is missing", file=self.path, column=empty, mend=_MEND)
        if not frame["decile"].dropna().between(1, _DECILES).all():
            expected = f"a decile from 1 to {_DECILES}, or nothing"
            raise DataError("a decile cannot be", file=self.path, column="decile", expected=expected, mend=_MEND)
        wrong = (
            (frame["recovered"] < 0)
            | (frame["recovered"] > frame["at_caseness"])
            | (frame["reliably_recovered"] < 0)
            | (frame["reliably_recovered"] > frame["at_caseness"])
            | (frame["at_caseness"] > frame["finished"])
            | (frame["reliably_improved"] < 0)
            | (frame["reliably_improved"] > frame["finished"])
            | (frame["finished"] > _MOST_PATIENTS)
        ).any()
        if wrong:
            raise DataError("counts contradict each other", file=self.path, mend=_MEND)


_MEND = "make the period again: iapt-report episodes PERIOD SOURCE"


def cells_in(folder: Path) -> PatientCells | None:
    """Find the cells of a period's folder; None where it has none."""
    path = folder / CELLS_FILE
    return PatientCells(path, digests.of_file(path)) if path.is_file() else None


def as_parquet(cells: pd.DataFrame, folder: Path) -> bytes:
    """Write cells as the bytes of a Parquet file, by way of an empty folder."""
    import duckdb

    path = folder / CELLS_FILE
    with duckdb.connect() as engine:
        engine.execute("SET threads = 1")
        engine.register("cells", cells)
        engine.sql("SELECT * FROM cells").select(*CELL_COLUMNS).write_parquet(str(path), compression="zstd")
    return path.read_bytes()
