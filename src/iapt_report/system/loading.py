"""Libraries loaded for a command, ahead of their use and without what they would load beside themselves."""

from __future__ import annotations

import importlib
import sys
from threading import Thread

_ARROW = "pyarrow"


def load_pandas_ahead() -> None:
    """Begin to load pandas, without Arrow, while the caller goes on.

    Where Arrow is installed, pandas takes it up to hold texts, at 50 MB and a tenth of a second; an import reads a few
    thousand short ones. It is for a process that is given to one command: pandas stays without Arrow in it.
    """
    if "pandas" not in sys.modules and _ARROW not in sys.modules:
        Thread(target=_load_without_arrow).start()


def _load_without_arrow() -> None:
    sys.modules[_ARROW] = None  # type: ignore[assignment]
    try:
        importlib.import_module("pandas")
    finally:
        del sys.modules[_ARROW]
