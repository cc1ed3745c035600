"""From nothing to the reports of the newest quarter, in one command, with a server here in the publisher's place.

The codes of the areas are real; every figure is invented, and says nothing of any service.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
from typing import TYPE_CHECKING

import pytest

import published
from calling import call, installed
from conftest import REFERENCE
from publisher import SERIES, Publisher, publishing, usual

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUARTER = "2025-26-Q3"
MONTHS = {"2025-10": ("01/10/2025", "31/10/2025"), "2025-11": ("2025-11-01", "2025-11-30")}
MONTHS |= {"2025-12": ("01/12/2025", "31/12/2025")}
QUICK = ["--engine", "embedded", "--format", "html"]
DOCUMENTS = ["paper.html", "supplement.html", "brief.html"]


def sub_icb_locations(shared: Path) -> list[dict[str, str]]:
    with (shared / "deprivation" / "average-by-organisation.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["level"] == "subicb" and row["edition"] == "2025"]
    assert len(rows) > 100
    return rows


def invented_month(path: Path, places: list[dict[str, str]], month: str) -> bytes:
    """Invent a month of each area: of those less deprived, more recover."""
    draw = random.Random(month)
    rows: list[list[object]] = []
    for place in places:
        finished = draw.randint(60, 900)
        not_at_caseness = finished // 12
        rate = 0.56 - 0.003 * float(place["average_score"]) + draw.gauss(0, 0.02)
        values = {
            "Count_ReferralsReceived": finished * 3,
            "Count_FinishedCourseTreatment": finished,
            "Count_NotAtCaseness": not_at_caseness,
            "Count_Recovery": round(rate * (finished - not_at_caseness)),
        }
        where = ["SubICB", place["nhs_code"], f"{place['name']} - {place['nhs_code']}", "all", "all Providers"]
        rows += [[*MONTHS[month], *where, f"M{at:03d}", name, value] for at, (name, value) in enumerate(values.items())]
    return published.write(path, published.MONTHLY, rows).read_bytes()


@pytest.fixture
def publisher(shared: Path, tmp_path: Path) -> Iterator[Publisher]:
    """A publisher of a quarter and the first month of the next one."""
    places = sub_icb_locations(shared)
    with publishing() as here:
        here.series("2026-01", *reversed(MONTHS))
        here.release("2026-01", usual("2026-01"))
        for month in MONTHS:
            here.release(month, usual(month, "employment_advisers_activity.csv"), usual(month))
            here.answers[f"/files/{month}/{usual(month)}"] = invented_month(tmp_path / "made.csv", places, month)
        scores = [[place["nhs_code"], place["average_score"]] for place in places]
        path = published.write(tmp_path / "scores.csv", ["area_code", "imd_score"], scores)  # type: ignore[arg-type]
        here.answers["/files/scores.csv"] = path.read_bytes()
        yield here


def write_list(publisher: Publisher, path: Path, *, deprivation: bool) -> Path:
    """List nothing but the pages to look on and, where asked for, a file of scores."""
    scores = (
        f'[[release]]\nkind = "deprivation"\nperiods = ["2025-26"]\naddress = "{publisher.address}/files/scores.csv"\n'
    )
    path.write_text(publisher.list(more=scores if deprivation else ""), "utf-8")
    return path


@pytest.mark.shared
@pytest.mark.parametrize("deprivation", [True, False], ids=["scores listed", "nothing but the activity"])
def test_one_command_in_an_empty_folder_ends_with_the_reports_of_the_newest_quarter(
    publisher: Publisher, tmp_path: Path, deprivation: bool
) -> None:
    listed = write_list(publisher, tmp_path / "list.toml", deprivation=deprivation)
    empty = tmp_path / "empty"
    empty.mkdir()
    where = {"IAPT_REPORT_CACHE": str(tmp_path / "cache"), "IAPT_REPORT_RELEASES": str(listed)}
    # As a user does, once; what the other calls ask needs no process of its own.
    done = (call if deprivation else installed)("report", "latest", *QUICK, cwd=empty, **where)
    assert done.returncode == 0, done.stderr

    folder = empty / "_site" / "report" / QUARTER
    said = done.stdout.splitlines()
    assert said == [str(folder / name) for name in (*DOCUMENTS, "areas.html", "results.json")] + [
        str(empty / "_site" / "report" / "index.html")
    ]
    results = json.loads((folder / "results.json").read_text("utf-8"))
    assert results["period"]["id"] == QUARTER
    assert len(results["areas"]) > 100
    assert "October to December 2025" in (folder / "brief.html").read_text("utf-8")
    assert QUARTER in (empty / "_site" / "report" / "index.html").read_text("utf-8")

    for month in MONTHS:
        address = f"{publisher.address}/files/{month}/{usual(month)}"
        assert f"found {month} on {publisher.address}{publisher.page(month)}: {address}" in done.stderr
    facts = (empty / "data" / QUARTER / "period.toml").read_text("utf-8")
    assert all(usual(month) in facts for month in MONTHS)
    assert sorted(path.name for path in (empty / "data").iterdir() if path.is_dir()) == [".update", REFERENCE, QUARTER]
    assert not (empty / "_site" / "report" / REFERENCE).exists(), "other periods are left as they are"

    before = {path: path.read_bytes() for path in empty.rglob("*") if path.is_file() and "logs" not in path.parts}
    asked = list(publisher.asked)
    again = call("report", "latest", *QUICK, cwd=empty, **where)
    assert (again.returncode, again.stdout) == (0, done.stdout), again.stderr
    assert {p: p.read_bytes() for p in empty.rglob("*") if p.is_file() and "logs" not in p.parts} == before
    assert publisher.asked == asked, "nothing is asked for twice"


@pytest.mark.shared
def test_fetch_gets_the_latest_quarter_and_falls_back_to_the_list_with_a_warning(
    publisher: Publisher, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    assert call("init", place, cwd=tmp_path).returncode == 0
    listed = place / "data" / "releases.toml"
    write_list(publisher, listed, deprivation=False)
    done = call("fetch", "latest", "--cache", tmp_path / "cache", cwd=place)
    assert done.returncode == 0, done.stderr
    assert [line.rpartition(os.sep)[2] for line in done.stdout.splitlines()] == [usual(month) for month in MONTHS]
    assert f"on {publisher.address}{publisher.page('2025-10')}" in done.stderr
    assert f"import {QUARTER} " in done.stderr

    listed.write_text(publisher.list({month: f"{month}/{usual(month)}" for month in MONTHS}), "utf-8")
    del publisher.answers[SERIES]
    done = call("fetch", "latest", "--cache", tmp_path / "other", cwd=place)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert re.search(
        rf"note: {publisher.address}{SERIES}: the server answers 404; what releases.toml lists", done.stderr
    )


@pytest.mark.shared
def test_a_report_that_cannot_be_had_ends_with_one_message_and_nothing_half_written(
    publisher: Publisher, tmp_path: Path
) -> None:
    listed = write_list(publisher, tmp_path / "list.toml", deprivation=True)
    publisher.answers[f"/files/2025-11/{usual('2025-11')}"] = b"<html>Gone</html>"
    place = tmp_path / "place"
    done = call("report", "-w", place, "--releases", listed, "--cache", tmp_path / "cache", *QUICK, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("error: ") == 1
    assert "gives a web page, not a file of data" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "data" / QUARTER).exists()
    assert not list(place.rglob("*.part")) + list((tmp_path / "cache").rglob("*.part"))


def test_a_folder_that_holds_something_else_is_not_made_into_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", "utf-8")
    done = call("report", "latest", cwd=tmp_path)
    assert done.returncode == 2
    assert "is in no workspace, and not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert call("report", "2025-26-Q5", cwd=tmp_path).returncode == 2


def test_a_period_that_waits_for_a_file_is_said_to_with_its_name(tmp_path: Path) -> None:
    place = tmp_path / "place"
    assert call("init", place, cwd=tmp_path).returncode == 0
    shutil.copyfile(place / "data" / "releases.toml", tmp_path / "list.toml")
    text = (tmp_path / "list.toml").read_text("utf-8")
    (tmp_path / "list.toml").write_text(re.sub(r"\[series.newer\](.|\n)*?(?=\[series.files\])", "", text), "utf-8")
    done = call("report", "2019-20-Q2", "--releases", tmp_path / "list.toml", *QUICK, cwd=place)
    assert done.returncode == 1
    assert "iapt-monthly-time-series-feb-2019-feb-2020.xlsx" in done.stderr
    assert "incoming" in done.stderr
