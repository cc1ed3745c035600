"""The embedded engine: what it makes of the part of Quarto's Markdown that the templates use."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import lxml.html
import pypdf
import pytest

from conftest import metadata_of
from iapt_report.render.jobs import Format, Job
from iapt_report.render.typeset import render
from iapt_report.system.dating import source_date
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
# Any script but that which every page begins with.
SCRIPT = "script[not(contains(., 'prefers-color-scheme'))]"
HEAD = "---\ntitle: A title\nbibliography: ../references.bib\ncsl: ../../_extensions/iapt/superscript.csl\n---\n\n"


def document(workspace: Workspace, body: str, head: str = HEAD) -> Path:
    folder = workspace.reports / "2014-15-Q2"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "f.svg").write_text(SVG, "utf-8")
    path = folder / "paper.qmd"
    path.write_text(head + body, "utf-8")
    return path


def page(workspace: Workspace, body: str, **job: bool) -> lxml.html.HtmlElement:
    made = render(Job(document(workspace, body), ("html",), **job), workspace, "embedded")
    return lxml.html.fromstring(made[0].read_text("utf-8"))


def words(workspace: Workspace, body: str) -> str:
    made = render(Job(document(workspace, body), ("pdf",)), workspace, "embedded")
    return " ".join(" ".join(p.extract_text() for p in pypdf.PdfReader(made[0]).pages).split())


FLOATS = """See @fig-a, @tbl-b and @tbl-c.

