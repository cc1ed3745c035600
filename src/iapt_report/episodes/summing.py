"""One pass over the episodes: sums by area and by who the patients are; the areas' own sums follow from these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iapt_report.areas.deciles import DECILE_COUNTS, ENGLAND
from iapt_report.areas.group_counts import PARTS
from iapt_report.areas.patient_cells import CELL_COLUMNS, CELL_COUNTS, DIMENSIONS
from iapt_report.areas.table import SUPPRESSED
from iapt_report.episodes.bands import dimensions, packed, unpacked
from iapt_report.episodes.checking import MISSPELT, checks, counts_of, mask_of, notes_on, refuse_empty, refuse_misspelt
from iapt_report.episodes.definitions import OUTCOMES, day, is_yes, outcomes, placed

if TYPE_CHECKING:
    from collections.abc import Mapping as Mapped

    import ibis.expr.types as ir
    import pandas as pd

    from iapt_report.areas.period import Period
    from iapt_report.episodes.bands import Dimension
    from iapt_report.episodes.connecting import Source
    from iapt_report.episodes.mapping import Mapping

UNKNOWN_AREA = "UNKNOWN"
# Whose hashes are of 64 bits, so that those of different texts hardly ever meet.
_HASHES_WELL = "duckdb"
AREA_COUNTS = ("referrals", *CELL_COUNTS)


@dataclass(frozen=True)
class Sums:
    """What leaves the engine.

    Parameters
    ----------
    areas : DataFrame
        A row an area: ``area_code`` and `AREA_COUNTS`.
    cells : DataFrame
        `iapt_report.areas.patient_cells.CELL_COLUMNS`, a row a group of patients who finished treatment.
    notes : tuple of str
        What in the episodes cannot be right.
    """

    areas: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()


def summed(source: Source, mapping: Mapping, period: Period) -> Sums:
    """Sum the episodes of a period.

    Raises
    ------
    DataError
        If a flag is misspelt, or no referral is about the period.
    """
    table = source.table
    plan = _planned(table, mapping, period)
    rows = plan.grouped.execute()
    records = int(rows["records"].sum())
    wrong = counts_of(rows.groupby("mask")["records"].sum().to_dict(), plan.names)
    if wrong.pop(MISSPELT, 0):
        refuse_misspelt(table, mapping, source.name)
    if not records:
        raise refuse_empty(table, period, source.name)
    pathways = records if _differ(plan.pathways, records, source.engine) else int(plan.pathways.nunique().execute())
    repeated = records - pathways
    if repeated:
        plan = _planned(_latest(table, mapping), mapping, period)
        rows = plan.grouped.execute()
    cells = _decoded(rows, plan.who)
    wrong |= {one.name: count for one in plan.who if (count := _strange(cells, one))}
    return Sums(_areas(rows), _labelled(cells, plan.who), notes_on(wrong, repeated, pathways))


@dataclass(frozen=True)
class _Plan:
    """What the engine is asked: the grouped sums, and the pathways that they are of."""

    grouped: ir.Table
    pathways: ir.StringColumn
    names: tuple[str, ...]
    who: tuple[Dimension, ...]


def _planned(table: ir.Table, mapping: Mapping, period: Period) -> _Plan:
    """Write the sums as one expression.

    It has three steps, so that what a step asks of a referral is found once: what counts, who it is, and the sums.
    """
    import ibis

    kept = placed(table, mapping, period).filter(lambda t: t["inside"])
    who = dimensions(kept, mapping)
    found = checks(kept, mapping)
    coded = kept.select(
        area_code=kept[mapping.area].cast("string").nullif("").fill_null(UNKNOWN_AREA),
        # Of those who did not finish treatment only the area counts: they are one group of it.
        group=ibis.ifelse(kept["finished"], packed(who), -1),
        mask=mask_of(found),
        referrals=kept["referral"],
        **outcomes(kept, mapping),
    )
    counted = ("referrals", *OUTCOMES)
    grouped = coded.group_by("area_code", "group", "mask").agg(
        records=coded.count(), **{name: coded[name].ifelse(1, 0).cast("int32").sum() for name in counted}
    )
    return _Plan(grouped, kept["pathway"], tuple(found), who)


def _differ(pathways: ir.StringColumn, records: int, engine: str) -> bool:
    """Whether all pathways are known to differ, told by numbers that DuckDB makes of them: texts take thrice the time.

    Two numbers can be the same though their texts differ, and are then looked at as texts.
    """
    if engine != _HASHES_WELL:
        return False
    return int(pathways.hash().name("number").as_table().distinct().count().execute()) == records


def _latest(table: ir.Table, mapping: Mapping) -> ir.Table:
    """Keep one record of each pathway, of those that stand for it: the one discharged last, then received last."""
    import ibis

    usable = table.filter(is_yes(table, "use", mapping))
    # Where both days are the same, what else there is decides, so that every engine keeps the same one.
    others = [name for name in usable.columns if name not in ("pathway", "discharged", "received")]
    order = [ibis.desc(day(usable[name]), nulls_first=False) for name in ("discharged", "received")]
    order += [ibis.asc(usable[name].cast("string"), nulls_first=False) for name in others]
    place = ibis.row_number().over(group_by=usable["pathway"], order_by=order)
    return usable.mutate(place=place).filter(lambda t: t["place"] == 0).drop("place")


def _areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the groups of each area."""
    finished = rows["records"].where(rows["group"] >= 0, 0)
    out = rows.assign(finished=finished).groupby("area_code", sort=True)[list(AREA_COUNTS)].sum().reset_index()
    return out.astype({"area_code": "str", **dict.fromkeys(AREA_COUNTS, "int64")})


