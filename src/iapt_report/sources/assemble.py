"""Activity, deprivation and a lookup, joined into the canonical table of areas."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report import areas
from iapt_report.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.sources.annual import Activity
    from iapt_report.sources.deprivation import Deprivation
    from iapt_report.sources.lookup import Lookup

_ABSENT = "in the lookup, but not in the activity file"
_UNKNOWN = "not a commissioning area: activity that could not be assigned to one"
_UNMATCHED = "no deprivation score: the code is not in the lookup"
_NO_LSOA = "no deprivation score: none of its small areas is in the deprivation file"
_FEW = 0.05
_UNASSIGNED = frozenset({"UNKNOWN", "INVALID", "NULL", "-", ""})


@dataclass(frozen=True)
class Assembled:
    """Every organisation of the sources, as `iapt_report.areas.checked` returns it, and what a reader must know."""

    table: pd.DataFrame
    notes: tuple[str, ...]


def assemble(activity: Activity, deprivation: Deprivation, lookup: Lookup, lookup_file: object) -> Assembled:
    """Join activity with deprivation.

    An area's deprivation is the mean over its LSOAs, weighted by population where that is given; where only
    ranks are published, ranks are averaged. Areas are ranked among those that can be analysed.

    Parameters
    ----------
    activity, deprivation, lookup
        As their readers return them.
    lookup_file : object
        The lookup's name, for messages.

    Raises
    ------
    DataError
        If no organisation of the activity file is in the lookup, or a value cannot be.
    """
    import pandas as pd

    codes = activity.frame["area_code"].str.strip()
    column, area_of = max(
        lookup.codes.items(), key=lambda item: (codes.isin(set(item[1])).sum(), item[0].lower().endswith("cdh"))
    )
    if not codes.isin(set(area_of)).any():
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.place.file} is in this lookup; "
            f"they are {codes.iloc[0]!r} and so on, the lookup has {area_of.iloc[0]!r} and so on",
            file=lookup_file,
            column=column,
            expected="the codes of the activity file",
            mend="give the lookup for the commissioning areas of the period",
        )
    value, covered = _mean_by_area(deprivation, lookup.lsoa, area_of)
    absent = sorted(set(area_of) - set(codes) - {""})
    names = lookup.names[column]
    full = areas.checked(
        _with_rows(activity.frame, {code: names.get(code, code) for code in absent}),
        dataclasses.replace(activity.place, rows=(*activity.place.rows, *([0] * len(absent)))),
    )
    code = full["area_code"]
    matched = code.isin(set(area_of))
    reason = pd.Series(pd.NA, index=full.index, dtype="str")
    reason = reason.mask(matched & ~code.isin(covered), _NO_LSOA)
    reason = reason.mask(~matched, _UNMATCHED)
    reason = reason.mask(code.str.upper().isin(_UNASSIGNED), _UNKNOWN)
    reason = reason.mask(~code.isin(set(codes)), _ABSENT)
    usable = (
        reason.isna() & full["recovery_rate"].notna() & (full["finished_treatment"] > 0) & full["referrals"].notna()
    )
    mean = code.map(value)
    score = mean if deprivation.by_score else -mean
    full = full.assign(
        imd_score=mean if deprivation.by_score else float("nan"),
        imd_rank=areas.deprivation_ranks(score.where(usable.fillna(value=False))),
        excluded=reason,
    )
    return Assembled(full, _notes(full, deprivation, column))


def _with_rows(frame: pd.DataFrame, absent: dict[str, str]) -> pd.DataFrame:
    """Add a row without figures for every area (code and name) that the activity file lacks."""
    import pandas as pd

    rows = pd.DataFrame({"area_code": list(absent), "area_name": list(absent.values())}, columns=frame.columns)
    return pd.concat([frame, rows.astype("str").fillna("")], ignore_index=True)


def _mean_by_area(
    deprivation: Deprivation, lsoa: pd.Series[str], area_of: pd.Series[str]
) -> tuple[dict[str, float], set[str]]:
    """Average deprivation over each area's LSOAs."""
    import pandas as pd

    joined = pd.DataFrame({"lsoa": lsoa, "area": area_of}).merge(deprivation.frame, on="lsoa")
    joined["moment"] = joined["value"] * joined["weight"]
    sums = joined.groupby("area")[["moment", "weight"]].sum()
    sums = sums[sums["weight"] > 0]
    means = (sums["moment"] / sums["weight"]).to_dict()
    return {str(k): float(v) for k, v in means.items()}, {str(k) for k in means}


def _notes(full: pd.DataFrame, deprivation: Deprivation, column: str) -> tuple[str, ...]:
    measure = "score" if deprivation.by_score else "rank"
    weighting = "weighted by their populations" if deprivation.by_population else "each counting the same"
    notes = [
        f"An area's deprivation is the mean IMD {measure} of its lower-layer super output areas, {weighting}, "
        f"matched by the lookup's column {column}; the index is that of {deprivation.file}."
    ]
    counted = full["recovered"].notna() & full["at_caseness"].notna()
    analysed = full["imd_rank"].notna()
    if counted[analysed].all():
        notes.append(
            "Recovery rates are computed from the published counts of patients who recovered and who were at caseness."
        )
    elif not counted[analysed].any():
        notes.append("Recovery rates are the published percentages, because the source gives no counts of recovery.")
    else:
        n = int((analysed & ~counted).sum())
        notes.append(
            f"Recovery rates are computed from the published counts, but for {n} of {int(analysed.sum())} areas, whose "
            "counts are not published and whose published percentage stands."
        )
    unmatched = int((full["excluded"] == _UNMATCHED).sum())
    if unmatched > _FEW * len(full):
        notes.append(
            f"The lookup lacks {unmatched} organisations of the activity file, which may be of another year; "
            "the areas analysed are then not all of England."
        )
    counts = full.loc[analysed, ["referrals", "finished_treatment", "at_caseness", "recovered"]].stack()
    if len(counts) and (counts % 5 == 0).all():
        notes.append("Published counts are rounded to the nearest 5 and small ones are suppressed.")
    return tuple(notes)
