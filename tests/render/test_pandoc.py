"""The pandoc that is called: where its paths have any letters, where a filter fails, where it takes too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from iapt_report.render import many, pandoc
from iapt_report.system.errors import DataError
from iapt_report.workspace.parts import read_parts

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

SHOUTING = "function Str(word) return pandoc.Str(word.text:upper()) end"


def document(folder: Path, text: str = "a word\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "paper.qmd"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", ["Übersicht 日", "50%20 off", 'it\'s "so" #1 & more', "-x"])
def test_a_path_of_any_letters_is_found_where_the_locale_is_that_of_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.delenv("LANG", raising=False)
    path = document(tmp_path / name)
    (tmp_path / name / "größer.lua").write_text(SHOUTING, "utf-8")
    arguments = ["--to=plain", f"--lua-filter={tmp_path / name / 'größer.lua'}"]
    assert pandoc.run(path, arguments) == "A WORD\n"


@pytest.mark.parametrize("said", ["error('no\\tgood')", "io.stderr:write('x\\ty\\n') os.exit(83)", "return nil + 1"])
def test_a_filter_that_fails_is_told_as_that_and_not_as_a_refusal(tmp_path: Path, said: str) -> None:
    (tmp_path / "wrong.lua").write_text(f"function Str() {said} end", "utf-8")
    with pytest.raises(DataError, match="a filter of pandoc's cannot go on") as caught:
        pandoc.run(document(tmp_path), [f"--lua-filter={tmp_path / 'wrong.lua'}"])
    assert caught.value.file == str(tmp_path / "paper.qmd")


def test_a_document_that_pandoc_does_not_finish_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"does not come to an end .* in 0\.001 seconds") as caught:
        pandoc.run(document(tmp_path), [], seconds=0.001)
    assert caught.value.file == str(tmp_path / "paper.qmd")


def test_a_part_that_pandoc_does_not_finish_is_named(workspace: Workspace) -> None:
    part = workspace.parts / "discussion.qmd"
    part.write_text("A word.\n", "utf-8")
    with pytest.raises(DataError, match=r"does not come to an end with this part in 0\.001 seconds") as caught:
        read_parts(workspace, seconds=0.001)
    assert caught.value.file == str(part)


def test_one_of_many_documents_that_pandoc_does_not_finish_ends_them_all(workspace: Workspace, tmp_path: Path) -> None:
    sheet = many.Sheet("one", "---\ntitle: One\n---\n\nA word.\n", {})
    template = ROOT / "templates" / "area.qmd.jinja"
    with pytest.raises(DataError, match=r"does not come to an end .* in 0\.001 seconds") as caught:
        many.render([sheet], ["html"], workspace, [tmp_path], template, seconds=0.001)
    assert caught.value.file == str(template)
    assert list(tmp_path.glob("*.html")) == []
