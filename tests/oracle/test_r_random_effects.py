"""The random-effects regression against metafor's: stored answers always, metafor itself where it is installed."""

from __future__ import annotations

import csv
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

from iapt_report.stats.outlying import studentised_residuals
from iapt_report.stats.random_effects import random_effects
from oracle.random_effects_cases import ANSWERS, ask, cases

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.stats.random_effects import Method

MODELS: dict[str, tuple[tuple[str, ...], Method]] = {
    "reml": (("imd_rank",), "reml"),
    "paule_mandel": (("imd_rank",), "paule_mandel"),
    "covariate": (("imd_rank", "share"), "reml"),
    "mean": ((), "reml"),
}


@cache
def stored() -> dict[str, dict[str, float]]:
    answers: dict[str, dict[str, float]] = {}
    with ANSWERS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answers.setdefault(row["case"], {})[row["name"]] = float(row["value"])
    return answers


def figures(areas: pd.DataFrame) -> dict[str, float | None]:
    """The package's figures under the names that random_effects.R gives them."""
    found: dict[str, float | None] = {}
    columns = {name: areas[name].to_numpy("float64") for name in areas}
    places = (1, 5, len(areas))
    for name, (predictors, method) in MODELS.items():
        given = {predictor: columns[predictor] for predictor in predictors}
        fit = random_effects(columns["rate"], columns["cases"], given, 0.95, method=method)
        assert fit is not None
        for term, values in fit.model.terms.items():
            for key in ("estimate", "se", "p", "ci_low", "ci_high"):
                found[f"{name}.{term}.{key}"] = getattr(values, key)
        found |= {f"{name}.{key}": getattr(fit.model, key) for key in ("tau2", "i2", "q", "q_p")}
        if predictors:
            found |= {f"{name}.f": fit.model.f, f"{name}.model_p": fit.model.p}
        for i in places:
            found[f"{name}.expected.{i}"] = fit.expected.rate[i - 1]
            found |= {f"{name}.expected_{end}.{i}": getattr(fit.expected, end)[i - 1] for end in ("low", "high")}
            found |= {f"{name}.prediction_{end}.{i}": getattr(fit.prediction, end)[i - 1] for end in ("low", "high")}
    away = studentised_residuals(columns["rate"], columns["cases"], columns["imd_rank"])
    assert away is not None
    found |= {f"studentised.{i}": away.t[i - 1] for i in places}
    return found | {f"studentised_residual.{i}": away.residual[i - 1] for i in places}


def agrees(found: dict[str, float | None], answers: dict[str, float]) -> None:
    assert set(found) == set(answers)
    for name, value in found.items():
        assert value == pytest.approx(answers[name], rel=1e-6, abs=1e-10), name


@pytest.mark.parametrize("case", list(cases()))
def test_the_random_effects_regression_is_that_of_metafor(case: str) -> None:
    agrees(figures(cases()[case]), stored()[case])


@pytest.mark.r
@pytest.mark.parametrize("case", ["few", "dominant"])
def test_the_random_effects_regression_is_that_of_metafor_here(case: str) -> None:
    there = subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False)
    if there.returncode:
        pytest.skip("metafor is not installed")
    agrees(figures(cases()[case]), ask(cases()[case]))
