"""The one way to build: what is written, what is typeset, and what the three that use it have in common."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from conftest import REFERENCE
from iapt_report import api
from iapt_report.areas.period import Period
from iapt_report.documents.kinds import DOCUMENTS, KINDS
from iapt_report.site.build import Order, Step, Watch, build_index, build_period, build_periods, wanted
from iapt_report.system import atomic
from iapt_report.system.errors import CallError, DataError
from iapt_report.workspace.place import find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.period import Written
    from iapt_report.render.choices import EngineName
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

    def copied(
        jobs: Sequence[Job], workspace: Workspace, _: EngineName, meanwhile: Callable[[], object] = lambda: None
    ) -> list[Path]:
        meanwhile()
        made = [job.made(workspace, kind) for job in jobs for kind in job.formats]
        for job in jobs:
            for kind in job.formats:
                atomic.write_bytes(job.made(workspace, kind), job.document.read_bytes())
        return made

    monkeypatch.setattr("iapt_report.site.period.compute", lambda *_: reference)
    monkeypatch.setattr("iapt_report.render.rendered.render_all", copied)
    monkeypatch.setattr("iapt_report.documents.pictures.FIGURES", {})
    return workspace


def called(results: Results, period: Period) -> Results:
    """The same results of another period."""
    facts = {name: getattr(period, name) for name in ("id", "label", "months", "kind", "start", "end")}
    return results.model_copy(update={"period": results.period.model_copy(update=facts)})


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


@pytest.mark.parametrize("name", ["results.json", "areas.csv", "tables.xlsx", "areas.csv-metadata.json"])
@pytest.mark.parametrize("gone", [True, False])
def test_what_goes_with_the_documents_is_made_anew_where_it_is_gone_or_was_changed(
    place: Workspace, name: str, gone: bool
) -> None:
    order = Order("embedded", ("html",), only_stale=True)
    build_period(place, PERIOD, order)
    path = place.reports / REFERENCE / name
    before = path.read_bytes()
    path.unlink() if gone else path.write_bytes(before + b" ")
    assert build_period(place, PERIOD, order).written is not None
    assert path.read_bytes() == before
    assert not build_period(place, PERIOD, order).changed


def test_after_an_edit_of_a_template_nothing_is_computed_and_after_another_setting_all_is(
    place: Workspace, reference: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[Period] = []

    def compute(_: Workspace, period: Period) -> Results:
        computed.append(period)
        return reference

    monkeypatch.setattr("iapt_report.site.period.compute", compute)
    order = Order("embedded", ("html",), only_stale=True)
    build_period(place, PERIOD, order)
    template = place.templates / "brief.qmd.jinja"
    template.write_text(template.read_text("utf-8") + "\nMore.\n", "utf-8")
    edited = build_period(place, PERIOD, order)
    assert [path.name for path in edited.made] == ["brief.html"]
    assert computed == [PERIOD]
    texts = {path: path.read_bytes() for path in place.reports.rglob("*.qmd")}
    build_period(place, PERIOD, Order("embedded", ("html",)))
    assert computed == [PERIOD] * 2, "it is where all is asked for"
    assert {path: path.read_bytes() for path in place.reports.rglob("*.qmd")} == texts
    configuration = place.root / "iapt-report.toml"
    text = configuration.read_text("utf-8")
    configuration.write_text(text.replace("[settings]\n", "[settings]\nconfidence = 0.9\n"), "utf-8")
    build_period(find_workspace(place.root), PERIOD, order)
    assert computed == [PERIOD] * 3


def test_after_an_edit_of_a_template_tables_and_the_index_stay_where_they_do_not_rest_on_it(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order("embedded", ("html",), only_stale=True)
    build_period(place, PERIOD, order)
    before = build_index(place, order)
    assert before.written.changed
    template = place.templates / "brief.qmd.jinja"
    template.write_text(template.read_text("utf-8") + "\nMore.\n", "utf-8")
    with monkeypatch.context() as broken:
        broken.setattr("iapt_report.documents.exports.workbook", lambda *_: 1 / 0)
        broken.setattr("iapt_report.documents.index_page.groups", lambda *_: 1 / 0)
        assert build_period(place, PERIOD, order).changed
        assert not build_index(place, order).made
    template = place.templates / "search.html.jinja"
    template.write_text(template.read_text("utf-8") + "\nMore.\n", "utf-8")
    assert build_index(place, order).written.changed, "which the index includes"


def test_another_version_of_what_computes_or_another_date_makes_all_anew(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order("embedded", ("html",), only_stale=True)
    build_period(place, PERIOD, order)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    dated = build_period(place, PERIOD, order)
    assert dated.written is not None
    assert [path.name for path in dated.made] == PAGES
    monkeypatch.setattr("iapt_report.site.period._programs", lambda: ("pandas 99",))
    assert build_period(place, PERIOD, order).written is not None
    assert not build_period(place, PERIOD, order).changed


def test_an_edited_document_is_told_of_where_nothing_else_has_changed(place: Workspace) -> None:
    order = Order("embedded", ("html",), only_stale=True)
    build_period(place, PERIOD, order)
    paper = place.reports / REFERENCE / "paper.qmd"
    paper.write_text(paper.read_text("utf-8") + "\nMore.\n", "utf-8")
    typeset = build_period(place, PERIOD, order)
    assert (typeset.written, [path.name for path in typeset.made]) == (None, ["paper.html"])
    assert build_period(place, PERIOD, order).kept == (paper,)


def test_several_periods_at_once_are_built_as_one_by_one_and_one_that_fails_stops_no_other(
    place: Workspace, reference: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("2014-15-Q3", "2014-15-Q4", "2015-16-Q1")

    def computed(_: Workspace, period: Period) -> Results:
        if period.id == names[1]:
            raise DataError("no data")
        return called(reference, period)

    monkeypatch.setattr("iapt_report.site.period.compute", computed)
    order = Order("embedded", ("html",))
    found = list(build_periods(place, [Period.parse(name) for name in names], order))
    assert [type(one).__name__ for one in found] == ["BuiltPeriod", "DataError", "BuiltPeriod"]
    at_once = {path: path.read_bytes() for path in place.reports.rglob("*.qmd")}
    for name in (names[0], names[2]):
        build_period(place, Period.parse(name), order)
    assert {path: path.read_bytes() for path in place.reports.rglob("*.qmd")} == at_once
    assert len(at_once) > len(PAGES)


def test_a_caller_that_stops_keeps_the_builds_from_their_next_step(
    place: Workspace, reference: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def computed(_: Workspace, period: Period) -> Results:
        begun.append(period.id)
        return called(reference, period)

    monkeypatch.setattr("iapt_report.site.period.compute", computed)
    periods = [Period.parse(f"{year}-{year - 1999:02d}") for year in range(2012, 2020)]
    building = build_periods(place, periods, Order("embedded", ("html",)))
    next(building)
    building.close()
    assert len(begun) < len(periods)
    assert not list(place.root.rglob("*.part")), "nothing half made stays"


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
