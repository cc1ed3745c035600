"""What the differences found come to in people: what areas lack to the standard, what the most deprived lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.table import has_counts
from iapt_report.stats.shortfall import PartsApart, ShortOfStandard, parts_apart, short_of_standard
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.table import Areas


# Of the tenths of neighbourhoods, and of areas by their rank: what is called the most deprived.
_TENTH, _FIFTH = 0.1, 0.2


class People(Value):
    """Differences of rates as numbers of people; each None where a count that it rests on is not known.

    Parameters
    ----------
    to_standard : ShortOfStandard or None
        Of the areas below the standard.
    patients : PartsApart or None
        Of England's patients, by tenth of neighbourhoods.
    areas : PartsApart or None
        Of the areas analysed, by fifth of their deprivation rank.
    """

    to_standard: ShortOfStandard | None = None
    patients: PartsApart | None = None
    areas: PartsApart | None = None


def people_of(areas: Areas, outcome: Outcome, standard: float) -> People:
    """Count the people, from the patients who could reach the outcome as they are published.

    Where a source has no such count of an area, those who finished treatment do not stand in for it: they are more.
    """
    table = areas.table
    cases, rate = _column(table, outcome.cases), table[outcome.rate].to_numpy("float64")
    ranked = table.reset_index(drop=True).sort_values(["imd_rank", "area_code"]).index.to_numpy()
    return People(
        to_standard=short_of_standard(rate, cases, standard),
        patients=_of_patients(areas, outcome),
        areas=parts_apart((rate * cases)[ranked], cases[ranked], _FIFTH),
    )


def _column(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Give counts, not a number where one is missing or 0."""
    import numpy as np

    values = np.asarray(table[name].astype("Float64").to_numpy(na_value=np.nan), dtype=np.float64)
    return np.where(values > 0, values, np.nan)


def _of_patients(areas: Areas, outcome: Outcome) -> PartsApart | None:
    if areas.deciles is None:
        return None
    national = areas.deciles[areas.deciles["area_code"] == ENGLAND].sort_values("decile")
    if not len(national) or not has_counts(national, outcome).all():
        return None
    reached, cases = (national[name].to_numpy("float64") for name in (outcome.reached, outcome.cases))
    return parts_apart(reached, cases, _TENTH)
