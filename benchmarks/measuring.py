"""What a process takes, and the rows of the table of speed: the one way that every benchmark here measures and prints.

A script has `main()`, prints its rows as a table, and with ``--json`` as a list of objects; ``--quick`` measures less.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROGRAM = (sys.executable, "-m", "iapt_report")
_RUNS = 3
_GOAL = re.compile(r"([0-9]+(?:\.[0-9]+)?) (times|s|MB)\b")


@dataclass(frozen=True)
class Took:
    """What a process took.

    Parameters
    ----------
    seconds : float
        Of the clock.
    processor : float
        Of all processors, with those of its children.
    peak_mb : float
        The resident memory of the largest of it and its children.
    """

    seconds: float
    processor: float
    peak_mb: float


@dataclass(frozen=True)
class Row:
    """A row of the table of speed.

    Parameters
    ----------
    what : str
    median_s : float
    beside : str
        What it is set beside; empty where nothing is.
    beside_s : float or None
    peak_mb : float or None
    goal : str
        The most that it may take, as numbers with "times" (of what it is set beside), "s" or "MB".
    """

    what: str
    median_s: float
    beside: str = ""
    beside_s: float | None = None
    peak_mb: float | None = None
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times what it is set beside it takes."""
        return self.median_s / self.beside_s if self.beside_s else None

    @property
    def met(self) -> bool | None:
        """Whether every goal is met; None without any."""
        found = {"times": self.ratio, "s": self.median_s, "MB": self.peak_mb}
        goals = [(float(most), found[unit]) for most, unit in _GOAL.findall(self.goal)]
        return all(is_ is not None and is_ <= most for most, is_ in goals) if goals else None


def run(command: Sequence[str], folder: Path | None = None) -> Took:
    """Run a command once, as it runs where it is installed; one that fails ends the benchmark with what it said."""
    # Else Python would compile every module of the program at each start.
    as_installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, env=as_installed)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}: {said.read().decode('utf-8', 'replace')}")
    return Took(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(
    commands: Mapping[str, Sequence[str]], folder: Path | None = None, runs: int = _RUNS, *, warm: bool = True
) -> dict[str, Took]:
    """Run commands in turn, so that what else the machine does falls on each; medians, and the largest peak.

    Parameters
    ----------
    commands : mapping of str to sequence of str
    folder : Path, optional
        Where they run.
    runs : int
        Of each, that count.
    warm : bool
        Whether each runs once before, which does not count.
    """
    for command in commands.values() if warm else ():
        run(command, folder)
    taken: dict[str, list[Took]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(run(command, folder))
    return {
        name: Took(
            statistics.median(took.seconds for took in every),
            statistics.median(took.processor for took in every),
            max(took.peak_mb for took in every),
        )
        for name, every in taken.items()
    }


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--quick", action="store_true", help="measure less, where it takes long")
    return parser


def show(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print rows, as a table in Markdown or as JSON."""
    print(json.dumps([{**asdict(row), "ratio": row.ratio} for row in rows]) if as_json else table(rows), flush=True)


def table(rows: Sequence[Row]) -> str:
    """Write rows as a table in Markdown."""
    verdict = {True: "yes", False: "no", None: ""}
    lines = [
        "| what | median, s | beside | its median, s | times | peak, MB | goal: at most | met |",
        "|:---|---:|:---|---:|---:|---:|:---|:---|",
    ]
    for row in rows:
        peak = "" if row.peak_mb is None else f"{row.peak_mb:.0f}"
        cells = (row.what, _number(row.median_s), row.beside, _number(row.beside_s), _number(row.ratio), peak, row.goal)
        lines.append(f"| {' | '.join((*cells, verdict[row.met]))} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    """Write a number with two decimals; with four where it is small."""
    return "" if value is None else f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def workspace(folder: Path) -> Path:
    """Make a new workspace in a folder."""
    made = folder / "workspace"
    subprocess.run([*PROGRAM, "init", str(made)], check=True, capture_output=True)
    return made
