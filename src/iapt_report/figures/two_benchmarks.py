"""The picture of the brief: which areas each benchmark places below it, from the most to the least deprived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iapt_report.figures import axis, theme
from iapt_report.figures.table import table
from iapt_report.words import findings, numbers, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results

_HEIGHT = 3.0
_INK = theme.INK
# So far from its ends, as a share of the axis, their labels stay within the picture.
_LABEL_REACH = 0.07
# Shapes tell the groups apart where colours do not.
_LOOKS = (("s", theme.RED), ("^", theme.ORANGE), ("D", theme.BLUE), ("o", theme.PALE))
_BELOW: tuple[Callable[[Area], bool], ...] = (
    lambda area: area.below_national and area.below_adjusted,
    lambda area: area.below_national and not area.below_adjusted,
    lambda area: area.below_adjusted and not area.below_national,
    lambda area: not area.below_national and not area.below_adjusted,
)


def _groups(results: Results) -> tuple[str, ...]:
    standard = findings.named_standard(results)
    return ("Below both", f"Below the {standard} only", "Below the adjusted benchmark only", "Below neither")


def two_benchmarks(results: Results) -> Any:
    """Draw every area by deprivation and rate, told apart by the benchmarks that it is below.

    The dashed line is the standard, the solid one the adjusted benchmark.

    Returns
    -------
    plotnine.ggplot
    """
    import pandas as pd
    import plotnine as p9

    names = _groups(results)
    frame = table(results.areas, "imd_rank", "recovery_rate", "adjusted_low", "area_code", "area_name")
    placed = [next(i for i, holds in enumerate(_BELOW) if holds(area)) for area in results.areas]
    there = sorted(set(placed))
    frame["group"] = pd.Categorical([names[i] for i in placed], [names[i] for i in there])
    frame[["recovery_rate", "adjusted_low"]] *= 100
    standard = 100 * results.classification.benchmark
    laid = brief_axis(results)
    frame["height"] = laid.heights
    points, line = frame[["imd_rank", "height", "group"]], frame[["imd_rank", "adjusted_low"]].sort_values("imd_rank")
    first, last = line["imd_rank"].iloc[0], line["imd_rank"].iloc[-1]
    inwards = _LABEL_REACH * (last - first)
    layers = [
        p9.geom_point(p9.aes(shape="group", fill="group"), color=_INK, size=2.2, stroke=0.25, alpha=0.85),
        p9.geom_hline(yintercept=standard, linetype="dashed", color=_INK, size=0.7),
        p9.geom_line(line, p9.aes(y="adjusted_low"), color=_INK, size=0.8),
        p9.scale_shape_manual([_LOOKS[i][0] for i in there]),
        p9.scale_fill_manual([_LOOKS[i][1] for i in there]),
        p9.scale_x_continuous(breaks=[first + inwards, last - inwards], labels=["Most deprived", "Least deprived"]),
        p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values]),
        p9.coord_cartesian(ylim=(laid.low, laid.high)),
        p9.labs(x="", y=f"{numbers.sentence(results.outcome.words)} rate", shape="", fill=""),
        theme.plain(height=_HEIGHT, letters=10, grid="rows"),
        theme.legend_below(),
        p9.theme(legend_text=p9.element_text(size=8)),
        *axis.marks(points, "imd_rank", laid),
        *axis.names(frame, "imd_rank", laid),
    ]
    return p9.ggplot(points, p9.aes("imd_rank", "height")) + layers


def brief_axis(results: Results) -> axis.Axis:
    """Lay out the axis of rates of the picture."""
    areas = results.areas
    shown = [results.classification.benchmark, *(area.adjusted_low for area in areas)]
    return axis.axis([100 * area.recovery_rate for area in areas], [100 * value for value in shown])


def two_benchmarks_alt(results: Results) -> str:
    """Describe the picture for who cannot see it, in plain words that follow its numbers."""
    k, n = results.classification, results.sample.areas
    standard = findings.named_standard(results)
    return (
        f"{numbers.sentence(results.outcome.words)} rates of {numbers.count(n)} areas, from the most to the least "
        f"deprived. A dashed line marks the {standard} of {numbers.exact_percent(k.benchmark)}; "
        f"{_lying(k.below_national.n, n)} below it. A solid line, the adjusted benchmark, lies "
        f"{sentences.benchmark_range(results)}; {_lying(k.below_adjusted.n, n)} below that."
    )


def _lying(n: int, total: int) -> str:
    return f"{numbers.of_areas(n, total)} {'lies' if n == 1 else 'lie'}"
