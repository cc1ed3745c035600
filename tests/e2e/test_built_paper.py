"""The built files: what a reader of the page and of the PDF meets."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import lxml.etree
import lxml.html
import pypdf
import pytest

import published
from conftest import REFERENCE
from iapt_report.__main__ import main
from iapt_report.documents.kinds import DOCUMENTS, PAGES_ONLY
from iapt_report.render import word
from iapt_report.render.jobs import FORMATS
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace

PRINTED = tuple(name for name in DOCUMENTS if name not in PAGES_ONLY)
SECTION_HEADINGS = ".//section[not(@class='abstract')]/*[self::h2 or self::h3]"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
AWKWARD = "A*star* _under_ <b>bold</b> $x$ #tag [[link]] @cite {{< meta >}} |pipe|"


AWKWARD_LATEX = (
    r"A*star* \_under\_ \textless b\textgreater bold\textless/b\textgreater{} \$x\$ \#tag {[}{[}link{]}{]} @cite "
    r"\{\{\textless{} meta \textgreater\}\} \textbar pipe\textbar"
)
LATEX_LETTERS = {
    r"\ensuremath{\rho}": "ρ", r"\ensuremath{\kappa}": "κ", r"\ensuremath{\chi}": "χ", r"\ensuremath{\tau}": "τ",
    r"\ensuremath{-}": "−", r"\,": " ", r"\%": "%", "~": " ", r"\textless": "<", "--": "–",
}  # fmt: skip
LATEX_HEADING = re.compile(r"\\((?:sub)*)section\{([^{}]*)\}")


def pdf_text(path: Path) -> str:
    """Read a PDF's text, with words that were parted at the end of a line put together."""
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    text = re.sub(r"(?<=[a-z])[-\u00ad\u2010]\n(?=[a-z])", "", text)
    return re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\u00a0", " "))


def html_text(path: Path) -> str:
    root = lxml.html.fromstring(path.read_text("utf-8"))
    lxml.etree.strip_elements(root, "script", "style", with_tail=False)
    text = root.text_content()
    return re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\u00a0", " "))


def word_root(path: Path) -> lxml.etree._Element:
    return lxml.etree.fromstring(word.parts(path.read_bytes())["word/document.xml"])


def word_text(path: Path, style: str = "") -> str:
    """Read a Word file's text, a line a paragraph; of one style, where it is named by its identity."""
    lines = []
    for paragraph in word_root(path).iter(f"{W}p"):
        found = paragraph.find(f"{W}pPr/{W}pStyle")
        if not style or (found is not None and found.get(f"{W}val") == style):
            lines.append(re.sub(r"\s+", " ", "".join(t.text or "" for t in paragraph.iter(f"{W}t"))))
    return "\n".join(lines)


def latex_text(path: Path) -> str:
    """Read the text of LaTeX, of the commands that these documents use."""
    text = path.read_text("utf-8").split(r"\begin{document}")[1]
    for command, letter in LATEX_LETTERS.items():
        text = text.replace(command, letter)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("kind", ["docx", "tex"])
def test_word_and_latex_print_the_studys_figures(built: Path, kind: str) -> None:
    text = (word_text if kind == "docx" else latex_text)(built / f"paper.{kind}")
    for printed in ("293 400", "153 of the 211 areas (72.5%)", "F = 37.76", "60.66", "0.45", "−0.27"):
        assert printed in text, printed
    assert "Synthetic data: the figures of areas here are invented" in text.split("Introduction")[0]
    assert not re.search(r"@(fig|tbl)-|\bnan\b|\?\?|\[@|:::|\*\*|^#+ ", text, re.MULTILINE)


@pytest.mark.parametrize("name", PRINTED)
def test_word_and_latex_have_the_headings_captions_and_tables_of_the_page(built: Path, name: str) -> None:
    root = lxml.html.fromstring((built / f"{name}.html").read_text("utf-8"))
    tables = len(root.xpath("//main//table"))
    headings = [" ".join(h.text_content().split()) for h in root.xpath(SECTION_HEADINGS)]
    levels = [int(h.tag[1]) - 1 for h in root.xpath(SECTION_HEADINGS)]
    captions = sorted(" ".join(c.text_content().split()) for c in root.xpath("//main//figcaption"))

    document = word_root(built / f"{name}.docx")
    styled = [
        (p.find(f"{W}pPr/{W}pStyle").get(f"{W}val"), "".join(t.text or "" for t in p.iter(f"{W}t")))
        for p in document.iter(f"{W}p")
        if p.find(f"{W}pPr/{W}pStyle") is not None
    ]
    found = [(int(style[-1]), text) for style, text in styled if re.fullmatch(r"Heading\d", style)]
    assert [(level, " ".join(text.split())) for level, text in found] == list(zip(levels, headings, strict=True))
    # In Word the brief's figures in large type stand in cells.
    assert len(list(document.iter(f"{W}tbl"))) == tables + (name == "brief")
    printed = [" ".join(text.split()) for style, text in styled if style in ("TableCaption", "ImageCaption")]
    assert sorted(printed) == captions

    source = (built / f"{name}.tex").read_text("utf-8")
    commands = [(1 + heading[0].count("sub"), heading[1]) for heading in LATEX_HEADING.findall(source)]
    assert [(level, " ".join(text.split())) for level, text in commands] == list(zip(levels, headings, strict=True))
    assert source.count(r"\begin{longtable}") == tables
    assert source.count(r"\caption{") == len(captions)


