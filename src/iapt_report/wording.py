"""Numbers and comparisons into the journal's text: small pieces, each the consequence of its number alone.

Sizes are named from the figures as printed, so that no sentence contradicts what its reader sees.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.results import Area, PeriodFacts, Results
    from iapt_report.stats.agreement import Classification
    from iapt_report.stats.correlation import Correlation

MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
NOT_COMPUTED = "not computable"

ALPHA = 0.05
# Wide enough for any number that a statistic can be.
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP)
_MORE_DIGITS = 2
_GROUPED_FROM = 10_000
# A rate is no closer to a limit than this but by the computer's arithmetic.
_ROUNDING_ERROR = 1e-9
# Of all areas: fewer that change sides are no finding.
_NOTICEABLE_SHARE = 0.05
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def rounded(value: float, digits: int) -> Decimal:
    """Round as a reader would: from the shortest decimal that is the number, halves away from zero."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be printed")
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), context=_ROUNDING)


def decimal(value: float | None, digits: int = 2) -> str:
    """``-0.27`` as "−0.27"; never "−0.00"."""
    if value is None:
        return NOT_COMPUTED
    number = rounded(value, digits)
    text = f"{abs(number):f}"
    return MINUS + text if number < 0 else text


def count(value: int) -> str:
    """``293400`` as "293 400", ``4355`` as "4355": grouped from five figures on, as the journal does."""
    text = f"{abs(value):,}".replace(",", THIN) if abs(value) >= _GROUPED_FROM else str(abs(value))
    return MINUS + text if value < 0 else text


def percent(proportion: float | None, digits: int = 1) -> str:
    """``0.452`` as "45.2%"."""
    return NOT_COMPUTED if proportion is None else percentage_points(proportion, digits) + "%"


def percentage_points(proportion: float | None, digits: int = 1) -> str:
    """``0.452`` as "45.2": a rate, or a difference of rates, in hundredths."""
    if proportion is None:
        return NOT_COMPUTED
    number = _hundredths(proportion, digits)
    text = f"{abs(number):f}"
    return MINUS + text if number < 0 else text


def _hundredths(proportion: float, digits: int) -> Decimal:
    return Decimal(repr(proportion)).scaleb(2).quantize(Decimal(1).scaleb(-digits), context=_ROUNDING)


def exact_percent(proportion: float) -> str:
    """``0.5`` as "50%", ``0.485`` as "48.5%": with the decimals it has."""
    return f"{Decimal(repr(proportion)).scaleb(2).normalize():f}%"


def setting_number(value: float) -> str:
    """``3.0`` as "three", ``2.25`` as "2.25": a number that a user set, with the decimals it has."""
    if value == int(value):
        return number_word(int(value))
    return f"{Decimal(repr(value)).normalize():f}"


def alpha(confidence: float) -> float:
    """``0.95`` as 0.05: the P value below which a result is significant, where its interval has this level."""
    return float(1 - Decimal(repr(confidence)))


def p_value(p: float | None, alpha: float = ALPHA) -> str:
    """``P < 0.001``, ``P = 0.004``, ``P = 0.33``: two decimals, more near ``alpha`` so that its side can be seen."""
    if p is None:
        return f"P{SPACE}{NOT_COMPUTED}"
    return f"P{SPACE}{p_cell(p, equals=True, alpha=alpha)}"


def p_cell(p: float | None, *, equals: bool = False, alpha: float = ALPHA) -> str:
    """Give a P value without its letter, for a table's cell or to follow ``P``."""
    bound = Decimal(repr(alpha))
    if p is None:
        return NOT_COMPUTED
    sign = f"={SPACE}" if equals else ""
    if p < 0.001:  # noqa: PLR2004
        return f"<{SPACE}0.001"
    if p > 0.99:  # noqa: PLR2004
        return f">{SPACE}0.99"
    digits = 3 if p < 0.0095 or rounded(p, 2) == bound else 2  # noqa: PLR2004
    while digits < 6 and (rounded(p, digits) < bound) != (p < alpha):  # noqa: PLR2004
        digits += 1
    return sign + decimal(p, digits)


