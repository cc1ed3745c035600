"""The level of confidence, and what follows from it: what is significant, how P values and intervals are told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from iapt_report.words import numbers

if TYPE_CHECKING:
    from iapt_report.stats.correlation import Correlation

Tendency = Literal["rising", "falling", "none", "unknown"]


@dataclass(frozen=True)
class Level:
    """The level of every interval of a set of results.

    Parameters
    ----------
    confidence : float
        A proportion, such as 0.95.
    """

    confidence: float

    @property
    def alpha(self) -> float:
        """``0.95`` as 0.05: the P value below which a result is significant, where its interval has this level."""
        return float(1 - Decimal(repr(self.confidence)))

    @property
    def words(self) -> str:
        """``0.95`` as "95%"."""
        return numbers.exact_percent(self.confidence)

    @property
    def beyond(self) -> str:
        """``0.95`` as "5%": what chance puts beyond an interval of this level."""
        return numbers.exact_percent(self.alpha)

    def significant(self, p: float | None) -> bool:
        """Whether P is there, and below `alpha`."""
        return p is not None and p < self.alpha

    def tendency(self, correlation: Correlation) -> Tendency:
        """Say where a measure goes from more to less deprived areas; "none" unless that is significant."""
        if correlation.rho is None:
            return "unknown"
        if not self.significant(correlation.p):
            return "none"
        return "rising" if correlation.rho > 0 else "falling"

    def p_value(self, p: float | None) -> str:
        """``P = 0.004``; see `iapt_report.words.numbers.p_value`."""
        return numbers.p_value(p, self.alpha)

    def p_cell(self, p: float | None) -> str:
        """Give a P value without its letter, for a table's cell."""
        return numbers.p_cell(p, self.alpha)

    def interval(self, low: float | None, high: float | None, digits: int = 2, *, as_percent: bool = False) -> str:
        """``95% CI 0.27–0.50``."""
        return f"{self.words} CI {numbers.interval(low, high, digits, as_percent=as_percent)}"

    def correlation(self, correlation: Correlation) -> str:
        """``ρ = −0.27, 95% CI −0.39 to −0.14, P < 0.001``."""
        if correlation.rho is None:
            return f"ρ {numbers.NOT_COMPUTED}"
        limits = numbers.interval(correlation.ci_low, correlation.ci_high)
        return (
            f"ρ{numbers.SPACE}={numbers.SPACE}{numbers.decimal(correlation.rho)}, {self.words}{numbers.SPACE}CI "
            f"{limits}, {self.p_value(correlation.p)}"
        )

    def correlation_in_short(self, correlation: Correlation) -> str:
        """``ρ = −0.27, P < 0.001``, where a table has the interval."""
        if correlation.rho is None:
            return f"ρ {numbers.NOT_COMPUTED}"
        return f"ρ{numbers.SPACE}={numbers.SPACE}{numbers.decimal(correlation.rho)}, {self.p_value(correlation.p)}"
