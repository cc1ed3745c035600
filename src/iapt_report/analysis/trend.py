"""Several periods' results side by side: the gradient and the areas below each benchmark, over time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.facts import DeprivationUsed
from iapt_report.stats.change import Change, Wave, change, change_for_few_areas
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iapt_report.analysis.headline import Headline
    from iapt_report.analysis.results import Results

Kind = Literal["month", "quarter", "year"]
# A fitted rate can leave what rates can be, or reach its end, where chance would have no spread.
_NEAREST_TO_CERTAIN = 0.01


class Point(Value):
    """One period: its gradient with its interval, and the shares of areas below each benchmark (proportions).

    ``deprivation`` is the edition of the index and the boundaries that it rests on, where they are known; ``left_out``
    counts the outlying areas that do not bear on the gradient.
    """

    period: str
    label: str
    start: date
    areas: int
    mean_rate: float
    gradient: float
    ci_low: float | None
    ci_high: float | None
    below_national: float
    below_adjusted: float
    left_out: int = 0
    deprivation: DeprivationUsed | None = None


class Trend(Value):
    """Periods of one kind, oldest first, that were analysed alike; ``change`` is None for a single period."""

    kind: Kind
    area_type: str
    synthetic: bool
    outcome: str
    points: tuple[Point, ...]
    change: Change | None


class Trends(Value):
    """All of them, as they are printed together."""

    trends: tuple[Trend, ...]


def trends(results: Iterable[Results | Headline]) -> tuple[Trend, ...]:
    """Put periods in order, those of each kind apart: a year and its quarters share patients.

    Invented data are never set beside real ones, nor one outcome or kind of area beside another.
    """
    groups: dict[tuple[Kind, str, bool, str], list[Results | Headline]] = {}
    for r in sorted(results, key=lambda r: (r.period.start, r.period.id)):
        key = (r.period.kind, r.provenance.area_type, r.period.synthetic, r.outcome.words)
        groups.setdefault(key, []).append(r)
    return tuple(
        Trend(
            kind=kind,
            area_type=area_type,
            synthetic=synthetic,
            outcome=outcome,
            points=tuple(map(_point, members)),
            change=_change(members),
        )
        for (kind, area_type, synthetic, outcome), members in groups.items()
    )


def _point(r: Results | Headline) -> Point:
    gradient = r.gradient
    return Point(
        period=r.period.id,
        label=r.period.label,
        start=r.period.start,
        areas=r.sample.areas,
        mean_rate=r.sample.recovery_rate.mean,
        gradient=gradient.estimate,
        ci_low=gradient.ci_low,
        ci_high=gradient.ci_high,
        below_national=r.classification.below_national.share,
        below_adjusted=r.classification.below_adjusted.share,
        left_out=len(r.outliers.area_codes) if r.outliers.left_out else 0,
        deprivation=r.provenance.deprivation,
    )


def _change(members: Sequence[Results | Headline]) -> Change | None:
    """Test the change of the gradient, by the model that conclusions of all these periods come from."""
    waves, confidence = [_wave(r) for r in members], members[0].settings.confidence
    if all(r.concludes == "random_effects" for r in members):
        return change_for_few_areas(waves, confidence, inverse_variances=True)
    return change(waves, confidence)


def _wave(r: Results | Headline) -> Wave:
    import numpy as np

    # Outliers that have an indicator of their own do not bear on the gradient.
    kept = [area for area in r.areas if not (area.outlier and r.outliers.left_out)]
    weights = np.array([area.weight for area in kept])
    if r.concludes == "random_effects" and r.random_effects is not None:
        cases = np.array([area.cases for area in kept])
        expected = np.array([area.adjusted_rate for area in kept]).clip(_NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
        weights = 1 / (r.random_effects.tau2 + expected * (1 - expected) / cases)
    return Wave(
        day=(r.period.start.toordinal() + r.period.end.toordinal()) / 2,
        codes=tuple(area.area_code for area in kept),
        rank=np.array([area.imd_rank for area in kept]),
        rate=np.array([area.recovery_rate for area in kept]),
        weights=weights,
    )
