"""What a single period has of its own in the configuration, beside what all share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.settings import Settings
from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from iapt_report.workspace.paper import Paper

SECTION = "periods"
_PAPER = "paper"
_EDITION = "edition"


@dataclass(frozen=True)
class Own:
    """A period's choices: its own, and the common ones where it has none.

    Parameters
    ----------
    paper : Paper
    settings : Settings
    edition : int or None
    """

    paper: Paper
    settings: Settings
    edition: int | None


def own_choices(
    values: Mapping[str, Any],
    file: Path,
    paper_of: Callable[[dict[str, Any]], Paper],
    edition_of: Callable[[Any], int | None],
) -> dict[str, Own]:
    """Read the choices of single periods.

    Parameters
    ----------
    values : mapping
        The whole configuration: ``[periods."2024-25"]`` holds settings, ``edition``, and a table ``paper``.
    file : Path
    paper_of, edition_of : callable
        What checks a section ``[paper]`` and ``[data]``.

    Returns
    -------
    dict of str to Own
        By the period's identifier.

    Raises
    ------
    DataError
        If a name is of no period, or a choice cannot be.
    """
    named = values.get(SECTION, {})
    if not isinstance(named, dict):
        raise DataError(
            f"{SECTION} is {type(named).__name__}, not a table", file=file, expected=_EXPECTED, mend="correct it"
        )
    return {_period(name, file): _own(name, of, values, file, paper_of, edition_of) for name, of in named.items()}


_EXPECTED = f'[{SECTION}."2024-25"], with settings, {_EDITION}, and [{SECTION}."2024-25".{_PAPER}]'


def _period(name: str, file: Path) -> str:
    try:
        return Period.parse(name).id
    except CallError:
        raise DataError(
            f"[{SECTION}] names {name!r}, which is no period",
            file=file,
            expected="2024-25 (financial year), 2024-25-Q2 (quarter) or 2024-07 (month), in quotation marks",
            mend="correct the name",
        ) from None


def _own(
    name: str,
    chosen: Any,
    values: Mapping[str, Any],
    file: Path,
    paper_of: Callable[[dict[str, Any]], Paper],
    edition_of: Callable[[Any], int | None],
) -> Own:
    if not isinstance(chosen, dict) or not isinstance(chosen.get(_PAPER, {}), dict):
        raise DataError(f"[{SECTION}] {name} is not a table", file=file, expected=_EXPECTED, mend="correct it")
    settings = {key: value for key, value in chosen.items() if key not in {_PAPER, _EDITION}}
    data = {**values.get("data", {}), **{key: chosen[key] for key in (_EDITION,) if key in chosen}}
    return Own(
        paper_of({**values.get("paper", {}), **chosen.get(_PAPER, {})}),
        Settings.from_mapping({**values.get("settings", {}), **settings}, file),
        edition_of(data) if data else None,
    )
