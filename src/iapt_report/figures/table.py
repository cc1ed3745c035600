"""The areas as a table for a figure: the columns that it shows and no others, since every layer copies its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from iapt_report.analysis.facts import Area


def table(areas: Sequence[Area], *columns: str) -> pd.DataFrame:
    """Return a row an area.

    Parameters
    ----------
    areas : sequence of Area
    *columns : str
        Names of its fields.
    """
    import pandas as pd

    return pd.DataFrame({name: [getattr(area, name) for area in areas] for name in columns})
