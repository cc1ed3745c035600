"""What commands have in common: options, the workspace, the periods asked for."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from iapt_report.areas.period import Period
from iapt_report.render.engines import AUTO, ENGINES
from iapt_report.render.jobs import FORMATS
from iapt_report.render.many import SHEET_FORMATS
from iapt_report.system.errors import CallError

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace


class Level(StrEnum):
    """Whose figures an import takes."""

    ccg = "ccg"
    subicb = "subicb"
    icb = "icb"
    provider = "provider"


if TYPE_CHECKING:
    FormatChoice: TypeAlias = str
    SheetFormatChoice: TypeAlias = str
    EngineChoice: TypeAlias = str
else:
    # What typer offers is what there is.
    FormatChoice = StrEnum("FormatChoice", {name: name for name in FORMATS})
    SheetFormatChoice = StrEnum("SheetFormatChoice", {name: name for name in SHEET_FORMATS})
    EngineChoice = StrEnum("EngineChoice", {name: name for name in (AUTO, *ENGINES)})
ANY_ENGINE = EngineChoice(AUTO)


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


CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="DIR",
        help="Where downloads are kept; the user's cache by default.",
        envvar="IAPT_REPORT_CACHE",
    ),
]

ReleasesOption = Annotated[
    Path | None,
    typer.Option(
        "--releases",
        metavar="FILE",
        help="The list of releases; data/releases.toml of the workspace by default.",
        envvar="IAPT_REPORT_RELEASES",
    ),
]

AcceptLossOption = Annotated[
    str | None,
    typer.Option(
        "--accept-loss",
        metavar="SHARE",
        help="How many of the patients may be lost with areas left out, such as 0.08, where that is more than 5%.",
    ),
]
LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Where to add what is done; logs/update.jsonl by default."),
]


def workspace_of(folder: Path | None) -> Workspace:
    """Find the workspace that is named, or else the one that the current folder lies in, and clear up in it.

    What a killed command has set aside is put back before anything is read.
    """
    from iapt_report.system.console import warn
    from iapt_report.workspace.leftovers import settle
    from iapt_report.workspace.place import find_workspace

    place = find_workspace(folder or Path())
    for kept in settle(place):
        warn(
            f"{kept} was set aside by a command that was killed, and holds files that are nowhere else: move them away"
        )
    return place


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
            mend="import one: iapt-report import FILE --period PERIOD",
        )
    return found if every else found[-1:]
