"""Which documents there are: declared once, and anything else refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from iapt_report.documents.kinds import DOCUMENTS, INDEX, KINDS, DocumentKind, documents_of, kind_of, template_of
from iapt_report.render.jobs import FORMATS, defaults_in_words, formats_of
from iapt_report.system.errors import CallError


@pytest.mark.parametrize("ask", [kind_of, lambda name: template_of(name, Path()), lambda name: formats_of(name, ())])
def test_a_document_that_there_is_not_is_refused_with_those_there_are(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(CallError) as caught:
        ask("poster")
    assert "there is no document 'poster'" in str(caught.value)
    assert all(name in str(caught.value) for name in DOCUMENTS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_document_is_declared_whole(kind: DocumentKind) -> None:
    assert kind.title[0].isupper()
    assert set(kind.formats) <= set(FORMATS)
    assert kind.name != INDEX
    assert formats_of(kind.name, ()) == kind.formats


def test_what_is_searched_in_is_made_into_a_page_alone() -> None:
    assert formats_of("areas", ("pdf", "html")) == ("html",)
    assert formats_of("areas", ("pdf",)) == ()


def test_a_build_says_what_it_makes_by_default() -> None:
    assert defaults_in_words().startswith("HTML and PDF by default, of the brief Word too")


def test_a_document_without_a_template_is_not_made_but_the_paper_is_needed(tmp_path: Path) -> None:
    (tmp_path / "brief.qmd.jinja").touch()
    assert documents_of(tmp_path) == ("paper", "brief")
