"""Case-mix adjustment: what an area's outcome would be expected to be, given its patients' own deprivation or group."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from iapt_report.areas.deciles import DECILES, ENGLAND
from iapt_report.areas.group_counts import PARTS
from iapt_report.areas.shares import GROUP, KNOWN, VARIABLE, WITHIN
from iapt_report.stats.agreement import Share
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Published counts under this are withheld.
WITHHELD_UNDER = 5


class NationalDecile(Value):
    """England's patients of one deprivation decile (1 the most deprived): counts, and their rate (proportion)."""

    decile: int
    cases: int
    reached: int
    rate: float


class NationalGroup(Value):
    """England's patients of one group: counts, and their rate (proportion)."""

    group: str
    cases: int
    reached: int
    rate: float


class AreaRatio(Value):
    """What was observed in one area, against what its patients' deprivation or group leads one to expect.

    Parameters
    ----------
    area_code : str
    cases, observed : int
        The patients who could reach the outcome, and who did, in the deciles or groups of which both counts are known.
    expected : float
        How many of these cases would have reached it at the national rate of their decile or group.
    ratio, low, high : float
        Observed over expected, and its confidence limits.
    adjusted_rate, adjusted_low, adjusted_high : float
        The same times the national rate. A ratio can be so high that this exceeds 1.
    ratio_least, ratio_most : float or None
        Bounds that the ratio of all deciles' or groups' true counts cannot be beyond, given that counts are rounded and
        small ones withheld; None where a count is not known at all.
    unknown_share : float or None
        The share of all the area's cases that are not in ``cases``; None where their total is not known.
    below, above : bool
        Whether the whole confidence interval of the ratio is below, or above, 1.
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
    ratio_least: float | None
    ratio_most: float | None
    unknown_share: float | None
    below: bool
    above: bool


class CaseMix(Value):
    """Areas against the national rates of their patients' own deprivation deciles.

    Parameters
    ----------
    national : tuple of NationalDecile
        From the most deprived to the least.
    national_rate : float
        The rate of all ten deciles together (proportion).
    areas : tuple of AreaRatio
        Sorted by code.
    lacking : tuple of str
        The codes of the areas analysed that have no decile of which both counts are known.
    cells, suppressed : int
        Deciles of areas, and those of which a count was withheld because it is small.
    unknown_share : float or None
        The share of the patients of ``areas`` who are not in their ``cases``.
    below, above : Share
        The areas with a ratio below, or above, 1 beyond chance, and their share of ``areas``.
    beyond_p : float
        Whether more areas lie beyond chance, on either side, than the share that lies there by chance, one minus the
        level of the intervals: P of the exact binomial test, one-sided (`scipy.stats.binomtest`).
    """

    national: tuple[NationalDecile, ...]
    national_rate: float
    areas: tuple[AreaRatio, ...]
    lacking: tuple[str, ...]
    cells: int
    suppressed: int
    unknown_share: float | None
    below: Share
    above: Share
    beyond_p: float


class GroupMix(Value):
    """Areas against the national rates of their patients' groups, by one variable.

    Parameters
    ----------
    variable : str
    national : tuple of NationalGroup
        Groups that part the patients of whom the variable is known.
    national_rate, areas, lacking, cells, suppressed, unknown_share, below, above, beyond_p
        As of `CaseMix`, groups in place of deciles. Patients of whom the variable is not known are in no group.
    """

    variable: str
    national: tuple[NationalGroup, ...]
    national_rate: float
    areas: tuple[AreaRatio, ...]
    lacking: tuple[str, ...]
    cells: int
    suppressed: int
    unknown_share: float | None
    below: Share
    above: Share
    beyond_p: float


@dataclass(frozen=True)
class _Bounds:
    """The least and the most that the counts of one area's deciles can be, each of shape (n,); NaN where unknown."""

    fewest_reached: NDArray[np.float64]
    most_reached: NDArray[np.float64]
    fewest_cases: NDArray[np.float64]
    most_cases: NDArray[np.float64]


