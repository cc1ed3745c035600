"""Importing national monthly files, beside a bare scan of the same files by DuckDB with the same filter.

    .venv/bin/python benchmarks/monthly.py [--files N] [--rows N] [--json] [--quick]

The files are generated, as large as the published ones: about 250 000 rows each. The scan is a process of its own, as
the import is: it starts Python, loads DuckDB and takes the rows that count. A second one has them as a pandas frame,
and so also loads pandas.
"""

from __future__ import annotations

import calendar
import csv
import sys
import tempfile
from pathlib import Path

from measuring import PROGRAM, Row, in_turn, parser_of, show, workspace

MEASURES = [
    "Count_ReferralsReceived",
    "Count_FinishedCourseTreatment",
    "Count_NotAtCaseness",
    "Count_Recovery",
    "Percentage_Recovery",
    *(f"Count_Other{i:03d}" for i in range(195)),
]
HEADER = [
    "REPORTING_PERIOD_START",
    "REPORTING_PERIOD_END",
    "GROUP_TYPE",
    "ORG_CODE1",
    "ORG_NAME1",
    "ORG_CODE2",
    "ORG_NAME2",
    "MEASURE_ID",
    "MEASURE_NAME",
    "MEASURE_VALUE_SUPPRESSED",
]
AREAS = 106
_SCAN = """
import sys, duckdb
with duckdb.connect(config={{"threads": 2}}) as engine:
    for path in sys.argv[1:]:
        engine.execute(
            "SELECT * FROM read_csv(?, all_varchar = true) WHERE GROUP_TYPE IN ('England', 'SubICB') AND MEASURE_NAME "
            "IN ('Count_ReferralsReceived', 'Count_FinishedCourseTreatment', 'Count_NotAtCaseness', 'Count_Recovery', "
            "'Percentage_Recovery')", [path]
        ).{}()
"""


def generate(path: Path, year: int, month: int, rows: int) -> None:
    """Write one month's file of invented figures."""
    start, end = f"01/{month:02d}/{year}", f"{calendar.monthrange(year, month)[1]}/{month:02d}/{year}"
    groups = [("England", 1), ("SubICB", AREAS), ("Provider", 150), ("SubICB/Provider", 10_000)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        written = 0
        for group, n in groups:
            for i in range(n):
                values = [900 + i, 400 + i, 40, 180, "50"]
                for j, measure in enumerate(MEASURES):
                    if written == rows:
                        return
                    value = values[j] if j < len(values) else "*"
                    code = f"{group[0]}{i:05d}"
                    writer.writerow(
                        [start, end, group, code, f"NHS {code}", "all", "all Providers", f"M{j:03d}", measure, value]
                    )
                    written += 1


def small_areas(folder: Path) -> tuple[Path, Path]:
    """Write a lookup and scores for the invented areas."""
    lookup, scores = folder / "lookup.csv", folder / "imd.csv"
    with lookup.open("w", encoding="utf-8") as stream:
        print("LSOA21CD,SICBL23CDH,SICBL23NM", file=stream)
        for i in range(AREAS):
            print(f"E01{i:06d},S{i:05d},NHS S{i:05d}", file=stream)
    with scores.open("w", encoding="utf-8") as stream:
        print("LSOA code (2021),Index of Multiple Deprivation (IMD) Score", file=stream)
        for i in range(AREAS):
            print(f"E01{i:06d},{60 - i / 2}", file=stream)
    return lookup, scores


def importing(folder: Path, files: int, rows: int, runs: int) -> list[Row]:
    """Import some months, and scan them."""
    period = {1: "2023-04", 3: "2023-24-Q1", 12: "2023-24"}[files]
    lookup, scores = small_areas(folder)
    paths = []
    for i in range(files):
        path = folder / f"month{i:02d}.csv"
        if not path.is_file():
            generate(path, 2023 + (3 + i) // 12, (3 + i) % 12 + 1, rows)
        paths.append(str(path))
    what = f"import of {files} monthly files of {rows:,} rows".replace(",", " ")
    took = in_turn(
        {
            "import": [*PROGRAM, "import", *paths, "-p", period, "-d", str(scores), "-l", str(lookup)],
            "scan": [sys.executable, "-c", _SCAN.format("fetchall"), *paths],
            "frame": [sys.executable, "-c", _SCAN.format("df"), *paths],
        },
        folder,
        runs,
    )
    own = took["import"]
    return [
        Row(what, own.seconds, "a bare DuckDB scan", took["scan"].seconds, own.peak_mb, "1.5 times, 200 MB"),
        Row(what, own.seconds, "the scan into a pandas frame", took["frame"].seconds, own.peak_mb),
    ]


def main() -> None:
    """Generate the files, import them, and scan them."""
    parser = parser_of(__doc__)
    parser.add_argument("--files", type=int, nargs="*", default=[3, 12], choices=(1, 3, 12), help="months to import")
    parser.add_argument("--rows", type=int, default=250_000, help="rows a file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = workspace(Path(temporary))
        found = {
            files: importing(folder, files, options.rows, 1 if options.quick else 3)
            for files in sorted(set(options.files))
        }
    rows = [row for every in found.values() for row in every]
    if {3, 12} <= set(found):
        few, many = found[3][0], found[12][0]
        goal = "4 times, 200 MB"
        rows = [*found[3], Row(many.what, many.median_s, few.what, few.median_s, many.peak_mb, goal), *found[12][1:]]
    show(rows, as_json=options.json)


if __name__ == "__main__":
    main()
