"""Risk-adjusted rates: what an area's patients reached, against what a model of patients expects of such patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.agreement import Share
from iapt_report.stats.funnel import LEVELS, Funnel, funnel
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.grouped_logit import LogitFit


class RiskAdjusted(Value):
    """One area.

    Parameters
    ----------
    area_code : str
    cases, observed : int
        Patients of whom all is known that the model needs, and who of them reached the outcome; rounded as the areas'
        other counts are.
    expected : float
        How many would have, by the model.
    ratio, low, high : float
        Observed over expected, and its limits of chance.
    adjusted_rate, adjusted_low, adjusted_high : float
        The same times the rate of all these patients. A ratio can be so high that this exceeds 1.
    funnel_low, funnel_high, wide_low, wide_high : float
        Between which limits of chance (95%, 99.8%) the adjusted rate of an area of such patients would lie, were it
        like the others.
    z : float
        Its distance from the rate of all, in standard errors of chance.
    below, above : bool
        Whether the whole interval of the ratio is below, or above, 1.
    """

    area_code: str
    cases: int
    observed: int
    expected: float
    ratio: float
    low: float
    high: float
    adjusted_rate: float
    adjusted_low: float
    adjusted_high: float
    funnel_low: float
    funnel_high: float
    wide_low: float
    wide_high: float
    z: float
    below: bool
    above: bool


class RiskAdjustment(Value):
    """All areas.

    Parameters
    ----------
    rate : float
        Of all patients of the model (proportion).
    areas : tuple of RiskAdjusted
        In the order of their codes.
    withheld : tuple of str
        The codes of areas of which a count is too small to be given.
    below, above : Share
        The areas whose ratio is below, or above, 1 beyond chance.
    funnel : Funnel
        How many lie beyond the limits, and how far areas differ beyond chance.
    """

    rate: float
    areas: tuple[RiskAdjusted, ...]
    withheld: tuple[str, ...]
    below: Share
    above: Share
    funnel: Funnel


def risk_adjustment(
    fit: LogitFit, codes: Sequence[str], confidence: float, *, rounded_to: int = 1, withheld_under: int = 5
) -> RiskAdjustment | None:
    """Standardise each area's outcome for its patients, indirectly, by a model of patients.

    Parameters
    ----------
    fit : LogitFit
        Without areas' own intercepts.
    codes : sequence of str, length areas
    confidence : float
        Level of the intervals of ratios, 0–1.
    rounded_to : int
        The areas' counts are rounded to the nearest multiple of this before anything is computed of them.
    withheld_under : int
        An area is withheld of which fewer patients than this reached the outcome, or did not.

    Returns
    -------
    RiskAdjustment or None
        None where fewer than two areas are left.

    Notes
    -----
    Expected is Σ cases × fitted chance, its variance Σ cases × chance × (1 − chance). The limits of the ratio are
    Wilson's for the observed proportion, divided by the expected proportion, as
    `iapt_report.stats.case_mix.case_mix` has them; those of the funnel are normal, with the model's variance.
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med 2005; 24: 1185–1202. The model is
    taken as known: it rests on the patients of all areas.
    """
    import numpy as np
    from scipy import stats
    from statsmodels.stats.proportion import proportion_confint

    design = fit.design
    cases = _by_area(design.by_area, np.ones_like(fit.chance))
    observed = _by_area(design.reached_by_area, np.ones_like(fit.chance))
    expected = _by_area(design.by_area, fit.chance)
    variance = _by_area(design.by_area, fit.chance * (1 - fit.chance))
    rate = float(design.reached.sum() / design.cases.sum())
    small = np.minimum(observed, cases - observed) < withheld_under
    kept = np.flatnonzero(~small)
    if len(kept) <= 1:
        return None
    of, found = (_rounded(counts, rounded_to) for counts in (cases, observed))
    # What is expected is of the patients as they are given.
    given = of / np.where(cases > 0, cases, 1)
    expected, variance = expected * given, variance * given
    low, high = proportion_confint(found[kept], of[kept], alpha=1 - confidence, method="wilson")
    ratio = found[kept] / expected[kept]
    low, high = low * of[kept] / expected[kept], high * of[kept] / expected[kept]
    error = np.sqrt(variance[kept]) / expected[kept]
    reach = {level: float(stats.norm.isf((1 - level) / 2)) * error for level in LEVELS}
    # As many patients, of the same chance each, as would give the rate this error.
    effective = rate * (1 - rate) / (rate * error) ** 2
    areas = tuple(
        RiskAdjusted(
            area_code=codes[area],
            cases=int(of[area]),
            observed=int(found[area]),
            expected=float(expected[area]),
            ratio=float(ratio[i]),
            low=float(low[i]),
            high=float(high[i]),
            adjusted_rate=float(ratio[i] * rate),
            adjusted_low=float(low[i] * rate),
            adjusted_high=float(high[i] * rate),
            funnel_low=float(rate * max(0.0, 1 - reach[LEVELS[0]][i])),
            funnel_high=float(rate * (1 + reach[LEVELS[0]][i])),
            wide_low=float(rate * max(0.0, 1 - reach[LEVELS[1]][i])),
            wide_high=float(rate * (1 + reach[LEVELS[1]][i])),
            z=float((ratio[i] - 1) / error[i]),
            below=bool(high[i] < 1),
            above=bool(low[i] > 1),
        )
        for i, area in enumerate(kept.tolist())
    )
    return RiskAdjustment(
        rate=rate,
        areas=tuple(sorted(areas, key=lambda area: area.area_code)),
        withheld=tuple(sorted(codes[area] for area in np.flatnonzero(small & (cases > 0)).tolist())),
        below=_share([area.below for area in areas]),
        above=_share([area.above for area in areas]),
        funnel=funnel(ratio * rate, np.full(len(kept), rate), effective, "expected"),
    )


def _by_area(counts: object, values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(counts @ values, dtype=np.float64)  # type: ignore[operator]


def _rounded(counts: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    import numpy as np

    return np.floor((counts + step // 2) / step) * step


def _share(flags: list[bool]) -> Share:
    return Share(n=sum(flags), share=sum(flags) / len(flags))
