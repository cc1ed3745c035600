"""The folder of one period, ``data/<period>``: areas.csv, what is beside it and period.toml, read and written."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, fields
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, get_args

from iapt_report.areas.cells import Place
from iapt_report.areas.deciles import checked_deciles, deciles_of
from iapt_report.areas.doubts import Doubt, What
from iapt_report.areas.extras import extras_of
from iapt_report.areas.outcomes import RECOVERY, Outcome
from iapt_report.areas.patient_cells import CELLS_FILE, cells_in
from iapt_report.areas.period import Period
from iapt_report.areas.shares import checked_shares, shares_of
from iapt_report.areas.table import (
    COLUMNS,
    KNOWN,
    LEFT_OUT,
    REASON,
    Areas,
    DeprivationFacts,
    Flow,
    Precision,
    Source,
    checked,
    require_columns,
    select,
)
from iapt_report.areas.text_table import read_table
from iapt_report.system import all_or_none, atomic, claims, digests
from iapt_report.system.errors import CallError, DataError
from iapt_report.system.toml_text import read_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from iapt_report.areas.rows import Row

AREAS_FILE = "areas.csv"
DECILES_FILE = "deciles.csv"
SHARES_FILE = "shares.csv"
PERIOD_FILE = "period.toml"
# What an import makes, as far as its sources have it.
MADE = (AREAS_FILE, DECILES_FILE, SHARES_FILE, PERIOD_FILE, CELLS_FILE)
PREVIOUS = "previous"
# What period.toml may say; `ranked` means that an import gave the ranks, which then count the areas analysed alone.
_FACTS: dict[str, type] = {
    "id": str,
    "synthetic": bool,
    "area_type": str,
    "ranked": bool,
    "notes": list,
    "precision": dict,
    "flow": dict,
    "deprivation": dict,
    "sources": list,
    "doubts": list,
}
_NOTHING_KNOWN: dict[str, Any] = {
    "sources": (),
    "synthetic": False,
    "area_type": Areas.area_type,
    "ranked": False,
    "notes": (),
    "precision": None,
    "flow": None,
    "deprivation": None,
    "doubts": (),
}


def find_periods(data: Path) -> list[Period]:
    """List the periods that have a folder with areas.csv under ``data``, oldest first."""
    found = []
    for folder in data.iterdir() if data.is_dir() else ():
        if (folder / AREAS_FILE).is_file():
            try:
                found.append(Period.parse(folder.name))
            except CallError:
                continue
    return sorted(found)


def read_kind(data: Path, period: Period) -> tuple[bool, str]:
    """Say what a period's areas are, without reading them: whether they are invented, and what one is called.

    Raises
    ------
    DataError
        If its period.toml cannot be used.
    """
    facts = _read_facts(data / period.id / PERIOD_FILE, period)
    return facts["synthetic"], facts["area_type"]


def last_before(data: Path, period: Period, kind: tuple[bool, str] | None = None) -> Period | None:
    """Find the last period before another that is of its kind, with areas of the same kind.

    As in `iapt_report.analysis.trend`, a year and its quarters are not set beside each other, nor one kind of area
    beside another, nor invented areas beside real ones.

    Parameters
    ----------
    data : Path
        The folder with a folder for each period.
    period : Period
    kind : (bool, str), optional
        As `read_kind` gives it; by default what the period's own folder says.
    """
    try:
        wanted = kind or read_kind(data, period)
    except DataError:
        return None
    for other in reversed(find_periods(data)):
        if other.kind != period.kind or other.end >= period.start:
            continue
        try:
            if read_kind(data, other) == wanted:
                return other
        except DataError:
            continue
    return None


def read_areas(data: Path, period: Period, outcome: Outcome = RECOVERY) -> Areas:
    """Read one period's areas.

    Parameters
    ----------
    data : Path
        The folder of all periods.
    period : Period
    outcome : Outcome
        An area without its rate is left out.

    Raises
    ------
    CallError
        If the period has no folder there.
    DataError
        If its files cannot be used.
    """
    folder = data / period.id
    path = folder / AREAS_FILE
    if not path.is_file():
        known = ", ".join(p.id for p in find_periods(data)) or "none yet"
        raise CallError(
            f"there are no data for {period.id}: no file {path}",
            expected=f"one of the periods in {data}: {known}",
            mend=f"import it: iapt-report import {period.id} FILE",
        )
    facts = _read_facts(folder / PERIOD_FILE, period)
    content = read_table(path)
    require_columns(content.header, path, outcome)
    place = Place(path, content.rows)
    full = checked(content.frame, place)
    table, excluded = select(full, path, outcome, rerank=facts["ranked"])
    deciles = _read_deciles(folder / DECILES_FILE)
    shares = _read_shares(folder / SHARES_FILE)
    there = {DECILES_FILE: deciles, SHARES_FILE: shares}
    # Those of the areas come last: messages about areas name the last source.
    files = (*(name for name, found in there.items() if found is not None), AREAS_FILE)
    cells = cells_in(folder)
    own = (Source(f"{period.id}/{name}", digests.of_file(folder / name)) for name in files)
    return Areas(
        period=period,
        table=table,
        excluded=excluded,
        sources=(*facts["sources"], *own),
        synthetic=facts["synthetic"],
        area_type=facts["area_type"],
        notes=facts["notes"],
        precision=facts["precision"],
        flow=facts["flow"],
        deciles=None if deciles is None else deciles_of(deciles, set(table["area_code"])),
        shares=None if shares is None else shares_of(shares, set(table["area_code"])),
        outcome=outcome.name,
        deprivation=facts["deprivation"],
        doubts=facts["doubts"],
        extras=extras_of(content.frame, full["area_code"], KNOWN, place),
        cells=cells,
    )


def _read_deciles(path: Path) -> pd.DataFrame | None:
    """Read deciles.csv; a folder without one says nothing of patients' own deprivation."""
    if not path.is_file():
        return None
    content = read_table(path)
    return checked_deciles(content.frame, Place(path, content.rows))


