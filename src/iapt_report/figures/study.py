"""The figures of the paper and its supplement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iapt_report.figures import axis, theme
from iapt_report.figures.points import Point
from iapt_report.figures.table import table
from iapt_report.stats.reach import normal_reach
from iapt_report.words import findings, numbers, outlying
from iapt_report.words.place_names import named, place_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.results import Results


_POINT, _LINE, _STANDARD = theme.BLUE, theme.INK, theme.RED
# Of a line of a label, as a share of the scale.
_LABEL_HEIGHT = 0.05
# Points of up to this many areas can be larger.
_CROWDED = 100
_CURVE = 120
_OUTER = 0.99
_PATIENTS = {"at_caseness": "Patients at caseness", "finished_treatment": "Patients who finished treatment"}


def scatter(results: Results) -> Any:
    """Draw Figure DS1: recovery rate against deprivation rank, one point an area.

    Points are sized by case-load; the line is the rate that the study's regression expects, with its confidence band,
    the dashed line the national standard; extreme outliers are named.

    Returns
    -------
    plotnine.ggplot
    """
    import plotnine as p9
    from mizani.bounds import rescale_max

    rates = ["recovery_rate", "replication_rate", "replication_mean_low", "replication_mean_high"]
    frame = table(results.areas, "imd_rank", "finished_treatment", "area_code", "area_name", "outlier", *rates)
    frame[rates] *= 100
    laid = scatter_axis(results)
    frame["height"] = laid.heights
    points = frame[["imd_rank", "height", "finished_treatment"]]
    line = frame[["imd_rank", "height", *rates[1:]]].sort_values("imd_rank")
    limits = (laid.low, laid.high)
    labelled = _labelled(frame, laid)
    standard = results.classification.benchmark * 100
    layers = [
        p9.geom_ribbon(line, p9.aes(ymin="replication_mean_low", ymax="replication_mean_high"), fill=_LINE, alpha=0.25),
        p9.geom_hline(yintercept=standard, linetype="dashed", color=_STANDARD, size=0.6),
        p9.geom_point(p9.aes(size="finished_treatment"), color=_POINT, fill=_POINT, alpha=0.4, stroke=0),
        p9.geom_line(line, p9.aes(y="replication_rate"), color=_LINE, size=0.7),
        p9.scale_size_area(
            max_size=6 if len(frame) > _CROWDED else 9,
            # Not the default it is documented to be: without it the smallest area would be a point without area.
            rescaler=rescale_max,
            labels=lambda values: [numbers.count(int(v)) for v in values],
        ),
        p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values]),
        p9.coord_cartesian(ylim=limits),
        p9.labs(
            x="Deprivation rank (1 = most deprived area)",
            y=f"{numbers.sentence(results.outcome.words)} rate",
            size="Patients who\nfinished treatment",
        ),
        theme.plain(),
        *axis.marks(points, "imd_rank", laid),
    ]
    middle = frame["imd_rank"].median()
    for side, names in (
        ("left", labelled[labelled["imd_rank"] <= middle]),
        ("right", labelled[labelled["imd_rank"] > middle]),
    ):
        if len(names):
            gap = _LABEL_HEIGHT * (limits[1] - limits[0]) * (1 + names["label"].str.count("\n").max())
            names = names.assign(label_at=_spread_out(list(names["height"]), gap, limits[1]))  # noqa: PLW2901
            nudge = 0.02 * (frame["imd_rank"].max() - frame["imd_rank"].min())
            layers.append(
                p9.geom_text(
                    names,
                    p9.aes(y="label_at", label="label"),
                    ha=side,
                    nudge_x=nudge if side == "left" else -nudge,
                    size=7.5,
                    color=_LINE,
                )
            )
    return p9.ggplot(points, p9.aes("imd_rank", "height")) + layers


def scatter_axis(results: Results) -> axis.Axis:
    """Lay out the axis of rates of Figure DS1."""
    areas = results.areas
    shown = [results.classification.benchmark]
    shown += [limit for area in areas for limit in (area.replication_mean_low, area.replication_mean_high)]
    return axis.axis([100 * area.recovery_rate for area in areas], [100 * value for value in shown])


def _labelled(frame: Any, laid: axis.Axis) -> Any:
    """Choose the areas that the figure names, with what it calls them: extreme outliers, and all beyond the axis."""
    beyond = frame.index.to_series().map(lambda place: laid.sides[place] != 0)
    chosen = frame[frame["outlier"] | beyond]
    if len(chosen) > outlying.MOST_NAMED:
        chosen = frame[beyond].head(outlying.MOST_NAMED)
    called = map(place_name, chosen["area_name"], chosen["area_code"])
    rates = [rate if far else None for rate, far in zip(chosen["recovery_rate"], beyond[chosen.index], strict=True)]
    return chosen.assign(label=[axis.label(name, rate) for name, rate in zip(called, rates, strict=True)])


def _spread_out(heights: Sequence[float], gap: float, ceiling: float) -> list[float]:
    """Move labels up until each is a gap above the one below it, and all down again if the highest is above all."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [0.0] * len(heights)
    for before, i in zip([None, *order], order, strict=False):
        placed[i] = heights[i] if before is None else max(heights[i], placed[before] + gap)
    over = max(0.0, placed[order[-1]] - ceiling)
    return [height - over for height in placed]


