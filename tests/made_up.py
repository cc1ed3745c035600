"""Made-up years with patients' deciles."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import published
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.outcomes import RECOVERY
from iapt_report.areas.period import Period

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings

YEAR = Period.parse("2019-20")
DECILES = published.DECILES[::-1]


def made_up_year(seed: int, gradient: float, spread: float) -> list[list[object]]:
    """Areas, and England, whose patients recover by their own deprivation, with some counts withheld."""
    draw = random.Random(seed)
    rows: list[list[object]] = []
    whole = dict.fromkeys(DECILES, (0, 0))
    for i in range(14):
        own, total = draw.gauss(0, spread), [0, 0]
        for j, decile in enumerate(DECILES):
            cases = draw.randint(0, 220)
            rate = min(max(0.5 - gradient * (j - 4.5) / 9 + own, 0), 1)
            recovered = sum(draw.random() < rate for _ in range(cases))
            whole[decile] = (whole[decile][0] + cases, whole[decile][1] + recovered)
            total = [total[0] + cases, total[1] + recovered]
            shown = [5 * round(n / 5) if n >= 5 else "*" for n in (cases, recovered)]
            rows.append(published.decile_row("CCG", f"X{i:02d}", decile, *shown))
        cases, recovered = (5 * round(n / 5) for n in total)
        counts = [cases, cases + 50, recovered, cases * 3, round(100 * recovered / cases)]
        rows.append(["CCG", f"X{i:02d}", f"NHS Area {i}", "Total", "NULL", "NULL", *counts])
    rows.extend(published.decile_row("England", "All", decile, *counts) for decile, counts in whole.items())
    return rows


def results_of_rows(folder: Path, rows: list[list[object]], chosen: Settings) -> Results:
    published.import_period(
        [published.annual(folder, rows=rows)], YEAR, published.imd(folder), published.lookup(folder), folder / "data"
    )
    areas = read_areas(folder / "data", YEAR, RECOVERY)
    return analyse(areas, chosen, draws=20, simulated_quarters=20)
