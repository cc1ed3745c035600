"""A user's own mapping: which columns of a table hold what, so that any table can be activity."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from iapt_report.areas import cells
from iapt_report.areas.cells import MISSING
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.sources.formats import Format, level_words
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

CANONICAL = (
    "area_code",
    "area_name",
    "month",
    "referrals",
    "finished_treatment",
    "at_caseness",
    "not_at_caseness",
    "recovered",
    "reliably_recovered",
    "reliably_improved",
    *(outcome.percentage for outcome in OUTCOMES.values()),
)
_ROUNDED_TO = 5
_COARSEST = 1000
_NEEDED = ("area_code", "area_name", "referrals", "finished_treatment")
_EXAMPLE = (
    """level = "ccg", then [columns] with lines such as referrals = "Referrals received", and, to choose rows, [only]"""
)


def read_mapping(path: Path) -> Format:
    """Read a mapping: TOML with ``[columns]``, which gives what a column is and its header.

    ``level``, ``[only]``, ``missing``, ``suppressed``, ``rounded_to`` and ``synthetic`` may be given where they differ
    from the defaults.

    Returns
    -------
    Format
        A format whose signature is all the headers that the mapping names.

    Raises
    ------
    DataError
        If the file is no TOML, or the mapping names what does not exist or lacks what is needed.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError("there is no such file", file=path, mend="correct the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"this is not TOML: {error}", file=path, expected=_EXAMPLE, mend="correct the line") from None
    columns, only, level = values.get("columns"), values.get("only", {}), values.get("level", "ccg")
    problem = _problem(values, columns, only, level)
    if problem or not isinstance(columns, dict):
        raise DataError(problem or "there is no [columns]", file=path, expected=_EXAMPLE, mend="correct the mapping")
    return Format(
        name="mapped",
        words=f"a table as {path.name} maps it",
        signature=frozenset(map(cells.squash, (*columns.values(), *only))),
        months="month" in columns,
        required=("referrals", "finished_treatment"),
        missing=MISSING | frozenset(values.get("missing", ())),
        suppressed=frozenset(values.get("suppressed", ["*"])),
        rounded_to=values.get("rounded_to", _ROUNDED_TO),
        only={cells.squash(header): frozenset(map(cells.squash, allowed)) for header, allowed in only.items()},
        columns={cells.squash(header): name for name, header in columns.items()},
        published=dict(columns),
        levels={},
        level=level,
        synthetic=values.get("synthetic", False),
    )


def _problem(values: dict[str, Any], columns: Any, only: Any, level: Any) -> str:
    """Say what is wrong with a mapping; nothing where it can be used."""
    said = (_strange_entry(values), _wrong_values(values, level), _wrong_columns(columns), _wrong_only(only))
    return next(filter(None, said), "")


def _strange_entry(values: dict[str, Any]) -> str:
    unknown = sorted(set(values) - {"level", "columns", "only", "missing", "suppressed", "rounded_to", "synthetic"})
    return f"{unknown[0]!r} is not expected" if unknown else ""


def _wrong_values(values: dict[str, Any], level: Any) -> str:
    for name in ("missing", "suppressed"):
        if not _is_texts(values.get(name, [])):
            return f"{name!r} must be a list of texts"
    step = values.get("rounded_to", 1)
    if not isinstance(step, int) or isinstance(step, bool) or not 1 <= step <= _COARSEST:
        return f"'rounded_to' must be a whole number from 1 (not rounded) to {_COARSEST}"
    if not isinstance(values.get("synthetic", False), bool):
        return "'synthetic' must be true (the areas are invented) or false"
    return "" if level in level_words() else f"the level {level!r} is none of {', '.join(level_words())}"


def _wrong_columns(columns: Any) -> str:
    if not isinstance(columns, dict) or not all(isinstance(header, str) and header for header in columns.values()):
        return "[columns] must give a header, as text, for each thing it names"
    strange = sorted(set(columns) - set(CANONICAL))
    if strange:
        return f"{strange[0]!r} under [columns] is none of {', '.join(CANONICAL)}"
    lacking = [name for name in _NEEDED if name not in columns]
    if lacking:
        return f"[columns] lacks {lacking[0]!r}"
    cases = {"at_caseness", "not_at_caseness"} & set(columns)
    if "recovery_percentage" not in columns and not ("recovered" in columns and cases):
        return "[columns] lacks 'recovery_percentage', or 'recovered' with 'at_caseness' or 'not_at_caseness'"
    return ""


def _wrong_only(only: Any) -> str:
    if isinstance(only, dict) and all(map(_is_texts, only.values())):
        return ""
    return "[only] must give a list of texts for each header it names"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