def scatter_alt(results: Results) -> str:
    """Describe Figure DS1 for who cannot see it, in plain words that follow its numbers."""
    deprived, affluent = findings.most_and_least_deprived(results)
    k = results.classification
    text = (
        f"Scatterplot of {numbers.count(results.sample.areas)} areas: {results.outcome.words} rate, from "
        f"{numbers.percent(results.sample.recovery_rate.min)} to {numbers.percent(results.sample.recovery_rate.max)}, "
        f"against deprivation rank. The fitted line runs from {numbers.percent(deprived.replication_rate)} in the most "
        f"deprived area to {numbers.percent(affluent.replication_rate)} in the least deprived. "
        f"The rate is below the dashed line at {numbers.exact_percent(k.benchmark)} in "
        f"{numbers.of_areas(k.below_national.n, results.sample.areas)}."
    )
    names = [named(area) for area in results.areas if area.outlier]
    return f"{text} Extreme outliers: {', '.join(names)}." if names else text


def funnels(results: Results) -> Any:
    """Draw each area's distance from the national standard and from its deprivation-expected rate, by case-load.

    Lines are the 95% and 99.8% limits of chance around no distance, and the 99.8% limits that allow for overdispersion;
    those of the second panel are drawn at the areas' mean expected rate.

    Returns
    -------
    plotnine.ggplot
    """
    import numpy as np
    import pandas as pd
    import plotnine as p9

    r = results
    panels = {
        f"From the {findings.named_standard(r)}": (r.funnels.national, r.standard.value),
        "From the deprivation-expected rate": (r.funnels.expected, r.adjusted.mean),
    }
    areas = table(r.areas, "cases", "recovery_rate", "adjusted_rate")
    targets = (pd.Series(r.standard.value, index=areas.index), areas["adjusted_rate"])
    cases = np.linspace(areas["cases"].min(), areas["cases"].max(), _CURVE)
    points: list[Any] = []
    lines: list[Any] = []
    for (panel, (funnel, target)), own in zip(panels.items(), targets, strict=True):
        distance = 100 * (areas["recovery_rate"] - own)
        points.append(pd.DataFrame({"cases": areas["cases"], "y": distance, "panel": panel}))
        inside = min(max(target, 0.01), 0.99)
        chance = inside * (1 - inside) / cases
        for kind, level, variance in (
            ("95%", 0.95, chance),
            ("99.8%", 0.998, chance),
            ("99.8%, overdispersion", 0.998, chance + funnel.tau2),
        ):
            reach = 100 * normal_reach(level) * np.sqrt(variance)
            limits = {"cases": cases, "panel": panel, "Limits": kind}
            lines.extend(pd.DataFrame({**limits, "y": sign * reach, "line": f"{kind} {sign}"}) for sign in (-1, 1))
    every: pd.DataFrame = pd.concat(points)
    curves: pd.DataFrame = pd.concat(lines)
    order = list(panels)
    for frame in (every, curves):
        frame["panel"] = pd.Categorical(frame["panel"], order)
    shown = 1.1 * max(every["y"].abs().max(), 1.0)
    layers = [
        p9.geom_hline(yintercept=0, color=_LINE, size=0.5),
        p9.geom_line(curves, p9.aes(linetype="Limits", group="line"), color=theme.AXIS, size=0.5),
        p9.geom_point(color=_POINT, fill=_POINT, alpha=0.5, size=1.4, stroke=0.2),
        p9.facet_wrap("panel"),
        p9.coord_cartesian(ylim=(-shown, shown)),
        p9.scale_linetype_manual(["dashed", "solid", "dotted"]),
        p9.labs(x=_PATIENTS[r.outcome.cases], y="Distance, percentage points", linetype="Limits"),
        theme.plain(),
        p9.theme(legend_position="bottom", legend_box_margin=0, panel_spacing_x=0.03),
    ]
    return p9.ggplot(every, p9.aes("cases", "y")) + layers


