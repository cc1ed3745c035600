"""A workspace: the folder with the data, templates and reports of one user or team."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from iapt_report.analysis.settings import Settings
from iapt_report.system.errors import CallError, DataError
from iapt_report.workspace.notify import Mail, Notify, Webhook
from iapt_report.workspace.paper import Author, Paper

if TYPE_CHECKING:
    from pathlib import Path


CONFIGURATION = "iapt-report.toml"
QUARTO_PROJECT = "_quarto.yml"
Section = TypeVar("Section", bound=BaseModel)


@dataclass(frozen=True)
class Workspace:
    """Where everything stands, and the user's choices.

    Parameters
    ----------
    root : Path
        The folder with ``iapt-report.toml``.
    paper : Paper
    settings : Settings
    edition : int or None
        The edition of the indices of deprivation that periods are imported with; None where it follows the period.
    notify : Notify
        Who is told of new reports.
    """

    root: Path
    paper: Paper
    settings: Settings
    edition: int | None = None
    notify: Notify = field(default_factory=Notify)

    @property
    def choices(self) -> tuple[str, ...]:
        """What documents rest on of the configuration, in words: not who is told of them, nor a comment.

        The edition counts, though it changes a document by the next import alone.
        """
        return (self.paper.model_dump_json(), self.settings.model_dump_json(), f"edition {self.edition}")

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


def is_in_workspace(start: Path) -> bool:
    """Whether a folder, which need not be there yet, is a workspace or lies in one."""
    start = start.resolve()
    return any((folder / CONFIGURATION).is_file() for folder in (start, *start.parents))


def _open(root: Path) -> Workspace:
    path = root / CONFIGURATION
    try:
        text = path.read_text("utf-8")
        values: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"this is not TOML: {error}", file=path, mend="correct the line") from None
    unknown = set(values) - {"paper", "settings", "notify", "data"}
    if unknown:
        raise DataError(
            f"there is no section {sorted(unknown)[0]!r}",
            file=path,
            expected="[paper], [settings], [data] and [notify]",
            mend="correct or remove it",
        )
    settings = Settings.from_mapping(values.get("settings", {}), path)
    of_authors = f"{_names(Paper, 'authors')}, and [[paper.authors]] with {_names(Author)}"
    of_ways = f"command, [notify.mail] with {_names(Mail)}, and [notify.webhook] with {_names(Webhook)}"
    paper = _section(Paper, "paper", values, of_authors, path, text)
    notify = _section(Notify, "notify", values, of_ways, path, text)
    edition = _edition(values["data"], path) if "data" in values else None
    return Workspace(root, paper, settings, edition, notify)


def _section(kind: type[Section], name: str, values: dict[str, Any], expected: str, path: Path, text: str) -> Section:
    """Check one section of the configuration."""
    try:
        return kind.model_validate(values.get(name, {}))
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"[{name}] {_where(first['loc'])}: {_said(first)}",
            file=path,
            row=_row_of(first["input"], text),
            expected=expected,
            mend="correct or remove the line",
        ) from None


def _edition(values: Any, path: Path) -> int | None:
    """Read the edition that [data] chooses."""
    from iapt_report.reference.editions import editions

    known = {edition.year for edition in editions()}
    strange = sorted(set(values) - {"edition"}) if isinstance(values, dict) else ["[data]"]
    edition = None if strange else values.get("edition")
    if strange or not (edition is None or (type(edition) is int and edition in known)):
        raise DataError(
            f"there is no setting {strange[0]!r} under [data]" if strange else f"the edition cannot be {edition!r}",
            file=path,
            expected=f"edition = {', '.join(map(str, sorted(known)))}: an edition of the indices of deprivation",
            mend="correct or remove the line under [data]",
        )
    return edition


def _names(kind: type[BaseModel], *without: str) -> str:
    return ", ".join(name for name in kind.model_fields if name not in without)


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
