"""Results as R would print them: the call, the coefficients with their stars, the F line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.regression import INTERCEPT
from iapt_report.words.findings import named_standard
from iapt_report.words.numbers import stars
from iapt_report.words.over_time import rests_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.trend import Trend
    from iapt_report.stats.correlation import Correlation
    from iapt_report.stats.random_effects import RandomEffects
    from iapt_report.stats.regression import Model
    from iapt_report.stats.simulation import Simulation

_LEGEND = "Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1"
_SMALLEST = 2.2e-16


def summary(results: Results) -> str:
    """Return the summary as text, ending in a newline."""
    r = results
    synthetic = " – SYNTHETIC DATA" if r.period.synthetic else ""
    lines = [f"{r.period.label}{synthetic}", f"{r.sample.areas} areas, {len(r.sample.excluded)} left out", ""]
    lines += ["Spearman's rank correlation with imd_rank:", ""]
    lines += [*_correlations(r), ""]
    if r.regression.initial is not None:
        lines += ["Initial model, with the outlier dummy", *_model(r.regression.initial, r), ""]
    kept = "an indicator for each outlier" if r.outliers.left_out else "without an outlier dummy"
    lines += [f"Final model, {kept}", *_model(r.regression.final, r), ""]
    lines += [*_adjusted(r.as_replicated()), "", *_benchmarks(r.as_replicated())]
    if r.concludes == "random_effects" and r.random_effects is not None:
        lines += ["", "Conclusions: random-effects regression", *_random(r.random_effects, r), ""]
        lines += [*_adjusted(r), "", *_benchmarks(r)]
    return "\n".join(lines) + "\n"


def _number(value: float | None, form: str = ".4g") -> str:
    return "NA" if value is None else format(value, form)


def _p(p: float | None) -> str:
    if p is None:
        return "NA"
    return "<2e-16" if p < _SMALLEST else format(p, ".3g")


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Align a table as R does: names and stars to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row: list[str]) -> str:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells[0] = row[0].ljust(widths[0])
        if not header[-1]:
            cells[-1] = row[-1].ljust(widths[-1])
        return " ".join(cells).rstrip()

    return [line(row) for row in [header, *rows]]


def _correlations(r: Results) -> list[str]:
    def row(name: str, c: Correlation) -> list[str]:
        limits = [_number(c.ci_low, ".3f"), _number(c.ci_high, ".3f")]
        return [name, _number(c.rho, ".4f"), *limits, _p(c.p), str(c.n), stars(c.p)]

    percent = f"{r.settings.confidence * 100:g}%"
    header = ["", "rho", f"low {percent}", f"high {percent}", "p-value", "n", ""]
    return _table(header, [row(name, getattr(r.correlations, name)) for name in type(r.correlations).model_fields])


def _model(model: Model, r: Results) -> list[str]:
    weights = {"equal": ""}.get(r.settings.weight, f", weights = {r.settings.weight}")
    subset = ", subset = !outlier" if model.n < r.sample.areas else ""
    terms = [
        [
            f"({INTERCEPT})" if name == INTERCEPT else name,
            _number(term.estimate, ".4e"),
            _number(term.se, ".3e"),
            _number(term.t, ".3f"),
            _p(term.p),
            stars(term.p),
        ]
        for name, term in model.terms.items()
    ]
    quantiles = [_number(model.residuals[name], ".4f") for name in ("min", "q1", "median", "q3", "max")]
    return [
        "",
        "Call:",
        f"lm(formula = {model.formula}, data = areas{weights}{subset})",
        "",
        "Weighted Residuals:",
        *_table(["", "Min", "1Q", "Median", "3Q", "Max"], [["", *quantiles]]),
        "",
        "Coefficients:",
        *_table(["", "Estimate", "Std. Error", "t value", "Pr(>|t|)", ""], terms),
        "---",
        _LEGEND,
        "",
        f"Residual standard error: {_number(model.sigma)} on {model.df_resid} degrees of freedom",
        f"Multiple R-squared:  {_number(model.r_squared)},\tAdjusted R-squared:  {_number(model.adj_r_squared)}",
        f"F-statistic: {_number(model.f)} on {model.df_model} and {model.df_resid} DF,  p-value: {_p(model.p)}",
    ]


def _random(model: RandomEffects, r: Results) -> list[str]:
    """Print the random-effects regression in the shape of R's metafor."""
    rows = [
        [
            f"({INTERCEPT})" if name == INTERCEPT else name,
            *(_number(value, form) for value, form in ((term.estimate, ".4e"), (term.se, ".3e"), (term.t, ".3f"))),
            _p(term.p),
            _number(term.ci_low, ".4e"),
            _number(term.ci_high, ".4e"),
            stars(term.p),
        ]
        for name, term in model.terms.items()
    ]
    level = f"{r.settings.confidence * 100:g}%"
    return [
        "",
        f"Mixed-Effects Model (k = {model.n}; tau^2 estimator: {model.method.upper().replace('_', ' ')})",
        "",
        f"tau^2 (residual heterogeneity): {_number(model.tau2)}, tau: {_number(model.tau2**0.5)}, I^2: "
        f"{'NA' if model.i2 is None else f'{100 * model.i2:.2f}%'}",
        f"Test for residual heterogeneity: QE(df = {model.df_resid}) = {_number(model.q)}, p-value = {_p(model.q_p)}",
        f"Test of moderators: F(df1 = {model.df_model}, df2 = {model.df_resid}) = {_number(model.f)}, "
        f"p-value = {_p(model.p)}",
        "",
        *_table(["", "estimate", "se", "tval", "pval", f"low {level}", f"high {level}", ""], rows),
        "---",
        _LEGEND,
    ]


