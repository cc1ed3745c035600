"""Activity and deprivation, joined into the canonical table of areas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report import areas
from iapt_report.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.sources.activity import Activity
    from iapt_report.sources.deprivation import Deprivation, Summary
    from iapt_report.sources.lookup import Lookup

_ABSENT = "in the lookup, but not in the activity file"
_UNKNOWN = "not a commissioning area: activity that could not be assigned to one"
_NOT_LOOKED_UP = "no deprivation score: the code is not in the lookup"
_NO_LSOA = "no deprivation score: none of its small areas is in the deprivation file"
_NOT_SUMMARISED = "no deprivation score: neither its code nor its name is in the deprivation file"
_FEW = 0.05
_STEP = 5
_UNASSIGNED = frozenset({"UNKNOWN", "INVALID", "NULL", "-", ""})
# Words that organisations' names carry in one file and not in another.
_FORMAL = re.compile(r"\b(nhs|integrated care board|icb|clinical commissioning group|ccg|and|the)\b|[^a-z0-9 ]")


@dataclass(frozen=True)
class AreaDeprivation:
    """What is known of the deprivation of the activity's organisations.

    Parameters
    ----------
    value : dict of str to float
        Average score or rank by the activity's code.
    by_score : bool
        Whether the values are scores (higher is more deprived).
    lacking : dict of str to str
        Why there is no value, by code.
    absent : dict of str to str
        Areas that the activity lacks: code and name.
    note : str
        How the values came about, a sentence.
    """

    value: dict[str, float]
    by_score: bool
    lacking: dict[str, str]
    absent: dict[str, str]
    note: str


@dataclass(frozen=True)
class Assembled:
    """Every organisation of the sources, as `iapt_report.areas.checked` returns it, and what a reader must know."""

    table: pd.DataFrame
    notes: tuple[str, ...]


def by_small_areas(
    activity: Activity, deprivation: Deprivation, lookup: Lookup, lookup_file: object
) -> AreaDeprivation:
    """Average deprivation over the small areas (LSOA) of each organisation.

    The mean is weighted by population where that is given; where only ranks are published, ranks are averaged.

    Raises
    ------
    DataError
        If no organisation of the activity is in the lookup.
    """
    codes = set(activity.frame["area_code"])
    column, area_of = max(
        lookup.codes.items(), key=lambda item: (len(codes & set(item[1])), item[0].lower().endswith("cdh"))
    )
    known = set(area_of) - {""}
    if not codes & known:
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.file} is in this lookup; they are "
            f"{activity.frame['area_code'].iloc[0]!r} and so on, the lookup has {min(known, default='')!r} and so on",
            file=lookup_file,
            column=column,
            expected="the codes of the activity file",
            mend="give the lookup for the commissioning areas of the period",
        )
    joined = deprivation.frame.merge(_pairs(lookup.lsoa, area_of), on="lsoa")
    sums = joined.assign(moment=joined["value"] * joined["weight"]).groupby("area")[["moment", "weight"]].sum()
    means = (sums["moment"] / sums["weight"])[sums["weight"] > 0].to_dict()
    value = {str(code): float(mean) for code, mean in means.items() if code in codes}
    names = lookup.names[column]
    measure = "score" if deprivation.by_score else "rank"
    weighting = "weighted by their populations" if deprivation.by_population else "each counting the same"
    return AreaDeprivation(
        value=value,
        by_score=deprivation.by_score,
        lacking={code: _NO_LSOA if code in known else _NOT_LOOKED_UP for code in codes - set(value)},
        absent={code: names.get(code) or code for code in sorted(known - codes)},
        note=f"An area's deprivation is the mean IMD {measure} of its lower-layer super output areas, {weighting}, "
        f"matched by the lookup's column {column}; the index is that of {deprivation.file}.",
    )


def by_organisation(activity: Activity, summary: Summary) -> AreaDeprivation:
    """Take deprivation from an official summary: by code, else by name without its formal words.

    Raises
    ------
    DataError
        If no organisation of the activity is in the summary.
    """
    by_code = dict(zip(summary.frame["code"], summary.frame["value"], strict=True))
    plain = summary.frame["name"].map(plain_name)
    # A name that, without its formal words, is that of two organisations tells neither.
    told = ~plain.duplicated(keep=False) & (plain != "")
    by_name = dict(zip(plain[told], summary.frame["value"][told], strict=True))
    value: dict[str, float] = {}
    for code, name in zip(activity.frame["area_code"], activity.frame["area_name"], strict=True):
        found = by_code.get(code, by_name.get(plain_name(name)))
        if found is not None:
            value[code] = float(found)
    codes = set(activity.frame["area_code"])
    if not value:
        raise DataError(
            f"none of the {len(codes)} organisations of {activity.file} is in this summary, by code or by name; the "
            f"activity has {activity.frame['area_name'].iloc[0]!r}, the summary {summary.frame['name'].iloc[0]!r}",
            file=summary.file,
            expected="the organisations of the activity file",
            mend="give the summary for the same kind of organisation",
        )
    named = set(activity.frame["area_name"].map(plain_name)) & set(by_name)
    absent = {
        str(code): str(name)
        for code, name in zip(summary.frame["code"], summary.frame["name"], strict=True)
        if code not in codes and plain_name(name) not in named
    }
    measure = "score" if summary.by_score else "rank"
    return AreaDeprivation(
        value=value,
        by_score=summary.by_score,
        lacking=dict.fromkeys(codes - set(value), _NOT_SUMMARISED),
        absent=absent,
        note=f"An area's deprivation is its average IMD {measure} in the official summary {summary.file}, matched by "
        "code or, where the codes differ, by name.",
    )


def plain_name(name: str) -> str:
    """Fold an organisation's name for comparison: small letters, without formal words and punctuation."""
    return " ".join(_FORMAL.sub(" ", name.lower().replace("&", " and ")).split())