def interval(low: float | None, high: float | None, digits: int = 2, *, as_percent: bool = False) -> str:
    """``-0.39, -0.14`` as "−0.39 to −0.14", ``0.401, 0.505`` as "0.40–0.51": a dash only between positive numbers.

    A limit that is not zero gets up to two more digits rather than print as zero.
    """
    if low is None or high is None:
        return NOT_COMPUTED
    show = percentage_points if as_percent else decimal
    most = digits + _MORE_DIGITS
    while digits < most and any(limit != 0 and not re.search("[1-9]", show(limit, digits)) for limit in (low, high)):
        digits += 1
    first, second = show(low, digits), show(high, digits)
    return f"{first} to {second}" if MINUS in first + second else f"{first}{DASH}{second}"


def count_range(low: int, high: int) -> str:
    """``70, 4355`` as "70–4355", ``70, 70`` as "70"."""
    return count(low) if low == high else f"{count(low)}{DASH}{count(high)}"


def rank(value: float) -> str:
    """``12.0`` as "12", ``12.5`` as "12.5": a deprivation rank, of areas that tie perhaps a mean rank."""
    if value == int(value):
        return count(int(value))
    return f"{Decimal(repr(value)).normalize():f}"


def level(confidence: float) -> str:
    """``0.95`` as "95%"."""
    return exact_percent(confidence)


def beyond_level(confidence: float) -> str:
    """``0.95`` as "5%": what chance puts beyond an interval of this level."""
    return f"{((1 - Decimal(repr(confidence))).scaleb(2)).normalize():f}%"


def number_word(n: int) -> str:
    """``0`` as "no", ``3`` as "three", ``12`` as "12"."""
    return _WORDS[n] if 0 <= n < len(_WORDS) else count(n)


def number_or_none(n: int) -> str:
    """``0`` as "none", ``3`` as "three", ``12`` as "12": a number without its noun."""
    return number_word(n) if n else "none"


def number_or_count(n: int) -> str:
    """``0`` as "none", ``3`` as "3": a number among numerals."""
    return count(n) if n else "none"


def plural(noun: str) -> str:
    """``"local authority"`` as "local authorities", ``"provider"`` as "providers"."""
    if re.search("[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search("(s|x|z|ch|sh)$", noun) else f"{noun}s"


def how_many(n: int, singular: str) -> str:
    """``1, "area"`` as "one area", ``12, "area"`` as "12 areas", ``0, "area"`` as "no area"."""
    return f"{number_word(n)} {singular if n in (0, 1) else singular + 's'}"


def of_areas(n: int, total: int) -> str:
    """``153, 211`` as "153 of the 211 areas (72.5%)", ``0`` as "none of the 211 areas", ``211`` as "all 211 areas"."""
    if n == 0:
        return f"none of the {count(total)} areas"
    if n == total:
        return f"all {count(total)} areas"
    return f"{count(n)} of the {count(total)} areas ({percent(n / total)})"


def of_those(n: int, total: int) -> str:
    """``191, 196`` as "191 of these", ``196, 196`` as "all of these", ``0`` as "none of these"."""
    if n == total:
        return "all of these" if n > 1 else "it"
    return f"{count(n)} of these" if n else "none of these"


def small_points(proportion: float) -> str:
    """``0.012`` as "1.2 percentage points"; what would print as zero as "less than 0.1 percentage points"."""
    printed = percentage_points(proportion)
    if proportion > 0 and not re.search("[1-9]", printed):
        return "less than 0.1 percentage points"
    return f"{printed} percentage points"


def sentence(text: str) -> str:
    """Begin ``text`` with a capital letter."""
    return text[:1].upper() + text[1:]


def joined(parts: Sequence[str]) -> str:
    """Join words: ``a, b, c`` as "a, b and c"."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


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


def correlation_text(correlation: Correlation, confidence: float) -> str:
    """``ρ = −0.27, 95% CI −0.39 to −0.14, P < 0.001``."""
    if correlation.rho is None:
        return f"ρ {NOT_COMPUTED}"
    limits = interval(correlation.ci_low, correlation.ci_high)
    return (
        f"ρ{SPACE}={SPACE}{decimal(correlation.rho)}, {level(confidence)}{SPACE}CI {limits}, "
        f"{p_value(correlation.p, alpha(confidence))}"
    )


def stars(p: float | None) -> str:
    """Give R's significance codes."""
    if p is None:
        return " "
    return next((code for bound, code in ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, ".")) if p < bound), " ")


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


