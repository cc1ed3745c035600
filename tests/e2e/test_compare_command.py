"""`compare`: two periods side by side, from the command to the page, and what cannot be set beside each other."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import lxml.html
import pypdf
import pytest

from calling import call
from conftest import REFERENCE, ROOT, some_rows, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

FIRST, SECOND, THIRD = "2019-20-Q1", "2019-20-Q2", "2019-20-Q3"


@pytest.fixture
def place(workspace: Workspace) -> Path:
    for period in (FIRST, SECOND, THIRD):
        shutil.copytree(ROOT / "data" / period, workspace.data / period)
    return workspace.root


def put(place: Path, period: str, facts: str = "", *, n: int = 30, seed: int = 1) -> None:
    folder = place / "data" / period
    folder.mkdir()
    table_of(some_rows(n, seed=seed)).to_csv(folder / "areas.csv", index=False)
    (folder / "period.toml").write_text(facts, "utf-8")


def test_two_quarters_that_do_not_follow_one_another_make_a_page_and_a_print(place: Path) -> None:
    done = call("compare", THIRD, FIRST, "--engine", "embedded", cwd=place)
    assert done.returncode == 0, done.stderr
    assert f"{FIRST} is the earlier period, and is set first" in done.stderr
    folder = place / "_site" / "report" / THIRD
    assert done.stdout.splitlines() == [str(folder / f"since-{FIRST}.{kind}") for kind in ("html", "pdf")]
    root = lxml.html.fromstring((folder / f"since-{FIRST}.html").read_text("utf-8"))
    text = " ".join(root.text_content().split())
    assert "What changed since April to June 2019" in text
    assert "the last period before it" not in text
    rows = root.xpath("//table[contains(@class, 'iapt-areas')]/tbody/tr")
    found = json.loads(call("compare", FIRST, THIRD, "--json", cwd=place).stdout)
    assert [row.xpath("./td[1]")[0].text for row in rows] == [area["area_code"] for area in found["areas"]]
    assert [row.xpath("./td[6]")[0].text for row in rows].count("usual movement") == sum(
        area["beyond_usual"] for area in found["areas"]
    )
    (picture,) = root.xpath("//*[@id='fig-map']//img")
    assert picture.get("alt").startswith(f"Map of {len(rows)} areas")
    assert (folder / picture.get("src")).is_file()
    assert not root.xpath("//a[@href='paper.html']"), "there is none yet"
    pages = pypdf.PdfReader(folder / f"since-{FIRST}.pdf").pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())
    for area in found["areas"][:3] + found["areas"][-3:]:
        assert area["area_name"] in printed, "the table goes on over pages"


def test_the_page_of_a_period_and_the_comparison_with_the_last_one_say_the_same(place: Path) -> None:
    assert call("compare", FIRST, SECOND, "--engine", "embedded", "-f", "html", cwd=place).returncode == 0
    folder = place / "_site" / "report" / SECOND
    compared = (folder / f"since-{FIRST}.html").read_text("utf-8")
    assert call("build", SECOND, "--engine", "embedded", "-f", "html", cwd=place).returncode == 0
    one, other = (
        " ".join(lxml.html.fromstring(text).xpath("//main")[0].text_content().split())
        for text in (compared, (folder / "changes.html").read_text("utf-8"))
    )
    end = "Both periods are analysed alike"
    assert one[: one.index(end)] == other[: other.index(end)]
    brief = lxml.html.fromstring((folder / "brief.html").read_text("utf-8")).text_content()
    assert "Of the 187 areas compared, nine rose and 12 fell by more than chance explains" in " ".join(brief.split())


def test_a_page_that_was_edited_by_hand_is_kept_unless_it_is_to_be_replaced(place: Path) -> None:
    for period, seed in (("2017-18", 1), ("2018-19", 2)):
        put(place, period, seed=seed)
    arguments = ("compare", "2017-18", "2018-19", "--engine", "embedded", "-f", "html")
    assert call(*arguments, cwd=place).returncode == 0
    document = place / "report" / "2018-19" / "since-2017-18.qmd"
    document.write_text(document.read_text("utf-8") + "\nBy hand.\n", "utf-8")
    kept = call(*arguments, cwd=place)
    assert "was edited by hand and is kept" in kept.stderr
    assert "By hand." in (place / "_site" / "report" / "2018-19" / "since-2017-18.html").read_text("utf-8")
    assert call(*arguments, "--overwrite", cwd=place).returncode == 0
    assert "By hand." not in document.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([FIRST, FIRST], 2, f"{FIRST} is given twice"),
        ([FIRST, "2018-19"], 2, f"2018-19 is a year, and {FIRST} a quarter"),
        ([REFERENCE, SECOND], 2, f"the areas of {REFERENCE} are invented"),
        (["2018-19", "2020-21"], 2, "an area of 2018-19 is one commissioning area, and of 2020-21 one provider"),
        ([FIRST, "2099-00-Q1"], 2, "there are no data for 2099-00-Q1"),
        ([FIRST, "then"], 2, "is not a period"),
        ([FIRST], 2, "PERIOD"),
    ],
)
def test_periods_that_are_not_alike_are_refused_in_words(
    place: Path, arguments: list[str], code: int, words: str
) -> None:
    put(place, "2018-19")
    put(place, "2020-21", 'area_type = "provider"\n')
    for given in (arguments, arguments[::-1]):
        done = call("compare", *given, cwd=place)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(place.glob("report/*/since-*"))


def test_an_outcome_that_a_period_lacks_is_named(place: Path) -> None:
    put(place, "2018-19")
    put(place, "2020-21")
    (place / "iapt-report.toml").write_text('[settings]\noutcome = "reliable_recovery"\nbenchmark = 0.5\n', "utf-8")
    done = call("compare", "2018-19", "2020-21", cwd=place)
    assert done.returncode == 1
    assert "reliabl" in done.stderr
    assert "2018-19" in done.stderr
