"""A new workspace, copied from the one that the package carries."""

from __future__ import annotations

from pathlib import Path

from iapt_report.system import atomic, claims, moves
from iapt_report.system.atomic import is_leftover
from iapt_report.system.errors import CallError
from iapt_report.workspace.place import CONFIGURATION, QUARTO_PROJECT


def scaffold() -> Path:
    """Return the folder that a new workspace is copied from: in the installed package, or the project's checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "_workspace"
    return packaged if packaged.is_dir() else package.parents[1]


# Made by a build, or by an update for itself; or counts of few patients, which stay where they were summed.
_NOT_KEPT = "cells.parquet\n/_site/\n/.quarto/\n/logs/\n/data/.update/\n.*.part\n.*.aside\n"
# What the stage is called that one is made in.
_MADE = "workspace"
_SCAFFOLD = (
    QUARTO_PROJECT,
    CONFIGURATION,
    "prerender.py",
    "postrender.py",
    "_extensions/iapt",
    "templates",
    "data/2014-15-Q2",
    "data/releases.toml",
    "report/references.bib",
    "report/_parts/README.md",
    "runners",
    ".github/workflows/publish.yml",
)


def is_free(folder: Path) -> bool:
    """Whether a workspace can be made in a folder: one that is not there, is empty, or holds what a kill has left."""
    if not folder.is_dir():
        return not folder.exists()
    paths = list(folder.iterdir())
    begun = any(path.name.startswith(f".{_MADE}.") and moves.listed(path) for path in paths)
    return begun or all(is_leftover(path.name) for path in paths)


def create_workspace(folder: Path) -> list[Path]:
    """Make a new workspace in ``folder``, which must be empty or not there yet, all of it or nothing.

    Where the making of one was killed there, it is ended, or begun anew.

    Returns
    -------
    list of Path
        What was made.

    Raises
    ------
    CallError
        If something is in the folder already.
    """
    folder = folder.resolve()
    atomic.sweep(folder.parent, folder.name)
    if is_free(folder) and folder.is_dir():
        with claims.in_turn(folder):
            _make_within(folder)
    elif is_free(folder):
        with atomic.beside(folder) as stage:
            new = stage / folder.name
            _copy(new)
            new.rename(folder)
    else:
        raise CallError(f"{folder} is not empty", expected="a new or an empty folder", mend="name another folder")
    return [folder / name for name in _SCAFFOLD]


def _make_within(folder: Path) -> None:
    """Make a workspace in a folder that is there, which stays the folder it is: somebody may be in it."""
    atomic.sweep(folder)
    if (folder / CONFIGURATION).is_file():
        return
    with atomic.beside(folder / _MADE) as stage:
        _copy(stage)
        moves.write_list(stage, [path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file()], ())
        moves.make(stage)


def _copy(target: Path) -> None:
    """Copy what a new workspace holds, as open to others as new files of its user are."""
    source = scaffold()
    for name in _SCAFFOLD:
        files = [source / name] if (source / name).is_file() else (source / name).rglob("*")
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                atomic.write_bytes(target / path.relative_to(source), path.read_bytes())
    atomic.write_text(target / ".gitignore", _NOT_KEPT)
    # The project's own README.md is about the project; this one is about a workspace.
    atomic.write_bytes(target / "README.md", Path(__file__).with_name("README.md").read_bytes())
