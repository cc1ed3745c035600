"""Activity and deprivation, joined into the canonical table of areas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.rows import ranks, rate_of
from iapt_report.areas.table import COUNTS, RATES, REASON, SUPPRESSED, Flow, is_usable, validated_rows
from iapt_report.sources.precision import rate_bounds
from iapt_report.sources.shipped_averages import NOT_SHIPPED
from iapt_report.sources.small_areas import NOT_LOOKED_UP
from iapt_report.sources.summaries import NOT_SUMMARISED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.areas.rows import Row
    from iapt_report.sources.area_deprivation import AreaDeprivation
    from iapt_report.sources.combine import Activity

_NOT_ACTIVE = "in the {}, but not in the activity file"
_UNKNOWN = "not a commissioning area: activity that could not be assigned to one"
_FEW = 0.05
_UNASSIGNED = frozenset({"UNKNOWN", "INVALID", "NULL", "-", ""})


@dataclass(frozen=True)
class Assembled:
    """Every organisation of the sources, as `iapt_report.areas.table.validated_rows` gives it, and what is to be known.

    Parameters
    ----------
    rows : tuple of Row
    notes : tuple of str
    flow : Flow
    """

    rows: tuple[Row, ...] = field(repr=False)
    notes: tuple[str, ...]
    flow: Flow


def assemble(activity: Activity, deprivation: AreaDeprivation) -> Assembled:
    """Join activity with deprivation, and rank the areas that can be analysed; ties share their mean rank.

    Every organisation of either source is kept, those that cannot be analysed with the reason.
    """
    nothing = dict.fromkeys((*COUNTS, *RATES)) | {SUPPRESSED: ""}
    absent = (
        {**nothing, "area_code": code, "area_name": name, REASON: _NOT_ACTIVE.format(deprivation.source)}
        for code, name in deprivation.absent.items()
    )
    rows = [*(_joined({**row, **rate_bounds(row)}, deprivation) for row in activity.rows)]
    rows += [_joined(row, deprivation) for row in absent]
    mean = [deprivation.value.get(row["area_code"]) for row in rows]
    usable = [own if is_usable(row) else None for own, row in zip(mean, rows, strict=True)]
    ranked = zip(rows, mean, ranks(usable, descending=deprivation.by_score), strict=True)
    full = [{**row, "imd_score": own if deprivation.by_score else None, "imd_rank": rank} for row, own, rank in ranked]
    notes = (*deprivation.notes, *activity.notes, *_notes(full, activity))
    flow = Flow(activity.published, activity.published - len(activity.rows), len(deprivation.value))
    return Assembled(tuple(validated_rows(full)), notes, flow)


def _joined(row: Row, deprivation: AreaDeprivation) -> Row:
    """Give an organisation its rates, its name, and the reason why it is left out, if it is."""
    code = row["area_code"]
    # An area that exists by merger alone has no name in the activity.
    name = row["area_name"] or deprivation.names.get(code, code)
    reason = deprivation.lacking.get(code) if row[REASON] is None else row[REASON]
    rates = {outcome.rate: rate_of(row, outcome) for outcome in OUTCOMES.values()}
    return {**row, **rates, "area_name": name, REASON: _UNKNOWN if code.upper() in _UNASSIGNED else reason}


def _notes(full: Sequence[Row], activity: Activity) -> list[str]:
    """Say where the sources do not fit together."""
    notes = []
    unmatched = sum(why in (NOT_LOOKED_UP, NOT_SUMMARISED, NOT_SHIPPED) for why in (row[REASON] for row in full))
    if unmatched > _FEW * len(activity.rows):
        notes.append(
            f"The deprivation data lack {unmatched} organisations of the activity file, which may be of another year; "
            "the areas analysed are then not all of England."
        )
    return notes
