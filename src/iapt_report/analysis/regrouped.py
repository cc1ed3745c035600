"""Areas of one period counted as the areas that they later became."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.table import COLUMNS, COUNTS, SUPPRESSED, deprivation_ranks, has_counts, rate_from_counts
from iapt_report.reference.deprivation import members
from iapt_report.reference.successors import predecessors_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from iapt_report.areas.table import Areas
    from iapt_report.reference.boundaries import Boundaries


def parts_of(code: str, there: Collection[str]) -> frozenset[str]:
    """Return the areas of a period that together became an area: all of its ground, or nothing.

    Parameters
    ----------
    code : str
        Of the area that was made of others.
    there : collection of str
        The codes of the areas that have figures in the period.
    """
    found: set[str] = set()
    for old in predecessors_whole(code):
        own = frozenset({old}) if old in there else parts_of(old, there)
        if not own:
            return frozenset()
        found |= own
    return frozenset(found)


def regrouped(areas: Areas, groups: Mapping[str, frozenset[str]], within: Boundaries | None) -> Areas:
    """Put areas together: counts add, rates are recomputed from them, deprivation is the mean of the parts'.

    A rate without counts is the mean of the parts', weighted by the patients who finished treatment, and so are the
    least and the most that a rate can be. Deprivation is weighted by small areas, where their number is known.

    Parameters
    ----------
    areas : Areas
    groups : mapping of str to frozenset of str
        The codes of the parts, by the code to count them under.
    within : Boundaries or None
        Those of ``areas``.
    """
    import pandas as pd

    table = areas.table.set_index("area_code")
    known = members(within) if within else {}
    rows = []
    for code, parts in sorted(groups.items()):
        own = table.loc[sorted(parts)]
        sizes = pd.Series([known[part].lsoas if part in known else pd.NA for part in own.index], own.index)
        rows.append({"area_code": code, "area_name": code, **_joined(own, sizes.fillna(sizes.mean()).fillna(1))})
    gone = frozenset().union(*groups.values())
    kept = areas.table[~areas.table["area_code"].isin(gone)]
    made = pd.DataFrame(rows, columns=list(COLUMNS)).astype(areas.table.dtypes.to_dict())
    joint = pd.concat([kept, made], ignore_index=True).sort_values("area_code", ignore_index=True)
    scored = joint["imd_score"].notna().all()
    rank = deprivation_ranks(joint["imd_score"]) if scored else joint["imd_rank"].rank(method="average")
    return replace(areas, table=joint.assign(imd_rank=rank), deciles=None, shares=None, extras=None)


def _joined(own: pd.DataFrame, sizes: pd.Series[float]) -> dict[str, object]:
    """Add the rows of some areas up."""
    import pandas as pd

    weight = own["finished_treatment"].astype("float64")
    counts = {name: own[name].sum() if own[name].notna().all() else pd.NA for name in COUNTS}
    rates = {
        column: float((own[column] * weight).sum() / weight.sum()) if own[column].notna().all() else float("nan")
        for outcome in OUTCOMES.values()
        for column in (outcome.rate, outcome.low, outcome.high)
    }
    whole = pd.DataFrame([{**counts, **rates}]).astype(dict.fromkeys(COUNTS, "Int64"))
    for outcome in OUTCOMES.values():
        if has_counts(whole, outcome).all():
            rates[outcome.rate] = float(rate_from_counts(whole, outcome).iloc[0])
    withheld = {name for cell in own[SUPPRESSED] for name in str(cell).split(";")}
    share = sizes.astype("float64") / float(sizes.sum())
    return {
        **counts,
        **rates,
        SUPPRESSED: ";".join(name for name in COUNTS if name in withheld),
        **{column: float((own[column] * share).sum(skipna=False)) for column in ("imd_score", "imd_rank")},
    }
