"""The one way to build: what is written, what is typeset, and what the three that use it have in common."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from conftest import REFERENCE
from iapt_report import api
from iapt_report.areas.period import Period
from iapt_report.documents.kinds import DOCUMENTS, KINDS
from iapt_report.site.build import Order, Step, Watch, build_index, build_period, wanted
from iapt_report.system import atomic
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.period import Written
    from iapt_report.render.engines import EngineName
    from iapt_report.render.jobs import Job
    from iapt_report.workspace.place import Workspace

PERIOD = Period.parse(REFERENCE)
PAGES = [f"{name}.html" for name in DOCUMENTS]


class Seen(Watch):
    """What a build tells, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def step(self, name: Step, words: str) -> Iterator[dict[str, object]]:
        said: dict[str, object] = {}
        yield said
        self.told.append(f"{name}: {words}: {said['what']}")

    def wrote(self, written: Written) -> None:
        self.told.append(f"wrote {len(written.documents)}, kept {sum(one.edited for one in written.documents)}")


@pytest.fixture
def place(workspace: Workspace, reference: Results, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose analysis is made already, and whose files are typeset by copying."""

    def copied(jobs: Sequence[Job], workspace: Workspace, _: EngineName) -> list[Path]:
        made = [job.made(workspace, kind) for job in jobs for kind in job.formats]
        for job in jobs:
            for kind in job.formats:
                atomic.write_bytes(job.made(workspace, kind), job.document.read_bytes())
        return made

    monkeypatch.setattr("iapt_report.site.period.compute", lambda *_: reference)
    monkeypatch.setattr("iapt_report.render.rendered.render_all", copied)
    monkeypatch.setattr("iapt_report.documents.pictures.FIGURES", {})
    return workspace


def test_a_build_tells_its_steps_and_returns_what_it_did(place: Workspace) -> None:
    seen = Seen()
    built = build_period(place, PERIOD, Order("embedded", ("html",)), seen)
    assert seen.told == [
        f"written: analysing {REFERENCE}: {', '.join(f'{name}.qmd' for name in DOCUMENTS)}",
        f"typeset: typesetting {REFERENCE} with the embedded engine: {', '.join(PAGES)}",
        f"wrote {len(DOCUMENTS)}, kept 0",
    ]
    assert built.written is not None
    assert [path.name for path in built.made] == PAGES
    assert (built.images, built.earlier, built.outdated_area_files, built.changed) == ((), (), 0, True)


def test_files_of_formats_that_were_not_asked_for_are_told_of(place: Workspace) -> None:
    build_period(place, PERIOD, Order("embedded"))
    built = build_period(place, PERIOD, Order("embedded", ("pdf",)))
    earlier = [f"{kind.name}.{form}" for kind in KINDS for form in kind.formats if form != "pdf"]
    assert [path.name for path in built.earlier] == earlier
    assert {"paper.html", "brief.docx", "areas.html"} <= set(earlier)
    assert [path.name for path in built.made] == [f"{kind.name}.pdf" for kind in KINDS if kind.printed]


def test_only_what_is_stale_is_written_and_typeset_again_where_that_is_asked(place: Workspace) -> None:
    stale = Order("embedded", ("html",), only_stale=True)
    assert build_period(place, PERIOD, stale).changed
    seen = Seen()
    again = build_period(place, PERIOD, stale, seen)
    assert (again.written, again.made, again.changed, seen.told) == (None, (), False, [])
    (place.site / "report" / REFERENCE / "brief.html").write_text("torn", "utf-8")
    mended = build_period(place, PERIOD, stale, seen)
    assert (mended.written, [path.name for path in mended.made]) == (None, ["brief.html"])
    template = place.templates / "brief.qmd.jinja"
    template.write_text(template.read_text("utf-8") + "\nMore.\n", "utf-8")
    renewed = build_period(place, PERIOD, stale)
    assert renewed.written is not None
    assert [path.name for path in renewed.made] == ["brief.html"], "the others say what they said"
    whole = build_period(place, PERIOD, Order("embedded", ("html",)))
    assert [path.name for path in whole.made] == PAGES, "all is made anew where not only the stale is asked for"


def test_what_python_builds_an_update_finds_current(place: Workspace) -> None:
    api.build(REFERENCE, formats=["html"], engine="embedded", workspace=place.root)
    order = Order("embedded", ("html",), only_stale=True)
    assert wanted(place, PERIOD, order).stale() == ()
    assert not build_period(place, PERIOD, order).changed
    assert build_index(place, order).made == ()


def test_results_take_the_place_of_a_periods_until_its_next_build(place: Workspace, reference: Results) -> None:
    other = reference.model_copy(update={"areas": reference.areas[:40]})
    order = Order("embedded", ("html",), only_stale=True)
    build_period(place, other, order)
    assert len((place.reports / REFERENCE / "areas.qmd").read_text("utf-8").split("<tr id=")) == 41
    assert build_period(place, PERIOD, order).written is not None
    assert len((place.reports / REFERENCE / "areas.qmd").read_text("utf-8").split("<tr id=")) == 212


def test_a_format_that_there_is_not_is_refused_before_anything_is_written(place: Workspace) -> None:
    with pytest.raises(CallError, match="there is no format 'epub'"):
        build_period(place, PERIOD, Order("embedded", ("epub",)))
    assert not (place.reports / REFERENCE).exists()
