"""What changed since the last period: two periods set side by side, and the areas that crossed a benchmark."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.facts import DeprivationUsed, Gradient
from iapt_report.analysis.history import Counterparts, counterparts, put_together, within
from iapt_report.analysis.trend import Trend, trends
from iapt_report.areas.folder import last_before, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.stats.movement import Movement, moves
from iapt_report.stats.two_rates import differ
from iapt_report.stats.value import Value, finite
from iapt_report.system.errors import CallError, DataError, ReportError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.headline import Headline
    from iapt_report.analysis.results import Results
    from iapt_report.areas.table import Areas


class Side(Value):
    """One of the two periods: its headline figures, and what they rest on; rates and shares are proportions.

    ``outliers`` are the areas that are extreme and have an indicator each, so that they do not bear on the gradient.
    """

    period: str
    months: str
    areas: int
    mean_rate: float
    standard: float
    national: bool
    below_national: int
    below_adjusted: int
    gradient: Gradient
    outliers: int
    deprivation: DeprivationUsed | None


class Crossing(Value):
    """An area that was on the one side of a benchmark and is on the other.

    ``benchmark_then`` and ``benchmark_now`` are the benchmark's value for it; ``beyond_chance`` says whether its two
    rates differ by more than chance explains, ``doubted`` whether the source of a period makes its figures doubtful.
    """

    area_code: str
    area_name: str
    rate_then: float
    rate_now: float
    benchmark_then: float
    benchmark_now: float
    beyond_chance: bool
    doubted: bool


class Crossed(Value):
    """The areas that fell below a benchmark, and those that are no longer below it, the largest changes first."""

    fell: tuple[Crossing, ...]
    rose: tuple[Crossing, ...]

    @property
    def every(self) -> tuple[Crossing, ...]:
        """All of them."""
        return (*self.fell, *self.rose)


class AreaChange(Value):
    """An area in both periods: its rates (proportions), and their difference, the later one minus the earlier.

    ``low`` and ``high`` are the interval of the difference by chance in both rates, ``usual_low`` and ``usual_high``
    the one that also holds how far services usually move; ``beyond_chance`` and ``beyond_usual`` say whether it is
    beyond either, see `iapt_report.stats.movement`. ``joined`` says whether the area was made of others, whose sum is
    taken for the earlier period, ``doubted`` whether the source of a period makes its figures doubtful. ``national``
    and ``adjusted`` say whether it fell below a benchmark, or rose so that it is no longer below it; else empty.
    """

    area_code: str
    area_name: str
    rate_then: float
    rate_now: float
    cases_then: float
    cases_now: float
    change: float
    low: float | None
    high: float | None
    usual_low: float | None
    usual_high: float | None
    beyond_chance: bool
    beyond_usual: bool
    joined: bool
    doubted: bool
    national: Literal["", "fell", "rose"]
    adjusted: Literal["", "fell", "rose"]


class Since(Value):
    """A period and an earlier one that is set beside it.

    Parameters
    ----------
    confidence : float
        Level of the intervals, 0–1.
    outcome : str
        In words.
    synthetic : bool
        Whether the areas are invented.
    area_type : str
    then, now : Side
    consecutive : bool
        Whether the one follows the other at once.
    last : bool
        Whether it is known to be the last one before it that can be set beside it.
    trend : Trend
        Both, with the test of the change of the gradient.
    compared : int
        The areas that are in both.
    joined : int
        Of these, areas that were made of others, whose sum is taken for the earlier period.
    redrawn : tuple of str
        The names of the areas whose code was that of other borders, by more than a twentieth of their small areas, and
        which are not compared.
    national, adjusted : Crossed
        By the standard, and by the benchmark adjusted for deprivation.
    areas : tuple of AreaChange
        Those compared, from the largest fall to the largest rise.
    movement : Movement or None
        How these moved, taken together; None where they are too few to tell.
    """

    confidence: float
    outcome: str
    synthetic: bool
    area_type: str
    then: Side
    now: Side
    consecutive: bool
    last: bool
    trend: Trend
    compared: int
    joined: int
    redrawn: tuple[str, ...]
    national: Crossed
    adjusted: Crossed
    areas: tuple[AreaChange, ...]
    movement: Movement | None


def since_last(data: Path, results: Results) -> Since | None:
    """Set a period beside the last one before it; None where there is none, or it cannot be analysed alike.

    Parameters
    ----------
    data : Path
        The folder with a folder for each period.
    results : Results
        Of the later period; the earlier one is analysed with the same settings.
    """
    period = Period.parse(results.period.id)
    earlier = last_before(data, period, (results.period.synthetic, results.provenance.area_type))
    if earlier is None:
        return None
    try:
        return since(read_areas(data, earlier, OUTCOMES[results.settings.outcome]), results, last=True)
    except ReportError:
        return None


def since(earlier: Areas, now: Results, *, last: bool = False) -> Since:
    """Set a period beside an earlier one, which is analysed as it was.

    Parameters
    ----------
    earlier : Areas
    now : Results
    last : bool
        Whether the earlier one is the last that can be set beside it.

    Raises
    ------
    DataError
        If the earlier period cannot be analysed.
    """
    from iapt_report.analysis.study import ALONE, headline

    period = Period.parse(now.period.id)
    then = headline(earlier, now.settings.without_covariates())
    match = counterparts([area.area_code for area in now.areas], earlier, within(now.provenance.area_type, period))
    before = {area.area_code: area for area in then.areas if area.area_code in match.same}
    before |= _joined(earlier, now, match)
    pairs = [(before[area.area_code], area) for area in now.areas if area.area_code in before]
    doubted = {doubt.area_code for r in (then, now) for doubt in r.sample.doubts}
    with ALONE:
        (trend,) = trends((then, now))
    areas, movement = _areas(pairs, match, doubted, now.settings.confidence)
    return Since(
        confidence=now.settings.confidence,
        outcome=now.outcome.words,
        synthetic=now.period.synthetic,
        area_type=now.provenance.area_type,
        then=_side(then),
        now=_side(now),
        consecutive=earlier.period.end + timedelta(days=1) == period.start,
        last=last,
        trend=trend,
        compared=len(pairs),
        joined=sum(area.area_code in match.joined for _, area in pairs),
        redrawn=tuple(area.area_name for area in now.areas if area.area_code in match.redrawn),
        national=_crossed(pairs, doubted, now.settings.confidence, (then.standard.value, now.standard.value)),
        adjusted=_crossed(pairs, doubted, now.settings.confidence),
        areas=areas,
        movement=movement,
    )


def comparable(earlier: Areas, later: Areas) -> None:
    """Refuse to set two periods beside each other that are not alike.

    Raises
    ------
    CallError
        If they are one period, or of different lengths or kinds of area, or the one is invented and the other is not.
    """
    one, other = earlier.period, later.period
    if one == other:
        raise CallError(f"{one.id} is given twice", mend="name two periods")
    if one.kind != other.kind:
        raise CallError(
            f"{one.id} is a {one.kind}, and {other.id} a {other.kind}",
            expected="two periods of one length: patients of the longer one may be those of the shorter",
            mend="name two years, two quarters or two months",
        )
    if earlier.synthetic != later.synthetic:
        invented = one if earlier.synthetic else other
        raise CallError(
            f"the areas of {invented.id} are invented, those of the other period are not",
            mend="name two periods of real areas, or two of invented ones",
        )
    if earlier.area_type != later.area_type:
        raise CallError(
            f"an area of {one.id} is one {earlier.area_type}, and of {other.id} one {later.area_type}",
            expected="areas of one kind",
            mend="import one of the periods at the level of the other",
        )


def _areas(
    pairs: list[tuple[Area, Area]], match: Counterparts, doubted: set[str], confidence: float
) -> tuple[tuple[AreaChange, ...], Movement | None]:
    """Compare the areas that are in both periods, and order them by their change."""
    import numpy as np

    def column(i: int, name: str) -> NDArray[np.float64]:
        return np.array([getattr(pair[i], name) for pair in pairs], dtype=np.float64)

    found = moves(
        (column(0, "recovery_rate"), column(0, "cases")), (column(1, "recovery_rate"), column(1, "cases")), confidence
    )
    areas = [
        AreaChange(
            area_code=now.area_code,
            area_name=now.area_name,
            rate_then=then.recovery_rate,
            rate_now=now.recovery_rate,
            cases_then=then.cases,
            cases_now=now.cases,
            change=float(found.change[i]),
            low=finite(found.low[i]),
            high=finite(found.high[i]),
            usual_low=finite(found.usual_low[i]),
            usual_high=finite(found.usual_high[i]),
            beyond_chance=bool(found.beyond_chance[i]),
            beyond_usual=bool(found.beyond_usual[i]),
            joined=now.area_code in match.joined,
            doubted=now.area_code in doubted,
            national=_side_changed(then.below_national, now.below_national),
            adjusted=_side_changed(then.below_adjusted, now.below_adjusted),
        )
        for i, (then, now) in enumerate(pairs)
    ]
    return tuple(sorted(areas, key=lambda area: (area.change, area.area_code))), found.movement


def _side_changed(was: bool, is_: bool) -> Literal["", "fell", "rose"]:
    return "" if was == is_ else "fell" if is_ else "rose"


def _joined(earlier: Areas, now: Results, match: Counterparts) -> dict[str, Area]:
    """Analyse the earlier period with areas counted as those that they became, and return these."""
    from iapt_report.analysis.study import headline

    if not match.joined:
        return {}
    try:
        joint = headline(put_together(earlier, match), now.settings.without_covariates())
    except DataError:
        return {}
    return {area.area_code: area for area in joint.areas if area.area_code in match.joined}


def _side(r: Results | Headline) -> Side:
    return Side(
        period=r.period.id,
        months=r.period.months,
        areas=r.sample.areas,
        mean_rate=r.sample.recovery_rate.mean,
        standard=r.standard.value,
        national=r.standard.national,
        below_national=r.classification.below_national.n,
        below_adjusted=r.classification.below_adjusted.n,
        gradient=r.gradient,
        outliers=len(r.outliers.area_codes) if r.outliers.left_out else 0,
        deprivation=r.provenance.deprivation,
    )


def _crossed(
    pairs: list[tuple[Area, Area]],
    doubted: set[str],
    confidence: float,
    standards: tuple[float, float] | None = None,
) -> Crossed:
    """Find who crossed the standards of the two periods, or without these the adjusted benchmark."""
    fell: list[Crossing] = []
    rose: list[Crossing] = []
    for then, now in pairs:
        was, is_ = (then.below_national, now.below_national) if standards else (then.below_adjusted, now.below_adjusted)
        if was == is_:
            continue
        benchmarks = standards or (then.adjusted_low, now.adjusted_low)
        (fell if is_ else rose).append(
            Crossing(
                area_code=now.area_code,
                area_name=now.area_name,
                rate_then=then.recovery_rate,
                rate_now=now.recovery_rate,
                benchmark_then=benchmarks[0],
                benchmark_now=benchmarks[1],
                beyond_chance=differ((then.recovery_rate, now.recovery_rate), (then.cases, now.cases), confidence),
                doubted=now.area_code in doubted,
            )
        )
    return Crossed(fell=_ordered(fell), rose=_ordered(rose))


def _ordered(found: list[Crossing]) -> tuple[Crossing, ...]:
    return tuple(sorted(found, key=lambda one: (-abs(one.rate_now - one.rate_then), one.area_code)))
