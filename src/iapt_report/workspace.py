"""A workspace: the folder with the data, templates and reports of one user or team."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from iapt_report.errors import CallError, DataError
from iapt_report.settings import Settings

CONFIGURATION = "iapt-report.toml"
QUARTO_PROJECT = "_quarto.yml"
_DEFAULT_HEAD = "Deprivation and {outcome} in NHS talking therapies"
_DEFAULT_TITLE = _DEFAULT_HEAD + ": {months}"


class Author(BaseModel):
    """One author of the user's paper."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    affiliation: str = ""
    orcid: str = ""
    email: str = ""


class Paper(BaseModel):
    """What the user's papers carry: never the title or the authors of the 2016 study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default=_DEFAULT_TITLE, min_length=1)
    running_head: str = _DEFAULT_HEAD
    authors: tuple[Author, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """Where everything stands, and the user's choices.

    Parameters
    ----------
    root : Path
        The folder with ``iapt-report.toml``.
    paper : Paper
    settings : Settings
    """

    root: Path
    paper: Paper
    settings: Settings

    @property
    def data(self) -> Path:
        """One folder a period."""
        return self.root / "data"

    @property
    def templates(self) -> Path:
        """The Jinja templates of the documents."""
        return self.root / "templates"

    @property
    def extension(self) -> Path:
        """The Quarto extension with the documents' look."""
        return self.root / "_extensions" / "iapt"

    @property
    def reports(self) -> Path:
        """The Quarto documents: one generated folder a period."""
        return self.root / "report"

    @property
    def site(self) -> Path:
        """The rendered documents."""
        return self.root / "_site"


def find_workspace(start: Path) -> Workspace:
    """Find the workspace that ``start`` lies in.

    Raises
    ------
    CallError
        If it lies in none.
    DataError
        If the workspace's configuration cannot be used.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIGURATION).is_file():
            return _open(folder)
    raise CallError(
        f"{start} is not in a workspace: no {CONFIGURATION} there or above",
        expected="a folder made by `iapt-report init`, or a clone of the project",
        mend="make one with `iapt-report init DIR`, or name one with --workspace DIR",
    )


def _open(root: Path) -> Workspace:
    path = root / CONFIGURATION
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"this is not TOML: {error}", file=path, mend="correct the line") from None
    unknown = set(values) - {"paper", "settings"}
    if unknown:
        raise DataError(
            f"there is no section {sorted(unknown)[0]!r}",
            file=path,
            expected="[paper] and [settings]",
            mend="correct or remove it",
        )
    settings = Settings.from_mapping(values.get("settings", {}), path)
    try:
        paper = Paper.model_validate(values.get("paper", {}))
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"[paper] {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}",
            file=path,
            expected="title, running_head, and [[paper.authors]] with name, affiliation, orcid and email, all text",
            mend="correct or remove the line",
        ) from None
    return Workspace(root, paper, settings)


def scaffold() -> Path:
    """Return the folder that a new workspace is copied from: in the installed package, or the project's checkout."""
    package = Path(__file__).parent
    packaged = package / "_workspace"
    return packaged if packaged.is_dir() else package.parents[1]


_SCAFFOLD = (
    QUARTO_PROJECT,
    CONFIGURATION,
    "prerender.py",
    "_extensions/iapt",
    "templates",
    "data/2014-15-Q2",
    "data/releases.toml",
    "report/index.qmd",
    "report/references.bib",
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
    (folder / ".gitignore").write_text("/_site/\n/.quarto/\n", "utf-8")
    return made
