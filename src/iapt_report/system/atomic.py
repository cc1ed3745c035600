"""Files written beside their place and moved in, so that nothing is ever half there."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.system import claims, digests, moves
from iapt_report.system.errors import renamed
from iapt_report.system.stopping import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PART = ".part"
# The name of the place that something is made beside, and what makes its own name the only one.
_MADE_BESIDE = re.compile(rf"\.(?P<name>.+)\.[a-z0-9_]{{8}}{re.escape(_PART)}")
# As earlier versions named a folder that they set aside while they put another in its place.
_SET_ASIDE = re.compile(r"\.(?P<name>.+?)(?:\.[0-9]+-[0-9a-f]{8})?\.aside")


def _usual_mode() -> int:
    """Return the mode of a new file as its user wants it; to ask, it must be set, which is for all threads at once."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask


_MODE = _usual_mode()


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file with Unix line ends, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def make() -> Path:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_PART, dir=path.parent)
        os.close(handle)
        return Path(name)

    try:
        with _making(make) as part, renamed(part, path):
            part.write_bytes(content)
            part.chmod(_MODE)
            part.replace(path)
    except OSError as error:
        # A full disk does not say where it is.
        error.filename = error.filename or str(path)
        raise


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """Give an empty folder beside a place; it is gone when the block ends, unless moves out of it are still to make."""
    place.parent.mkdir(parents=True, exist_ok=True)

    def make() -> Path:
        try:
            return Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=_PART, dir=place.parent))
        except OSError as error:
            error.filename = str(place.parent)
            raise

    with _making(make) as part:
        # Who may read a file may look into its folder.
        part.chmod(_MODE | (_MODE & 0o444) >> 2)
        yield part


@contextmanager
def _making(make: Callable[[], Path]) -> Iterator[Path]:
    """Make a file or folder that others leave alone, and clear away what is left of it at the end."""
    with ExitStack() as stack:
        while True:
            part = make()
            stack.callback(undisturbed, partial(_discard, part))
            # Before it is claimed, others take it for abandoned.
            with suppress(FileNotFoundError):
                stack.enter_context(claims.claimed(part))
                break
        yield part


def _discard(part: Path) -> None:
    if not part.is_dir():
        part.unlink(missing_ok=True)
    elif not moves.listed(part):
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder``; its files move into ``folder`` if the block ends well.

    Files of the same name are replaced, other files stay. If the block raises, nothing changes.
    """
    with beside(folder) as stage, renamed(stage, folder):
        yield stage
        for path in sorted(p for p in stage.rglob("*") if p.is_file()):
            target = folder / path.relative_to(stage)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)


def is_leftover(name: str) -> bool:
    """Whether a file or folder of this name is, or was, in the making."""
    return bool(_MADE_BESIDE.fullmatch(name) or _SET_ASIDE.fullmatch(name))


def sweep(folder: Path, place: str | None = None) -> tuple[Path, ...]:
    """End what a killed process has begun in a folder, and clear away the rest; what a living one is writing stays.

    Where the system has no locks that end with their process (Windows), nothing that is half written is removed. What
    cannot be moved or removed, as on a disk that can only be read, stays too.

    Parameters
    ----------
    folder : Path
    place : str, optional
        What is looked for beside that place alone, as in a folder that is not a workspace's.

    Returns
    -------
    tuple of Path
        What an earlier version set aside, and holds something that the folder in its place does not: it is left where
        it is.
    """
    kept = []
    for path in sorted(folder.glob(".*")) if folder.is_dir() else ():
        made, aside = _MADE_BESIDE.fullmatch(path.name), _SET_ASIDE.fullmatch(path.name)
        found = aside or made
        if found is None or place not in (None, found["name"]):
            continue
        with suppress(OSError), claims.abandoned(path) as free:
            if aside and (free or sys.platform == "win32"):
                kept += [] if _settle(path, path.with_name(aside["name"])) else [path]
            elif made and free:
                _clear(path)
    return tuple(kept)


def _clear(part: Path) -> None:
    """Make the moves that are left to make, and remove the rest."""
    if not part.is_dir():
        part.unlink(missing_ok=True)
        return
    if moves.listed(part):
        moves.make(part)
    shutil.rmtree(part, ignore_errors=True)


def _settle(aside: Path, place: Path) -> bool:
    """End an exchange that was not ended, and say whether nothing is left of it.

    The folder set aside is put back. Where another is in its place, it is removed if all that it holds is in that one.
    """
    if not aside.is_dir():
        return True
    if not place.exists():
        aside.rename(place)
        return True
    if _holds(place, aside):
        shutil.rmtree(aside, ignore_errors=True)
        return True
    return False


def _holds(folder: Path, other: Path) -> bool:
    """Whether each file of another folder is somewhere in a folder, by its content."""
    wanted = [path for path in other.rglob("*") if path.is_file() or path.is_symlink()]
    sizes = {path.stat().st_size for path in wanted if path.is_file()}
    there = {digests.of_file(path) for path in folder.rglob("*") if path.is_file() and path.stat().st_size in sizes}
    return all(path.is_file() and digests.of_file(path) in there for path in wanted)
