"""Areas that metafor and the package both analyse: seeded, of several sizes and truths; and asking R of them."""

from __future__ import annotations

import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SCRIPT = HERE / "random_effects.R"
ANSWERS = HERE / "random_effects.csv"


def seeded(n: int, tau: float, *, seed: int, dominant: bool = False) -> pd.DataFrame:
    """Areas whose true rates differ by ``tau`` about a line, one of them with most of the patients if ``dominant``."""
    draw = np.random.default_rng(seed)
    rank = np.sort(draw.uniform(1, 200, n)).round(1)
    cases = draw.integers(30, 900, n)
    if dominant:
        cases[n // 3] = 20 * cases.sum()
    true = np.clip(0.42 + 0.0006 * rank + draw.normal(0, tau, n), 0.02, 0.98)
    rate = draw.binomial(cases, true) / cases
    return pd.DataFrame({"rate": rate, "cases": cases, "imd_rank": rank, "share": draw.uniform(0, 1, n).round(3)})


def cases() -> dict[str, pd.DataFrame]:
    return {
        "few": seeded(8, 0.04, seed=1),
        "chance": seeded(40, 0.0, seed=2),
        "some": seeded(42, 0.02, seed=3),
        "much": seeded(106, 0.05, seed=4),
        "many": seeded(191, 0.03, seed=5),
        "dominant": seeded(30, 0.04, seed=6, dominant=True),
    }


def ask(areas: pd.DataFrame) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "areas.csv"
        areas.to_csv(path, index=False, float_format="%.17g")
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
