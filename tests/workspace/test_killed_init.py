"""A new workspace is there as a whole or not at all, however its making ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from calling import call
from conftest import contents
from iapt_report.workspace.place import CONFIGURATION
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from pathlib import Path

# Makes a workspace, and is killed before the change of the file system of this number.
KILLED = """
import os, signal, sys
from pathlib import Path
from iapt_report.workspace.scaffold import create_workspace
seen = []
def killing(change):
    def changed(*args, **kwargs):
        if len(seen) == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)
        seen.append(1)
        return change(*args, **kwargs)
    return changed
for name in ("replace", "rename", "unlink", "mkdir", "rmdir"):
    setattr(os, name, killing(getattr(os, name)))
create_workspace(Path(sys.argv[1]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("there", [False, True], ids=["a new folder", "an empty folder"])
@pytest.mark.parametrize("kill_at", [0, 1, 2, 5, 40, -60, -30, -4, -1])
def test_init_after_a_killed_init_makes_what_one_that_was_not_killed_makes(
    tmp_path: Path, there: bool, kill_at: int
) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "place" / "mine"
    create_workspace(whole)
    folder.parent.mkdir()
    if there:
        folder.mkdir()
    # Those from the end on are counted back from about how many there are.
    number = kill_at if kill_at >= 0 else 2 * len(contents(whole)) + 20 + kill_at
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(number)], check=False)
    if done.returncode == -signal.SIGKILL and not there and folder.exists():
        assert contents(folder) == contents(whole), "it is moved in as a whole"
    if not (done.returncode == 0 or (not there and folder.exists())):
        assert call("init", folder).returncode == 0
    assert contents(folder) == contents(whole)
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]
    assert not list(folder.rglob(".*.part"))


def test_init_into_an_empty_folder_leaves_it_the_folder_that_somebody_may_be_in(tmp_path: Path) -> None:
    before = tmp_path.stat().st_ino
    assert call("init", ".", cwd=tmp_path).returncode == 0
    assert tmp_path.stat().st_ino == before
    assert (tmp_path / CONFIGURATION).is_file()


def test_init_refuses_a_folder_with_something_of_the_users(tmp_path: Path) -> None:
    (tmp_path / ".mine.part").write_text("mine", "utf-8")
    done = call("init", tmp_path)
    assert (done.returncode, "is not empty" in done.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == [".mine.part"]


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no umask")
def test_a_new_workspace_is_as_open_as_its_users_other_files(tmp_path: Path) -> None:
    line = f'umask 077; exec "{sys.executable}" -m iapt_report init "{tmp_path / "mine"}"'
    subprocess.run(["sh", "-c", line], check=True, capture_output=True, env=dict(os.environ))
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "mine").rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (tmp_path / "mine").rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})
