"""A workspace: the folder with the data, templates and reports of one user or team."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from iapt_report.analysis.settings import Settings
from iapt_report.system.errors import CallError, DataError
from iapt_report.system.reading import read_text
from iapt_report.system.toml_text import MOST_BYTES, parse_toml
from iapt_report.workspace.look import Look
from iapt_report.workspace.notify import Mail, Notify, Webhook
from iapt_report.workspace.own import SECTION, Own, own_choices
from iapt_report.workspace.paper import Author, Paper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from iapt_report.areas.period import Period


CONFIGURATION = "iapt-report.toml"
QUARTO_PROJECT = "_quarto.yml"
PARTS_FOLDER = "_parts"
_CSL = b"http://purl.org/net/xbiblio/csl"
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
    look : Look
        How figures look.
    own : mapping of str to Own
        What single periods have of their own, by their identifiers.
    period : str
        The period whose choices these are, where they are those of one; see `of`.
    """

    root: Path
    paper: Paper
    settings: Settings
    edition: int | None = None
    notify: Notify = field(default_factory=Notify)
    look: Look = field(default_factory=Look)
    own: Mapping[str, Own] = field(default_factory=lambda: MappingProxyType({}))
    period: str = ""

    def of(self, period: Period) -> Workspace:
        """Return the workspace as one period sees it: with its own settings, paper and parts where it has such."""
        own = self.own.get(period.id)
        if own is None:
            return replace(self, period=period.id)
        return replace(self, period=period.id, paper=own.paper, settings=own.settings, edition=own.edition)

    @property
    def choices(self) -> tuple[str, ...]:
        """What documents rest on of the configuration, in words: not who is told of them, nor a comment.

        The edition counts, though it changes a document by the next import alone.
        """
        return (
            self.paper.model_dump_json(),
            self.settings.model_dump_json(),
            f"edition {self.edition}",
            self.look.model_dump_json(),
        )

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
        return self.reports / PARTS_FOLDER

    @property
    def parts_of_period(self) -> Path | None:
        """The parts that the user writes for the paper of one period; None for the workspace of all."""
        return self.reports / self.period / PARTS_FOLDER if self.period else None

    @property
    def part_files(self) -> tuple[Path, ...]:
        """The parts that are there: a period's own instead of the common ones of the same name."""
        folders = [folder for folder in (self.parts, self.parts_of_period) if folder]
        found = {path.name: path for folder in folders for path in sorted(folder.glob("*.qmd"))}
        return tuple(found[name] for name in sorted(found))

    @property
    def citation_styles(self) -> tuple[Path, ...]:
        """The citation styles that papers name of their own."""
        papers = (self.paper, *(own.paper for own in self.own.values()))
        return tuple(sorted({self.root / paper.csl for paper in papers if paper.csl}))

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
    text = read_text(path, most=MOST_BYTES)
    values = parse_toml(text, path)
    unknown = set(values) - {"paper", "settings", "notify", "data", "figures", SECTION}
    if unknown:
        raise DataError(
            f"there is no section {sorted(unknown)[0]!r}",
            file=path,
            expected=f"[paper], [settings], [data], [figures], [notify] and [{SECTION}]",
            mend="correct or remove it",
        )
    settings = Settings.from_mapping(values.get("settings", {}), path)
    of_authors = f"{_names(Paper, 'authors')}, and [[paper.authors]] with {_names(Author)}"
    of_ways = f"command, [notify.mail] with {_names(Mail)}, and [notify.webhook] with {_names(Webhook)}"
    paper = _section(Paper, "paper", values, of_authors, path, text)
    notify = _section(Notify, "notify", values, of_ways, path, text)
    look = _section(Look, "figures", values, _names(Look), path, text)
    edition = _edition(values["data"], path) if "data" in values else None
    own = own_choices(
        values,
        path,
        lambda chosen: _section(Paper, "paper", {"paper": chosen}, of_authors, path, text),
        lambda chosen: _edition(chosen, path),
    )
    for one in (paper, *(choices.paper for choices in own.values())):
        _check_style(one.csl, root, path)
    return Workspace(root, paper, settings, edition, notify, look, MappingProxyType(own))


def _check_style(csl: str, root: Path, file: Path) -> None:
    """Refuse a citation style that is not there, or is none."""
    if not csl:
        return
    style = root / csl
    try:
        named = _CSL in style.read_bytes()
    except OSError as error:
        raise DataError(
            f"the citation style {csl!r} cannot be read: {error.strerror}",
            file=file,
            expected="a file of the Citation Style Language in the workspace, named from its folder",
            mend="put it there, or correct csl under [paper]",
        ) from None
    if not named:
        raise DataError(
            "this is no citation style",
            file=style,
            expected=f"an XML file of the Citation Style Language, with the namespace {_CSL.decode()}",
            mend="get the journal's style, or remove csl under [paper]",
        )


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
