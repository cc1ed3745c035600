"""The picture of several periods: the gradient with its interval, and the share of areas below each benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iapt_report.figures import images, theme
from iapt_report.words import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.trend import Kind, Point, Trend

_HEIGHT = 3.2
# Shapes and lines tell the series apart where colours do not.
_GRADIENT, _STANDARD, _ADJUSTED = theme.INK, theme.RED, theme.BLUE
_LOOKS = (("o", "solid", _GRADIENT), ("s", "dashed", _STANDARD), ("^", "solid", _ADJUSTED))
_MONTHS: dict[Kind, int] = {"month": 1, "quarter": 3, "year": 12}
# As many names of periods as an axis has room for.
_NAMED = 6


def drawn(trend: Trend) -> bytes:
    """Draw `over_time` as SVG."""
    return images.as_svg(over_time(trend))


def over_time(trend: Trend) -> Any:
    """Draw the gradient with its interval beside the shares of areas below each benchmark, by period.

    Periods stand as far apart as they are in time; a line joins those that follow one another.

    Parameters
    ----------
    trend : Trend
        Of two periods or more.

    Returns
    -------
    plotnine.ggplot
    """
    import pandas as pd
    import plotnine as p9

    places = _places(trend.points, trend.kind)
    panels = ("Gradient, percentage points", "Areas below, %")
    series = ("Gradient", "Below the standard", "Below the adjusted benchmark")
    columns = ("gradient", "below_national", "below_adjusted")
    rows = [
        {
            "x": place,
            "y": 100 * getattr(point, column),
            "low": 100 * point.ci_low if column == "gradient" and point.ci_low is not None else None,
            "high": 100 * point.ci_high if column == "gradient" and point.ci_high is not None else None,
            "panel": panels[column != "gradient"],
            "series": name,
            "run": f"{name} {run}",
        }
        for point, place, run in zip(trend.points, places, _runs(places), strict=True)
        for column, name in zip(columns, series, strict=True)
    ]
    frame = pd.DataFrame(rows).astype({"low": float, "high": float})
    # Either panel has its nought, and that of the shares all that a share can be.
    ends = pd.DataFrame({"x": float(places[0]), "y": [0.0, 0.0, 100.0], "panel": [panels[0], panels[1], panels[1]]})
    nought = pd.DataFrame({"y": [0.0], "panel": [panels[0]]})
    for table in (frame, ends, nought):
        table["panel"] = pd.Categorical(table["panel"], panels)
    frame["series"] = pd.Categorical(frame["series"], series)
    limits = frame.dropna(subset=["low", "high"])
    joined = frame[frame.groupby("run")["x"].transform("size") > 1]
    named = _named(places)
    shapes, lines, colours = (list(look) for look in zip(*_LOOKS, strict=True))
    layers = [
        p9.geom_blank(ends),
        p9.geom_hline(nought, p9.aes(yintercept="y"), color=theme.AXIS, size=0.5),
        p9.geom_point(p9.aes(color="series", shape="series"), size=2.3),
        p9.facet_wrap("panel", scales="free_y"),
        p9.scale_color_manual(colours),
        p9.scale_shape_manual(shapes),
        p9.scale_linetype_manual(lines),
        p9.scale_x_continuous(
            breaks=[places[i] for i in named],
            labels=[trend.points[i].period for i in named],
            limits=(min(places) - 0.5, max(places) + 0.5),
        ),
        p9.labs(x="", y="", color="", shape="", linetype=""),
        theme.plain(height=_HEIGHT, grid="rows"),
        theme.legend_below(),
        p9.theme(axis_text_x=p9.element_text(rotation=45, ha="right"), strip_text=p9.element_text(size=9)),
    ]
    if len(joined):
        layers.append(p9.geom_line(joined, p9.aes(group="run", color="series", linetype="series"), size=0.7))
    if len(limits):
        layers.append(p9.geom_linerange(limits, p9.aes(ymin="low", ymax="high"), color=_GRADIENT, size=0.6))
    return p9.ggplot(frame, p9.aes("x", "y")) + layers


def alt_text(trend: Trend) -> str:
    """Describe the picture for who cannot see it, in plain words that follow its numbers."""
    first, last = trend.points[0], trend.points[-1]
    return (
        f"Two panels of {numbers.count(len(trend.points))} periods, {first.period} to {last.period}. The gradient is "
        f"{numbers.percentage_points(first.gradient)} percentage points in the first and "
        f"{numbers.percentage_points(last.gradient)} in the last. The share of areas below the standard is "
        f"{numbers.percent(first.below_national)} in the first and {numbers.percent(last.below_national)} in the last; "
        f"below the adjusted benchmark, {numbers.percent(first.below_adjusted)} and "
        f"{numbers.percent(last.below_adjusted)}."
    )


def _places(points: Sequence[Point], kind: Kind) -> list[int]:
    """Give each point its place: how many periods of the kind it begins after the first."""
    months = [point.start.year * 12 + point.start.month for point in points]
    return [(month - months[0]) // _MONTHS[kind] for month in months]


def _runs(places: Sequence[int]) -> list[int]:
    """Tell runs of periods without a gap apart, by a number each."""
    run, runs = 0, []
    for i, place in enumerate(places):
        run += i > 0 and place != places[i - 1] + 1
        runs.append(run)
    return runs


def _named(places: Sequence[int]) -> list[int]:
    """Choose the points whose names are written, the last among them, so that no two lie upon each other."""
    apart = (places[-1] - places[0]) / _NAMED
    chosen: list[int] = []
    for i in reversed(range(len(places))):
        if not chosen or places[chosen[-1]] - places[i] >= apart:
            chosen.append(i)
    return chosen[::-1]