def test_references_are_superscripts_in_word_and_in_latex(built: Path) -> None:
    document = word_root(built / "paper.docx")
    raised = [
        "".join(t.text or "" for t in run.iter(f"{W}t"))
        for run in document.iter(f"{W}r")
        if run.find(f"{W}rPr/{W}vertAlign") is not None
        and run.find(f"{W}rPr/{W}vertAlign").get(f"{W}val") == "superscript"
    ]
    assert list(dict.fromkeys(int(n) for text in raised for n in re.findall(r"\d+", text))) == list(range(1, 9))
    assert len(word_text(built / "paper.docx", "Bibliography").splitlines()) == 8
    source = (built / "paper.tex").read_text("utf-8")
    cited = re.findall(r"\\citeproc\{(ref-\w+)\}\{(\d+)\}", source)
    assert list(dict.fromkeys(int(n) for _, n in cited)) == list(range(1, 9))
    assert {key for key, _ in cited} == set(re.findall(r"\\bibitem\[\\citeproctext\]\{(ref-\w+)\}", source))
    assert source.count(r"\citeproc{") == len(re.findall(r"\\textsuperscript\{\\citeproc|,\\citeproc", source))


@pytest.mark.parametrize("name", PRINTED)
def test_the_latex_is_whole(built: Path, name: str) -> None:
    source = (built / f"{name}.tex").read_text("utf-8")
    text = re.sub(r"(?<!\\)%.*", "", source)
    body = text.split(r"\begin{document}", 1)[1]
    opened: list[str] = [r"document"]
    for command, environment in re.findall(r"\\(begin|end)\{(\w+\*?)\}", body):
        if command == "begin":
            opened.append(environment)
        else:
            assert opened.pop() == environment
    assert opened == []
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}")
    referred, there = (re.findall(rf"\\{command}\{{([^{{}}]+)\}}", body) for command in ("ref", "label"))
    assert referred
    assert set(referred) <= set(there)
    assert len(there) == len(set(there))
    pictures = re.findall(r"\\includegraphics\[.*?\]\{([^{}]+)\}", body, re.DOTALL)
    assert pictures
    assert all((built / picture).read_bytes().startswith(b"%PDF") for picture in pictures)
    assert not re.search("[\u0370-\u03ff\u2200-\u22ff\u202f]", re.sub(r"alt=\{[^{}]*\}", "", body)), "prints anywhere"


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_both_formats_print_the_studys_figures(built: Path, kind: str) -> None:
    text = (html_text if kind == "html" else pdf_text)(built / f"paper.{kind}")
    for printed in ("293 400", "153 of the 211 areas (72.5%)", "F = 37.76", "60.66", "0.45", "−0.27"):
        # The reader of PDF text gives a raised 2 as a plain one.
        assert printed in text or printed.replace("²", "2") in text, printed
    assert not re.search(r"@(fig|tbl)-|\bnan\b|\?\?|\[@", text)


def test_the_first_page_says_that_the_data_are_synthetic(built: Path) -> None:
    first = pypdf.PdfReader(built / "paper.pdf").pages[0].extract_text()
    assert "Synthetic data" in first
    page = lxml.html.fromstring((built / "paper.html").read_text("utf-8"))
    assert "synthetic data" in page.xpath("//header[@id='title-block-header']")[0].text_content()


def test_the_pdf_looks_like_a_paper(built: Path) -> None:
    pages = pypdf.PdfReader(built / "paper.pdf").pages
    texts = [page.extract_text() for page in pages]
    assert 3 <= len(pages) <= 5
    width, height = (round(float(side) / 72 * 25.4) for side in pages[0].mediabox[2:])
    assert (width, height) == (210, 297)
    assert "Deprivation and recovery in NHS talking therapies" in texts[1], "a running head from the second page on"
    assert all(re.search(rf"^{n}$", text, re.MULTILINE) for n, text in enumerate(texts, start=1)), "page numbers"
    starts: list[float] = []
    pages[1].extract_text(
        visitor_text=lambda t, cm, tm, *_: starts.append(tm[4] * cm[0] + cm[4]) if t.strip() else None
    )
    left, right = (sum(abs(x - column) < 3 for x in starts) for column in (51, 307))
    assert left > 20, "lines begin at the left column"
    assert right > 20, "and at the right one"


