"""The pages in a real browser: what axe-core finds, and how a figure's points answer to pointer, touch and keyboard."""

from __future__ import annotations

import http.server
import re
import shutil
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conftest import LOCATED, REFERENCE, ROOT, made_once, read_only
from iapt_report.__main__ import main
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.documents.kinds import PAPER, documents_of
from iapt_report.figures import tile_map
from iapt_report.render.jobs import Job
from iapt_report.render.typeset import render
from iapt_report.site import index
from iapt_report.words import numbers
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace
from written import write_period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# Of what is our own; Quarto's frame of a page keeps to WCAG alone.
BEST = (*WCAG, "best-practice")
# What the width of the window can change.
OF_WIDTH = ("scrollable-region-focusable", "target-size")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 420, "height": 800}
POINTS = "[role=listbox]"
CARD = ".iapt-card"
HOSTILE = '</script><img src=x onerror="document.title=1"> & <b>a name of many words</b> ' + "Averylongname" * 8


@pytest.fixture(scope="session")
def results() -> Results:
    """The reference quarter with one area of a name that is markup, and all that a page can show."""
    found = analyse(read_areas(ROOT / "data", Period.parse(REFERENCE)), draws=20, simulated_quarters=20)
    first = by_rank(found)[0]
    areas = [a.model_copy(update={"area_name": HOSTILE}) if a is first else a for a in found.areas]
    return found.model_copy(update={"areas": tuple(areas)})


def make_pages(folder: Path, results: Results) -> None:
    root = folder / "workspace"
    create_workspace(root)
    place = find_workspace(root)
    write_period(results, place)
    for name in documents_of(place.templates):
        render(Job(place.reports / REFERENCE / f"{name}.qmd", ("html",)), place, "embedded")


@pytest.fixture(scope="session")
def place(common: Path, results: Results) -> Iterator[Workspace]:
    """A workspace with the pages as the embedded engine makes them, to be read only."""
    with read_only(made_once(common / "seen", partial(make_pages, results=results))) as folder:
        yield find_workspace(folder / "workspace")


@pytest.fixture(scope="session")
def pages(place: Workspace) -> dict[str, Path]:
    """The page of each document by its name."""
    return {name: place.site / "report" / REFERENCE / f"{name}.html" for name in documents_of(place.templates)}


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in a window of its own; what goes wrong in its scripts, or is asked of the web, fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(address: str | Path, **window: Any) -> Any:
        context = browser.new_context(**{"viewport": WIDE, **window})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if "//" in outside(request.url) else None)
        page.goto(address.as_uri() if isinstance(address, Path) else address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def outside(address: str) -> str:
    """Leave of an address what does not lie on this machine."""
    return re.sub(r"^(file://|data:.*|blob:.*|http://127\.0\.0\.1:\d+)", "", address, flags=re.DOTALL)


def by_rank(results: Results) -> list[Area]:
    return sorted(results.areas, key=lambda area: (area.imd_rank, area.area_code))


def violations(page: Any, rules: tuple[str, ...] = BEST) -> str:
    found = axe.Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return str(found.generate_report()) if found.violations_count else ""


def active(page: Any) -> str:
    """Read what a screen reader says of the point that the keyboard is at."""
    return str(
        page.evaluate(
            f"""() => {{
                const list = document.querySelector("{POINTS}");
                if (document.activeElement !== list) return "the focus is elsewhere";
                const option = document.getElementById(list.getAttribute("aria-activedescendant"));
                return option.getAttribute("aria-label");
            }}"""
        )
    )


def said(area: Area) -> str:
    return (
        f"{area.area_name}: deprivation rank {numbers.rank(area.imd_rank)}, recovery rate "
        f"{numbers.percent(area.recovery_rate)}, rate expected by the replication "
        f"{numbers.percent(area.replication_rate)}, rate expected {numbers.percent(area.adjusted_rate)}, adjusted "
        f"benchmark {numbers.percent(area.adjusted_low)}, patients who finished treatment "
        f"{numbers.count(area.finished_treatment)}"
    )


def shown(page: Any) -> str:
    """Read the figures that lie beside a point, in one line; nothing where none do."""
    card = page.locator(CARD)
    if not card.is_visible():
        return ""
    name = card.locator("p").text_content()
    facts = zip(card.locator("dt").all_text_contents(), card.locator("dd").all_text_contents(), strict=True)
    return f"{name}: {', '.join(' '.join(fact) for fact in facts)}"


def lies_on_the_picture(page: Any) -> bool:
    """Whether the list of points has the place and the size of the picture, so that points lie on points."""
    points, picture = (page.locator(what).bounding_box() for what in (POINTS, "#fig-ds1 img"))
    return all(abs(points[side] - picture[side]) < 0.5 for side in ("x", "y", "width", "height"))


def middle_of(page: Any, i: int) -> tuple[float, float]:
    """Give the middle of a point in the window, by its place in the order of deprivation."""
    page.locator(POINTS).scroll_into_view_if_needed()
    box = page.locator("[role=option]").nth(i).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_axe_finds_no_violation_on_any_page(pages: dict[str, Path], opened: Callable[..., Any]) -> None:
    for path in pages.values():
        for scheme in ("light", "dark"):
            page = opened(path, color_scheme=scheme)
            assert violations(page) == "", (path.name, scheme)
        page.set_viewport_size(NARROW)
        assert violations(page, OF_WIDTH) == "", (path.name, "narrow")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], (path.name, "scrolls sideways")


