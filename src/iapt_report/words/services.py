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
    tendency = f.level.tendency(found)
    if found.rho is None:
        return f"The correlation of deprivation rank with {plain} could not be computed."
    if tendency == "none":
        return f"Deprivation rank was not significantly correlated with {plain} ({f.level.correlation(found)})."
    where = "less" if tendency == "rising" else "more"
    return f"{more} in {where} deprived areas, a {strength(found.rho)} correlation ({f.level.correlation(found)})."


def discussion(f: Findings) -> str:
    """Weigh whether need that is expressed in referrals is met in treatment."""
    treated = f.finished_treatment
    if "unknown" in (f.referrals, treated):
        return "Whether the use of services differs with deprivation could not be assessed in full."
    match f.referrals:
        case "falling":
            return _MORE_REFERRALS_IN_DEPRIVED_AREAS[treated]
        case "rising":
            return (
                f"Services in less deprived areas received more referrals, and {_TREATED_THERE[treated]} there. "
                "Population and need may explain this; these counts cannot tell."
            )
        case _:
            return (
                f"The number of referrals did not differ significantly with deprivation, {_TREATED_ALONE[treated]}. "
                "Areas differ in population, which these counts do not take into account."
            )


_MORE_REFERRALS_IN_DEPRIVED_AREAS = {
    "none": "Services in more deprived areas received more referrals, while the number of patients who finished "
    "treatment "
    "did not differ significantly with deprivation. If need that is expressed in referrals is not met in treatment, "
    "the "
    "inverse care law applies;[@hart1971] but the two correlations were not tested against each other, and area totals "
    "cannot show at which step patients are lost.",
    "falling": "Services in more deprived areas received more referrals and treated more patients, so treatment went "
    "in the direction of the referrals.",
    "rising": "Services in more deprived areas received more referrals, yet more patients finished treatment in less "
    "deprived areas, a pattern that the inverse care law describes,[@hart1971] though population and need are not "
    "accounted for here.",
}
_TREATED_THERE = {
    "rising": "more patients finished treatment",
    "falling": "fewer patients finished treatment",
    "none": "no significantly different number of patients finished treatment",
}
_TREATED_ALONE = {
    "none": "nor did the number of patients who finished treatment",
    "rising": "whereas more patients finished treatment in less deprived areas",
    "falling": "whereas more patients finished treatment in more deprived areas",
}
