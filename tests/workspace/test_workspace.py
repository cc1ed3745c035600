"""What a user may choose about the papers, and the parts written by hand: taken as they are, or refused by the line."""

from __future__ import annotations

import shutil
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from iapt_report.system.errors import DataError
from iapt_report.workspace.paper import Author, orcid_check_character
from iapt_report.workspace.parts import PARTS, read_parts
from iapt_report.workspace.place import find_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.paper import Paper
    from iapt_report.workspace.place import Workspace

# ORCID's own example, and one whose check character is not a digit.
ORCIDS = ("0000-0002-1825-0097", "0000-0002-1694-233X")


def with_paper(workspace: Workspace, lines: str) -> Workspace:
    (workspace.root / "iapt-report.toml").write_text(f"[paper]\n{lines}\n", "utf-8")
    return find_workspace(workspace.root)


def with_part(workspace: Workspace, name: str, text: str) -> Path:
    path = workspace.parts / f"{name}.qmd"
    path.write_text(text, "utf-8")
    return path


def author(lines: str) -> str:
    return f'[[paper.authors]]\nname = "First"\n[[paper.authors]]\nname = "Second"\n{lines}'


@pytest.mark.parametrize("orcid", ORCIDS)
def test_an_orcid_ends_with_the_check_character_of_iso_7064(orcid: str) -> None:
    assert orcid_check_character(orcid) == orcid[-1]
    assert Author(name="A", orcid=orcid).orcid == orcid


@given(st.text(string.digits, min_size=15, max_size=15), st.integers(0, 14), st.integers(1, 9))
def test_one_mistyped_digit_of_an_orcid_is_always_noticed(digits: str, place: int, off_by: int) -> None:
    mistyped = digits[:place] + str((int(digits[place]) + off_by) % 10) + digits[place + 1 :]
    assert orcid_check_character(mistyped) != orcid_check_character(digits)


@pytest.mark.parametrize(
    ("lines", "words", "row"),
    [
        (author('orcid = "0000-0002-1825-0098"'), ["number 2, orcid", "last character would be 7"], 6),
        (author('orcid = "https://orcid.org/0000-0002-1825-0097"'), ["number 2, orcid", "0000-0000-0000-000X"], 6),
        (author('orcid = "0000000218250097"'), ["is not an ORCID"], 6),
        (author('orcid = "0000-0002-1694-233x"'), ["is not an ORCID"], 6),
        (author('orcid = "0000-0002-1825-009٧"'), ["is not an ORCID"], 6),
        (author("corresponding = true"), ["'Second' is the corresponding author, and has no email"], 5),
        (author('corresponding = "yes"'), ["number 2, corresponding"], 6),
        (author('affiliations = "Here"'), ["number 2, affiliations"], 6),
        (author('affiliations = ["Here", " "]'), ["affiliations, number 2"], None),
        (author('funding = "Under the authors"'), ["number 2, funding: there is no such field", "affiliations"], 6),
        ('keywords = ["one", ""]', ["[paper] keywords, number 2"], None),
        ('keywords = "one"', ["[paper] keywords"], 2),
        ("ethics = 5", ["[paper] ethics", "valid string"], None),
    ],
)
def test_what_cannot_be_about_the_paper_is_refused_by_name_and_line(
    workspace: Workspace, lines: str, words: list[str], row: int | None
) -> None:
    with pytest.raises(DataError) as caught:
        with_paper(workspace, lines)
    for word in words:
        assert word in str(caught.value)
    if row is not None:
        assert caught.value.row == row
    assert str(caught.value.file).endswith("iapt-report.toml")


def test_an_affiliation_given_in_both_ways_counts_once(workspace: Workspace) -> None:
    lines = author('affiliation = "Here"\naffiliations = ["There", "Here"]')
    assert [a.places for a in with_paper(workspace, lines).paper.authors] == [(), ("Here", "There")]


def test_the_shipped_examples_of_the_configuration_are_valid(workspace: Workspace) -> None:
    path = workspace.root / "iapt-report.toml"
    paper = path.read_text("utf-8").split("[settings]")[0]
    shutil.copyfile(workspace.extension / "superscript.csl", workspace.root / "journal.csl")
    examples = [
        line.removeprefix("# ") if " = " in line or "[[" in line else line
        for line in paper.splitlines()
        if not line.startswith("# Without")
    ]
    path.write_text("\n".join(examples) + "\n", "utf-8")
    found: Paper = find_workspace(workspace.root).paper
    assert found.authors[0].corresponding
    assert found.keywords
    assert found.csl == "journal.csl"
    for statement in ("declaration_of_interest", "data_availability", "ethics", "funding", "acknowledgements"):
        assert getattr(found, statement), statement


def test_a_new_workspace_has_no_part_but_says_what_parts_there_can_be(workspace: Workspace) -> None:
    assert [path.name for path in workspace.parts.iterdir()] == ["README.md"]
    assert dict(read_parts(workspace)) == {}
    told = (workspace.parts / "README.md").read_text("utf-8")
    assert all(f"`{part}.qmd`" in told for part in PARTS)
    assert told == (ROOT / "report" / "_parts" / "README.md").read_text("utf-8")


