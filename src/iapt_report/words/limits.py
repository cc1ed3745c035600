"""What an adjusted benchmark allows for, and what that does to services that are as expected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from iapt_report.words.numbers import count, of_areas, percent

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

# Standard deviations of a period's share about the mean of periods, within which it is no surprise.
_TWO_SIDED = 1.96
_IN_SHORT = {
    "fitted_mean": "An area's usual rate is known only within a range. The adjusted benchmark is the low end of it.",
    "wilson": "The adjusted benchmark is lower than an area's usual rate by as much as chance alone would explain, "
    "which is more where an area has few patients.",
    "prediction": "The adjusted benchmark is lower than an area's usual rate by as much as areas commonly differ.",
    "overdispersion": "The adjusted benchmark is lower than an area's usual rate by as much as chance and the usual "
    "differences between areas would explain.",
}
_OF_ONE_AREA = {
    # Said of the whole list.
    "fitted_mean": "",
    "wilson": "The adjusted benchmark allows for chance in the {called}’s own rate, and for nothing else.",
    "overdispersion": "The adjusted benchmark allows for chance and for how {called}s differ anyway, whatever the "
    "cause.",
    "prediction": "The adjusted benchmark allows for how far single {called}s lie from the usual rate, so few fall "
    "below it.",
}


def nearly_always(f: Findings) -> str:
    """Say what follows from estimating the benchmark of the study from the areas that it judges: a clause."""
    return "so that some nearly always fall below it," if f.results.settings.interval == "fitted_mean" else ""


def chance(f: Findings) -> str:
    """Say that the study's benchmark takes no account of chance in an area's own rate, where it is the one used."""
    if f.results.settings.interval != "fitted_mean":
        return ""
    return "It takes no account of chance in an area's own rate, by which a small area above all may fall below it."


def simulated(f: Findings) -> str:
    """Say what share of services that are as expected each benchmark flags, where that was simulated."""
    if f.results.simulation is None:
        return ""
    flagged, chosen = f.results.simulation.flagged, f.results.settings.interval
    start = (
        f"In {count(f.results.simulation.quarters)} simulated periods in which every area did as the line expects, but "
        "for chance,"
    )
    if chosen != "fitted_mean":
        return f"{start} {percent(flagged[chosen].overall.share)} of areas fell below it."
    below = next(one.below for one in f.results.benchmarks if one.interval == "wilson")
    here = "about as many as here" if _about_as_many(f) else f"here {percent(f.classification.below_adjusted.share)} do"
    return (
        f"{start} {percent(flagged['fitted_mean'].overall.share)} of areas fell below it ({here}), and "
        f"{percent(flagged['wilson'].overall.share)} below the limits of chance, where {of_areas(below.n, f.n)} are."
    )


def _about_as_many(f: Findings) -> bool:
    """Whether as many areas are below the benchmark as if all were fair, within what a period's share varies by."""
    found, chosen = f.results.simulation, f.results.settings.interval
    if found is None or chosen not in found.flagged:
        return False
    fair, here = found.flagged[chosen].overall, f.classification.below_adjusted.share
    return fair.se is not None and abs(here - fair.share) <= _TWO_SIDED * fair.se * math.sqrt(found.quarters)


def in_short(f: Findings) -> str:
    """Say in plain words what the adjusted benchmark is, for the brief."""
    return _IN_SHORT[f.results.settings.interval]


def of_one_area(f: Findings, called: str) -> str:
    """Say on the page of one area what the adjusted benchmark allows for, where areas are called so."""
    return _OF_ONE_AREA[f.results.settings.interval].format(called=called)
