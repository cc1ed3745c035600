"""Wall time and peak memory of the commands a user waits for.

    .venv/bin/python benchmarks/build.py [--repeat N]

Each command runs in a process of its own, in a new workspace, after one run that is not counted. Nothing is
asserted: the figures to hold are 6 s and 500 MB for a build, 0.4 s for --help and list, on two cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "build 2014-15-Q2": ["build", "2014-15-Q2", "--engine", "embedded"],
    "--help": ["--help"],
    "list": ["list"],
    "check areas.csv": ["check", "data/2014-15-Q2/areas.csv"],
}


def measure(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Run a command once; return seconds and the peak resident memory of its largest process in MB."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "iapt_report", *arguments], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{arguments} failed")
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Print a table of the commands' times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="counted runs of each command")
    repeat = parser.parse_args().repeat
    print(f"{'command':<20}{'median s':>10}{'slowest s':>11}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "workspace"
        subprocess.run([sys.executable, "-m", "iapt_report", "init", str(folder)], check=True, capture_output=True)
        for name, arguments in COMMANDS.items():
            measure(arguments, folder)
            runs = [measure(arguments, folder) for _ in range(repeat)]
            seconds = [s for s, _ in runs]
            peak = max(mb for _, mb in runs)
            print(f"{name:<20}{statistics.median(seconds):>10.2f}{max(seconds):>11.2f}{peak:>9.0f}")


if __name__ == "__main__":
    main()
