"""What tables of counts by group share: which counts are withheld, and of how many published figures they are sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas import series
from iapt_report.areas.table import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from iapt_report.areas.cells import Place

PARTS = "parts"
_MEND = "correct the file, or import the period again"


def suppressed(text: pd.DataFrame, frame: pd.DataFrame, counts: Sequence[str], place: Place) -> pd.Series[str]:
    """Read which of the counts were withheld; one that is there was not.

    Raises
    ------
    DataError
        If a row names another column, or a count that it has.
    """
    import pandas as pd

    if SUPPRESSED not in text:
        return pd.Series("", index=text.index, dtype="str")
    listed = text[SUPPRESSED].str.strip()
    unknown = listed.map(lambda cell: bool(cell) and not set(cell.split(";")) <= set(counts))
    expected = f"nothing, or names of {', '.join(counts)} parted by semicolons"
    place.refuse(listed, unknown, SUPPRESSED, expected=expected, mend=_MEND)
    for column in counts:
        both = listed.str.split(";").map(lambda names, column=column: column in names) & frame[column].notna()
        place.refuse(listed, both, SUPPRESSED, expected=f"no {column}, which is there", mend=_MEND)
    return listed


def parts(text: pd.DataFrame, place: Place) -> pd.Series[int]:
    """Read of how many published counts each count is the sum; 1 where the table does not say.

    Raises
    ------
    DataError
        If that is no whole number from 1.
    """
    import pandas as pd

    if PARTS not in text:
        return pd.Series(1, index=text.index, dtype="int64")
    found = series.counts(text[PARTS], PARTS, place)
    wrong = found.isna() | (found < 1).fillna(value=False)
    place.refuse(text[PARTS], wrong, PARTS, expected="a whole number, 1 or more", mend=_MEND)
    return found.astype("int64")
