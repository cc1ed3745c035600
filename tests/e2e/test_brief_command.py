"""`iapt-report brief`: the files of areas' briefs, and what a reader of the page and of the PDF meets."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import lxml.etree
import lxml.html
import pypdf
import pytest

from conftest import LOCATED, REFERENCE, ROOT, made_once, metadata_of, read_only, some_rows, table_of
from iapt_report.__main__ import main
from iapt_report.analysis.profiles import profile_of
from iapt_report.areas.period import Period
from iapt_report.documents.area_files import area_page
from iapt_report.site.area_briefs import analysed, has_every, outdated
from iapt_report.words.numbers import percent
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

SVG = "{http://www.w3.org/2000/svg}"
LONG = "NHS Bournemouth, Wolverhampton, Gloucestershire and Middlesbrough Commissioning Area "
AWKWARD = "A*star* _under_ <b>bold</b> $x$ #tag [[link]] @cite |pipe|"


def run(place: Path, *arguments: str) -> int:
    return main(["brief", *arguments, "--workspace", str(place)])


def write_period(root: Path, period: str, rows: list[dict[str, object]], facts: str = "") -> None:
    folder = root / "data" / period
    folder.mkdir(parents=True)
    table_of(rows).to_csv(folder / "areas.csv", index=False)
    if facts:
        (folder / "period.toml").write_text(facts, "utf-8")


def pdf_text(path: Path) -> str:
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\u00a0", " "))


def page_text(page: Any) -> str:
    return re.sub(r"\s+", " ", str(page.text_content()).replace("\u202f", " ").replace("\u00a0", " "))


def make_briefs(folder: Path) -> None:
    """Make a workspace with all briefs of a small invented year, and the data of another."""
    root = folder / "workspace"
    create_workspace(root)
    rows = some_rows(14, slope=0.1)
    rows[0]["area_code"] = "../../../outside"
    rows[1]["area_name"] = AWKWARD
    rows[13] |= {"recovered": "*"}
    write_period(root, "2019-20", rows)
    write_period(root, "2018-19", some_rows(12, seed=4))
    every = ("--format", "html", "--format", "pdf", "--format", "docx")
    assert run(root, "2019-20", "--all-areas", *every) == 0


@pytest.fixture(scope="session")
def made(common: Path) -> Iterator[Path]:
    """A workspace with briefs, to be read only."""
    with read_only(made_once(common / "briefs", make_briefs)) as folder:
        yield folder / "workspace"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """The same, of the test's own."""
    return shutil.copytree(made, tmp_path / "workspace")


@pytest.fixture(scope="session")
def folder(made: Path) -> Path:
    return made / "_site" / "report" / "2019-20" / "areas"


def test_every_analysed_area_has_its_files_in_the_site_and_beside_the_report(made: Path, folder: Path) -> None:
    results = analysed(find_workspace(made), Period.parse("2019-20"))
    expected = {f"{area_page(area.area_code)}.{kind}" for area in results.areas for kind in ("html", "pdf", "docx")}
    assert len(expected) == 39
    beside = made / "report" / "2019-20" / "areas"
    assert {path.name for path in folder.iterdir()} == expected
    assert {path.name: path.read_bytes() for path in beside.iterdir() if path.suffix != ".json"} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }


def test_a_code_never_leads_out_of_the_folder(made: Path, folder: Path) -> None:
    assert not list(made.parent.rglob("outside*"))
    assert (folder / f"{area_page('../../../outside')}.html").is_file()


