"""Models of patients against R's glm, sandwich and lme4: stored answers always, R itself where it is installed."""

from __future__ import annotations

import csv
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

from iapt_report.stats.discrimination import concordance
from iapt_report.stats.grouped_logit import design_of, difference, fit_logit
from iapt_report.stats.random_intercept import fit_random_intercept
from oracle.patient_models_cases import ANSWERS, LEVELS, ask, cases, grouped_of

if TYPE_CHECKING:
    import pandas as pd

COVARIATES = tuple(LEVELS)


@cache
def stored() -> dict[str, dict[str, float]]:
    answers: dict[str, dict[str, float]] = {}
    with ANSWERS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answers.setdefault(row["case"], {})[row["name"]] = float(row["value"])
    return answers


def figures(frame: pd.DataFrame) -> dict[str, float]:
    """What the package computes, by the names of R's script."""
    grouped = grouped_of(frame)
    out = {}
    for name, covariates in {"deprivation": (), "patients": COVARIATES}.items():
        fit = fit_logit(design_of(grouped, covariates))
        assert fit is not None
        for i in range(len(fit.beta)):
            out[f"{name}.beta.{i + 1}"] = fit.beta[i]
            out[f"{name}.plain_se.{i + 1}"] = fit.plain_covariance[i, i] ** 0.5
            out[f"{name}.se.{i + 1}"] = fit.covariance[i, i] ** 0.5
        gap = difference(fit.design, fit.beta, fit.covariance)
        out[f"{name}.gap"], out[f"{name}.gap_se"] = gap.estimate, gap.se
        c = concordance(fit.chance, fit.design.cases, fit.design.reached)
        assert c is not None
        out[f"{name}.c"] = c
        for area, expected in enumerate(fit.design.by_area @ fit.chance):
            out[f"{name}.expected.A{area:03d}"] = expected
    return out


def random_figures(frame: pd.DataFrame) -> dict[str, float]:
    start = fit_logit(design_of(grouped_of(frame), COVARIATES))
    assert start is not None
    out = {}
    for nodes in (5, 15):
        fit = fit_random_intercept(start, nodes)
        assert fit is not None
        for i in range(len(fit.beta)):
            out[f"random{nodes}.beta.{i + 1}"] = fit.beta[i]
            out[f"random{nodes}.se.{i + 1}"] = fit.covariance[i, i] ** 0.5
        out[f"random{nodes}.sd"] = fit.sd
    return out


def agrees(frame: pd.DataFrame, answers: dict[str, float]) -> None:
    own = {**figures(frame), **random_figures(frame)}
    assert set(own) == set(answers)
    for name, value in answers.items():
        near = 1e-3 if name.startswith("random") else 1e-6
        assert own[name] == pytest.approx(value, rel=near, abs=near / 100), name


@pytest.mark.parametrize("case", list(cases()))
def test_the_models_of_patients_are_those_of_glm_sandwich_and_lme4(case: str) -> None:
    agrees(cases()[case], stored()[case])


@pytest.mark.r
@pytest.mark.parametrize("case", list(cases()))
def test_the_models_of_patients_are_those_of_r_here(case: str) -> None:
    there = subprocess.run(
        ["Rscript", "-e", "library(sandwich); library(lme4); library(numDeriv)"], capture_output=True, check=False
    )
    if there.returncode:
        pytest.skip("sandwich, lme4 or numDeriv is not installed")
    agrees(cases()[case], ask(cases()[case]))
