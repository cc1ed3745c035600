"""Exchanges that were killed: nothing is lost, whoever comes next."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import published
from calling import call
from iapt_report.areas.folder import find_periods
from iapt_report.areas.period import Period
from iapt_report.system import atomic

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

YEAR = Period.parse("2019-20")
# Exchanges a folder and is killed before the change of this number.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from iapt_report.system import atomic
folder, kill_at, seen = Path(sys.argv[1]), int(sys.argv[2]), []
def killing(change):
    def changed(*args, **kwargs):
        if len(seen) == kill_at: os.kill(os.getpid(), signal.SIGKILL)
        seen.append(1)
        return change(*args, **kwargs)
    return changed
with atomic.exchanging(folder) as stage:
    (stage / "areas.csv").write_text("after")
    os.rename, os.unlink = killing(os.rename), killing(os.unlink)
"""


def killed(folder: Path, kill_at: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(kill_at)], check=False)
    assert done.returncode == -signal.SIGKILL


def period(parent: Path, content: str = "before") -> Path:
    folder = parent / "2019-20"
    folder.mkdir(parents=True)
    (folder / "areas.csv").write_text(content, "utf-8")
    (folder / "notes.txt").write_text("mine", "utf-8")
    return folder


def contents(folder: Path) -> set[str]:
    return {path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("how", ["sweep", "exchange", "exchanging"])
def test_what_a_kill_between_the_two_steps_set_aside_is_put_back_before_anything_else(tmp_path: Path, how: str) -> None:
    folder = period(tmp_path)
    killed(folder, 1)
    assert not folder.exists()
    if how == "sweep":
        assert atomic.sweep(tmp_path) == ()
        assert contents(folder) == {"before", "mine"}
    elif how == "exchanging":
        with atomic.exchanging(folder) as stage:
            assert contents(stage) == {"before", "mine"}, "what replaces it is made from what was there"
    else:
        new = tmp_path / "new"
        new.mkdir()
        (new / "areas.csv").write_text("later", "utf-8")
        atomic.exchange(new, folder)
        assert contents(folder) == {"later"}
    atomic.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["2019-20"]


@pytest.mark.parametrize("kill_at", [2, 3])
def test_what_a_kill_after_both_steps_left_is_cleared_away(tmp_path: Path, kill_at: int) -> None:
    folder = period(tmp_path)
    killed(folder, kill_at)
    assert contents(folder) == {"after", "mine"}
    assert len(list(tmp_path.iterdir())) == 2
    assert atomic.sweep(tmp_path) == ()
    assert [path.name for path in tmp_path.iterdir()] == ["2019-20"]


@pytest.mark.parametrize("name", [None, ".2019-20.aside"], ids=["by this version", "by an earlier version"])
def test_what_another_folder_in_its_place_does_not_hold_is_never_removed(tmp_path: Path, name: str | None) -> None:
    folder = period(tmp_path)
    killed(folder, 1)
    (aside,) = tmp_path.glob("*.aside")
    if name:
        aside = aside.rename(tmp_path / name)
    folder.mkdir()
    (folder / "areas.csv").write_text("made by hand", "utf-8")
    assert atomic.sweep(tmp_path) == (aside,)
    with atomic.exchanging(folder) as stage:
        (stage / "areas.csv").write_text("imported", "utf-8")
    assert contents(folder) == {"imported"}
    assert contents(aside) == {"before", "mine"}
    previous = folder / "previous"
    shutil.copytree(aside, previous)
    assert atomic.sweep(tmp_path) == (), "now it is held, whatever the files are called"
    assert not aside.exists()


def test_an_exchange_that_is_at_work_is_left_alone(tmp_path: Path) -> None:
    folder = period(tmp_path)
    aside = folder.rename(tmp_path / ".2019-20.1-0123abcd.aside")
    with atomic._claimed(aside):
        assert atomic.sweep(tmp_path) == ()
        assert aside.is_dir()
    atomic.sweep(tmp_path)
    assert folder.is_dir()


@pytest.mark.parametrize("command", [["list"], ["results", "2019-20"], ["import"], ["trend"]], ids=lambda c: c[0])
def test_every_command_puts_back_a_period_that_a_kill_has_taken(
    workspace: Workspace, tmp_path: Path, command: list[str]
) -> None:
    made = published.import_period(
        [published.annual(tmp_path)], YEAR, published.imd(tmp_path), published.lookup(tmp_path), workspace.data
    )
    (made.folder / "notes.txt").write_text("mine", "utf-8")
    before = (made.folder / "areas.csv").read_text("utf-8")
    killed(made.folder, 1)
    assert YEAR not in find_periods(workspace.data)
    if command == ["import"]:
        rows = published.annual_rows()[:-3]
        command = ["import", str(published.annual(tmp_path, rows=rows)), "-p", YEAR.id]
        command += ["-d", str(published.imd(tmp_path)), "-l", str(published.lookup(tmp_path))]
    done = call(*command, "-w", workspace.root)
    assert done.returncode == 0, done.stderr
    assert (made.folder / "notes.txt").read_text("utf-8") == "mine"
    kept = made.folder / "previous" if command[0] == "import" else made.folder
    assert (kept / "areas.csv").read_text("utf-8") == before
    assert not list(workspace.data.glob(".*.aside")) + list(workspace.data.glob(".*.part"))


def test_a_command_says_what_it_had_to_leave(workspace: Workspace) -> None:
    aside = period(workspace.data).rename(workspace.data / ".2019-20.aside")
    (workspace.data / "2019-20").mkdir()
    done = call("list", "-w", workspace.root)
    assert done.returncode == 0
    assert str(aside) in done.stderr
    assert "nowhere else" in done.stderr
    assert contents(aside) == {"before", "mine"}
