"""The templates: a page of parts that a person can edit, which arrange sentences and decide nothing statistical."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from markupsafe import Markup

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.history import History
from iapt_report.analysis.study import analyse
from iapt_report.documents.area_text import texts
from iapt_report.documents.kinds import AREAS, DOCUMENTS
from iapt_report.documents.page import document_text, paper_text
from iapt_report.documents.sentence import Sentence, printed, without_the_unsaid
from iapt_report.documents.templates import filler
from iapt_report.system.errors import DataError
from iapt_report.words.markdown import escape
from iapt_report.workspace.paper import Paper
from made_up import with_every_text

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results

TEMPLATES = ROOT / "templates"
TAG = re.compile("<<.*?>>|<%.*?%>|<#.*?#>", re.DOTALL)
SHARE_OF_TAGS = 0.25
DELIMITERS: dict[str, Any] = {
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "block_start_string": "<%",
    "block_end_string": "%>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
}


def every_template() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.jinja"))


def parsed(path: Path) -> nodes.Template:
    return jinja2.Environment(**DELIMITERS, autoescape=True).parse(path.read_text("utf-8"))


def with_parts(name: str) -> list[Path]:
    """A template and all that it includes, and so on."""
    path = TEMPLATES / name
    included = [node.template.as_const() for node in parsed(path).find_all(nodes.Include)]
    return [path, *(part for other in included for part in with_parts(other))]


def test_the_paper_is_three_quarters_prose() -> None:
    text = "".join(path.read_text("utf-8") for path in with_parts("paper.qmd.jinja"))
    tags = sum(map(len, TAG.findall(text)))
    assert tags <= SHARE_OF_TAGS * len(text), f"{tags / len(text):.1%} of the paper's templates is tags"


def test_every_part_belongs_to_a_document() -> None:
    pages = [path for path in every_template() if path.name.endswith(".qmd.jinja")]
    assert {part for page in pages for part in with_parts(page.name)} == set(every_template())


def numbers_compared(template: nodes.Template) -> list[int]:
    """The lines on which something is compared by size, or with a number, or counted to be compared."""
    lines = []
    for node in template.find_all(nodes.Compare):
        sides = [node.expr, *(operand.expr for operand in node.ops)]
        by_size = any(operand.op in ("gt", "gteq", "lt", "lteq") for operand in node.ops)
        consts = [c for side in sides for c in (side, *side.find_all(nodes.Const)) if isinstance(c, nodes.Const)]
        if by_size or any(isinstance(const.value, (int, float)) for const in consts):
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", every_template(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_a_template_compares_no_number_and_defines_nothing(path: Path) -> None:
    template = parsed(path)
    assert numbers_compared(template) == [], "a threshold belongs to words.findings"
    assert not list(template.find_all(nodes.Macro)), "a sentence belongs to a module of words"
    named = {node.name for node in template.find_all(nodes.Name)}
    assert not named & {"significant", "tendency", "strength", "alpha", "gradient"}, "a template knows no α"
    numbers = [node for node in template.find_all(nodes.Const) if isinstance(node.value, (int, float))]
    assert not [node for node in numbers if not isinstance(node.value, bool)], "nor any other number"


@pytest.mark.parametrize(
    "text", ["<% if a < 5 %><% endif %>", "<< 'x' if n == 1 else 'y' >>", "<% if n in (0, 1) %><% endif %>"]
)
def test_a_number_that_is_compared_would_be_found(text: str) -> None:
    assert numbers_compared(jinja2.Environment(**DELIMITERS, autoescape=True).parse(text)) == [1]


def deepest_if(node: nodes.Node) -> int:
    """How many ifs stand in each other; the branches of one are beside each other."""
    own = isinstance(node, nodes.If)
    return own + max((deepest_if(child) for child in node.iter_child_nodes()), default=0)


@pytest.mark.parametrize("path", every_template(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_conditions_do_not_pile_up(path: Path) -> None:
    assert deepest_if(parsed(path)) <= 2


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("One. ", " Two.", "One. Two."),
        ("One.\n", " Two.", "One. Two."),
        ("One.\n", "\nTwo.", "One.\nTwo."),
        ("Head\n\n", " Two.", "Head\n\nTwo."),
        ("Head\n\n", "\n\nNext", "Head\n\n\nNext"),
        ("at ", "45 patients", "at 45 patients"),
        ("![One. ", "](x.svg)", "![One.](x.svg)"),
        ("title: x\n", "\nlang: y", "title: x\nlang: y"),
        ("", "One", "One"),
    ],
)
def test_a_sentence_that_says_nothing_leaves_no_trace(before: str, after: str, left: str) -> None:
    nothing = printed(Sentence(""))
    assert without_the_unsaid(before + nothing + after) == left
    if not after[:1].isalnum():
        assert without_the_unsaid(f"{before}{nothing} {nothing}{after}").split() == left.split()


@given(st.lists(st.sampled_from(["", "One.", "Two."]), max_size=6))
def test_sentences_stand_one_space_apart_whichever_are_empty(sentences: list[str]) -> None:
    text = "Head\n\n" + " ".join(printed(Sentence(one)) for one in sentences) + "\n\nEnd"
    said = " ".join(one for one in sentences if one)
    assert re.sub("\n{3,}", "\n\n", without_the_unsaid(text)) == (f"Head\n\n{said}\n\nEnd" if said else "Head\n\nEnd")


def test_an_empty_text_that_is_no_sentence_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.jinja").write_text("a << own >> b", "utf-8")
    assert filler(tmp_path / "x.jinja")(own=Markup("")) == "a  b"


@pytest.mark.parametrize(
    ("part", "words", "row"),
    [
        ("one\n<< nobody >>\n", "'nobody' is undefined", 2),
        ("one\ntwo\n<% if %>\n", "cannot be read", 3),
        ("<< deprivation.nothing >>\n", "has no attribute 'nothing'", 1),
        (None, "there is no template paper/part.jinja", None),
    ],
)
def test_an_error_in_a_part_is_told_by_the_parts_file_and_line(
    reference: Results, tmp_path: Path, part: str | None, words: str, row: int | None
) -> None:
    (tmp_path / "paper.qmd.jinja").write_text('\n\n\n\n<% include "paper/part.jinja" %>\n', "utf-8")
    if part is not None:
        (tmp_path / "paper").mkdir()
        (tmp_path / "paper" / "part.jinja").write_text(part, "utf-8")
    with pytest.raises(DataError) as caught:
        paper_text(reference, tmp_path, Paper())
    assert words in str(caught.value)
    assert Path(str(caught.value.file)).name == ("paper.qmd.jinja" if part is None else "part.jinja")
    assert caught.value.row == row


HOSTILE = "*a* [b](c) <i>d</i> {{< e >}} `f` ~g~ $h$ #i @j"


def test_text_from_data_is_nowhere_markup() -> None:
    rows = some_rows(30, slope=0.1, noise=0.02)
    rows[4]["recovered"] = 0
    r = with_every_text(analyse(areas_from(rows)), HOSTILE)
    assert r.outliers.area_codes
    made = {name: document_text(name, r, TEMPLATES, Paper()) for name in DOCUMENTS}
    past = History({}, {}, 0, ())
    (made["area"],) = texts(r, r.areas[:1], past, TEMPLATES / "area.qmd.jinja", beside=Path("nowhere"), pdf=False)
    for name, text in made.items():
        # Alternative texts are attributes, and the list of areas is HTML: each escapes in its own way.
        body = re.sub('fig-alt="[^"\n]*"', "", text)
        body = body if name != AREAS else re.sub(r"```\{=html\}.*?```", "", body, flags=re.DOTALL)
        assert escape(HOSTILE)[:30] in body, name
        for markup in ("*a*", "[b](c)", "<i>", "{{<", "`f`", "$h$"):
            assert not re.search(rf"(?<!\\){re.escape(markup)}", body), (name, markup)
