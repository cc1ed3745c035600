"""Ask R for its answers, and store them: python tests/oracle/ask_r.py, with R and its package psych installed."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from oracle.cases import ANSWERS, SCRIPT, cases

if TYPE_CHECKING:
    from iapt_report.areas import Areas


def ask(areas: Areas) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "areas.csv"
        areas.table[["imd_rank", "referrals", "finished_treatment", "recovery_rate"]].to_csv(path, index=False)
        done = subprocess.run(["Rscript", str(SCRIPT), str(path)], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in csv.reader(done.stdout.splitlines())}


def main() -> None:
    with ANSWERS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["case", "name", "value"])
        for case, areas in cases().items():
            writer.writerows([case, name, repr(value)] for name, value in ask(areas).items())


if __name__ == "__main__":
    main()
