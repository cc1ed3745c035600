"""A period's documents, figures, results and pages change together or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conftest import REFERENCE, contents
from iapt_report.areas.period import Period
from iapt_report.render.engines import ENGINES
from iapt_report.site.build import Order, build_index, build_period
from iapt_report.site.period import write_documents
from iapt_report.system import atomic, moves
from iapt_report.system.errors import DataError
from iapt_report.workspace.place import find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.render.choices import EngineName
    from iapt_report.render.jobs import Job
    from iapt_report.workspace.place import Workspace

PERIOD = Period.parse(REFERENCE)
ORDER = Order("embedded", ("html",))
WORDS = "\nA sentence of the user's.\n"


def copied(
    jobs: Sequence[Job], workspace: Workspace, _: EngineName, meanwhile: Callable[[], object] = lambda: None
) -> list[Path]:
    """Typeset by copying, and hand out what goes with it."""
    meanwhile()
    made = [job.made(workspace, kind) for job in jobs for kind in job.formats]
    for job in jobs:
        for kind in job.formats:
            atomic.write_bytes(job.made(workspace, kind), job.document.read_bytes())
        if (beside := job.document.parent / "results.json").is_file():
            atomic.write_bytes(job.output(workspace) / beside.name, beside.read_bytes())
    return made


@pytest.fixture
def place(workspace: Workspace, reference: Results, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A built workspace with notes and an edited document of its user's, whose next analysis gives fewer areas."""
    monkeypatch.setattr("iapt_report.site.period.compute", lambda *_: reference)
    monkeypatch.setattr("iapt_report.render.rendered.render_all", copied)
    monkeypatch.setattr("iapt_report.documents.pictures.FIGURES", {})
    build_period(workspace, PERIOD, ORDER)
    folder = workspace.reports / REFERENCE
    (folder / "notes.md").write_text("mine", "utf-8")
    (folder / "pictures").mkdir()
    (folder / "pictures" / "mine.svg").write_text("<svg/>", "utf-8")
    fewer = reference.model_copy(update={"areas": reference.areas[:40]})
    monkeypatch.setattr("iapt_report.site.period.compute", lambda *_: fewer)
    return workspace


def state(place: Workspace) -> dict[str, str]:
    return {**contents(place.reports), **{f"site/{name}": digest for name, digest in contents(place.site).items()}}


def fails(place: Workspace, what: type[Exception] = DataError) -> str:
    """Build, which must fail and change nothing; return the message."""
    before = state(place)
    with pytest.raises(what) as caught:
        build_period(place, PERIOD, ORDER)
    assert state(place) == before
    assert not [path for path in place.root.rglob(".*") if atomic.is_leftover(path.name)]
    return str(caught.value)


