"""Areas with covariates that R and the package both analyse: seeded, some out of the line; and asking R of them."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from oracle.random_effects_cases import seeded

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
SCRIPT = HERE / "covariates.R"
ANSWERS = HERE / "covariates.csv"


def beside(areas: pd.DataFrame, *, seed: int, left_out: int = 0, pull: float = 0.15) -> pd.DataFrame:
    """Give areas a share that goes with deprivation and moves their rates, and a number of staff that does not."""
    draw = np.random.default_rng(seed)
    n = len(areas)
    share = np.clip(areas["imd_rank"] / 250 + draw.uniform(0, 0.3, n), 0, 1).round(4)
    kept = np.ones(n, dtype="int64")
    kept[draw.choice(n, left_out, replace=False)] = 0
    return areas.assign(
        share=share,
        staff=draw.gamma(3, 10, n).round(2),
        weight=areas["cases"] + draw.integers(0, 50, n),
        kept=kept,
        rate=np.clip(areas["rate"] + pull * (share - share.mean()), 0, 1),
    )


def cases() -> dict[str, pd.DataFrame]:
    return {
        "few": beside(seeded(12, 0.04, seed=1), seed=11),
        "chance": beside(seeded(40, 0.0, seed=2), seed=12),
        "some": beside(seeded(42, 0.02, seed=3), seed=13, left_out=3),
        "much": beside(seeded(106, 0.05, seed=4), seed=14, pull=-0.3),
        "many": beside(seeded(191, 0.03, seed=5), seed=15, left_out=5),
        "dominant": beside(seeded(30, 0.04, seed=6, dominant=True), seed=16),
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
