"""Updates: what is listed is fetched, imported and built, once; whatever happens, nothing is half there."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import published
from conftest import REFERENCE, ROOT
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.documents.pictures import FIGURES
from iapt_report.site.period import compute
from iapt_report.system import atomic
from iapt_report.system.errors import BusyError, CallError
from iapt_report.system.journal import Journal
from iapt_report.system.only_one import only_one
from iapt_report.update.releases import Release, listed_periods
from iapt_report.update.tally import Tally
from iapt_report.update.updating import Choice, Update, chosen_periods, plan, run
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace
from publisher import SERIES, Publisher, publishing, usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

EARLIER, PERIOD = "2018-19", "2019-20"
# What pages include of HTML.
HTML_PARTS = sorted(path.name for path in (ROOT / "templates").glob("*.html.jinja"))
LOOKUP = "lookup-by-hand.csv"
COMMAND = [sys.executable, "-m", "iapt_report"]
# The package has a function of this name too.
BUILD = sys.modules[compute.__module__]


FIGURE = "figure-ds1.svg"
TEMPLATE = f"""---
title: A paper
---

<< r.areas[0].area_name >>: << decimal(r.areas[0].recovery_rate, 4) >>

![A figure]({FIGURE})
"""


def analysed(workspace: Workspace, period: Period) -> Results:
    return analyse(read_areas(workspace.data, period), workspace.settings)


def table(folder: Path, make: Any, **facts: Any) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    return bytes(make(folder, **facts).read_bytes())


def corrected_rows() -> list[list[object]]:
    """The published rows, where of the first area's patients one in ten more recovers."""
    rows = [list(row) for row in published.annual_rows()]
    for row in rows:
        if row[1] == "X00" and row[3] == "Total":
            row[8] = int(str(row[8])) + int(str(row[6])) // 10
            row[10] = round(100 * int(str(row[8])) / int(str(row[6])))
    return rows


