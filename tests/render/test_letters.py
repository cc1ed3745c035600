"""Letters in print: each that a name may have is shown, and one that no font has is told, never left as a box."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pytest
import typst

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.facts import SourceFile
from iapt_report.areas import letters
from iapt_report.documents.kinds import DOCUMENTS, SUPPLEMENT
from iapt_report.documents.page import document_text
from iapt_report.render import many
from iapt_report.render.embedded import PDF_STANDARDS
from iapt_report.render.jobs import Job
from iapt_report.render.setting import Setter
from iapt_report.render.typeset import render
from iapt_report.system.errors import DataError
from iapt_report.workspace.paper import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

HEAD = '#set document(title: "x", date: none)\n#set text(font: "Libertinus Serif", lang: "en")\n'
# Matplotlib's own font has this letter of Tifinagh, and no font of typst's.
TIFINAGH = "\u2d30"


def source(text: str) -> bytes:
    escaped = "".join(f"\\u{{{ord(one):x}}}" for one in text)
    return f'{HEAD}#text("{escaped}")\n'.encode()


def with_fonts(setter: Setter, monkeypatch: pytest.MonkeyPatch, *folders: str) -> Setter:
    """A machine with these fonts and no others."""
    compiler = typst.Compiler(root=str(ROOT), ignore_system_fonts=True, font_paths=list(folders))
    monkeypatch.setattr(Setter, "_with_fonts_of_the_machine", compiler)
    return setter


def assigned() -> Iterator[str]:
    for low, high in letters.SHOWN:
        for one in map(chr, range(low, high + 1)):
            if unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn"}:
                yield one


def test_every_letter_that_a_name_may_have_is_in_the_fonts_that_come_along(tmp_path: Path) -> None:
    text = " ".join(f"a{one}b" for one in assigned())
    assert letters.first_unshown(text) == ""
    assert Setter(tmp_path).compiler.compile(source(text), format="pdf", pdf_standards=PDF_STANDARDS)[:5] == b"%PDF-"


@pytest.mark.parametrize("letter", ["甲", "ع", "न", "😀", "ⴰ", "א"])
def test_a_name_with_another_letter_is_refused_with_its_row_and_the_letter(letter: str) -> None:
    rows = some_rows(12)
    rows[3]["area_name"] = f"Area {letter}"
    with pytest.raises(DataError, match=f"U\\+{ord(letter):04X}") as caught:
        areas_from(rows)
    assert caught.value.row == 5
    assert caught.value.column == "area_name"
    assert letter in caught.value.problem


@pytest.mark.parametrize("name", ["Ynys Môn, Tŷ Ŵ", "Ελλάδα", "Київ", "№ 7 – “a” ½", "e\u0301"])
def test_names_in_latin_greek_and_cyrillic_are_taken(name: str) -> None:
    rows = some_rows(12)
    rows[3]["area_name"] = name
    assert name in set(areas_from(rows).table["area_name"])


def test_a_letter_that_no_font_has_is_named_with_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"no font here has 'ⴰ' \(U\+2D30\)") as caught:
        with_fonts(Setter(tmp_path), monkeypatch).pdf(source(f"a {TIFINAGH}"), tmp_path / "d", pdf_standards=["ua-1"])
    assert caught.value.file == str(tmp_path / "d")
    assert "--format html" in str(caught.value.mend)


def test_a_letter_that_a_font_of_the_machine_has_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setter = with_fonts(Setter(tmp_path), monkeypatch, str(mpl.get_data_path() + "/fonts/ttf"))
    made = setter.pdf(source(f"a {TIFINAGH}"), tmp_path / "d", pdf_standards=PDF_STANDARDS)
    assert b"DejaVuSans" in made


def test_documents_and_pages_of_areas_are_set_so(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"---\ntitle: One\nauthor:\n  - name: {TIFINAGH}\nlang: en-GB\n---\n\nA word.\n"
    document = workspace.reports / "2014-15-Q2" / "paper.qmd"
    document.parent.mkdir()
    document.write_text(text, "utf-8")
    with_fonts(Setter(tmp_path), monkeypatch)
    with pytest.raises(DataError, match=r"U\+2D30"):
        render(Job(document, ("pdf",)), workspace, "embedded")
    template = ROOT / "templates" / "area.qmd.jinja"
    others = [many.Sheet(name, text.replace(TIFINAGH, "A"), {}) for name in ("two", "three")]
    made = tmp_path / "made"
    made.mkdir()
    unmade = many.render([many.Sheet("one", text, {}), *others], ["html", "pdf"], workspace, [made], template)
    assert list(unmade) == ["one"]
    assert re.search(r"U\+2D30.*\(page one\)", unmade["one"].problem)
    assert {path.name for path in made.iterdir()} == {"two.html", "two.pdf", "three.html", "three.pdf"}


def test_a_fault_of_typsts_own_is_told_as_an_error_of_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})

    class Faulty:
        def compile(self, *_: object, **__: object) -> Any:
            raise fault("index out of bounds")

    monkeypatch.setattr(Setter, "compiler", Faulty())
    with pytest.raises(DataError, match="typst cannot set the document: index out of bounds"):
        Setter(tmp_path).pdf(source("a"), tmp_path / "d")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_name_of_a_file_keeps_no_document_from_being_printed(reference: Results, name: str) -> None:
    files = tuple(SourceFile(file=f"数据{i}.csv", sha256="a" * 64) for i in range(2))
    provenance = reference.provenance.model_copy(update={"sources": files})
    results = reference.model_copy(update={"provenance": provenance})
    text = document_text(name, results, ROOT / "templates", Paper())
    assert letters.first_unshown(text.replace("\n", " ")) == ""
    assert letters.spelt("数据1.csv – é") == "<U+6570><U+636E>1.csv – é"
    assert name != SUPPLEMENT or "U\\+6570" in text or "U+6570" in text
