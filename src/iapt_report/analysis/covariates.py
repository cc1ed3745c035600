"""More than deprivation: areas and the covariates that settings name into what the models say with and without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.analysis.facts import CovariateFacts, Covariates, GroupMixed, NotCovered
from iapt_report.areas.covariates import find_covariates
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.table import FEWEST, Precision
from iapt_report.stats.agreement import cross
from iapt_report.stats.case_mix import group_mix
from iapt_report.stats.covariates import CovariateData, with_covariates
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.covariates import Covariate
    from iapt_report.areas.table import Areas


def covariates_of(
    areas: Areas,
    settings: Settings,
    *,
    rate: NDArray[np.float64],
    cases: NDArray[np.float64],
    weights: NDArray[np.float64],
    left_out: NDArray[np.bool_],
    below_national: NDArray[np.bool_],
    below_adjusted: NDArray[np.bool_],
) -> Covariates | None:
    """Set the models with deprivation rank alone beside those with the covariates, and standardise for their groups.

    Parameters
    ----------
    areas : Areas
    settings : Settings
        ``covariates`` names them; ``interval`` and ``confidence`` make the benchmark.
    rate, cases, weights : ndarray, shape (n,)
        Of the areas: rates (proportions), the patients behind them, weights in the weighted regression.
    left_out : ndarray of bool, shape (n,)
        The areas that do not determine the lines, as the outlying ones.
    below_national, below_adjusted : ndarray of bool, shape (n,)
        The areas below the national standard, and below the benchmark adjusted for deprivation.

    Returns
    -------
    Covariates or None
        None where none is asked for, or the period tells nothing of areas that could be one: it has neither shares of
        patients nor columns of its own.

    Raises
    ------
    DataError
        If a covariate is not there, not numeric, or known of too few areas; or if there are too many for the areas of
        which all are known.
    """
    if not settings.covariates or (areas.shares is None and areas.extras is None):
        return None
    import numpy as np

    found = find_covariates(areas, settings.covariates)
    values = np.column_stack([one.values for one in found])
    known = np.asarray(~np.isnan(values).any(axis=1), dtype=np.bool_)
    kept = known & ~left_out
    if kept.sum() < max(FEWEST, len(found) + 3):
        raise _too_few(int(kept.sum()), len(found), areas)
    data = CovariateData(
        codes=tuple(areas.table["area_code"][known]),
        rate=rate[known],
        rank=areas.table["imd_rank"].to_numpy("float64")[known],
        weights=weights[known],
        cases=cases[known],
        covariates={one.name: one.values[known] for one in found},
        shares=frozenset(one.name for one in found if one.is_share),
        kept=kept[known],
    )
    weighted, random = (
        with_covariates(data, model, settings.interval, settings.confidence) for model in ("weighted", "random_effects")
    )
    if weighted is None:
        raise _too_few(int(kept.sum()), len(found), areas)
    variables = dict.fromkeys(one.variable for one in found if one.variable is not None)
    mixed = {
        variable: _standardised(areas, settings, variable, below_national, below_adjusted) for variable in variables
    }
    return Covariates(
        covariates=tuple(_facts(one, known) for one in found),
        lacking=_lacking(areas, found),
        left_out=int((left_out & known).sum()),
        weighted=weighted,
        random_effects=random,
        case_mix=tuple(one for one in mixed.values() if one is not None),
        not_standardised=tuple(variable for variable, one in mixed.items() if one is None),
    )


def _too_few(n: int, covariates: int, areas: Areas) -> DataError:
    return DataError(
        f"all {covariates} covariates are known of {n} areas of {areas.period.id} that determine the line",
        file="iapt-report.toml",
        expected=f"at least {max(FEWEST, covariates + 3)} areas, of more than one deprivation rank",
        mend="take some out of covariates under [settings] in iapt-report.toml",
    )


def _facts(one: Covariate, known: NDArray[np.bool_]) -> CovariateFacts:
    own = one.values[known]
    return CovariateFacts(
        name=one.name,
        variable=one.variable,
        mean=float(own.mean()),
        sd=float(own.std(ddof=1)),
        min=float(own.min()),
        max=float(own.max()),
    )


def _lacking(areas: Areas, found: tuple[Covariate, ...]) -> tuple[NotCovered, ...]:
    """Name the areas of which a covariate is not known."""
    rows = zip(areas.table["area_code"], areas.table["area_name"], *(one.values for one in found), strict=True)
    unknown = (
        (str(code), str(name), tuple(one.name for one, value in zip(found, values, strict=True) if value != value))  # noqa: PLR0124
        for code, name, *values in rows
    )
    return tuple(NotCovered(area_code=code, area_name=name, covariates=which) for code, name, which in unknown if which)


def _standardised(
    areas: Areas,
    settings: Settings,
    variable: str,
    below_national: NDArray[np.bool_],
    below_adjusted: NDArray[np.bool_],
) -> GroupMixed | None:
    """Standardise areas for their patients' groups, and cross them with the two benchmarks."""
    import numpy as np

    outcome = OUTCOMES[settings.outcome]
    mixed = group_mix(
        areas.shares,
        areas.table,
        variable,
        reached=outcome.reached,
        cases=outcome.cases,
        confidence=settings.confidence,
        rounded_to=(areas.precision or Precision()).rounded_to,
    )
    if mixed is None:
        return None
    below = {area.area_code: area.below for area in mixed.areas}
    there = areas.table["area_code"].isin(below).to_numpy(dtype=bool)
    second = np.array([below[code] for code in areas.table["area_code"][there]])
    return GroupMixed(
        adjustment=mixed,
        national=cross(below_national[there], second, settings.confidence),
        adjusted=cross(below_adjusted[there], second, settings.confidence),
    )
