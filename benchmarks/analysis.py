"""Time of a full analysis after imports, without what is drawn or simulated.

.venv/bin/python benchmarks/analysis.py [--json]
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from measuring import Row, parser_of, show

RUNS = 7


def main() -> None:
    """Analyse the reference quarter once to import everything, then measure."""
    options = parser_of(__doc__).parse_args()
    areas = read_areas(Path(__file__).resolve().parents[1] / "data", Period.parse("2014-15-Q2"))
    analyse(areas)
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        analyse(areas)
        seconds.append(time.perf_counter() - start)
    row = Row(f"analysis of {len(areas)} areas, all loaded", statistics.median(seconds), goal="0.5 s")
    show([row], as_json=options.json)


if __name__ == "__main__":
    main()
