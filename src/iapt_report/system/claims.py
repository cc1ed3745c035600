"""Files and folders that a living process has claimed: the system ends a claim with its process, however that ends."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 1.0
_PAUSE = 0.05
# What this thread has claimed already.
_CLAIMED: ContextVar[frozenset[Path]] = ContextVar("_CLAIMED", default=frozenset())


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Let others see that a file or folder has a living process, for as long as the block lasts.

    Raises
    ------
    FileNotFoundError
        If it is not there, or not any more.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        # Not every file system has locks; without one, nobody takes the path for abandoned.
        with suppress(OSError):
            # Who is about to clear it away is waited for.
            fcntl.flock(handle, fcntl.LOCK_EX)
        path.stat()
        with _noted(path):
            yield
    finally:
        os.close(handle)


@contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Say whether no living process has claimed a path; for as long as the block lasts, none can.

    Without locks that is not known, and it is not.
    """
    if sys.platform == "win32":
        yield False
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        yield _is_free(handle)
    finally:
        os.close(handle)


def _is_free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def in_turn(folder: Path) -> Iterator[bool]:
    """Claim a folder, waiting for others who have; say so where that lasts, and whether it was needed.

    Nothing is left in the folder. Where the system has no such locks, nobody waits.

    Yields
    ------
    bool
        Whether another process had it first: what is there may have changed since this one has looked.
    """
    if folder.resolve() in _CLAIMED.get() or sys.platform == "win32":
        yield False
        return
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        waited = _wait_for(handle, folder)
        with _noted(folder):
            yield waited
    finally:
        os.close(handle)


def _wait_for(handle: int, folder: Path) -> bool:
    from iapt_report.system.console import warn

    start, said = time.monotonic(), False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not said and time.monotonic() - start > _PATIENCE:
                warn(f"another command is at work in {folder.parent}: this one goes on when it has ended")
                said = True
            time.sleep(_PAUSE)
        except OSError:
            return False
        else:
            return time.monotonic() - start > _PAUSE


@contextmanager
def _noted(path: Path) -> Iterator[None]:
    before = _CLAIMED.set(_CLAIMED.get() | {path.resolve()})
    try:
        yield
    finally:
        _CLAIMED.reset(before)
