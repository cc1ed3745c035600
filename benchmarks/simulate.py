"""Wall time and peak memory of simulating fair services, and of redrawing rounded counts.

    .venv/bin/python benchmarks/simulate.py [--repeat N] [--areas N] [--quarters N] [--draws N]

Each is measured in this process after one run that is not counted. Nothing is asserted: the figures to hold, for 211
areas on two cores, are 2 s for 10 000 quarters, 0.3 s for 1000 draws, and 300 MB for the process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np

from iapt_report.areas.table import Precision
from iapt_report.stats.simulation import simulate
from iapt_report.stats.source_uncertainty import Published, source_uncertainty

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(work: Callable[[], object], repeat: int) -> list[float]:
    """Time a piece of work ``repeat`` times, after one run that is not counted."""
    work()
    runs = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return runs


def main() -> None:
    """Print a table of the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="counted runs of each")
    parser.add_argument("--areas", type=int, default=211)
    parser.add_argument("--quarters", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=1000)
    given = parser.parse_args()

    rng = np.random.default_rng(1)
    rank = np.arange(1.0, given.areas + 1)
    cases = rng.integers(35, 1400, given.areas).astype("float64")
    expected = 0.4 + 0.1 * (rank - 1) / given.areas
    reached = np.floor(cases * expected)
    unknown = np.full(given.areas, np.nan)
    published = Published(rank, cases + 40, cases, reached, reached / cases, unknown, unknown)
    months = Precision(rounded_to=5, withheld_under=5, parts=3, cases_derived=True)

    work: dict[str, Callable[[], object]] = {
        f"{given.quarters} quarters": lambda: simulate(
            rank, cases, cases + 40, expected, 0.5, 0.95, quarters=given.quarters
        ),
        f"{given.draws} draws": lambda: source_uncertainty(published, months, 0.5, 0.95, draws=given.draws),
    }
    print(f"{f'{given.areas} areas':<20}{'median s':>10}{'slowest s':>11}")
    for name, one in work.items():
        runs = seconds(one, given.repeat)
        print(f"{name:<20}{statistics.median(runs):>10.2f}{max(runs):>11.2f}")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
