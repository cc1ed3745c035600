"""Wall time of the briefs of all areas at once, beside a loop of single ones.

    .venv/bin/python benchmarks/area_briefs.py [--single N] [--format html] [--format pdf] [--format docx]

All 211 areas of the reference quarter by `iapt-report brief --all-areas`, in a process of its own with all it takes to
start and to analyse; the same without starting and analysing; and single areas, one after the other, in this process
and in a process each. Nothing is asserted: the figure to hold is 0.15 s an area and format on two cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from iapt_report.analysis.history import history
from iapt_report.areas.period import Period
from iapt_report.render.many import SHEET_FORMATS, SheetFormat
from iapt_report.site import area_briefs, area_choice
from iapt_report.workspace.place import Workspace, find_workspace
from iapt_report.workspace.scaffold import create_workspace

PERIOD = Period.parse("2014-15-Q2")


def command(folder: Path, formats: tuple[SheetFormat, ...], *areas: str) -> float:
    """Run the command once; return seconds."""
    asked = [word for kind in formats for word in ("--format", kind)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "iapt_report", "brief", PERIOD.id, *areas, *asked],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


def report(what: str, seconds: float, areas: int, formats: int) -> None:
    """Print a line of the table."""
    print(f"{what:<46}{areas:>6}{seconds:>9.2f}{seconds / areas / formats:>20.3f}")


def within(place: Workspace, formats: tuple[SheetFormat, ...], single: int) -> None:
    """Time the work itself, of all areas together and of single ones."""
    results = area_briefs.analysed(place, PERIOD)
    every = area_choice.choose(results, [])
    past = history(place.data, place.settings, results, PERIOD, [area.area_code for area in every.areas])
    area_briefs.write(results, area_choice.choose(results, ["SYN001"]), past, place, PERIOD, formats)
    start = time.perf_counter()
    area_briefs.write(results, every, past, place, PERIOD, formats)
    report("all areas, without starting and analysing", time.perf_counter() - start, len(every.areas), len(formats))
    start = time.perf_counter()
    for area in every.areas[:single]:
        area_briefs.write(results, area_choice.choose(results, [area.area_code]), past, place, PERIOD, formats)
    report("single areas in a loop, likewise", time.perf_counter() - start, single, len(formats))


def main() -> None:
    """Print a table of times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--single", type=int, default=10, help="single areas to make")
    parser.add_argument("--format", action="append", choices=SHEET_FORMATS, help="HTML and PDF by default")
    options = parser.parse_args()
    formats = tuple(kind for kind in SHEET_FORMATS if kind in (options.format or ("html", "pdf")))
    print(f"{os.cpu_count()} processors; {', '.join(formats)}")
    print(f"{'':<46}{'areas':>6}{'seconds':>9}{'an area and format':>20}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "workspace"
        create_workspace(folder)
        command(folder, formats, "--area", "SYN001")
        report("brief --all-areas", command(folder, formats, "--all-areas"), 211, len(formats))
        codes = [f"SYN{number:03d}" for number in range(1, options.single + 1)]
        seconds = sum(command(folder, formats, "--area", code) for code in codes)
        report("brief --area, a process each", seconds, options.single, len(formats))
        within(find_workspace(folder), formats, options.single)


if __name__ == "__main__":
    main()
