"""The site as it is built: every link leads somewhere, areas are found by name, and nobody is kept out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lxml.html
import pytest

from conftest import REFERENCE, made_once, read_only, some_rows, table_of
from iapt_report.__main__ import main
from iapt_report.documents.kinds import DOCUMENTS
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iapt_report.workspace.place import Workspace

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AWKWARD = "</script><b>Æ & B</b> {{< meta >}}"
QUARTERS = ("2019-20-Q1", "2019-20-Q2")


def fill(place: Workspace) -> None:
    """Lay two quarters of invented areas beside the reference quarter, of which one has a name that is markup."""
    for seed, period in enumerate(QUARTERS):
        rows = some_rows(20, slope=0.2, seed=seed)
        rows[3] = {**rows[3], "area_name": AWKWARD, "area_code": "T/3 ?"}
        folder = place.data / period
        folder.mkdir()
        table_of(rows[seed:]).to_csv(folder / "areas.csv", index=False)


def make_site(folder: Path) -> None:
    root = folder / "workspace"
    create_workspace(root)
    fill(find_workspace(root))
    assert main(["build", "--all", "--engine", "embedded", "-f", "html", "-w", str(root)]) == 0
    # One document as a print, which the index of the build before could not lead to.
    assert main(["build", QUARTERS[1], "--engine", "embedded", "-f", "pdf", "-w", str(root)]) == 0


@pytest.fixture(scope="session")
def place(common: Path) -> Iterator[Workspace]:
    """A site of three quarters, to be read only."""
    with read_only(made_once(common / "site", make_site)) as folder:
        yield find_workspace(folder / "workspace")


def dead_links(page: Path) -> list[str]:
    """List the links of a page that lead to no file, or to no place in it."""
    return [link for link in lxml.html.fromstring(page.read_text("utf-8")).xpath("//a/@href") if is_dead(link, page)]


def is_dead(link: str, page: Path) -> bool:
    parts = urllib.parse.urlsplit(link)
    if parts.scheme:
        return False
    target = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return True
    place = urllib.parse.unquote(parts.fragment)
    return bool(place) and not lxml.html.fromstring(target.read_text("utf-8")).xpath("//*[@id=$id]", id=place)


def test_every_link_of_the_site_leads_somewhere(place: Workspace) -> None:
    pages = sorted(place.site.rglob("*.html"))
    assert len(pages) == 3 * len(DOCUMENTS) + 1 + 2, "one quarter has an earlier one; the index, and what leads to it"
    assert {page: dead for page in pages if (dead := dead_links(page))} == {}


def test_every_area_of_the_search_has_its_row(place: Workspace) -> None:
    index = lxml.html.fromstring((place.site / "report" / "index.html").read_text("utf-8"))
    listed = json.loads(index.xpath("//script[@id='area-list']")[0].text)
    ids = {
        period: set(
            lxml.html.fromstring((place.site / "report" / period / "areas.html").read_text("utf-8")).xpath("//tr/@id")
        )
        for period, _, _ in listed["periods"]
    }
    found: dict[str, set[str]] = {period: set() for period in ids}
    for _, _, anchor, places, _ in listed["areas"]:
        for at in places:
            found[listed["periods"][at][0]].add(f"area-{anchor}")
    assert found == ids
    assert len(ids[REFERENCE]) == 211


def test_the_index_leads_to_prints_that_are_there(place: Workspace) -> None:
    links = lxml.html.fromstring((place.site / "report" / "index.html").read_text("utf-8")).xpath("//main//a/@href")
    assert [link for link in links if link.endswith(".pdf")] == [
        f"{QUARTERS[1]}/{name}.pdf" for name in ("brief", "changes", "paper", "supplement")
    ]


def test_what_changed_is_told_of_the_quarter_that_has_an_earlier_one_alone(place: Workspace) -> None:
    site = place.site / "report"
    assert [path.parent.name for path in site.glob("*/changes.html")] == [QUARTERS[1]]
    text = lxml.html.fromstring((site / QUARTERS[1] / "changes.html").read_text("utf-8")).text_content()
    assert "What changed since April to June 2019" in text
    assert "was analysed alike" in " ".join(text.split())


def test_each_page_of_a_period_leads_back_to_the_index(place: Workspace) -> None:
    for name in DOCUMENTS:
        page = lxml.html.fromstring((place.site / "report" / REFERENCE / f"{name}.html").read_text("utf-8"))
        assert page.xpath("//nav[@aria-label='Site']/a/@href") == ["../index.html"]


def test_a_page_about_an_area_is_linked_once_it_is_made(place: Workspace, tmp_path: Path) -> None:
    place = find_workspace(shutil.copytree(place.root, tmp_path / "workspace"))
    listing = place.site / "report" / QUARTERS[0] / "areas.html"
    assert "areas/T005.html" not in listing.read_text("utf-8")
    assert main(["brief", QUARTERS[0], "--area", "T005", "-f", "html", "-w", str(place.root)]) == 0
    row = lxml.html.fromstring(listing.read_text("utf-8")).xpath("//tr[@id='area-T005']//a/@href")
    assert row == ["areas/T005.html"]
    assert dead_links(listing) == []


def test_an_area_is_found_by_name_on_the_index_and_on_its_list(place: Workspace, browser: Any) -> None:
    wrong: list[str] = []
    page = browser.new_page(viewport={"width": 900, "height": 700})
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((place.site / "report" / "index.html").as_uri())
    box = page.get_by_label("Name or code, in any period")
    box.press_sequentially("ae b META")
    page.get_by_text("No area found").wait_for()
    box.fill("æ and b meta")
    page.get_by_text("1 area found").wait_for()
    assert page.locator("#area-found li").inner_text().startswith(AWKWARD)
    assert page.locator("#area-found a").all_inner_texts() == [AWKWARD, QUARTERS[0]]
    box.fill("test area 000")
    assert page.locator("#area-found a").all_inner_texts() == ["Test Area 000"], "in the first of the quarters alone"
    box.fill("syn079")
    assert "(synthetic data)" in page.locator("#area-found li").inner_text()
    box.fill("t/3 ?")
    page.locator("#area-found a").first.click()
    page.wait_for_url(f"**/{QUARTERS[1]}/areas.html#area-*")
    assert page.locator("tr:target th").inner_text() == AWKWARD
    assert page.locator("tr:target").is_visible()
    listed = page.get_by_label("Find an area by name or code")
    listed.fill("t00")
    page.get_by_text("8 areas of 19").wait_for()
    assert page.locator("tbody tr:visible").count() == 8
    listed.fill("")
    assert page.locator("tbody tr:visible").count() == 19
    assert wrong == []


def test_without_a_script_every_row_is_there_and_no_box(place: Workspace, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((place.site / "report" / QUARTERS[0] / "areas.html").as_uri())
    assert page.locator("tbody tr:visible").count() == 20
    assert page.locator("input:visible").count() == 0
    context.close()


def column(page: Any, at: int) -> list[str]:
    return [str(text) for text in page.locator(f"tbody tr:visible > :nth-child({at})").all_inner_texts()]


def test_the_keyboard_puts_a_table_of_areas_in_order_by_any_column(place: Workspace, browser: Any) -> None:
    for name, rates in ((f"{QUARTERS[0]}/areas", 4), (f"{REFERENCE}/supplement", 4)):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto((place.site / "report" / f"{name}.html").as_uri())
        if name.endswith("supplement"):
            page.evaluate("document.querySelectorAll('table').forEach(t => t.closest('#tbl-ds1') || t.remove())")
        before = column(page, rates)
        header = page.locator("thead th").nth(rates - 1)
        header.locator("button").focus()
        assert header.locator("button").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        assert header.get_attribute("aria-sort") == "ascending"
        numbers = [float(text.rstrip("†")) for text in column(page, rates)]
        assert numbers == sorted(numbers)
        assert sorted(column(page, rates)) == sorted(before), "no row is lost"
        page.keyboard.press("Space")
        assert header.get_attribute("aria-sort") == "descending"
        assert [float(text.rstrip("†")) for text in column(page, rates)] == numbers[::-1]
        page.locator("thead th button").first.click()
        assert header.get_attribute("aria-sort") is None
        names = column(page, 1)
        assert names == sorted(names, key=str.casefold)
        page.close()


def test_areas_are_shown_by_their_standing(place: Workspace, browser: Any) -> None:
    page = browser.new_page()
    page.goto((place.site / "report" / REFERENCE / "areas.html").as_uri())
    shown = {}
    for value in ("both", "national", "adjusted", "neither"):
        page.get_by_label("Show").select_option(value)
        shown[value] = set(column(page, 8))
        there = page.locator(f"tbody tr[data-standing={value}]").count()
        assert page.locator("tbody tr:visible").count() == there
        page.get_by_text(f"{there or 'No'} area").wait_for()
    assert shown["both"] == {"below both"}
    assert shown["national"] == {"below the national standard alone"}
    assert shown["neither"] == {"below neither"}
    page.get_by_label("Show").select_option("both")
    page.get_by_label("Find an area").fill("syn00")
    assert 0 < page.locator("tbody tr:visible").count() < 10
    page.get_by_label("Show").select_option("")
    assert page.locator("tbody tr:visible").count() == 9


def test_a_tables_header_and_names_stay_in_sight_while_it_moves(place: Workspace, browser: Any) -> None:
    for name in (f"{REFERENCE}/areas", f"{REFERENCE}/supplement"):
        page = browser.new_page(viewport={"width": 400, "height": 800})
        page.goto((place.site / "report" / f"{name}.html").as_uri())
        frame = page.locator(".iapt-frame, #tbl-ds1 .float-body")
        frame.evaluate("e => { e.scrollTop = 900; e.scrollLeft = 120; }")
        box, head = frame.bounding_box(), frame.locator("thead th").first.bounding_box()
        assert abs(head["y"] - box["y"]) < 4, name
        assert abs(head["x"] - box["x"]) < 4, name
        first = frame.locator("tbody tr:nth-child(40) > :first-child").bounding_box()
        assert abs(first["x"] - box["x"]) < 4, name
        frame.evaluate("e => { e.scrollLeft = 9999; }")
        last = frame.locator("thead th").last.bounding_box()
        assert last["x"] + last["width"] <= box["x"] + box["width"] + 1, f"{name}: the last column can be reached"
        page.close()


def ground(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


LIGHT, DARK = "rgb(255, 255, 255)", "rgb(20, 25, 30)"


def test_pages_are_dark_where_the_reader_wants_it_and_remember_it_and_print_light(
    place: Workspace, browser: Any
) -> None:
    site = place.site / "report"
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    button = page.get_by_role("button", name="Dark")
    assert (ground(page), button.get_attribute("aria-pressed")) == (DARK, "true")
    page.emulate_media(media="print")
    assert ground(page) == LIGHT
    page.emulate_media(media="screen", color_scheme="light")
    # It follows the machine until a choice is made.
    page.wait_for_function(f"getComputedStyle(document.body).backgroundColor === '{LIGHT}'")
    button.click()
    assert ground(page) == DARK
    page.goto((site / REFERENCE / "paper.html").as_uri())
    assert ground(page) == DARK, "the choice holds for the next page"
    assert page.locator("#fig-ds1 img").evaluate("e => getComputedStyle(e).backgroundColor") == LIGHT
    assert page.evaluate("localStorage.getItem('quarto-color-scheme')") == "alternate", "as Quarto's pages remember it"
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert ground(page) == LIGHT
    context.close()
    without = browser.new_context(color_scheme="dark", java_script_enabled=False)
    page = without.new_page()
    page.goto((site / REFERENCE / "paper.html").as_uri())
    assert ground(page) == DARK
    assert not page.locator("#iapt-theme").is_visible(), "no button that does nothing"
    without.close()


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_index_and_the_list_of_areas_are_for_everyone(
    place: Workspace, browser: Any, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for name in ("index", f"{QUARTERS[0]}/areas", f"{REFERENCE}/areas", f"{QUARTERS[1]}/changes"):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.goto((place.site / "report" / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways"
        found = axe.Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        page.close()


@pytest.mark.quarto
def test_quarto_makes_the_same_index(place: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(place.root, root, ignore=shutil.ignore_patterns("_site", "areas"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["quarto", "render", "--to", "html"], cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARN" not in done.stderr
    pages = [
        lxml.html.fromstring((site / "report" / "index.html").read_text("utf-8"))
        for site in (place.site, root / "_site")
    ]
    for part in ("//main//dd", "//main//figcaption", "//main//td", "//main//tbody//th", "//main//section/h3"):
        own, quartos = ([" ".join(e.text_content().split()) for e in page.xpath(part)] for page in pages)
        assert own == quartos, part
        assert own
    links = pages[1].xpath("//main//a[contains(@class, 'iapt-file')]/@href")
    assert links == [
        link for link in pages[0].xpath("//main//a/@href") if re.fullmatch(r"[^#]+\.(html|csv|xlsx|json)", link)
    ]
    assert all((root / "_site" / "report" / link).is_file() for link in links)
    assert pages[1].xpath("//a[contains(@class, 'nav-link')]/@href"), "the bar leads to the reports"
