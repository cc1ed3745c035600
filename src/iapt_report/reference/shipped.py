"""The CSV files that come with the package, read as rows of text and known by their digests."""

from __future__ import annotations

import csv
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.areas.table import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent


def rows(name: str) -> Iterator[dict[str, str]]:
    """Give each row of a shipped CSV file, by its headers."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


@cache
def source(name: str) -> Source:
    """Name a shipped file as the provenance of a period does, with the SHA-256 of its content."""
    return Source(f"iapt_report/{FOLDER.name}/{name}", hashlib.sha256((FOLDER / name).read_bytes()).hexdigest())
