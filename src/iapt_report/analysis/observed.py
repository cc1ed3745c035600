"""What areas are observed to be, before anything is estimated: their rates, patients, weights and standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.analysis.facts import StandardFacts
from iapt_report.areas.outcomes import OUTCOMES, national_standard
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.period import Period
    from iapt_report.areas.table import Areas


@dataclass(frozen=True)
class Figures:
    """An area's rate (proportion), and the patients behind it."""

    recovery_rate: float
    cases: float


@dataclass(frozen=True)
class Observed:
    """A period's areas by code, and the standard that they are held to."""

    standard: StandardFacts
    areas: Mapping[str, Figures]


def observed(areas: Areas, settings: Settings) -> Observed:
    """Return the figures of areas that an analysis of them would rest on, without analysing.

    Raises
    ------
    DataError
        If there is no standard for the period, or an area cannot be weighted, so that no analysis is possible.
    """
    outcome = OUTCOMES[settings.outcome]
    standard = standard_of(settings, areas.period)
    weights_of(areas, settings)
    table = areas.table
    rows = zip(table["area_code"], table[outcome.rate].to_numpy("float64"), cases_of(table, outcome), strict=True)
    return Observed(standard, {str(code): Figures(float(rate), float(cases)) for code, rate, cases in rows})


def weights_of(areas: Areas, settings: Settings) -> NDArray[np.float64]:
    """Return what each area counts for; refuse areas whose weight is not known."""
    import numpy as np

    table = areas.table
    if settings.weight == "equal":
        return np.ones(len(table))
    weights = np.asarray(table[settings.weight].astype("Float64").to_numpy(na_value=np.nan), dtype=np.float64)
    unknown = ~(weights > 0)
    if unknown.any():
        code = table["area_code"].iloc[int(unknown.argmax())]
        raise DataError(
            f"{int(unknown.sum())} of {len(table)} areas cannot be weighted, the first of them {code}",
            file=areas.sources[-1].file if areas.sources else None,
            column=settings.weight,
            expected="a number above 0 for every area that is analysed",
            mend='fill it in, or set weight = "finished_treatment" in iapt-report.toml',
        )
    return weights


def standard_of(settings: Settings, period: Period) -> StandardFacts:
    """Return the standard that areas are held to: the user's own, else the national one of outcome and period."""
    outcome = OUTCOMES[settings.outcome]
    national = national_standard(outcome, period)
    if settings.benchmark is None and national is None:
        raise DataError(
            f"there was no national standard for {outcome.words} when {period.id} began",
            expected="a period with a standard, or a benchmark of your own",
            mend="set benchmark under [settings] in iapt-report.toml, as a proportion such as 0.48",
        )
    if national is not None and settings.benchmark in (None, national.value):
        return StandardFacts(value=national.value, national=True, source=national.source)
    assert settings.benchmark is not None  # noqa: S101 - one of the two is there
    return StandardFacts(value=settings.benchmark, national=False, source="set by the user")


def cases_of(table: pd.DataFrame, outcome: Outcome) -> NDArray[np.float64]:
    """Return the patients behind each area's rate: those who finished treatment where no better count is known."""
    import numpy as np

    known = table[outcome.cases].where(table[outcome.cases] > 0)
    return np.asarray(known.fillna(table["finished_treatment"]).to_numpy("float64"), dtype=np.float64)
