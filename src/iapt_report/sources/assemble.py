"""Activity and deprivation, joined into the canonical table of areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.table import (
    COUNTS,
    RATES,
    SUPPRESSED,
    Flow,
    deprivation_ranks,
    rate_from_counts,
    usable,
    validated,
)
from iapt_report.sources.precision import rate_bounds
from iapt_report.sources.shipped_averages import NOT_SHIPPED
from iapt_report.sources.small_areas import NOT_LOOKED_UP
from iapt_report.sources.summaries import NOT_SUMMARISED

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.sources.area_deprivation import AreaDeprivation
    from iapt_report.sources.combine import Activity

_NOT_ACTIVE = "in the {}, but not in the activity file"
_UNKNOWN = "not a commissioning area: activity that could not be assigned to one"
_FEW = 0.05
_UNASSIGNED = frozenset({"UNKNOWN", "INVALID", "NULL", "-", ""})


@dataclass(frozen=True)
class Assembled:
    """Every organisation of the sources, as `iapt_report.areas.table.checked` returns it, and what is to be known."""

    table: pd.DataFrame
    notes: tuple[str, ...]
    flow: Flow


def assemble(activity: Activity, deprivation: AreaDeprivation) -> Assembled:
    """Join activity with deprivation, and rank the areas that can be analysed; ties share their mean rank.

    Every organisation of either source is kept, those that cannot be analysed with the reason.
    """
    import pandas as pd

    absent = pd.DataFrame(
        {
            "area_code": list(deprivation.absent),
            "area_name": list(deprivation.absent.values()),
            "excluded": _NOT_ACTIVE.format(deprivation.source),
        }
    )
    full = pd.concat([rate_bounds(activity.frame), absent], ignore_index=True).astype(
        {
            **dict.fromkeys(COUNTS, "Int64"),
            **dict.fromkeys(RATES, "float64"),
            "area_code": "str",
            "area_name": "str",
        }
    )
    full[SUPPRESSED] = full[SUPPRESSED].fillna("").astype("str")
    for outcome in OUTCOMES.values():
        full[outcome.rate] = rate_from_counts(full, outcome)
    code = full["area_code"]
    # An area that exists by merger alone has no name in the activity.
    named = full["area_name"].where(full["area_name"] != "", code.map(deprivation.names))
    full["area_name"] = named.fillna(code).astype("str")
    unassigned = code.str.upper().isin(_UNASSIGNED)
    reason = full["excluded"].where(full["excluded"].notna(), code.map(deprivation.lacking))
    full = full.assign(excluded=reason.mask(unassigned, _UNKNOWN))
    mean = code.map(deprivation.value).astype("float64")
    score = mean if deprivation.by_score else -mean
    full = full.assign(
        imd_score=mean if deprivation.by_score else float("nan"),
        imd_rank=deprivation_ranks(score.where(usable(full))),
    )
    notes = (*deprivation.notes, *activity.notes, *_notes(full, activity))
    flow = Flow(activity.published, activity.published - len(activity.frame), len(deprivation.value))
    return Assembled(validated(full), notes, flow)


def _notes(full: pd.DataFrame, activity: Activity) -> list[str]:
    """Say where the sources do not fit together."""
    notes = []
    unmatched = sum(why in (NOT_LOOKED_UP, NOT_SUMMARISED, NOT_SHIPPED) for why in full["excluded"])
    if unmatched > _FEW * len(activity.frame):
        notes.append(
            f"The deprivation data lack {unmatched} organisations of the activity file, which may be of another year; "
            "the areas analysed are then not all of England."
        )
    return notes
