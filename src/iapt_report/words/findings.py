"""What the results say, decided from the figures as they are printed: direction, size, significance."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from iapt_report.areas.rates import is_below
from iapt_report.words.numbers import ALPHA, alpha, rounded

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.stats.correlation import Correlation


# Of all areas: fewer that change sides are no finding.
_NOTICEABLE_SHARE = 0.05


def is_significant(p: float | None, alpha: float = ALPHA) -> bool:
    """Whether P is below ``alpha``."""
    return p is not None and p < alpha


def strength(coefficient: float) -> Literal["negligible", "weak", "moderate", "strong"]:
    """Name the size of a correlation: negligible below 0.1, weak below 0.3, moderate below 0.5, else strong.

    The bounds are Cohen's (Statistical Power Analysis for the Behavioral Sciences, 2nd edn. Erlbaum, 1988),
    read from the coefficient as printed.
    """
    size = abs(rounded(coefficient, 2))
    if size < Decimal("0.1"):
        return "negligible"
    if size < Decimal("0.3"):
        return "weak"
    return "moderate" if size < Decimal("0.5") else "strong"


def kappa_words(kappa: float) -> str:
    """Name the size of κ in the words of Landis and Koch (Biometrics 1977; 33: 159–174), from κ as printed."""
    printed = rounded(kappa, 2)
    if printed < 0:
        return "poor"
    bounds = (("0.20", "slight"), ("0.40", "fair"), ("0.60", "moderate"), ("0.80", "substantial"))
    return next((words for bound, words in bounds if printed <= Decimal(bound)), "almost perfect")


def tendency(correlation: Correlation, alpha: float = ALPHA) -> Literal["rising", "falling", "none", "unknown"]:
    """Say where a measure goes from more to less deprived areas; "none" unless that is statistically significant."""
    if correlation.rho is None:
        return "unknown"
    if not is_significant(correlation.p, alpha):
        return "none"
    return "rising" if correlation.rho > 0 else "falling"


def gradient(results: Results) -> Literal["rising", "falling", "none", "mixed", "unknown"]:
    """Say where recovery goes from more to less deprived areas, on the word of correlation and regression both.

    "mixed" where one of them is statistically significant and the other is not, or they point apart; "unknown" where
    recovery rates do not vary.
    """
    rank, bound = results.regression.final.terms["imd_rank"], alpha(results.settings.confidence)
    slope = "none" if not is_significant(rank.p, bound) else "rising" if rank.estimate > 0 else "falling"
    correlation = tendency(results.correlations.recovery_rate, bound)
    if correlation == "unknown":
        return "unknown"
    return correlation if correlation == slope else "mixed"


def one_test_alone(results: Results) -> bool:
    """Whether of the two tests of a gradient one finds it and the other does not."""
    slope = results.regression.final.terms["imd_rank"]
    bound = alpha(results.settings.confidence)
    return is_significant(slope.p, bound) != is_significant(results.correlations.recovery_rate.p, bound)


def most_and_least_deprived(results: Results) -> tuple[Area, Area]:
    """Return the area with the lowest deprivation rank and the one with the highest."""
    by_rank = sorted(results.areas, key=lambda area: (area.imd_rank, area.area_code))
    return by_rank[0], by_rank[-1]


def exclusions_by_reason(results: Results) -> list[tuple[str, list[str]]]:
    """Group the organisations left out by reason, the largest group first: each reason with the areas' names."""
    groups: dict[str, list[str]] = {}
    for area in results.sample.excluded:
        groups.setdefault(area.reason, []).append(area.area_name)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def below_standard_bounds(results: Results) -> tuple[int, int]:
    """Return how many areas are below the standard at least and at most, whatever the unrounded figures were.

    An area whose rate can be anything between two limits is below it for certain if the upper one is; an area for
    which no limits are known counts as published.
    """
    standard = results.standard.value
    least = sum(a.below_national and (a.rate_high is None or is_below(a.rate_high, standard)) for a in results.areas)
    most = sum(a.below_national or (a.rate_low is not None and is_below(a.rate_low, standard)) for a in results.areas)
    return least, most


def more_from_average(results: Results) -> bool:
    """Whether the areas' average changes the number of areas flagged, noticeably and by more than deprivation does."""
    k = results.classification
    if k.below_mean is None or (k.national_only == 0 and k.adjusted_only == 0):
        return False
    by_average = abs(k.below_national.n - k.below_mean.n)
    by_deprivation = abs(k.below_mean.n - k.below_adjusted.n)
    return by_deprivation < by_average and by_average >= _NOTICEABLE_SHARE * results.sample.areas


def outliers_on_both_sides(results: Results) -> bool:
    """Whether there are extreme outliers below and above the other areas."""
    rates = [area.recovery_rate for area in results.areas if area.outlier]
    fences = results.outliers
    return any(rate < fences.lower_fence for rate in rates) and any(rate > fences.upper_fence for rate in rates)


def small_expected_counts(results: Results) -> bool:
    """Whether fewer than five areas are expected in a cell of the cross-table, so that χ² is an approximation."""
    c, n = results.classification, results.sample.areas
    national, adjusted = c.below_national.n, c.below_adjusted.n
    smallest = min(national, n - national) * min(adjusted, n - adjusted) / n
    return smallest < 5  # noqa: PLR2004
