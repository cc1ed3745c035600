"""Texts of documents as tests read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conftest import ROOT
from iapt_report.documents.kinds import PAPER
from iapt_report.documents.page import document_text
from iapt_report.workspace.paper import Paper

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results


def text_of(results: Results, paper: Paper | None = None, name: str = PAPER) -> str:
    """Fill a template; one space between words, no-break spaces plain."""
    text = document_text(name, results, ROOT / "templates", paper or Paper())
    return re.sub(r"[ \n\u00a0\u202f]+", " ", text)


def part(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end, text.index(start))]


def body_of(paper: str) -> str:
    return part(paper, "abstract: |", "keywords:") + paper[paper.index("## Introduction") :]


def sentences_are_sound(body: str) -> None:
    """What no sentence may hold, whatever the numbers."""
    assert not re.search(r"\bnan\b|Undefined|\{\{|<<|>>|<%|%>", body)
    assert not re.search(r" [,.;:)]|\( | \.|,,|\.\.(?!\.)", re.sub(r"[|:\-{}]{2,}", "", body).replace(" :::", "")), body
    assert not re.search(r"\b(\w+) \1\b(?<!that that)", re.sub(r"\|[^|]*", "", body))
    assert not re.search(
        r"\b1 (areas|organisations)\b|\bone (areas|organisations)\b|(?<![A-Z])-\d", re.sub(r"\d{4}-\d\d", "", body)
    )
    assert not re.search(r"\d\.\d{6}", body), "a number that no wording function wrote"
    assert not re.search(r"\b(all two|no (are|is|lies?)|none lie|one lie|two lies|one are)\b", body)
