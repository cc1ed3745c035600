"""Counts as NHS England publishes them: rounded to the nearest 5, and withheld where they are under 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.deciles import DECILE_COUNTS, ENGLAND
from iapt_report.areas.table import SUPPRESSED

if TYPE_CHECKING:
    import pandas as pd

STEP = 5
WITHHELD = "*"


def rounded(counts: pd.Series[int]) -> pd.Series[int]:
    """Round counts to the nearest multiple of 5."""
    return (counts + STEP // 2) // STEP * STEP


def published(counts: pd.Series[int]) -> pd.Series[str]:
    """Write counts as they are published.

    A count of 0 is withheld too, as in the published files: it says as much of a patient as a 1.
    """
    return rounded(counts).astype("str").mask(counts < STEP, WITHHELD).astype("str")


def published_deciles(deciles: pd.DataFrame) -> pd.DataFrame:
    """Round the areas' counts by decile, and withhold the small ones; England's stay, as they do in published files."""
    import pandas as pd

    own = deciles["area_code"] != ENGLAND
    out = deciles.copy()
    named = pd.Series("", index=out.index, dtype="str")
    for name in DECILE_COUNTS:
        small = own & (deciles[name] < STEP).fillna(value=False)
        out[name] = rounded(deciles[name]).where(own, deciles[name]).mask(small, pd.NA).astype("Int64")
        named = named.where(~small, named + ";" + name)
    return out.assign(**{SUPPRESSED: named.str.removeprefix(";")})
