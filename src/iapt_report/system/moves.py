"""A list of moves that outlives its process: once it is written, whoever comes next makes those that were not made."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from iapt_report.system.stopping import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_LIST = ".moves.json"
# The folders that others have taken the place of.
_BEFORE = ".before"
# What tells whether a file is as it was: which one it is, how long, and when it was written.
State = tuple[int, int, int]


def listed(stage: Path) -> bool:
    """Whether a stage holds a list of moves, of which some may have been made."""
    return (stage / _LIST).is_file()


def write_list(
    stage: Path,
    moved: Iterable[str],
    removed: Iterable[str],
    swapped: Iterable[str] = (),
    seen: Mapping[str, State] | None = None,
) -> None:
    """Write the list: from here on, the moves are as good as made.

    Parameters
    ----------
    stage : Path
        A folder in the one that the files move to.
    moved : iterable of str
        Files of the stage, by their paths in it; each moves to the same path in the folder that the stage lies in.
    removed : iterable of str
        Files to remove, by their paths in that folder.
    swapped : iterable of str
        Folders of the stage that take the place of others as they are; of these, only files that are not as they were
        seen are kept.
    seen : mapping of str to State
        What the files of the folders replaced were like, by their paths.
    """
    part = stage / f"{_LIST}.part"
    found = {"moved": sorted(moved), "removed": sorted(removed), "swapped": sorted(swapped), "seen": dict(seen or {})}
    part.write_text(json.dumps(found), "utf-8")
    part.replace(stage / _LIST)


def withdraw(stage: Path) -> bool:
    """Take the list back, which is possible while no move was made; say whether it was."""
    found = _read(stage)
    whole = all(os.path.lexists(stage / name) for name in (*found["moved"], *found["swapped"]))
    if whole and not (stage / _BEFORE).exists():
        (stage / _LIST).unlink(missing_ok=True)
        return True
    return False


def make(stage: Path) -> None:
    """Make the moves that a stage lists and were not made yet; the list goes with the last one.

    Who interrupts waits for the rest.

    Raises
    ------
    OSError
        If a file cannot be moved; the list is then there for another time.
    """
    undisturbed(lambda: _make(stage))


def _make(stage: Path) -> None:
    found, folder = _read(stage), stage.parent
    for name in found["swapped"]:
        _swap(stage, name, found["seen"])
    for name in found["moved"]:
        if os.path.lexists(stage / name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # Two may be at it: what is not there any more has been moved.
            with suppress(FileNotFoundError):
                _move(stage / name, folder / name)
    for name in found["removed"]:
        (folder / name).unlink(missing_ok=True)
    (stage / _LIST).unlink(missing_ok=True)


def _swap(stage: Path, name: str, seen: Mapping[str, State]) -> None:
    """Let a folder take another's place; between the two steps there is none, and never one of two states."""
    new, place, before = stage / name, stage.parent / name, stage / _BEFORE / name
    if new.exists():
        if place.exists():
            before.mkdir(parents=True, exist_ok=True)
            place.rename(before / str(len(list(before.iterdir()))))
        try:
            new.rename(place)
        except OSError:
            for kept in before.glob("0"):
                kept.rename(place)
                shutil.rmtree(stage / _BEFORE)
            raise
    for kept in sorted(before.glob("*")):
        for path in kept.rglob("*"):
            inside = path.relative_to(kept)
            if (path.is_symlink() or path.is_file()) and not is_as_seen(
                path, seen.get((PurePath(name) / inside).as_posix())
            ):
                # Somebody has written it meanwhile.
                (place / inside).parent.mkdir(parents=True, exist_ok=True)
                path.replace(place / inside)


def state(path: Path) -> State | None:
    """Return which file it is, how long, and when it was written; None where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def is_as_seen(path: Path, seen: Sequence[int] | None) -> bool:
    """Whether a file is the one that was seen, or a copy with its size and date."""
    now = state(path)
    return now is not None and seen is not None and (now[0] == seen[0] or now[1:] == tuple(seen[1:]))


def _read(stage: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((stage / _LIST).read_text("utf-8"))
    except FileNotFoundError:
        return {"moved": [], "removed": [], "swapped": [], "seen": {}}
    return found


def _move(source: Path, target: Path) -> None:
    """Put a file in its place in one step, even where the place is on another file system, as through a link."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            shutil.copy2(source, part)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        source.unlink()
