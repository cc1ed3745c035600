"""Other programs that are called, which end with this one where it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDED = threading.Event()
_STARTED: WeakSet[Running] = WeakSet()


class Running(subprocess.Popen[Any]):
    """A program that was started, as `subprocess.Popen` starts one; it is ended with whatever it has started itself."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        refuse_after_end()
        if sys.platform != "win32":
            options["process_group"] = 0
        super().__init__(command, **options)
        _STARTED.add(self)

    def kill(self) -> None:
        """End it, and those it has started."""
        if sys.platform == "win32":
            super().kill()
        elif self.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


def run(
    command: Sequence[str],
    *,
    input: Any = None,
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """Call a program and wait for it, as `subprocess.run` does."""
    if input is not None:
        options["stdin"] = subprocess.PIPE
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Running(command, **options) as process:
        try:
            out, said = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(command, process.returncode, out, said)
    if check:
        done.check_returncode()
    return done


def end_all() -> None:
    """End every program that is running, in whatever thread, and let none be started any more."""
    _ENDED.set()
    for process in tuple(_STARTED):
        process.kill()


def refuse_after_end() -> None:
    """Stop a thread that would go on after all was ended.

    Raises
    ------
    KeyboardInterrupt
    """
    if _ENDED.is_set():
        raise KeyboardInterrupt
