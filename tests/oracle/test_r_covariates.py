"""Covariates against R's lm and metafor's rma: stored answers always, R itself where it is installed."""

from __future__ import annotations

import csv
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

from iapt_report.stats.covariates import CovariateData, with_covariates
from oracle.covariates_cases import ANSWERS, ask, cases

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.stats.covariates import Model

MODELS: tuple[Model, ...] = ("weighted", "random_effects")


@cache
def stored() -> dict[str, dict[str, float]]:
    answers: dict[str, dict[str, float]] = {}
    with ANSWERS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answers.setdefault(row["case"], {})[row["name"]] = float(row["value"])
    return answers


def figures(areas: pd.DataFrame) -> dict[str, float | None]:
    """The package's figures under the names that covariates.R gives them."""
    columns = {name: areas[name].to_numpy("float64") for name in areas}
    data = CovariateData(
        codes=[str(i) for i in range(len(areas))],
        rate=columns["rate"],
        rank=columns["imd_rank"],
        weights=columns["weight"],
        cases=columns["cases"],
        covariates={"share": columns["share"], "staff": columns["staff"]},
        shares=frozenset({"share"}),
        kept=columns["kept"] == 1,
    )
    found: dict[str, float | None] = {}
    for model in MODELS:
        got = with_covariates(data, model, "fitted_mean", 0.95)
        assert got is not None
        for when, line in (("before", got.before), ("after", got.after)):
            found |= {f"{model}.{when}.{key}": value for key, value in line.model_dump(exclude_none=True).items()}
        for effect in got.effects:
            for key in ("estimate", "ci_low", "ci_high", "p"):
                found[f"{model}.{effect.name}.{key}"] = getattr(effect, key)
        found[f"{model}.joint_p"] = got.joint_p
        found |= {f"{model}.below.{key}": getattr(got.below, key) for key in ("both", "first_only", "second_only")}
        for i in (1, 5, len(areas)):
            area = got.areas[i - 1]
            found |= {f"{model}.{end}.{i}": getattr(area, end) for end in ("low", "high")}
            found[f"{model}.expected.{i}"] = area.rate
    return found


def agrees(found: dict[str, float | None], answers: dict[str, float]) -> None:
    assert set(found) == set(answers)
    for name, value in found.items():
        assert value == pytest.approx(answers[name], rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("case", list(cases()))
def test_covariates_are_as_in_lm_and_metafor(case: str) -> None:
    agrees(figures(cases()[case]), stored()[case])


@pytest.mark.r
@pytest.mark.parametrize("case", ["few", "some"])
def test_covariates_are_as_in_lm_and_metafor_here(case: str) -> None:
    there = subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False)
    if there.returncode:
        pytest.skip("metafor is not installed")
    agrees(figures(cases()[case]), ask(cases()[case]))
