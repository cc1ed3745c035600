"""The library of schemas, imported without what it would load beside itself."""

from __future__ import annotations

import importlib
import sys
from typing import Any

_BESIDE = "pyspark"


def pandera() -> Any:
    """Import pandera for pandas.

    Where Spark is installed, pandera imports Spark's own pandas, which takes a second or more and warns of itself; no
    schema here is of that. So Spark is not to be found while pandera is imported for the first time.
    """
    if "pandera.pandas" not in sys.modules:
        there = sys.modules.get(_BESIDE)
        sys.modules[_BESIDE] = None  # type: ignore[assignment]
        try:
            importlib.import_module("pandera.pandas")
        finally:
            del sys.modules[_BESIDE]
            if there is not None:
                sys.modules[_BESIDE] = there
    return sys.modules["pandera.pandas"]
