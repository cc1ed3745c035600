"""Folders of any name: what is typeset in one is the same as in any other."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from iapt_report.render import many
from iapt_report.render.choices import SHEET_FORMATS
from iapt_report.render.jobs import FORMATS, Job
from iapt_report.render.typeset import render
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("plain", "50%20off % a%", 'it\'s "so" #1 & more; $x {y} [z]*', "Übersicht 日本 ع")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'
TEXT = (
    "---\ntitle: A title\nlang: en-GB\nbibliography: ../references.bib\ncsl: ../../_extensions/iapt/superscript.csl\n"
    '---\n\nSee @fig-a, and @delgadillo2016.\n\n![A picture](f%20g.svg){#fig-a fig-alt="It"}\n'
)
SHEET = '---\ntitle: A title\nlang: en-GB\n---\n\n![A picture](f.svg){#fig-a fig-alt="It"}\n'


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of such a name, in which temporary files go too, where the locale is that of C."""
    here = tmp_path / str(request.param)
    (here / "temporary").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(here / "temporary"))
    monkeypatch.setenv("LC_ALL", "C")
    yield here
    assert list((here / "temporary").iterdir()) == [], "nothing is left"


def test_every_format_is_made_in_a_folder_of_any_name(folder: Path) -> None:
    create_workspace(folder / "workspace")
    workspace = find_workspace(folder / "workspace")
    home = workspace.reports / "2014-15-Q2"
    home.mkdir()
    (home / "f g.svg").write_text(SVG, "utf-8")
    (home / "paper.qmd").write_text(TEXT, "utf-8")
    made = render(Job(home / "paper.qmd", FORMATS), workspace, "embedded")
    assert [path.suffix for path in made] == [".html", ".pdf", ".docx", ".tex", ".xml"]
    whole = render(Job(home / "paper.qmd", ("html",), self_contained=True), workspace, "embedded")
    assert "data:image/svg+xml" in whole[0].read_text("utf-8")


def test_pages_of_areas_are_made_in_a_folder_of_any_name(folder: Path) -> None:
    create_workspace(folder / "workspace")
    target = folder / "made"
    target.mkdir()
    template = ROOT / "templates" / "area.qmd.jinja"
    sheet = many.Sheet("one", SHEET, {"f.svg": SVG})
    many.render([sheet], SHEET_FORMATS, find_workspace(folder / "workspace"), [target], template)
    assert {path.name for path in target.iterdir()} == {"one.html", "one.pdf", "one.docx"}