def test_the_supplement_is_one_column_with_its_header_on_each_page_of_the_table(built: Path) -> None:
    pages = pypdf.PdfReader(built / "supplement.pdf").pages
    texts = [page.extract_text() for page in pages]
    assert "Supplement to:" in texts[0]
    assert "Synthetic data" in texts[0]
    assert "supplement" in texts[1].splitlines()[0], "a running head from the second page on"
    listing = [text for text in texts if text.count("Synthetic Area") > 20]
    assert len(listing) >= 3
    assert all(re.search(r"Area\s+Rank\s+Case-load", text) for text in listing)
    assert len(set(re.findall(r"Synthetic Area \d{3}", " ".join(texts)))) == 212, "the one left out is named too"
    starts: list[float] = []
    pages[0].extract_text(
        visitor_text=lambda t, cm, tm, *_: starts.append(tm[4] * cm[0] + cm[4]) if "Synthetic Area" in t else None
    )
    assert starts
    assert max(starts) - min(starts) < 3, "areas stand under each other"


@pytest.mark.parametrize(("name", "other"), [("paper", "supplement"), ("supplement", "paper")])
def test_the_paper_and_its_supplement_lead_to_each_other_and_to_their_pdf(built: Path, name: str, other: str) -> None:
    root = lxml.html.fromstring((built / f"{name}.html").read_text("utf-8"))
    links = root.xpath("//*[@class='iapt-formats']/a/@href")
    beside = ["brief.html", "areas.html", "tables.xlsx"] if name == "paper" else []
    assert links == [f"{name}.pdf", f"{other}.html", *beside]
    assert all((built / link).is_file() for link in links)


def test_the_page_of_the_supplement_has_a_table_with_a_row_for_each_area(built: Path) -> None:
    root = lxml.html.fromstring((built / "supplement.html").read_text("utf-8"))
    tables = root.xpath("//figure[contains(@class, 'quarto-float')]//table")
    assert len(tables) == 11
    assert len(tables[0].xpath("./thead/tr")) == 1
    assert len(tables[0].xpath("./tbody/tr")) == 211
    assert {len(row.xpath("./td")) for row in tables[0].xpath("./tbody/tr")} == {7}
    headings = [h.text_content() for h in root.xpath(SECTION_HEADINGS)]
    assert headings == [
        "Online supplement",
        "Data",
        "From the published organisations to the areas analysed",
        "Correlations, checked",
        "The regression, examined",
        "How often the intervals hold",
        "Benchmarks and what chance explains",
        "Agreement of the two benchmarks",
        "Inequality",
        "What a benchmark does to fair services",
        "Claims of the 2016 paper",
        "Reporting checklist",
        "Sources and settings",
        "References",
    ], "without what the reference quarter has no data for"
    assert not re.search(r"@(fig|tbl)-|\bnan\b|\?\?|\[@", html_text(built / "supplement.html"))


@pytest.mark.parametrize("name", ["paper", "supplement"])
def test_the_page_is_a_document_for_everyone(built: Path, name: str) -> None:
    root = lxml.html.fromstring((built / f"{name}.html").read_text("utf-8"))
    assert root.get("lang") == "en-GB"
    assert len(root.xpath("//h1")) == 1
    levels = [int(h.tag[1]) for h in root.xpath("//h1|//h2|//h3|//h4")]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), levels
    assert all(len(image.get("alt", "")) > 40 for image in root.xpath("//img"))
    assert not root.xpath("//*[starts-with(@src, 'http')] | //link[starts-with(@href, 'http')]"), (
        "asks nothing of the web"
    )
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(link[1:] in ids for link in root.xpath("//a/@href[starts-with(., '#')]"))


def test_the_paper_has_its_figure_and_its_tables(built: Path) -> None:
    root = lxml.html.fromstring((built / "paper.html").read_text("utf-8"))
    assert len(root.xpath("//table")) == 2
    assert len(root.xpath("//figure[contains(@class, 'quarto-float')]")) == 3


