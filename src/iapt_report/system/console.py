"""What the user sees while the work goes on: messages and progress, on standard error."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

_PATIENCE = 1.0
_ASK_FOR_COLOUR = ("FORCE_COLOR", "TTY_COMPATIBLE")
# What moves the place of writing, or rings, when it is shown.
_CONTROL = dict.fromkeys((7, 8, 11, 12, 13))


def _console() -> Console:
    """Return a console on standard error, without colour where NO_COLOR is set."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def _is_plain() -> bool:
    """Whether messages go into a pipe or a file, where nobody has asked for colours: that takes no library."""
    return not sys.stderr.isatty() and not any(os.environ.get(name) for name in _ASK_FOR_COLOUR)


def _say(message: str, before: str = "", style: str = "") -> None:
    if _is_plain():
        print(f"{before}{message}".translate(_CONTROL), file=sys.stderr)
        return
    out = _console()
    if before:
        out.print(before, style=style, end="")
    out.print(message, markup=False)


def complain(message: str) -> None:
    """Say what went wrong."""
    _say(message, "error: ", "bold red")


def note(message: str) -> None:
    """Say what the user may want to know; no word of warning."""
    _say(message)


def warn(message: str) -> None:
    """Say what the user should know though the work went on."""
    _say(message, "note: ", "bold yellow")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that work goes on, once it has taken more than a second; nothing in a pipe."""
    if not sys.stderr.isatty() or not (out := _console()).is_terminal:
        yield
        return
    status = out.status(f"{what}…")
    timer = threading.Timer(_PATIENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how much of a work of many like pieces is done; nothing in a pipe.

    Yields
    ------
    callable
        To be called, from any thread, when a piece is done.
    """
    if not sys.stderr.isatty() or not (out := _console()).is_terminal:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