![A picture](f.svg){#fig-a fig-alt="What it shows"}

::: {#tbl-b}

| x | y |
|---|--:|
| 1 | 2 |

First table.

:::

::: {#tbl-c}

| x |
|---|
| 1 |

Second table.

:::
"""


def test_cross_references_are_numbered_by_kind_and_link(workspace: Workspace) -> None:
    root = page(workspace, FLOATS)
    links = {a.get("href"): a.text_content().replace("\u00a0", " ") for a in root.xpath("//a[@class='quarto-xref']")}
    assert links == {"#fig-a": "Figure 1", "#tbl-b": "Table 1", "#tbl-c": "Table 2"}
    assert all(root.xpath(f"//*[@id='{target[1:]}']") for target in links)
    captions = [" ".join(c.text_content().split()) for c in root.xpath("//figcaption")]
    assert captions == ["Figure 1: A picture", "Table 1: First table.", "Table 2: Second table."]
    assert root.xpath("//img/@alt") == ["What it shows"]


def test_the_pdf_says_the_same(workspace: Workspace) -> None:
    text = words(workspace, FLOATS).replace("\u00a0", " ")
    assert "See Figure 1, Table 1 and Table 2." in text
    assert "Table 2 Second table." in text


def test_a_figure_lies_beside_the_page_or_in_it(workspace: Workspace) -> None:
    page(workspace, FLOATS)
    assert (workspace.site / "report" / "2014-15-Q2" / "f.svg").is_file()
    root = page(workspace, FLOATS, self_contained=True)
    assert not [s for s in root.xpath("//img/@src | //link/@href | //script/@src") if not s.startswith("data:")]


def test_a_figure_is_found_whatever_its_caption_and_name_hold(workspace: Workspace) -> None:
    document(workspace, "")
    (workspace.reports / "2014-15-Q2" / "my figure.svg").write_text(SVG, "utf-8")
    page(workspace, "![A [bracketed] caption.[@hart1971]](<my figure.svg>){#fig-a}\n\nSee @fig-a.\n")
    assert (workspace.site / "report" / "2014-15-Q2" / "my figure.svg").is_file()


def test_citations_are_superscript_numbers_with_their_references(workspace: Workspace) -> None:
    root = page(workspace, "One.[@hart1971; @cohen1960] Two.[@hart1971]\n\n## References\n\n::: {#refs}\n:::\n")
    assert [s.text_content() for s in root.xpath("//sup")] == ["1,2", "1"]
    entries = [" ".join(e.text_content().split()) for e in root.xpath("//*[contains(@class,'csl-entry')]")]
    assert (
        entries[0]
        == "1 Hart JT. The inverse care law. Lancet 1971; 297: 405–412. https://doi.org/10.1016/S0140-6736(71)92410-X"
    )


def test_the_links_of_the_side_lead_only_to_what_is_made(workspace: Workspace) -> None:
    links = (
        "other-links:\n  - {text: PDF, href: paper.pdf}\n  - {text: Supplement, href: supplement.html}\n"
        "  - {text: Data, href: 'https://example.org/'}\n---\n"
    )
    path = document(workspace, "## One\n", HEAD.replace("---\n\n", links))

    def shown(*formats: Format) -> list[str]:
        made = render(Job(path, formats), workspace, "embedded")
        return list(lxml.html.fromstring(made[0].read_text("utf-8")).xpath("//*[@class='iapt-formats']/a/@href"))

    assert shown("html") == ["https://example.org/"]
    (path.parent / "supplement.qmd").write_text("---\ntitle: Another\n---\n", "utf-8")
    assert shown("html") == ["supplement.html", "https://example.org/"]
    assert shown("html", "pdf") == ["paper.pdf", "supplement.html", "https://example.org/"]
    assert shown("html") == ["paper.pdf", "supplement.html", "https://example.org/"], "the PDF is still there"


def test_two_documents_of_one_folder_leave_each_other_alone(workspace: Workspace) -> None:
    first = document(workspace, FLOATS)
    second = first.with_name("supplement.qmd")
    second.write_text(HEAD + "Another text.\n", "utf-8")
    made = render(Job(first, ("html", "pdf")), workspace, "embedded")
    before = [path.read_bytes() for path in made]
    others = render(Job(second, ("html", "pdf")), workspace, "embedded")
    assert [path.name for path in others] == ["supplement.html", "supplement.pdf"]
    assert [path.read_bytes() for path in made] == before


@pytest.mark.parametrize(("rows", "words"), [(60, "name"), (24, "a name so long that it fills more than a line " * 4)])
def test_a_table_that_is_broken_has_several_rows_on_its_first_page(workspace: Workspace, rows: int, words: str) -> None:
    """Wherever on a page it begins."""
    table = "".join(f"| Row {i} {words} | {i} |\n" for i in range(rows))
    broken = 0
    for lines in range(4, 60, 4):
        above = "A line.\n\n" * lines
        body = f"{above}See @tbl-long.\n\n::: {{#tbl-long}}\n\n| Heading | n |\n|---|--:|\n{table}\nLong.\n\n:::\n"
        path = document(workspace, body, HEAD.replace("title:", "columns: 1\ntitle:"))
        made = render(Job(path, ("pdf",)), workspace, "embedded")[0]
        pages = [page.extract_text() for page in pypdf.PdfReader(made).pages]
        first = next(text for text in pages if "Row 0 " in text)
        assert "Row 2 " in first, lines
        broken += f"Row {rows - 1} " not in first
    assert broken > 1


def test_a_long_table_goes_on_over_the_pages_of_a_single_column(workspace: Workspace) -> None:
    rows = "".join(f"| Row number {i} | {i} |\n" for i in range(150))
    body = (
        f"See @tbl-long.\n\n::: {{#tbl-long}}\n\n| Heading | n |\n|---|--:|\n{rows}\nA long table.\n\n:::\n\nThe end.\n"
    )
    path = document(workspace, body, HEAD.replace("title:", "columns: 1\ntitle:"))
    pages = [
        page.extract_text() for page in pypdf.PdfReader(render(Job(path, ("pdf",)), workspace, "embedded")[0]).pages
    ]
    assert len(pages) >= 3
    assert all("Heading" in text for text in pages if "Row number" in text), "the header stands on each page"
    text = " ".join(pages)
    assert all(f"Row number {i}" in text for i in range(150))
    assert (
        text.index("A long table.") < text.index("Row number 0") < text.index("Row number 149") < text.index("The end.")
    )


def test_callouts_and_conditional_content(workspace: Workspace) -> None:
    body = """::: {.callout-note}
## Mind

This.
:::

::: {.content-visible when-format="html"}
On screen.
:::

::: {.content-visible when-format="typst"}
On paper.
:::

[Hidden on screen.]{.content-hidden when-format="html"}
"""
    text = page(workspace, body).xpath("//main")[0].text_content()
    assert "Mind" in text
    assert "On screen." in text
    assert "On paper." not in text
    assert "Hidden on screen." not in text
    printed = words(workspace, body)
    assert "Mind" in printed
    assert "On paper." in printed
    assert "On screen." not in printed
    assert "Hidden on screen." in printed


def test_authors_in_quartos_form(workspace: Workspace) -> None:
    head = HEAD.replace(
        "title: A title",
        'title: A title\nauthor:\n  - name: "A Person"\n    affiliations: [{name: "Here"}]\n  - B Other',
    )
    made = render(Job(document(workspace, "Text.", head), ("html", "pdf")), workspace, "embedded")
    root = lxml.html.fromstring(made[0].read_text("utf-8"))
    assert [a.text_content() for a in root.xpath("//*[@class='iapt-author']")] == ["A Person", "B Other"]
    reader = pypdf.PdfReader(made[1])
    assert "A Person and B Other" in reader.pages[0].extract_text()
    assert reader.metadata is not None
    assert reader.metadata.title == "A title"


@pytest.mark.parametrize(
    ("body", "words_"),
    [
        ("{{< include other.qmd >}}\n", "a shortcode"),
        ("```{python}\n1 + 1\n```\n", "a code cell"),
        ("See @fig-nothing.\n", "@fig-nothing, which is not there"),
        ("See @eq-one.\n", "a cross-reference to @eq-one"),
        ("::: {.panel-tabset}\nx\n:::\n", "the block .panel-tabset"),
        ("::: {#tbl-x}\n\n| a |\n|---|\n| 1 |\n\n:::\n", "#tbl-x without a caption"),
        ('::: {layout-ncol="2"}\nx\n:::\n', "a layout of figures"),
        ('::: {.content-visible when-profile="x"}\nx\n:::\n', "conditional content with when-profile"),
        ("![A](f.svg){#fig-a}\n\n![B](f.svg){#fig-a}\n", "the label fig-a twice"),
    ],
)
def test_what_it_does_not_support_is_refused_by_name(workspace: Workspace, body: str, words_: str) -> None:
    with pytest.raises(DataError) as caught:
        page(workspace, body)
    assert words_ in str(caught.value)
    assert caught.value.mend


def test_a_citation_that_is_not_in_the_references_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(DataError, match="nobody1999"):
        page(workspace, "Text.[@nobody1999]\n")


def test_a_pdf_is_for_everyone_and_without_a_date(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    made = render(Job(document(workspace, FLOATS), ("pdf",)), workspace, "embedded")[0]
    said = metadata_of(made)
    assert said["pdfuaid:part"] == "1"
    assert not {"pdfaid:part", "xmp:CreateDate"} & set(said), "a date is not invented"


def test_a_pdf_with_a_date_that_was_set_is_made_to_be_kept_as_well(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = render(Job(document(workspace, FLOATS), ("pdf",)), workspace, "embedded")[0]
    first = made.read_bytes()
    said = metadata_of(made)
    assert (said["pdfuaid:part"], said["pdfaid:part"], said["pdfaid:conformance"]) == ("1", "2", "A")
    assert said["xmp:CreateDate"].startswith("2023-11-14T22:13:20")
    reader = pypdf.PdfReader(made)
    root = reader.trailer["/Root"].get_object()
    assert isinstance(root, pypdf.generic.DictionaryObject)
    # What an archive asks for beside the words of the metadata.
    intents, marks = root["/OutputIntents"].get_object(), root["/MarkInfo"].get_object()
    assert isinstance(intents, pypdf.generic.ArrayObject)
    assert isinstance(marks, pypdf.generic.DictionaryObject)
    assert [intent.get_object()["/S"] for intent in intents] == ["/GTS_PDFA1"]
    assert marks["/Marked"]
    assert "/ID" in reader.trailer
    assert "/Encrypt" not in reader.trailer
    render(Job(document(workspace, FLOATS), ("pdf",)), workspace, "embedded")
    assert made.read_bytes() == first


@pytest.mark.parametrize("wrong", ["yesterday", "-1", "1.5", "99999999999999"])
def test_a_date_that_is_none_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
    with pytest.raises(CallError, match="SOURCE_DATE_EPOCH"):
        source_date()


def with_points(workspace: Workspace, content: str) -> str:
    """Make a page of a figure that holds points, and return its text."""
    path = document(workspace, "![A picture](f.svg){#fig-a}\n")
    svg = SVG.replace("<rect", f'<metadata id="iapt-points">{content}</metadata><rect')
    (path.parent / "f.svg").write_text(svg, "utf-8")
    return render(Job(path, ("html",)), workspace, "embedded")[0].read_text("utf-8")


def test_the_points_of_a_figure_stand_after_the_text_with_the_script_that_shows_them(workspace: Workspace) -> None:
    points = '{"width":10,"points":[[1,2,3,"A \\u003c/script\\u003e name"]]}'
    text = with_points(workspace, points)
    root = lxml.html.fromstring(text)
    assert root.xpath("//main//img/@data-points") == ["iapt-points-1"]
    assert not root.xpath("//main//script"), "what is read and searched is the text"
    island, script = root.xpath(f"//body//{SCRIPT}")
    assert (island.get("type"), island.text) == ("application/json", points)
    assert script.text.strip() == (workspace.extension / "points.js").read_text("utf-8").strip()
    assert not script.get("src")


@pytest.mark.parametrize("content", ["", "{<b>}", "no points", '{"name": "</metadata><script>alert(1)</script>"}'])
def test_what_is_not_points_is_not_put_on_the_page(workspace: Workspace, content: str) -> None:
    root = lxml.html.fromstring(with_points(workspace, content))
    assert not root.xpath(f"//{SCRIPT} | //img/@data-points")


def test_a_page_without_points_has_no_script_but_that_of_light_and_dark(workspace: Workspace) -> None:
    root = page(workspace, FLOATS)
    assert not root.xpath(f"//{SCRIPT}")
    assert len(root.xpath("//script")) == 1


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_a_failure_leaves_the_earlier_files(workspace: Workspace, kind: Format) -> None:
    made = render(Job(document(workspace, "Good."), ("html", "pdf")), workspace, "embedded")
    before = [path.read_bytes() for path in made]
    path = document(workspace, "Bad.[@nobody1999]\n")
    with pytest.raises(DataError):
        render(Job(path, (kind,)), workspace, "embedded")
    assert [path.read_bytes() for path in made] == before
    assert sorted(p.name for p in made[0].parent.parent.iterdir()) == ["2014-15-Q2"]


def test_a_missing_part_of_the_look_is_named(workspace: Workspace) -> None:
    (workspace.extension / "page.typ").unlink()
    with pytest.raises(DataError, match=r"page\.typ"):
        render(Job(document(workspace, "Good."), ("pdf",)), workspace, "embedded")


def test_documents_that_are_set_at_once_find_the_same_pandoc() -> None:
    """In an interpreter of its own, because the search is made once."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor; from iapt_report.system.converter import pandoc_program; "
        "print(len(set(ThreadPoolExecutor(16).map(lambda _: pandoc_program(), range(64)))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize("address", ["%00.svg", "http://[x", "a" * 300 + ".svg", "..%2f..%2f..%2fiapt-report.toml"])
def test_an_image_whose_address_leads_nowhere_is_no_traceback(workspace: Workspace, address: str) -> None:
    body = f"![A picture]({address})\n"
    made = render(Job(document(workspace, body), ("html",)), workspace, "embedded")[0]
    assert not list(made.parent.rglob("*.toml")), "nothing from elsewhere is put beside a page"
    if ":" not in address and not address.endswith("toml"):
        with pytest.raises(DataError, match="is not there"):
            render(Job(document(workspace, body), ("docx",)), workspace, "embedded")


def test_a_marked_link_that_leads_nowhere_is_taken_off_the_page(workspace: Workspace) -> None:
    body = "[One](http://[x){.iapt-file} [Two](%00.pdf){.iapt-file} [Three](f.svg){.iapt-file}\n"
    tree = page(workspace, body + "\n![](f.svg)\n")
    assert [link.text for link in tree.xpath("//a[contains(@class, 'iapt-file')]")] == ["Three"]