def test_every_reference_is_cited_and_numbered_in_order(built: Path) -> None:
    root = lxml.html.fromstring((built / "paper.html").read_text("utf-8"))
    cited = [int(n) for s in root.xpath("//sup") for n in re.findall(r"\d+", s.text_content())]
    entries = root.xpath("//*[contains(@class, 'csl-entry')]")
    assert len(entries) == 8, "of invented data neither activity nor index is cited"
    assert sorted(set(cited)) == list(range(1, 9))
    first_use = list(dict.fromkeys(cited))
    assert first_use == sorted(first_use)


@pytest.mark.usefixtures("drawn_anew")
def test_two_builds_of_the_same_data_are_the_same_bytes(workspace: Workspace) -> None:
    folder = workspace.site / "report" / REFERENCE
    made = []
    formats = [argument for kind in FORMATS for argument in ("--format", kind)]
    for _ in range(2):
        assert main(["build", REFERENCE, "--engine", "embedded", *formats, "-w", str(workspace.root)]) == 0
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
        time.sleep(1.1)  # a time of making, if there were one, would differ
    assert made[0] == made[1]


def test_names_with_markup_in_them_are_shown_as_they_are(tmp_path: Path) -> None:
    create_workspace(tmp_path / "w")
    place = find_workspace(tmp_path / "w")
    path = place.data / REFERENCE / "areas.csv"
    text = path.read_text("utf-8")
    for name in ("Synthetic Area 201", "Synthetic Area 212"):
        text = text.replace(name, f'"{AWKWARD}"')
    path.write_text(text, "utf-8")
    formats = [argument for kind in FORMATS for argument in ("--format", kind)]
    assert main(["build", REFERENCE, "--engine", "embedded", *formats, "-w", str(place.root)]) == 0
    folder = place.site / "report" / REFERENCE
    page = html_text(folder / "paper.html")
    assert page.count(AWKWARD) == 1, "as an outlier"
    root = lxml.html.fromstring((folder / "paper.html").read_text("utf-8"))
    assert AWKWARD in root.xpath("//img/@alt")[0]
    assert not root.xpath("//main//b")
    assert AWKWARD.replace(" ", "") in pdf_text(folder / "paper.pdf").replace("- ", "").replace(" ", "")
    assert html_text(folder / "supplement.html").count(AWKWARD) == 2, "as a row of the table, and left out"
    row = lxml.html.fromstring((folder / "areas.html").read_text("utf-8")).xpath("//tr[starts-with(@id, 'area-')]/th")
    assert [name.text_content() for name in row].count(AWKWARD) == 1, "in the list of areas analysed"
    for name, times in (("paper", 1), ("supplement", 2)):
        assert word_text(folder / f"{name}.docx").count(AWKWARD) == times
        # Each sign that LaTeX would act on is escaped, and the words between are as they were.
        source = re.sub(r"alt=\{.*?\}\]", "", (folder / f"{name}.tex").read_text("utf-8"), flags=re.DOTALL)
        assert source.count(AWKWARD_LATEX) == times
    assert AWKWARD.replace(" ", "") in pdf_text(folder / "supplement.pdf").replace("- ", "").replace(" ", "")


@pytest.mark.shared
def test_the_real_year_2019_20_makes_a_paper_that_is_true_of_it(shared: Path, workspace: Workspace) -> None:
    arguments = [
        "import", str(shared / "annual" / "psych-ther-ann-rep-csv-2019-20-main-csv.csv"), "--period", "2019-20",
        "--deprivation", str(shared / "imd" / "imd2015-lsoa11.csv"),
        "--lookup", str(shared / "lookups" / "lsoa11-ccg19-lad19.csv"), "-w", str(workspace.root),
    ]  # fmt: skip
    assert main(arguments) == 0
    assert main(["build", "--engine", "embedded", "-w", str(workspace.root)]) == 0
    folder = workspace.site / "report" / "2019-20"
    for text in (html_text(folder / "paper.html"), pdf_text(folder / "paper.pdf")):
        for said in (
            "191 clinical commissioning groups", "a weak correlation", "ρ = 0.21", "explained 2.6%",
            "69 of the 191 areas (36.1%)",
            "76 (39.8%)", "82 of the 191 areas (42.9%)", "placed 13 more areas below it",
            "clinical commissioning group",
        ):  # fmt: skip
            assert said in text, said
        for unsaid in ("ynthetic", "fewer areas below it", "a moderate correlation", "flagged a significantly"):
            assert unsaid not in text, unsaid