def test_the_page_the_pdf_and_the_word_file_say_the_same(made: Path, folder: Path) -> None:
    results = analysed(find_workspace(made), Period.parse("2019-20"))
    area = next(area for area in results.areas if area.area_code == "T005")
    page = lxml.html.parse(folder / "T005.html").getroot()
    with zipfile.ZipFile(folder / "T005.docx") as archive:
        document = archive.read("word/document.xml").decode("utf-8")
        assert [name for name in archive.namelist() if name.endswith(".png")]
    in_word = re.sub(r"\s+", " ", " ".join(re.findall(r"<w:t\b[^>]*>([^<]*)", document)).replace("\u202f", " "))
    for text in (page_text(page), pdf_text(folder / "T005.pdf"), in_word):
        squeezed = text.replace(" ", "")
        for figure in (
            area.area_name,
            percent(area.recovery_rate),
            percent(area.adjusted_rate),
            percent(area.adjusted_low),
            percent(profile_of(results, area).low),
            "2018-19",
        ):
            assert figure.replace(" ", "") in squeezed
    numbers = [sorted(re.findall(r"\d+\.\d%", text)) for text in (page_text(page), pdf_text(folder / "T005.pdf"))]
    assert numbers[0] == numbers[1]


def test_the_page_is_one_file_whose_picture_marks_its_area(folder: Path) -> None:
    pictures = {}
    for code in ("T002", "T012"):
        page = lxml.html.parse(folder / f"{code}.html").getroot()
        (image,) = page.findall(".//img")
        assert image.get("alt").startswith("Scatterplot of 13 areas by deprivation rank. This one has")
        svg = lxml.etree.fromstring(base64.b64decode(image.get("src").removeprefix("data:image/svg+xml;base64,")))
        (mark,) = [circle for circle in svg.iter(f"{SVG}circle") if circle.get("r") == "3.4"]
        dots = [circle for circle in svg.iter(f"{SVG}circle") if circle.get("r") == "1.1"]
        assert len(dots) == 13
        assert any((dot.get("cx"), dot.get("cy")) == (mark.get("cx"), mark.get("cy")) for dot in dots)
        pictures[code] = float(mark.get("cx"))
    # The less deprived one is further to the right.
    assert pictures["T002"] < pictures["T012"]
    page = lxml.html.parse(folder / "T002.html").getroot()
    assert page.findall(".//link") == []
    assert [link.get("href") for link in page.iterfind(".//a") if not link.get("href").startswith(("#", "https:"))] == [
        "../../index.html",
        "T002.pdf",
    ]


def test_headings_are_in_order_and_each_table_has_a_header(folder: Path) -> None:
    page = lxml.html.parse(folder / "T005.html").getroot()
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3")]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    tables = page.findall(".//table")
    assert len(tables) == 4
    assert all(cell.text_content().strip() for table in tables for cell in table.findall(".//thead//th"))


def test_an_awkward_name_is_shown_as_it_is(folder: Path) -> None:
    page = lxml.html.parse(folder / "T001.html").getroot()
    assert page.findtext(".//title") == AWKWARD
    assert page.find(".//h1").text_content() == AWKWARD
    assert AWKWARD in page_text(lxml.html.parse(folder / "T003.html").getroot())
    assert AWKWARD.replace(" ", "") in pdf_text(folder / "T001.pdf").replace(" ", "")


