"""Files written beside their place and moved in, so that nothing is ever half there."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART = ".part"
_ASIDE = ".aside"
# The name of the folder that was set aside, which folder was to take its place, and what makes the name the only one.
_SET_ASIDE = re.compile(r"\.(?P<name>.+?)(?:\.(?P<successor>[0-9]+)-[0-9a-f]{8})?\.aside")


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file with Unix line ends, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_PART, dir=path.parent)
    part = Path(name)
    try:
        with _claimed(part):
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            part.chmod(0o644)
            part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """Give an empty folder beside a place; it is gone when the block ends, unless it was moved away."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=_PART, dir=place.parent))
    try:
        part.chmod(0o755)
        with _claimed(part):
            yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder``; its files move into ``folder`` if the block ends well.

    Files of the same name are replaced, other files stay. If the block raises, nothing changes.
    """
    with beside(folder) as stage:
        yield stage
        for path in sorted(p for p in stage.rglob("*") if p.is_file()):
            target = folder / path.relative_to(stage)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)


@contextmanager
def exchanging(folder: Path) -> Iterator[Path]:
    """Give a copy of ``folder`` (empty, where it is not there), which takes its place if the block ends well.

    All files change together, so that nobody ever reads some of before and some of after. An exchange that was killed
    is settled first, so that the copy is of what was there before it.
    """
    folder = folder.resolve()
    _settle_all(folder)
    with beside(folder) as stage:
        if folder.is_dir():
            shutil.copytree(folder, stage, symlinks=True, dirs_exist_ok=True)
        yield stage
        exchange(stage, folder)


def exchange(new: Path, folder: Path) -> None:
    """Put a folder in the place of another, which need not be there; both on one file system.

    A system call that does this in one step is not to be had everywhere. Between the two steps there is no folder, and
    if the process is killed there, `sweep`, or the next exchange, puts the former one back. What is set aside has the
    new folder's number in its name, so that it is known later whether the new one is what took its place.
    """
    folder = folder.resolve()
    _settle_all(folder)
    if not folder.exists():
        new.rename(folder)
        return
    aside = folder.with_name(f".{folder.name}.{new.stat().st_ino}-{secrets.token_hex(4)}{_ASIDE}")
    with _claimed(folder):
        folder.rename(aside)
        try:
            new.rename(folder)
        except BaseException:
            aside.rename(folder)
            raise
        shutil.rmtree(aside, ignore_errors=True)


def sweep(folder: Path) -> tuple[Path, ...]:
    """Clear away what a killed process has left in a folder; what a living one is writing stays.

    Where the system has no locks that end with their process (Windows), nothing that is half written is removed. What
    cannot be moved or removed, as on a disk that can only be read, stays too.

    Returns
    -------
    tuple of Path
        What was set aside, and holds something that the folder in its place does not: it is left where it is.
    """
    kept = []
    for path in sorted(folder.glob(".*")) if folder.is_dir() else ():
        with suppress(OSError):
            if path.name.endswith(_ASIDE) and _can_be_settled(path):
                kept += [path] if not _settle(path) else []
            elif path.name.endswith(_PART) and _is_abandoned(path):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
    return tuple(kept)


def _settle_all(folder: Path) -> None:
    """End what exchanges of a folder have left."""
    for aside in sorted(folder.parent.glob(f".*{_ASIDE}")) if folder.parent.is_dir() else ():
        if _place_of(aside) == folder and _can_be_settled(aside):
            _settle(aside)


def _can_be_settled(aside: Path) -> bool:
    """Whether the exchange that set a folder aside is over; without locks, it is taken to be: it lasts no time."""
    return sys.platform == "win32" or _is_abandoned(aside)


def _settle(aside: Path) -> bool:
    """End an exchange that was not ended, and say whether nothing is left of it.

    The folder set aside is put back, or removed where the one that was to take its place is there. Where another is
    there, it is removed only if all that it holds is in that one too.
    """
    found, place = _SET_ASIDE.fullmatch(aside.name), _place_of(aside)
    if not aside.is_dir() or found is None or place is None:
        return True
    if not place.exists():
        aside.rename(place)
        return True
    ended = found["successor"] is not None and int(found["successor"]) == place.stat().st_ino
    if ended or _holds(place, aside):
        shutil.rmtree(aside, ignore_errors=True)
        return True
    return False


def _place_of(aside: Path) -> Path | None:
    """Return the place of a folder that was set aside."""
    found = _SET_ASIDE.fullmatch(aside.name)
    return None if found is None else aside.with_name(found["name"])


def _holds(folder: Path, other: Path) -> bool:
    """Whether each file of another folder is somewhere in a folder, by its content."""
    wanted = [path for path in other.rglob("*") if path.is_file() or path.is_symlink()]
    sizes = {path.stat().st_size for path in wanted if path.is_file()}
    there = {_digest(path) for path in folder.rglob("*") if path.is_file() and path.stat().st_size in sizes}
    return all(path.is_file() and _digest(path) in there for path in wanted)


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


@contextmanager
def _claimed(path: Path) -> Iterator[None]:
    """Let `sweep` see that a file or folder has a living process, for as long as the block lasts."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        # Not every file system has locks; without one, `sweep` leaves the path alone.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _is_abandoned(path: Path) -> bool:
    """Whether no living process has claimed the path."""
    if sys.platform == "win32":
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