def test_axe_finds_no_violation_while_a_points_figures_are_shown(
    pages: dict[str, Path], opened: Callable[..., Any]
) -> None:
    page = opened(pages["paper"])
    page.locator(POINTS).focus()
    page.keyboard.press("End")
    assert shown(page)
    assert violations(page) == ""


def test_the_keyboard_goes_from_point_to_point_by_deprivation_and_stops_once(
    pages: dict[str, Path], results: Results, opened: Callable[..., Any]
) -> None:
    page = opened(pages["paper"], reduced_motion="reduce")
    areas = by_rank(results)
    last = len(areas) - 1
    # From the link before the figure to the one after it.
    page.locator("a.quarto-xref[href='#fig-ds1']").last.focus()
    stops: list[str] = []
    while "point" not in "".join(stops[:-1]) and len(stops) < 20:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.className + document.activeElement.tagName"))
        if stops[-1].startswith("iapt-points"):
            assert (active(page), shown(page)) == (said(areas[0]), said(areas[0]))
    assert sum(stop.startswith("iapt-points") for stop in stops) == 1, stops
    page.keyboard.press("Shift+Tab")
    at = 0
    for key, to in (
        ("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("PageDown", 11), ("PageUp", 1), ("PageUp", 0),
        ("ArrowUp", 0), ("End", last), ("ArrowRight", last), ("Home", 0), ("ArrowRight", 1),
    ):  # fmt: skip
        page.keyboard.press(key)
        at = to
        assert (active(page), shown(page)) == (said(areas[at]), said(areas[at])), key
    page.keyboard.press("Escape")
    assert (active(page), shown(page)) == (said(areas[at]), ""), "dismissed, and the keyboard is where it was"
    page.keyboard.press("ArrowRight")
    assert shown(page) == said(areas[2])
    page.keyboard.type("area 202")
    assert shown(page).startswith("Synthetic Area 202:"), "a name can be typed"
    assert page.evaluate("document.getAnimations().length") == 0
    selected = page.locator("[role=option][aria-selected=true]")
    assert selected.count() == 1
    ring = selected.evaluate("e => getComputedStyle(e).outlineStyle")
    frame = page.locator(POINTS).evaluate("e => getComputedStyle(e).outlineStyle")
    assert (ring, frame) == ("solid", "solid"), "the point and the plot show where the keyboard is"
    page.keyboard.press("Tab")
    assert shown(page) == ""


def test_a_point_shows_its_area_under_the_pointer_and_its_figures_can_be_reached(
    pages: dict[str, Path], results: Results, opened: Callable[..., Any]
) -> None:
    page = opened(pages["paper"])
    areas = by_rank(results)
    assert lies_on_the_picture(page)
    for i in (0, 57, 130, len(areas) - 1):
        x, y = middle_of(page, i)
        page.mouse.move(x, y)
        assert shown(page) == said(areas[i])
    card = page.locator(CARD).bounding_box()
    # Slowly, straight up over the bridge, and longer on the figures than they would stay.
    page.mouse.move(x, card["y"] + card["height"] - 4, steps=12)
    page.wait_for_timeout(500)
    assert shown(page) == said(areas[-1])
    page.mouse.move(card["x"] + 10, card["y"] + 10, steps=5)
    page.wait_for_timeout(500)
    assert shown(page) == said(areas[-1])
    page.keyboard.press("Escape")
    assert shown(page) == "", "dismissed without moving the pointer"
    page.mouse.move(x, y)
    assert shown(page) == said(areas[-1])
    page.mouse.move(5, 5)
    page.wait_for_function(f"document.querySelector('{CARD}').hidden")


def test_figures_that_were_asked_for_by_a_click_or_a_tap_stay_until_dismissed(
    pages: dict[str, Path], results: Results, opened: Callable[..., Any]
) -> None:
    areas = by_rank(results)
    for window in ({}, {"has_touch": True, "is_mobile": True, "viewport": NARROW}):
        page = opened(pages["paper"], **window)
        x, y = middle_of(page, 20)
        touch = bool(window)
        (page.touchscreen.tap if touch else page.mouse.click)(x, y)
        assert shown(page) == said(areas[20])
        if not touch:
            page.mouse.move(x, y + 200)
            page.wait_for_timeout(500)
            assert shown(page) == said(areas[20])
        (page.touchscreen.tap if touch else page.mouse.click)(5, 5)
        assert shown(page) == ""


def test_a_name_is_text_and_a_long_one_is_broken_into_lines(pages: dict[str, Path], opened: Callable[..., Any]) -> None:
    page = opened(pages["paper"], viewport=NARROW)
    title = page.title()
    page.locator(POINTS).focus()
    assert page.locator(CARD).locator("p").text_content() == HOSTILE
    assert page.locator(f"{CARD} img, {CARD} b, {CARD} script").count() == 0
    assert page.title() == title, "no script of the name's has run"
    card = page.locator(CARD).bounding_box()
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= NARROW["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "the page does not scroll sideways"
    page.keyboard.press("End")
    box = page.locator("[role=option]").last.bounding_box()
    assert 0 <= box["x"] <= NARROW["width"], "the plot is moved to the point that the keyboard is at"


def test_without_script_or_points_the_figure_is_a_picture_with_its_description(
    pages: dict[str, Path], tmp_path: Path, opened: Callable[..., Any]
) -> None:
    text = pages["paper"].read_text("utf-8")
    island = re.compile(r'(<script type="application/json" id="iapt-points-1">)(.*?)(</script>)')
    assert island.search(text)
    for figure in pages["paper"].parent.glob("*.svg"):
        shutil.copyfile(figure, tmp_path / figure.name)
    pages_without = {
        "script": (text, {"java_script_enabled": False}),
        "island": (island.sub("", text), {}),
        "sense": (island.sub(r'\1{"width":504,\3', text), {}),
        "points": (island.sub(r'\1{"width":504,"height":223,"order":"","labels":[],"points":[]}\3', text), {}),
        "values": (island.sub(r"\1null\3", text), {}),
    }
    for what, (content, window) in pages_without.items():
        path = tmp_path / f"without-{what}.html"
        path.write_text(content, "utf-8")
        page = opened(path, **window)
        picture = page.locator("#fig-ds1 img")
        assert (picture.get_attribute("alt") or "").startswith("Scatterplot of 211 areas"), what
        assert picture.bounding_box()["height"] > 200, what
        assert page.locator(f"{POINTS}, {CARD}, .iapt-hint").count() == 0, what


def test_in_print_there_is_the_figure_alone(pages: dict[str, Path], opened: Callable[..., Any]) -> None:
    page = opened(pages["paper"])
    page.locator(POINTS).focus()
    assert shown(page)
    page.emulate_media(media="print")
    assert page.locator("#fig-ds1 img").is_visible()
    for hidden in (CARD, ".iapt-hint", POINTS):
        assert not page.locator(hidden).is_visible(), hidden


def test_a_page_in_one_file_answers_too(
    place: Workspace, results: Results, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    copied = find_workspace(shutil.copytree(place.root, tmp_path / "workspace"))
    document = copied.reports / REFERENCE / "paper.qmd"
    made = render(Job(document, ("html",), self_contained=True), copied, "embedded")[0]
    page = opened(Path(shutil.move(made, tmp_path / "alone.html")))
    assert (page.locator("#fig-ds1 img").get_attribute("src") or "").startswith("data:image/svg+xml")
    page.locator(POINTS).focus()
    page.keyboard.press("ArrowRight")
    assert shown(page) == said(by_rank(results)[1])


def make_map_pages(folder: Path, located: Results) -> None:
    root = folder / "workspace"
    create_workspace(root)
    place = find_workspace(root)
    write_period(located, place)
    for name in ("brief", "supplement", "areas"):
        render(Job(place.reports / LOCATED / f"{name}.qmd", ("html",)), place, "embedded")
    index.build(place, "embedded")
    shutil.copytree(ROOT / "data" / LOCATED, root / "data" / LOCATED)
    assert main(["brief", LOCATED, "--area", "15F", "--format", "html", "--workspace", str(root)]) == 0


@pytest.fixture(scope="session")
def map_pages(common: Path, located: Results) -> Iterator[dict[str, Path]]:
    """The pages of a real quarter that show the map, to be read only."""
    with read_only(made_once(common / "maps", partial(make_map_pages, located=located))) as folder:
        site = folder / "workspace" / "_site" / "report"
        names = ("brief", "supplement", "areas", "areas/15F")
        yield {"index": site / "index.html", **{name: site / LOCATED / f"{name}.html" for name in names}}


def test_axe_finds_no_violation_on_a_page_with_the_map_nor_while_an_areas_figures_are_shown(
    map_pages: dict[str, Path], opened: Callable[..., Any]
) -> None:
    for name, path in map_pages.items():
        if name == "areas":
            continue
        page = opened(path)
        figure = "#fig-here" if name.startswith("areas/") else "#fig-map"
        picture = page.locator(f"{figure} img")
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0"), name
        assert violations(page) == "", name
        page.locator(f"{figure} {POINTS}").focus()
        assert page.locator(f"{figure} {CARD}").is_visible(), name
        assert violations(page) == "", (name, "asked")
        page.set_viewport_size(NARROW)
        assert violations(page, OF_WIDTH) == "", (name, "narrow")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], (name, "scrolls sideways")


def test_the_maps_tiles_answer_to_keyboard_pointer_and_touch(
    map_pages: dict[str, Path], located: Results, opened: Callable[..., Any]
) -> None:
    points = sorted(tile_map.tile_points(located), key=lambda point: point.place)
    page = opened(map_pages["brief"])
    page.locator(POINTS).focus()
    assert (active(page), shown(page)) == (points[0].title, points[0].title), "the northernmost first"
    page.keyboard.press("End")
    assert shown(page) == points[-1].title
    page.keyboard.type("leeds")
    assert shown(page).startswith(
        "NHS Leeds CCG: recovery rate 32.1%, rate expected 51.6%, percentage points apart 19.5"
    )
    page.mouse.move(*middle_of(page, 30))
    assert shown(page) == points[30].title
    own = opened(map_pages["areas/15F"])
    own.locator(POINTS).focus()
    own.keyboard.type("leeds")
    assert (
        shown(own) == "NHS Leeds CCG: rate 32.1%, usual for its deprivation 51.6%, percentage points apart 19.5 below"
    )
    touched = opened(map_pages["brief"], has_touch=True, is_mobile=True, viewport=NARROW)
    touched.touchscreen.tap(*middle_of(touched, 100))
    assert shown(touched) == points[100].title


def test_an_area_is_found_by_its_local_authority_on_the_index_and_in_the_list(
    map_pages: dict[str, Path], opened: Callable[..., Any]
) -> None:
    index_page = opened(map_pages["index"])
    box = index_page.get_by_label("Name, code or local authority")
    box.fill("northumberland")
    assert index_page.locator("#area-found li").all_inner_texts() == [
        "NHS Northumberland CCG 00L, July to September 2019"
    ], "its name says where it is"
    box.fill("gateshead sunderland")
    index_page.get_by_text("No area found").wait_for()
    box.fill("hexham")
    index_page.get_by_text("Towns are not listed").wait_for()
    box.fill("county durham")
    found = index_page.locator("#area-found li").all_inner_texts()
    assert found
    assert all(text.endswith("in County Durham") for text in found)
    listed = opened(map_pages["areas"])
    listed.get_by_label("Find an area").fill("county durham")
    places = listed.locator("tbody tr:visible .iapt-place").all_inner_texts()
    assert places
    assert set(places) == {"County Durham"}
    listed.get_by_label("Find an area").fill("")
    assert listed.locator(".iapt-place").count() == 0


def test_the_page_of_an_area_leads_to_all_reports(map_pages: dict[str, Path], opened: Callable[..., Any]) -> None:
    page = opened(map_pages["areas/15F"])
    page.get_by_role("link", name="All reports").click()
    page.wait_for_url("**/report/index.html")
    assert page.get_by_role("heading", level=1).inner_text() == "Reports"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served(place: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages as Quarto makes them, from a server: a browser loads Quarto's own scripts from no file."""
    root = tmp_path_factory.mktemp("quarto") / "workspace"
    shutil.copytree(place.root, root, ignore=shutil.ignore_patterns("_site"))
    copied = find_workspace(root)
    for name in documents_of(copied.templates):
        render(Job(copied.reports / REFERENCE / f"{name}.qmd", ("html",)), copied, "quarto")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(copied.site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/report/{REFERENCE}"
    server.shutdown()


@pytest.mark.quarto
def test_points_answer_on_quartos_page_in_both_themes_and_axe_finds_no_violation(
    served: str, place: Workspace, results: Results, opened: Callable[..., Any]
) -> None:
    areas = by_rank(results)
    for name in documents_of(place.templates):
        page = opened(f"{served}/{name}.html")
        for theme in ("light", "dark"):
            if theme == "dark":
                page.evaluate("window.quartoToggleColorScheme()")
                page.wait_for_selector("body.quarto-dark")
            if name == PAPER:
                assert lies_on_the_picture(page)
                x, y = middle_of(page, 57)
                page.mouse.move(x, y)
                assert shown(page) == said(areas[57])
                page.mouse.move(5, 5)
                page.locator(POINTS).focus()
                page.keyboard.press("Home")
                page.keyboard.press("ArrowRight")
                assert (active(page), shown(page)) == (said(areas[1]), said(areas[1]))
            assert violations(page, WCAG) == "", (name, theme)
        page.set_viewport_size(NARROW)
        assert violations(page, OF_WIDTH) == "", (name, "narrow")
