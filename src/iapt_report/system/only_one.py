"""One update at a time in a workspace, and who it is."""

from __future__ import annotations

import json
import os
import platform
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iapt_report.system import atomic
from iapt_report.system.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK_FILE = "lock"
_HOLDER_FILE = "holder.json"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder's lock for as long as the block lasts; the system ends it with the process, however that ends.

    Raises
    ------
    BusyError
        At once, if another process holds it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError(
            f"another update is at work here: {_holder(folder / _HOLDER_FILE)}",
            mend="wait until it has ended; it does the same as this one would",
        ) from None
    try:
        who = {"pid": os.getpid(), "host": platform.node(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        atomic.write_text(folder / _HOLDER_FILE, json.dumps(who) + "\n")
        yield
    finally:
        (folder / _HOLDER_FILE).unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    """Say who holds the lock, as far as it has said so yet."""
    try:
        who = json.loads(path.read_text("utf-8"))
        return f"process {who['pid']} on {who['host']}, since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has only begun"
