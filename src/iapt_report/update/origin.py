"""What a period in ``data/`` was made from, set against what is listed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from iapt_report.areas.folder import AREAS_FILE, MADE, PERIOD_FILE
from iapt_report.system import atomic, digests
from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_bytes
from iapt_report.system.toml_text import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from iapt_report.update.fetching import Fetched
    from iapt_report.update.releases import Release

IMPORTED_FILE = "imported.json"

# Not there; made from what is listed; made by an update from other files than are listed; made by a person so.
Standing = Literal["absent", "current", "outdated", "own"]


class Origin(BaseModel):
    """One file that an update imported: where it came from, and its SHA-256."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    file: str
    address: str | None
    sha256: str


class Record(BaseModel):
    """What an update imported into a period's folder, and the SHA-256 of each file that it wrote there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sources: tuple[Origin, ...]
    made: dict[str, str]


def write_record(folder: Path, obtained: Sequence[tuple[Release, Fetched]]) -> None:
    """Write beside a period's files that they are an update's, and from what."""
    sources = tuple(
        Origin(kind=release.kind, file=release.name, address=release.address, sha256=file.sha256)
        for release, file in obtained
    )
    record = Record(sources=sources, made=_digests(folder))
    atomic.write_text(folder / IMPORTED_FILE, record.model_dump_json(indent=2) + "\n")


def standing(folder: Path, releases: Sequence[Release], known: Mapping[Release, str | None]) -> Standing:
    """Say how a period's folder stands to the releases that are listed for it.

    Only what an update has written, and nobody has changed since, can be outdated; anything else that differs is a
    person's own.

    Parameters
    ----------
    folder : Path
        ``data/<period>``.
    releases : sequence of Release
        Those listed for the period.
    known : mapping of Release to str
        Their SHA-256, as far as it is known.
    """
    if not (folder / AREAS_FILE).is_file():
        return "absent"
    record = _read_record(folder)
    if record is None or record.made != _digests(folder):
        sources = _sources(folder / PERIOD_FILE)
        files = {file for file, _ in sources}
        digests = {digest for _, digest in sources}
        same = all(known[r] in digests if known[r] else r.name in files for r in releases)
        return "current" if same else "own"
    before = {(origin.kind, origin.file, origin.address): origin.sha256 for origin in record.sources}
    wanted = {known[r] or before.get((r.kind, r.name, r.address), "") for r in releases}
    return "current" if wanted == {origin.sha256 for origin in record.sources} else "outdated"


def is_synthetic(folder: Path) -> bool:
    """Whether a period's folder says that its areas are invented."""
    return _facts(folder / PERIOD_FILE).get("synthetic") is True


def _read_record(folder: Path) -> Record | None:
    try:
        return Record.model_validate_json(read_bytes(folder / IMPORTED_FILE))
    except (DataError, ValidationError):
        return None


def _digests(folder: Path) -> dict[str, str]:
    there = (folder / name for name in MADE)
    return {path.name: digests.of_file(path) for path in there if path.is_file()}


def _sources(path: Path) -> list[tuple[str, str]]:
    """Return the files that period.toml names, with their SHA-256; none of a file that cannot be read."""
    listed = _facts(path).get("sources", [])
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [(str(entry.get("file", "")), str(entry.get("sha256", "")).lower()) for entry in entries]


def _facts(path: Path) -> dict[str, object]:
    try:
        return read_toml(path)
    except DataError:
        return {}
