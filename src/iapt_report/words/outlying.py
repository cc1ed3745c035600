"""Extreme outliers: who they are, and what the correlation and the regression are without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import count, decimal, how_many, percent, percentage_points, setting_number
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from iapt_report.stats.gradients import GradientRow
    from iapt_report.words.findings import Findings

# More names than this would fill a paragraph, or lie upon each other in a picture.
MOST_NAMED = 6


def in_short(f: Findings) -> str:
    """Say in plain words that the outliers decide whether a link is found, where they do."""
    if not f.outlying.turns or f.outlying.without_them is None:
        return ""
    rates = "an extreme rate" if f.outlying.n == 1 else "extreme rates"
    found = f.level.significant(f.outlying.without_them.p)
    return (
        f"The finding rests on {how_many(f.outlying.n, 'area')} with {rates}: without {_them(f)}, a link is "
        f"{'found' if found else 'not found'}; with {_them(f)}, it is{' not' if found else ''}."
    )


def turned(f: Findings) -> str:
    """Give the gradient with the outliers and without, where they decide its significance."""
    if not f.outlying.turns:
        return ""
    return _with_and_without(f)


def results(f: Findings) -> str:
    """Say in full who the outliers are, and what became of them."""
    if not f.outlying.n:
        return f"No area's {f.rate} was an extreme outlier, so no dummy variable was needed."
    return said(_who(f), _dummy(f), _otherwise(f))


def _them(f: Findings) -> str:
    return "it" if f.outlying.n == 1 else "them"


def _who(f: Findings) -> str:
    one = f.outlying.n == 1
    text = (
        f"One area had an extreme {f.rate}"
        if one
        else f"Extreme {f.rate}s were found in {how_many(f.outlying.n, 'area')}"
    )
    if f.outlying.n > MOST_NAMED:
        return f"{text}; {_correlation(f)}."
    listed = [f"{escape(named(area))}, {percent(area.recovery_rate)}" for area in f.results.areas if area.outlier]
    return f"{text} ({'; '.join(listed)}); {_correlation(f)}."


def _correlation(f: Findings) -> str:
    found = f.results.correlations.recovery_rate_trimmed
    if found.rho is None:
        return f"without {_them(f)} no correlation could be computed"
    return f"without {_them(f)} the correlation was {decimal(found.rho)} ({f.level.p_value(found.p)})"


def _dummy(f: Findings) -> str:
    initial = f.results.regression.initial
    these = "this area" if f.outlying.n == 1 else "these areas"
    if initial is None:
        return f"What a dummy variable for {these} would do cannot be told from what deprivation rank does."
    p, bound = initial.terms["outlier"].p, setting_number(f.results.settings.dummy_alpha)
    text = f"The dummy variable for {these}"
    if p is None:
        return f"{text} could not be tested and was removed."
    if not f.outlying.left_out:
        stay = " Outliers lie on both sides of the other areas, which one dummy variable cannot represent."
        return f"{text} had {f.level.p_value(p)}, not below {bound}, and was removed.{stay * f.outlying.both_sides}"
    return f"{text} was significant ({f.level.p_value(p)}), so the line is that of the other areas."


def _with_and_without(f: Findings) -> str:
    """Give the gradient with them in the line and without, by the regression that conclusions come from."""
    told = [_told(f, f.outlying.with_them), _told(f, f.outlying.without_them)]
    if not all(told):
        return ""
    return (
        f"From the most to the least deprived area the {f.judging} expects a rise of {told[0]} with {_them(f)} in the "
        f"line, and of {told[1]} without."
    )


def _otherwise(f: Findings) -> str:
    """Give the gradient as it would be had the outliers been treated the other way."""
    row, how = (
        (f.outlying.with_them, f"With {_them(f)} in the line")
        if f.outlying.left_out
        else (f.outlying.without_them, f"Without {_them(f)}")
    )
    told = _told(f, row)
    if not told:
        return ""
    return f"{how}, the {f.judging} would give {told}."


def _told(f: Findings, row: GradientRow | None) -> str:
    if row is None or row.gradient is None or row.ci_low is None:
        return ""
    limits = f.level.interval(row.ci_low, row.ci_high, 1, as_percent=True)
    return f"{percentage_points(row.gradient)} percentage points ({limits}, {f.level.p_value(row.p)})"


def standing_out(f: Findings) -> str:
    """Name the areas that stand out for what their deprivation and case-load lead one to expect."""
    found = f.results.outliers.standing_out
    if not found:
        return "Measured against the precision of its rate, no area stands out from the line of the others."
    listed = [f"{escape(named(area))} ({decimal(area.t, 1)})" for area in found[:MOST_NAMED]]
    more = " the furthest being" if len(found) > MOST_NAMED else ""
    return (
        f"Measured against the precision of its rate, {how_many(len(found), 'area')} "
        f"{'lies' if len(found) == 1 else 'lie'} further from the line of the others than chance among "
        f"{count(f.n)} areas allows (standardised residual in brackets):{more} {', '.join(listed)}."
    )


def caption(f: Findings) -> str:
    """Say that Figure DS1 names the outliers, where it does."""
    return "Extreme outliers are named." if 0 < f.outlying.n <= MOST_NAMED else ""


def dagger(f: Findings) -> str:
    """Explain the mark of an outlier in a table, where there is one."""
    if not f.outlying.n:
        return ""
    return f"A dagger (†) marks {'the extreme outlier' if f.outlying.n == 1 else 'extreme outliers'}."