def test_where_one_document_cannot_be_typeset_nothing_has_changed(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(
        jobs: Sequence[Job], workspace: Workspace, engine: EngineName, meanwhile: Callable[[], object] = lambda: None
    ) -> list[Path]:
        copied(jobs[:-1], workspace, engine, meanwhile)
        raise DataError("pandoc cannot read the document", file=jobs[-1].document)

    monkeypatch.setattr("iapt_report.render.rendered.render_all", broken)
    said = fails(place)
    assert str(place.reports / REFERENCE) in said, "the document is named by its place"
    monkeypatch.setattr("iapt_report.render.rendered.render_all", copied)
    before = state(place)
    build_period(place, PERIOD, ORDER)
    after = state(place)
    assert after[f"{REFERENCE}/results.json"] == after[f"site/report/{REFERENCE}/results.json"]
    assert after[f"{REFERENCE}/results.json"] != before[f"{REFERENCE}/results.json"]


def test_where_one_template_fails_nothing_has_changed(place: Workspace) -> None:
    (place.templates / "supplement.qmd.jinja").write_text("<< no_such_thing >>", "utf-8")
    assert str(place.templates / "supplement.qmd.jinja") in fails(place)


@pytest.mark.parametrize("number", [0, 1, 4, 9, 14])
def test_where_the_disk_is_full_at_some_file_nothing_has_changed(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write, seen = atomic.write_bytes, []

    def full(path: Path, content: bytes) -> None:
        seen.append(path)
        if len(seen) > number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    monkeypatch.setattr(atomic, "write_bytes", full)
    said = fails(place, OSError)
    assert "No space left" in said
    assert ".part" not in said, "the file is named by its place"


def test_where_the_site_cannot_be_written_the_documents_have_not_changed(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(target))

    monkeypatch.setattr(moves, "_move", refused)
    assert "Read-only" in fails(place, OSError)


def test_what_the_user_has_beside_the_documents_stays(place: Workspace) -> None:
    folder = place.reports / REFERENCE
    paper = folder / "paper.qmd"
    paper.write_text(paper.read_text("utf-8") + WORDS, "utf-8")
    notes = (folder / "notes.md").stat()
    built = build_period(place, PERIOD, replace(ORDER, replace_edited=True))
    assert built.written is not None
    assert all(path.is_file() for path in built.made)
    assert (folder / "paper.replaced.qmd.txt").read_text("utf-8").endswith(WORDS)
    assert (folder / "notes.md").stat().st_ino == notes.st_ino
    assert (folder / "pictures" / "mine.svg").read_text("utf-8") == "<svg/>"


def test_an_edited_document_is_kept_and_told_of_by_its_place(place: Workspace) -> None:
    paper = place.reports / REFERENCE / "paper.qmd"
    paper.write_text(paper.read_text("utf-8") + WORDS, "utf-8")
    built = build_period(place, PERIOD, ORDER)
    assert built.written is not None
    assert built.written.folder == paper.parent
    kept = {document.path: document.proposal for document in built.written.documents if document.edited}
    assert kept == {paper: paper.with_name("paper.new.qmd.txt")}
    assert paper.with_name("paper.new.qmd.txt").is_file()
    assert paper.read_text("utf-8").endswith(WORDS)


def test_documents_that_are_only_written_change_together_too(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(place)

    def broken(*_: object) -> bytes:
        raise DataError("no tables")

    with monkeypatch.context() as patched:
        patched.setattr("iapt_report.documents.exports.workbook", broken)
        with pytest.raises(DataError):
            write_documents(place, PERIOD)
    assert state(place) == before
    written = write_documents(place, PERIOD)
    assert (written.folder, written.held) == (place.reports / REFERENCE, False)


@pytest.mark.parametrize("fault", [DataError("quarto cannot"), KeyboardInterrupt()], ids=["refused", "interrupted"])
def test_an_engine_that_works_in_the_workspace_itself_leaves_it_as_it_was_where_it_fails(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def broken(
        jobs: Sequence[Job], workspace: Workspace, engine: EngineName, meanwhile: Callable[[], object] = lambda: None
    ) -> list[Path]:
        copied(jobs[:-1], workspace, engine, meanwhile)
        (jobs[0].output(workspace) / "new.html").write_text("x", "utf-8")
        raise fault

    inside = {**ENGINES, "embedded": replace(ENGINES["embedded"], apart=False)}
    monkeypatch.setattr("iapt_report.render.engines.ENGINES", inside)
    monkeypatch.setattr("iapt_report.render.rendered.render_all", broken)
    before = state(place)
    with pytest.raises(type(fault)):
        build_period(place, PERIOD, ORDER)
    assert state(place) == before
    monkeypatch.setattr("iapt_report.render.rendered.render_all", copied)
    build_period(place, PERIOD, ORDER)
    assert state(place) != before


def test_a_workspace_that_has_moved_is_as_current_as_it_was(place: Workspace) -> None:
    stale = replace(ORDER, only_stale=True)
    build_period(place, PERIOD, ORDER)
    build_index(place, ORDER)
    assert not build_period(place, PERIOD, stale).changed
    moved = find_workspace(place.root.rename(place.root.with_name("another name")))
    before = state(moved)
    assert not build_period(moved, PERIOD, stale).changed
    assert build_index(moved, stale).made == ()
    assert state(moved) == before


@pytest.mark.parametrize("folder", ["report", "_site", "data", f"report/{REFERENCE}"])
def test_a_folder_that_is_a_link_stays_one_and_is_built_into(
    place: Workspace, tmp_path: Path, folder: str, unlinked: Callable[[Workspace], dict[str, str]]
) -> None:
    elsewhere = tmp_path / "another disk" / "deep" / folder.replace("/", "-")
    elsewhere.parent.mkdir(parents=True)
    shutil.move(place.root / folder, elsewhere)
    (place.root / folder).symlink_to(elsewhere, target_is_directory=True)
    build_period(place, PERIOD, ORDER)
    build_index(place, ORDER)
    assert (place.root / folder).is_symlink()
    assert not [path for path in tmp_path.rglob(".*") if atomic.is_leftover(path.name)]
    found = contents(place.reports / REFERENCE)
    assert found["results.json"] == contents(place.site / "report" / REFERENCE)["results.json"]
    assert found == unlinked(place)


@pytest.fixture
def unlinked() -> Callable[[Workspace], dict[str, str]]:
    """What a build gives in a workspace without links."""

    def build(place: Workspace) -> dict[str, str]:
        plain = place.root.with_name("plain")
        shutil.copytree(place.root, plain)
        build_period(find_workspace(plain), PERIOD, ORDER)
        return contents(plain / "report" / REFERENCE)

    return build
