"""What in the episodes cannot be right: told of each referral as a sum of powers of two, counted, and said."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

from iapt_report.episodes.definitions import day, is_misspelt, is_yes
from iapt_report.episodes.mapping import FLAGS
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping as Counts

    import ibis.expr.types as ir

    from iapt_report.areas.period import Period
    from iapt_report.episodes.mapping import Mapping

MISSPELT = "misspelt"
_MOST_KINDS = 100
_FEWEST_SHOWN = 5
_LONGEST_SHOWN = 12
_SAID = {
    "early": "discharged before they were received; they count as NHS England's definition counts them",
    "both": "both at caseness and not at caseness; they count as not at caseness",
    "recovered": "recovered though not at caseness; they count as not recovered",
    "contacts": "said to have completed treatment with fewer than two contacts; they count as completed",
    "undated": "without a readable date of receipt; they count by their discharge alone",
    "decile": "with a deprivation decile that is not a whole number from 1 to 10; their decile counts as not known",
    "age_band": "with an age that is not from 0 to 120; it counts as not known",
    "gender": "with a gender code that the mapping does not list; it counts as not known",
    "ethnic_group": "with an ethnic category that the mapping does not list; it counts as not known",
    "employment": "with an employment status that the mapping does not list; it counts as not known",
    "phq9_band": "with a PHQ-9 score that is not from 0 to 27; it counts as not known",
    "gad7_band": "with a GAD-7 score that is not from 0 to 21; it counts as not known",
}


def checks(table: ir.Table, mapping: Mapping) -> dict[str, ir.BooleanValue]:
    """Ask of each referral of a table, as `iapt_report.episodes.definitions.placed` gives it, what cannot be right.

    Returns
    -------
    dict of str to ibis expression of bool
        By the name of what is wrong; missing counts as no. What a referral's groups tell is not among them.
    """
    import ibis

    wrong = [is_misspelt(table, name, mapping) for name in FLAGS if name in table.columns]
    found = {
        MISSPELT: functools.reduce(operator.or_, (one for one in wrong if one is not None), ibis.literal(False)),
        "early": table["usable"] & (day(table["discharged"]) < day(table["received"])),
        "recovered": table["finished"] & is_yes(table, "not_caseness", mapping) & is_yes(table, "recovered", mapping),
    }
    if table["received"].type().is_string():
        found["undated"] = table["usable"] & (table["received"] != "") & day(table["received"]).isnull()
    if "caseness" in table.columns:
        found["both"] = table["finished"] & is_yes(table, "not_caseness", mapping) & is_yes(table, "caseness", mapping)
    if "contacts" in table.columns:
        found["contacts"] = table["finished"] & (table["contacts"].try_cast("int32") < 2)  # noqa: PLR2004
    return found


def mask_of(found: Counts[str, ir.BooleanValue]) -> ir.IntegerValue:
    """Write what is wrong as a sum of powers of two, 0 where nothing is."""
    import ibis

    mask: ir.IntegerValue = ibis.literal(0, "int32")
    for bit, wrong in enumerate(found.values()):
        mask = mask + ibis.ifelse(wrong, 2**bit, 0).cast("int32")
    return mask


def counts_of(masks: Counts[int, int], names: tuple[str, ...]) -> dict[str, int]:
    """Count by name, given how many referrals have each mask."""
    return {
        name: total
        for bit, name in enumerate(names)
        if (total := sum(count for mask, count in masks.items() if mask >> bit & 1))
    }


def refuse_misspelt(table: ir.Table, mapping: Mapping, source: str) -> None:
    """Refuse a flag that is written as the mapping does not say, naming the first such.

    A value is shown only if it is short and many have it: a column that is no flag may hold who the patients are.

    Raises
    ------
    DataError
    """
    for name in FLAGS:
        wrong = is_misspelt(table, name, mapping) if name in table.columns else None
        if wrong is None:
            continue
        rows = (
            table.filter(wrong.fill_null(False)).group_by(value=table[name].cast("string")).agg(n=lambda t: t.count())
        )
        found = rows.order_by(lambda t: t["n"].desc()).limit(_MOST_KINDS).execute()
        if found.empty:
            continue
        few = found[(found["n"] >= _FEWEST_SHOWN) & (found["value"].str.len() <= _LONGEST_SHOWN)]
        shown = ", ".join(map(repr, sorted(few["value"])[:6])) or "none that many referrals share"
        raise DataError(
            f"at least {_count(int(found['n'].sum()))} referrals have a value that is none of those of a flag: {shown}",
            file=source,
            column=mapping.columns[name],
            expected=f"{' or '.join(map(repr, (*mapping.yes, *mapping.no)))}, or nothing",
            mend="say in a mapping of your own (--mapping FILE) how flags are written: [flags], yes and no",
        )


def refuse_empty(table: ir.Table, period: Period, source: str) -> DataError:
    """Say that no referral of the source is about a period, and which days it is about."""
    received, discharged = day(table["received"]), day(table["discharged"])
    spans = table.aggregate(
        rows=table.count(),
        first=received.min(),
        last=received.max(),
        first_out=discharged.min(),
        last_out=discharged.max(),
    ).execute()
    row = spans.iloc[0]
    known = [value for value in row[["first", "last", "first_out", "last_out"]] if value == value and value is not None]  # noqa: PLR0124
    about = f"; its days are from {min(known):%d %B %Y} to {max(known):%d %B %Y}" if known else ""
    return DataError(
        f"none of its {int(row['rows'])} referrals was received or discharged in {period.label}{about}",
        file=source,
        expected="referrals with UsePathway_Flag of the period that --period names",
        mend="correct the period, or give the source that has it",
    )


def notes_on(wrong: Counts[str, int], repeated: int, referrals: int) -> tuple[str, ...]:
    """Say what in the episodes cannot be right, each kind in a sentence."""
    said = [
        f"Of the patients' records, {_count(count)} {'is' if count == 1 else 'are'} {_SAID[name]}."
        for name, count in wrong.items()
        if name in _SAID
    ]
    if repeated:
        said.append(
            f"The patients' records have {_count(repeated)} more than the {_count(referrals)} pathways that count; "
            "of each pathway that is there twice, the record discharged last counts."
        )
    return tuple(said)


def _count(number: int) -> str:
    return f"{number:,}"
