"""The use of services, referrals and finished treatments, along deprivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.findings import strength
from iapt_report.words.markdown import said

if TYPE_CHECKING:
    from iapt_report.stats.correlation import Correlation
    from iapt_report.words.findings import Findings


def results(f: Findings) -> str:
    """Give the correlations of referrals and of finished treatments with deprivation rank."""
    found = f.results.correlations
    treated = "the number of patients who finished treatment"
    return said(
        _association(f, found.referrals, "There were more referrals", "the number of referrals"),
        _association(f, found.finished_treatment, "More patients finished treatment", treated),
    )


def _association(f: Findings, found: Correlation, more: str, plain: str) -> str:
    tendency, told = f.level.tendency(found), f.level.correlation_in_short(found)
    if found.rho is None:
        return f"The correlation of deprivation rank with {plain} could not be computed."
    if tendency == "none":
        return f"Deprivation rank was not significantly correlated with {plain} ({told})."
    where = "less" if tendency == "rising" else "more"
    return f"{more} in {where} deprived areas, a {strength(found.rho)} correlation ({told})."


def discussion(f: Findings) -> str:
    """Weigh whether need that is expressed in referrals is met in treatment: alike, whatever is significant."""
    c = f.results.correlations
    if c.referrals.rho is None or c.finished_treatment.rho is None:
        return "Whether the use of services differs with deprivation could not be assessed in full."
    return (
        "The inverse care law would have fewer of those referred treated in "
        "deprived areas;[@hart1971] the two were not tested against each other, nor set against population or need."
    )
