"""Which pandoc is called: the one that comes with the package, found without starting any."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

from iapt_report.system import environment, programs

# What the library that brings pandoc lets a user name another by.
_OWN_CHOICE = "PYPANDOC_PANDOC"
_NAME = "pandoc.exe" if sys.platform == "win32" else "pandoc"
_SEARCHING = threading.Lock()


# The little that pandoc makes for one short document stays in a processor's cache, and is cleared away from there.
_FOR_SHORT_ONES = ("+RTS", "-H4m", "-A4m", "-F8", "-RTS")


def pandoc_for_many() -> list[str]:
    """Return the beginning of a command that lets one pandoc make many short documents, in less time than by itself.

    One that the environment names may have been built without these options.
    """
    return [pandoc_program(), *(() if os.environ.get(_OWN_CHOICE) else _FOR_SHORT_ONES)]


@cache
def pandoc_program() -> str:
    """Return the path of the pandoc that comes with the package, or of the one that the environment names.

    The library's own search starts every pandoc that it finds, and takes the newest: a report would then depend on what
    else is installed, and each command would wait for it.
    """
    found = importlib.util.find_spec("pypandoc")
    for folder in (found.submodule_search_locations or ()) if found else ():
        own = Path(folder) / "files" / _NAME
        if own.is_file() and not os.environ.get(_OWN_CHOICE):
            return str(own)
    import pypandoc

    # It is not made for threads.
    with _SEARCHING:
        return str(pypandoc.get_pandoc_path())


@cache
def pandoc_version() -> str:
    """Say which version it is, as it says itself.

    Raises
    ------
    OSError
        If it cannot be started, or says no version.
    """
    done = programs.run(
        [pandoc_program(), "--version"],
        env=environment.of_child(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    said = str(done.stdout).split(maxsplit=2)
    if done.returncode or len(said) < len(("pandoc", "its version")):
        raise OSError(f"{pandoc_program()} --version ended with {done.returncode}: {str(done.stderr).strip()}")
    return said[1]
