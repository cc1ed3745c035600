"""How a command ends: every exit code, and what it means."""

from __future__ import annotations

DONE = 0
DATA = 1
CALL = 2
TOOL = 3
NOTHING_NEW = 4
BUSY = 5
INTERRUPTED = 130
HUNG_UP = 129
TERMINATED = 143

MEANINGS = {
    DONE: "done",
    DATA: "the data are unusable",
    CALL: "the call is wrong",
    TOOL: "a tool is missing",
    NOTHING_NEW: "nothing was to do (update)",
    BUSY: "another run is at work",
    INTERRUPTED: "interrupted",
    HUNG_UP: "its terminal was closed",
    TERMINATED: "told to stop",
}


def in_words() -> str:
    """Return all of them in a sentence, as the help of a command ends."""
    return f"Exit codes: {', '.join(f'{code} {meaning}' for code, meaning in MEANINGS.items())}."