@pytest.mark.quarto
def test_quarto_makes_the_same_documents(workspace: Workspace, tmp_path: Path) -> None:
    """Headings, captions, cross-references and every number agree between the engines."""
    sources = tmp_path / "sources"
    sources.mkdir()
    arguments = ["import", str(published.annual(sources)), "--period", "2019-20", "-w", str(workspace.root)]
    arguments += ["--deprivation", str(published.imd(sources)), "--lookup", str(published.lookup(sources))]
    assert main(arguments) == 0
    pages: dict[str, dict[tuple[str, str], list[str]]] = {}
    for engine in ("embedded", "quarto"):
        assert main(["build", "2019-20", "--engine", engine, "-w", str(workspace.root)]) == 0
        folder = workspace.site / "report" / "2019-20"
        pages[engine] = {
            (name, kind): found for name in DOCUMENTS for kind, found in parts_of(folder, name, engine).items()
        }
    for part, found in pages["embedded"].items():
        assert sorted(found) == sorted(pages["quarto"][part]), part


def parts_of(folder: Path, name: str, engine: str) -> dict[str, list[str]]:
    root = lxml.html.fromstring((folder / f"{name}.html").read_text("utf-8"))
    content = root.xpath("//main")[0]
    side = "iapt-formats" if engine == "embedded" else "quarto-other-links"
    return {
        "headings": [" ".join(h.text_content().split()) for h in content.xpath(SECTION_HEADINGS)],
        "captions": [" ".join(c.text_content().split()) for c in content.xpath(".//figcaption")],
        "references": [a.text_content() for a in content.xpath(".//a[contains(@class, 'quarto-xref')]")],
        "numbers": re.findall(r"\d[\d.]*", " ".join(p.text_content() for p in content.xpath(".//p | .//td"))),
        "pdf": [] if name in PAGES_ONLY else re.findall(r"\d[\d.]*\d", pdf_text(folder / f"{name}.pdf")),
        "links": root.xpath(f"//*[contains(@class, '{side}')]//a/@href"),
    }


@pytest.mark.quarto
def test_quarto_renders_a_new_workspace_with_each_document_of_a_period_once_and_the_index(workspace: Workspace) -> None:
    done = subprocess.run(
        ["quarto", "render", "--to", "html"], cwd=workspace.root, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rendered = re.findall(r"^\[\d+/\d+\] (\S+)", re.sub(r"\x1b\[[0-9;]*m", "", done.stderr), re.MULTILINE)
    expected = [f"report/{REFERENCE}/{name}.qmd" for name in DOCUMENTS]
    assert sorted(rendered) == sorted([*expected, "report/index.qmd"])
    index = workspace.site / "report" / "index.html"
    links = lxml.html.fromstring(index.read_text("utf-8")).xpath("//main//a[contains(@class, 'iapt-file')]/@href")
    made = [f"{REFERENCE}/{name}.html" for name in DOCUMENTS]
    data = ("areas.csv", "areas.csv-metadata.json", "tables.xlsx", "results.json")
    assert sorted(links) == sorted([*made, *(f"{REFERENCE}/{name}" for name in data)])
    assert all((index.parent / link).is_file() for link in links), "no link to the prints, which were not asked for"
    assert not list((workspace.site / "report").rglob("*.pdf"))
    assert "report/index.html" in (workspace.site / "index.html").read_text("utf-8")


@pytest.mark.quarto
def test_quarto_alone_renders_a_paper_as_word_and_latex_with_its_figure(workspace: Workspace) -> None:
    """As a researcher does from the editor: Quarto has nothing of its own that converts SVG."""
    assert main(["refresh", "-w", str(workspace.root)]) == 0
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for kind in ("docx", "latex"):
        done = subprocess.run(
            ["quarto", "render", f"report/{REFERENCE}/paper.qmd", "--to", kind], cwd=workspace.root,
            capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "WARN" not in done.stderr
    folder = workspace.site / "report" / REFERENCE
    drawn = (workspace.reports / REFERENCE / "figure-ds1.png").read_bytes()
    with zipfile.ZipFile(folder / "paper.docx") as archive:
        assert [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")] == [drawn]
    text = (folder / "paper.tex").read_text("utf-8")
    assert re.findall(r"\\includegraphics\[.*\]\{([^{}]*)\}", text) == ["figure-ds1.pdf"]
    assert (folder / "figure-ds1.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["paper", "supplement"])
def test_the_pdf_is_one_that_assistive_technology_can_read(built: Path, name: str) -> None:
    root = pypdf.PdfReader(built / f"{name}.pdf").trailer["/Root"].get_object()
    assert isinstance(root, pypdf.generic.DictionaryObject)
    metadata = root["/Metadata"].get_object()
    assert isinstance(metadata, pypdf.generic.StreamObject)
    assert b"pdfuaid:part" in metadata.get_data()
    assert str(root["/Lang"]) == "en-GB"
    assert "/StructTreeRoot" in root
