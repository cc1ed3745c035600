"""The use of services, referrals and finished treatments, along deprivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.findings import strength
from iapt_report.words.markdown import said
from iapt_report.words.numbers import decimal

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
    tendency = f.level.tendency(found)
    if found.rho is None:
        return f"The correlation of deprivation rank with {plain} could not be computed."
    if tendency == "none":
        return f"Deprivation rank was not significantly correlated with {plain} ({f.level.correlation(found)})."
    where = "less" if tendency == "rising" else "more"
    return f"{more} in {where} deprived areas, a {strength(found.rho)} correlation ({f.level.correlation(found)})."


def discussion(f: Findings) -> str:
    """Weigh whether need that is expressed in referrals is met in treatment: alike, whatever is significant."""
    c = f.results.correlations
    if c.referrals.rho is None or c.finished_treatment.rho is None:
        return "Whether the use of services differs with deprivation could not be assessed in full."
    return (
        f"Deprivation rank correlated with referrals by {decimal(c.referrals.rho)} and with finished treatments by "
        f"{decimal(c.finished_treatment.rho)}. If fewer of those referred were treated where deprivation is greater, "
        "the inverse care law would apply;[@hart1971] but the two correlations were not tested against each other, and "
        "neither count is set against population or need."
    )
