"""How the period was analysed, where that follows from settings and data; what is always done is in the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import setting_number

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

_WEIGHTED = {
    "finished_treatment": "weighted by case-load",
    "at_caseness": "weighted by the number of patients at caseness",
    "equal": "every area counting the same",
}
_LIMITS = {
    "fitted_mean": "the lower confidence limit of its adjusted rate.",
    "wilson": "the lower limit of what chance leaves around its adjusted rate, given the number of its patients: the "
    "Wilson interval of its own rate then lies below its adjusted rate.[@wilson1927]",
    "prediction": "the lower prediction limit of the regression, for an area of its deprivation rank and weight.",
    "overdispersion": "the lower limit of what chance, given the number of its patients, and the variation between "
    "areas leave around its adjusted rate.[@spiegelhalter2012]",
}


def other_outcome(f: Findings) -> str:
    """Name the outcome in the paper's summary where it is not the study's."""
    return "" if f.as_studied else f", with {f.outcome} as the outcome"


def compared_with(f: Findings) -> str:
    """Name the standard in the paper's summary."""
    return "the national standard" if f.results.standard.national else f"a standard of {f.standard}"


def own_standard(f: Findings) -> str:
    """Say that a standard is one's own where the study's outcome is held to another than the national one."""
    if not f.as_studied or f.results.standard.national:
        return ""
    return f"; this report uses {f.standard} instead"


def outcome(f: Findings) -> str:
    """Explain an outcome that is not the study's, and its standard."""
    if f.as_studied:
        return ""
    recovery = ", and a recovery is reliable when the improvement is"
    return said(
        f"This report is about {f.outcome}. An improvement is reliable when a score has fallen by more than the error "
        "of its measure explains[@jacobson1991] and the other score has not reliably risen"
        f"{recovery if f.results.outcome.name == 'reliable_recovery' else ''}.",
        f"Its national standard is {f.standard} ({escape(f.results.standard.source)})."
        if f.results.standard.national
        else f"The standard used here, {f.standard}, was chosen for this report.",
    )


def weighting(f: Findings) -> str:
    """Say what an area counts for in the regression, after "by least squares"."""
    words = _WEIGHTED[f.results.settings.weight]
    return f", {words}" if f.results.settings.weight == "equal" else f" {words}"


def limit(f: Findings) -> str:
    """Say what the deprivation-adjusted benchmark is, to end a sentence."""
    return _LIMITS[f.results.settings.interval]


def fences(f: Findings) -> str:
    """Give how many interquartile ranges an extreme outlier lies beyond the quartiles."""
    return setting_number(f.results.outliers.multiple)


def dummy_alpha(f: Findings) -> str:
    """Give the P value below which outliers do not bear on the line."""
    return setting_number(f.results.settings.dummy_alpha)


def alpha(f: Findings) -> str:
    """Give the P value below which a result is called significant."""
    return setting_number(f.level.alpha)


def followed(f: Findings) -> str:
    """Say in the paper's method which regression the conclusions follow."""
    if f.replication is not None:
        return "Conclusions follow it."
    if f.random is None:
        return "So few areas leave no such regression here, and conclusions follow the replication."
    return "By the settings of this report, conclusions follow the replication."
