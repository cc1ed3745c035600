"""The tables of the supplement that no topic of its own has: their rows, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.findings import chosen_or_national
from iapt_report.words.markdown import escape
from iapt_report.words.numbers import (
    DASH,
    NOT_COMPUTED,
    count,
    count_range,
    decimal,
    exact_percent,
    interval,
    joined,
    percent,
    percentage_points,
    rank,
    sentence,
    small_points,
)
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iapt_report.analysis.facts import Area
    from iapt_report.stats.correlation import Correlation
    from iapt_report.stats.source_uncertainty import Spread
    from iapt_report.words.findings import Findings

_WEIGHTED = {
    "finished_treatment": "weighted by case-load",
    "at_caseness": "weighted by patients at caseness",
    "equal": "every area counting the same",
}
_MODELS = {
    "replication": "the 2016 study's",
    "weighted_hc3": "the same weights, errors that allow for uneven spread (HC3)",
    "random_effects": "random effects (REML)",
    "paule_mandel": "random effects (Paule–Mandel)",
    "unweighted": "every area counting the same",
    "score": "deprivation score instead of rank",
    "quasibinomial": "quasi-binomial logistic regression",
    "betabinomial": "beta-binomial logistic regression",
}
_OUTLIERS = {"in_the_line": "in the line", "one_dummy": "one dummy", "left_out": "left out"}
_LIMITS = {
    "fitted_mean": "confidence interval of the fitted mean (the kind of the 2016 study)",
    "wilson": "chance in the area's own rate (Wilson)",
    "prediction": "prediction interval of the regression",
    "overdispersion": "chance and variation between areas (overdispersion)",
}
_ADJUSTMENTS = (
    ("none", "chance alone"),
    ("multiplicative", "√φ times as wide"),
    ("additive", "with τ² added"),
)
_LEVELS = (0.95, 0.998)


def _table(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def areas(f: Findings) -> str:
    """Give a row an area, from the most deprived, with where it is below."""
    ordered = sorted(f.results.areas, key=lambda area: (area.imd_rank, area.area_code))
    return _table(
        (
            escape(named(area)),
            rank(area.imd_rank),
            count(area.finished_treatment),
            percentage_points(area.recovery_rate) + ("†" if area.outlier else ""),
            percentage_points(area.adjusted_rate),
            interval(area.adjusted_low, area.adjusted_high, 1, as_percent=True),
            below(area, national=f.results.standard.national),
        )
        for area in ordered
    )


def standing(f: Findings, area: Area) -> str:
    """Say on a list of areas which benchmarks one is below."""
    words = {"both": "below both", "adjusted": "below the adjusted benchmark alone", DASH: "below neither"}
    return words.get(below(area, national=True), f"below the {f.named_standard} alone")


def below(area: Area, *, national: bool) -> str:
    """Say in a word which benchmarks an area is below; a dash for neither."""
    if area.below_national and area.below_adjusted:
        return "both"
    if area.below_national:
        return chosen_or_national(national=national)
    return "adjusted" if area.below_adjusted else DASH


def correlations(f: Findings) -> str:
    """Give the correlations with their checks: Holm's P, Kendall's τ-b."""
    c = f.results.correlations
    shown = (
        ("Referrals", c.referrals),
        ("Finished treatment", c.finished_treatment),
        (sentence(f.rate), c.recovery_rate),
        ("Without extreme outliers", c.recovery_rate_trimmed),
    )
    return _table((words, *_checked(f, found)) for words, found in shown)


def _checked(f: Findings, c: Correlation) -> tuple[str, ...]:
    # What asks another's question again is no hypothesis of its own.
    holm = DASH if c.p is not None and c.p_holm is None else f.level.p_cell(c.p_holm)
    limits = interval(c.ci_low, c.ci_high)
    return (decimal(c.rho), limits, f.level.p_cell(c.p), holm, decimal(c.tau), f.level.p_cell(c.tau_p))


def gradients(f: Findings) -> str:
    """Give the gradient in every specification."""
    return _table(
        (
            sentence(_model(f, row.model)),
            _OUTLIERS[row.outliers] if f.outlying.n else DASH,
            count(row.n),
            DASH if row.gradient is None else percentage_points(row.gradient),
            DASH if row.ci_low is None else interval(row.ci_low, row.ci_high, 1, as_percent=True),
            DASH if row.p is None else f.level.p_cell(row.p),
            DASH if row.r_squared is None else percentage_points(row.r_squared),
            DASH if row.below is None else count(row.below),
        )
        for row in f.results.gradients
    )


def _model(f: Findings, name: str) -> str:
    return _WEIGHTED[f.results.settings.weight] if name == "weighted" else _MODELS[name]


def dispersions(f: Findings) -> str:
    """Say how far rates vary beyond chance by the models that estimate it."""
    told = {
        "random_effects": lambda row: (
            f"the standard deviation between areas is {small_points(row.tau2**0.5)} (τ, restricted maximum likelihood)"
        ),
        "quasibinomial": lambda row: (
            f"the variance {decimal(row.dispersion, 1)} times that of chance (φ, quasi-binomial)"
        ),
        "betabinomial": lambda row: (
            f"the correlation between patients of one area {decimal(row.dispersion, 3)} (beta-binomial)"
        ),
    }
    found = [
        told[row.model](row)
        for row in f.results.gradients
        if row.model in told and row.outliers == "in_the_line" and (row.tau2, row.dispersion) != (None, None)
    ]
    return f"With all areas in the line, {joined(found)}." if found else ""


def limits(f: Findings) -> str:
    """Give the areas below each lower limit that may be the adjusted benchmark."""
    chosen = f.results.settings.interval
    return _table(
        (
            sentence(_LIMITS[b.interval]) + (" (chosen)" if b.interval == chosen else ""),
            f"{count(b.below.n)} ({percentage_points(b.below.share)})",
            count(b.of_chosen),
            interval(b.low_min, b.low_max, 1, as_percent=True),
        )
        for b in f.results.benchmarks
    )


def spread_around_standard(f: Findings) -> str:
    """Say how far areas vary around the standard beyond chance."""
    found = f.results.funnels.national
    return (
        f"Around the {f.named_standard} the areas' variance is {decimal(found.phi, 1)} times that of chance (φ, "
        f"winsorised) and the standard deviation between them beyond chance {small_points(found.tau2**0.5)} (τ)"
    )


def spread_around_expected(f: Findings) -> str:
    """Say how far areas vary around their expected rates."""
    found = f.results.funnels.expected
    return f"around their expected rates, {decimal(found.phi, 1)} times and {small_points(found.tau2**0.5)}"


def funnels(f: Findings) -> str:
    """Give the areas outside the limits of the funnel plots."""
    rows = []
    for found in (f.results.funnels.national, f.results.funnels.expected):
        target = sentence(f.named_standard) if found.target == "national" else "Expected rate"
        for adjustment, words in _ADJUSTMENTS:
            outside = [
                one for at in _LEVELS for one in found.beyond if one.adjustment == adjustment and one.level == at
            ]
            cells = [count(n) for one in outside for n in (one.below, one.above)]
            rows.append((f"{target}, {words}", *cells))
    return _table(rows)


def agreement(f: Findings) -> str:
    """Give the two classifications' agreement in full: a paragraph."""
    a = f.agreement
    if a.chi2 is None:
        associated = "A benchmark puts all areas on one side, so association and κ cannot be computed."
    else:
        associated = (
            f"Are the two classifications associated? Pearson's χ² = {decimal(a.chi2)}, d.f. = {count(a.dof)}, "
            f"{f.level.p_value(a.p)}, of size φ = {decimal(a.phi)}. How far do they agree beyond chance? Cohen's κ = "
            f"{decimal(a.kappa)} ({f.level.interval(a.kappa_ci_low, a.kappa_ci_high)})."
        )
    sides = ""
    if a.positive is not None and a.negative is not None:
        sides = (
            f" On which side do they agree? Of all placements below a benchmark, {percent(a.positive)} are of an area "
            "that both place there (positive agreement); of all placements at or above one, "
            f"{percent(a.negative)} (negative agreement)."
        )
    return (
        f"{associated} How often do they agree at all? On {percent(a.observed)} of the areas; κ as it would be if each "
        f"placed half the areas below it is {decimal(a.pabak)}.{sides} {_mcnemar(f)}"
    )


