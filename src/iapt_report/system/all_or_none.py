"""Files of one or more folders that change together or not at all, wherever the process ends.

They are made in a stage, which looks like the folder that they lie in. What lies there already is linked, not copied.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from iapt_report.system import atomic, moves
from iapt_report.system.errors import DataError, renamed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def changing(root: Path, name: str, folders: Sequence[PurePath], *, swap: bool = False) -> Iterator[Path]:
    """Give a folder that looks like ``root``, and move what is written in some of its folders there at the block's end.

    All of it moves together: once the first file has moved, a process that is killed has left a list of the others, and
    `iapt_report.system.atomic.sweep` moves them. Where the block raises, nothing has changed, and the messages name the
    files by their places in ``root``. Files that nobody wrote or removed in the block stay as they are, so that nothing
    is lost that somebody writes beside them meanwhile.

    Parameters
    ----------
    root : Path
    name : str
        What is made, for the stage's name.
    folders : sequence of PurePath
        The folders that may change, relative to ``root``; they need not be there. A file in them must be replaced, not
        written to: it may be the one in ``root`` under a second name.
    swap : bool
        Whether the folders take the places of the former ones as they are, so that there is at no time one with files
        of two states; for who is in the folder it is then another.

    Raises
    ------
    DataError
        If somebody else has changed one of the files meanwhile.
    """
    with atomic.beside(root / name) as stage:
        seen: dict[str, moves.State] = {}
        with renamed(stage, root):
            _mirror(root, stage, folders, PurePath(), seen)
            yield stage
        moved, removed = _changed(stage, folders, seen)
        for path in (*moved, *removed):
            if moves.state(root / path) != seen.get(path):
                raise DataError(
                    "this was changed by somebody else while the new one was being made, and nothing was replaced",
                    file=root / path,
                    mend="do it again",
                )
        if not (moved or removed):
            return
        swapped = [folder.as_posix() for folder in folders if swap and not (root / folder).is_symlink()]
        if swapped:
            moves.write_list(stage, (), (), swapped, seen)
        else:
            moves.write_list(stage, moved, removed)
        try:
            moves.make(stage)
        except OSError:
            moves.withdraw(stage)
            raise


def put(path: Path, content: bytes) -> None:
    """Write a file of a folder in the making, which nobody reads yet.

    Another file of that name stays as it is where it has a second one.
    """
    path.unlink(missing_ok=True)
    try:
        path.write_bytes(content)
    except OSError as error:
        # A full disk does not say where it is.
        error.filename = error.filename or str(path)
        raise


def _mirror(
    source: Path,
    target: Path,
    folders: Sequence[PurePath],
    at: PurePath,
    seen: dict[str, moves.State],
) -> None:
    """Let a folder look like another: links to what is in it, but for those folders that may change."""
    inner: dict[str, list[PurePath]] = {}
    for folder in folders:
        inner.setdefault(folder.parts[0], []).append(PurePath(*folder.parts[1:]))
    for path in source.iterdir() if source.is_dir() else ():
        if path.name not in inner and not path.name.startswith("."):
            _point(target / path.name, path)
    for name, rest in inner.items():
        (target / name).mkdir()
        if any(not folder.parts for folder in rest):
            _fill(source / name, target / name, at / name, seen)
        else:
            _mirror(source / name, target / name, rest, at / name, seen)


def _fill(source: Path, target: Path, at: PurePath, seen: dict[str, moves.State]) -> None:
    """Put the files of a folder into another under a second name each."""
    for path in source.iterdir() if source.is_dir() else ():
        if atomic.is_leftover(path.name):
            continue
        if path.is_dir() and path.is_symlink():
            _point(target / path.name, path)
        elif path.is_dir():
            (target / path.name).mkdir()
            _fill(path, target / path.name, at / path.name, seen)
        elif (state := moves.state(path)) is not None:
            (_point if path.is_symlink() else _link)(target / path.name, path)
            seen[(at / path.name).as_posix()] = state


def _point(link: Path, path: Path) -> None:
    """Let a name lead to a file or folder that stays where it is."""
    there = path.resolve()
    try:
        link.symlink_to(there, target_is_directory=there.is_dir())
    except OSError:
        # Not every system lets everybody make such links.
        if there.is_dir():
            shutil.copytree(there, link)
        elif there.is_file():
            shutil.copy2(there, link)


def _link(name: Path, path: Path) -> None:
    """Give a file a second name."""
    try:
        name.hardlink_to(path)
    except OSError:
        # Not every file system has them, and not everybody may make them.
        shutil.copy2(path, name)


def _changed(stage: Path, folders: Sequence[PurePath], seen: dict[str, moves.State]) -> tuple[list[str], list[str]]:
    """List the files of a stage that were written, and those that were removed."""
    there = set()
    for folder in folders:
        for parent, _, names in os.walk(stage / folder):
            inside = Path(parent).relative_to(stage)
            there |= {(inside / name).as_posix() for name in names if not atomic.is_leftover(name)}
    written = [
        path for path in there if not (stage / path).is_symlink() and not moves.is_as_seen(stage / path, seen.get(path))
    ]
    return sorted(written), sorted(path for path in seen if path not in there)
