"""What the source makes doubtful, and whom it loses: said where the figures are used, and not in a note alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import count, how_many, joined, percent, percentage_points
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.words.findings import Findings

# Of the patients who finished treatment: less is lost without a word in the brief and on the pages of areas.
_WORTH_SAYING = 0.01
# More names than this are not read.
_MOST_NAMED = 3


def loss(f: Findings) -> str:
    """Say what share of the patients is left out with their organisations, where that is above 1%."""
    lost = f.sample.loss
    if lost is None or lost.share <= _WORTH_SAYING:
        return ""
    who = how_many(lost.organisations, "organisation")
    verb = "is" if lost.organisations == 1 else "are"
    return f"{who[:1].upper()}{who[1:]} with {percent(lost.share)} of the patients {verb} left out."


def without(f: Findings) -> str:
    """Give the headline figures without the areas whose figures are doubtful, beside those with them."""
    found = f.sample.without_doubted
    if found is None:
        return ""
    gap, n = f.results.gradient, f.n - found.areas
    limits = f.level.interval(found.ci_low, found.ci_high, 1, as_percent=True)
    out = f.outlying.left_out and _doubted(f) <= set(f.results.outliers.area_codes)
    already = ", and do not bear on the line" if out else ""
    line = (
        ""
        if out
        else f"Without {_them(n)} the gradient from the most to the least deprived area is "
        f"{percentage_points(found.gradient)} percentage points ({limits}), with {_them(n)} "
        f"{percentage_points(gap.estimate)}."
    )
    return said(
        f"The figures of {_named(f, n)} are in doubt{already}.",
        line,
        f"Without {_them(n)}, {count(found.below_national)} of {count(found.areas)} areas are below the "
        f"{f.named_standard} and {count(found.below_adjusted)} below the adjusted benchmark.",
    )


def _doubted(f: Findings) -> set[str]:
    analysed = {area.area_code for area in f.results.areas}
    return {doubt.area_code for doubt in f.sample.doubts} & analysed


def _named(f: Findings, n: int) -> str:
    """Name the areas in doubt, where they are few."""
    if n > _MOST_NAMED:
        return how_many(n, "area")
    codes = _doubted(f)
    return joined([escape(named(area)) for area in f.results.areas if area.area_code in codes])


def _them(n: int) -> str:
    return "it" if n == 1 else "them"


def in_brief(f: Findings) -> str:
    """Say for those who decide what is lost and what is in doubt, without a number that needs explaining."""
    found = f.sample.without_doubted
    if found is None:
        return loss(f)
    n = f.n - found.areas
    return said(
        loss(f),
        f"The published figures of {_named(f, n)} are in doubt.",
        f"Without {_them(n)}, {count(found.below_national)} of {count(found.areas)} areas would be below the "
        f"{f.named_standard} and {count(found.below_adjusted)} below the adjusted benchmark.",
    )


def is_doubted(f: Findings, area: Area) -> bool:
    """Whether the source makes the figures of an area doubtful."""
    return any(doubt.area_code == area.area_code for doubt in f.sample.doubts)


def of_source(f: Findings) -> str:
    """Say what is doubtful in a whole file, for an area's page; empty where nothing is."""
    return said(*(escape(doubt.words) for doubt in f.sample.doubts if not doubt.area_code))


def of_area(f: Findings, area: Area) -> str:
    """Say at the top of an area's page what in its figures is doubtful; empty where nothing is."""
    own = [escape(doubt.words) for doubt in f.sample.doubts if doubt.area_code == area.area_code]
    return said("**Check these figures first.**", *own) if own else ""
