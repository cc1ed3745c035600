"""The reference quarter gives every figure that the 2016 paper prints, to the precision it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import REFERENCE, ROOT
from iapt_report.areas.synthetic_quarter import reference_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.results import Results

CLAIMS: list[tuple[str, Callable[[Any], str], str]] = [
    ("areas", lambda r: str(r.sample.areas), "211"),
    ("referrals_total", lambda r: str(r.sample.referrals.total), "293400"),
    ("referrals_min", lambda r: str(r.sample.referrals.min), "70"),
    ("referrals_max", lambda r: str(r.sample.referrals.max), "4355"),
    ("caseload_total", lambda r: str(r.sample.finished_treatment.total), "110415"),
    ("caseload_min", lambda r: str(r.sample.finished_treatment.min), "35"),
    ("caseload_max", lambda r: str(r.sample.finished_treatment.max), "2425"),
    ("recovery_min", lambda r: f"{100 * r.sample.recovery_rate.min:.1f}", "8.2"),
    ("recovery_max", lambda r: f"{100 * r.sample.recovery_rate.max:.1f}", "86.6"),
    ("rho_referrals", lambda r: f"{r.correlations.referrals.rho:.2f}", "-0.27"),
    ("rho_referrals_p", lambda r: str(r.correlations.referrals.p < 0.001), "True"),
    ("rho_caseload", lambda r: f"{r.correlations.finished_treatment.rho:.2f}", "-0.07"),
    ("rho_caseload_p", lambda r: f"{r.correlations.finished_treatment.p:.2f}", "0.33"),
    ("rho_recovery", lambda r: f"{r.correlations.recovery_rate.rho:.2f}", "0.39"),
    ("rho_recovery_p", lambda r: str(r.correlations.recovery_rate.p < 0.001), "True"),
    ("rho_recovery_trimmed", lambda r: f"{r.correlations.recovery_rate_trimmed.rho:.2f}", "0.38"),
    ("rho_recovery_trimmed_p", lambda r: str(r.correlations.recovery_rate_trimmed.p < 0.001), "True"),
    ("dummy_p", lambda r: f"{r.regression.initial.terms['outlier'].p:.2f}", "0.54"),
    ("r_squared", lambda r: f"{100 * r.regression.final.r_squared:.1f}", "15.3"),
    ("f", lambda r: f"{r.regression.final.f:.2f}", "37.76"),
    ("f_df", lambda r: str(r.regression.final.df_model), "1"),
    ("f_p", lambda r: str(r.regression.final.p < 0.001), "True"),
    ("below_national", lambda r: f"{100 * r.replication.classification.below_national.share:.1f}", "72.5"),
    ("below_adjusted", lambda r: f"{100 * r.replication.classification.below_adjusted.share:.1f}", "43.1"),
    ("extra", lambda r: f"{100 * r.replication.classification.national_only / r.sample.areas:.1f}", "29.4"),
    ("chi2", lambda r: f"{r.replication.agreement.chi2:.2f}", "60.66"),
    ("chi2_df", lambda r: str(r.replication.agreement.dof), "1"),
    ("chi2_p", lambda r: str(r.replication.agreement.p < 0.001), "True"),
    ("kappa", lambda r: f"{r.replication.agreement.kappa:.2f}", "0.45"),
    ("adjusted_mean", lambda r: f"{100 * r.replication.adjusted.mean:.1f}", "45.2"),
    ("adjusted_sd", lambda r: f"{100 * r.replication.adjusted.sd:.1f}", "3.0"),
    ("adjusted_low", lambda r: f"{100 * r.replication.adjusted.min:.1f}", "40.1"),
    ("adjusted_high", lambda r: f"{100 * r.replication.adjusted.max:.1f}", "50.5"),
    (
        "cross_table",
        lambda r: str((r.replication.classification.both, r.replication.classification.adjusted_only)),
        "(91, 0)",
    ),
]


@pytest.mark.parametrize(("claim", "compute", "printed"), CLAIMS, ids=[claim for claim, *_ in CLAIMS])
def test_a_printed_claim_comes_out(
    reference: Results, claim: str, compute: Callable[[Results], str], printed: str
) -> None:
    assert compute(reference) == printed, claim


def test_the_generator_reproduces_the_committed_file_byte_for_byte() -> None:
    committed = (ROOT / "data" / REFERENCE / "areas.csv").read_bytes()
    assert reference_csv().encode("utf-8") == committed


def test_nobody_can_take_an_area_for_a_real_one() -> None:
    lines = reference_csv().splitlines()[1:]
    assert len(lines) == 212
    assert all(line.startswith("SYN") and ",Synthetic Area " in line for line in lines)


def test_it_says_that_it_is_synthetic(reference: Results) -> None:
    assert reference.period.synthetic
    assert [area.area_code for area in reference.sample.excluded] == ["SYN212"]
