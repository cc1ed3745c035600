"""Records of what things were made from, which stand beside them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iapt_report.system import atomic
from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read(path: Path) -> dict[str, Any]:
    """Read what was noted of things made; nothing where there is no record, or it cannot be read as one.

    A record only saves work: without it, things count as changed and are made anew.
    """
    try:
        record = json.loads(read_text(path))
    except (DataError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def write(path: Path, record: Mapping[str, object]) -> None:
    """Note what things were made from, whole or not at all."""
    atomic.write_text(path, json.dumps(record, indent=1, sort_keys=True) + "\n")
