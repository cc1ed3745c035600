"""How patients' episodes grow: python benchmarks/episodes.py [--referrals 2 20 60] [--spark 2 20] [--pandas 2 20].

With --json, the rows of the table of speed: two million referrals, or half a million with --quick.

Each figure is of a process of its own: seconds of the clock, and peak memory. Beside our sums stand the SQL that a user
of DuckDB would write for the same sums, and pandas. The numbers are millions of referrals; the patients are made, and
kept in --folder.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Row, parser_of, show

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD = "2025-26"
MILLION = 1_000_000
RUNS = 3
START, END = "DATE '2025-04-01'", "DATE '2026-03-31'"

PLAIN = f"""
CREATE TEMP TABLE cells AS
SELECT OrgIDComm, finished,
    CASE WHEN finished THEN IMD_Decile END AS decile,
    CASE WHEN finished THEN CASE WHEN Age_ReferralRequest_ReceivedDate <= 25 THEN '16 to 25'
        WHEN Age_ReferralRequest_ReceivedDate <= 35 THEN '26 to 35'
        WHEN Age_ReferralRequest_ReceivedDate <= 45 THEN '36 to 45'
        WHEN Age_ReferralRequest_ReceivedDate <= 55 THEN '46 to 55'
        WHEN Age_ReferralRequest_ReceivedDate <= 65 THEN '56 to 65' ELSE '66 and over' END END AS age,
    CASE WHEN finished THEN CASE Gender WHEN '1' THEN 'Male' WHEN '2' THEN 'Female' WHEN '3' THEN 'Other'
        ELSE 'Not known' END END AS gender,
    CASE WHEN finished THEN CASE WHEN Validated_EthnicCategory IN ('A', 'B', 'C') THEN 'White'
        WHEN Validated_EthnicCategory IN ('D', 'E', 'F', 'G') THEN 'Mixed'
        WHEN Validated_EthnicCategory IN ('H', 'J', 'K', 'L') THEN 'Asian'
        WHEN Validated_EthnicCategory IN ('M', 'N', 'P') THEN 'Black'
        WHEN Validated_EthnicCategory IN ('R', 'S') THEN 'Other' ELSE 'Not known' END END AS ethnic_group,
    CASE WHEN finished THEN CASE WHEN EmployStatus = '01' THEN 'Employed' WHEN EmployStatus = '02' THEN 'Unemployed'
        WHEN EmployStatus = '04' THEN 'Sick' WHEN EmployStatus = '08' THEN 'Retired'
        WHEN EmployStatus IN ('03', '05', '06', '07') THEN 'Other' ELSE 'Not known' END END AS employment,
    CASE WHEN finished THEN CASE WHEN PHQ9_FirstScore <= 4 THEN '0 to 4' WHEN PHQ9_FirstScore <= 9 THEN '5 to 9'
        WHEN PHQ9_FirstScore <= 14 THEN '10 to 14' WHEN PHQ9_FirstScore <= 19 THEN '15 to 19'
        ELSE '20 to 27' END END AS phq9,
    CASE WHEN finished THEN CASE WHEN GAD_FirstScore <= 4 THEN '0 to 4' WHEN GAD_FirstScore <= 9 THEN '5 to 9'
        WHEN GAD_FirstScore <= 14 THEN '10 to 14' ELSE '15 to 21' END END AS gad7,
    count(*) FILTER (ReferralRequestReceivedDate BETWEEN {START} AND {END}) AS referrals,
    count(*) FILTER (finished AND NotCaseness_Flag <> 'True') AS at_caseness,
    count(*) FILTER (finished AND Recovery_Flag = 'True') AS recovered,
    count(*) FILTER (finished AND Recovery_Flag = 'True' AND ReliableImprovement_Flag = 'True') AS reliably_recovered,
    count(*) FILTER (finished AND ReliableImprovement_Flag = 'True') AS reliably_improved
FROM (
    SELECT *, coalesce(ServDischDate BETWEEN {START} AND {END}, false) AND CompletedTreatment_Flag = 'True' AS finished
    FROM '{{file}}' WHERE UsePathway_Flag = 'True'
        AND (ReferralRequestReceivedDate BETWEEN {START} AND {END} OR ServDischDate BETWEEN {START} AND {END})
) GROUP BY ALL;
SELECT count(DISTINCT PathwayID) FROM '{{file}}' WHERE UsePathway_Flag = 'True'
    AND (ReferralRequestReceivedDate BETWEEN {START} AND {END} OR ServDischDate BETWEEN {START} AND {END});
