"""What each service did beside its outcome, and how its patients are spread over neighbourhoods, as numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from iapt_report.analysis.facts import FifthFacts, PatientsGapFacts, Profile, Profiles, ServiceFacts
from iapt_report.areas.deciles import DECILES, ENGLAND
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.rates import ROUNDING_ERROR, is_below
from iapt_report.areas.table import Precision
from iapt_report.stats.benchmarks import chance_limits
from iapt_report.stats.group_short import clearly_shortest
from iapt_report.stats.two_rates import difference_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.table import Areas

_FIFTHS = len(DECILES) // 2


@dataclass(frozen=True)
class _Limits:
    """Chance and rounding together, each of shape (n,), as proportions."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def profiles(
    areas: Areas,
    outcome: Outcome,
    cases: NDArray[np.float64],
    standard: float,
    confidence: float,
) -> Profiles:
    """Describe every service, and all of them together.

    Parameters
    ----------
    areas : Areas
        Of n areas.
    outcome : Outcome
        By which they are compared.
    cases : array of shape (n,)
        The patients behind the rates.
    standard : float
        That areas are held to (proportion).
    confidence : float
        Level of the intervals, 0–1.
    """
    table = areas.table
    precision = areas.precision or Precision()
    limits = _limits(table, outcome, cases, confidence)
    england, own = _fifths(areas, outcome)
    shorts = _short(table, outcome, standard)
    services = _services(table)
    return Profiles(
        together=_together(table),
        referrals_median=float(table["referrals"].median()),
        fifths=england,
        areas={
            str(code): Profile(
                low=float(limits.low[i]),
                high=float(limits.high[i]),
                short=shorts[i],
                counts_exact=precision.rounded_to == 1,
                service=services[i],
                fifths=own.get(str(code), ()),
                between_fifths=_between(own.get(str(code), ()), confidence),
            )
            for i, code in enumerate(table["area_code"])
        },
    )


def profile_of(results: Results, area: Area) -> Profile:
    """Return what results say of one service; of results without it, what its rate alone says."""
    if results.profiles is not None and area.area_code in results.profiles.areas:
        return results.profiles.areas[area.area_code]
    return Profile(low=area.chance_low, high=area.chance_high)


def fifth_furthest_short(results: Results, area: Area) -> int | None:
    """Find the fifth of neighbourhoods in which a service falls short of England by clearly more than in its others.

    Returns
    -------
    int or None
        0 for the most deprived; None where no fifth stands out, or the counts of one are not known; see
        `iapt_report.stats.group_short`.
    """
    shorts = shortfalls(results, area)
    if results.profiles is None or len(shorts) < _FIFTHS:
        return None
    own = profile_of(results, area).fifths
    cases, reached = ([int(getattr(one, name)) for one in own] for name in ("cases", "reached"))
    expected = [one.rate or 0.0 for one in results.profiles.fifths]
    return clearly_shortest(cases, reached, expected, results.settings.confidence)


def shortfalls(results: Results, area: Area) -> tuple[float, ...]:
    """Subtract a service's rate in each fifth of neighbourhoods from England's (proportions); empty where one lacks."""
    if results.profiles is None:
        return ()
    pairs = zip(profile_of(results, area).fifths, results.profiles.fifths, strict=False)
    found = [all_.rate - own.rate for own, all_ in pairs if own.rate is not None and all_.rate is not None]
    return tuple(found) if len(found) == _FIFTHS else ()


def finishes_less(results: Results, area: Area) -> bool:
    """Whether fewer of those referred to a service finished than in all of them, by more than chance explains.

    Chance is Wilson's interval of those who finished among as many as were referred, an approximation: they are not all
    the same people.
    """
    own = profile_of(results, area).service.completed
    every = None if results.profiles is None else results.profiles.together.completed
    if own is None or every is None or area.referrals <= 0:
        return False
    limits = chance_limits(np.array([own]), np.array([float(area.referrals)]), results.settings.confidence)
    return float(limits.high[0]) < every


def _limits(table: pd.DataFrame, outcome: Outcome, cases: NDArray[np.float64], confidence: float) -> _Limits:
    """Give the lower limit of chance about the least that a rate can be, and the upper one about the most."""
    rate = table[outcome.rate]
    least, most = (table[name].fillna(rate).to_numpy("float64").clip(0.0, 1.0) for name in (outcome.low, outcome.high))
    return _Limits(chance_limits(least, cases, confidence).low, chance_limits(most, cases, confidence).high)


