"""What things were made from: told by content, wherever they stand, and remembered robustly."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from conftest import REFERENCE
from iapt_report.areas.period import Period
from iapt_report.documents.kinds import template_files
from iapt_report.site.period import is_current, write_documents
from iapt_report.system import digests, records
from iapt_report.workspace.place import find_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


def test_a_digest_tells_words_names_and_contents_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("content", "utf-8")
    other.write_text("content", "utf-8")
    different = {
        digests.made_from(()),
        digests.made_from(("",)),
        digests.made_from(("ab", "c")),
        digests.made_from(("a", "bc")),
        digests.made_from(("a",), (one,), tmp_path),
        digests.made_from((), (one,), tmp_path),
        digests.made_from((), (other,), tmp_path),
        digests.made_from((), (one, other), tmp_path),
    }
    one.write_text("contents", "utf-8")
    different.add(digests.made_from((), (one,), tmp_path))
    one.write_text("", "utf-8")
    different.add(digests.made_from((), (one,), tmp_path))
    one.unlink()
    different.add(digests.made_from((), (one,), tmp_path))
    assert len(different) == 11


def test_a_digest_is_the_same_where_the_folder_has_moved(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "areas.csv").write_text("a\n", "utf-8")
    here, there = (
        digests.made_from(("1",), ((tmp_path / name / "data" / "areas.csv"),), tmp_path / name)
        for name in ("here", "there")
    )
    assert here == there


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"{", b"[1]", b"null", b'"text"'])
def test_what_is_no_record_notes_nothing(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "record.json").write_bytes(content)
    assert records.read(tmp_path / "record.json") == {}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = {"b": {"from": "1", "is": None}, "a": ["x", 2]}
    records.write(tmp_path / "new" / "record.json", record)
    assert records.read(tmp_path / "new" / "record.json") == record
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["record.json"]


def test_the_files_of_a_template_are_those_that_it_takes_in(tmp_path: Path) -> None:
    (tmp_path / "area").mkdir()
    written = {
        "area.qmd.jinja": "<%- include \"area/head.jinja\" -%>\n<% from 'words.jinja' import below %>",
        "area/head.jinja": "<% include 'area/notice.jinja' %> << include >>",
        "area/notice.jinja": "",
        "words.jinja": '<% include "area.qmd.jinja" %>',
        "paper.qmd.jinja": "<%+ include section %>",
        "brief.qmd.jinja": "",
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert {path.relative_to(tmp_path).as_posix() for path in template_files(tmp_path / "area.qmd.jinja")} == {
        "area.qmd.jinja",
        "area/head.jinja",
        "area/notice.jinja",
        "words.jinja",
    }
    assert len(template_files(tmp_path / "paper.qmd.jinja")) == len(written), (
        "which one is not known before it is filled"
    )
    assert template_files(tmp_path / "brief.qmd.jinja") == (tmp_path / "brief.qmd.jinja",)


def test_a_workspace_that_has_moved_is_current_and_one_whose_partial_has_changed_is_not(workspace: Workspace) -> None:
    from iapt_report.areas.period import Period

    period = Period.parse("2014-15-Q2")
    (workspace.templates / "shared").mkdir()
    partial = workspace.templates / "shared" / "notice.jinja"
    partial.write_text("A notice.\n", "utf-8")
    write_documents(workspace, period)
    assert is_current(workspace, period)
    moved = workspace.root.with_name("moved")
    shutil.move(workspace.root, moved)
    place = find_workspace(moved)
    assert is_current(place, period)
    (place.templates / "shared" / "notice.jinja").write_text("Another.\n", "utf-8")
    assert not is_current(place, period)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": [0.1234567890123456, 3]}', '{"a": [0.1234567890123461, 3]}', True),
        ('{"a": 1e-17}', '{"a": -3e-18}', True),
        ('{"a": 0.12345678}', '{"a": 0.12345679}', False),
        ('{"a": 3}', '{"a": 4}', False),
        ('{"a": 3}', '{"a": true}', False),
        ('{"a": 1}', '{"a": 1, "b": 2}', False),
        ('{"a": [1.5, 2.5]}', '{"a": [1.5]}', False),
        ('{"a": "0.1"}', '{"a": "0.10"}', False),
        ('{"a": null}', '{"a": 0.0}', False),
        ("{", "{", True),
        ("{", "{}", False),
    ],
)
def test_last_digits_alone_are_no_change(one: str, other: str, same: bool) -> None:
    assert digests.same_facts(one, other) is same
    assert digests.same_facts(other, one) is same


@pytest.mark.parametrize(("factor", "held"), [(1 + 1e-14, False), (1 + 1e-4, True)])
def test_an_edited_paper_is_not_held_for_another_processors_last_digits(
    built_workspace: Workspace, factor: float, held: bool
) -> None:
    folder = built_workspace.reports / REFERENCE
    results, paper = folder / "results.json", folder / "paper.qmd"
    sound = results.read_text("utf-8")
    results.write_text(re.sub(r"0\.\d{12,}", lambda number: repr(float(number[0]) * factor), sound), "utf-8")
    assert results.read_text("utf-8") != sound
    edited = paper.read_text("utf-8") + "\nA word of my own.\n"
    paper.write_text(edited, "utf-8")
    written = write_documents(built_workspace, Period.parse(REFERENCE))
    assert written.held is held
    assert paper.read_text("utf-8") == edited
    assert (results.read_text("utf-8") == sound) is not held, "what is not held is written as it is computed here"
