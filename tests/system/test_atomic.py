"""What killed commands leave: nothing is lost, whoever comes next."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from calling import call
from conftest import REFERENCE
from iapt_report.system import atomic, claims, moves

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


def period(parent: Path, content: str = "before") -> Path:
    folder = parent / "2019-20"
    folder.mkdir(parents=True)
    (folder / "areas.csv").write_text(content, "utf-8")
    (folder / "notes.txt").write_text("mine", "utf-8")
    return folder


def contents(folder: Path) -> set[str]:
    return {path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [".2019-20.7-0123abcd.aside", ".2019-20.aside"])
def test_what_an_earlier_version_set_aside_is_put_back_where_nothing_is_in_its_place(tmp_path: Path, name: str) -> None:
    folder = period(tmp_path)
    folder.rename(tmp_path / name)
    assert atomic.sweep(tmp_path) == ()
    assert contents(folder) == {"before", "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["2019-20"]


def test_what_another_folder_in_its_place_does_not_hold_is_never_removed(tmp_path: Path) -> None:
    folder = tmp_path / "2019-20"
    folder.mkdir()
    (folder / "areas.csv").write_text("made by hand", "utf-8")
    # A number of a folder is given again to another, and says nothing of what is in it.
    aside = period(tmp_path / "elsewhere").rename(tmp_path / f".2019-20.{folder.stat().st_ino}-0123abcd.aside")
    assert atomic.sweep(tmp_path) == (aside,)
    assert contents(aside) == {"before", "mine"}
    shutil.copytree(aside, folder / "previous")
    assert atomic.sweep(tmp_path) == (), "now it is held, whatever the files are called"
    assert not aside.exists()


def test_what_is_at_work_is_left_alone(tmp_path: Path) -> None:
    folder = period(tmp_path)
    aside = folder.rename(tmp_path / ".2019-20.1-0123abcd.aside")
    with claims.claimed(aside):
        assert atomic.sweep(tmp_path) == ()
        assert aside.is_dir()
    atomic.sweep(tmp_path)
    assert folder.is_dir()


def test_what_is_being_written_is_never_swept_away_by_another_command(tmp_path: Path) -> None:
    over = threading.Event()

    def sweeping() -> None:
        while not over.is_set():
            atomic.sweep(tmp_path)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(sweeping)
        try:
            for number in range(100):
                atomic.write_text(tmp_path / str(number), "x")
                with atomic.beside(tmp_path / "made") as made:
                    (made / "half").write_text("x", "utf-8")
                    assert (made / "half").is_file()
        finally:
            over.set()
    assert len(list(tmp_path.iterdir())) == 100


@pytest.mark.parametrize("name", [".mine.part", ".download.1234.part", ".mine", "notes.part"])
def test_a_file_of_the_users_that_is_called_alike_is_never_cleared_away(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", "utf-8")
    atomic.sweep(tmp_path)
    assert contents(tmp_path) == {"mine"}


@pytest.mark.parametrize(
    "command", [["list"], ["results", REFERENCE], ["trend"], ["import", "no-such-file.csv", "-p", "2019-20"]]
)
def test_every_command_clears_away_what_a_killed_one_left(workspace: Workspace, command: list[str]) -> None:
    places = ("", "data", "report", f"report/{REFERENCE}", "_site/report", f"_site/report/{REFERENCE}")
    left = [workspace.root / place / ".made.0abc_123.part" for place in places]
    for folder in left:
        (folder / "half").mkdir(parents=True)
        (folder / "half" / "results.json").write_text("{", "utf-8")
    call(*command, "-w", workspace.root)
    assert not [folder for folder in left if folder.exists()]


def test_a_check_of_a_period_ends_first_what_a_killed_import_has_begun(workspace: Workspace) -> None:
    areas = workspace.data / REFERENCE / "areas.csv"
    stage = workspace.data / f".{REFERENCE}.0abc_123.part"
    (stage / REFERENCE).mkdir(parents=True)
    areas.rename(stage / REFERENCE / "areas.csv")
    moves.write_list(stage, [f"{REFERENCE}/areas.csv"], [])
    assert call("check", areas).returncode == 0
    assert not stage.exists()


def test_a_command_says_what_it_had_to_leave(workspace: Workspace) -> None:
    aside = period(workspace.data).rename(workspace.data / ".2019-20.aside")
    (workspace.data / "2019-20").mkdir()
    done = call("list", "-w", workspace.root)
    assert done.returncode == 0
    assert str(aside) in done.stderr
    assert "nowhere else" in done.stderr
    assert contents(aside) == {"before", "mine"}


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no umask")
@pytest.mark.parametrize(
    ("mask", "file", "folder"), [("022", 0o644, 0o755), ("077", 0o600, 0o700), ("027", 0o640, 0o750)]
)
def test_files_and_folders_are_as_open_as_their_users_other_files(
    tmp_path: Path, mask: str, file: int, folder: int
) -> None:
    code = (
        "import sys; from pathlib import Path; from iapt_report.system import atomic\n"
        "place = Path(sys.argv[1])\n"
        "atomic.write_text(place / 'written', 'x')\n"
        "with atomic.beside(place / 'made') as made:\n    made.rename(place / 'made')"
    )
    line = f'umask {mask}; exec "$0" -c "$1" "$2"'
    subprocess.run(["sh", "-c", line, sys.executable, code, str(tmp_path)], check=True, env=dict(os.environ))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"written": file, "made": folder}
