"""What the user sees while the work goes on: messages and progress, on standard error."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

_PATIENCE = 1.0


def console() -> Console:
    """Return a console on standard error; plain in a pipe, without colour where NO_COLOR is set."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Say what went wrong."""
    out = console()
    out.print("error: ", style="bold red", end="")
    out.print(message, markup=False)


def note(message: str) -> None:
    """Say what the user may want to know; no word of warning."""
    console().print(message, markup=False)


def warn(message: str) -> None:
    """Say what the user should know though the work went on."""
    out = console()
    out.print("note: ", style="bold yellow", end="")
    out.print(message, markup=False)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that work goes on, once it has taken more than a second; nothing in a pipe."""
    out = console()
    if not (out.is_terminal and sys.stderr.isatty()):
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
    out = console()
    if not (out.is_terminal and sys.stderr.isatty()):
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
