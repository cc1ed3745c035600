"""The package's figures against R's: stored answers always, R itself where it is installed."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from oracle.ask_r import ask
from oracle.cases import ANSWERS, SEEDS, cases

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results

_LOGISTIC = ("quasibinomial", "betabinomial")
_OF_CORRELATIONS = ("rho", "p", "ci_low", "ci_high", "tau", "tau_p", "p_holm")
# The study's own regression, which R's lm fits; that with random effects has an oracle of its own.
REPLICATION = Settings(model="replication")
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
        found |= {f"{name}.{key}": getattr(correlation, key) for key in _OF_CORRELATIONS}
    for name, model in (("initial", r.regression.initial), ("final", r.regression.final)):
        if model is None:
            continue
        for term, values in model.terms.items():
            found |= {f"{name}.{term}.{key}": value for key, value in values.model_dump().items()}
        found |= {f"{name}.{key}": getattr(model, key) for key in ("r_squared", "adj_r_squared", "sigma", "f", "p")}
    if r.outliers.left_out:
        own = r.regression.indicators.values()
        found |= {f"indicators.{key}": sum(getattr(term, key) for term in own) for key in ("estimate", "se")}
    found |= {f"adjusted.{key}": value for key, value in r.adjusted.model_dump().items()}
    found["low.sum"] = sum(area.adjusted_low for area in r.areas)
    found["high.sum"] = sum(area.adjusted_high for area in r.areas)
    found |= {key: getattr(r.classification, key) for key in ("both", "national_only", "adjusted_only", "neither")}
    found["mcnemar_p"] = r.agreement.mcnemar_p
    assert r.classification.below_mean is not None
    found["below_mean"] = r.classification.below_mean.n
    found |= {key: getattr(r.agreement, key) for key in ("positive", "negative", "pabak")}
    if r.agreement.chi2 is not None:
        found |= {"chi2": r.agreement.chi2, "chi2.p": r.agreement.p}
        found |= {"kappa": r.agreement.kappa, "kappa_se": r.agreement.kappa_se, "phi": r.agreement.phi}
    return found | examined(r) | benchmarks(r) | gradients(r)


def examined(r: Results) -> dict[str, float | None]:
    d = r.diagnostics
    found: dict[str, float | None] = {"breusch_pagan": d.breusch_pagan.statistic}
    found |= {"reset": d.reset.statistic, "reset.p": d.reset.p}
    if d.hc3 is not None:
        found["hc3.se"] = d.hc3.se
        found["cooks.max"] = d.influential[0].cooks_distance
    return found


def benchmarks(r: Results) -> dict[str, float | None]:
    found: dict[str, float | None] = {
        f"below.{b.interval}": b.below.n for b in r.benchmarks if b.interval != "fitted_mean"
    }
    for funnel in (r.funnels.national, r.funnels.expected):
        beyond = {b.adjustment: b.below + b.above for b in funnel.beyond if b.level == 0.998}
        found |= {f"{funnel.target}.phi": funnel.phi, f"{funnel.target}.tau2": funnel.tau2}
        found |= {f"{funnel.target}.beyond998": beyond["none"]}
        found |= {f"{funnel.target}.beyond998.additive": beyond["additive"]}
    return found


def gradients(r: Results) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for row in r.gradients:
        trimmed = row.outliers == "left_out"
        known = ("weighted", "unweighted") if trimmed else ("weighted", "unweighted", "score", *_LOGISTIC)
        if row.model not in known or row.gradient is None:
            continue
        name = f"{row.model}_trimmed" if trimmed else row.model
        found |= {f"{name}.gradient": row.gradient, f"{name}.ci_low": row.ci_low, f"{name}.below": row.below}
        found |= {f"{name}.p": row.p} if row.model != "betabinomial" else {}
        found |= {f"{name}.dispersion": row.dispersion} if row.dispersion is not None else {}
    return found


def agrees(found: dict[str, float | None], answers: dict[str, float]) -> None:
    known = {name: value for name, value in found.items() if value is not None}
    assert set(known) == set(answers) - {"leverage.max"}
    for name, value in known.items():
        # What is found by iteration stops where each program calls it near enough.
        near = 1e-6 if name.startswith(("betabinomial", "quasibinomial")) else 1e-8
        assert value == pytest.approx(answers[name], rel=near, abs=1e-12), name


@pytest.mark.parametrize("case", NAMES)
def test_the_figures_are_those_r_gave(case: str) -> None:
    agrees(figures(analyse(cases()[case], REPLICATION)), stored()[case])


@pytest.mark.r
@pytest.mark.parametrize("case", ["reference", "seed-3", "seed-7"])
def test_the_figures_are_those_r_gives_here(case: str) -> None:
    areas = cases()[case]
    agrees(figures(analyse(areas, REPLICATION)), ask(areas))


@pytest.mark.r
@pytest.mark.shared
@pytest.mark.parametrize(
    ("year", "deprivation", "lookup"),
    [
        ("2017-18", "imd2015-lsoa11.csv", "lsoa11-ccg19-lad19.csv"),
        ("2019-20", "imd2015-lsoa11.csv", "lsoa11-ccg19-lad19.csv"),
        ("2023-24", "imd2025-icb24.csv", None),
    ],
)
def test_the_figures_of_the_real_years_are_those_r_gives(
    shared: Path, tmp_path: Path, year: str, deprivation: str, lookup: str | None
) -> None:
    (annual,) = (shared / "annual").glob(f"*{year}*.csv")
    period = Period.parse(year)
    published.import_period(
        [annual], period, shared / "imd" / deprivation, shared / "lookups" / lookup if lookup else None, tmp_path
    )
    areas = read_areas(tmp_path, period)
    agrees(figures(analyse(areas, REPLICATION)), ask(areas))
