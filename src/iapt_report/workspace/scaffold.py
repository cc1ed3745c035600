"""A new workspace, copied from the one that the package carries."""

from __future__ import annotations

import shutil
from pathlib import Path

from iapt_report.system.errors import CallError
from iapt_report.workspace.place import CONFIGURATION, QUARTO_PROJECT


def scaffold() -> Path:
    """Return the folder that a new workspace is copied from: in the installed package, or the project's checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "_workspace"
    return packaged if packaged.is_dir() else package.parents[1]


# Made by a build, or by an update for itself; or counts of few patients, which stay where they were summed.
_NOT_KEPT = "cells.parquet\n/_site/\n/.quarto/\n/logs/\n/data/.update/\n.*.part\n.*.aside\n"
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


def create_workspace(folder: Path) -> list[Path]:
    """Make a new workspace in ``folder``, which must be empty or not there yet.

    Returns
    -------
    list of Path
        What was made.

    Raises
    ------
    CallError
        If something is in the folder already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallError(f"{folder} is not empty", expected="a new or an empty folder", mend="name another folder")
    source = scaffold()
    made = []
    for name in _SCAFFOLD:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source / name, target)
        made.append(target)
    (folder / ".gitignore").write_text(_NOT_KEPT, "utf-8")
    # The project's own README.md is about the project; this one is about a workspace.
    shutil.copyfile(Path(__file__).with_name("README.md"), folder / "README.md")
    return made
