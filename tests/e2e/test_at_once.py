"""Commands that are at work in one workspace at the same time end as one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import published
from calling import call
from conftest import REFERENCE, contents
from iapt_report.areas.folder import find_periods
from iapt_report.system import atomic, claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

resource = pytest.importorskip("resource", reason="this system has no limits of a process")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no locks of folders, and no fork")

YEAR = "2019-20"
# Forks a process for each command, once all that they need is imported. Drawing and typesetting, which take long, are
# replaced by what is fast; which files they write, and where, is as ever.
FORKED = """
import json, os, sys
from iapt_report import __main__
from iapt_report.analysis import study
from iapt_report.areas.folder import read_areas
from iapt_report.documents import pictures
from iapt_report.render import rendered
from iapt_report.site import period as periods
from iapt_report.sources import importing
from iapt_report.system import atomic

def typeset(jobs, workspace, engine, meanwhile=None):
    if meanwhile:
        meanwhile()
    made = [job.made(workspace, kind) for job in jobs for kind in job.formats]
    for job in jobs:
        for kind in job.formats:
            atomic.write_bytes(job.made(workspace, kind), job.document.read_bytes())
        if (results := job.document.parent / "results.json").is_file():
            atomic.write_bytes(job.output(workspace) / "results.json", results.read_bytes())
    return made

rendered.render_all = typeset
pictures.FIGURES.clear()
periods.compute = lambda place, period: study.analyse(read_areas(place.data, period), place.of(period).settings)
children = []
for arguments in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        os._exit(__main__.main(arguments))
    children.append(child)
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), file=sys.stderr)
"""


def at_once(*commands: Sequence[str]) -> list[int]:
    """Run commands at the same time, and return their exit codes."""
    command = [sys.executable, "-c", FORKED, json.dumps(commands)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    codes: list[int] = json.loads(done.stderr.splitlines()[-1])
    assert set(codes) == {0}, done.stderr
    return codes


def import_of(folder: Path, workspace: Path, number: int) -> list[str]:
    """An import of a period, of whose first area so many more patients recovered."""
    folder.mkdir()
    rows = published.annual_rows()
    rows[2][8] = int(str(rows[2][8])) + 5 * number
    rows[2][10] = round(100 * int(str(rows[2][8])) / int(str(rows[2][6])))
    made = [published.annual(folder, rows=rows), published.imd(folder), published.lookup(folder)]
    files, deprivation, lookup = map(str, made)
    return ["import", files, "-p", YEAR, "-d", deprivation, "-l", lookup, "-w", str(workspace)]


def leftovers(place: Path) -> list[Path]:
    return [path for path in place.rglob(".*") if atomic.is_leftover(path.name)]


def test_imports_of_one_period_at_once_are_all_kept(workspace: Workspace, tmp_path: Path) -> None:
    at_once(*(import_of(tmp_path / str(number), workspace.root, number) for number in range(4)))
    folder = workspace.data / YEAR
    kept = sorted(path.name for path in folder.glob("previous*"))
    assert kept == ["previous", "previous-2", "previous-3"]
    states = {place: contents(folder / place) for place in (".", *kept)}
    assert len({state["areas.csv"] for state in states.values()}) == 4, "each of the four is there once"
    for state in states.values():
        assert {"areas.csv", "period.toml"} <= set(state)
    assert not leftovers(workspace.root)


def test_eight_commands_at_once_leave_what_they_would_one_after_the_other(workspace: Workspace, tmp_path: Path) -> None:
    root = str(workspace.root)
    build = ["build", "--all", "--format", "html", "--engine", "embedded", "-w", root]
    imports = [import_of(tmp_path / str(number), workspace.root, number) for number in range(3)]
    refresh = ["refresh", "-w", root]
    at_once(build, imports[0], build, imports[1], refresh, build, imports[2], refresh)
    assert [period.id for period in find_periods(workspace.data)] == [REFERENCE, YEAR]
    assert len(list((workspace.data / YEAR).glob("previous*"))) == 2
    assert not leftovers(workspace.root)
    at_once(build)
    found = {**contents(workspace.reports), **contents(workspace.site)}
    for period in (REFERENCE, YEAR):
        assert found[f"{period}/results.json"] == found[f"report/{period}/results.json"], "of one state"
    at_once(build)
    assert {**contents(workspace.reports), **contents(workspace.site)} == found


def test_who_waits_for_another_says_so_after_a_second(workspace: Workspace) -> None:
    with claims.in_turn(workspace.data):
        waiting = subprocess.Popen(
            [sys.executable, "-m", "iapt_report", "refresh", "-w", str(workspace.root)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        assert "another command is at work" in said
        assert str(workspace.root) in said
        assert not (workspace.reports / REFERENCE).exists()
    assert waiting.wait(120) == 0
    assert (workspace.reports / REFERENCE / "paper.qmd").is_file()


def test_who_has_waited_for_one_that_was_killed_ends_first_what_it_began(workspace: Workspace) -> None:
    code = (
        "import os, signal, sys, time; from pathlib import Path; from iapt_report.system import atomic, claims\n"
        "data = Path(sys.argv[1])\n"
        "with claims.in_turn(data), atomic.beside(data / 'made'):\n"
        "    print('here', flush=True); sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "here\n"
    second = subprocess.Popen(
        [sys.executable, "-m", "iapt_report", "refresh", "-w", str(workspace.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert second.stderr is not None
    assert "another command is at work" in second.stderr.readline()
    first.communicate("go\n")
    second.communicate(timeout=120)
    assert second.returncode == 0
    assert not leftovers(workspace.root)


@contextmanager
def files_of_at_most(number: int) -> Iterator[None]:
    """Let no file grow longer than so many bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("command", ["import", "init"])
def test_where_there_is_no_room_a_command_says_so_and_has_changed_nothing(
    workspace: Workspace, tmp_path: Path, command: str
) -> None:
    new = tmp_path / "new"
    arguments = ["init", str(new)] if command == "init" else import_of(tmp_path / "made", workspace.root, 1)
    before = contents(tmp_path)
    with files_of_at_most(700):
        done = call(*arguments)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "to mend:" in done.stderr
    assert contents(tmp_path) == before
    assert not new.exists()
    assert not leftovers(tmp_path)


def is_refused(folder: Path) -> bool:
    """Whether a folder that is made read-only is so for this user."""
    return not os.access(folder, os.W_OK)


@pytest.mark.parametrize("command", ["build", "import", "refresh"])
def test_in_a_place_that_can_only_be_read_a_command_says_so(workspace: Workspace, tmp_path: Path, command: str) -> None:
    arguments = import_of(tmp_path / "made", workspace.root, 1) if command == "import" else [command]
    before = contents(workspace.root)
    places = [workspace.root, *(path for path in workspace.root.rglob("*") if path.is_dir())]
    for path in places:
        path.chmod(0o555)
    try:
        if not is_refused(workspace.root):
            pytest.skip("this user may write everywhere")
        done = call(*arguments, *([] if command == "import" else ["-w", str(workspace.root)]))
    finally:
        for path in places:
            path.chmod(0o755)
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(workspace.root) == before


@pytest.mark.parametrize("arguments", [["list"], ["results", REFERENCE], ["trend"], ["--help"]], ids=lambda a: a[0])
def test_a_reader_that_has_gone_gets_no_trace(workspace: Workspace, arguments: list[str]) -> None:
    where = [] if arguments == ["--help"] else ["-w", str(workspace.root)]
    process = subprocess.Popen(
        [sys.executable, "-m", "iapt_report", *arguments, *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    assert (process.wait(120), said) == (0, "")