def case_mix(
    deciles: pd.DataFrame | None,
    table: pd.DataFrame,
    *,
    reached: str,
    cases: str,
    confidence: float,
    rounded_to: int = 1,
    withheld_under: int = WITHHELD_UNDER,
) -> CaseMix | None:
    """Standardise each area's outcome for its patients' own deprivation, indirectly.

    Parameters
    ----------
    deciles : DataFrame or None
        As `iapt_report.areas.deciles.checked_deciles` returns it.
    table : DataFrame
        The areas analysed, one row each: ``area_code`` and, in the column ``cases``, all the cases of the area.
    reached, cases : str
        The columns of the patients who reached the outcome and who could.
    confidence : float
        Level of the intervals, 0–1.
    rounded_to : int
        The areas' counts are rounded to the nearest multiple of this; England's are exact.
    withheld_under : int
        The areas' counts under this are withheld.

    Returns
    -------
    CaseMix or None
        None where there are no deciles, a national rate is not known, or no area has a decile with both counts.

    Notes
    -----
    Ratio = observed / expected, expected = Σ cases of a decile × the national rate of the decile. Breslow NE, Day NE.
    Statistical Methods in Cancer Research, volume II: The Design and Analysis of Cohort Studies. Lyon: International
    Agency for Research on Cancer, 1987. The national rates are taken as known: they rest on many times the patients of
    an area. The limits are Wilson's for the observed proportion, divided by the expected proportion
    (`statsmodels.stats.proportion.proportion_confint`): Wilson EB. Probable inference, the law of succession, and
    statistical inference. J Am Stat Assoc 1927; 22: 209–212. They take an area's patients as having one chance each,
    where it differs between deciles, and so are a little wide.
    """
    if deciles is None:
        return None
    national = _national(deciles, reached, cases)
    if not national:
        return None
    england = _England("decile", {row.decile: row.rate for row in national}, _rate(national))
    counts = _Counts(reached, cases, rounded_to, withheld_under)
    found = _standardised(deciles, table, england, counts, confidence)
    return CaseMix(national=national, **found) if found else None


def group_mix(
    shares: pd.DataFrame | None,
    table: pd.DataFrame,
    variable: str,
    *,
    reached: str,
    cases: str,
    confidence: float,
    rounded_to: int = 1,
    withheld_under: int = WITHHELD_UNDER,
) -> GroupMix | None:
    """Standardise each area's outcome for its patients' groups by one variable, indirectly, as `case_mix` does.

    Parameters
    ----------
    shares : DataFrame or None
        As `iapt_report.areas.shares.checked_shares` returns it.
    table : DataFrame
        The areas analysed, one row each: ``area_code`` and, in the column ``cases``, all the cases of the area.
    variable : str
        One of those in ``shares``.
    reached, cases, confidence, rounded_to, withheld_under
        As of `case_mix`.

    Returns
    -------
    GroupMix or None
        None where the source does not give both counts of groups that part England's patients, each once, or no area
        has a group with both.

    Notes
    -----
    Of groups that hold others the whole ones are taken where these make up all patients of whom the variable is known,
    else their parts.
    """
    if shares is None:
        return None
    own = shares[shares[VARIABLE] == variable]
    national = _national_groups(own[own["area_code"] == ENGLAND], reached, cases, rounded_to)
    if not national:
        return None
    england = _England(GROUP, {row.group: row.rate for row in national}, _rate(national))
    counts = _Counts(reached, cases, rounded_to, withheld_under)
    found = _standardised(own[own[GROUP].isin(england.rates)], table, england, counts, confidence)
    return GroupMix(variable=variable, national=national, **found) if found else None


def _national_groups(england: pd.DataFrame, reached: str, cases: str, slack: int) -> tuple[NationalGroup, ...]:
    """Return England's groups that part its patients; none where there are no such."""
    known = (england[cases] > 0).fillna(value=False) & england[reached].notna() & england[KNOWN].notna()
    rows = england[known & england["finished_treatment"].notna()]
    names = set(rows[GROUP])
    whole = {name for name in names if not any(name.startswith(other + WITHIN) for other in names)}
    parts = {name for name in names if not any(other.startswith(name + WITHIN) for other in names)}
    for chosen in (whole, parts):
        own = rows[rows[GROUP].isin(chosen)].sort_values(GROUP)
        if len(own) > 1 and abs(own["finished_treatment"].sum() - own[KNOWN].iloc[0]) <= slack * len(own):
            return tuple(
                NationalGroup(group=str(name), cases=int(n), reached=int(o), rate=int(o) / int(n))
                for name, o, n in own[[GROUP, reached, cases]].itertuples(index=False)
            )
    return ()


def _rate(national: Sequence[NationalDecile | NationalGroup]) -> float:
    return sum(row.reached for row in national) / sum(row.cases for row in national)


