"""What commands have in common: options, the workspace, the periods asked for."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace


class Format(StrEnum):
    """What a document can be made into."""

    html = "html"
    pdf = "pdf"
    docx = "docx"
    latex = "latex"


class BriefFormat(StrEnum):
    """What the brief of an area can be made into."""

    html = "html"
    pdf = "pdf"
    docx = "docx"


class EngineChoice(StrEnum):
    """What typesets the documents."""

    auto = "auto"
    quarto = "quarto"
    embedded = "embedded"


class Level(StrEnum):
    """Whose figures an import takes."""

    ccg = "ccg"
    subicb = "subicb"
    icb = "icb"
    provider = "provider"


WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace; without it, the one that the current folder lies in.",
        envvar="IAPT_REPORT_WORKSPACE",
    ),
]


def workspace_of(folder: Path | None) -> Workspace:
    """Find the workspace that is named, or else the one that the current folder lies in."""
    from iapt_report.workspace.place import find_workspace

    return find_workspace(folder or Path())


def share_of(text: str | None, option: str) -> float | None:
    """Read a share, written 0.08 or 8%."""
    if text is None:
        return None
    number = text.strip().removesuffix("%")
    with suppress(ValueError):
        share = float(number) / (100 if number != text.strip() else 1)
        if 0 <= share <= 1:
            return share
    raise CallError(
        f"{option} cannot be {text!r}", expected="a share from 0 to 1, such as 0.08, or 8%", mend="correct the share"
    )


def choose_periods(names: list[str], every: bool, data: Path) -> list[Period]:
    """Return the periods asked for, each once; the newest where none is named."""
    from iapt_report.areas.folder import find_periods

    if names and every:
        raise CallError("periods are named and --all is given", mend="give one or the other")
    if names:
        return list(dict.fromkeys(Period.parse(name) for name in names))
    found = find_periods(data)
    if not found:
        raise CallError(
            f"there is no period in {data}",
            mend="import one: iapt-report import FILE --period PERIOD --deprivation FILE --lookup FILE",
        )
    return found if every else found[-1:]
