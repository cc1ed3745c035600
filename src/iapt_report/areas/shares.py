"""Shares: an area's patients by ethnic group, age, gender or what else a source tells, their table and its checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iapt_report.areas import series
from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.group_counts import PARTS, parts, suppressed
from iapt_report.areas.schemas import Column, check
from iapt_report.areas.table import COUNTS, SUPPRESSED, refuse_impossible
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from iapt_report.areas.cells import Place

VARIABLE, GROUP = "variable", "group"
# The patients who finished treatment and of whom the variable is known, and the group's share of them.
KNOWN, SHARE = "known", "share"
# Between a group and a part of it, as in "White / Irish".
WITHIN = " / "
SHARE_COLUMNS = ("area_code", VARIABLE, GROUP, *COUNTS, SUPPRESSED, PARTS, KNOWN, SHARE)
_REQUIRED = ("area_code", VARIABLE, GROUP, SHARE)
_MEND = "correct the file, or import the period again"


def label_of(variable: str, group: str) -> str:
    """Call a group's share as settings and documents do: ``Ethnic Group: White``."""
    return f"{variable}: {group}"


def checked_shares(text: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Turn a table of text into typed columns, refusing what cannot be.

    Parameters
    ----------
    text : DataFrame of str
        Columns of `SHARE_COLUMNS`, as read; ``area_code``, ``variable``, ``group`` and ``share`` at least. A count that
        is not there is missing; ``parts`` is 1 where it is not there.
    place : Place
        Where it came from, for messages.

    Returns
    -------
    DataFrame
        The columns of `SHARE_COLUMNS`, sorted by variable, group and area: counts as nullable integers, ``share`` a
        proportion 0–1 of the patients who finished treatment and of whom the variable is ``known``.

    Raises
    ------
    DataError
        At the first value that cannot be, naming its row and column.
    """
    import pandas as pd

    for column in _REQUIRED:
        if column not in text:
            raise DataError(
                f"the column {column!r} is missing; the file has {', '.join(map(repr, list(text)[:12])) or 'none'}",
                file=place.file,
                row=1,
                column=column,
                expected=f"the columns {', '.join(_REQUIRED)}, and as far as they are known "
                f"{', '.join(name for name in SHARE_COLUMNS if name not in _REQUIRED)}",
                mend=_MEND,
            )
    frame = pd.DataFrame(
        {name: _names(text[name], name, place) for name in ("area_code", VARIABLE, GROUP)}, index=text.index
    )
    for column in (*COUNTS, KNOWN):
        there = column in text
        frame[column] = series.counts(text[column], column, place) if there else series.absent_counts(text.index)
    frame[SUPPRESSED] = suppressed(text, frame, COUNTS, place)
    frame[PARTS] = parts(text, place)
    frame[SHARE] = series.numbers(text[SHARE], SHARE, place)
    wrong = (frame[SHARE] < 0) | (frame[SHARE] > 1)
    place.refuse(text[SHARE], wrong, SHARE, expected="a proportion from 0 to 1, or nothing", mend=_MEND)
    keys = frame["area_code"] + "\n" + frame[VARIABLE].str.casefold() + "\n" + frame[GROUP].str.casefold()
    place.refuse_repeats(keys, frame[GROUP], GROUP)
    refuse_impossible(series.columns_of(frame), place)
    return validated_shares(frame)


def validated_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table of shares in the canonical order, having checked it against the schema."""
    order = [VARIABLE, GROUP, "area_code"]
    ordered = frame[list(SHARE_COLUMNS)].sort_values(order).reset_index(drop=True)
    check(ordered, _COLUMNS, ["area_code", VARIABLE, GROUP])
    return ordered


def shares_of(frame: pd.DataFrame, codes: Collection[str]) -> pd.DataFrame:
    """Keep the shares of some areas, and of England."""
    return frame[frame["area_code"].isin([*codes, ENGLAND])].reset_index(drop=True)


def with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Set beside each group its share of the patients of whom the variable is known.

    Parameters
    ----------
    frame : DataFrame
        ``finished_treatment`` and ``known``, nullable integers.

    Returns
    -------
    DataFrame
        With the column ``share``: 0–1; missing where a count is, or where the variable is known of nobody. Rounding can
        make a group larger than the whole, and its share is then 1. Shares have six decimals, more than counts tell.
    """
    known = frame[KNOWN].astype("Float64")
    share = frame["finished_treatment"].astype("Float64") / known.where(known > 0)
    return frame.assign(**{SHARE: share.clip(upper=1).astype("float64").round(6)})


def _names(text: pd.Series[str], column: str, place: Place) -> pd.Series[str]:
    """Read codes or names, each spelling once: they repeat in every row of an area or group."""
    again = text.duplicated().to_numpy(dtype=bool)
    first = text[~again]
    rows = [row for row, repeated in zip(place.rows, again, strict=True) if not repeated]
    read = series.names(first, column, replace(place, rows=rows))
    return text.map(dict(zip(first, read, strict=True)))


# What every table of shares holds, whoever made it.
_COLUMNS = {
    "area_code": Column("text"),
    VARIABLE: Column("text"),
    GROUP: Column("text"),
    **dict.fromkeys((*COUNTS, KNOWN), Column("Int64", least=0, nullable=True)),
    SUPPRESSED: Column("any"),
    PARTS: Column("int64", least=1),
    SHARE: Column("float64", least=0, most=1, nullable=True),
}