def share_explained(r_squared: float) -> str:
    """``0.153`` as "15.3%"; what would print as zero as "less than 0.1%"."""
    printed = percent(r_squared)
    return "less than 0.1%" if r_squared > 0 and not re.search("[1-9]", printed) else printed


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


def placed(classification: Classification, standard: str) -> str:
    """Say how many areas are below both benchmarks, one of them or neither; what is empty goes unsaid."""
    parts = (
        (classification.both, "below both"),
        (classification.national_only, f"below the {standard} alone"),
        (classification.adjusted_only, "below the adjusted benchmark alone"),
        (classification.neither, "below neither"),
    )
    said = [(n, words) for n, words in parts if n]
    if len(said) == 1:
        n, words = said[0]
        return f"{'all' if n > 2 else 'both' if n > 1 else 'it'} {'were' if n > 1 else 'was'} {words}"  # noqa: PLR2004
    first, *others = said
    verb = "was" if first[0] == 1 else "were"
    return joined([f"{number_word(first[0])} {verb} {first[1]}", *(f"{number_word(n)} {words}" for n, words in others)])


def benchmark_range(results: Results) -> str:
    """Say where the adjusted benchmark lies over areas: "between 38.2% and 48.5%", or "at 50.0%"."""
    limits = [area.adjusted_low for area in results.areas]
    low, high = percent(min(limits)), percent(max(limits))
    return f"at {low}" if low == high else f"between {low} and {high}"


def beyond_chance(results: Results, below: str = "below it", variation: str = "the variation between areas") -> str:
    """Say how many of the areas below the adjusted benchmark lie beyond chance, and beyond overdispersion too.

    Parameters
    ----------
    results : Results
        With one area below it at least.
    below : str
        How the sentence calls the benchmark.
    variation : str
        How it calls what overdispersion adds to chance.
    """
    n = results.classification.below_adjusted.n
    chance, spread = (
        next(b.of_chosen for b in results.benchmarks if b.interval == interval)
        for interval in ("wilson", "overdispersion")
    )
    if n == 1:
        first = f"The one area {below} {'lies' if chance else 'does not lie'} beyond what chance alone explains"
        rest = f"{'and' if spread else 'but not'} beyond what chance and {variation} explain"
    else:
        first = f"Of the {number_word(n)} areas {below}, {_how_many_lie(chance, n)} beyond what chance alone explains"
        few = chance in (1, spread)
        how = "and" if few and spread else "but not" if few else f"and {number_or_none(spread)} of these"
        rest = f"{how} beyond what chance and {variation} explain"
    return f"{first}, {rest}" if chance else first


def _how_many_lie(n: int, total: int) -> str:
    """``0, 3`` as "none lies", ``1, 3`` as "one lies", ``2, 2`` as "both lie", ``3, 3`` as "all lie"."""
    if n == 0 and total == 2:  # noqa: PLR2004
        return "neither lies"
    if n == total:
        return "both lie" if total == 2 else "all lie"  # noqa: PLR2004
    return f"{number_or_none(n)} {'lies' if n in (0, 1) else 'lie'}"


def below_standard_bounds(results: Results) -> tuple[int, int]:
    """Return how many areas are below the standard at least and at most, whatever the unrounded figures were.

    An area whose rate can be anything between two limits is below it for certain if the upper one is; an area for
    which no limits are known counts as published.
    """
    standard = results.standard.value - _ROUNDING_ERROR
    least = sum(a.below_national and (a.rate_high is None or a.rate_high < standard) for a in results.areas)
    most = sum(a.below_national or (a.rate_low is not None and a.rate_low < standard) for a in results.areas)
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


def when(period: PeriodFacts) -> str:
    """Say when: "from July to September 2014", "in July 2019"."""
    return f"in {period.months}" if period.kind == "month" else f"from {period.months}"


def printed_within(value: float, low: float, high: float, digits: int = 2) -> bool:
    """Whether a value lies between two limits as these are printed."""
    return rounded(low, digits) <= rounded(value, digits) <= rounded(high, digits)
