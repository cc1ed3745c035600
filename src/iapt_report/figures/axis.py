"""The axis of rates of a picture: as long as what lies together asks for, with what lies far off marked at its edge."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from iapt_report.figures import theme
from iapt_report.words import numbers
from iapt_report.words.place_names import place_name

if TYPE_CHECKING:
    from collections.abc import Sequence

# Beyond the quartiles by more interquartile ranges than this, a value lies far off.
_FAR = 3.0
# What lies far off is marked at the edge where the axis would otherwise be so many times as long.
_CRUSHED = 1.5
# More than these are no few, and are named at an edge no longer.
_MOST = 5
_MARGIN = 0.05
_LABEL_WIDTH = 34

Side = Literal[-1, 0, 1]


@dataclass(frozen=True)
class Axis:
    """An axis of rates in per cent.

    Parameters
    ----------
    low, high : float
        Its ends.
    heights : tuple of float
        Where each value is drawn: its own place, or just within the end beyond which it lies.
    sides : tuple of {-1, 0, 1}
        Of each value: -1 where it lies below the axis, 1 above it, 0 on it.
    """

    low: float
    high: float
    heights: tuple[float, ...]
    sides: tuple[Side, ...]


def axis(values: Sequence[float], shown: Sequence[float]) -> Axis:
    """Lay out an axis for rates.

    Parameters
    ----------
    values : sequence of float
        The rates of the areas, in per cent.
    shown : sequence of float
        What the axis has to hold beside them, such as lines and a standard, in per cent.

    Returns
    -------
    Axis
        From 0 at the least to 100 at the most. It holds every value, except where a few far off would make it more than
        half as long again.
    """
    rates, lines = np.asarray(values, float), np.asarray(shown, float)
    lower, upper = np.quantile(rates, [0.25, 0.75])
    reach = _FAR * (upper - lower)
    together = rates[(rates >= lower - reach) & (rates <= upper + reach)]
    low, high = _ends(np.concatenate([together, lines]))
    whole = _ends(np.concatenate([rates, lines]))
    if whole[1] - whole[0] <= _CRUSHED * (high - low) or len(rates) - len(together) > _MOST:
        low, high = whole
    margin = _MARGIN * (high - low)
    ends = (max(0.0, low - margin), min(100.0, high + margin))
    sides: tuple[Side, ...] = tuple(-1 if rate < low else 1 if rate > high else 0 for rate in rates)
    heights = {-1: (ends[0] + low) / 2, 1: (ends[1] + high) / 2}
    return Axis(*ends, tuple(heights.get(side, float(rate)) for side, rate in zip(sides, rates, strict=True)), sides)


def marks(frame: Any, x: str, laid: Axis) -> list[Any]:
    """Return the layers that mark what lies beyond the axis: a triangle at the edge that points to it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row a value, in their order.
    x : str
        The column of their places along the other axis.
    laid : Axis

    Returns
    -------
    list of plotnine layers
        Empty where nothing lies beyond.
    """
    import plotnine as p9

    at = frame[[x]].assign(height=laid.heights, side=laid.sides)
    return [
        p9.geom_point(at[at["side"] == side], p9.aes(x, "height"), shape=shape, size=3, color=theme.INK, fill=theme.INK)
        for side, shape in ((-1, "v"), (1, "^"))
        if side in laid.sides
    ]


def label(name: str, rate: float | None = None) -> str:
    """Write what stands beside an area's point: its name, in lines, with its rate where the axis does not show it.

    Parameters
    ----------
    name : str
    rate : float, optional
        In per cent.
    """
    # A pair of dollar signs would make a formula of what is between them.
    return textwrap.fill(name if rate is None else f"{name}, {rate:.1f}%", _LABEL_WIDTH).replace("$", r"\$")


def names(frame: Any, x: str, laid: Axis) -> list[Any]:
    """Return the layers that name what lies beyond the axis, with its rate.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row an area: ``area_name``, ``area_code``, ``recovery_rate`` in per cent, in the order of the axis's values.
    x : str
        The column of their places along the other axis.
    laid : Axis

    Returns
    -------
    list of plotnine layers
        Empty where nothing lies beyond.
    """
    import plotnine as p9

    beyond, left = np.asarray(laid.sides) != 0, frame[x] <= frame[x].median()
    called = map(place_name, frame["area_name"][beyond], frame["area_code"][beyond])
    labels = [label(name, rate) for name, rate in zip(called, frame["recovery_rate"][beyond], strict=True)]
    at = frame[[x]].assign(height=laid.heights)
    at.loc[beyond, "label"] = labels
    nudge = 0.02 * float(frame[x].max() - frame[x].min())
    looks: dict[str, Any] = {"size": 7.5, "color": theme.INK}
    return [
        p9.geom_text(at[beyond & on_side], p9.aes(x, "height", label="label"), ha=ha, nudge_x=way * nudge, **looks)
        for ha, way, on_side in (("left", 1, left), ("right", -1, ~left))
        if (beyond & on_side).any()
    ]


def note(laid: Axis) -> str:
    """Say how what lies beyond the axis is shown; nothing where all lies on it."""
    n = sum(side != 0 for side in laid.sides)
    if not n:
        return ""
    which = "an area whose rate lies" if n == 1 else f"{numbers.number_word(n)} areas whose rates lie"
    return f"A triangle at the edge marks {which} beyond the axis."


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())
