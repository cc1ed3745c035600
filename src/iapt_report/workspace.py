"""A workspace: the folder with the data, templates and reports of one user or team."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from iapt_report.errors import CallError, DataError
from iapt_report.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIGURATION = "iapt-report.toml"
QUARTO_PROJECT = "_quarto.yml"
_DEFAULT_HEAD = "Deprivation and {outcome} in NHS talking therapies"
# What stands in braces in a text of the user's, and is filled for each period.
_PLACES = {"title": ("{months}", "{period}", "{outcome}"), "running_head": ("{outcome}",)}
_DEFAULT_TITLE = _DEFAULT_HEAD + ": {months}"
# What a user may write by hand, each in report/_parts/<name>.qmd, in the order of the paper.
PARTS = (
    "declaration-of-interest",
    "introduction",
    "discussion",
    "limitations",
    "data-availability",
    "ethics",
    "funding",
    "acknowledgements",
)
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.ASCII)
# As both engines would read it; escaped ones are text.
_SHORTCODE = re.compile(r"(?<![\\{])\{\{<")
_ATX_HEADING = re.compile(r"[\s>]*#{1,2}(?!#)(?P<words>.*)")
_UNDERLINE = re.compile(r"[\s>]*(=+|-+)\s*")
# The levels of headings that are the template's.
_OWN_LEVEL = 3
_END = "end-of-the-part"
# What a later part of the paper might hold, which would close a block left open.
_CLOSING = "\n\n".join(("`" * 12, "~" * 12, "-->"))
_SECONDS = 60

Words = Annotated[str, Field(pattern=r"\S")]


class Author(BaseModel):
    """One author of the user's paper."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    affiliation: str = ""
    affiliations: tuple[Words, ...] = ()
    orcid: str = ""
    email: str = ""
    corresponding: StrictBool = False

    @property
    def places(self) -> tuple[str, ...]:
        """Every affiliation once, in the order given."""
        return tuple(dict.fromkeys(place for place in (self.affiliation, *self.affiliations) if place.strip()))

    @field_validator("orcid")
    @classmethod
    def _is_orcid(cls, value: str) -> str:
        if not value:
            return value
        if not _ORCID.fullmatch(value):
            raise ValueError(
                f"{value!r} is not an ORCID: it has the form 0000-0000-0000-000X, 15 digits and a digit or X"
            )
        expected = orcid_check_character(value)
        if value[-1] != expected:
            raise ValueError(f"{value!r} is not an ORCID: its last character would be {expected}, so one is mistyped")
        return value

    @model_validator(mode="after")
    def _can_be_written_to(self) -> Author:
        if self.corresponding and not self.email.strip():
            raise ValueError(f"{self.name!r} is the corresponding author, and has no email")
        return self


def orcid_check_character(orcid: str) -> str:
    """Compute the last character of an ORCID from the 15 digits before it.

    Parameters
    ----------
    orcid : str
        As ``0000-0000-0000-000X``; the last character is not looked at.

    References
    ----------
    ISO/IEC 7064:2003, system MOD 11-2.
    """
    total = 0
    for digit in orcid.replace("-", "")[:15]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11]