def assemble(activity: Activity, deprivation: AreaDeprivation) -> Assembled:
    """Join activity with deprivation, and rank the areas that can be analysed; ties share their mean rank.

    Every organisation of either source is kept, those that cannot be analysed with the reason.
    """
    import pandas as pd

    absent = pd.DataFrame(
        {
            "area_code": list(deprivation.absent),
            "area_name": list(deprivation.absent.values()),
            "excluded": _ABSENT,
        }
    )
    full = pd.concat([activity.frame, absent], ignore_index=True).astype(
        {**dict.fromkeys(areas.COUNTS, "Int64"), "recovery_rate": "float64", "area_code": "str", "area_name": "str"}
    )
    full["recovery_rate"] = areas.rate_from_counts(full)
    code = full["area_code"]
    unassigned = code.str.upper().isin(_UNASSIGNED)
    reason = full["excluded"].where(full["excluded"].notna(), code.map(deprivation.lacking))
    reason = reason.mask(unassigned, _UNKNOWN)
    usable = reason.isna() & full["recovery_rate"].notna() & areas.counted(full)
    mean = code.map(deprivation.value).astype("float64")
    score = mean if deprivation.by_score else -mean
    full = full.assign(
        imd_score=mean if deprivation.by_score else float("nan"),
        imd_rank=areas.deprivation_ranks(score.where(usable)),
        excluded=reason,
    )
    return Assembled(areas.validated(full), (deprivation.note, *activity.notes, *_notes(full, activity, deprivation)))


def _pairs(lsoa: pd.Series[str], area: pd.Series[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"lsoa": lsoa, "area": area})


def _notes(full: pd.DataFrame, activity: Activity, deprivation: AreaDeprivation) -> list[str]:
    """Say where the rates come from, and what the published counts leave open."""
    notes = []
    counted = full["recovered"].notna() & full["at_caseness"].notna()
    analysed = full["imd_rank"].notna()
    if counted[analysed].all():
        notes.append(
            "Recovery rates are computed from the published counts of patients who recovered and who were at caseness."
        )
    elif counted[analysed].any():
        n = int((analysed & ~counted).sum())
        notes.append(
            f"Recovery rates are computed from the published counts, but for {n} of {int(analysed.sum())} areas, whose "
            + (
                "counts are not all published and whose monthly percentages are averaged by case-load."
                if activity.monthly
                else "counts are not published and whose published percentage stands."
            )
        )
    elif not activity.rates_averaged:
        notes.append("Recovery rates are the published percentages, because the source gives no counts of recovery.")
    unmatched = sum(why in (_NOT_LOOKED_UP, _NOT_SUMMARISED) for why in full["excluded"])
    if unmatched > _FEW * len(activity.frame):
        notes.append(
            f"The deprivation data lack {unmatched} organisations of the activity file, which may be of another year; "
            "the areas analysed are then not all of England."
        )
    counts = full.loc[analysed, list(areas.COUNTS)].stack().dropna()
    if len(counts) and (counts % _STEP == 0).all():
        notes.append(f"Published counts are rounded to the nearest {_STEP} and small ones are suppressed.")
    return notes
