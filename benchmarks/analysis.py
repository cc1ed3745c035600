"""Time of a full analysis after imports, without what is drawn or simulated.

    .venv/bin/python benchmarks/analysis.py

The figure to hold is 0.5 s for the 211 areas of the reference quarter on two cores.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period

RUNS = 7


def main() -> None:
    """Analyse the reference quarter once to import everything, then measure."""
    areas = read_areas(Path(__file__).resolve().parents[1] / "data", Period.parse("2014-15-Q2"))
    analyse(areas)
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        analyse(areas)
        seconds.append(time.perf_counter() - start)
    print(f"{len(areas)} areas: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