def _mcnemar(f: Findings) -> str:
    if f.benchmarks.one_sided:
        return (
            f"Whether they flag different proportions is not tested, because the adjusted benchmark lies "
            f"{f.benchmarks.one_sided} the {f.named_standard} in every area."
        )
    return (
        "Do they flag different proportions of the same areas? The exact McNemar test gives "
        f"{f.level.p_value(f.agreement.mcnemar_p)}."
    )


def precision(f: Findings) -> str:
    """Give what rounding does to the headline figures, where that was drawn."""
    u = f.results.source_uncertainty
    if u is None:
        return ""
    shares = ((u.gradient, "Gradient, percentage points"), (u.r_squared, "R², % of variance"))
    placed = (
        (u.below_standard, f"Areas below the {f.named_standard}"),
        (u.below_fitted_mean, "Areas below the fitted mean's limit"),
    )
    return _table(
        (
            (
                "Correlation of rank and rate, ρ",
                decimal(u.rho.published, 3),
                interval(*_truth(u.rho), 3),
            ),
            *(
                (words, percentage_points(x.published, 2), interval(*_truth(x), 2, as_percent=True))
                for x, words in shares
            ),
            *((words, *_counted(x)) for x, words in placed),
        )
    )


def _truth(x: Spread) -> tuple[float | None, float | None]:
    """Give the limits of a figure of the true counts: of the draws, where more is not known."""
    return (x.low, x.high) if x.true_low is None else (x.true_low, x.true_high)


