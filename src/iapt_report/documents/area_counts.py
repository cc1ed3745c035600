"""What the data know of areas and results do not keep: every published count, and the score of deprivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas.folder import AREAS_FILE, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.areas.table import COUNTS
from iapt_report.system import digests

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from iapt_report.analysis.results import Results

SCORE = "imd_score"
# By the code of the area, and the name of the column; None where it is not known.
AreaCounts = dict[str, dict[str, int | float | None]]


def counts_of(results: Results, data: Path) -> AreaCounts:
    """Read the counts and the score of each area that was analysed.

    Parameters
    ----------
    results : Results
    data : Path
        The folder of all periods.

    Returns
    -------
    AreaCounts
        Nothing where the data there are not those that the results rest on, by the digest of their content.
    """
    path = data / results.period.id / AREAS_FILE
    digest = next((s.sha256 for s in results.provenance.sources if s.file == f"{path.parent.name}/{path.name}"), None)
    if digest is None or not path.is_file() or digests.of_file(path) != digest:
        return {}
    table = read_areas(data, Period.parse(results.period.id), OUTCOMES[results.outcome.name]).table
    rows = zip(table["area_code"], *(_known(table[name]) for name in (*COUNTS, SCORE)), strict=True)
    return {code: dict(zip((*COUNTS, SCORE), values, strict=True)) for code, *values in rows}


def _known(column: pd.Series) -> list[int | float | None]:
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]