def funnels_alt(results: Results) -> str:
    """Describe the funnel plots for who cannot see them."""
    n = results.sample.areas
    parts = []
    for funnel, name in (
        (results.funnels.national, "the standard"),
        (results.funnels.expected, "the deprivation-expected rate"),
    ):
        plain = next(b for b in funnel.beyond if b.level > _OUTER and b.adjustment == "none")
        parts.append(
            f"around {name}, {numbers.of_areas(plain.below, n)} below the 99.8% limits of chance and "
            f"{numbers.of_areas(plain.above, n)} above"
        )
    return f"Two funnel plots of {numbers.count(n)} areas by number of patients: {'; '.join(parts)}."


def fair_services(results: Results) -> Any:
    """Draw what share of fair services each benchmark flags, by deprivation fifth; None without a simulation.

    Returns
    -------
    plotnine.ggplot or None
    """
    import pandas as pd
    import plotnine as p9

    if results.simulation is None:
        return None
    names = {
        "national": numbers.sentence(findings.named_standard(results)),
        "fitted_mean": "Fitted mean",
        "wilson": "Chance",
    }
    rows = [
        {"fifth": i, "share": 100 * simulated.share, "Benchmark": words}
        for name, words in names.items()
        for i, simulated in enumerate(results.simulation.flagged[name].fifths, start=1)  # type: ignore[index]
        if simulated is not None
    ]
    frame = pd.DataFrame(rows)
    frame["Benchmark"] = pd.Categorical(frame["Benchmark"], list(names.values()))
    layers = [
        p9.geom_line(size=0.7),
        p9.geom_point(size=2.4),
        p9.scale_color_manual([_STANDARD, _LINE, _POINT]),
        p9.scale_x_continuous(breaks=[1, 2, 3, 4, 5], labels=["1, most", "2", "3", "4", "5, least"]),
        p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values], limits=(0, 100)),
        p9.labs(x="Fifth of areas by deprivation", y="Fair services flagged"),
        theme.plain(),
    ]
    return (
        p9.ggplot(frame, p9.aes("fifth", "share", linetype="Benchmark", shape="Benchmark", color="Benchmark")) + layers
    )


def fair_services_alt(results: Results) -> str:
    """Describe the figure of fair services for who cannot see it."""
    if results.simulation is None:
        return ""
    national = results.simulation.flagged["national"].fifths
    ends = [numbers.percent(fifth.share) for fifth in (national[0], national[-1]) if fifth is not None]
    mean = numbers.percent(results.simulation.flagged["fitted_mean"].overall.share)
    chance = numbers.percent(results.simulation.flagged["wilson"].overall.share)
    return (
        f"Share of fair services flagged: by the standard {' and '.join(ends)} in the most and the least deprived "
        f"fifth, by the fitted mean {mean} overall, by limits of chance {chance}."
    )


def area_points(results: Results) -> tuple[Point, ...]:
    """Say of each point of Figure DS1 which area it is and what its figures are, in the order of the areas."""
    return tuple(
        Point(
            named(area),
            (
                ("deprivation rank", numbers.rank(area.imd_rank)),
                (f"{results.outcome.words} rate", numbers.percent(area.recovery_rate)),
                *(
                    [("rate expected by the replication", numbers.percent(area.replication_rate))]
                    if results.concludes == "random_effects"
                    else []
                ),
                ("rate expected", numbers.percent(area.adjusted_rate)),
                ("adjusted benchmark", numbers.percent(area.adjusted_low)),
                ("patients who finished treatment", numbers.count(area.finished_treatment)),
            ),
            (area.imd_rank, area.area_code),
        )
        for area in results.areas
    )
