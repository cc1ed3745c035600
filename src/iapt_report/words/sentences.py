"""Findings and numbers into clauses that documents share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.numbers import (
    joined,
    number_or_none,
    number_word,
    percent,
)

if TYPE_CHECKING:
    from iapt_report.analysis.facts import PeriodFacts
    from iapt_report.analysis.results import Results
    from iapt_report.stats.agreement import Classification


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


def when(period: PeriodFacts) -> str:
    """Say when: "from July to September 2014", "in July 2019"."""
    return f"in {period.months}" if period.kind == "month" else f"from {period.months}"
