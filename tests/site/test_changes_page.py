"""The page of what changed: there where there is an earlier period, linked from where it is looked for, and current."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conftest import ROOT, contents
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.documents.pictures import FIGURES
from iapt_report.site import area_briefs
from iapt_report.site.build import Order, build_index, build_period
from iapt_report.site.period import compute, is_current, stale_periods, write_documents
from iapt_report.system import records
from iapt_report.update.tally import Tally, documents_made, summary_of
from iapt_report.workspace.place import CONFIGURATION, find_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

FIRST, SECOND = Period.parse("2019-20-Q1"), Period.parse("2019-20-Q2")
FIGURE = "figure-ds1.svg"
ORDER = Order("embedded", ("html",), only_stale=True)
# The package has a function of this name too.
BUILD = sys.modules[compute.__module__]


def analysed(workspace: Workspace, period: Period) -> Results:
    return analyse(read_areas(workspace.data, period), workspace.settings)


@pytest.fixture
def place(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with two real quarters, of a paper of one sentence, analysed without simulations."""
    monkeypatch.setattr(BUILD, "compute", analysed)
    monkeypatch.setattr("iapt_report.documents.pictures.FIGURES", {FIGURE: FIGURES[FIGURE]})
    monkeypatch.setattr("iapt_report.figures.images.as_svg", lambda *_: b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    shutil.rmtree(workspace.data / "2014-15-Q2")
    for period in (FIRST, SECOND):
        shutil.copytree(ROOT / "data" / period.id, workspace.data / period.id)
    for name in ("supplement", "brief", "areas", "area"):
        (workspace.templates / f"{name}.qmd.jinja").unlink()
    (workspace.templates / "paper.qmd.jinja").write_text(
        "---\ntitle: A paper\nother-links:\n<< page.links >>\n---\n\n## Areas\n\n<< f.areas >>\n", "utf-8"
    )
    return workspace


def page(place: Workspace, period: Period = SECOND) -> Path:
    return place.site / "report" / period.id / "changes.html"


def build(place: Workspace) -> list[str]:
    """Build what is out of date, and name the periods of which something was made."""
    made = [period.id for period in (FIRST, SECOND) if build_period(place, period, ORDER).changed]
    build_index(place, ORDER)
    return made


def test_the_page_is_there_where_there_is_an_earlier_period_and_index_and_paper_lead_to_it(place: Workspace) -> None:
    assert build(place) == [FIRST.id, SECOND.id]
    text = page(place).read_text("utf-8")
    assert "What changed since April to June 2019" in text
    assert "index of deprivation of 2015 in 2019-20-Q1" in text
    assert not page(place, FIRST).exists()
    index = (place.site / "report" / "index.html").read_text("utf-8")
    assert f'href="{SECOND.id}/changes.html"' in index
    assert f"{FIRST.id}/changes" not in index
    assert 'href="changes.html"' in (page(place).parent / "paper.html").read_text("utf-8")
    assert "changes.html" not in (page(place, FIRST).parent / "paper.html").read_text("utf-8")
    assert [path.name for path in documents_made(place, SECOND)] == ["paper.html", "changes.html", "results.json"]
    assert build(place) == [], "a second build makes nothing anew"


def test_the_page_follows_the_earlier_period_too(place: Workspace) -> None:
    build(place)
    before = page(place).read_bytes()
    areas = place.data / FIRST.id / "areas.csv"
    areas.write_text(areas.read_text("utf-8").replace("NHS Liverpool CCG", "NHS Elsewhere CCG"), "utf-8")
    assert [period.id for period in stale_periods(place)] == [FIRST.id, SECOND.id]
    build(place)
    text = areas.read_text("utf-8").splitlines()
    areas.write_text("\n".join(text[:100]) + "\n", "utf-8")
    assert build(place) == [FIRST.id, SECOND.id]
    assert page(place).read_bytes() != before


def test_the_page_goes_with_the_earlier_period_and_stays_where_a_person_has_edited_it(place: Workspace) -> None:
    build(place)
    document = place.reports / SECOND.id / "changes.qmd"
    shutil.move(place.data / FIRST.id, place.root.parent / "away")
    assert not is_current(place, SECOND)
    build_period(place, SECOND, ORDER)
    assert not document.exists()
    assert not page(place).exists()
    assert not page(place).with_suffix(".pdf").exists()
    assert is_current(place, SECOND)
    shutil.move(place.root.parent / "away", place.data / FIRST.id)
    build(place)
    document.write_text(document.read_text("utf-8") + "\nBy hand.\n", "utf-8")
    shutil.move(place.data / FIRST.id, place.root.parent / "away")
    build_period(place, SECOND, ORDER)
    assert "By hand." in document.read_text("utf-8")
    assert "By hand." in page(place).read_text("utf-8")


def test_a_page_that_was_deleted_is_written_again_and_without_a_template_there_is_none(place: Workspace) -> None:
    write_documents(place, SECOND)
    (place.reports / SECOND.id / "changes.qmd").unlink()
    assert not is_current(place, SECOND)
    (place.templates / "changes.qmd.jinja").unlink()
    written = write_documents(place, SECOND)
    assert [document.path.name for document in written.documents] == ["paper.qmd"]
    assert is_current(place, SECOND)


@pytest.mark.parametrize(
    ("section", "rebuilt"),
    [
        ("[notify]\ncommand = ['true']\n", False),
        ("# a word of ours\n", False),
        ("[settings]\nconfidence = 0.9\n", True),
        ("[paper]\nrunning_head = 'Ours'\n", True),
        ("[data]\nedition = 2019\n", True),
    ],
)
def test_what_documents_do_not_rest_on_in_the_configuration_makes_nothing_anew(
    place: Workspace, section: str, rebuilt: bool
) -> None:
    (place.root / CONFIGURATION).write_text("", "utf-8")
    place = find_workspace(place.root)
    assert build(place) == [FIRST.id, SECOND.id]
    folder = place.reports / SECOND.id / "areas"
    folder.mkdir()
    (folder / "00L.html").write_text("x", "utf-8")
    records.write(folder / ".inputs.json", {"00L.html": area_briefs._inputs(place, SECOND)})
    before = contents(place.root)
    (place.root / CONFIGURATION).write_text(section, "utf-8")
    place = find_workspace(place.root)
    assert area_briefs.outdated(place, SECOND) == int(rebuilt)
    made = build(place)
    assert made == ([FIRST.id, SECOND.id] if rebuilt else [])
    if not rebuilt:
        assert contents(place.root) == {**before, CONFIGURATION: contents(place.root)[CONFIGURATION]}


def test_whoever_wants_to_know_of_a_new_report_is_told_what_changed(place: Workspace) -> None:
    for period in (FIRST, SECOND):
        write_documents(place, period)
    found: Any = summary_of(place, Tally(built=[FIRST.id, SECOND.id]))
    first, second = found["periods"]
    assert first["changes"] == ""
    assert second["changes"].startswith("Since April to June 2019, the mean recovery rate of areas went from 52.4% to")
    assert second["changes"] in found["text"]
    (place.reports / SECOND.id / "results.json").write_text("{}", "utf-8")
    found = summary_of(place, Tally(built=[SECOND.id]))
    assert json.loads(json.dumps(found))["periods"][0]["changes"] == ""