@pytest.mark.parametrize(
    ("letters", "years", "outcome"),
    [(12, 9, "recovery"), (50, 2, "recovery"), (75, 9, "reliable_recovery"), (200, 9, "recovery")],
)
def test_a_pdf_is_one_page_of_a4_whatever_it_holds(tmp_path: Path, letters: int, years: int, outcome: str) -> None:
    root = tmp_path / "workspace"
    create_workspace(root)
    chosen = {"outcome": f'"{outcome}"', "benchmark": 0.4567, "interval": '"overdispersion"', "dummy_alpha": 0.9}
    settings = "\n".join(f"{name} = {value}" for name, value in chosen.items())
    (root / "iapt-report.toml").write_text(f"[settings]\n{settings}\n", "utf-8")
    for year in range(2015, 2015 + years):
        rows = some_rows(16, seed=year, noise=0.01)
        for i, row in enumerate(rows):
            if i == 7:
                row["recovered"] = 1
            row |= {
                "area_name": f"{(LONG * 3)[: letters - 5]} {i:04d}",
                "area_code": f"{'x' * (letters - 10)}{i}",
                "imd_rank": 10_000.5 + i,
                "reliably_recovered": row["recovered"],
                "reliable_recovery_rate_low": 0.0,
                "reliable_recovery_rate_high": 0.9,
                "recovery_rate_low": 0.0,
                "recovery_rate_high": 0.9,
            }
        sources = "".join(f'[[sources]]\nfile = "{"long-name-" * 20}{i}.csv"\nsha256 = "00"\n' for i in range(9))
        facts = f'synthetic = true\narea_type = "{"commissioning area of some kind " * 5}"\n{sources}'
        write_period(root, f"{year}-{year % 100 + 1:02d}", rows, facts)
    assert run(root, "2015-16", "--all-areas", "--format", "pdf") == 0
    made = sorted((root / "_site" / "report" / "2015-16" / "areas").glob("*.pdf"))
    assert len(made) == 16
    for path in made:
        (page,) = pypdf.PdfReader(path).pages
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((595.28, 841.89), abs=0.1)
    text = pdf_text(made[7])
    assert "Synthetic data: the figures of areas here are invented" in text
    assert ("Three more periods have figures" in text) == (years > 6)


