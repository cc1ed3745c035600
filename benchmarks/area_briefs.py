"""The site of many quarters with a page about each area: a page and format, and how all of it grows with the periods.

    .venv/bin/python benchmarks/area_briefs.py [--quick] [--periods 10 20 40] [--areas 106] [--format html] [--json]

Periods of invented areas are made from the shipped reference quarter, whose figures are drawn anew with the number of
the period for a seed; each says that it is invented. One process then makes the pages of every area of every period, as
`iapt-report update --areas` does, and another one the index of the periods' results.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from iapt_report.areas.folder import AREAS_FILE, PERIOD_FILE, find_periods, read_areas
from iapt_report.areas.period import Period
from iapt_report.render.choices import SHEET_FORMATS
from iapt_report.workspace.place import find_workspace
from measuring import Row, parser_of, run, show, workspace

if TYPE_CHECKING:
    from measuring import Took

REFERENCE = "2014-15-Q2"
FIRST_YEAR = 2014
FACTS = """# Every area of this quarter is invented: it is the reference quarter, which is synthetic, drawn anew.
id = "{period}"
synthetic = true
area_type = "synthetic commissioning area"
notes = ["Every area in this quarter is invented: the figures were drawn to measure how long documents take."]
"""


def quarters(number: int) -> list[Period]:
    """Return quarters one after the other, the reference quarter first."""
    every = [f"{year}-{(year + 1) % 100:02d}-Q{q}" for year in range(FIRST_YEAR, FIRST_YEAR + 12) for q in range(1, 5)]
    return [Period.parse(one) for one in every[every.index(REFERENCE) :][:number]]


def draw(data: Path, period: Period, areas: pd.DataFrame, seed: int) -> None:
    """Write a quarter of invented areas."""
    rng = np.random.default_rng(seed)
    n = len(areas)
    finished = (areas["finished_treatment"] * rng.uniform(0.85, 1.15, n)).astype(int).clip(lower=20)
    cases = (finished * rng.uniform(0.88, 0.95, n)).astype(int)
    recovered = (cases * (areas["recovery_rate"] + rng.normal(0, 0.02, n)).clip(0.2, 0.8)).astype(int)
    folder = data / period.id
    folder.mkdir(exist_ok=True)
    areas.assign(
        referrals=(areas["referrals"] * rng.uniform(0.9, 1.1, n)).astype(int).clip(lower=finished + 10),
        finished_treatment=finished,
        at_caseness=cases,
        recovered=recovered,
        recovery_rate=recovered / cases,
        imd_rank=areas["imd_rank"].rank(),
    ).to_csv(folder / AREAS_FILE, index=False)
    (folder / PERIOD_FILE).write_text(FACTS.format(period=period.id), "utf-8")


def pages(folder: Path, formats: list[str]) -> None:
    """Make the pages of every area of every period, in this process."""
    from iapt_report.documents.area_files import AREAS_FOLDER
    from iapt_report.site.area_pages import in_turn

    place = find_workspace(folder)
    periods = find_periods(place.data)
    for period in periods:
        # Pages are made in the formats that there are of any.
        beside = place.reports / period.id / AREAS_FOLDER
        beside.mkdir(parents=True, exist_ok=True)
        for kind in formats:
            (beside / f"none.{kind}").touch()
    for _, make in in_turn(place, periods, every=True):
        make()


def results(folder: Path) -> None:
    """Write the results of every period, and that there is a list of its areas, as a build does."""
    from iapt_report.analysis.study import analyse
    from iapt_report.documents.beside import RESULTS_FILE

    place = find_workspace(folder)
    for period in find_periods(place.data):
        made = place.reports / period.id
        made.mkdir(parents=True, exist_ok=True)
        found = analyse(read_areas(place.data, period), place.settings)
        (made / RESULTS_FILE).write_text(found.to_json(), "utf-8")
        (made / "areas.qmd").write_text("A list of areas.\n", "utf-8")


def index(folder: Path) -> None:
    """Make the index, in this process."""
    from iapt_report.site.index import build

    build(find_workspace(folder), "embedded")


def measured(number: int, areas: pd.DataFrame, formats: list[str]) -> tuple[Took, Took]:
    """Make the site of so many periods; return what its pages and its index take."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = workspace(Path(temporary))
        for other in find_periods(folder / "data"):
            (folder / "data" / other.id / AREAS_FILE).unlink()
        for seed, period in enumerate(quarters(number)):
            draw(folder / "data", period, areas, seed)
        results(folder)
        step = [sys.executable, __file__, "--folder", str(folder), *(f"--format={kind}" for kind in formats), "--step"]
        return run([*step, "pages"]), run([*step, "index"])


def main() -> None:
    """Make sites of a few sizes, and say how they grow."""
    parser = parser_of(__doc__)
    parser.add_argument(
        "--periods", type=int, nargs="*", help="10, 20 and 40 by default; fewer where it is to be quick"
    )
    parser.add_argument("--areas", type=int, default=106, help="of each period")
    parser.add_argument("--format", action="append", choices=SHEET_FORMATS, help="HTML and PDF by default")
    parser.add_argument("--folder", type=Path, help="a workspace, for one step in it")
    parser.add_argument("--step", choices=("pages", "index"))
    options = parser.parse_args()
    formats = options.format or ["html", "pdf"]
    if options.step:
        if options.step == "pages":
            pages(options.folder, formats)
        else:
            index(options.folder)
        return
    areas = pd.read_csv(Path(__file__).resolve().parents[1] / "data" / REFERENCE / AREAS_FILE).head(options.areas)
    sizes = options.periods or ([5, 10] if options.quick else [10, 20, 40])
    took = {number: measured(number, areas, formats) for number in sizes}
    show(grown(took, len(areas) * len(formats), len(areas)), as_json=options.json)


def grown(took: dict[int, tuple[Took, Took]], files: int, areas: int) -> list[Row]:
    """Set each size beside the smallest: a page, and the index; there are so many ``files`` a period."""
    least = min(took)
    page, index_of_few = took[least][0].seconds / (least * files), took[least][1].seconds
    rows = []
    for number, (made, _) in took.items():
        what = f"a page and format, of {number * files} about {areas} areas in {number} quarters"
        each = made.seconds / (number * files)
        beside, beside_s = ("", None) if number == least else (f"one of {least} quarters", page)
        rows.append(Row(what, each, beside, beside_s, made.peak_mb, "0.015 s"))
    for number, (_, made) in took.items():
        # Growth that is linear is at most as many times as there are periods, since starting does not grow.
        beside, beside_s, goal = ("", None, "")
        if number != least:
            beside, beside_s, goal = f"that of {least} quarters", index_of_few, f"{number / least:g} times"
        rows.append(Row(f"the index of {number} quarters", made.seconds, beside, beside_s, made.peak_mb, goal))
    return rows


if __name__ == "__main__":
    main()
