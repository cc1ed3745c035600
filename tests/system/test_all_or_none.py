"""Files of several folders that change together or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from iapt_report.system import all_or_none, atomic, moves
from iapt_report.system.errors import DataError

FOLDERS = (PurePath("report/P"), PurePath("site/P"))
# Changes two folders, and is killed before the change of the file system of this number that comes after the list.
KILLED = """
import os, signal, sys
from pathlib import Path, PurePath
from iapt_report.system import atomic, moves, all_or_none
root, kill_at, seen = Path(sys.argv[1]), int(sys.argv[2]), []
def killing(change):
    def changed(*args, **kwargs):
        if len(seen) == kill_at: os.kill(os.getpid(), signal.SIGKILL)
        seen.append(1)
        return change(*args, **kwargs)
    return changed
swap = sys.argv[3] == "swap"
with all_or_none.changing(root, "P", [PurePath("report/P"), PurePath("site/P")], swap=swap) as stage:
    for name in ("report", "site"):
        atomic.write_text(stage / name / "P" / "made", "after")
        atomic.write_text(stage / name / "P" / "new", "after")
        (stage / name / "P" / "old").unlink()
    for name in ("replace", "rename", "unlink", "rmdir"):
        setattr(os, name, killing(getattr(os, name)))
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("report", "site"):
        folder = tmp_path / name / "P"
        (folder / "areas").mkdir(parents=True)
        for file in ("made", "old", "notes", "areas/page"):
            (folder / file).write_text("before", "utf-8")
    (tmp_path / "report" / "beside").write_text("beside", "utf-8")
    return tmp_path


def tree(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in sorted(root.rglob("*")) if p.is_file()}


def change(stage: Path) -> None:
    for name in ("report", "site"):
        folder = stage / name / "P"
        atomic.write_text(folder / "made", "after")
        atomic.write_text(folder / "new" / "deep", "after")
        (folder / "old").unlink()


def fail(stage: Path) -> None:
    change(stage)
    raise DataError(f"no good: {stage}/report", file=stage / "site" / "P" / "made")


def edit_meanwhile(stage: Path, mine: Path, edit: str) -> None:
    change(stage)
    if edit == "by another file":
        mine.unlink()
    mine.write_text("my own words", "utf-8")


def test_what_is_made_moves_in_and_nothing_else_is_touched(place: Path) -> None:
    before = (place / "report" / "P" / "notes").stat()
    with all_or_none.changing(place, "P", FOLDERS) as stage:
        assert (stage / "report" / "beside").read_text("utf-8") == "beside", "the stage looks like the place"
        assert (stage / "site" / "P" / "areas" / "page").is_file()
        change(stage)
        assert tree(place / "report" / "P")["made"] == "before"
    assert tree(place) == {
        "report/beside": "beside",
        **{f"{name}/P/{file}": "before" for name in ("report", "site") for file in ("notes", "areas/page")},
        **{f"{name}/P/{file}": "after" for name in ("report", "site") for file in ("made", "new/deep")},
    }
    after = (place / "report" / "P" / "notes").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_where_the_work_fails_nothing_has_changed_and_the_message_names_the_real_place(place: Path) -> None:
    before = tree(place)
    with pytest.raises(DataError) as caught, all_or_none.changing(place, "P", FOLDERS) as stage:
        fail(stage)
    assert str(caught.value) == f"{place}/site/P/made: no good: {place}/report"
    assert tree(place) == before


@pytest.mark.parametrize("edit", ["in its place", "by another file"])
def test_a_file_that_somebody_edits_meanwhile_is_not_replaced(place: Path, edit: str) -> None:
    mine = place / "report" / "P" / "made"
    with (
        pytest.raises(DataError, match=r"report/P/made: this was changed"),
        all_or_none.changing(place, "P", FOLDERS) as s,
    ):
        edit_meanwhile(s, mine, edit)
    assert mine.read_text("utf-8") == "my own words"
    assert (place / "site" / "P" / "made").read_text("utf-8") == "before"
    assert not list(place.glob(".*"))


@pytest.mark.parametrize("swap", [False, True])
def test_notes_that_are_written_beside_meanwhile_stay(place: Path, swap: bool) -> None:
    with all_or_none.changing(place, "P", FOLDERS, swap=swap) as stage:
        change(stage)
        (place / "report" / "P" / "notes").write_text("edited", "utf-8")
        (place / "report" / "P" / "more").write_text("mine", "utf-8")
    found = tree(place / "report" / "P")
    assert (found["notes"], found["more"], found["made"]) == ("edited", "mine", "after")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("how", ["swap", "move"])
def test_killed_anywhere_it_is_all_before_or_the_next_one_makes_it_all_after(
    place: Path, tmp_path: Path, how: str
) -> None:
    states = set()
    for kill_at in range(30):
        work = tmp_path.with_name(f"{tmp_path.name}-{kill_at}")
        subprocess.run(["cp", "-R", str(place), str(work)], check=True)
        command = [sys.executable, "-c", KILLED, str(work), str(kill_at), how]
        done = subprocess.run(command, check=False)
        if how == "swap":
            for name in ("report", "site"):
                files = tree(work / name / "P") if (work / name / "P").is_dir() else {}
                assert len({files[file] for file in ("made", "old", "new") if file in files}) <= 1, "of two states"
        (work / "report" / "P").mkdir(exist_ok=True)
        (work / "report" / "P" / "later").write_text("written after the kill", "utf-8")
        assert atomic.sweep(work) == ()
        assert not [path.name for path in work.rglob(".*")], f"something is left after a kill at {kill_at}"
        found = tree(work)
        assert (found["report/P/notes"], found["report/P/later"]) == ("before", "written after the kill")
        states.add((found["report/P/made"], found["site/P/made"], found.get("report/P/new"), found.get("site/P/old")))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert kill_at > 8, "there is more than one place to be killed at"
    assert states == {("before", "before", None, "before"), ("after", "after", "after", None)}


def test_where_the_first_file_cannot_be_moved_nothing_has_changed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(place)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(moves, "_move", refused)
    with pytest.raises(PermissionError), all_or_none.changing(place, "P", FOLDERS) as stage:
        change(stage)
    assert tree(place) == before


def test_files_move_to_another_file_system_through_a_link(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def elsewhere(source: Path, target: Path) -> Path:
        if source.name in ("made", "deep"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return replace(source, target)

    with all_or_none.changing(place, "P", FOLDERS) as stage:
        change(stage)
        monkeypatch.setattr(Path, "replace", elsewhere)
    assert tree(place / "site" / "P")["made"] == "after"
    assert not list(place.rglob(".*"))


def test_without_second_names_for_files_they_are_copied(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    notes = place / "report" / "P" / "notes"
    before = notes.stat().st_ino
    with all_or_none.changing(place, "P", FOLDERS) as stage:
        change(stage)
    assert notes.stat().st_ino == before, "what nobody wrote stays the file it was"
    assert tree(place / "report" / "P")["made"] == "after"
    assert "old" not in tree(place / "report" / "P")
