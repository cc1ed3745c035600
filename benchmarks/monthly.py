"""Wall time and peak memory of importing national monthly files, beside pandas reading the same files.

    .venv/bin/python benchmarks/monthly.py [--files N] [--rows N]

The files are generated, as large as the published ones: about 250 000 rows each. The figures to hold are 2.5 s and
400 MB for three files on two cores, and three times that for twelve.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
PANDAS = "import sys, pandas as pd\nfor path in sys.argv[1:]: pd.read_csv(path, dtype=str)"


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


def measure(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command once; return seconds and peak resident memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(process.stderr.read().decode() if process.stderr else command)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Generate the files, import them, and read them with pandas."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=3, choices=(1, 3, 12), help="months to import")
    parser.add_argument("--rows", type=int, default=250_000, help="rows a file")
    options = parser.parse_args()
    period = {1: "2023-04", 3: "2023-24-Q1", 12: "2023-24"}[options.files]
    program = [sys.executable, "-m", "iapt_report"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "workspace"
        subprocess.run([*program, "init", str(folder)], check=True, capture_output=True)
        lookup, scores = small_areas(folder)
        paths = []
        for i in range(options.files):
            path = folder / f"month{i:02d}.csv"
            generate(path, 2023 + (3 + i) // 12, (3 + i) % 12 + 1, options.rows)
            paths.append(str(path))
        arguments = ["import", *paths, "-p", period, "-d", str(scores), "-l", str(lookup)]
        print(f"{options.files} files of {options.rows} rows{'median s':>18}{'peak MB':>9}")
        for name, command in (
            ("iapt-report import", [*program, *arguments]),
            ("pandas.read_csv alone", [sys.executable, "-c", PANDAS, *paths]),
        ):
            runs = sorted(measure(command, folder) for _ in range(3))
            print(f"{name:<24}{runs[1][0]:>18.2f}{max(mb for _, mb in runs):>9.0f}")


if __name__ == "__main__":
    main()
