"""What in the episodes cannot be right: told of each referral as a sum of powers of two, counted, and said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.episodes.definitions import day, is_misspelt, is_yes
from iapt_report.episodes.mapping import FLAGS
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping as Counts

    import ibis.expr.types as ir

    from iapt_report.areas.period import Period
    from iapt_report.episodes.bands import Dimension
    from iapt_report.episodes.definitions import Measured
    from iapt_report.episodes.mapping import Mapping

MISSPELT = "misspelt:"
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


@dataclass(frozen=True)
class Checks:
    """What is asked of each referral.

    Parameters
    ----------
    names : tuple of str
        One for each bit, from the lowest.
    mask : ibis expression of int
        0 where nothing is wrong.
    refused : ibis expression of bool
        Whether a flag is written as the mapping does not say: it is then not known what counts.
    """

    names: tuple[str, ...]
    mask: ir.IntegerValue
    refused: ir.BooleanValue


def checks(table: ir.Table, mapping: Mapping, counted: Measured, who: tuple[Dimension, ...]) -> Checks:
    """Ask of each referral of a table, whose columns have their canonical names, what in it cannot be right."""
    import ibis

    found: dict[str, ir.BooleanValue] = {}
    refused: ir.BooleanValue = ibis.literal(False)
    for name in FLAGS:
        wrong = is_misspelt(table, name, mapping) if name in table.columns else None
        if wrong is not None:
            found[MISSPELT + name] = wrong
            refused = refused | wrong
    of_record = counted.usable
    found["early"] = of_record & (day(table["discharged"]) < day(table["received"]))
    found["undated"] = of_record & table["received"].notnull() & day(table["received"]).isnull()
    if "caseness" in table.columns:
        found["both"] = counted.finished & is_yes(table, "caseness", mapping) & ~counted.at_caseness
    found["recovered"] = counted.finished & ~counted.at_caseness & is_yes(table, "recovered", mapping)
    if "contacts" in table.columns:
        found["contacts"] = counted.finished & (table["contacts"].cast("int32") < 2)  # noqa: PLR2004
    found |= {one.name: counted.finished & one.strange for one in who if one.strange is not None}
    mask: ir.IntegerValue = ibis.literal(0, "int32")
    for bit, wrong in enumerate(found.values()):
        mask = mask + wrong.fill_null(False).ifelse(2**bit, 0).cast("int32")
    return Checks(tuple(found), mask, refused.fill_null(False))


def counts_of(masks: Counts[int, int], names: tuple[str, ...]) -> dict[str, int]:
    """Count by name, given how many referrals have each mask."""
    return {
        name: total
        for bit, name in enumerate(names)
        if (total := sum(count for mask, count in masks.items() if mask >> bit & 1))
    }


def refuse_misspelt(wrong: Counts[str, int], table: ir.Table, mapping: Mapping, source: str) -> None:
    """Refuse flags that are written as the mapping does not say.

    A value is shown only if it is short and many have it: a column that is no flag may hold who the patients are.

    Raises
    ------
    DataError
        Naming the first such flag.
    """
    for name in FLAGS:
        count = wrong.get(MISSPELT + name)
        if not count:
            continue
        text = table[name].cast("string")
        misspelt = is_misspelt(table, name, mapping)
        assert misspelt is not None  # noqa: S101 - it was counted
        rows = table.filter(misspelt).group_by(value=text).agg(n=lambda t: t.count())
        few = rows.filter((rows["n"] >= _FEWEST_SHOWN) & (rows["value"].length() <= _LONGEST_SHOWN)).limit(6).execute()
        shown = ", ".join(map(repr, sorted(few["value"]))) or "none that many referrals share"
        raise DataError(
            f"{count} referrals have a value that is none of those of a flag: {shown}",
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
