"""Extreme outliers: who they are, and what the correlation and the regression are without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import decimal, how_many, percent, setting_number

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

# More names than this would fill a paragraph, or lie upon each other in a picture.
MOST_NAMED = 6


def without(f: Findings) -> str:
    """Give the correlation without the outliers."""
    found = f.results.correlations.recovery_rate_trimmed
    outside = f"Without {how_many(f.outlying.n, 'outlying area')}"
    if found.rho is None:
        return f"{outside} no correlation could be computed."
    return f"{outside} the correlation was {decimal(found.rho)} ({f.level.p_value(found.p)})."


def in_short(f: Findings) -> str:
    """Say in plain words that the outliers decide whether a link is found, where they do."""
    if not f.outlying.turns:
        return ""
    rates = "an extreme rate" if f.outlying.n == 1 else "extreme rates"
    finds = "find a link" if f.outlying.significant_without else "not find it"
    return f"Without {how_many(f.outlying.n, 'area')} with {rates}, a test by ranks would {finds}."


def results(f: Findings) -> str:
    """Say in full who the outliers are, and what became of them."""
    if not f.outlying.n:
        leaves = (
            ""
            if f.results.correlations.recovery_rate.rho is None
            else " the sensitivity analysis leaves the correlation as it is and"
        )
        return f"No area's {f.rate} was an extreme outlier, so{leaves} no dummy variable was needed."
    return said(_who(f), _correlation(f), _dummy(f), _both_sides(f))


def _who(f: Findings) -> str:
    one = f.outlying.n == 1
    text = (
        f"One area had an extreme {f.rate}"
        if one
        else f"Extreme {f.rate}s were found in {how_many(f.outlying.n, 'area')}"
    )
    if f.outlying.n > MOST_NAMED:
        return f"{text}."
    named = [f"{escape(area.area_name)}, {percent(area.recovery_rate)}" for area in f.results.areas if area.outlier]
    return f"{text} ({'; '.join(named)})."


def _correlation(f: Findings) -> str:
    found, them = f.results.correlations.recovery_rate_trimmed, "it" if f.outlying.n == 1 else "them"
    if found.rho is None:
        return f"Without {them} no correlation could be computed."
    now = "now" if f.outlying.significant_without else "no longer"
    turns = f", {now} statistically significant" if f.outlying.turns else ""
    return f"Without {them} the correlation was {decimal(found.rho)} ({f.level.p_value(found.p)}){turns}."


def _dummy(f: Findings) -> str:
    initial = f.results.regression.initial
    if initial is None:
        return ""
    these = "this area" if f.outlying.n == 1 else "these areas"
    text = f"In the {f.regression} the dummy variable for {these}"
    p, bound = initial.terms["outlier"].p, setting_number(f.results.settings.dummy_alpha)
    if p is None:
        return f"{text} could not be tested and was removed."
    if f.outlying.dummy_stays:
        return (
            f"{text} had {f.level.p_value(p)}, below {bound}, and was kept; adjusted rates are those of an area that "
            "is not an outlier."
        )
    return f"{text} had {f.level.p_value(p)}, not below {bound}, and was removed."


def _both_sides(f: Findings) -> str:
    if not f.outlying.both_sides:
        return ""
    stay = "" if f.outlying.dummy_stays else "; they stay in the final model"
    return f"Outliers lie on both sides of the other areas, which one dummy variable cannot represent{stay}."


def caption(f: Findings) -> str:
    """Say that Figure DS1 names the outliers, where it does."""
    return "Extreme outliers are named." if 0 < f.outlying.n <= MOST_NAMED else ""


def dagger(f: Findings) -> str:
    """Explain the mark of an outlier in a table, where there is one."""
    if not f.outlying.n:
        return ""
    return f"A dagger (†) marks {'the extreme outlier' if f.outlying.n == 1 else 'extreme outliers'}."