SELECT OrgIDComm, sum(referrals) FROM cells GROUP BY 1
"""


def ours(folder: Path, connection: str | None = None) -> int:
    """Sum as `iapt-report episodes` does."""
    from iapt_report.areas.period import Period
    from iapt_report.episodes.connecting import opened
    from iapt_report.episodes.mapping import read_episodes_mapping
    from iapt_report.episodes.summing import summed

    mapping = read_episodes_mapping()
    with opened(str(folder), mapping, connection) as source:
        return len(summed(source, mapping, Period.parse(PERIOD)).cells)


def spark(folder: Path) -> int:
    """Sum on a local Spark."""
    return ours(folder, "spark")


def plain(folder: Path) -> int:
    """Sum by SQL, with the memory that ours may take."""
    import duckdb

    with duckdb.connect() as engine:
        engine.execute("SET memory_limit = '1400MB'; SET preserve_insertion_order = false")
        engine.execute(PLAIN.format(file=folder / "*.parquet"))
        row = engine.execute("SELECT count(*) FROM cells WHERE finished").fetchone()
    assert row is not None
    return int(row[0])


def with_pandas(folder: Path) -> int:
    """Sum with pandas, as far as it goes."""
    import pandas as pd

    frame = pd.read_parquet(folder / "referrals.parquet")
    start, end = pd.Timestamp("2025-04-01"), pd.Timestamp("2026-03-31")
    frame = frame[frame["UsePathway_Flag"] == "True"]
    ended = pd.to_datetime(frame["ServDischDate"]).between(start, end)
    finished = frame[ended & (frame["CompletedTreatment_Flag"] == "True")]
    assert frame["PathwayID"].nunique() == len(frame)
    bands = {
        "age": pd.cut(finished["Age_ReferralRequest_ReceivedDate"], [0, 25, 35, 45, 55, 65, 120]),
        "phq9": pd.cut(finished["PHQ9_FirstScore"], [-1, 4, 9, 14, 19, 27]),
        "gad7": pd.cut(finished["GAD_FirstScore"], [-1, 4, 9, 14, 21]),
    }
    keys = ["OrgIDComm", "IMD_Decile", "Gender", "Validated_EthnicCategory", "EmployStatus", *bands]
    finished = finished.assign(**bands, n=1, recovered=finished["Recovery_Flag"] == "True")
    return len(finished.groupby(keys, observed=True, dropna=False)[["n", "recovered"]].sum())


WAYS: dict[str, Callable[[Path], int]] = {"ours": ours, "plain SQL": plain, "pandas": with_pandas, "Spark": spark}


def measured(way: str, folder: Path) -> tuple[float, float, int]:
    """Run one way in a process of its own; return its seconds, its peak memory in MB and how many cells it found."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", way, "--folder", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"ended {done.returncode}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found["seconds"], found["megabytes"], found["cells"]


def one(way: str, folder: Path) -> None:
    """Run one way here, and print what it took."""
    start = time.perf_counter()
    cells = WAYS[way](folder)
    # Spark's own process is a child of this.
    peak = sum(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": time.perf_counter() - start, "megabytes": peak / 1024, "cells": cells}))


def made(millions: float, folder: Path) -> Path:
    """Make the patients, where they are not there."""
    from iapt_report.areas.period import Period
    from iapt_report.episodes.synthesising import synthesise

    place = folder / f"{millions:g}m"
    if not place.is_dir():
        start = time.perf_counter()
        synthesise(place, int(millions * MILLION), 1, Period.parse(PERIOD))
        print(f"| {millions:g} | making | {time.perf_counter() - start:.1f} | | |", file=sys.stderr, flush=True)
    return place


def main() -> None:
    """Print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--referrals", nargs="*", type=float, default=[2.0])
    parser.add_argument("--pandas", nargs="*", type=float, default=[2.0])
    parser.add_argument("--spark", nargs="*", type=float, default=[])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "episodes")
    parser.add_argument("--one", choices=WAYS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one, asked.folder)
        return
    if asked.json:
        millions = 0.5 if asked.quick else 2.0
        with tempfile.TemporaryDirectory() as temporary:
            patients = made(millions, Path(temporary))
            runs = [
                (measured("ours", patients), measured("plain SQL", patients)) for _ in range(1 if asked.quick else RUNS)
            ]
        own, other = (statistics.median(pair[i][0] for pair in runs) for i in (0, 1))
        peak = max(pair[0][1] for pair in runs)
        what = f"sums of {millions:g} million patients' referrals"
        show([Row(what, own, "the same sums in plain SQL", other, peak)], as_json=True)
        return
    print("| million referrals | way | seconds | peak memory, MB | cells |\n|---|---|---|---|---|")
    for millions in sorted({*asked.referrals, *asked.pandas, *asked.spark}):
        folder = made(millions, asked.folder)
        ways = ["ours", "plain SQL"] if millions in asked.referrals else []
        ways += ["pandas"] if millions in asked.pandas else []
        ways += ["Spark"] if millions in asked.spark else []
        for way in ways:
            try:
                seconds, megabytes, cells = measured(way, folder)
            except RuntimeError as error:
                print(f"| {millions:g} | {way} | failed: {error} | | |", flush=True)
                continue
            print(f"| {millions:g} | {way} | {seconds:.1f} | {megabytes:,.0f} | {cells:,} |", flush=True)


if __name__ == "__main__":
    main()
