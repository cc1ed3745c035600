"""The second process: what it is given is done as it would be here, and it never outlives the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iapt_report.areas.period import Period
from iapt_report.system import second
from iapt_report.system.errors import CallError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are looked for in the way of POSIX")


def number_of_process() -> int:
    """The process that this is done in."""
    return os.getpid()


def end_of_another_process(own: int) -> int:
    """End the process that this is done in, if it is another than one."""
    if os.getpid() != own:
        os._exit(1)
    return 7


def is_there(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    if stat.parent.parent.joinpath("self").exists():
        return stat.is_file() and stat.read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(autouse=True)
def _found_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the second process find this module."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def test_without_one_at_hand_work_is_done_here_and_not_before_it_is_wanted() -> None:
    done: list[int] = []
    asked = second.ask(done.append, 1)
    assert done == []
    asked.result()
    assert done == [1]


def test_with_one_at_hand_work_is_done_there_and_it_ends_with_the_block() -> None:
    with second.at_hand():
        there = second.ask(number_of_process).result()
        assert there != os.getpid()
        assert second.ask(number_of_process).result() == there, "one process for all"
        assert second.ask(Period.parse, "2014-15-Q2").result() == Period.parse("2014-15-Q2")
    assert not is_there(there)


def test_what_it_has_not_begun_with_can_be_done_here_and_is_done_once() -> None:
    with second.at_hand():
        long = second.ask(time.sleep, 1.0)
        waiting, other = second.ask(number_of_process), second.ask(number_of_process)
        assert waiting.soonest() == os.getpid()
        assert long.soonest() is None
        assert other.result() != os.getpid()
        assert second.ask(number_of_process).result() != os.getpid(), "it goes on with what it is asked next"


def test_what_cannot_be_done_there_fails_as_it_would_here() -> None:
    with second.at_hand(), pytest.raises(CallError, match="period"):
        second.ask(Period.parse, "yesterday").result()


def test_work_that_ends_the_second_process_is_done_here() -> None:
    with second.at_hand():
        assert second.ask(end_of_another_process, os.getpid()).result() == 7
        assert second.ask(number_of_process).result() == os.getpid(), "and so is what follows it"


def test_where_no_process_can_be_had_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with second.at_hand():
        second.expect(())
        assert second.ask(number_of_process).result() == os.getpid()


def test_it_ends_where_the_first_process_is_killed() -> None:
    code = (
        "import time\nfrom iapt_report.system import second\nimport test_second\n"
        "with second.at_hand():\n"
        "    print(second.ask(test_second.number_of_process).result(), flush=True)\n    time.sleep(60)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
    assert first.stdout is not None
    there = int(first.stdout.readline())
    assert is_there(there)
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    waited = 0
    while is_there(there) and waited < 300:
        time.sleep(0.1)
        waited += 1
    assert not is_there(there)