def _decoded(rows: pd.DataFrame, who: tuple[Dimension, ...]) -> pd.DataFrame:
    """Take the groups of those who finished treatment, and read who they are."""
    own = rows[rows["group"] >= 0].rename(columns={"records": "finished"})
    if (own["mask"] != 0).any():
        own = own.groupby(["area_code", "group"], sort=False)[list(CELL_COUNTS)].sum().reset_index()
    codes = unpacked(own["group"].to_numpy("int64"), who)
    return own.assign(**codes).astype(dict.fromkeys(CELL_COUNTS, "int32"))


def _strange(cells: pd.DataFrame, one: Dimension) -> int:
    """Count those of whom the source has a value that is none of those expected."""
    return int(cells.loc[cells[one.name] >= len(one.labels), "finished"].sum())


def _labelled(cells: pd.DataFrame, who: tuple[Dimension, ...]) -> pd.DataFrame:
    """Call groups by their labels; what is strange is not known."""
    import pandas as pd

    columns: dict[str, Any] = {"area_code": cells["area_code"].astype("category").to_numpy()}
    strange = False
    for one in who:
        codes = cells[one.name].to_numpy()
        strange = strange or bool((codes >= len(one.labels)).any())
        codes = codes.clip(max=len(one.labels) - 1)
        columns[one.name] = pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(one.labels))
    out = pd.DataFrame(columns | {name: cells[name].to_numpy() for name in CELL_COUNTS})
    decile = out["decile"].cat.codes.to_numpy() + 1
    out["decile"] = pd.array(decile, dtype="Int8")
    out.loc[decile > len(who[0].labels) - 1, "decile"] = pd.NA
    keys = ["area_code", *DIMENSIONS]
    if strange:
        out = out.groupby(keys, observed=True, dropna=False)[list(CELL_COUNTS)].sum().reset_index()
    return out.sort_values(keys, ignore_index=True)[list(CELL_COLUMNS)]


def joined(cells: pd.DataFrame, merged: Mapped[str, str]) -> pd.DataFrame:
    """Count the cells of areas that merged under their successors."""
    codes = cells["area_code"].astype("str")
    if not codes.isin(list(merged)).any():
        return cells
    own = cells.assign(area_code=codes.map(lambda code: merged.get(code, code)))
    keys = ["area_code", *DIMENSIONS]
    return own.groupby(keys, observed=True, dropna=False)[list(CELL_COUNTS)].sum().reset_index()[list(CELL_COLUMNS)]


def deciles_of_cells(cells: pd.DataFrame) -> pd.DataFrame | None:
    """Count patients by area and by the deprivation decile of their own neighbourhood, England's beside the areas'.

    Returns
    -------
    DataFrame or None
        As `iapt_report.areas.deciles.validated_deciles` takes it; None where some decile has no patient.
    """
    import pandas as pd

    known = cells[cells["decile"].notna()]
    if known["decile"].nunique() < 10:  # noqa: PLR2004
        return None
    named = dict(zip(CELL_COUNTS, ("finished_treatment", *CELL_COUNTS[1:]), strict=True))
    by_area = known.groupby(["area_code", "decile"], observed=True)[list(CELL_COUNTS)].sum().reset_index()
    by_area = by_area[by_area["area_code"] != UNKNOWN_AREA]
    england = known.groupby("decile", observed=True)[list(CELL_COUNTS)].sum().reset_index().assign(area_code=ENGLAND)
    out = pd.concat([by_area.astype({"area_code": "str"}), england], ignore_index=True).rename(columns=named)
    out = out.astype({"decile": "int64", **dict.fromkeys(DECILE_COUNTS, "Int64")})
    out[SUPPRESSED], out[PARTS] = "", 1
    return out
