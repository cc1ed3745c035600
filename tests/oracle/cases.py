"""The tables that R and the package both analyse: the reference quarter, and seeded ones with ties and outliers."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from conftest import REFERENCE, ROOT, areas_from, some_rows
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period

if TYPE_CHECKING:
    from iapt_report.areas.table import Areas

HERE = Path(__file__).parent
SCRIPT = HERE / "study.R"
ANSWERS = HERE / "answers.csv"
SEEDS = range(20)


def seeded(seed: int) -> Areas:
    """A table of a random size and gradient, with tied ranks and counts, and here and there an outlier or a gap."""
    draw = random.Random(seed)
    n = draw.randint(12, 150)
    rows = some_rows(
        n, slope=draw.uniform(-0.2, 0.2), level=draw.uniform(0.42, 0.56), noise=draw.uniform(0.01, 0.08), seed=seed
    )
    for i in range(0, n, 4):
        rows[i] = {**rows[i], "imd_rank": i // 4 * 4 + 2.5, "referrals": 1500}
    for i in range(3, n, 4):
        rows[i] = {**rows[i], "imd_rank": rows[i - 3]["imd_rank"]}
    if seed % 2:
        rows = [
            {**row, "imd_score": round(50 - 0.3 * float(str(row["imd_rank"])) + draw.gauss(0, 2), 3)} for row in rows
        ]
    if seed % 5 == 0 and n > 14:
        # Areas that lack a figure, and are left out.
        rows[4] = {**rows[4], "referrals": ""}
        rows[9] = {**rows[9], "recovered": "*"}
    for _ in range(seed % 4):
        i = draw.randrange(n)
        rows[i] = {**rows[i], "recovered": draw.choice([0, int(str(rows[i]["at_caseness"]))])}
    return areas_from(rows)


@cache
def cases() -> dict[str, Areas]:
    reference = read_areas(ROOT / "data", Period.parse(REFERENCE))
    return {"reference": reference, **{f"seed-{seed}": seeded(seed) for seed in SEEDS}}
