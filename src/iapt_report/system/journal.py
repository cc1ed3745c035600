"""A log of one JSON object a line, which whoever writes it may be killed while writing."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _run() -> str:
    return secrets.token_hex(4)


@dataclass(frozen=True)
class Journal:
    """A file that lines are added to, and the name that the lines of this run have in common.

    Parameters
    ----------
    path : Path
    run : str
        By default made up.
    """

    path: Path
    run: str = field(default_factory=_run)

    def write(self, event: str, **facts: object) -> None:
        """Add a line: the time in UTC, the run, the event, and those facts that are not None.

        The line goes to the file in one piece. Where the last line there was torn, it is ended first, so that it is the
        only one that cannot be read.
        """
        known = {name: value for name, value in facts.items() if value is not None}
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": time, "run": self.run, "event": event, **known}, ensure_ascii=False) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+", buffering=0) as stream:
            torn = False
            if stream.seek(0, os.SEEK_END):
                stream.seek(-1, os.SEEK_END)
                torn = stream.read(1) != b"\n"
            stream.write(("\n" if torn else "").encode() + line.encode("utf-8"))

    @contextmanager
    def timed(self, event: str, **facts: object) -> Iterator[dict[str, object]]:
        """Add a line when the block has ended well, with the seconds that it took; the block may add facts to it."""
        more: dict[str, object] = {}
        start = monotonic()
        yield more
        self.write(event, **facts, **more, seconds=round(monotonic() - start, 3))