def _counted(x: Spread) -> tuple[str, str]:
    if x.published is None or x.low is None or x.high is None:
        return NOT_COMPUTED, NOT_COMPUTED
    return count(int(x.published)), count_range(int(x.low), int(x.high))


def draws(f: Findings) -> str:
    """Say how often the figures were drawn anew."""
    return "" if f.results.source_uncertainty is None else count(f.results.source_uncertainty.draws)


def rounded_to_standard(f: Findings) -> str:
    """Explain a published number below the standard that no draw has."""
    u = f.results.source_uncertainty
    if u is None:
        return ""
    published, low, high = u.below_standard.published, u.below_standard.low, u.below_standard.high
    if published is None or low is None or high is None or low <= published <= high:
        return ""
    return (
        "A rate published as the standard itself counts as meeting it, and may have been below it before it was "
        "rounded."
    )


def fair(f: Findings) -> str:
    """Give the share of services that are as expected which each benchmark flags, by fifth of areas by deprivation."""
    if f.results.simulation is None:
        return ""
    words = {**_LIMITS, "national": f.named_standard}
    return _table(
        (
            sentence(words[name]),
            percentage_points(flagged.overall.share),
            *(DASH if fifth is None else percentage_points(fifth.share) for fifth in flagged.fifths),
        )
        for name, flagged in f.results.simulation.flagged.items()
    )


def quarters(f: Findings) -> str:
    """Give the number of simulated periods."""
    return "" if f.results.simulation is None else count(f.results.simulation.quarters)


def coverage(f: Findings) -> str:
    """Give how often each regression's intervals held the truth, by how far services truly differed."""
    rows = []
    for i, found in enumerate(f.results.coverage):
        own = " (as estimated here)" if i == len(f.results.coverage) - 1 else ""
        for name, model in (("weighted", found.weighted), ("random_effects", found.random_effects)):
            shares = (model.slope, model.fitted_mean, model.prediction)
            rows.append(
                (
                    f"{percentage_points(found.tau)}{own}",
                    "the 2016 study's" if name == "weighted" else "random effects",
                    *(percentage_points(one.share) for one in shares),
                )
            )
    return _table(rows)


def nominal(f: Findings) -> str:
    """Give the level that intervals claim."""
    return exact_percent(f.results.settings.confidence)
