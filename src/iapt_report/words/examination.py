"""The regression, examined: even spread, straightness, and the slope by other errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import count, decimal, how_many
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

_MOST_NAMED = 5


def in_short(f: Findings) -> str:
    """Say in a sentence what the tests of spread and of straightness found."""
    found, d = f.examination, f.results.diagnostics
    if found.uneven is None:
        return ""
    text = (
        f"The spread of the replication's residuals {'changed' if found.uneven else 'did not change significantly'} "
        f"with deprivation rank or case-load (Breusch–Pagan test, {f.level.p_value(d.breusch_pagan.p)})"
    )
    if found.bent is None:
        return f"{text}."
    bend = "some evidence" if found.bent else "no evidence"
    return f"{text}; there was {bend} of a bend in the line (Ramsey's test, {f.level.p_value(d.reset.p)})."


def robust(f: Findings) -> str:
    """Give P of the slope by errors that allow for uneven spread, where it leads to another conclusion."""
    hc3 = f.results.diagnostics.hc3
    if hc3 is None or not f.examination.robust_disagrees:
        return ""
    return (
        f"With standard errors that allow for uneven spread, P of the replication's slope was {f.level.p_cell(hc3.p)}."
    )


def at_length(f: Findings) -> str:
    """Give the tests in full, for the supplement: a paragraph."""
    found, d = f.examination, f.results.diagnostics
    if found.uneven is None:
        return "The residuals do not vary, so there is nothing to examine."
    spread = (
        "The Breusch–Pagan test asks whether the spread of the replication's residuals changes with deprivation rank "
        "or case-load, as it may where services differ by more than chance: χ² = "
        f"{decimal(d.breusch_pagan.statistic)}, d.f. = {count(d.breusch_pagan.df)}, "
        f"{f.level.p_value(d.breusch_pagan.p)}."
    )
    straight = ""
    if found.bent is not None and d.reset.df2 is not None:
        straight = (
            "Ramsey's test asks whether squares and cubes of the fitted rates add to a straight line: F = "
            f"{decimal(d.reset.statistic)}, d.f. = {count(d.reset.df)}, {count(d.reset.df2)}, "
            f"{f.level.p_value(d.reset.p)}."
        )
    return said(in_short(f), spread, straight, _influence(f))


def _influence(f: Findings) -> str:
    d = f.results.diagnostics
    if not d.influential:
        return "No area's Cook's distance exceeds the customary bound of 4/n."
    more = ", the largest of which are" if len(d.influential) > _MOST_NAMED else ":"
    listed = [
        f"{escape(named(area))} ({decimal(area.cooks_distance, 3)}, leverage {decimal(area.leverage, 3)})"
        for area in d.influential[:_MOST_NAMED]
    ]
    return (
        "Cook's distance says how far the fit moves without an area. It exceeds the customary bound of 4/n "
        f"({decimal(d.cooks_limit, 3)}) in {how_many(len(d.influential), 'area')}{more} {', '.join(listed)}."
    )
