"""Word and LaTeX: what the embedded engine makes of the documents' Markdown, and the look of the Word document."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import lxml.etree
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from iapt_report.render import pictures, reference_docx, word
from iapt_report.render.jobs import Format, Job
from iapt_report.render.typeset import render
from iapt_report.system.errors import DataError
from iapt_report.workspace.paper import Author
from written import write_period

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.render.choices import EngineName
    from iapt_report.workspace.place import Workspace

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"><rect width="96" height="48"/></svg>'
HEAD = "---\ntitle: A title\nbibliography: ../references.bib\ncsl: ../../_extensions/iapt/superscript.csl\n---\n\n"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FLOATS = """See @fig-a, @tbl-b and @tbl-c.

![A picture of ρ](f.svg){#fig-a fig-alt="What it shows"}

::: {#tbl-b}

| x | y |
|---|--:|
| 1 | −2 |

First table.

:::

::: {#tbl-c}

| x |
|---|
| 1 |

Second table.

:::
"""


def document(workspace: Workspace, body: str, head: str = HEAD) -> Path:
    folder = workspace.reports / "2014-15-Q2"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "f.svg").write_text(SVG, "utf-8")
    path = folder / "paper.qmd"
    path.write_text(head + body, "utf-8")
    return path


def made(workspace: Workspace, body: str, kind: Format, head: str = HEAD) -> Path:
    return render(Job(document(workspace, body, head), (kind,)), workspace, "embedded")[0]


def paragraphs(path: Path) -> list[tuple[str, str]]:
    """Each paragraph of a Word file, with the name of its style."""
    held = word.parts(path.read_bytes())
    styles = lxml.etree.fromstring(held["word/styles.xml"])
    names = {s.get(f"{W}styleId"): s.find(f"{W}name").get(f"{W}val") for s in styles.iter(f"{W}style")}
    found = []
    for paragraph in lxml.etree.fromstring(held["word/document.xml"]).iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        text = "".join(t.text or "" for t in paragraph.iter(f"{W}t")).replace("\u00a0", " ")
        found.append((names[style.get(f"{W}val")] if style is not None else "", text))
    return found


def of_style(path: Path, *styles: str) -> list[str]:
    return [text for style, text in paragraphs(path) if style in styles]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_word_numbers_its_captions_and_links_to_them(workspace: Workspace) -> None:
    path = made(workspace, FLOATS, "docx")
    assert of_style(path, "Table Caption") == ["Table 1: First table.", "Table 2: Second table."]
    assert of_style(path, "Image Caption") == ["Figure 1: A picture of ρ"]
    assert "See Figure 1, Table 1 and Table 2." in [text for _, text in paragraphs(path)]
    root = lxml.etree.fromstring(word.parts(path.read_bytes())["word/document.xml"])
    places = {mark.get(f"{W}name") for mark in root.iter(f"{W}bookmarkStart")}
    assert [link.get(f"{W}anchor") for link in root.iter(f"{W}hyperlink")] == ["fig-a", "tbl-b", "tbl-c"]
    assert {"fig-a", "tbl-b", "tbl-c"} <= places


def test_latex_leaves_the_numbers_to_latex_and_refers_to_labels(workspace: Workspace) -> None:
    text = made(workspace, FLOATS, "latex").read_text("utf-8")
    assert r"See Figure~\ref{fig-a}, Table~\ref{tbl-b} and Table~\ref{tbl-c}." in text
    assert r"\caption{A picture of \ensuremath{\rho}\label{fig-a}}" in text
    assert r"\caption{First table.\label{tbl-b}}" in text
    assert re.findall(r"\\label\{((?:fig|tbl)-\w)\}", text) == ["fig-a", "tbl-b", "tbl-c"], "each once"


def test_a_figure_goes_into_word_as_png_with_its_description(workspace: Workspace) -> None:
    held = word.parts(made(workspace, FLOATS, "docx").read_bytes())
    media = [name for name in held if name.startswith("word/media/")]
    assert [name.rsplit(".", 1)[1] for name in media] == ["png"]
    width, height = size_of(held[media[0]])
    assert (width, height) == (300, 150), "96 pixels of SVG are an inch"
    assert b'descr="What it shows"' in held["word/document.xml"]


def test_the_png_beside_a_figure_is_the_one_that_word_gets(workspace: Workspace) -> None:
    path = document(workspace, FLOATS)
    rows = zlib.compress(b"\x00\xff" * 3)
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 1, 3, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")):
        png += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    (path.parent / "f.png").write_bytes(png)
    held = word.parts(render(Job(path, ("docx",)), workspace, "embedded")[0].read_bytes())
    assert [content for name, content in held.items() if name.startswith("word/media/")] == [png]


def test_a_figure_stands_beside_the_latex_file_as_pdf(workspace: Workspace) -> None:
    body = FLOATS.replace("f.svg", "<my figure.svg>")
    path = document(workspace, body)
    (path.parent / "my figure.svg").write_text(SVG, "utf-8")
    made = render(Job(path, ("latex",)), workspace, "embedded")[0]
    assert re.findall(r"\\includegraphics\[.*?\]\{([^{}]*)\}", made.read_text("utf-8")) == ["my figure.pdf"]
    assert made.with_name("my figure.pdf").read_bytes().startswith(b"%PDF")
    assert not (path.parent / "my figure.pdf").exists(), "the document's own folder is left alone"


def test_a_figure_that_cannot_be_read_is_named(workspace: Workspace) -> None:
    path = document(workspace, FLOATS)
    (path.parent / "f.svg").write_text("no picture", "utf-8")
    with pytest.raises(DataError, match=r"f\.svg") as caught:
        render(Job(path, ("docx",)), workspace, "embedded")
    assert caught.value.mend


@pytest.mark.parametrize("kind", ["docx", "latex"])
def test_a_missing_figure_is_an_error(workspace: Workspace, kind: Format) -> None:
    path = document(workspace, FLOATS)
    (path.parent / "f.svg").unlink()
    with pytest.raises(DataError, match=r"f\.svg"):
        render(Job(path, (kind,)), workspace, "embedded")


@pytest.mark.parametrize("kind", ["docx", "latex"])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{{< include other.qmd >}}\n", "a shortcode"),
        ("See @fig-nothing.\n", "@fig-nothing, which is not there"),
        ("![A](f.svg){#fig-a}\n\n![B](f.svg){#fig-a}\n", "the label fig-a twice"),
        ("Text.[@nobody1999]\n", "nobody1999"),
    ],
)
def test_what_is_not_supported_is_refused_in_these_formats_too(
    workspace: Workspace, kind: Format, body: str, words: str
) -> None:
    with pytest.raises(DataError, match=re.escape(words)):
        made(workspace, body, kind)


def test_a_table_under_a_figures_label_is_refused_by_latex_alone(workspace: Workspace) -> None:
    body = "::: {#fig-t}\n\n| x |\n|---|\n| 1 |\n\nNot a figure.\n\n:::\n"
    assert of_style(made(workspace, body, "docx"), "Image Caption") == ["Figure 1: Not a figure."]
    with pytest.raises(DataError, match="fig-t"):
        made(workspace, body, "latex")


CONDITIONS = """::: {.callout-note title="Mind"}
This.
:::

[in html]{.content-visible when-format="html"} [in docx]{.content-visible when-format="docx"}
[in latex]{.content-visible when-format="latex"} [in pdf]{.content-visible when-format="pdf"}
[not in docx]{.content-hidden when-format="docx"} [unless latex]{.content-visible unless-format="latex"}
"""


def test_callouts_and_conditional_content_in_word(workspace: Workspace) -> None:
    path = made(workspace, CONDITIONS, "docx")
    assert of_style(path, "Callout Title", "Callout") == ["Mind", "This."]
    text = " ".join(text for _, text in paragraphs(path))
    assert "in docx" in text
    assert "unless latex" in text
    assert not re.search(r"in html|in latex|in pdf|not in docx", text)


def test_callouts_and_conditional_content_in_latex(workspace: Workspace) -> None:
    text = made(workspace, CONDITIONS, "latex").read_text("utf-8")
    assert re.search(r"\\begin\{callout\}\{Mind\}\s+This\.\s+\\end\{callout\}", text)
    assert all(said in text for said in ("in latex", "in pdf", "not in docx"))
    assert not re.search(r"in html|\nin docx|unless latex", text)


TITLE = HEAD.replace(
    "title: A title",
    'title: A title\nsubtitle: And more\nnotice: "Mind: *invented*"\nabstract: |\n  **Aims.** One.\n\n  Two.\n'
    'abstract-title: Summary\nkeywords: [first, second]\nauthor:\n  - name: "A Person"\n'
    '    affiliations: [{name: "Here"}]\n'
    "  - {name: B Other, email: b@example.org, corresponding: true}",
)


def test_the_title_block_of_word(workspace: Workspace) -> None:
    path = made(workspace, "## One\n\nText.\n\n### Two\n\n## Three\n", "docx", TITLE)
    assert [(style, " ".join(text.split())) for style, text in paragraphs(path)][:14] == [
        ("Title", "A title"),
        ("Subtitle", "And more"),
        ("Author", "A Person"),
        ("Author", "B Other"),
        ("Affiliation", "Here"),
        ("Affiliation", "Corresponding author: B Other, b@example.org"),
        ("Notice", "Mind: invented"),
        ("Abstract Title", "Summary"),
        ("Abstract", "Aims. One."),
        ("Abstract", "Two."),
        ("Keywords", "Keywords: first, second"),
        ("heading 1", "One"),
        ("First Paragraph", "Text."),
        ("heading 2", "Two"),
    ]


def test_the_title_block_of_latex(workspace: Workspace) -> None:
    text = made(workspace, "## One\n\nText.\n\n### Two\n", "latex", TITLE).read_text("utf-8")
    order = [
        r"\title{A title\\", r"\textit{And more}",
        r"\author{A Person\\{\small Here} \and B Other\thanks{Corresponding author: b@example.org}}",
        r"\begin{abstract}",
        r"\textbf{Aims.} One.", r"\end{abstract}", r"Mind: \emph{invented}", r"\textbf{Keywords:} first, second",
        r"\section{One}", r"\subsection{Two}",
    ]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_sections_of_the_first_level_stay_where_they_are(workspace: Workspace) -> None:
    path = made(workspace, "# One\n\n## Two\n", "docx")
    assert [p for p in paragraphs(path) if p[0].startswith("heading")] == [("heading 1", "One"), ("heading 2", "Two")]


def test_signs_are_written_so_that_any_latex_prints_them(workspace: Workspace) -> None:
    body = "ρ −0.27 χ² κ ≤ ≥ √ Δ φ 293\u202f400 **τ** [σ](https://example.org/)\n\n| α |\n|--|\n| β |\n"
    text = made(workspace, body, "latex").read_text("utf-8")
    assert r"293\,400" in text
    assert r"\ensuremath{-}0.27" in text
    assert all(rf"\ensuremath{{\{name}}}" in text for name in ("rho", "chi", "tau", "sigma", "alpha", "beta", "Delta"))
    assert not re.search("[\u0370-\u03ff\u2200-\u22ff\u202f]", text)


@pytest.mark.parametrize("name", ["reference.docx", "print.lua"])
def test_a_missing_part_of_the_look_is_named(workspace: Workspace, name: str) -> None:
    (workspace.extension / name).unlink()
    with pytest.raises(DataError, match=re.escape(name)):
        made(workspace, "Good.", "docx")


@pytest.mark.parametrize("kind", ["docx", "latex"])
def test_a_failure_leaves_the_earlier_file(workspace: Workspace, kind: Format) -> None:
    path = made(workspace, "Good.", kind)
    before = path.read_bytes()
    with pytest.raises(DataError):
        made(workspace, "Bad.[@nobody1999]\n", kind)
    assert path.read_bytes() == before


def test_an_edited_reference_document_changes_the_look(workspace: Workspace) -> None:
    path = workspace.extension / "reference.docx"
    held = word.parts(path.read_bytes())
    held["word/styles.xml"] = held["word/styles.xml"].replace(b"1D4F73", b"AA0000")
    path.write_bytes(word.packed(held))
    styles = word.parts(made(workspace, "## One\n", "docx").read_bytes())["word/styles.xml"]
    assert b"AA0000" in styles
    assert b"1D4F73" not in styles


def test_the_committed_reference_document_is_the_one_that_the_module_makes() -> None:
    committed = word.parts((ROOT / "_extensions" / "iapt" / "reference.docx").read_bytes())
    fresh = word.parts(reference_docx.made())
    # Of another version of pandoc the rest may differ.
    assert committed.keys() == fresh.keys()
    assert looks(committed) == looks(fresh)


def looks(held: dict[str, bytes]) -> dict[str, bytes]:
    root = lxml.etree.fromstring(held["word/styles.xml"])
    return {s.find(f"{W}name").get(f"{W}val"): lxml.etree.tostring(s, method="c14n") for s in root.iter(f"{W}style")}


def test_tables_in_word_have_rules_above_and_below_and_none_between_columns(workspace: Workspace) -> None:
    root = lxml.etree.fromstring(word.parts(made(workspace, FLOATS, "docx").read_bytes())["word/styles.xml"])
    style = next(s for s in root.iter(f"{W}style") if s.get(f"{W}styleId") == "Table")
    borders = {b.tag.removeprefix(W): b.get(f"{W}val") for b in style.find(f"{W}tblPr/{W}tblBorders")}
    assert borders == {"top": "single", "bottom": "single"}
    header = style.find(f"{W}tblStylePr/{W}tcPr/{W}tcBorders")
    assert [b.tag.removeprefix(W) for b in header] == ["bottom"]


@pytest.mark.parametrize(("rows", "kept"), [(4, True), (40, False)])
def test_word_keeps_a_table_of_a_few_rows_on_one_page(workspace: Workspace, rows: int, kept: bool) -> None:
    table = "| x | y |\n|---|--:|\n" + "".join(f"| a{i} | {i} |\n" for i in range(rows))
    held = word.parts(made(workspace, f"{table}\nAfter.\n", "docx").read_bytes())
    styles = lxml.etree.fromstring(held["word/styles.xml"])
    (style,) = (s for s in styles.iter(f"{W}style") if s.find(f"{W}name").get(f"{W}val") == "Kept Cell")
    assert style.find(f"{W}pPr/{W}keepNext") is not None
    found = []
    for row in lxml.etree.fromstring(held["word/document.xml"]).iter(f"{W}tr"):
        names = {p.find(f"{W}pPr/{W}pStyle").get(f"{W}val") for p in row.iter(f"{W}p")}
        found.append(names == {style.get(f"{W}styleId")})
        sides = [
            p.find(f"{W}pPr/{W}jc").get(f"{W}val") for p in row.iter(f"{W}p") if p.find(f"{W}pPr/{W}jc") is not None
        ]
        assert sides[-1] in ("right", "end"), "numbers stand under each other"
    assert found == [kept] * rows + [False], "each row but the last with the next"


def test_word_sets_the_figures_of_a_brief_side_by_side(workspace: Workspace) -> None:
    body = "::: {.iapt-figures}\n::: {}\n10\n\nof these\n:::\n\n::: {}\n20\n\nof those\n:::\n:::\n\nText.\n"
    held = word.parts(made(workspace, body, "docx").read_bytes())
    (table,) = lxml.etree.fromstring(held["word/document.xml"]).iter(f"{W}tbl")
    (row,) = table.iter(f"{W}tr")
    cells = [["".join(p.itertext()) for p in cell.iter(f"{W}p")] for cell in row.iter(f"{W}tc")]
    assert cells == [["10", "of these"], ["20", "of those"]]


def test_word_pages_are_a4_with_their_number(workspace: Workspace) -> None:
    held = word.parts(made(workspace, FLOATS, "docx").read_bytes())
    section = lxml.etree.fromstring(held["word/document.xml"]).find(f".//{W}sectPr")
    page = section.find(f"{W}pgSz")
    assert (page.get(f"{W}w"), page.get(f"{W}h")) == ("11906", "16838")
    assert section.find(f"{W}footerReference") is not None
    assert b"PAGE" in held["word/footer1.xml"]
    assert b"/word/footer1.xml" in held["[Content_Types].xml"]


def test_every_part_of_a_word_file_is_xml_and_every_link_in_it_leads_somewhere(workspace: Workspace) -> None:
    held = word.parts(made(workspace, FLOATS, "docx").read_bytes())
    for name, content in held.items():
        if name.endswith((".xml", ".rels")):
            lxml.etree.fromstring(content)
    for link in lxml.etree.fromstring(held["word/_rels/document.xml.rels"]):
        assert link.get("TargetMode") == "External" or f"word/{link.get('Target')}" in held


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}\.xml", fullmatch=True), st.binary(max_size=200)))
def test_a_packed_file_holds_its_parts_in_their_order(held: dict[str, bytes]) -> None:
    content = word.packed(held)
    assert list(word.parts(content).items()) == list(held.items())
    assert word.packed(held) == content


def test_a_word_file_says_nothing_of_when_it_was_made() -> None:
    dated = b'<p><dc:title>T</dc:title><dcterms:created xsi:type="x">2026-01-01T00:00:00Z</dcterms:created></p>'
    held = word.parts(word.undated(word.packed({"docProps/core.xml": dated, "other.xml": dated})))
    assert held == {"docProps/core.xml": b"<p><dc:title>T</dc:title></p>", "other.xml": dated}


def test_images_are_found_wherever_they_stand() -> None:
    image = '{"t":"Image","c":[["",[],[]],[],["%s",""]]}'
    first, second = image % "a.svg", image % "b.svg"
    tree = f'{{"blocks":[{{"t":"Para","c":[{first}]}},{{"t":"Div","c":[["",[],[]],[{second}]]}},{first}]}}'
    assert pictures.image_names(tree) == ("a.svg", "b.svg")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_latex_sets_the_documents_without_an_error_or_a_line_that_runs_out(
    workspace: Workspace, reference: Results, tmp_path: Path
) -> None:
    author = Author(
        name="Ada & Co_worker", affiliations=("A University, 100% real", "A Trust"), orcid="0000-0002-1825-0097",
        email="a_b@example.org", corresponding=True,
    )  # fmt: skip
    place = replace(workspace, paper=workspace.paper.model_copy(update={"authors": (author,)}))
    folder = write_period(reference, place).folder
    for name in ("paper", "supplement", "brief"):
        target = render(Job(folder / f"{name}.qmd", ("latex",)), place, "embedded")[0]
        # References settle in the second run.
        for _ in range(2):
            command = ["pdflatex", "-interaction=nonstopmode", f"-output-directory={tmp_path}", target.name]
            done = subprocess.run(command, cwd=target.parent, capture_output=True, check=False)
        said = done.stdout.decode("latin-1")
        assert done.returncode == 0, said[-2000:]
        assert "There were undefined references" not in said
        assert not re.findall(r"^(?:! .*|Missing character.*)", said, re.MULTILINE)
        assert not [width for width in re.findall(r"Overfull \\hbox \((\d+)\.", said) if int(width) > 4]
        pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / f"{name}.pdf").pages]
        assert "Synthetic data" in pages[0]
        if name == "paper":
            assert "0000-0002-1825-0097" in pages[0]


@pytest.mark.quarto
@pytest.mark.parametrize("kind", ["docx", "latex"])
def test_quarto_makes_them_with_the_same_text(workspace: Workspace, kind: Format) -> None:
    path = document(workspace, "## One\n\n" + FLOATS, TITLE)
    texts = {}
    engines: tuple[EngineName, ...] = ("embedded", "quarto")
    for engine in engines:
        shutil.rmtree(workspace.site, ignore_errors=True)
        target = render(Job(path, (kind,)), workspace, engine)[0]
        if kind == "docx":
            held = word.parts(target.read_bytes())
            assert [n.rsplit(".", 1)[1] for n in held if n.startswith("word/media/")] == ["png"]
            texts[engine] = Counter(text for _, text in paragraphs(target) if text.strip())
        else:
            text = target.read_text("utf-8")
            assert target.with_name("f.pdf").is_file()
            assert re.findall(r"\\includegraphics\[.*?\]\{([^{}]*)\}", text) == ["f.pdf"]
            texts[engine] = Counter(
                re.findall(r"~\\ref\{[^{}]+\}|\\ensuremath\{[^{}]+\}|\\section\{\w+\}|invented", text)
            )
    assert texts["embedded"] == texts["quarto"]
    assert texts["embedded"]
    assert sorted(p.name for p in path.parent.iterdir()) == ["f.svg", "paper.qmd"], (
        "nothing is left beside the document"
    )
