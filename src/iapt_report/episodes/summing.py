"""One pass over the episodes: sums by area and by who the patients are; the areas' own sums follow from these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas.deciles import DECILE_COUNTS, ENGLAND
from iapt_report.areas.group_counts import PARTS
from iapt_report.areas.patient_cells import CELL_COLUMNS, CELL_COUNTS, DIMENSIONS
from iapt_report.areas.table import SUPPRESSED
from iapt_report.episodes.bands import dimensions
from iapt_report.episodes.checking import MISSPELT, checks, counts_of, notes_on, refuse_empty, refuse_misspelt
from iapt_report.episodes.definitions import day, measured

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from iapt_report.areas.period import Period
    from iapt_report.episodes.connecting import Source
    from iapt_report.episodes.mapping import Mapping

UNKNOWN_AREA = "UNKNOWN"
# Whose hashes are of 64 bits, so that those of different texts hardly ever meet.
_HASHES_WELL = "duckdb"
AREA_COUNTS = ("referrals", *CELL_COUNTS)
# The fields of `Measured` that each count is the sum of.
_FLAGS = {name: name for name in CELL_COUNTS} | {"referrals": "referral"}


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
    wrong = counts_of(rows.groupby("mask")["records"].sum().to_dict(), plan.names)
    if any(name.startswith(MISSPELT) for name in wrong):
        refuse_misspelt(wrong, table, mapping, source.name)
    if not rows["records"].sum():
        raise refuse_empty(table, period, source.name)
    records = int(rows["records"].sum())
    pathways = records if _differ(plan.pathways, records, source.engine) else int(plan.pathways.nunique().execute())
    repeated = records - pathways
    if repeated:
        plan = _planned(_latest(table, mapping), mapping, period)
        rows = plan.grouped.execute()
    return Sums(_areas(rows), _cells(rows, plan.labels), notes_on(wrong, repeated, pathways))


@dataclass(frozen=True)
class _Plan:
    """What the engine is asked: the grouped sums, and the pathways that they are of."""

    grouped: ir.Table
    pathways: ir.StringColumn
    names: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]


def _planned(table: ir.Table, mapping: Mapping, period: Period) -> _Plan:
    counted = measured(table, mapping, period)
    who = dimensions(table, mapping)
    asked = checks(table, mapping, counted, who)
    inside = (counted.usable & (counted.received | counted.discharged)) | asked.refused
    area = table[mapping.area].cast("string").fill_null(UNKNOWN_AREA)
    # Of those who did not finish treatment only the area counts: they are one group of it.
    groups = {one.name: counted.finished.ifelse(one.code, -1).cast("int8") for one in who}
    flags = {name: getattr(counted, flag) for name, flag in _FLAGS.items()}
    coded = table.select(area_code=area, mask=asked.mask, inside=inside, pathway=table["pathway"], **groups, **flags)
    coded = coded.filter(coded["inside"])
    grouped = coded.group_by("area_code", "mask", *groups).agg(
        records=coded.count(), **{name: _sum(coded[name]) for name in flags}
    )
    return _Plan(grouped, coded["pathway"], asked.names, {one.name: one.labels for one in who})


def _differ(pathways: ir.StringColumn, records: int, engine: str) -> bool:
    """Whether all pathways are known to differ, told by numbers that DuckDB makes of them: texts take thrice the time.

    Two numbers can be the same though their texts differ, and are then looked at as texts.
    """
    if engine != _HASHES_WELL:
        return False
    return int(pathways.hash().name("number").as_table().distinct().count().execute()) == records


def _sum(flag: ir.BooleanValue) -> ir.IntegerScalar:
    return flag.ifelse(1, 0).cast("int64").sum()  # type: ignore[no-any-return]


def _latest(table: ir.Table, mapping: Mapping) -> ir.Table:
    """Keep one record of each pathway, of those that stand for it: the one discharged last, then received last."""
    import ibis

    from iapt_report.episodes.definitions import is_yes

    usable = table.filter(is_yes(table, "use", mapping))
    order = [ibis.desc(day(usable["discharged"]), nulls_first=False), ibis.desc(day(usable["received"]))]
    place = ibis.row_number().over(group_by=usable["pathway"], order_by=order)
    return usable.mutate(place=place).filter(lambda t: t["place"] == 0).drop("place")


def _areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the groups of each area."""
    out = rows.groupby("area_code", sort=True)[list(AREA_COUNTS)].sum().reset_index()
    return out.astype({"area_code": "str", **dict.fromkeys(AREA_COUNTS, "int64")})


def _cells(rows: pd.DataFrame, labels: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """Take the groups of those who finished treatment, and call them by their labels."""
    import pandas as pd

    own = rows[rows["finished"] > 0]
    own = own.groupby(["area_code", *DIMENSIONS], sort=True)[list(CELL_COUNTS)].sum().reset_index()
    for name in DIMENSIONS[1:]:
        own[name] = pd.Categorical.from_codes(own[name].to_numpy(), categories=list(labels[name]))
    decile = own["decile"].to_numpy().astype("int8") + 1
    own["decile"] = pd.array(decile, dtype="Int8")
    own.loc[decile > len(labels["decile"]) - 1, "decile"] = pd.NA
    return own.astype({"area_code": "category", **dict.fromkeys(CELL_COUNTS, "int32")})[list(CELL_COLUMNS)]


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
    return out.assign(**{SUPPRESSED: "", PARTS: 1})