def _standardised(
    cells: pd.DataFrame, table: pd.DataFrame, england: _England, counts: _Counts, confidence: float
) -> dict[str, Any]:
    """Standardise every area, and say of all what is known of them; empty where nothing is expected of any."""
    import numpy as np
    from statsmodels.stats.proportion import proportion_confint

    totals = dict(zip(table["area_code"], _floats(table[counts.cases]).tolist(), strict=True))
    rows = cells[cells["area_code"].isin(totals) & (cells["area_code"] != ENGLAND)]
    groups = _groups(rows, england, counts)
    places = {str(code): np.asarray(there, dtype=np.intp) for code, there in rows.groupby("area_code").indices.items()}
    areas = [(code, groups.of(there)) for code, there in sorted(places.items())]
    known = [(code, own, sums) for code, own in areas if (sums := _sums(own)).expected > 0]
    if not known:
        return {}
    observed, of = (np.array([getattr(sums, name) for *_, sums in known]) for name in ("observed", "cases"))
    limits = zip(*proportion_confint(observed, of, alpha=1 - confidence, method="wilson"), strict=True)
    found = tuple(
        _ratio(
            code,
            sums,
            own_limits,
            england,
            _unknown_share(sums.cases, totals[code]),
            _open(own, totals[code], england, counts),
        )
        for (code, own, sums), own_limits in zip(known, limits, strict=True)
    )
    return _together(found, groups, totals, england, confidence)


@dataclass(frozen=True)
class _Groups:
    """Deciles or groups of areas' patients, arrays of shape (n,): counts are NaN where they are not known.

    Parameters
    ----------
    rate : ndarray
        England's (proportion).
    reached, cases : ndarray
    parts : ndarray
        How many published counts each count is the sum of.
    reached_withheld, cases_withheld : ndarray of bool
    """

    rate: NDArray[np.float64]
    reached: NDArray[np.float64]
    cases: NDArray[np.float64]
    parts: NDArray[np.float64]
    reached_withheld: NDArray[np.bool_]
    cases_withheld: NDArray[np.bool_]

    def of(self, there: NDArray[np.intp]) -> _Groups:
        """Return those at some places."""
        return _Groups(*(getattr(self, one.name)[there] for one in fields(self)))


@dataclass(frozen=True)
class _Sums:
    """The patients of an area in groups of which both counts are known, and how many were expected to reach it."""

    observed: float
    cases: float
    expected: float


@dataclass(frozen=True)
class _England:
    """The national rates by what patients are told apart by, whose column is ``key``; and the rate of all together."""

    key: str
    rates: Mapping[Any, float]
    rate: float


@dataclass(frozen=True)
class _Counts:
    """Which columns count what, and how the areas' counts are published; see `case_mix`."""

    reached: str
    cases: str
    rounded_to: int
    withheld_under: int


def _groups(rows: pd.DataFrame, england: _England, counts: _Counts) -> _Groups:
    """Read the rows of areas' groups, once for all areas: asked of each area's rows, pandas takes as long for each."""
    import numpy as np

    names = [set(named.split(";")) for named in rows["suppressed"]]
    return _Groups(
        rate=np.array([england.rates[one] for one in rows[england.key]], dtype=np.float64),
        reached=_floats(rows[counts.reached]),
        cases=_floats(rows[counts.cases]),
        parts=rows[PARTS].to_numpy("float64"),
        reached_withheld=np.array([counts.reached in own for own in names], dtype=np.bool_),
        cases_withheld=np.array([counts.cases in own for own in names], dtype=np.bool_),
    )


def _sums(own: _Groups) -> _Sums:
    import numpy as np

    usable = ~np.isnan(own.reached) & ~np.isnan(own.cases)
    return _Sums(
        observed=float(own.reached[usable].sum()),
        cases=float(own.cases[usable].sum()),
        expected=float((own.cases[usable] * own.rate[usable]).sum()),
    )


def _ratio(
    code: str,
    sums: _Sums,
    limits: tuple[float, float],
    england: _England,
    unknown_share: float | None,
    bounds: tuple[float | None, float | None],
) -> AreaRatio:
    """Standardise one area, given what is expected of it and the limits of the proportion that was observed."""
    low, high = (float(limit) * sums.cases / sums.expected for limit in limits)
    ratio = sums.observed / sums.expected
    least, most = bounds
    return AreaRatio(
        area_code=code,
        cases=int(sums.cases),
        observed=int(sums.observed),
        expected=sums.expected,
        ratio=ratio,
        low=low,
        high=high,
        adjusted_rate=ratio * england.rate,
        adjusted_low=low * england.rate,
        adjusted_high=high * england.rate,
        ratio_least=least,
        ratio_most=most,
        unknown_share=unknown_share,
        below=high < 1,
        above=low > 1,
    )


