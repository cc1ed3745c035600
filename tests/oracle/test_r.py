"""The package's figures against R's: stored answers always, R itself where it is installed."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

import pytest

from iapt_report.analysis import analyse
from oracle.ask_r import ask
from oracle.cases import ANSWERS, SEEDS, cases

if TYPE_CHECKING:
    from iapt_report.results import Results

NAMES = ["reference", *(f"seed-{seed}" for seed in SEEDS)]


@cache
def stored() -> dict[str, dict[str, float]]:
    answers: dict[str, dict[str, float]] = {}
    with ANSWERS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answers.setdefault(row["case"], {})[row["name"]] = float(row["value"])
    return answers


def figures(r: Results) -> dict[str, float | None]:
    """The same figures under the names that study.R gives them."""
    found: dict[str, float | None] = {"lower_fence": r.outliers.lower_fence, "upper_fence": r.outliers.upper_fence}
    for name in type(r.correlations).model_fields:
        correlation = getattr(r.correlations, name)
        found |= {f"{name}.rho": correlation.rho, f"{name}.p": correlation.p}
    for name, model in (("initial", r.regression.initial), ("final", r.regression.final)):
        if model is None:
            continue
        for term, values in model.terms.items():
            found |= {f"{name}.{term}.{key}": value for key, value in values.model_dump().items()}
        found |= {f"{name}.{key}": getattr(model, key) for key in ("r_squared", "adj_r_squared", "sigma", "f", "p")}
    found |= {f"adjusted.{key}": value for key, value in r.adjusted.model_dump().items()}
    found["low.sum"] = sum(area.adjusted_low for area in r.areas)
    found["high.sum"] = sum(area.adjusted_high for area in r.areas)
    found |= {key: getattr(r.classification, key) for key in ("both", "national_only", "adjusted_only", "neither")}
    found["mcnemar_p"] = r.agreement.mcnemar_p
    found["below_mean"] = r.classification.below_mean.n
    if r.agreement.chi2 is not None:
        found |= {"chi2": r.agreement.chi2, "chi2.p": r.agreement.p}
        found |= {"kappa": r.agreement.kappa, "kappa_se": r.agreement.kappa_se}
    return found


def agrees(found: dict[str, float | None], answers: dict[str, float]) -> None:
    assert set(found) == set(answers)
    for name, answer in answers.items():
        assert found[name] == pytest.approx(answer, rel=1e-8, abs=1e-12), name


@pytest.mark.parametrize("case", NAMES)
def test_the_figures_are_those_r_gave(case: str) -> None:
    agrees(figures(analyse(cases()[case])), stored()[case])


@pytest.mark.r
@pytest.mark.parametrize("case", ["reference", "seed-3", "seed-7"])
def test_the_figures_are_those_r_gives_here(case: str) -> None:
    areas = cases()[case]
    agrees(figures(analyse(areas)), ask(areas))
