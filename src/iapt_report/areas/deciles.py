"""Deciles: an area's patients by the deprivation of their own neighbourhoods, their table and its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas import series
from iapt_report.areas.group_counts import PARTS, parts, suppressed
from iapt_report.areas.schemas import Column, check
from iapt_report.areas.table import COUNTS, SUPPRESSED, refuse_impossible
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from iapt_report.areas.cells import Place

# The code of the country as a whole, which every table of deciles has.
ENGLAND = "england"
DECILES = range(1, 11)
DECILE_COUNTS = tuple(name for name in COUNTS if name != "referrals")
# How many published counts, as those of areas that merged, each count is the sum of.
DECILE_COLUMNS = ("area_code", "decile", *DECILE_COUNTS, SUPPRESSED, PARTS)
_REQUIRED = ("area_code", "decile", "finished_treatment")
_MEND = "correct the file, or import the period again"


def checked_deciles(text: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Turn a table of text into typed columns, refusing what cannot be.

    Parameters
    ----------
    text : DataFrame of str
        Columns of `DECILE_COLUMNS`, as read; ``area_code``, ``decile`` and ``finished_treatment`` at least. A count
        that is not there is missing; ``parts`` is 1 where it is not there.
    place : Place
        Where it came from, for messages.

    Returns
    -------
    DataFrame
        The columns of `DECILE_COLUMNS`, sorted by area and decile: ``decile`` from 1, the tenth of neighbourhoods that
        is the most deprived, to 10; counts as nullable integers; ``suppressed`` with the names of the counts withheld.

    Raises
    ------
    DataError
        At the first value that cannot be, naming its row and column; or if England lacks a decile.
    """
    import pandas as pd

    for column in _REQUIRED:
        if column not in text:
            raise DataError(
                f"the column {column!r} is missing; the file has {', '.join(map(repr, list(text)[:12])) or 'none'}",
                file=place.file,
                row=1,
                column=column,
                expected=f"the columns {', '.join(DECILE_COLUMNS)}",
                mend=_MEND,
            )
    frame = pd.DataFrame({"area_code": series.names(text["area_code"], "area_code", place)}, index=text.index)
    decile = series.counts(text["decile"], "decile", place)
    place.refuse(
        text["decile"],
        ~decile.isin(DECILES),
        "decile",
        expected="a whole number from 1, the most deprived, to 10",
        mend=_MEND,
    )
    frame["decile"] = decile.astype("int64")
    for column in DECILE_COUNTS:
        there = column in text
        frame[column] = series.counts(text[column], column, place) if there else series.absent_counts(text.index)
    frame[SUPPRESSED] = suppressed(text, frame, DECILE_COUNTS, place)
    frame[PARTS] = parts(text, place)
    place.refuse_repeats(frame["area_code"] + " " + text["decile"].str.strip(), text["decile"], "decile")
    refuse_impossible(series.columns_of(frame), place)
    return validated_deciles(frame, place.file)


def validated_deciles(frame: pd.DataFrame, file: object) -> pd.DataFrame:
    """Return a table of deciles in the canonical order, having checked it against the schema.

    Raises
    ------
    DataError
        If England lacks a decile; the rates of areas could then not be set against any.
    """
    national = set(frame.loc[frame["area_code"] == ENGLAND, "decile"])
    lacking = [str(decile) for decile in DECILES if decile not in national]
    if lacking:
        raise DataError(
            f"England lacks the {'decile' if len(lacking) == 1 else 'deciles'} {', '.join(lacking)}",
            file=file,
            column="decile",
            expected=f"rows with area_code {ENGLAND!r} for each decile from 1 to 10",
            mend=_MEND,
        )
    ordered = frame[list(DECILE_COLUMNS)].sort_values(["area_code", "decile"]).reset_index(drop=True)
    check(ordered, _COLUMNS, ["area_code", "decile"])
    return ordered


def deciles_of(frame: pd.DataFrame, codes: Collection[str]) -> pd.DataFrame:
    """Keep the deciles of some areas, and of England."""
    return frame[frame["area_code"].isin([*codes, ENGLAND])].reset_index(drop=True)


# What every table of deciles holds, whoever made it.
_COLUMNS = {
    "area_code": Column("text"),
    "decile": Column("int64", least=min(DECILES), most=max(DECILES)),
    **dict.fromkeys(DECILE_COUNTS, Column("Int64", least=0, nullable=True)),
    SUPPRESSED: Column("any"),
    PARTS: Column("int64", least=1),
}
