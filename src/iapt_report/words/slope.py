"""The regression of the outcome on deprivation rank: what it explains, its slope, the rates it expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import said
from iapt_report.words.numbers import (
    NOT_COMPUTED,
    count,
    decimal,
    how_many,
    interval,
    percentage_points,
    sentence,
    share_explained,
    small_points,
)

if TYPE_CHECKING:
    from iapt_report.stats.regression import Term
    from iapt_report.words.findings import Findings


def variance_explained(f: Findings, variance: str) -> str:
    """Say what share of a variance, so called, deprivation rank explains: a clause."""
    out = f", {how_many(f.outlying.n, 'outlying area')} left out" if f.outlying.left_out else ""
    by = ", by the study's regression" if f.results.concludes == "random_effects" else ""
    return f"deprivation rank explained {share_explained(f.explained)} of {variance}{by}{out}"


def gap(f: Findings) -> str:
    """Set the rate expected of the most deprived area beside that of the least, with interval and P: a clause."""
    found = f.results.gradient
    lower = found.estimate >= 0
    side = "lower" if lower else "higher"
    text = f"{small_points(abs(found.estimate))} {side} in the most than in the least deprived area"
    if found.ci_low is None or found.ci_high is None:
        return text
    low, high = (found.ci_low, found.ci_high) if lower else (-found.ci_high, -found.ci_low)
    return f"{text} ({f.level.interval(low, high, 1, as_percent=True)}, {f.level.p_value(found.p)})"


def results(f: Findings) -> str:
    """Give the fit, the slope and the rates that the model expects in full."""
    return said(fit(f), misprints(f))


def fit(f: Findings) -> str:
    """Give the fit and the slope."""
    if f.model.r_squared is None:
        return f"{f.rates} do not vary, so the {f.regression} has no variance to explain."
    return said(_fit(f), _slope(f))


def _fit(f: Findings) -> str:
    m, variance = f.model, f"the variance of {f.rate}s"
    text = f"In the replication {variance_explained(f, variance)}"
    if m.f is None:
        return f"{text}."
    freedom = f"d.f. = {count(m.df_model)}, {count(m.df_resid)}"
    return f"{text} (F = {decimal(m.f)}, {freedom}, {f.level.p_value(m.p)}; @tbl-models)."


def _slope(f: Findings) -> str:
    found = f.results.gradient
    if found.ci_low is None or found.ci_high is None or found.p is None:
        return "The uncertainty of its slope could not be estimated."
    rises = found.estimate >= 0
    low, high = (found.ci_low, found.ci_high) if rises else (-found.ci_high, -found.ci_low)
    limits = f.level.interval(low, high, 1, as_percent=True)
    if not f.gradient.slope_significant:
        points = percentage_points(abs(found.estimate))
        return (
            f"From the most to the least deprived area the expected rate {'rose' if rises else 'fell'} by {points} "
            f"percentage points ({limits}), which is not significantly different from none."
        )
    return (
        f"From the most to the least deprived area the expected rate {'rises' if rises else 'falls'} by "
        f"{percentage_points(abs(found.estimate))} percentage points ({limits})."
    )


def difference(f: Findings) -> str:
    """Give the gap between the most and the least deprived area without its side, in percentage points."""
    deprived, affluent = f.ends
    return percentage_points(abs(affluent.adjusted_rate - deprived.adjusted_rate))


def adjusted_range(f: Findings) -> str:
    """Give the range of these, in per cent."""
    return interval(f.results.adjusted.min, f.results.adjusted.max, 1, as_percent=True)


def misprints(f: Findings) -> str:
    """Name the two figures of the study's print that its own data contradict, where the data reproduce them."""
    if not f.reproduces:
        return ""
    return (
        "Two printed figures of the 2016 study differ: it gives a standard deviation of 30.0 where these data give "
        f"{percentage_points(f.results.adjusted.sd)}, and calls {adjusted_range(f)} a 95% confidence interval where "
        "it is the range."
    )


def rows(f: Findings) -> str:
    """Give the rows of a table with the initial model, if there is one, and the final one."""
    initial, lines = f.results.regression.initial, []
    if initial is not None:
        lines += ["| **Regression with outlier dummy** | | | | |", *_terms(f, initial.terms)]
    without = " without the outlying areas" if f.outlying.left_out else ""
    lines += [f"| **Final regression{without}** | | | | |", *_terms(f, f.model.terms)]
    m = f.model
    lines += [
        f"| R², % of variance | {percentage_points(m.r_squared)} | | | {then(f, '15.3')} |",
        f"| F on {count(m.df_model)} and {count(m.df_resid)} degrees of freedom | {decimal(m.f)} | | "
        f"{f.level.p_cell(m.p)} | {then(f, '37.76')} |",
        f"| Adjusted rates: mean, s.d. (range), % | {_adjusted(f)} | | | {then(f, '45.2 (40.1–50.5)')} |",
    ]
    return "\n".join(lines)


def _adjusted(f: Findings) -> str:
    found = f.replicated.results.adjusted
    limits = interval(found.min, found.max, 1, as_percent=True)
    return f"{percentage_points(found.mean)}, {percentage_points(found.sd)} ({limits})"


def _terms(f: Findings, terms: dict[str, Term]) -> list[str]:
    """Give a row for each term that the table has: intercept, rank, and the dummy, if it is among them."""
    shown = (
        ("Intercept", "Intercept, %", 1, 1),
        ("imd_rank", f"Deprivation rank, percentage points for each {f.each_rank}", f.per_ranks, 2),
        ("outlier", "Outlying area, percentage points", 1, 1),
    )
    lines = []
    for name, words, times, digits in shown:
        if name in terms:
            term = terms[name]
            cells = (
                words,
                percentage_points(term.estimate * times, digits),
                _limits(term, times, digits),
                f.level.p_cell(term.p),
            )
            lines.append(f"| {' | '.join(cells)} | |")
    return lines


def then(f: Findings, printed: str) -> str:
    """Give what the 2016 study printed for a table's cell, where the outcome is the same."""
    return printed if f.as_studied else ""


def _limits(term: Term, times: int, digits: int) -> str:
    if term.ci_low is None or term.ci_high is None:
        return NOT_COMPUTED
    return interval(term.ci_low * times, term.ci_high * times, digits, as_percent=True)


def called(f: Findings) -> str:
    """Call the regression by its weights, at the beginning of a sentence."""
    return sentence(f.regression)
