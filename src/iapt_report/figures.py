"""Results into plotnine figures."""

from __future__ import annotations

import html
import io
import json
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.results import Results

# Of the palette of Okabe and Ito, told apart by every kind of colour vision and in grey.
_POINT, _LINE, _STANDARD = "#0072B2", "#1b1b1b", "#D55E00"
# More names than this would lie upon each other.
MOST_NAMED = 6
# Of a line of a label, as a share of the scale.
_LABEL_HEIGHT = 0.05
_LABEL_WIDTH = 34
# Points of up to this many areas can be larger.
_CROWDED = 100
_WIDTH, _HEIGHT = 7.0, 3.1
# What journals ask of figures of lines and text, dots an inch.
_DOTS = 600
IMAGE_SUFFIXES = (".png", ".tiff")
# As Matplotlib writes points: paths of their own, or uses of one that stands before them.
_POINTS = re.compile(r'<g id="PathCollection_1">\s*(<defs>.*?</defs>)?(.*?)\n   </g>', re.DOTALL)
_SHAPE = re.compile(r"<(path|use)\b([^>]*?)/>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_OPENING = re.compile(r"<svg\b[^>]*>")
# The element of a figure that holds its points for `_extensions/iapt/points.lua`.
POINTS_ID = "iapt-points"
_ORDER = "Areas, from the most to the least deprived"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CURVE = 120
_OUTER = 0.99
_PATIENTS = {"at_caseness": "Patients at caseness", "finished_treatment": "Patients who finished treatment"}


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
    from mizani.bounds import rescale_max

    frame = pd.DataFrame([area.model_dump() for area in results.areas])
    rates = ["recovery_rate", "adjusted_rate", "mean_low", "mean_high"]
    frame[rates] *= 100
    line = frame.sort_values("imd_rank")
    named = frame[frame["outlier"]].assign(label=lambda f: f["area_name"].map(_label))
    if len(named) > MOST_NAMED:
        named = named.head(0)
    standard = results.classification.benchmark * 100
    low = min(frame["recovery_rate"].min(), frame["mean_low"].min(), standard)
    high = max(frame["recovery_rate"].max(), frame["mean_high"].max(), standard)
    margin = 0.05 * (high - low)
    limits = (max(0, low - margin), min(100, high + margin))
    plot = (
        p9.ggplot(frame, p9.aes("imd_rank", "recovery_rate"))
        + p9.geom_ribbon(line, p9.aes(ymin="mean_low", ymax="mean_high"), fill=_LINE, alpha=0.25)
        + p9.geom_hline(yintercept=standard, linetype="dashed", color=_STANDARD, size=0.6)
        + p9.geom_point(p9.aes(size="finished_treatment"), color=_POINT, fill=_POINT, alpha=0.4, stroke=0)
        + p9.geom_line(line, p9.aes(y="adjusted_rate"), color=_LINE, size=0.7)
        + p9.scale_size_area(
            max_size=6 if len(frame) > _CROWDED else 9,
            # Not the default it is documented to be: without it the smallest area would be a point without area.
            rescaler=rescale_max,
            labels=lambda values: [wording.count(int(v)) for v in values],
        )
        + p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values])
        + p9.coord_cartesian(ylim=limits)
        + p9.labs(
            x="Deprivation rank (1 = most deprived area)",
            y=f"{wording.sentence(results.outcome.words)} rate",
            size="Patients who\nfinished treatment",
        )
        + _plain()
    )
    middle = frame["imd_rank"].median()
    for side, names in (("left", named[named["imd_rank"] <= middle]), ("right", named[named["imd_rank"] > middle])):
        if len(names):
            gap = _LABEL_HEIGHT * (limits[1] - limits[0]) * (1 + names["label"].str.count("\n").max())
            names = names.assign(label_at=_spread_out(list(names["recovery_rate"]), gap, limits[1]))  # noqa: PLW2901
            nudge = 0.02 * (frame["imd_rank"].max() - frame["imd_rank"].min())
            plot = plot + p9.geom_text(
                names,
                p9.aes(y="label_at", label="label"),
                ha=side,
                nudge_x=nudge if side == "left" else -nudge,
                size=7.5,
                color=_LINE,
            )
    return plot


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
    from scipy.stats import norm

    r = results
    panels = {
        f"From the {'national' if r.standard.national else 'chosen'} standard": (r.funnels.national, r.standard.value),
        "From the deprivation-expected rate": (r.funnels.expected, r.adjusted.mean),
    }
    areas = pd.DataFrame([area.model_dump() for area in r.areas])
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
            reach = 100 * float(norm.isf((1 - level) / 2)) * np.sqrt(variance)
            limits = {"cases": cases, "panel": panel, "Limits": kind}
            lines.extend(pd.DataFrame({**limits, "y": sign * reach, "line": f"{kind} {sign}"}) for sign in (-1, 1))
    every: pd.DataFrame = pd.concat(points)
    curves: pd.DataFrame = pd.concat(lines)
    order = list(panels)
    for frame in (every, curves):
        frame["panel"] = pd.Categorical(frame["panel"], order)
    shown = 1.1 * max(every["y"].abs().max(), 1.0)
    return (
        p9.ggplot(every, p9.aes("cases", "y"))
        + p9.geom_hline(yintercept=0, color=_LINE, size=0.5)
        + p9.geom_line(curves, p9.aes(linetype="Limits", group="line"), color="#555555", size=0.5)
        + p9.geom_point(color=_POINT, fill=_POINT, alpha=0.5, size=1.4, stroke=0.2)
        + p9.facet_wrap("panel")
        + p9.coord_cartesian(ylim=(-shown, shown))
        + p9.scale_linetype_manual(["dashed", "solid", "dotted"])
        + p9.labs(x=_PATIENTS[r.outcome.cases], y="Distance, percentage points", linetype="Limits")
        + _plain()
        + p9.theme(legend_position="bottom", legend_box_margin=0, panel_spacing_x=0.03)
    )


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
            f"around {name}, {wording.of_areas(plain.below, n)} below the 99.8% limits of chance and "
            f"{wording.of_areas(plain.above, n)} above"
        )
    return f"Two funnel plots of {wording.count(n)} areas by number of patients: {'; '.join(parts)}."


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
        "national": "National standard" if results.standard.national else "Chosen standard",
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
    return (
        p9.ggplot(frame, p9.aes("fifth", "share", linetype="Benchmark", shape="Benchmark", color="Benchmark"))
        + p9.geom_line(size=0.7)
        + p9.geom_point(size=2.4)
        + p9.scale_color_manual([_STANDARD, _LINE, _POINT])
        + p9.scale_x_continuous(breaks=[1, 2, 3, 4, 5], labels=["1, most", "2", "3", "4", "5, least"])
        + p9.scale_y_continuous(labels=lambda values: [f"{v:g}%" for v in values], limits=(0, 100))
        + p9.labs(x="Fifth of areas by deprivation", y="Fair services flagged")
        + _plain()
    )


