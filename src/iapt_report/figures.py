"""Results into plotnine figures."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any

from iapt_report import wording

if TYPE_CHECKING:
    from iapt_report.results import Results

# Of the palette of Okabe and Ito, told apart by every kind of colour vision and in grey.
_POINT, _LINE, _STANDARD = "#0072B2", "#1b1b1b", "#D55E00"
# More names than this would lie upon each other.
MOST_NAMED = 6
_LABEL_WIDTH = 34
# Points of up to this many areas can be larger.
_CROWDED = 100
_WIDTH, _HEIGHT = 7.0, 3.1


def scatter(results: Results) -> Any:
    """Draw Figure DS1: recovery rate against deprivation rank, one point an area.

    Points are sized by case-load; the line is the adjusted recovery rate with its confidence band, the dashed line
    the national standard; extreme outliers are named.

    Returns
    -------
    plotnine.ggplot
    """
    import pandas as pd
    import plotnine as p9

    frame = pd.DataFrame([area.model_dump() for area in results.areas])
    rates = ["recovery_rate", "adjusted_rate", "adjusted_low", "adjusted_high"]
    frame[rates] *= 100
    line = frame.sort_values("imd_rank")
    named = frame[frame["outlier"]].assign(label=lambda f: f["area_name"].map(_label))
    if len(named) > MOST_NAMED:
        named = named.head(0)
    standard = results.classification.benchmark * 100
    low = min(frame["recovery_rate"].min(), frame["adjusted_low"].min(), standard)
    high = max(frame["recovery_rate"].max(), frame["adjusted_high"].max(), standard)
    margin = 0.05 * (high - low)
    limits = (max(0, low - margin), min(100, high + margin))
    plot = (
        p9.ggplot(frame, p9.aes("imd_rank", "recovery_rate"))
        + p9.geom_ribbon(line, p9.aes(ymin="adjusted_low", ymax="adjusted_high"), fill=_LINE, alpha=0.25)
        + p9.geom_hline(yintercept=standard, linetype="dashed", color=_STANDARD, size=0.6)
        + p9.geom_point(p9.aes(size="finished_treatment"), color=_POINT, fill=_POINT, alpha=0.4, stroke=0.2)
        + p9.geom_line(line, p9.aes(y="adjusted_rate"), color=_LINE, size=0.7)
        + p9.scale_size_area(
            max_size=6 if len(frame) > _CROWDED else 9, labels=lambda values: [wording.count(int(v)) for v in values]
        )
        + p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values])
        + p9.coord_cartesian(ylim=limits)
        + p9.labs(
            x="Deprivation rank (1 = most deprived area)",
            y=f"{wording.sentence(results.outcome.words)} rate",
            size="Patients who\nfinished treatment",
        )
        + p9.theme_minimal(base_size=9)
        + p9.theme(
            figure_size=(_WIDTH, _HEIGHT),
            panel_grid_minor=p9.element_blank(),
            panel_grid_major=p9.element_line(color="#e3e3e3", size=0.4),
            axis_line=p9.element_line(color="#555555", size=0.5),
            legend_title=p9.element_text(size=8),
            plot_margin=0.01,
        )
    )
    middle = frame["imd_rank"].median()
    for side, names in (("left", named[named["imd_rank"] <= middle]), ("right", named[named["imd_rank"] > middle])):
        if len(names):
            nudge = 0.02 * (frame["imd_rank"].max() - frame["imd_rank"].min())
            plot = plot + p9.geom_text(
                names,
                p9.aes(label="label"),
                ha=side,
                nudge_x=nudge if side == "left" else -nudge,
                size=7.5,
                color=_LINE,
            )
    return plot


def scatter_alt(results: Results) -> str:
    """Describe Figure DS1 for who cannot see it, in plain words that follow its numbers."""
    deprived, affluent = wording.most_and_least_deprived(results)
    k = results.classification
    text = (
        f"Scatterplot of {wording.count(results.sample.areas)} areas: {results.outcome.words} rate, from "
        f"{wording.percent(results.sample.recovery_rate.min)} to {wording.percent(results.sample.recovery_rate.max)}, "
        f"against deprivation rank. The fitted line runs from {wording.percent(deprived.adjusted_rate)} in the most "
        f"deprived area to {wording.percent(affluent.adjusted_rate)} in the least deprived. "
        f"The rate is below the dashed line at {wording.exact_percent(k.benchmark)} in "
        f"{wording.of_areas(k.below_national.n, results.sample.areas)}."
    )
    names = [area.area_name for area in results.areas if area.outlier]
    return f"{text} Extreme outliers: {', '.join(names)}." if names else text


def as_svg(plot: Any) -> bytes:
    """Draw a plot as SVG; the same plot gives the same bytes."""
    import matplotlib as mpl

    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "iapt-report", "svg.fonttype": "path"}):
        plot.save(out, format="svg", verbose=False, metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _label(name: str) -> str:
    """Break a long name into lines, and keep a pair of dollar signs from making a formula of it."""
    return textwrap.fill(name, _LABEL_WIDTH).replace("$", r"\$")