class Paper(BaseModel):
    """What the user's papers carry: never the title or the authors of the 2016 study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default=_DEFAULT_TITLE, min_length=1)
    running_head: str = _DEFAULT_HEAD
    authors: tuple[Author, ...] = ()
    keywords: tuple[Words, ...] = ()
    declaration_of_interest: str = ""
    data_availability: str = ""
    ethics: str = ""
    funding: str = ""
    acknowledgements: str = ""

    @field_validator("title", "running_head")
    @classmethod
    def _has_known_places(cls, value: str, info: ValidationInfo) -> str:
        known = _PLACES[info.field_name or ""]
        strange = [place for place in re.findall(r"\{\w*\}", value) if place not in known]
        if strange:
            raise ValueError(f"{strange[0]} is none of the places that are filled: {', '.join(known)}")
        return value


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
    def parts(self) -> Path:
        """The parts of the papers that the user writes by hand; nothing here writes to them."""
        return self.reports / "_parts"

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
        text = path.read_text("utf-8")
        values: dict[str, Any] = tomllib.loads(text)
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
            f"[paper] {_where(first['loc'])}: {_said(first)}",
            file=path,
            row=_row_of(first["input"], text),
            expected=f"{', '.join(name for name in Paper.model_fields if name != 'authors')}, "
            f"and [[paper.authors]] with {', '.join(Author.model_fields)}",
            mend="correct or remove the line",
        ) from None
    return Workspace(root, paper, settings)


def _where(location: tuple[int | str, ...]) -> str:
    """Name a field as its writer counts: the first author is number 1."""
    return ", ".join(f"number {step + 1}" if isinstance(step, int) else step for step in location)


def _said(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "extra_forbidden":
        return "there is no such field"
    return str(error["msg"][0].lower() + error["msg"][1:])


def _row_of(value: object, text: str) -> int | None:
    """Find the line that a text stands on, of an author that of the name; None if it is not found."""
    if isinstance(value, dict):
        value = value.get("name")
    if not isinstance(value, str) or not value:
        return None
    return next((row for row, line in enumerate(text.splitlines(), start=1) if value in line), None)


def part_file(name: str) -> str:
    """Name the file of a part that is written by hand."""
    return f"{name}.qmd"


def read_parts(workspace: Workspace) -> Mapping[str, str]:
    """Read the parts of the paper that the user has written by hand, as they are.

    Returns
    -------
    mapping of str to str
        By the names of `PARTS`; what is not there, or is empty, is left out.

    Raises
    ------
    DataError
        If a part has another name, is not UTF-8, would not stay within its place in the paper, or is given in
        ``iapt-report.toml`` too.
    """
    found: dict[str, str] = {}
    for path in sorted(workspace.parts.glob("*.qmd")):
        if path.stem not in PARTS:
            raise DataError(
                f"there is no part {path.name!r} of a paper",
                file=path,
                expected=", ".join(part_file(name) for name in PARTS),
                mend="rename it, or move it elsewhere",
            )
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(
                f"this is not UTF-8: {error.reason} at byte {error.start}", file=path, mend="save it as UTF-8"
            ) from None
        if not text.strip():
            continue
        field = path.stem.replace("-", "_")
        if getattr(workspace.paper, field, "").strip():
            raise DataError(
                f"{field} is given in {CONFIGURATION} too",
                file=path,
                mend="remove one of the two, this file or that line",
            )
        _check_part(text, path)
        found[path.stem] = text.strip("\n")
    return MappingProxyType(found)


def _check_part(text: str, path: Path) -> None:
    """Refuse what one of the engines cannot do, or what would reach beyond the part's place in the paper."""
    lines = text.splitlines()
    for row, line in enumerate(lines, start=1):
        if _SHORTCODE.search(line):
            raise DataError(
                "a shortcode ({{< … >}}) cannot stand in a part",
                file=path,
                row=row,
                expected="Markdown that every engine reads",
                mend="write its result in its place",
            )
    read = _as_read(text, path)
    if read["meta"]:
        starts = [row for row, line in enumerate(lines, start=1) if line.rstrip() == "---"]
        raise DataError(
            "a part has no front matter of its own",
            file=path,
            row=starts[0] if starts else None,
            expected="the text alone: title and authors of the paper are in iapt-report.toml",
            mend="remove the block between the lines of three hyphens",
        )
    headings = [node["c"] for node in _nodes(read["blocks"]) if node.get("t") == "Header"]
    for level, _, words in headings:
        if level < _OWN_LEVEL:
            raise DataError(
                f"a heading of level {level} cannot stand in a part, whose heading is the template's",
                file=path,
                row=_heading_row(_letters(words), lines),
                expected="headings of level ### and below",
                mend="begin it with ###, or remove it",
            )
    if not any(block.get("t") == "Header" and block["c"][1][0] == _END for block in read["blocks"]):
        raise DataError(
            "a block of the part is not closed, and would take in what follows it in the paper",
            file=path,
            mend="close what it opens: each ::: or ``` with a line of the same, each <div> or <!-- with its end",
        )


def _as_read(text: str, path: Path) -> dict[str, Any]:
    """Parse a part as pandoc would in the middle of a paper, between a paragraph and a heading."""
    import pypandoc

    done = subprocess.run(  # noqa: S603 - a fixed program, on text
        [pypandoc.get_pandoc_path(), "--from=markdown", "--to=json"],
        input=f"before\n\n{text}\n\n### after {{#{_END}}}\n\n{_CLOSING}\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise DataError(f"pandoc cannot read the part: {done.stderr.strip()}", file=path, mend="correct what it names")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Go through every element of what pandoc read, in the order of the text."""
    if isinstance(tree, dict):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(branch)


def _letters(inlines: object) -> str:
    return _plain(" ".join(node["c"] for node in _nodes(inlines) if node.get("t") == "Str"))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def _heading_row(letters: str, lines: list[str]) -> int | None:
    """Find the row of a heading of the first two levels: the one of these letters, else the first there is."""
    rows: list[tuple[int, str]] = []
    for row, line in enumerate(lines, start=1):
        if heading := _ATX_HEADING.fullmatch(line):
            rows.append((row, heading["words"]))
        elif row < len(lines) and line.strip() and _UNDERLINE.fullmatch(lines[row]):
            rows.append((row, line))
    exact = [row for row, words in rows if _plain(words) == letters]
    return next(iter(exact), rows[0][0] if rows else None)


def scaffold() -> Path:
    """Return the folder that a new workspace is copied from: in the installed package, or the project's checkout."""
    package = Path(__file__).parent
    packaged = package / "_workspace"
    return packaged if packaged.is_dir() else package.parents[1]


# Made by a build, or by an update for itself.
_NOT_KEPT = "/_site/\n/.quarto/\n/logs/\n/data/.update/\n.*.part\n.*.aside\n"
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
    return made