def fair_services_alt(results: Results) -> str:
    """Describe the figure of fair services for who cannot see it."""
    if results.simulation is None:
        return ""
    national = results.simulation.flagged["national"].fifths
    ends = [wording.percent(fifth.share) for fifth in (national[0], national[-1]) if fifth is not None]
    mean = wording.percent(results.simulation.flagged["fitted_mean"].overall.share)
    chance = wording.percent(results.simulation.flagged["wilson"].overall.share)
    return (
        f"Share of fair services flagged: by the standard {' and '.join(ends)} in the most and the least deprived "
        f"fifth, by the fitted mean {mean} overall, by limits of chance {chance}."
    )


def _plain() -> Any:
    """Return the look that the figures share."""
    import plotnine as p9

    return p9.theme_minimal(base_size=9) + p9.theme(
        figure_size=(_WIDTH, _HEIGHT),
        panel_grid_minor=p9.element_blank(),
        panel_grid_major=p9.element_line(color="#e3e3e3", size=0.4),
        axis_line=p9.element_line(color="#555555", size=0.5),
        legend_title=p9.element_text(size=8),
        plot_margin=0.01,
    )


@dataclass(frozen=True)
class Point:
    """What one point of a figure says of itself.

    Parameters
    ----------
    name : str
        The area's.
    facts : tuple of (str, str)
        Its figures as the documents print them, each with its label.
    place : tuple
        By what the keyboard goes from point to point; any values that sort.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    place: tuple[float, str]

    @property
    def title(self) -> str:
        """All of it, in one line."""
        return f"{self.name}: {', '.join(f'{label} {value}' for label, value in self.facts)}"


def area_points(results: Results) -> tuple[Point, ...]:
    """Say of each point of Figure DS1 which area it is and what its figures are, in the order of the areas."""
    return tuple(
        Point(
            area.area_name,
            (
                ("deprivation rank", wording.rank(area.imd_rank)),
                (f"{results.outcome.words} rate", wording.percent(area.recovery_rate)),
                ("adjusted rate", wording.percent(area.adjusted_rate)),
                ("adjusted benchmark", wording.percent(area.adjusted_low)),
                ("patients who finished treatment", wording.count(area.finished_treatment)),
            ),
            (area.imd_rank, area.area_code),
        )
        for area in results.areas
    )


def as_svg(plot: Any, points: Sequence[Point] = ()) -> bytes:
    """Draw a plot as SVG; the same plot gives the same bytes.

    Parameters
    ----------
    plot : plotnine.ggplot
    points : sequence of Point
        What the points of the first layer of points say of themselves, in the order of the data: as the title of each,
        which a browser shows where the file is opened by itself, and all with their places in the element
        `POINTS_ID`, of which a page makes them answer. Where there are not as many points drawn, none says anything.
    """
    import matplotlib as mpl

    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "iapt-report", "svg.fonttype": "path"}):
        plot.save(out, format="svg", verbose=False, metadata={"Date": None, "Creator": None})
    return _speaking(out.getvalue().decode("utf-8"), points).encode("utf-8")


def _speaking(svg: str, points: Sequence[Point]) -> str:
    """Give the points of the first collection of an SVG what they say."""
    found = _POINTS.search(svg)
    opening = _OPENING.search(svg)
    if not points or not found or not opening:
        return svg
    shapes = list(_SHAPE.finditer(found[2]))
    if len(shapes) != len(points):
        return svg
    texts = iter(points)

    def with_title(shape: re.Match[str]) -> str:
        text = _NOT_XML.sub("\ufffd", html.escape(next(texts).title, quote=False))
        return f'<{shape[1]} role="img"{shape[2]}><title>{text}</title></{shape[1]}>'

    circles = [_circle(shape, found[1] or "") for shape in shapes]
    listed = f'\n <metadata id="{POINTS_ID}">{_island(opening[0], points, circles)}</metadata>'
    titled = _SHAPE.sub(with_title, found[2])
    return svg[: opening.end()] + listed + svg[opening.end() : found.start(2)] + titled + svg[found.end(2) :]


def _circle(shape: re.Match[str], shared: str) -> tuple[float, float, float]:
    """Give middle and radius of a point as it is drawn, in units of the figure's own system."""
    attributes = dict(_ATTRIBUTE.findall(shape[2]))
    if shape[1] == "path":
        (left, right), (top, bottom) = _extent(attributes["d"])
        return (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    # A use of a path that stands before it, drawn around the origin.
    (left, right), _ = _extent(dict(_ATTRIBUTE.findall(shared))["d"])
    return float(attributes["x"]), float(attributes["y"]), (right - left) / 2


def _extent(path: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Give the least and the greatest coordinates of a path, across and down."""
    numbers = [float(number) for number in _NUMBER.findall(path)]
    across, down = numbers[0::2], numbers[1::2]
    return (min(across), max(across)), (min(down), max(down))


def _island(opening: str, points: Sequence[Point], circles: Sequence[tuple[float, float, float]]) -> str:
    """Write points and places as JSON without any character that begins markup, in the keyboard's order."""
    _, _, width, height = (float(number) for number in dict(_ATTRIBUTE.findall(opening))["viewBox"].split())
    drawn = sorted(zip(points, circles, strict=True), key=lambda pair: pair[0].place)
    content = {
        "width": width,
        "height": height,
        "order": _ORDER,
        "labels": [label for label, _ in points[0].facts],
        "points": [
            [*(round(number, 2) for number in circle), point.name, *(value for _, value in point.facts)]
            for point, circle in drawn
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return _NOT_XML.sub("\ufffd", text)


def _as_png(plot: Any, dots: int) -> bytes:
    """Draw a plot as PNG on white, with so many dots an inch; the same plot gives the same bytes."""
    out = io.BytesIO()
    plot.save(out, format="png", dpi=dots, verbose=False, facecolor="white")
    return out.getvalue()


def as_images(plot: Any) -> dict[str, bytes]:
    """Draw a plot for a journal's submission system: PNG and TIFF (LZW) at 600 dots an inch, on white.

    Returns
    -------
    dict of str to bytes
        The content by suffix, as `IMAGE_SUFFIXES` lists them; the same plot gives the same bytes.
    """
    from PIL import Image

    drawn = io.BytesIO(_as_png(plot, _DOTS))
    kinds: dict[str, dict[str, Any]] = {
        ".png": {"format": "PNG"},
        ".tiff": {"format": "TIFF", "compression": "tiff_lzw"},
    }
    made = {}
    with Image.open(drawn) as image:
        # Nothing shines through: submission systems differ in what they make of transparency.
        opaque = image.convert("RGB")
    for suffix in IMAGE_SUFFIXES:
        out = io.BytesIO()
        opaque.save(out, dpi=(_DOTS, _DOTS), **kinds[suffix])
        made[suffix] = out.getvalue()
    return made


def _label(name: str) -> str:
    """Break a long name into lines, and keep a pair of dollar signs from making a formula of it."""
    return textwrap.fill(name, _LABEL_WIDTH).replace("$", r"\$")
