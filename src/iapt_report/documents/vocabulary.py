"""The names that templates may use beside the results: wording functions, cells of tables, lists."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from iapt_report.documents.area_files import area_page
from iapt_report.documents.escaping import escape
from iapt_report.words import brief, findings, numbers, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from iapt_report.analysis.results import Results
    from iapt_report.stats.correlation import Correlation
    from iapt_report.stats.regression import Term


def trusted(function: Callable[..., str]) -> Callable[..., Markup]:
    """Wrap a wording function, whose text is made of numbers and fixed words, so that it is not escaped."""
    from markupsafe import Markup

    def wrapped(*args: Any, **kwargs: Any) -> Markup:
        return Markup(function(*args, **kwargs))  # noqa: S704 - no text from data gets in

    return wrapped


def listed(names: list[str]) -> Markup:
    """List area names, escaped: "a, b and c"."""
    from markupsafe import Markup

    return Markup(numbers.joined([escape(name) for name in names]))  # noqa: S704


def settings_listed(results: Results) -> list[tuple[str, str]]:
    """Give each setting's name and its value as `iapt-report.toml` would have it."""
    return [(name, _setting(value)) for name, value in results.settings.model_dump().items()]


def _setting(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, float):
        return f"{Decimal(repr(value)).normalize():f}"
    return str(value)


def at_level(confidence: float) -> dict[str, Callable[..., Any]]:
    """Give the wording of tests, as it is where results below one minus the level of intervals are significant."""
    bound = numbers.alpha(confidence)
    return {
        "significant": partial(findings.is_significant, alpha=bound),
        "tendency": partial(findings.tendency, alpha=bound),
        "p_value": trusted(partial(numbers.p_value, alpha=bound)),
        "p_cell": trusted(partial(numbers.p_cell, alpha=bound)),
        "correlation_cells": trusted(partial(_correlation_cells, alpha=bound)),
    }


def _correlation_cells(correlation: Correlation, alpha: float = numbers.ALPHA) -> str:
    """Give the cells ρ, interval, P and number of areas of a table's row."""
    limits = numbers.interval(correlation.ci_low, correlation.ci_high)
    p = numbers.p_cell(correlation.p, alpha=alpha)
    return " | ".join((numbers.decimal(correlation.rho), limits, p, numbers.count(correlation.n)))


def _ranks_interval(term: Term, ranks: int) -> str:
    """Give the interval of a slope for a number of ranks, in percentage points."""
    if term.ci_low is None or term.ci_high is None:
        return numbers.NOT_COMPUTED
    return numbers.interval(term.ci_low * ranks, term.ci_high * ranks, 2, as_percent=True)


def _trimmed_range(results: Results) -> str:
    """Give the range of recovery rates without extreme outliers, in per cent."""
    rates = [area.recovery_rate for area in results.areas if not area.outlier]
    return numbers.interval(min(rates), max(rates), 1, as_percent=True) if rates else numbers.NOT_COMPUTED


def _points_interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Give an interval of a difference of rates, in percentage points."""
    return numbers.interval(low, high, digits, as_percent=True)


def _claim_cells(checked: Any) -> str:
    """Give the cells of a claim: what is claimed, as printed, as computed, and the verdict."""
    from iapt_report.documents.claims import computed_as_printed, printed_with_unit

    words = checked.claim.words
    # A Greek letter stays small.
    shown = (
        numbers.sentence(words) if words[:1].isascii() else words,
        printed_with_unit(checked.claim),
        computed_as_printed(checked),
        checked.verdict,
    )
    return " | ".join(map(escape, shown))


def _reasons_counted(results: Results) -> str:
    """Give the rows of a table of the reasons for leaving organisations out, with their numbers."""
    groups = findings.exclusions_by_reason(results)
    return "\n".join(f"| Left out: {escape(reason)} | {numbers.count(len(names))} |" for reason, names in groups)


WORDING: dict[str, Callable[..., str]] = {
    **{
        function.__name__: function
        for function in (
            numbers.decimal,
            numbers.count,
            numbers.percent,
            numbers.percentage_points,
            numbers.exact_percent,
            numbers.setting_number,
            sentences.placed,
            sentences.benchmark_range,
            numbers.p_value,
            numbers.p_cell,
            numbers.interval,
            numbers.rank,
            numbers.count_range,
            numbers.level,
            numbers.beyond_level,
            numbers.number_word,
            numbers.number_or_none,
            numbers.number_or_count,
            numbers.share_explained,
            numbers.how_many,
            numbers.of_areas,
            numbers.of_those,
            sentences.beyond_chance,
            numbers.small_points,
            numbers.sentence,
            findings.strength,
            findings.kappa_words,
            sentences.correlation_text,
        )
    },
    "correlation_cells": _correlation_cells,
    "ranks_interval": _ranks_interval,
    "area_page": area_page,
    "trimmed_range": _trimmed_range,
    "points_interval": _points_interval,
    "claim_cells": _claim_cells,
    "reasons_counted": _reasons_counted,
    "reached": brief.reached,
    "gap_range": brief.gap_range,
    "low_beyond_chance": brief.low_beyond_chance,
    "by_chance": brief.by_chance,
}
