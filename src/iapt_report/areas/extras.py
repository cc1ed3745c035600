"""Columns of areas.csv beyond those that the program knows: kept as they are written, read when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas import series

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from iapt_report.areas.cells import Place


@dataclass(frozen=True)
class Extras:
    """What a table of areas holds beside what is known.

    Parameters
    ----------
    text : DataFrame of str
        Such columns as they are written, a row an organisation, in the table's order.
    codes : Series of str
        The organisation that each row is about.
    place : Place
        Where the table stands, for messages.
    """

    text: pd.DataFrame = field(repr=False)
    codes: pd.Series[str] = field(repr=False)
    place: Place = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers, as written."""
        return tuple(self.text.columns)

    def numbers(self, column: str) -> pd.Series[float]:
        """Read a column as numbers, by area code; missing where nothing is written.

        Raises
        ------
        DataError
            At the first cell that is no number, naming file, row and column.
        """
        found = series.numbers(self.text[column], column, self.place)
        return found.set_axis(self.codes.to_numpy())


def extras_of(text: pd.DataFrame, codes: pd.Series[str], known: Collection[str], place: Place) -> Extras | None:
    """Keep the columns that are not among those ``known``; None where there is no other."""
    others = [column for column in text if column not in known]
    return Extras(text[others], codes, place) if others else None
