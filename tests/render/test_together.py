"""Several documents in one pandoc: the same text as from a pandoc each, and what is refused is refused by name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from iapt_report.documents.beside import SCATTER_FILE
from iapt_report.documents.kinds import documents_of
from iapt_report.render import embedded, together
from iapt_report.render.jobs import Job, formats_of
from iapt_report.render.typeset import render_all
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace


def jobs_of(place: Workspace) -> list[Job]:
    folder = next(place.reports.glob("*-Q2"))
    return [Job(folder / f"{name}.qmd", formats_of(name, ("html", "pdf"))) for name in documents_of(place.templates)]


def test_every_document_is_the_same_text_as_from_a_pandoc_of_its_own(built_workspace: Workspace) -> None:
    jobs = jobs_of(built_workspace)
    place = built_workspace.root / "page.html"
    seen = 0
    with embedded.written(jobs, built_workspace) as texts:
        for job in jobs:
            embedded._html(job, built_workspace, place, together.NOTHING)
            assert texts.of(job.document, "html") == place.read_text("utf-8"), job.document.name
            seen += 1
            if "pdf" in job.formats:
                assert texts.of(job.document, "pdf") == embedded._typst_source(job, built_workspace), job.document.name
                seen += 1
    assert seen > len(jobs)


def test_a_page_has_the_points_of_a_figure_that_comes_while_the_documents_are_read(built_workspace: Workspace) -> None:
    jobs = jobs_of(built_workspace)
    paper = next(job.document for job in jobs if job.document.stem == "paper")
    figure = paper.with_name(SCATTER_FILE)
    drawn = figure.read_bytes()
    figure.unlink()

    def draw() -> None:
        # Longer than pandoc takes for all that it does not wait with.
        time.sleep(2)
        figure.write_bytes(drawn)

    with embedded.written(jobs, built_workspace, draw) as texts:
        text = texts.of(paper, "html")
    assert text is not None
    assert f'src="{SCATTER_FILE}"' in text
    assert "data-points=" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("::: {.panel-tabset}\n\n## One\n\n:::\n", "does not support the block .panel-tabset"),
        ("See @nobody2016.\n", "pandoc warns"),
        ("{{< meta title >}}\n", "shortcode"),
    ],
)
def test_what_cannot_be_typeset_is_told_of_its_own_document(built_workspace: Workspace, text: str, said: str) -> None:
    jobs = jobs_of(built_workspace)
    brief = next(job.document for job in jobs if job.document.stem == "brief")
    brief.write_text(f"{brief.read_text('utf-8')}\n{text}", "utf-8")
    with pytest.raises(DataError) as found:
        render_all(jobs, built_workspace, "embedded")
    assert said in found.value.problem
    assert found.value.file == str(brief)
