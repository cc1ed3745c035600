"""A path as DuckDB, which reads patterns, finds that one file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SIGNS = re.compile(r"([*?\[])")
# Of letters, digits and these alone, a path means nothing but itself.
_PLAIN = re.compile(r"/[\w./ -]+")


def only_file(path: Path) -> str | None:
    """Write a path so that DuckDB finds that file alone; None where it cannot be said.

    Without ``hive_partitioning = false`` beside it, a folder named ``COLUMN=value`` would still count.
    """
    import duckdb

    own = str(path.absolute())
    if any("\ud800" <= sign <= "\udfff" for sign in own):
        # Bytes that are no UTF-8.
        return None
    if _PLAIN.fullmatch(own):
        return own
    literal = _SIGNS.sub(r"[\1]", own)
    with duckdb.connect() as connection:
        found = connection.execute("SELECT file FROM glob(?)", [literal]).fetchall()
    return literal if found == [(own,)] else None
