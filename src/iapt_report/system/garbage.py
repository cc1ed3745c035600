"""How often Python looks for garbage that refers to itself, in a process that is given to one command."""

from __future__ import annotations

import gc
import sys

# Objects made and not freed, before the youngest are searched; and how many such searches before all are.
_MADE, _OF_YOUNGEST, _OF_ALL = 100_000, 10, 100


def search_seldom() -> None:
    """Look for such garbage seldom: an import makes hundreds of thousands of objects, and hardly any of them is."""
    gc.set_threshold(_MADE, _OF_YOUNGEST, _OF_ALL)


def search_no_more() -> None:
    """Leave all that is there as it is: a process that ends gives its memory back anyway, and a search takes long.

    Where DuckDB is loaded it is searched: what is then left of its objects, DuckDB complains of.
    """
    if "duckdb" not in sys.modules:
        gc.freeze()