def _together(
    found: tuple[AreaRatio, ...],
    groups: _Groups,
    totals: Mapping[str, float],
    england: _England,
    confidence: float,
) -> dict[str, Any]:
    """Say of all areas what is known of their patients, and how many lie beyond chance."""
    from scipy.stats import binomtest

    counted = [area for area in found if area.unknown_share is not None]
    beyond = sum(area.below or area.above for area in found)
    return {
        "national_rate": england.rate,
        "areas": found,
        "lacking": tuple(sorted(set(totals) - {area.area_code for area in found})),
        "cells": len(groups.rate),
        "suppressed": int((groups.reached_withheld | groups.cases_withheld).sum()),
        "unknown_share": _unknown_share(
            sum(area.cases for area in counted), sum(totals[area.area_code] for area in counted)
        ),
        "below": _share([area.below for area in found]),
        "above": _share([area.above for area in found]),
        "beyond_p": float(binomtest(beyond, len(found), 1 - confidence, alternative="greater").pvalue),
    }


def _unknown_share(cases: float, total: float) -> float | None:
    """Return the share of all cases that are not among those known; None where it is not known how many there are."""
    return min(max(0.0, 1 - cases / total), 1.0) if total > 0 else None


def _national(deciles: pd.DataFrame, reached: str, cases: str) -> tuple[NationalDecile, ...]:
    """Return England's ten deciles; none where one of them has no rate."""
    england = deciles[deciles["area_code"] == ENGLAND].sort_values("decile")
    known = (england[cases] > 0).fillna(value=False) & england[reached].notna()
    if not known.all() or list(england["decile"]) != list(DECILES):
        return ()
    return tuple(
        NationalDecile(decile=int(decile), cases=int(n), reached=int(o), rate=int(o) / int(n))
        for decile, o, n in england[["decile", reached, cases]].itertuples(index=False)
    )


def _floats(counts: pd.Series[int]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(counts.astype("Float64").to_numpy(na_value=np.nan), dtype=np.float64)


def _bounds(own: _Groups, total: float, counts: _Counts) -> _Bounds:
    """Bound the counts of an area's groups: by rounding, by what is withheld, by each other and by their total."""
    import numpy as np

    reach = counts.rounded_to // 2 * own.parts

    def one(count: NDArray[np.float64], withheld: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        fewest = np.where(np.isnan(count), 0.0, np.maximum(count - reach, 0))
        most = np.where(withheld, (counts.withheld_under - 1) * own.parts, count + reach)
        return fewest, most

    fewest_reached, most_reached = one(own.reached, own.reached_withheld)
    fewest, most = one(own.cases, own.cases_withheld)
    fewest = np.maximum(fewest, fewest_reached)
    # The area's patients are those of its deciles or groups, and those of whom it is not known.
    left = np.maximum(total + counts.rounded_to // 2 * own.parts.max() - (fewest.sum() - fewest), fewest)
    most = np.where(np.isnan(own.cases), np.fmin(most, left), most)
    return _Bounds(fewest_reached, np.fmin(most_reached, most), fewest, most)


def _open(own: _Groups, total: float, england: _England, counts: _Counts) -> tuple[float | None, float | None]:
    """Give the least and the most that an area's ratio can be; None where groups without a row leave it open."""
    return _ratio_bounds(_bounds(own, total, counts), own.rate) if len(own.rate) == len(england.rates) else (None, None)


def _ratio_bounds(bounds: _Bounds, rate: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Give the least and the most of Σ reached / Σ cases × rate, with reached at most cases in each decile."""
    import numpy as np

    if np.isnan(bounds.most_cases).any() or np.isnan(bounds.most_reached).any():
        return None, None
    largest = float((bounds.most_cases * rate).sum())
    least = float(bounds.fewest_reached.sum()) / largest if largest > 0 else None
    reached = float(np.minimum(bounds.most_reached, bounds.fewest_cases).sum())
    expected = float((bounds.fewest_cases * rate).sum())
    # Where more could have reached it than the fewest cases, cases come with them: the ratio rises as long as such a
    # case adds more to it than it is, which is soonest where the national rate is low.
    more = np.maximum(bounds.most_reached - bounds.fewest_cases, 0)
    for i in np.argsort(rate, kind="stable"):
        if more[i] > 0 and reached * rate[i] < expected:
            reached, expected = reached + float(more[i]), expected + float(more[i] * rate[i])
    return least, reached / expected if expected > 0 else None


def _share(flags: list[bool]) -> Share:
    return Share(n=sum(flags), share=sum(flags) / len(flags))
