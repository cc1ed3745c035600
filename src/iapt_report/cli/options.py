"""What commands have in common: options, the workspace, the periods asked for."""

from __future__ import annotations

import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from iapt_report.areas.spelling import read_period
from iapt_report.render.choices import AUTO, ENGINE_NAMES, SHEET_FORMATS
from iapt_report.render.jobs import FORMATS
from iapt_report.system.errors import CallError, ReportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.areas.period import Period
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
    EngineChoice = StrEnum("EngineChoice", {name: name for name in (AUTO, *ENGINE_NAMES)})
ANY_ENGINE = EngineChoice(AUTO)

# The newest: of the periods in data/, or, for a command that fetches, of the quarters that are published whole.
LATEST = "latest"


def complete_period(incomplete: str) -> list[str]:
    """Complete a period from those in data/ of the workspace that the shell is in, the newest first."""
    from iapt_report.areas.folder import find_periods
    from iapt_report.workspace.place import find_workspace

    names = [LATEST]
    # A shell that asks for completions has no use for a message.
    with suppress(ReportError, OSError):
        place = find_workspace(Path(os.environ.get("IAPT_REPORT_WORKSPACE") or "."))
        names += [period.id for period in reversed(find_periods(place.data))]
    return [name for name in names if name.startswith(incomplete)]


# The one way that a period is named: as an argument, or by this option with the same words.
PERIOD_WORDS = "such as 2019-20-Q3, 2019-20 or 2019-07"
PeriodOption = Annotated[
    list[str] | None,
    typer.Option("--period", "-p", metavar="PERIOD", help="The same as the argument.", autocompletion=complete_period),
]

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


JsonOption = Annotated[
    bool, typer.Option("--json", help="Print facts as JSON on standard output; `schema` describes them.")
]
PeriodArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="PERIOD", help=f"A period in data/, {PERIOD_WORDS}; or {LATEST}.", autocompletion=complete_period
    ),
]


def choose_periods(names: Sequence[str], every: bool, data: Path) -> list[Period]:
    """Return the periods asked for, each once; the newest where none is named."""
    from iapt_report.areas.folder import find_periods

    if names and every:
        raise CallError("periods are named and --all is given", mend="give one or the other")
    if names and LATEST not in names:
        return list(dict.fromkeys(map(read_period, names)))
    found = find_periods(data)
    if not found:
        raise CallError(
            f"there is no period in {data}",
            mend="import one: iapt-report import PERIOD FILE",
        )
    if every:
        return found
    return list(dict.fromkeys(found[-1] if name == LATEST else read_period(name) for name in names or [LATEST]))


def named_periods(arguments: Sequence[str] | None, options: Sequence[str] | None) -> list[str]:
    """Return the periods that are named, as arguments or with --period."""
    return [*(arguments or ()), *(options or ())]


def one_named(argument: str | None, options: Sequence[str] | None) -> str:
    """Return the one period that a call must name, in either way.

    Raises
    ------
    CallError
        If it names none, or several.
    """
    names = named_periods([argument] if argument else None, options)
    if len(names) != 1:
        raise CallError(
            f"several periods are named: {', '.join(names)}" if names else "no PERIOD is named",
            expected=f"one period, {PERIOD_WORDS}, or {LATEST}",
            mend="name one",
        )
    return names[0]


def one_period(argument: str | None, options: Sequence[str] | None, data: Path) -> Period:
    """Return the one period in ``data/`` that a call must name.

    Raises
    ------
    CallError
        If it names none, several, or what is no period.
    """
    return choose_periods([one_named(argument, options)], False, data)[0]


def period_and_rest(arguments: Sequence[str], options: Sequence[str] | None, what: str) -> tuple[Period, list[str]]:
    """Part the arguments of a call in which the period stands before something else, as in PERIOD FILE.

    With --period all of them are the something else.

    Raises
    ------
    CallError
        If the first is no period and none is named by the option, if several are, or if nothing else is given.
    """
    named, *rest = arguments if not options else (one_named(None, options), *arguments)
    if named == LATEST:
        raise CallError(
            f"{LATEST} is the name of no period here", expected=f"a period, {PERIOD_WORDS}", mend="name the period"
        )
    if not rest:
        raise CallError(f"no {what} is named", expected=f"PERIOD {what}", mend=f"name a {what} after the period")
    return read_period(named), rest
