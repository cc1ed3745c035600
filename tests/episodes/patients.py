"""Made patients for tests: a small folder of them, and copies in which something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from iapt_report.areas.period import Period
from iapt_report.episodes.connecting import opened
from iapt_report.episodes.mapping import read_episodes_mapping
from iapt_report.episodes.summing import summed
from iapt_report.episodes.synthesising import synthesise

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.episodes.summing import Sums

PERIOD = Period.parse("2025-26")
REFERRALS = 40_000
AREAS = 24
SEED = 7


def write(folder: Path) -> None:
    synthesise(folder / "made", REFERRALS, SEED, PERIOD, areas=AREAS)


def changed(source: Path, folder: Path, query: str, *, name: str = "referrals.parquet") -> Path:
    """Write what a query makes of the made patients, which it calls ``made``, to another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as engine:
        engine.execute(f"CREATE VIEW made AS FROM '{source}/*.parquet'")
        engine.execute(f"COPY ({query}) TO '{folder / name}'")
    return folder


def sums_of(
    source: Path | str, period: Period = PERIOD, mapping: Path | None = None, connection: str | None = None
) -> Sums:
    mapped = read_episodes_mapping(mapping)
    with opened(str(source), mapped, connection) as episodes:
        return summed(episodes, mapped, period)
