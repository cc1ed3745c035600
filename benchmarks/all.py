"""Run every benchmark whose goal is named, and write their table: `make benchmark`.

    .venv/bin/python benchmarks/all.py [--quick] [--only SCRIPT …] [--to docs/reference/_speed.md]

Each script runs in a process of its own, one after the other, since two at once would measure each other. One that
fails is named in the table, and ends the run with exit code 1 when all are done.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from iapt_report import __version__
from measuring import Row, parser_of, table

HERE = Path(__file__).resolve().parent
SPEED = HERE.parent / "docs" / "reference" / "_speed.md"
# In the order of the table.
SCRIPTS = ("build.py", "analysis.py", "monthly.py", "episodes.py", "area_briefs.py")
PACKAGES = ("pandas", "numpy", "statsmodels", "duckdb", "pypandoc-binary", "typst")
_GIGABYTE = 2**30
_IN_WORDS = {2: "two", 4: "four", 8: "eight"}


def machine() -> str:
    """Say what this runs on, by its processors and its memory."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIGABYTE
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_IN_WORDS.get(cores or 0, cores)} cores and {memory:.0f} GB of memory, {platform.system()}"


def versions() -> str:
    """Say which versions were measured."""
    others = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return f"iapt-report {__version__}, Python {platform.python_version()}, {others}"


def rows_of(script: str, *, quick: bool) -> list[Row] | str:
    """Run a script; return its rows, or what it said last where it failed."""
    command = [sys.executable, str(HERE / script), "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    names = ("what", "median_s", "beside", "beside_s", "peak_mb", "goal")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return [Row(**{name: row[name] for name in names if row.get(name) is not None}) for row in found]


def page(rows: list[Row], failed: dict[str, str], *, quick: bool) -> str:
    """Write the table, with what it was measured on above it and what failed below."""
    day = datetime.now(UTC)
    how = "; shorter runs than the goals are about" if quick else ""
    head = f"Measured on {day.day} {day:%B %Y} on {machine()}, with {versions()}{how}."
    lines = [head, "", table(rows)]
    for script, why in failed.items():
        lines += ["", f"`{script}` could not be run to its end: {why}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all, and write the table as each script ends."""
    parser = parser_of(__doc__)
    parser.add_argument("--to", type=Path, default=SPEED, help="where the table is written")
    parser.add_argument("--only", nargs="*", choices=SCRIPTS, default=SCRIPTS, help="the scripts to run")
    options = parser.parse_args()
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for script in options.only:
        start = time.perf_counter()
        found = rows_of(script, quick=options.quick)
        if isinstance(found, str):
            failed[script] = found
        else:
            rows += found
        print(
            f"{script}: {'failed' if script in failed else 'done'} in {time.perf_counter() - start:.0f} s", flush=True
        )
        options.to.write_text(page(rows, failed, quick=options.quick), "utf-8")
    print(options.to.read_text("utf-8"))
    unmet = [row.what for row in rows if row.met is False]
    print(f"{len(rows)} rows; goals not met: {len(unmet)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