def _adjusted(r: Results) -> list[str]:
    values = [r.adjusted.min, r.adjusted.mean, r.adjusted.max, r.adjusted.sd]
    cells = [_number(value, ".4f") for value in values]
    return [f"Adjusted (fitted) {r.outcome.words} rates:", *_table(["", "Min", "Mean", "Max", "SD"], [["", *cells]])]


def _benchmarks(r: Results) -> list[str]:
    c, a = r.classification, r.agreement
    standard = named_standard(r)
    rows = [
        ["below national", str(c.both), str(c.national_only), str(c.below_national.n)],
        ["not below", str(c.adjusted_only), str(c.neither), str(r.sample.areas - c.below_national.n)],
        ["all", str(c.below_adjusted.n), str(r.sample.areas - c.below_adjusted.n), str(r.sample.areas)],
    ]
    return [
        f"Areas below the {standard} ({c.benchmark:g}) and below the adjusted benchmark:",
        "",
        *_table(["", "below adjusted", "not below", "all"], rows),
        "",
        f"X-squared = {_number(a.chi2)}, df = {a.dof}, p-value = {_p(a.p)} (without continuity correction)",
        f"Cohen's kappa = {_number(a.kappa)}, std. error = {_number(a.kappa_se)}, "
        f"{r.settings.confidence * 100:g}% CI {_number(a.kappa_ci_low)} to {_number(a.kappa_ci_high)}",
        f"Exact McNemar test: p-value = {_p(a.mcnemar_p)}",
    ]


def fair_services(results: Results, found: Simulation) -> str:
    """Return a simulation as text, ending in a newline: the share of fair services flagged, in per cent."""
    synthetic = " – SYNTHETIC DATA" if results.period.synthetic else ""
    header = ["", "all", "1 most deprived", "2", "3", "4", "5 least"]
    rows = [
        [
            name,
            f"{100 * flagged.overall.share:.1f}",
            *("NA" if fifth is None else f"{100 * fifth.share:.1f}" for fifth in flagged.fifths),
        ]
        for name, flagged in found.flagged.items()
    ]
    covered = [
        [name, f"{100 * getattr(found.coverage, name).share:.1f}"]
        for name in ("slope", "fitted_mean", "wilson", "prediction")
    ]
    lines = [
        f"{results.period.label}{synthetic}",
        f"{found.quarters} simulated periods of {results.sample.areas} areas (seed {found.seed}), every area as "
        "expected for its deprivation",
        "",
        "Fair services flagged, % of areas, by fifth of areas by deprivation:",
        "",
        *_table(header, rows),
        "",
        f"Coverage of each {100 * found.coverage.nominal:g}% interval, %:",
        "",
        *_table(["", "covered"], covered),
    ]
    return "\n".join(lines) + "\n"


def over_time(found: Sequence[Trend]) -> str:
    """Return periods side by side as text, ending in a newline; rates and gradients in per cent."""

    def percent(value: float | None) -> str:
        return "NA" if value is None else f"{100 * value:.1f}"

    blocks = []
    for trend in found:
        title = f"{trend.area_type.capitalize()}s, periods of a {trend.kind}, {trend.outcome}" + (
            " – SYNTHETIC DATA" if trend.synthetic else ""
        )
        header = ["", "areas", "mean rate", "gradient", "low", "high", "below standard", "below adjusted"]
        rows = [
            [
                point.period,
                str(point.areas),
                *map(percent, (point.mean_rate, point.gradient, point.ci_low, point.ci_high)),
                *map(percent, (point.below_national, point.below_adjusted)),
            ]
            for point in trend.points
        ]
        lines = [title, "", *_table(header, rows)]
        if trend.change is not None:
            c = trend.change
            lines += [
                "",
                f"Change of the gradient in a year: {percent(c.per_year)} points ({percent(c.ci_low)} to "
                f"{percent(c.ci_high)}), p-value = {_p(c.p)}; errors clustered by {c.areas} areas, {c.repeated} of "
                "them in more than one period",
            ]
        if ground := rests_on(trend):
            lines += ["", ground]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks) if blocks else "there is no period in data/\n"
