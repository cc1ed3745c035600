"""The paper as JATS: what a journal's system looks for is there, and every reference in it leads somewhere."""

import re
from typing import Any

import lxml.etree
import pytest

from conftest import REFERENCE
from iapt_report.areas.period import Period
from iapt_report.render.jats import labelled
from iapt_report.render.jobs import Job
from iapt_report.render.typeset import render
from iapt_report.site.period import write_documents
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

AUTHORS = """
[[paper.authors]]
name = "Ann <Author>"
affiliations = ["One Place", "Another"]
orcid = "0000-0002-1825-0097"
email = "ann@example.org"
corresponding = true

[[paper.authors]]
name = "Bo Other"
affiliation = "Another"
"""


@pytest.fixture(scope="module")
def article(tmp_path_factory: Any) -> Any:
    root = tmp_path_factory.mktemp("jats") / "here"
    create_workspace(root)
    path = root / "iapt-report.toml"
    path.write_text(path.read_text("utf-8").replace("[data]", AUTHORS + "\n[data]", 1), "utf-8")
    workspace = find_workspace(root)
    write_documents(workspace, Period.parse(REFERENCE))
    job = Job(workspace.reports / REFERENCE / "paper.qmd", ("jats",))
    render(job, workspace, "embedded")
    made = job.made(workspace, "jats")
    assert made.suffix == ".xml"
    return made, lxml.etree.fromstring(made.read_bytes())


def texts(tree: Any, path: Any) -> Any:
    return [" ".join("".join(found.itertext()).split()) for found in tree.findall(path)]


def test_authors_have_their_places_and_one_is_written_to(article: Any) -> None:
    _, tree = article
    people = tree.findall(".//contrib")
    assert texts(tree, ".//contrib/string-name") == ["Ann <Author>", "Bo Other"]
    assert people[0].get("corresp") == "yes"
    assert texts(tree, ".//author-notes/corresp/email") == ["ann@example.org"]
    assert people[0].findtext("contrib-id").endswith("0000-0002-1825-0097")
    assert texts(tree, ".//aff//institution") == ["One Place", "Another"]


def test_summary_keywords_sections_and_references_stand_where_jats_has_them(article: Any) -> None:
    _, tree = article
    assert tree.get("article-type") == "research-article"
    assert texts(tree, "front//abstract/p")[0].startswith("Background.")
    assert "recovery" in texts(tree, "front//kwd")
    assert texts(tree, "body/sec/title")[:4] == ["Introduction", "Method", "Results", "Discussion"]
    assert len(tree.findall("back/ref-list/ref")) >= 6


def test_every_figure_and_table_has_its_number_and_every_reference_leads_to_something(article: Any) -> None:
    made, tree = article
    assert texts(tree, ".//fig/label") == ["Figure 1"]
    assert texts(tree, ".//table-wrap/label") == ["Table 1", "Table 2"]
    there = [found.get("id") for found in tree.iter() if found.get("id")]
    assert len(set(there)) == len(there)
    lost = [found.get("rid") for found in tree.iter("xref") if found.get("rid") not in there]
    assert lost == []
    picture = tree.find(".//fig/graphic")
    assert (made.parent / picture.get("{http://www.w3.org/1999/xlink}href")).is_file()
    assert "Scatterplot" in picture.findtext("alt-text")


def test_an_invented_period_says_so_in_its_text(article: Any) -> None:
    made, tree = article
    assert "Synthetic data" in texts(tree, "body/p")[0]
    assert not re.search("[\ue000-\uf8ff]", made.read_text("utf-8"))


def test_what_has_no_number_is_left_as_it_was() -> None:
    plain = '<table-wrap>\n<caption>\n<p>Words</p>\n</caption>\n<table id="x">'
    assert labelled(plain) == plain
