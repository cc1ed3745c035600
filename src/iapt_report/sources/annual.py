"""The annual main file of NHS England (and of NHS Digital before it): one row an organisation and variable.

Both published spellings of the measures are read: ``CountRecovery`` up to 2019-20, ``Count_Recovery`` after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report import cells
from iapt_report.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from iapt_report.sources.text_table import TextTable

# Folded headers (see `cells.squash`) of the identifying columns and of the measures, and what they become.
_IDENTITY = {"orgtype": "org_type", "orgcode": "area_code", "orgname": "area_name", "variabletype": "variable"}
_MEASURES = {
    "countreferralsreceived": "referrals",
    "countfinishedcoursetreatment": "finished_treatment",
    "countatcaseness": "at_caseness",
    "countrecovery": "recovered",
    "percentagerecovery": "recovery_percentage",
}
_REQUIRED = ("referrals", "finished_treatment")
_TOTAL = "total"

# Commissioning areas, the smallest first: how the file's OrgType reads when folded, and in words.
LEVELS = {
    "ccg": "clinical commissioning group",
    "subicb": "Sub-ICB location",
    "subicblocation": "Sub-ICB location",
    "icb": "integrated care board",
}


@dataclass(frozen=True)
class Activity:
    """One period's activity by organisation, as text ready to be checked.

    Parameters
    ----------
    frame : DataFrame of str
        ``area_code, area_name, referrals, finished_treatment, at_caseness, recovered`` and ``recovery_rate``.
    area_type : str
        What an organisation is, in words.
    place : Place
        Where each row stands in the file, and how the file spells the columns.
    """

    frame: pd.DataFrame
    area_type: str
    place: cells.Place


def is_annual(header: list[str]) -> bool:
    """Whether a file with this header is an annual main file."""
    folded = {cells.squash(name) for name in header}
    return set(_IDENTITY) <= folded


def read_annual(content: TextTable, file: object) -> Activity:
    """Take the totals of the commissioning areas from an annual main file.

    Parameters
    ----------
    content : TextTable
        As `iapt_report.sources.text_table.read_table` gives it.
    file : object
        Its name, for messages.

    Returns
    -------
    Activity
        The smallest commissioning areas in the file: clinical commissioning groups or Sub-ICB locations, else
        integrated care boards.

    Raises
    ------
    DataError
        If a column is missing, no commissioning area is there, or a percentage is above 100.
    """
    import pandas as pd

    named = {**_IDENTITY, **_MEASURES}
    frame = content.frame.rename(columns=lambda name: named.get(cells.squash(name), name))
    _require(frame, content, file)
    total = frame[frame["variable"].str.strip().str.lower() == _TOTAL]
    level = total["org_type"].map(cells.squash)
    present = [name for name in LEVELS if (level == name).any()]
    if not present:
        kinds = ", ".join(sorted(set(total["org_type"]))) or "none"
        raise DataError(
            f"no commissioning area has a row of totals; the organisations with one are: {kinds}",
            file=file,
            column="OrgType",
            expected="rows whose OrgType is CCG, SubICB or ICB and whose VariableType is Total",
            mend="give the complete main file",
        )
    area_type = LEVELS[present[0]]
    chosen = total[level.map(LEVELS.get) == area_type]
    spelling = {named[cells.squash(name)]: name for name in content.header if cells.squash(name) in named}
    place = cells.Place(file, tuple(content.rows[position] for position in chosen.index), spelling)
    out = pd.DataFrame(index=chosen.index)
    for column in ("area_code", "area_name", *_MEASURES.values()):
        out[column] = chosen.get(column, "")
    out["recovery_rate"] = _rate(out.pop("recovery_percentage"), place)
    return Activity(out.reset_index(drop=True), area_type, place)


def _require(frame: pd.DataFrame, content: TextTable, file: object) -> None:
    published = ", ".join(map(repr, content.frame.columns[:12]))
    needed = [*_IDENTITY.values(), *_REQUIRED]
    lacking = [name for name in needed if name not in frame]
    if not lacking and "recovery_percentage" not in frame and not {"recovered", "at_caseness"} <= set(frame):
        lacking = ["recovered"]
    if lacking:
        spelled = {
            **{name: name.title().replace("_", "") for name in _IDENTITY.values()},
            "area_code": "OrgCode",
            "area_name": "OrgName",
            "variable": "VariableType",
            "referrals": "CountReferralsReceived",
            "finished_treatment": "CountFinishedCourseTreatment",
            "recovered": "CountRecovery",
        }
        name = spelled[lacking[0]]
        raise DataError(
            f"the column {name!r} is missing; the file has {published}",
            file=file,
            row=1,
            column=name,
            expected="the annual main file's columns, spelled CountRecovery or Count_Recovery",
            mend="give the main file as published, with all its columns",
        )


def _rate(percentage: pd.Series[str], place: cells.Place) -> pd.Series[str]:
    """Turn published percentages into proportions, as text; refuse those beyond 100."""
    missing = cells.is_missing(percentage)
    value = cells.numbers(percentage, "recovery_percentage", place)
    wrong = ~missing & ~value.between(0, 100)
    place.refuse(
        percentage, wrong, "recovery_percentage", expected="a percentage from 0 to 100", mend="correct the value"
    )
    return percentage.where(missing, value.div(100).map(repr))
