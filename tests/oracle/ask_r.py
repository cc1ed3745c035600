"""Ask R for its answers, and store them: python tests/oracle/ask_r.py, with R and psych, sandwich and numDeriv."""

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
    from iapt_report.areas.table import Areas


COLUMNS = [
    "imd_rank", "imd_score", "referrals", "finished_treatment", "at_caseness", "recovered", "recovery_rate",
]  # fmt: skip


def ask(areas: Areas) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "areas.csv"
        areas.table[COLUMNS].to_csv(path, index=False, na_rep="NA")
        done = subprocess.run(["Rscript", str(SCRIPT), str(path)], capture_output=True, text=True, check=True)
    answers = dict(csv.reader(done.stdout.splitlines()))
    return {name: float(value) for name, value in answers.items() if value not in ("NA", "NaN")}


def main() -> None:
    with ANSWERS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["case", "name", "value"])
        for case, areas in cases().items():
            writer.writerows([case, name, repr(value)] for name, value in ask(areas).items())


if __name__ == "__main__":
    main()
