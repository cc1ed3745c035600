"""Messages on standard error: as they are in a pipe, coloured where that is asked for, never read as markup."""

from __future__ import annotations

import os
import subprocess
import sys

SAID = "an area called [bold]A[/bold] :smile: with a bell\a"
CODE = f"""
import sys
from iapt_report.system.console import complain, counting, note, warn, working
with working("work"), counting("pieces", 2) as done:
    done()
complain({SAID!r})
warn({SAID!r})
note({SAID!r})
print("rich" in sys.modules)
"""
SHOWN = "an area called [bold]A[/bold] :smile: with a bell"


def said(**environment: str) -> tuple[str, str]:
    """What a process says on standard error, which is a pipe, and whether it has loaded what colours it."""
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "TTY_COMPATIBLE", "TERM")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env={**kept, **environment}
    )
    return done.stderr, done.stdout.strip()


def test_in_a_pipe_they_are_plain_and_nothing_is_loaded_for_them() -> None:
    text, loaded = said()
    assert text.splitlines() == [f"error: {SHOWN}", f"note: {SHOWN}", SHOWN]
    assert loaded == "False"


def test_where_colour_is_asked_for_the_words_are_the_same() -> None:
    text, loaded = said(FORCE_COLOR="1", TERM="xterm")
    assert loaded == "True"
    assert "\x1b[1;31merror: \x1b[0m" in text
    assert text.count(SHOWN) == 3


def test_where_none_is_wanted_there_is_none() -> None:
    text, _ = said(FORCE_COLOR="1", NO_COLOR="1", TERM="xterm")
    assert text.count(SHOWN) == 3
    assert "\x1b[1;31m" not in text