def _short(table: pd.DataFrame, outcome: Outcome, standard: float) -> list[int | None]:
    """Count how many more patients would have had to reach the outcome for the standard; None where that is unknown."""
    below = is_below(table[outcome.rate].to_numpy("float64"), standard)
    counts = table[[outcome.reached, outcome.cases]].itertuples(index=False)
    return [
        None if _unknown(n) or _unknown(o) or not n else max(needed(standard, int(n)) - int(o), 0) if low else 0
        for low, (o, n) in zip(below, counts, strict=True)
    ]


def needed(standard: float, cases: int) -> int:
    """Count how many of so many patients must reach an outcome for a standard, a proportion, to be met."""
    return math.ceil(standard * cases - ROUNDING_ERROR * max(cases, 1))


def _unknown(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def _services(table: pd.DataFrame) -> list[ServiceFacts]:
    """Say of each service what it did, in the order of the table."""
    rates = [_optional(table[OUTCOMES[name].rate]) for name in OUTCOMES]
    referrals, finished = (table[name].astype("Float64") for name in ("referrals", "finished_treatment"))
    completed = _optional((finished / referrals).where((referrals > 0) & (finished <= referrals)))
    return [
        ServiceFacts(recovery=a, reliable_recovery=b, reliable_improvement=c, completed=d)
        for a, b, c, d in zip(*rates, completed, strict=True)
    ]


def _optional(values: pd.Series[float]) -> list[float | None]:
    return [None if _unknown(value) else float(value) for value in values]


def _together(table: pd.DataFrame) -> ServiceFacts:
    """Say the same of all services as one, from those of which both counts are known."""
    found = {name: _weighted(table, outcome) for name, outcome in OUTCOMES.items()}
    usable = table[(table["referrals"] > 0) & (table["finished_treatment"] <= table["referrals"])]
    referrals = float(usable["referrals"].sum())
    completed = float(usable["finished_treatment"].sum()) / referrals if referrals > 0 else None
    return ServiceFacts(**found, completed=completed)


def _weighted(table: pd.DataFrame, outcome: Outcome) -> float | None:
    """Average a rate over services by the patients behind it, or by who finished treatment where these are unknown."""
    cases = table[outcome.cases].where(table[outcome.cases] > 0).fillna(table["finished_treatment"]).astype("float64")
    known = table[outcome.rate].notna()
    total = float(cases[known].sum())
    return float((table[outcome.rate] * cases)[known].sum()) / total if total > 0 else None


def _fifths(areas: Areas, outcome: Outcome) -> tuple[tuple[FifthFacts, ...], Mapping[str, tuple[FifthFacts, ...]]]:
    """Give England's patients by fifth of neighbourhoods, the most deprived first, and those of each area."""
    if areas.deciles is None:
        return (), {}
    wide = areas.deciles.pivot(index="area_code", columns="decile", values=[outcome.cases, outcome.reached])
    found = {}
    for code, row in zip(wide.index, wide.itertuples(index=False, name=None), strict=True):
        # The columns are those of cases, decile by decile, then those of the patients who reached the outcome.
        cases, reached = row[: len(DECILES)], row[len(DECILES) :]
        found[str(code)] = tuple(_fifth(cases[i : i + 2], reached[i : i + 2]) for i in range(0, 2 * _FIFTHS, 2))
    analysed = set(areas.table["area_code"])
    own = {code: fifths for code, fifths in found.items() if code in analysed and any(f.cases for f in fifths)}
    return found.get(ENGLAND, ()), own


def _fifth(cases: tuple[Any, ...], reached: tuple[Any, ...]) -> FifthFacts:
    return FifthFacts(cases=_sum(cases), reached=_sum(reached))


def _sum(counts: tuple[Any, ...]) -> int | None:
    return None if any(map(_unknown, counts)) else int(sum(counts))


def _between(fifths: tuple[FifthFacts, ...], confidence: float) -> PatientsGapFacts | None:
    """Compare the patients of the least deprived fifth with those of the most deprived; None where counts lack."""
    if not fifths:
        return None
    most, least = fifths[0], fifths[-1]
    if most.rate is None or least.rate is None or most.cases is None or least.cases is None:
        return None
    limits = difference_interval((most.rate, least.rate), (float(most.cases), float(least.cases)), confidence)
    return None if limits is None else PatientsGapFacts(gap=least.rate - most.rate, low=limits[0], high=limits[1])
