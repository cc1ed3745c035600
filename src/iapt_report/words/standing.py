"""Where one area stands against a figure, with chance and rounding allowed for: decided and worded in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.profiles import profile_of
from iapt_report.words import area_brief, numbers

if TYPE_CHECKING:
    from decimal import Decimal

    from iapt_report.analysis.facts import Area
    from iapt_report.stats.case_mix import AreaRatio
    from iapt_report.words.findings import Findings

Verdict = Literal["below", "above", "open"]
CLOSE = "too close to call"


@dataclass(frozen=True)
class Against:
    """An area's rate against one figure.

    Parameters
    ----------
    called : str
        What the figure is called in a sentence, with its article: "the national standard".
    rate : float
        The figure (proportion).
    figure : str
        As it is printed: "50%".
    verdict : {"below", "above", "open"}
        Open where the range of chance and rounding holds the figure.
    apart : Decimal
        Percentage points from the printed figure to the printed rate.
    """

    called: str
    rate: float
    figure: str
    verdict: Verdict
    apart: Decimal

    @property
    def in_words(self) -> str:
        """``is below the national standard of 50%``, ``is too close to … to call``: the end of a clause on the rate."""
        return f"is too close to {self.what} to call" if self.verdict == "open" else f"is {self.verdict} {self.what}"

    @property
    def what(self) -> str:
        """The figure with its name: ``the national standard of 50%``."""
        return f"{self.called} {'of ' if self.called.endswith('standard') else ''}{_shown(self.called, self.figure)}"

    @property
    def in_a_cell(self) -> str:
        """The same in a table's row that names the figure: ``1.8 points below``, ``too close to call``."""
        return CLOSE if self.verdict == "open" else f"{abs(self.apart)} points {self.verdict}"


def _shown(called: str, figure: str) -> str:
    return figure if called.endswith("standard") else f"({figure})"


def verdict(low: float, high: float, figure: str) -> Verdict:
    """Say on which side of a figure a range lies, as both are printed; "open" where it holds or touches it.

    Parameters
    ----------
    low, high : float
        The ends of the range (proportions).
    figure : str
        A percentage as it is printed.
    """
    if area_brief.difference(high, figure) < 0:
        return "below"
    return "above" if area_brief.difference(low, figure) > 0 else "open"


def _against(f: Findings, area: Area, called: str, rate: float, figure: str = "") -> Against:
    figure = figure or numbers.percent(rate)
    own = profile_of(f.results, area)
    apart = area_brief.difference(area.recovery_rate, figure)
    return Against(called, rate, figure, verdict(own.low, own.high, figure), apart)


def standard(f: Findings, area: Area) -> Against:
    """Hold an area against the standard."""
    return _against(f, area, f"the {f.named_standard}", f.results.standard.value, f.standard)


def usual(f: Findings, area: Area) -> Against:
    """Hold an area against what is usual for its deprivation."""
    return _against(f, area, "what is usual for its deprivation", area.adjusted_rate)


def patients(f: Findings, area: Area) -> Against | None:
    """Hold an area against what is expected of its own patients; None where their deprivation is not known.

    It is only said to be below or above where the ratio of those observed to those expected is so, too: this rests on
    the patients of whom the neighbourhood is known.
    """
    found = ratio(f, area)
    if found is None or not found.cases:
        return None
    told = _against(f, area, "what is expected of its own patients", found.expected / found.cases)
    borne_out = found.below if told.verdict == "below" else found.above
    return told if told.verdict == "open" or borne_out else replace(told, verdict="open")


def ratio(f: Findings, area: Area) -> AreaRatio | None:
    """Return the case-mix adjustment of one area, where there is one."""
    if f.case_mix is None:
        return None
    return next((one for one in f.case_mix.adjustment.areas if one.area_code == area.area_code), None)


def expectation(f: Findings, area: Area) -> Against:
    """Hold an area against the best expectation there is: of its own patients, else of areas as deprived as it is."""
    return patients(f, area) or usual(f, area)


def together(first: Against, second: Against) -> str:
    """Join two verdicts, not both of them open, into the end of a sentence that has begun with the rate."""
    if first.verdict == second.verdict:
        return f"{first.in_words} and {second.verdict} {second.what}"
    return f"{first.in_words}, but {second.in_words}"
