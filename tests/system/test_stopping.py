"""Told to stop, a command ends in order: its code, what it called, what it had begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from conftest import contents

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no such signals")

# Calls, from a thread as typesetting does, a program that never ends and has started another, with a stage open.
WORKING = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typer import Typer
from iapt_report.cli import app as cli
from iapt_report import __main__
from iapt_report.system import atomic, programs
place = Path(sys.argv[1])
cli.app = Typer()
@cli.app.command()
def work():
    with atomic.beside(place / "made") as stage, ThreadPoolExecutor(2) as pool:
        (stage / "half").write_text("x")
        script = f"sleep 600 & echo $! > {place}/grandchild; echo $$ > {place}/child; wait"
        list(pool.map(lambda _: programs.run(["sh", "-c", script]), range(1)))
@cli.app.command()
def other(): pass
sys.argv[1:] = ["work"]
__main__.entry()
"""


def wait_for(path: Path) -> int:
    for _ in range(1200):
        with suppress(OSError, ValueError):
            return int(path.read_text("utf-8"))
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def is_running(number: int) -> bool:
    with suppress(OSError):
        os.kill(number, 0)
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
        return not state.stdout.startswith("Z")
    return False


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)], ids=["SIGINT", "SIGTERM", "SIGHUP"]
)
def test_told_to_stop_a_command_ends_with_what_it_called_and_leaves_nothing(
    tmp_path: Path, name: str, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKING, str(tmp_path)], stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    others = [wait_for(tmp_path / "child"), wait_for(tmp_path / "grandchild")]
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in said
    assert not [other for other in others if is_running(other)]
    assert set(contents(tmp_path)) == {"child", "grandchild"}


def test_what_the_caller_has_switched_off_does_not_stop_it(tmp_path: Path) -> None:
    code = (
        "import os, signal; from iapt_report.system import stopping\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN); stopping.listen(); os.kill(os.getpid(), signal.SIGHUP)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, "as under nohup"


def test_a_reader_that_has_gone_is_no_failure() -> None:
    line = f'{{ "{sys.executable}" -m iapt_report schema; echo $? >&2; }} | true'
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.stderr == "0\n"
