"""The change of the gradient against clubSandwich's: stored answers always, itself where it is installed."""

from __future__ import annotations

import csv
import subprocess
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from iapt_report.stats.change import change, change_for_few_areas
from oracle.cluster_robust_cases import ANSWERS, ask, cases

if TYPE_CHECKING:
    from iapt_report.stats.change import Wave


@cache
def stored() -> dict[str, dict[str, float]]:
    answers: dict[str, dict[str, float]] = {}
    with ANSWERS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answers.setdefault(row["case"], {})[row["name"]] = float(row["value"])
    return answers


def agrees(waves: list[Wave], answers: dict[str, float]) -> None:
    assert len(answers) == 12
    sure = [replace(wave, weights=1 / (0.03**2 + 0.25 / wave.weights)) for wave in waves]
    by = {
        "cases": change_for_few_areas(waves, 0.95),
        "variances": change_for_few_areas(sure, 0.95, inverse_variances=True),
    }
    for name, value in answers.items():
        model, _, figure = name.partition(".")
        assert getattr(by[model], figure) == pytest.approx(value, rel=1e-7), name


@pytest.mark.parametrize("case", list(cases()))
def test_the_change_of_the_gradient_is_that_of_clubsandwich(case: str) -> None:
    agrees(cases()[case], stored()[case])


@pytest.mark.parametrize("case", list(cases()))
def test_both_errors_are_of_one_estimate(case: str) -> None:
    plain, robust = change(cases()[case], 0.95), change_for_few_areas(cases()[case], 0.95)
    assert plain is not None
    assert robust is not None
    assert plain.per_year == pytest.approx(robust.per_year)
    assert (plain.areas, plain.repeated) == (robust.areas, robust.repeated)


@pytest.mark.r
@pytest.mark.parametrize("case", list(cases()))
def test_the_change_of_the_gradient_is_that_of_clubsandwich_here(case: str) -> None:
    there = subprocess.run(["Rscript", "-e", "library(clubSandwich)"], capture_output=True, check=False)
    if there.returncode:
        pytest.skip("clubSandwich is not installed")
    agrees(cases()[case], ask(cases()[case]))
