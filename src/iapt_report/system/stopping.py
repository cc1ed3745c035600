"""A process that is told to stop ends in order: with what it has called, and without leaving anything half made."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from iapt_report.system import exits, programs

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

# Those that a system has: an interrupt from the keyboard, a terminal that is closed, a service that is stopped.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP", "SIGTERM") if hasattr(signal, name))
_received: list[int] = []


def listen() -> None:
    """Let each way to tell a process to stop interrupt it, but for those that its caller has switched off."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)


def exit_code(code: int) -> int:
    """Return the exit code of the process, where the command ended with ``code``: of an interrupt, which it was."""
    return 128 + _received[0] if code == exits.INTERRUPTED and _received else code


def undisturbed(action: Callable[[], object]) -> None:
    """Do what takes no time and can be begun again to its end, and only then let it be interrupted."""
    interrupted: KeyboardInterrupt | None = None
    while True:
        try:
            action()
            break
        except KeyboardInterrupt as stop:
            interrupted = stop
    if interrupted is not None:
        raise interrupted


def _stop(number: int, _: FrameType | None) -> None:
    for other in _SIGNALS:
        # Once is enough: what has to be cleared away is cleared away undisturbed.
        signal.signal(other, signal.SIG_IGN)
    _received.append(number)
    programs.end_all()
    raise KeyboardInterrupt