@dataclass
class Web:
    """What is published, by path, and what was asked for."""

    address: str
    files: dict[str, bytes]
    asked: list[str]
    # Of a file that is sent by halves: set when the first half is sent, and when the second may be.
    halfway: threading.Event
    go_on: threading.Event


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    files = {
        "/annual.csv": table(tmp_path / "made", published.annual),
        "/imd.csv": table(tmp_path / "made", published.imd),
    }
    served = Web("", files, [], threading.Event(), threading.Event())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            body = files.get(self.path.replace("/halves", ""))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            half = len(body or b"") // 2 if self.path.startswith("/halves") else 0
            self.wfile.write((body or b"")[:half])
            if half:
                served.halfway.set()
                served.go_on.wait(30)
            self.wfile.write((body or b"")[half:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.address = f"http://127.0.0.1:{server.server_port}"
    yield served
    served.go_on.set()
    server.shutdown()
    server.server_close()


def entry(kind: str, periods: list[str], **fields: str) -> str:
    lines = [f'kind = "{kind}"', f"periods = {json.dumps(periods)}"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "[[release]]\n" + "\n".join(lines) + "\n"


def list_releases(place: Workspace, web: Web, *, lookup: bool = True, **annual: str) -> None:
    """List two years, of one published file, with deprivation; the lookup has no address."""
    both = [EARLIER, PERIOD]
    entries = [
        entry("activity", [EARLIER], address=f"{web.address}/annual.csv", file="earlier.csv"),
        entry("activity", [PERIOD], **{"address": f"{web.address}/annual.csv", **annual}),
        entry("deprivation", both, address=f"{web.address}/imd.csv"),
        entry("lookup", both, page="https://example.org/lookups", file=LOOKUP),
    ]
    (place.data / "releases.toml").write_text("\n".join(entries), "utf-8")
    if lookup:
        put_lookup(place)


def put_lookup(place: Workspace) -> None:
    content = table(place.root.parent / "made", published.lookup)
    (place.data / "incoming").mkdir(exist_ok=True)
    (place.data / "incoming" / LOOKUP).write_bytes(content)


@pytest.fixture
def place(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of papers alone, of one number and one figure, analysed without simulations."""
    monkeypatch.setattr(BUILD, "compute", analysed)
    monkeypatch.setattr("iapt_report.documents.pictures.FIGURES", {FIGURE: FIGURES[FIGURE]})
    monkeypatch.setattr("iapt_report.figures.images.as_svg", lambda *_: b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    create_workspace(tmp_path / "workspace")
    found = find_workspace(tmp_path / "workspace")
    for template in found.templates.glob("*.jinja"):
        if template.name != "paper.qmd.jinja":
            template.unlink()
    (found.templates / "paper.qmd.jinja").write_text(TEMPLATE, "utf-8")
    shutil.rmtree(found.data / REFERENCE)
    list_releases(found, web)
    return found


def update(place: Workspace, **choice: Any) -> Update:
    journal = Journal(place.root / "logs" / "update.jsonl")
    return Update(place, Choice(**{"formats": ("html",), **choice}), "embedded", place.root.parent / "cache", journal)


def periods(*names: str) -> tuple[Period, ...]:
    return tuple(map(Period.parse, names))


def log_of(place: Workspace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place.root / "logs" / "update.jsonl").read_text("utf-8").splitlines()]


def tree(*folders: Path) -> dict[str, bytes]:
    """Every file with its content, but for the logs and the lock."""
    return {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"logs", ".update"} & set(path.parts)
    }


def page(place: Workspace, period: str = PERIOD) -> Path:
    return place.site / "report" / period / "paper.html"


def test_what_is_listed_is_fetched_imported_and_built_and_the_second_run_changes_nothing(
    place: Workspace, web: Web
) -> None:
    first = run(update(place))
    assert (first.imported, first.built, first.exit_code) == ([PERIOD], [PERIOD], 0)
    assert first.summary == f"done; imported: {PERIOD}; built: {PERIOD}"
    assert "NHS Area" in (place.data / PERIOD / "areas.csv").read_text("utf-8")
    assert page(place).is_file()
    before, asked = tree(place.root), list(web.asked)
    second = run(update(place))
    assert (second.summary, second.exit_code) == ("nothing new", 4)
    assert tree(place.root) == before
    assert web.asked == asked, "what is there is not downloaded again"


def test_the_log_has_an_object_a_line_with_what_was_done(place: Workspace, web: Web) -> None:
    run(update(place))
    log = log_of(place)
    assert [line["event"] for line in log] == [
        "started", "found", "fetched", "fetched", "imported", "written", "typeset", "ended",
    ]  # fmt: skip
    assert all(line["time"].endswith("+00:00") for line in log)
    assert len({line["run"] for line in log}) == 1
    assert all(line["period"] == PERIOD for line in log[1:-1])
    assert log[2]["what"] == "annual.csv"
    assert log[2]["sha256"] == sha256(web.files["/annual.csv"]).hexdigest()
    assert all(line["seconds"] >= 0 for line in log[1:])
    assert (log[-1]["what"], log[-1]["exit_code"]) == (f"done; imported: {PERIOD}; built: {PERIOD}", 0)


def test_earlier_periods_are_imported_only_where_all_that_are_listed_are_asked_for(place: Workspace) -> None:
    assert run(update(place)).imported == [PERIOD]
    assert run(update(place)).imported == []
    assert run(update(place, all_listed=True)).imported == [EARLIER]


def test_a_period_later_than_those_that_are_there_is_new(place: Workspace) -> None:
    assert run(update(place, periods=periods(EARLIER))).imported == [EARLIER]
    assert run(update(place)).imported == [PERIOD]


def test_a_listed_correction_is_imported_and_the_paper_changes_with_it(place: Workspace, web: Web) -> None:
    run(update(place))
    was, before = page(place).read_text("utf-8"), (place.data / PERIOD / "areas.csv").read_bytes()
    corrected = table(place.root / "made", published.annual, rows=corrected_rows())
    web.files["/annual.csv"] = corrected
    list_releases(place, web, sha256=sha256(corrected).hexdigest())
    done = run(update(place))
    assert (done.imported, done.built) == ([PERIOD], [PERIOD])
    assert (place.data / PERIOD / "previous" / "areas.csv").read_bytes() == before
    assert sha256(corrected).hexdigest() in (place.data / PERIOD / "period.toml").read_text("utf-8")
    assert page(place).read_text("utf-8") != was
    assert run(update(place)).exit_code == 4


def test_a_correction_without_a_listed_checksum_is_found_when_looked_for(place: Workspace, web: Web) -> None:
    run(update(place))
    assert run(update(place, check_again=True)).exit_code == 4, "the same file is at the address"
    web.files["/annual.csv"] = table(place.root / "made", published.annual, rows=corrected_rows())
    assert run(update(place)).exit_code == 4
    assert run(update(place, check_again=True)).imported == [PERIOD]
    assert run(update(place, check_again=True)).exit_code == 4


def test_a_corrected_file_that_a_person_puts_there_is_imported(place: Workspace) -> None:
    run(update(place))
    path = place.data / "incoming" / LOOKUP
    path.write_bytes(path.read_bytes().replace(b"(ONS)", b"(O.N.S.)"))
    assert run(update(place)).imported == [PERIOD]


def test_an_older_file_in_the_cache_does_not_replace_what_was_imported_elsewhere(place: Workspace, web: Web) -> None:
    run(update(place))
    cache = place.root.parent / "cache"
    older = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    assert older
    web.files["/annual.csv"] = table(place.root / "made", published.annual, rows=corrected_rows())
    run(update(place, check_again=True))
    for path, content in older.items():
        path.write_bytes(content)
    assert run(update(place)).exit_code == 4


@pytest.mark.parametrize("how", ["edited", "by hand"])
def test_what_a_person_has_made_or_changed_is_never_replaced(place: Workspace, web: Web, how: str) -> None:
    run(update(place))
    folder = place.data / PERIOD
    areas = folder / "areas.csv"
    areas.write_text(areas.read_text("utf-8").replace("NHS Area 1", "Our Area 1"), "utf-8")
    if how == "by hand":
        for name in ("imported.json", "period.toml"):
            (folder / name).unlink()
    corrected = table(place.root / "made", published.annual, rows=corrected_rows())
    web.files["/annual.csv"] = corrected
    list_releases(place, web, sha256=sha256(corrected).hexdigest())
    before = tree(folder)
    for choice in ({}, {"all_listed": True}, {"check_again": True}, {"periods": periods(PERIOD)}):
        done = run(update(place, **choice))
        assert PERIOD not in done.imported
        assert done.own == [PERIOD]
        assert f"left as a person made it: {PERIOD}" in done.summary
        assert tree(folder) == before
        assert [line["period"] for line in log_of(place) if line["event"] == "left"][-1] == PERIOD


def test_what_a_person_imported_from_the_listed_files_is_not_imported_again(place: Workspace) -> None:
    run(update(place))
    (place.data / PERIOD / "imported.json").unlink()
    done = run(update(place))
    assert (done.own, done.exit_code) == ([], 4)


def test_a_period_waits_for_a_file_that_a_person_must_put_there(place: Workspace, web: Web) -> None:
    (place.data / "incoming" / LOOKUP).unlink()
    done = run(update(place))
    assert (done.imported, done.failed, done.exit_code) == ([], {}, 4)
    assert done.summary == f"nothing new; waiting for a file: {PERIOD}"
    said = done.waiting[PERIOD]
    assert "https://example.org/lookups" in said
    assert str(place.data / "incoming" / LOOKUP) in said
    assert web.asked == [], "nothing is downloaded for a period that has to wait"
    put_lookup(place)
    assert run(update(place)).imported == [PERIOD]


def test_a_file_put_into_the_cache_under_its_listed_name_is_found_there(place: Workspace) -> None:
    cache = place.root.parent / "cache"
    cache.mkdir()
    shutil.move(place.data / "incoming" / LOOKUP, cache / LOOKUP)
    assert run(update(place)).imported == [PERIOD]


def test_one_period_that_fails_does_not_stop_the_others(place: Workspace, web: Web) -> None:
    broken = b"OrgType,OrgCode\nnot,activity\n"
    web.files["/broken.csv"] = broken
    text = (place.data / "releases.toml").read_text("utf-8")
    more = entry("activity", ["2016-17"], address=f"{web.address}/gone.csv")
    more += entry("activity", ["2017-18"], address=f"{web.address}/broken.csv")
    more += entry("deprivation", ["2016-17", "2017-18"], address=f"{web.address}/imd.csv")
    (place.data / "releases.toml").write_text(more + text, "utf-8")
    done = run(update(place, all_listed=True))
    assert (done.imported, done.built) == ([EARLIER, PERIOD], [EARLIER, PERIOD])
    assert list(done.failed) == ["2016-17", "2017-18"]
    assert "the server answers 404" in done.failed["2016-17"]
    assert done.exit_code == 1
    assert "failed: 2016-17, 2017-18" in done.summary
    assert not (place.data / "2017-18").exists()
    assert {line["period"] for line in log_of(place) if line["event"] == "failed"} == {"2016-17", "2017-18"}


def test_a_defect_in_one_period_does_not_stop_the_others(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def defective(workspace: Workspace, period: Period) -> Any:
        if period.id == EARLIER:
            raise ZeroDivisionError("nobody expected this")
        return analysed(workspace, period)

    monkeypatch.setattr(BUILD, "compute", defective)
    done = run(update(place, all_listed=True))
    assert done.built == [PERIOD]
    assert "nobody expected this" in done.failed[EARLIER]


def test_a_period_that_is_neither_listed_nor_there_fails_and_one_that_is_there_is_built(place: Workspace) -> None:
    done = run(update(place, periods=periods("2012-13")))
    assert "no activity of 2012-13 is listed" in done.failed["2012-13"]
    run(update(place))
    (place.data / PERIOD).rename(place.data / "2012-13")
    (place.data / "2012-13" / "period.toml").unlink()
    done = run(update(place, periods=periods("2012-13")))
    assert (done.built, done.failed) == (["2012-13"], {})


def test_only_what_is_out_of_date_by_its_content_is_typeset(place: Workspace) -> None:
    run(update(place, all_listed=True))
    touched = [path for path in place.root.rglob("*") if path.is_file()]
    for path in touched:
        os.utime(path, (1, 1))
    assert run(update(place)).exit_code == 4, "time stamps say nothing"

    whole = page(place).read_bytes()
    page(place).write_bytes(whole[:100])
    done = run(update(place))
    assert (done.imported, done.built) == ([], [PERIOD])
    assert page(place).read_bytes() == whole
    assert log_of(place)[-2]["event"] == "typeset", "the document is not written anew"

    page(place, EARLIER).unlink()
    (page(place).parent / FIGURE).unlink()
    (place.site / "report" / PERIOD / "results.json").write_text("{}", "utf-8")
    assert run(update(place)).built == [EARLIER, PERIOD]
    assert (page(place).parent / FIGURE).is_file()

    style = place.extension / "paper.css"
    style.write_text(style.read_text("utf-8") + "\n/* ours */\n", "utf-8")
    assert run(update(place)).built == [EARLIER, PERIOD]
    document = place.reports / PERIOD / "paper.qmd"
    document.write_text(document.read_text("utf-8") + "\nBy hand.\n", "utf-8")
    assert run(update(place)).built == [PERIOD]
    assert "By hand." in page(place).read_text("utf-8")
    assert run(update(place)).exit_code == 4
    assert run(update(place, formats=("html", "docx"))).built == [EARLIER, PERIOD]


def test_the_index_and_pages_about_areas_follow_the_data(place: Workspace, web: Web) -> None:
    for name in ("index.qmd.jinja", "area.qmd.jinja", "areas.qmd.jinja", *HTML_PARTS):
        shutil.copyfile(ROOT / "templates" / name, place.templates / name)
    assert run(update(place)).site
    index = place.site / "report" / "index.html"
    assert PERIOD in index.read_text("utf-8")
    done = subprocess.run(
        [*COMMAND, "brief", PERIOD, "--area", "X00", "--format", "html", "-w", str(place.root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    brief = place.site / "report" / PERIOD / "areas" / "X00.html"
    before = brief.read_text("utf-8")
    assert "area pages" not in json.dumps(log_of(place))
    web.files["/annual.csv"] = table(place.root / "made", published.annual, rows=corrected_rows())
    assert run(update(place, check_again=True)).imported == [PERIOD]
    assert brief.read_text("utf-8") != before
    assert sorted(path.name for path in brief.parent.glob("*.html")) == ["X00.html"], "no other area gets a page"
    assert "1 area pages" in [line.get("what") for line in log_of(place)]
    assert run(update(place)).exit_code == 4, "the list of areas leads to their pages, and says nothing of them"
    index.unlink()
    again = run(update(place))
    assert (again.built, again.exit_code) == ([], 0)
    assert index.is_file()
    assert run(update(place)).exit_code == 4


def test_every_area_has_a_page_where_that_is_asked_for(place: Workspace, web: Web) -> None:
    for name in ("index.qmd.jinja", "area.qmd.jinja", "areas.qmd.jinja", *HTML_PARTS):
        shutil.copyfile(ROOT / "templates" / name, place.templates / name)
    asked = update(place, areas=True)
    assert f"make a page about each area of {PERIOD}" not in plan(asked), "it is not imported yet"
    assert run(asked).built
    pages = place.site / "report" / PERIOD / "areas"
    known = read_areas(place.data, Period.parse(PERIOD)).table["area_code"]
    assert (
        sorted(path.stem for path in pages.glob("*.html"))
        == sorted(known)
        == sorted(path.stem for path in pages.glob("*.pdf"))
    )
    listed = (pages.parent / "areas.html").read_text("utf-8")
    assert all(f"areas/{code}.html" in listed for code in known)
    assert plan(asked) == []
    assert run(asked).exit_code == 4
    (place.reports / PERIOD / "areas" / f"{known.iloc[0]}.html").unlink()
    assert plan(asked) == [f"make a page about each area of {PERIOD}"]
    assert run(asked).built
    assert run(asked).exit_code == 4


def test_another_version_of_the_engine_makes_rendered_files_out_of_date(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(update(place))
    assert run(update(place)).exit_code == 4
    monkeypatch.setattr("iapt_report.render.engines.engine_version", lambda engine: f"{engine} of tomorrow")
    assert run(update(place)).built == [PERIOD]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(place: Workspace, web: Web) -> None:
    before = tree(place.root)
    said = plan(update(place))
    assert said == [
        f"import {PERIOD} from annual.csv, imd.csv, {LOOKUP}",
        f"write and typeset the documents of {PERIOD}",
    ]
    assert tree(place.root) == before
    assert web.asked == []
    assert not (place.root / "logs").exists()
    run(update(place))
    assert plan(update(place)) == []
    page(place).unlink()
    assert plan(update(place)) == [f"typeset paper.html of {PERIOD}"]
    (place.data / "incoming" / LOOKUP).unlink()
    (waits,) = plan(update(place, periods=periods(EARLIER)))
    assert "wait with 2018-19" in waits
    with pytest.raises(CallError):
        plan(update(place, check_again=True))


def test_a_torn_last_line_of_the_log_is_the_only_one_that_cannot_be_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "logs" / "x.jsonl")
    journal.write("one", period=None)
    with journal.path.open("ab") as stream:
        stream.write(b'{"time": "2026-11-24T01:23:14", "event": "imp')
    replace(journal).write("two", what="Ü\n")
    one, torn, two = journal.path.read_text("utf-8").splitlines()
    assert "period" not in json.loads(one)
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(torn)
    assert json.loads(two)["what"] == "Ü\n"


MONTHS = ("2023-04", "2023-05", "2023-06")


def publish(here: Publisher, folder: Path, *months: str) -> None:
    """Publish months, and nothing else."""
    here.series(*reversed(months))
    for month in months:
        end = Period.parse(month).end
        path = published.monthly(folder / "month.csv", end.replace(day=1).isoformat(), end.isoformat())
        here.answers[f"/files/{month}/{usual(month)}"] = path.read_bytes()
        here.release(month, usual(month))


@pytest.fixture
def publisher(place: Workspace) -> Iterator[Publisher]:
    """A publisher of a quarter that no list has, with the index of its areas listed."""
    folder = place.root.parent / "made"
    with publishing() as here:
        publish(here, folder, *MONTHS)
        scores = published.write(
            folder / "s.csv", ["area_code", "imd_score"], [[f"X{i:02d}", 9 + i] for i in range(12)]
        )
        here.answers["/files/scores.csv"] = scores.read_bytes()
        more = entry("deprivation", ["2023-24"], address=f"{here.address}/files/scores.csv")
        (place.data / "releases.toml").write_text(here.list(more=more), "utf-8")
        yield here


def test_a_quarter_that_no_list_has_is_found_imported_and_built_and_stays_when_the_pages_are_gone(
    place: Workspace, publisher: Publisher
) -> None:
    assert plan(update(place))[0].startswith("import 2023-24-Q1 from nhstalkingtherapies_month_apr_2023")
    done = run(update(place))
    assert (done.imported, done.built, done.warnings) == (["2023-24-Q1"], ["2023-24-Q1"], [])
    assert len(done.found) == 3
    log = log_of(place)
    found = [(line["period"], line["page"]) for line in log if line["event"] == "discovered"]
    assert found == [(month, f"{publisher.address}{publisher.page(month)}") for month in MONTHS]
    (imported,) = [line for line in log if line["event"] == "imported"]
    assert imported["notes"] == list(done.notes["2023-24-Q1"])
    assert "Figures are the sums of three published months." in imported["notes"]
    before = tree(place.root)
    assert run(update(place)).exit_code == 4
    del publisher.answers[SERIES]
    shutil.rmtree(place.root.parent / "cache")
    done = run(update(place))
    assert (done.exit_code, done.found) == (4, [])
    assert "all that is known" in done.warnings[0]
    assert [line["what"] for line in log_of(place) if line["event"] == "warned"] == done.warnings
    assert tree(place.root) == before


SHIPPED = "2019-20-Q3"
# Three quarters, and the first month of a fourth.
TEN_MONTHS = (*(f"2023-{n:02d}" for n in range(4, 13)), "2024-01")


@pytest.fixture
def shipped(place: Workspace, publisher: Publisher) -> Workspace:
    """A workspace whose newest period is one that came with the project, years before the newest published."""
    shutil.copytree(ROOT / "data" / SHIPPED, place.data / SHIPPED)
    publish(publisher, place.root.parent / "made", *TEN_MONTHS)
    shutil.copyfile(ROOT / "templates" / "index.qmd.jinja", place.templates / "index.qmd.jinja")
    for name in HTML_PARTS:
        shutil.copyfile(ROOT / "templates" / name, place.templates / name)
    return place


def test_a_workspace_whose_last_period_is_years_old_gets_the_newest_quarter_alone_and_says_what_it_skips(
    shipped: Workspace, publisher: Publisher
) -> None:
    words = (
        "skipped 2 periods from 2023-24-Q1 to 2023-24-Q2, which are newer than what was here too: "
        "`iapt-report update --since 2023-24-Q1` has them"
    )
    planned = plan(update(shipped))
    assert [line.split(" from ")[0] for line in planned if line.startswith("import")] == ["import 2023-24-Q3"]
    assert words in planned
    done = run(update(shipped))
    assert (done.imported, done.skipped, done.exit_code) == (["2023-24-Q3"], [words], 0)
    assert [line["what"] for line in log_of(shipped) if line["event"] == "skipped"] == [words]
    asked = [path for path in publisher.asked if path.startswith("/files/")]
    assert not [path for path in asked if any(month in path for month in TEN_MONTHS[:6])], "nothing skipped is fetched"
    assert (shipped.data / SHIPPED / "areas.csv").read_bytes() == (ROOT / "data" / SHIPPED / "areas.csv").read_bytes()


def test_a_second_update_changes_no_byte_of_data_site_and_cache(shipped: Workspace, publisher: Publisher) -> None:
    kept = (shipped.data, shipped.site, shipped.reports, shipped.root.parent / "cache")
    assert run(update(shipped)).exit_code == 0
    before, asked = tree(*kept), list(publisher.asked)
    assert {name.split("/")[0] for name in before} == {"data", "_site", "report", "cache"}
    again = run(update(shipped))
    assert (again.exit_code, again.summary, again.skipped) == (4, "nothing new", [])
    assert tree(*kept) == before
    assert publisher.asked == asked


def test_what_was_skipped_is_imported_where_it_is_asked_for(shipped: Workspace) -> None:
    run(update(shipped))
    assert run(update(shipped, since=Period.parse("2023-24-Q2"))).imported == ["2023-24-Q2"]
    assert run(update(shipped, since=Period.parse("2023-24-Q1"))).imported == ["2023-24-Q1"]
    assert run(update(shipped)).exit_code == 4
    for other in ({"periods": periods(PERIOD)}, {"all_listed": True}, {"latest": True}):
        with pytest.raises(CallError, match="cannot be asked for at once"):
            update(shipped, since=Period.parse("2023-24-Q1"), **other)


def test_the_newest_of_each_kind_that_is_there_is_new(shipped: Workspace) -> None:
    names = ("2020-21", "2021-22", "2021-22-Q3", "2021-22-Q4", "2018-19")
    releases = tuple(Release(kind="activity", periods=(name,)) for name in names)

    def chosen(**choice: Any) -> list[str]:
        return [period.id for period in chosen_periods(update(shipped, **choice), releases)]

    assert chosen() == ["2021-22-Q4"], "no year is there"
    assert chosen(since=Period.parse("2020-21")) == ["2020-21", "2021-22", "2021-22-Q4"]
    shutil.copytree(shipped.data / SHIPPED, shipped.data / "2019-20")
    assert chosen() == ["2021-22", "2021-22-Q4"]


def test_two_periods_whose_files_are_called_alike_are_made_each_from_its_own(place: Workspace, web: Web) -> None:
    later = table(place.root.parent / "made", published.annual, rows=corrected_rows())
    web.files |= {"/2019/main.csv": web.files["/annual.csv"], "/2020/main.csv": later}
    both = [EARLIER, PERIOD]
    entries = [
        entry("activity", [EARLIER], address=f"{web.address}/2019/main.csv"),
        entry("activity", [PERIOD], address=f"{web.address}/2020/main.csv"),
        entry("deprivation", both, address=f"{web.address}/imd.csv"),
        entry("lookup", both, file=LOOKUP),
    ]
    (place.data / "releases.toml").write_text("\n".join(entries), "utf-8")
    assert run(update(place, all_listed=True)).imported == both
    for period, path in ((EARLIER, "/2019/main.csv"), (PERIOD, "/2020/main.csv")):
        assert sha256(web.files[path]).hexdigest() in (place.data / period / "period.toml").read_text("utf-8")
    (place.data / "incoming" / "main.csv").write_bytes(later)
    shutil.rmtree(place.data / PERIOD)
    done = run(update(place))
    assert "more than one listed file is named main.csv" in done.failed[PERIOD]


def test_an_odd_answer_is_forgotten_and_the_next_run_has_the_file(place: Workspace, web: Web) -> None:
    sound = web.files["/annual.csv"]
    web.files["/annual.csv"] = b"The service is being looked after.\n"
    assert "cannot be read as activity" in run(update(place)).failed[PERIOD]
    web.files["/annual.csv"] = sound
    assert run(update(place)).imported == [PERIOD]


@given(st.sets(st.integers(0, 35)))
def test_listed_months_make_the_quarters_of_which_all_three_are_listed(numbers: set[int]) -> None:
    months = [f"{2020 + n // 12}-{n % 12 + 1:02d}" for n in sorted(numbers)]
    months = [month for month in months if Period.parse(month).kind == "month"]
    releases = tuple(Release(kind="activity", periods=(month,)) for month in months)
    found = listed_periods(releases)
    assert all(period.kind == "quarter" for period in found)
    covered = [part.id for period in found for part in period.parts]
    assert set(covered) <= set(months)
    assert len(covered) == len(set(covered))
    every = [Period.parse(f"{y}-{(y + 1) % 100:02d}-Q{q}") for y in range(2019, 2024) for q in range(1, 5)]
    assert [period for period in every if {part.id for part in period.parts} <= set(months)] == found


def test_where_there_are_invented_areas_alone_the_last_listed_period_is_new(tmp_path: Path) -> None:
    create_workspace(tmp_path / "workspace")
    place = find_workspace(tmp_path / "workspace")
    releases = tuple(Release(kind="activity", periods=(name,)) for name in (PERIOD, EARLIER, "2012-13"))
    assert [period.id for period in chosen_periods(update(place), releases)] == [PERIOD]


@pytest.mark.parametrize(
    ("tally", "code", "words"),
    [
        (Tally(), 4, "nothing new"),
        (Tally(waiting={"2019-20": "…"}, own=["2018-19"]), 4, "nothing new"),
        (Tally(built=["2019-20"], waiting={"2018-19": "…"}), 0, "done"),
        (Tally(imported=["2019-20"], failed={"2018-19": "…"}), 1, "failed in part"),
        (Tally(site=True), 0, "done"),
    ],
)
def test_the_exit_code_says_done_nothing_new_or_failed(tally: Tally, code: int, words: str) -> None:
    assert tally.exit_code == code
    assert tally.summary.split(";")[0] == words
    assert "\n" not in tally.summary


# At once, and killed.


def test_a_build_that_broke_off_has_changed_nothing(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run(update(place))
    areas = place.data / PERIOD / "areas.csv"
    before, built = areas.read_bytes(), tree(place.reports, place.site)
    areas.write_bytes(before.replace(b"NHS Area 1", b"Our Area 1"))
    with monkeypatch.context() as broken:
        broken.setattr("iapt_report.documents.period.write_texts", lambda *_, **__: 1 / 0)
        assert "ZeroDivisionError" in run(update(place)).failed[PERIOD]
    assert tree(place.reports, place.site) == built
    areas.write_bytes(before)
    assert [line["event"] for line in log_of(place)][-1] == "ended"
    assert run(update(place)).built == [], "what is there is of these data"


def test_a_second_run_at_once_says_who_is_at_work(place: Workspace) -> None:
    with only_one(place.data / ".update"), pytest.raises(BusyError) as caught:
        run(update(place))
    assert f"process {os.getpid()} on" in str(caught.value)
    assert caught.value.exit_code == 5
    assert log_of(place)[-1]["event"] == "locked"
    assert run(update(place)).exit_code == 0, "the lock is free again"


def test_what_killed_processes_left_is_swept_and_what_living_ones_write_is_not(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from iapt_report.system import atomic\n"
        "with atomic.beside(Path(sys.argv[1])) as part:\n"
        "    (part / 'half').write_text('x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    place = tmp_path / "folder" / "place"
    subprocess.run([sys.executable, "-c", code, str(place)], check=False)
    (left,) = place.parent.iterdir()
    (place.parent / ".mine").write_text("a file of the user's", "utf-8")
    with atomic.beside(place) as living:
        atomic.sweep(place.parent)
        assert living.is_dir()
        assert not left.exists()
    assert [path.name for path in place.parent.iterdir()] == [".mine"]


def downloads(cache: Path) -> list[Path]:
    """The files that are in their places."""
    return [path for path in cache.rglob("*") if path.is_file() and not any(p.startswith(".") for p in path.parts)]


def environment(place: Workspace) -> dict[str, str]:
    return {**os.environ, "IAPT_REPORT_CACHE": str(place.root.parent / "cache")}


def called(place: Workspace, *arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, "update", "--engine", "embedded", "--format", "html", *arguments, "-w", str(place.root)]
    return subprocess.Popen(
        command, env=environment(place), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def test_a_run_killed_in_the_middle_of_a_download_leaves_nothing_and_the_next_one_finishes(
    place: Workspace, web: Web
) -> None:
    list_releases(place, web, address=f"{web.address}/halves/annual.csv")
    first = called(place)
    assert web.halfway.wait(60)
    second = called(place)
    assert second.wait(60) == 5
    assert second.stderr is not None
    assert f"process {first.pid} on" in second.stderr.read()
    first.send_signal(signal.SIGKILL)
    first.wait(60)
    cache = place.root.parent / "cache"
    assert [path.name for path in downloads(cache)] in ([], ["imd.csv"])
    assert not (place.data / PERIOD).exists()
    web.go_on.set()
    third = called(place)
    said, complaints = third.communicate(timeout=120)
    assert (third.returncode, said) == (0, f"done; imported: {PERIOD}; built: {PERIOD}\n"), complaints
    facts = tomllib.loads((place.data / PERIOD / "period.toml").read_text("utf-8"))
    assert facts["notes"]
    told = [line.removeprefix(f"{PERIOD}: ") for line in complaints.splitlines()]
    assert [line for line in told if not line.startswith("left out: ")] == facts["notes"], "nothing else is said"
    assert sorted(path.name for path in cache.rglob("*") if path.is_file()) == ["annual.csv", "imd.csv"]
    assert [line["event"] for line in log_of(place) if line["event"] == "locked"] == ["locked"]


class Killable:
    """Processes that update and can be killed at any of their changes of the file system."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("killed.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def update(self, place: Path, *kill_at: int) -> int:
        """Update, in a process killed before one of its changes or, without a number, in the one they come from."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        call = map(str, (place / "workspace", place / "cache", *kill_at))
        print(shlex.join(call), file=self.process.stdin)
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def killable() -> Iterator[Killable]:
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    found = Killable()
    with found.process:
        yield found
        assert found.process.stdin is not None
        found.process.stdin.close()


def rid_of_parts(place: Path) -> dict[str, bytes]:
    """The files that are in their places, whatever stands beside these; without what is noted for the next run."""
    found = tree(place / "workspace", place / "cache")
    return {name: content for name, content in found.items() if not any(p.startswith(".") for p in Path(name).parts)}


@pytest.mark.parametrize("what", ["a first import", "a correction"])
def test_killed_anywhere_nothing_is_half_there_and_the_next_run_finishes(
    place: Workspace, web: Web, killable: Killable, tmp_path: Path, what: str
) -> None:
    start, end = tmp_path / "start", tmp_path / "end"
    shutil.copytree(place.root, start / "workspace")
    if what == "a correction":
        assert killable.update(start) == 0
        corrected = table(tmp_path / "made", published.annual, rows=corrected_rows())
        web.files["/annual.csv"] = corrected
        list_releases(replace(place, root=start / "workspace"), web, sha256=sha256(corrected).hexdigest())
    shutil.copytree(start, end)
    assert killable.update(end) == 0
    before, after, whole = rid_of_parts(start), rid_of_parts(end), tree(end / "workspace", end / "cache")
    code, kill_at = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        work = tmp_path / f"killed-{kill_at}"
        shutil.copytree(start, work)
        code = killable.update(work, kill_at)
        found = rid_of_parts(work)
        for name, content in found.items():
            assert content in (before.get(name), after.get(name)), f"{name} is half there at {kill_at}"
        data = {name: content for name, content in found.items() if f"data/{PERIOD}/" in name}
        states = [{n: c for n, c in state.items() if f"data/{PERIOD}/" in n} for state in (before, after)]
        assert data in [*states, {}], f"at {kill_at}, the period's data are of two states"
        assert killable.update(work, 10**6) in (0, 4)
        assert tree(work / "workspace", work / "cache") == whole, f"not finished after a kill at {kill_at}"
        shutil.rmtree(work)
        kill_at += 1
    assert code == 0
    assert kill_at > 10, "there is more than one place to be killed at"
