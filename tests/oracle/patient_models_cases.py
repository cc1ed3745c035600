"""Patients in groups that R and the package both model: seeded; and asking R of them."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from iapt_report.stats.grouped_logit import Grouped

HERE = Path(__file__).parent
SCRIPT = HERE / "patient_models.R"
ANSWERS = HERE / "patient_models.csv"
LEVELS = {"gender": ("a", "b", "c"), "severity": ("1", "2", "3", "4")}


def seeded(areas: int, patients: int, sd: float, *, seed: int, gradient: float = 0.06) -> pd.DataFrame:
    """Patients of areas that differ, in groups; each area has its own middle of deprivation, some have few."""
    draw = np.random.default_rng(seed)
    area = draw.choice(areas, patients, p=draw.dirichlet(np.full(areas, 3.0)))
    centre = draw.uniform(2, 9, areas)
    decile = np.clip(np.rint(centre[area] + draw.normal(0, 2, patients)), 1, 10).astype("int64")
    gender = draw.choice(3, patients, p=(0.64, 0.33, 0.03))
    severity = np.clip(np.rint(1.5 + 0.08 * (5 - decile) + draw.normal(0, 1, patients)), 0, 3).astype("int64")
    logit = (
        -0.2 + gradient * decile + np.array([0, 0.1, -0.3])[gender] + np.array([0.5, 0.2, 0, -0.6])[severity]
    ) + draw.normal(0, sd, areas)[area]
    frame = pd.DataFrame(
        {
            "area": area,
            "decile": decile,
            "gender": np.array(LEVELS["gender"])[gender],
            "severity": np.array(LEVELS["severity"])[severity],
            "cases": 1,
            "reached": (draw.uniform(size=patients) < 1 / (1 + np.exp(-logit))).astype("int64"),
        }
    )
    out = frame.groupby(["area", "decile", "gender", "severity"], as_index=False)[["cases", "reached"]].sum()
    codes = sorted(out["area"].unique())
    return out.assign(area=out["area"].map({code: f"A{place:03d}" for place, code in enumerate(codes)}))


def cases() -> dict[str, pd.DataFrame]:
    return {
        "few": seeded(12, 3000, 0.3, seed=1),
        "some": seeded(40, 12_000, 0.2, seed=2),
        "small": seeded(60, 2500, 0.6, seed=3),
        "reversed": seeded(30, 8000, 0.25, seed=4, gradient=-0.05),
    }


def grouped_of(frame: pd.DataFrame) -> Grouped:
    return Grouped(
        area=np.asarray(frame["area"].str[1:].astype("int64"), dtype=np.int64),
        decile=frame["decile"].to_numpy("int64"),
        codes={name: frame[name].map(levels.index).to_numpy("int64") for name, levels in LEVELS.items()},
        levels=LEVELS,
        cases=frame["cases"].to_numpy("float64"),
        reached=frame["reached"].to_numpy("float64"),
    )


def ask(frame: pd.DataFrame) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.csv"
        frame.assign(severity="s" + frame["severity"]).to_csv(path, index=False)
        done = subprocess.run(["Rscript", str(SCRIPT), str(path)], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in csv.reader(done.stdout.splitlines())}


def main() -> None:
    with ANSWERS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["case", "name", "value"])
        for case, frame in cases().items():
            writer.writerows([case, name, repr(value)] for name, value in ask(frame).items())


if __name__ == "__main__":
    main()