def _read_shares(path: Path) -> pd.DataFrame | None:
    """Read shares.csv; a folder without one says nothing of who the patients are."""
    if not path.is_file():
        return None
    content = read_table(path)
    return checked_shares(content.frame, Place(path, content.rows))


def _read_facts(path: Path, period: Period) -> dict[str, Any]:
    """Read period.toml; a folder without one holds a user's own areas, of which nothing more is known."""
    if not path.is_file():
        return dict(_NOTHING_KNOWN)
    values = read_toml(path, mend="correct the file, or import the period again")
    for name, value in values.items():
        if name not in _FACTS or not isinstance(value, _FACTS[name]):
            raise DataError(
                f"{name!r} cannot be {value!r}" if name in _FACTS else f"{name!r} is not expected here",
                file=path,
                expected=", ".join(f"{key} ({kind.__name__})" for key, kind in _FACTS.items()),
                mend="correct the file, or import the period again",
            )
    if values.get("id", period.id) != period.id:
        raise DataError(
            f"the folder {path.parent.name} holds the period {values['id']!r}",
            file=path,
            expected=f'id = "{period.id}"',
            mend="rename the folder, or import the period again",
        )
    try:
        sources = tuple(Source(str(s["file"]), str(s["sha256"])) for s in values.get("sources", []))
        precision = Precision(**_whole(values["precision"])) if "precision" in values else None
        flow = Flow(**_whole(values["flow"])) if "flow" in values else None
        deprivation = _deprivation(values["deprivation"]) if "deprivation" in values else None
        doubts = tuple(map(_doubt, values.get("doubts", [])))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DataError(
            "a source lacks its file or its sha256, or precision, flow, deprivation or a doubt has other names than it "
            "should",
            file=path,
            expected=f"precision with {_names(Precision)}; flow with {_names(Flow)}; deprivation with "
            f"{_names(DeprivationFacts)}; doubts with {_names(Doubt)}",
            mend="correct the file, or import the period again",
        ) from None
    given: dict[str, Any] = {name: values[name] for name in ("synthetic", "area_type", "ranked") if name in values}
    notes = tuple(map(str, values.get("notes", [])))
    told: dict[str, Any] = {"sources": sources, "notes": notes, "precision": precision, "flow": flow, "doubts": doubts}
    told["deprivation"] = deprivation
    return {**_NOTHING_KNOWN, **given, **told}


def _doubt(values: dict[str, Any]) -> Doubt:
    if values["what"] not in get_args(What):
        raise ValueError(values["what"])
    figures = tuple((str(name), float(figure)) for name, figure in values.get("figures", {}).items())
    texts = {name: str(values.get(name, "")) for name in ("words", "area_code", "area_name")}
    return Doubt(what=values["what"], figures=figures, **texts)