def test_a_real_areas_page_marks_it_on_the_map_in_every_format_and_stays_one_page(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    create_workspace(root)
    shutil.copytree(ROOT / "data" / LOCATED, root / "data" / LOCATED)
    every = ("--format", "html", "--format", "pdf", "--format", "docx")
    assert run(root, LOCATED, "--area", "15F", "--area", "11N", *every) == 0
    folder = root / "_site" / "report" / LOCATED / "areas"
    for code, beside in (("15F", "Of the"), ("11N", "The one area beside it")):
        page = lxml.html.parse(folder / f"{code}.html").getroot()
        _, image = page.findall(".//img")
        assert image.get("alt").startswith("Map of 189 areas as tiles of one size. This one")
        svg = lxml.etree.fromstring(base64.b64decode(image.get("src").removeprefix("data:image/svg+xml;base64,")))
        assert [path.get("class") for path in svg.iter(f"{SVG}path")].count("here") == 1
        assert beside in page_text(page.xpath("//*[@id='fig-here']")[0])
        assert len(pypdf.PdfReader(folder / f"{code}.pdf").pages) == 1
        assert "Where it lies" in pdf_text(folder / f"{code}.pdf")
        with zipfile.ZipFile(folder / f"{code}.docx") as word:
            assert sum(name.endswith(".png") for name in word.namelist()) == 2


def test_the_reference_quarter_says_that_it_is_invented_in_every_format(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    create_workspace(root)
    assert run(root, REFERENCE, "--area", "synthetic area 013", "--format", "html", "--format", "pdf") == 0
    folder = root / "_site" / "report" / REFERENCE / "areas"
    page = lxml.html.parse(folder / "SYN013.html").getroot()
    assert "Synthetic data" in page.find(".//p[@class='iapt-notice']").text_content()
    assert "Synthetic data" in pdf_text(folder / "SYN013.pdf")
    assert sorted(path.name for path in folder.iterdir()) == ["SYN013.html", "SYN013.pdf"]


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    create_workspace(root)
    folder = root / "_site" / "report" / REFERENCE / "areas"
    every = ("--format", "html", "--format", "pdf", "--format", "docx")
    contents = []
    for areas in (("SYN001", "SYN002", "SYN003"), ("SYN003", "SYN001", "SYN002")):
        assert run(root, *(word for code in areas for word in ("--area", code)), *every) == 0
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(contents[0]) == 9
    assert contents[0] == contents[1]


def test_standard_output_has_the_paths_alone(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = own / "_site" / "report" / "2019-20" / "areas"
    capfd.readouterr()
    assert run(own, "2019-20", "-a", "T004", "-a", "test area 005", "--format", "html") == 0
    out, err = capfd.readouterr()
    assert out.split() == [str(folder / "T004.html"), str(folder / "T005.html")]
    assert "other formats (pdf, docx) are of an earlier run" in err
    assert run(own, "2018-19", "--all-areas", "--format", "html") == 0
    out, err = capfd.readouterr()
    assert out.split() == [str(folder.parents[1] / "2018-19" / "areas")]
    assert "12 areas have a page" in err


def test_the_newest_period_is_taken_where_none_is_named(own: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(own, "--area", "T004", "--format", "html") == 0
    assert "/2019-20/areas/T004.html" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["2019-20"], "no area is named"),
        (["2019-20", "--all-areas", "--area", "T001"], "areas are named and --all-areas is given"),
        (["2019-20", "--area", "nowhere at all"], "there is no area 'nowhere at all' in 2019-20"),
        (["2019-20", "--area", "T013"], "(T013) is not in the analysis of 2019-20: no usable recovery rate"),
        (["2030-31", "--area", "T001"], "there are no data for 2030-31"),
    ],
)
def test_a_wrong_call_is_refused_by_name(
    made: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(made, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert said in err


def test_pages_of_areas_that_are_no_longer_analysed_go_with_all_areas_and_stay_with_one(workspace: Workspace) -> None:
    root = workspace.root
    write_period(root, "2019-20", some_rows(12))
    assert run(root, "2019-20", "--all-areas", "--format", "html") == 0
    table_of(some_rows(11)).to_csv(root / "data" / "2019-20" / "areas.csv", index=False)
    folders = [root / part / "2019-20" / "areas" for part in ("_site/report", "report")]
    assert run(root, "2019-20", "--area", "T000", "--format", "html") == 0
    assert all((folder / "T011.html").is_file() for folder in folders)
    assert run(root, "2019-20", "--all-areas", "--format", "html") == 0
    assert [len(list(folder.glob("*.html"))) for folder in folders] == [11, 11]


def test_pages_of_other_data_are_counted_until_they_are_made_anew(workspace: Workspace) -> None:
    root, period = workspace.root, Period.parse("2019-20")
    write_period(root, "2019-20", some_rows(12))
    assert outdated(workspace, period) == 0
    assert run(root, "2019-20", "--all-areas", "--format", "html") == 0
    assert outdated(workspace, period) == 0
    write_period(root, "2018-19-Q1", some_rows(12))
    assert outdated(workspace, period) == 0, "a quarter is in no year's history"
    write_period(root, "2018-19", some_rows(12))
    assert outdated(workspace, period) == 12
    assert run(root, "2019-20", "--area", "T000", "--format", "html") == 0
    assert outdated(workspace, period) == 11
    (root / "iapt-report.toml").write_text("[settings]\nbenchmark = 0.4\n", "utf-8")
    assert outdated(find_workspace(root), period) == 12


def test_a_page_agrees_with_a_paper_that_is_held_at_its_earlier_figures(workspace: Workspace) -> None:
    root, period = workspace.root, Period.parse("2019-20")
    write_period(root, "2019-20", some_rows(12))
    build = ["build", "2019-20", "--format", "html", "--engine", "embedded", "-w", str(root)]
    assert main(build) == 0
    paper = workspace.reports / "2019-20" / "paper.qmd"
    paper.write_text(paper.read_text("utf-8") + "\nMine.\n", "utf-8")
    (root / "iapt-report.toml").write_text("[settings]\nbenchmark = 0.4\n", "utf-8")
    assert main(build) == 0
    assert "standard of 50%" in (workspace.site / "report" / "2019-20" / "paper.html").read_text("utf-8")
    assert run(root, "2019-20", "--area", "T000", "--format", "html") == 0
    page = (workspace.site / "report" / "2019-20" / "areas" / "T000.html").read_text("utf-8")
    assert "standard of 50%" in page
    assert "40%" not in re.sub(r"\d\.\d%", "", page_text(lxml.html.fromstring(page)))
    assert outdated(find_workspace(root), period) == 0
    assert main([*build, "--overwrite"]) == 0
    assert outdated(find_workspace(root), period) == 1, "the paper has moved on, and the page has not"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("---\ntitle: x\n---\n\n<< page.nothing >>\n", "row 5"),
        ("---\ntitle: x\n---\n\n```{=typst}\n#no-such-function()\n```\n", "typst cannot set the document"),
        ("---\ntitle: x\n---\n\nAs they say [@someone2020].\n", "does not support a citation, @someone2020"),
        ("---\ntitle: x\n---\n\n{{< include x.md >}}\n", "does not support a shortcode"),
    ],
)
def test_where_no_page_can_be_made_all_stays_as_it_was(
    workspace: Workspace, capfd: pytest.CaptureFixture[str], template: str, said: str
) -> None:
    root = workspace.root
    write_period(root, "2019-20", some_rows(12))
    assert run(root, "2019-20", "--area", "T000", "--format", "html", "--format", "pdf") == 0
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    (root / "templates" / "area.qmd.jinja").write_text(template, "utf-8")
    assert run(root, "2019-20", "--all-areas", "--format", "html", "--format", "pdf") == 1
    assert said in capfd.readouterr().err
    (root / "templates" / "area.qmd.jinja").unlink()
    del before[root / "templates" / "area.qmd.jinja"]
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


FAULT_IN_ONE = """
<% if a.area_code == "T003" -%>
```{=typst}
#no-such-function()
```
<%- endif %>
"""


def test_where_one_page_fails_the_others_are_made_and_it_is_named(
    workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    root, every = workspace.root, ("2019-20", "--all-areas", "--format", "html", "--format", "pdf")
    write_period(root, "2019-20", some_rows(12))
    assert run(root, *every) == 0
    folders = [root / top / "2019-20" / "areas" for top in ("report", "_site/report")]
    before = {path: path.read_bytes() for folder in folders for path in folder.iterdir() if path.suffix != ".json"}
    template = root / "templates" / "area.qmd.jinja"
    template.write_text(f"{template.read_text('utf-8')}\nAnother word.\n{FAULT_IN_ONE}", "utf-8")
    capfd.readouterr()
    assert run(root, *every, "--json") == 1
    out, err = capfd.readouterr()
    facts = json.loads(out)
    assert (facts["areas"], len(facts["files"])) == (11, 22)
    assert [(one["area"], "no-such-function" in one["problem"]["problem"]) for one in facts["failed"]] == [
        ("T003", True)
    ]
    assert "T003" in err
    assert "no-such-function" in err
    assert {path for path in before if path.read_bytes() == before[path]} == {
        path for path in before if path.stem == "T003"
    }
    assert outdated(find_workspace(root), Period.parse("2019-20")) == 2
    assert not has_every(find_workspace(root), Period.parse("2019-20"))


def test_in_a_pipe_there_is_no_progress_bar(own: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "iapt_report", "brief", "2018-19", "--all-areas", "--format", "html"],
        cwd=own,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stderr.splitlines() == ["12 areas have a page"]


def test_a_pdf_has_the_date_that_was_set_and_is_then_made_to_be_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workspace.site / "report" / REFERENCE / "areas" / "SYN003.pdf"
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert run(workspace.root, REFERENCE, "--area", "SYN003", "--format", "pdf") == 0
    assert not {"pdfaid:part", "xmp:CreateDate"} & set(metadata_of(path)), "a date is not invented"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert run(workspace.root, REFERENCE, "--area", "SYN003", "--format", "pdf") == 0
    said = metadata_of(path)
    assert (said["pdfuaid:part"], said["pdfaid:part"]) == ("1", "2")
    assert said["xmp:CreateDate"].startswith("2023-11-14T22:13:20")