FINE = (
    "Plain *text*, {{ no jinja }} << r.x >> <% if %>,  \nwith a hard break.",
    "### A heading\n\n#### Below it\n\nText.",
    "```sh\n# a comment\n\n\n\nafter it\n```",
    "A line\n# with a number sign, in a paragraph.",
    "Above a rule\n\n---\n\nbelow it\n\n---",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "::: {.note}\nClosed.\n:::",
    "An escaped shortcode \\{{< meta title >}}.",
    "    indented first line",
)


@pytest.mark.parametrize("text", FINE)
def test_a_part_is_taken_as_it_is_written(workspace: Workspace, text: str) -> None:
    with_part(workspace, "discussion", text + "\n")
    assert dict(read_parts(workspace)) == {"discussion": text}


def test_a_part_with_a_byte_order_mark_and_windows_line_ends_reads_the_same(workspace: Workspace) -> None:
    (workspace.parts / "ethics.qmd").write_bytes("\ufeffOne.\r\n\r\nTwo.\r\n".encode())
    assert read_parts(workspace)["ethics"] == "One.\n\nTwo."


def test_an_empty_part_counts_as_none(workspace: Workspace) -> None:
    with_part(workspace, "introduction", " \n\n")
    assert dict(read_parts(workspace)) == {}


@pytest.mark.parametrize(
    ("text", "words", "row"),
    [
        ("Text.\n\n# Mine\n", "heading of level 1", 3),
        ("Text.\n\n## Mine\n", "heading of level 2", 3),
        ("Text.\n\nMine\n====\n", "heading of level 1", 3),
        ("```\n## code\n```\n\nMine *too*\n---\n", "heading of level 2", 5),
        ("Text.\n\n> ## Quoted\n", "heading of level 2", 3),
        ("```\n# code\n```\n\n# Mine {.unnumbered}\n", "heading of level 1", None),
        ("---\ntitle: Mine\n---\n\nText.\n", "front matter", 1),
        ("Text.\n\n---\nauthor: Me\n---\n", "front matter", 3),
        ("Text.\n\nSee {{< video x >}}.\n", "shortcode", 3),
        ("{{< include other.qmd >}}\n", "shortcode", 1),
        ("::: {.note}\nOpen.\n", "not closed", None),
        ("```\nopen\n", "not closed", None),
        ("<!-- open\n", "not closed", None),
        ("<div>\nopen\n", "not closed", None),
    ],
)
def test_a_part_that_would_not_stay_in_its_place_is_refused_by_file_and_row(
    workspace: Workspace, text: str, words: str, row: int | None
) -> None:
    path = with_part(workspace, "limitations", text)
    with pytest.raises(DataError) as caught:
        read_parts(workspace)
    assert words in caught.value.problem
    assert caught.value.file == str(path)
    assert caught.value.mend
    if row is not None:
        assert caught.value.row == row


def test_a_part_of_a_name_that_no_paper_has_is_refused_with_the_names_there_are(workspace: Workspace) -> None:
    path = with_part(workspace, "limitation", "Text.")
    with pytest.raises(DataError) as caught:
        read_parts(workspace)
    assert caught.value.file == str(path)
    assert "limitations.qmd" in str(caught.value)


def test_a_statement_in_two_places_is_refused(workspace: Workspace) -> None:
    place = with_paper(workspace, 'declaration_of_interest = "None."')
    with_part(place, "declaration-of-interest", "Some.")
    with pytest.raises(DataError, match=r"declaration_of_interest is given in iapt-report\.toml too"):
        read_parts(place)


def test_a_part_that_is_not_utf_8_is_refused(workspace: Workspace) -> None:
    (workspace.parts / "funding.qmd").write_bytes("Funded by Müller".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        read_parts(workspace)


def test_the_edition_of_the_index_follows_the_period_unless_it_is_chosen(workspace: Workspace) -> None:
    assert workspace.edition is None
    configuration = workspace.root / "iapt-report.toml"
    configuration.write_text("[data]\nedition = 2019\n", "utf-8")
    assert find_workspace(workspace.root).edition == 2019


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("edition = 2010", "the edition cannot be 2010"),
        ('edition = "2019"', "the edition cannot be '2019'"),
        ("edition = true", "the edition cannot be True"),
        ("index = 2019", "there is no setting 'index' under [data]"),
    ],
)
def test_an_edition_that_does_not_come_with_the_package_is_refused(workspace: Workspace, lines: str, said: str) -> None:
    (workspace.root / "iapt-report.toml").write_text(f"[data]\n{lines}\n", "utf-8")
    with pytest.raises(DataError) as caught:
        find_workspace(workspace.root)
    assert said in str(caught.value)
    assert "2015, 2019, 2025" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'title = "Recovery in {month}"',
            "{month} is none of the places that are filled: {months}, {period}, {outcome}",
        ),
        ('running_head = "{period}"', "{period} is none of the places that are filled: {outcome}"),
    ],
)
def test_a_place_in_a_title_that_is_not_filled_is_refused(workspace: Workspace, line: str, said: str) -> None:
    configuration = workspace.root / "iapt-report.toml"
    configuration.write_text(f"[paper]\n{line}\n", "utf-8")
    with pytest.raises(DataError) as caught:
        find_workspace(workspace.root)
    assert said in str(caught.value)
    assert "iapt-report.toml" in str(caught.value)