def _whole(values: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(value, int) and value >= 0 for value in values.values()):
        raise TypeError
    return values


def _deprivation(values: dict[str, Any]) -> DeprivationFacts:
    made = DeprivationFacts(**values)
    kinds = {"edition": int, "boundaries": int, "published": date}
    if not all(isinstance(value, kinds.get(name, str)) for name, value in values.items()):
        raise TypeError
    return made


def _names(kind: type[Precision | Flow | DeprivationFacts | Doubt]) -> str:
    return ", ".join(field.name for field in fields(kind))


def _as_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Write rows, sorted by code, as pandas writes a frame."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[name] for name in columns] for row in sorted(rows, key=lambda row: str(row["area_code"])))
    return out.getvalue()


def _free(folder: Path) -> str:
    """Name a folder for what is replaced, of which nothing is ever overwritten."""
    names = (PREVIOUS, *(f"{PREVIOUS}-{n}" for n in range(2, 10_000)))
    return next(name for name in names if not (folder / name).exists())


def write_areas(
    data: Path,
    period: Period,
    full: Sequence[Row],
    *,
    sources: tuple[Source, ...],
    area_type: str,
    notes: tuple[str, ...],
    precision: Precision,
    flow: Flow,
    synthetic: bool = False,
    deciles: pd.DataFrame | None = None,
    shares: pd.DataFrame | None = None,
    deprivation: DeprivationFacts | None = None,
    doubts: tuple[Doubt, ...] = (),
    cells: bytes | None = None,
) -> tuple[Path, Path | None]:
    """Write one period's folder, all files or none; what was there before and differs is kept beside it.

    Parameters
    ----------
    full : sequence of Row
        As `iapt_report.areas.table.validated_rows` gives them: every organisation, with the reason of those excluded.
    synthetic : bool
        Whether the areas are invented.
    deciles : DataFrame, optional
        As `iapt_report.areas.deciles.validated_deciles` returns it; without it, none stay from an earlier import.
    shares : DataFrame, optional
        As `iapt_report.areas.shares.validated_shares` returns it; without it, none stay.
    deprivation : DeprivationFacts, optional
        Edition and boundaries of the deprivation, where they are known.
    doubts : tuple of Doubt
        What in the sources cannot be right.
    cells : bytes, optional
        The Parquet file of the patients' cells, which stays in the folder; without it, none stays.

    Returns
    -------
    folder : Path
    previous : Path or None
        Where the files that were replaced are kept; None where nothing was there, or the same.
    """
    import tomli_w

    folder = data / period.id
    known = [column for column in LEFT_OUT.values() if any(row[column] is not None for row in full)]
    facts: dict[str, Any] = {
        "id": period.id,
        "synthetic": synthetic,
        "area_type": area_type,
        "ranked": True,
        "notes": list(notes),
        "precision": asdict(precision),
        "flow": asdict(flow),
        **({"deprivation": asdict(deprivation)} if deprivation else {}),
        "sources": [{"file": s.file, "sha256": s.sha256} for s in sources],
    }
    if doubts:
        facts["doubts"] = [{**asdict(doubt), "figures": dict(doubt.figures)} for doubt in doubts]
    content = {
        AREAS_FILE: _as_csv(full, [*COLUMNS, REASON, *known]).encode("utf-8"),
        PERIOD_FILE: tomli_w.dumps(facts).encode("utf-8"),
    }
    for name, beside in ((DECILES_FILE, deciles), (SHARES_FILE, shares)):
        if beside is not None:
            content[name] = beside.to_csv(index=False, lineterminator="\n").encode("utf-8")
    if cells is not None:
        content[CELLS_FILE] = cells
    with claims.in_turn(data) as waited:
        if waited:
            atomic.sweep(data)
        there = {name: (folder / name).read_bytes() for name in MADE if (folder / name).is_file()}
        if there == content:
            return folder, None
        kept = _free(folder)
        with all_or_none.changing(data, period.id, [PurePath(period.id)], swap=True) as stage:
            for name, earlier in there.items():
                atomic.write_bytes(stage / period.id / kept / name, earlier)
                (stage / period.id / name).unlink()
            for name, new in content.items():
                atomic.write_bytes(stage / period.id / name, new)
    return folder, folder / kept if there else None
