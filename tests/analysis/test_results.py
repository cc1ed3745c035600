from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from iapt_report.analysis.results import Results, json_schema
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

# The contract: more keys may come, these stay.
MODEL = {"terms", "r_squared", "f", "df_model", "df_resid", "p", "n"}
TERM = {"estimate", "se", "t", "p", "ci_low", "ci_high"}
CORRELATION = {"rho", "p", "ci_low", "ci_high", "n"}
AREA = {
    "area_code", "area_name", "imd_rank", "referrals", "finished_treatment", "recovery_rate", "adjusted_rate",
    "adjusted_low", "adjusted_high", "below_national", "below_adjusted", "outlier",
}  # fmt: skip


def test_the_json_has_the_keys_that_others_rely_on(reference: Results) -> None:
    d = json.loads(reference.to_json())
    assert {"id", "label", "start", "end", "synthetic"} <= set(d["period"])
    assert {"settings", "provenance", "sample", "correlations", "outliers", "regression"} <= set(d)
    assert {"sources", "versions"} <= set(d["provenance"])
    assert all({"file", "sha256"} <= set(source) for source in d["provenance"]["sources"])
    assert {"areas", "referrals", "finished_treatment", "recovery_rate", "excluded"} <= set(d["sample"])
    for count in ("referrals", "finished_treatment"):
        assert {"total", "min", "max"} <= set(d["sample"][count])
    assert {"min", "max", "mean", "weighted_mean"} <= set(d["sample"]["recovery_rate"])
    assert all({"area_code", "area_name", "reason"} <= set(area) for area in d["sample"]["excluded"])
    for name in ("referrals", "finished_treatment", "recovery_rate", "recovery_rate_trimmed"):
        assert set(d["correlations"][name]) >= CORRELATION
    assert {"multiple", "lower_fence", "upper_fence", "area_codes"} <= set(d["outliers"])
    for name in ("initial", "final"):
        assert set(d["regression"][name]) >= MODEL
        assert all(set(term) >= TERM for term in d["regression"][name]["terms"].values())
    assert {"mean", "sd", "min", "max"} <= set(d["adjusted"])
    shares = ("below_national", "below_adjusted")
    assert {"benchmark", *shares, "both", "national_only", "adjusted_only", "neither"} <= set(d["classification"])
    assert all({"n", "share"} <= set(d["classification"][share]) for share in shares)
    agreement = {"chi2", "dof", "p", "kappa", "kappa_se", "kappa_ci_low", "kappa_ci_high", "mcnemar_p"}
    assert agreement <= set(d["agreement"])
    assert all(set(area) >= AREA for area in d["areas"])


def test_the_json_round_trips_without_loss(reference: Results, results_of: Callable[..., Results]) -> None:
    for results in (reference, results_of(slope=0.2), results_of(noise=0)):
        assert Results.from_json(results.to_json()) == results


def test_the_json_never_holds_what_json_has_not(results_of: Callable[..., Results]) -> None:
    text = results_of(noise=0, slope=0).to_json()
    assert "NaN" not in text
    assert "Infinity" not in text


def test_foreign_json_is_refused() -> None:
    with pytest.raises(DataError, match="build the period again"):
        Results.from_json('{"schema_version": "0.9"}')


def test_the_published_schema_is_the_schema() -> None:
    published = json.loads((ROOT / "src" / "iapt_report" / "analysis" / "results.schema.json").read_text("utf-8"))
    assert published == json_schema(), (
        "write it again: iapt-report schema > src/iapt_report/analysis/results.schema.json"
    )
