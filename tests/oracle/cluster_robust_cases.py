"""Periods whose change of gradient clubSandwich and the package both test: seeded; and asking R of them."""

from __future__ import annotations

import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from iapt_report.stats.change import Wave

HERE = Path(__file__).parent
SCRIPT = HERE / "cluster_robust.R"
ANSWERS = HERE / "cluster_robust.csv"
YEAR = 365.25


def seeded(n: int, periods: int, *, seed: int, dominant: bool = False, leaving: int = 0) -> list[Wave]:
    """Periods of areas that differ lastingly; from the second on, ``leaving`` more are replaced each time."""
    draw = np.random.default_rng(seed)
    rank = np.arange(1.0, n + 1)
    cases = draw.integers(100, 900, n).astype("float64")
    if dominant:
        cases[n // 2] = 10 * cases.sum()
    lasting = draw.normal(0, 0.03, n)
    waves = []
    for period in range(periods):
        codes = tuple(f"{'new' if i < leaving * period else 'area'}-{i}" for i in range(n))
        true = 0.45 + (0.1 + 0.01 * period) * (rank - 1) / n + lasting + draw.normal(0, 0.01, n)
        waves.append(Wave(period * YEAR, codes, rank, draw.binomial(cases.astype("int64"), true) / cases, cases))
    return waves


def cases() -> dict[str, list[Wave]]:
    return {
        "two": seeded(12, 2, seed=1),
        "three": seeded(42, 3, seed=2),
        "dominant": seeded(20, 3, seed=3, dominant=True),
        "leaving": seeded(15, 4, seed=4, leaving=3),
    }


def table(waves: list[Wave]) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "rate": wave.rate,
                "cases": wave.weights,
                "weight": wave.weights / wave.weights.mean(),
                "wave": i,
                "place": (wave.rank - wave.rank.min()) / (wave.rank.max() - wave.rank.min()),
                "years": (wave.day - waves[0].day) / YEAR,
                "area": wave.codes,
            }
        )
        for i, wave in enumerate(waves)
    ]
    return pd.concat(frames)


def ask(waves: list[Wave]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "areas.csv"
        table(waves).to_csv(path, index=False, float_format="%.17g")
        done = subprocess.run(["Rscript", str(SCRIPT), str(path)], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in csv.reader(done.stdout.splitlines())}


def main() -> None:
    with ANSWERS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["case", "name", "value"])
        for case, waves in cases().items():
            writer.writerows([case, name, repr(value)] for name, value in ask(waves).items())


if __name__ == "__main__":
    main()
