"""Made-up years with patients' deciles, areas with groups of patients, and results whose every text is another."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

import published
from conftest import areas_from, some_rows, table_of
from iapt_report.analysis.facts import Excluded, SourceFile
from iapt_report.analysis.study import analyse
from iapt_report.areas.cells import Place
from iapt_report.areas.extras import Extras
from iapt_report.areas.folder import read_areas
from iapt_report.areas.outcomes import RECOVERY
from iapt_report.areas.period import Period
from iapt_report.areas.shares import checked_shares
from iapt_report.stats.diagnostics import Influential

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.table import Areas

YEAR = Period.parse("2019-20")
DECILES = published.DECILES[::-1]
WHITE = "Ethnic Group: White"


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


def areas_with_groups(
    n: int = 40, *, pull: float = 0.3, withheld: tuple[str, ...] = (), columns: dict[str, list[str]] | None = None
) -> Areas:
    """Areas whose rates a share of their patients makes, which goes with deprivation; groups do as England's."""
    draw = random.Random(3)
    rows = some_rows(n, noise=0.0)
    shares = []
    for i, row in enumerate(rows):
        share = round(0.2 + 0.5 * i / n + 0.2 * draw.random(), 3)
        cases = int(str(row["at_caseness"]))
        row["recovered"] = round(cases * min(max(0.35 + pull * share + draw.gauss(0, 0.02), 0), 1))
        for group, part in (("White", share), ("Other", 1 - share)):
            own = round(cases * part)
            known = row["area_code"] not in withheld
            shares.append(
                {
                    "area_code": row["area_code"],
                    "variable": "Ethnic Group",
                    "group": group,
                    "at_caseness": own,
                    "finished_treatment": own,
                    "recovered": round(own * (0.6 if group == "White" else 0.4)),
                    "known": cases,
                    "share": part if known else "*",
                }
            )
    shares += [
        {"area_code": "england", "variable": "Ethnic Group", "group": group, "at_caseness": cases,
         "finished_treatment": cases, "recovered": reached, "known": 10_000, "share": cases / 10_000}
        for group, cases, reached in (("White", 6000, 3600), ("Other", 4000, 1600))
    ]  # fmt: skip
    found = areas_from(rows, shares=checked_shares(table_of(shares), Place("shares.csv", range(2, len(shares) + 2))))
    if columns is None:
        return found
    codes = pd.Series([str(row["area_code"]) for row in rows])
    return replace(found, extras=Extras(pd.DataFrame(columns), codes, Place("areas.csv", range(2, n + 2))))


def with_every_text(results: Results, text: str) -> Results:
    """Put a text wherever results have one from data."""
    areas = tuple(area.model_copy(update={"area_name": f"{text} {i}"}) for i, area in enumerate(results.areas))
    left_out = tuple(Excluded(area_code=f"{text}{i}", area_name=text, reason=text) for i in range(3))
    sources = (SourceFile(file=text, sha256=text), SourceFile(file=f"2{text}", sha256="a" * 64))
    versions = {**results.provenance.versions, "python": text}
    made = {"area_type": text, "notes": (text,), "sources": sources, "commit": text, "versions": versions}
    influential = (Influential(area_code="X", area_name=text, leverage=0.1, cooks_distance=0.2),)
    return results.model_copy(
        update={
            "areas": areas,
            "sample": results.sample.model_copy(update={"excluded": left_out}),
            "provenance": results.provenance.model_copy(update=made),
            "standard": results.standard.model_copy(update={"source": text}),
            "diagnostics": results.diagnostics.model_copy(update={"influential": influential}),
        }
    )
