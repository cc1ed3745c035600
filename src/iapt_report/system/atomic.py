"""Files written beside their place and moved in, so that nothing is ever half there."""

from __future__ import annotations

import os
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

    All files change together, so that nobody ever reads some of before and some of after.
    """
    folder = folder.resolve()
    with beside(folder) as stage:
        if folder.is_dir():
            shutil.copytree(folder, stage, symlinks=True, dirs_exist_ok=True)
        yield stage
        exchange(stage, folder)


def exchange(new: Path, folder: Path) -> None:
    """Put a folder in the place of another, which need not be there; both on one file system.

    A system call that does this in one step is not to be had everywhere. Between the two steps there is no folder, and
    if the process is killed there, `sweep` puts the former one back.
    """
    folder = folder.resolve()
    if not folder.exists():
        new.rename(folder)
        return
    aside = folder.with_name(f".{folder.name}{_ASIDE}")
    with _claimed(folder):
        _settle(aside)
        folder.rename(aside)
        try:
            new.rename(folder)
        except BaseException:
            aside.rename(folder)
            raise
        shutil.rmtree(aside, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Clear away what a killed process has left in a folder; what a living one is writing stays.

    Where the system has no locks that end with their process (Windows), nothing is removed.
    """
    for path in sorted(folder.glob(".*")) if folder.is_dir() else ():
        if path.name.endswith(_ASIDE) and _is_abandoned(path):
            _settle(path)
        elif path.name.endswith(_PART) and _is_abandoned(path):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _settle(aside: Path) -> None:
    """End an exchange that was not ended: put back the folder set aside, or remove it where another is in its place."""
    if not aside.is_dir():
        return
    place = aside.with_name(aside.name.removesuffix(_ASIDE)[1:])
    if place.exists():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.rename(place)


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
