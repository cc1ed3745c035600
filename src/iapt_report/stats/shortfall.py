"""How many more people would have to reach an outcome: differences of rates told as numbers of patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.rates import is_below
from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ShortOfStandard(Value):
    """What the areas below a standard lack to reach it.

    Parameters
    ----------
    people : float
        Patients, not rounded: Σ (standard − rate) × cases over these areas.
    areas : int
        How many areas are below.
    """

    people: float
    areas: int


class PartsApart(Value):
    """The most deprived part of patients, or of areas, beside the least deprived one; rates are proportions.

    People are not rounded, and negative where the least deprived part has the lower rate.

    Parameters
    ----------
    rate_most, rate_least : float
        Of all patients of either part together.
    people_most : float
        How many more of the most deprived part would have reached the outcome at the rate of the least deprived one.
    people : float
        The same of all parts together.
    groups : int
        How many groups, tenths of neighbourhoods or areas, make a part.
    """

    rate_most: float
    rate_least: float
    people_most: float
    people: float
    groups: int


def short_of_standard(rate: NDArray[np.float64], cases: NDArray[np.float64], standard: float) -> ShortOfStandard | None:
    """Count the patients that areas below a standard lack.

    Parameters
    ----------
    rate : ndarray, shape (n,)
        Proportions.
    cases : ndarray, shape (n,)
        The patients behind each rate; not a number where they are not known.
    standard : float
        A proportion.

    Returns
    -------
    ShortOfStandard or None
        None where the patients of an area below are not known.
    """
    import numpy as np

    below = is_below(rate, standard)
    lacking = (standard - rate[below]) * cases[below]
    if not np.isfinite(lacking).all():
        return None
    return ShortOfStandard(people=float(lacking.sum()), areas=int(below.sum()))


def parts_apart(reached: NDArray[np.float64], cases: NDArray[np.float64], part: float) -> PartsApart | None:
    """Set the most deprived part of groups beside the least deprived one.

    Parameters
    ----------
    reached, cases : ndarray, shape (n,)
        Patients who reached the outcome, of those who could; the most deprived group first. Not a number where either
        is not known.
    part : float
        What share of the groups is a part, above 0 and up to 0.5.

    Returns
    -------
    PartsApart or None
        None where a part has no group, or a count of a group is not known.
    """
    import numpy as np

    groups = int(len(cases) * part)
    if not groups or not (np.isfinite(reached) & (cases > 0)).all():
        return None
    most, least = slice(None, groups), slice(len(cases) - groups, None)
    own, other = (float(reached[these].sum() / cases[these].sum()) for these in (most, least))
    return PartsApart(
        rate_most=own,
        rate_least=other,
        people_most=(other - own) * float(cases[most].sum()),
        people=float(other * cases.sum() - reached.sum()),
        groups=groups,
    )
