"""Text from data and from the configuration, whatever it holds, in every format: it is shown, and nothing more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import lxml.html
import pypdf
import pytest
from pydantic import ValidationError

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.history import History
from iapt_report.analysis.study import analyse
from iapt_report.documents.area_text import texts
from iapt_report.documents.kinds import AREAS, BRIEF, PAPER, SUPPLEMENT
from iapt_report.documents.page import document_text
from iapt_report.render import many
from iapt_report.render.jobs import Format, Job
from iapt_report.render.typeset import render
from iapt_report.workspace.paper import Author, Paper
from made_up import with_every_text

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

HOSTILE = (
    "\"><img src=x onerror=a()> ' onclick='a() </script> </textarea> <!-- --> <b>c</b> [d](javascript:a()) `e`{=html} "
    r"{{< include /etc/passwd >}} \input{/etc/passwd} #read(\"/etc/passwd\") $x$ &amp; *f* @g {.h}"
)
HARMLESS = "A name"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
_SHOWN = re.compile(r"\((figure-[\w-]+\.svg)\)")


@pytest.fixture(scope="module")
def results() -> Results:
    rows = some_rows(30, slope=0.1, noise=0.02)
    rows[4]["recovered"] = 0
    return analyse(areas_from(rows))


def paper_of(text: str) -> Paper:
    author = Author(name=text, affiliation=text, orcid="0000-0002-1825-0097", email="o'brien+x@example.org")
    return Paper(
        title=text.replace("{", "("), running_head=HARMLESS, authors=(author,), keywords=(text, text),
        funding=text, acknowledgements=text, ethics=text, data_availability=text,
    )  # fmt: skip


def made(workspace: Workspace, results: Results, text: str, name: str, kind: Format) -> Path:
    folder = workspace.reports / "2014-15-Q2"
    folder.mkdir(exist_ok=True)
    document = folder / f"{name}.qmd"
    said = document_text(name, with_every_text(results, text), ROOT / "templates", paper_of(text))
    document.write_text(said, "utf-8")
    for figure in _SHOWN.findall(said):
        (folder / figure).write_text(SVG, "utf-8")
    return render(Job(document, (kind,)), workspace, "embedded")[0]


def markup_of(page: Path) -> set[tuple[str, ...]]:
    tree = lxml.html.fromstring(page.read_text("utf-8"))
    return {(str(element.tag), *sorted(element.attrib)) for element in tree.iter() if isinstance(element.tag, str)}


@pytest.mark.parametrize("name", [PAPER, SUPPLEMENT, BRIEF, AREAS])
def test_no_text_from_data_becomes_an_element_or_an_attribute_of_a_page(
    workspace: Workspace, results: Results, name: str
) -> None:
    page = made(workspace, results, HOSTILE, name, "html")
    assert "onerror" in page.read_text("utf-8"), "the text is shown"
    hostile = markup_of(page)
    assert not hostile - markup_of(made(workspace, results, HARMLESS, name, "html"))


def test_nor_does_it_on_the_page_about_an_area(workspace: Workspace, results: Results, tmp_path: Path) -> None:
    def page(text: str) -> Path:
        made = with_every_text(results, text)
        template = ROOT / "templates" / "area.qmd.jinja"
        whole = texts(
            made, made.areas[:1], History({}, {}, 0, ()), template, beside=tmp_path, pdf=False, contact=f"{text}, a@b"
        )
        names = dict.fromkeys(re.findall(r"\(([\w.-]+\.svg)\)", whole[0]), SVG)
        many.render([many.Sheet("one", whole[0], names)], ["html"], workspace, [tmp_path], template)
        return tmp_path / "one.html"

    hostile = markup_of(page(HOSTILE))
    assert "onerror" in (tmp_path / "one.html").read_text("utf-8"), "the text is shown"
    assert not hostile - markup_of(page(HARMLESS))


def test_what_a_page_says_of_itself_and_its_addresses_are_the_texts_whole(
    workspace: Workspace, results: Results
) -> None:
    tree = lxml.html.fromstring(made(workspace, results, HOSTILE, PAPER, "html").read_text("utf-8"))
    assert tree.xpath("//meta[@name='author']/@content") == [HOSTILE]
    assert tree.xpath("//meta[@name='keywords']/@content") == [f"{HOSTILE}, {HOSTILE}"]
    assert tree.xpath("//*[@class='iapt-authors']//a/@href") == [
        "https://orcid.org/0000-0002-1825-0097",
        "mailto:o'brien+x@example.org",
    ]


@pytest.mark.parametrize("name", [PAPER, BRIEF])
def test_a_pdf_shows_such_text_and_reads_nothing_for_it(workspace: Workspace, results: Results, name: str) -> None:
    pages = pypdf.PdfReader(made(workspace, results, HOSTILE, name, "pdf")).pages
    said = "".join("".join(page.extract_text() for page in pages).split())
    assert r"\input{/etc/passwd}#read(" in said
    assert "root:" not in said


def test_latex_shows_such_text_and_reads_nothing_for_it(workspace: Workspace, results: Results) -> None:
    text = made(workspace, results, HOSTILE, PAPER, "latex").read_text("utf-8")
    assert r"\input" not in text
    assert "etc/passwd" in text


@pytest.mark.parametrize(
    "email",
    ['x" onmouseover="a()@example.org', "<b>@example.org", "a@b?bcc=c@d", "a@b,c@d", "a@b\nBcc: c@d", "nobody", "@x"],
)
def test_what_is_no_address_is_refused_as_one(email: str) -> None:
    with pytest.raises(ValidationError, match="is not an email address"):
        Author(name="N", email=email)
