"""A user's own mapping: which columns of a table hold what, so that any table can be activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iapt_report.areas import cells
from iapt_report.areas.cells import MISSING
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.sources.formats import Format, folded_choice, level_words
from iapt_report.system.errors import DataError
from iapt_report.system.toml_text import read_toml

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
_LONG = ("measure", "value")
_ENTRIES = {
    *("level", "columns", "measures", "only", "missing", "suppressed", "rounded_to", "synthetic"),
    *_LONG,
}
_OF_ROWS = ("area_code", "area_name")
_NEEDED = ("area_code", "area_name", "referrals", "finished_treatment")
_EXAMPLE = (
    """level = "ccg", then [columns] with lines such as referrals = "Referrals received", and, to choose rows, [only]"""
)


def read_mapping(path: Path) -> Format:
    """Read a mapping: TOML with ``[columns]``, which gives what a column is and its header.

    For a long table, where a row holds one measure, ``measure`` and ``value`` name the columns of a measure's name and
    of its value, and ``[measures]`` gives what a measure is and its name. ``level``, ``[only]``, ``missing``,
    ``suppressed``, ``rounded_to`` and ``synthetic`` may be given where they differ from the defaults.

    Returns
    -------
    Format
        A format whose signature is all the headers that the mapping names.

    Raises
    ------
    DataError
        If the file is no TOML, or the mapping names what does not exist or lacks what is needed.
    """
    values = read_toml(path, expected=_EXAMPLE)
    columns, only, level = values.get("columns"), values.get("only", {}), values.get("level", "ccg")
    measures = values.get("measures", {})
    problem = _problem(values, columns, measures, only, level)
    if problem or not isinstance(columns, dict):
        raise DataError(problem or "there is no [columns]", file=path, expected=_EXAMPLE, mend="correct the mapping")
    long = [values[name] for name in _LONG if name in values]
    return Format(
        name="mapped",
        words=f"a table as {path.name} maps it",
        signature=frozenset(map(cells.squash, (*columns.values(), *only, *long))),
        months="month" in columns,
        kinds=("month", "quarter", "year"),
        required=("referrals", "finished_treatment"),
        missing=MISSING | frozenset(values.get("missing", ())),
        suppressed=frozenset(values.get("suppressed", ["*"])),
        rounded_to=values.get("rounded_to", _ROUNDED_TO),
        only=folded_choice(only),
        columns=tuple((header, name) for name, header in columns.items()),
        levels={},
        measure=values.get("measure", ""),
        value=(values["value"],) if "value" in values else (),
        measures=tuple((text, name) for name, text in measures.items()),
        level=level,
        synthetic=values.get("synthetic", False),
    )


def headers_of(mapped: Format) -> tuple[str, ...]:
    """Return every header that a mapping names."""
    named = (*(header for header, _ in mapped.columns), *mapped.only, mapped.measure, *mapped.value)
    return tuple(filter(None, dict.fromkeys(named)))


def _problem(values: dict[str, Any], columns: Any, measures: Any, only: Any, level: Any) -> str:
    """Say what is wrong with a mapping; nothing where it can be used."""
    said = (
        _strange_entry(values),
        _wrong_values(values, level),
        _wrong_names(columns, "columns"),
        _wrong_names(measures, "measures") or _wrong_long(values, measures),
        _wrong_only(only),
    )
    return next(filter(None, said), "") or _lacking(columns, measures) or _doubled(columns) or _doubled(measures)


def _strange_entry(values: dict[str, Any]) -> str:
    unknown = sorted(set(values) - _ENTRIES)
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
    known = isinstance(level, str) and level in level_words()
    return "" if known else f"the level {level!r} is none of {', '.join(level_words())}"


def _wrong_names(names: Any, section: str) -> str:
    if not isinstance(names, dict) or not all(isinstance(text, str) and text for text in names.values()):
        what = "header" if section == "columns" else "measure's name"
        return f"[{section}] must give a {what}, as text, for each thing it names"
    strange = sorted(set(names) - set(CANONICAL))
    return f"{strange[0]!r} under [{section}] is none of {', '.join(CANONICAL)}" if strange else ""


def _wrong_long(values: dict[str, Any], measures: dict[str, str]) -> str:
    """Say what a mapping of a long table lacks."""
    given = [name for name in _LONG if name in values]
    if any(not isinstance(values[name], str) or not values[name] for name in given):
        return "'measure' and 'value' must each be the header of a column, as text"
    if measures and len(given) < len(_LONG):
        return "[measures] is for a long table, and needs 'measure' and 'value', the columns of names and of values"
    if given and not measures:
        return "'measure' and 'value' need [measures], which gives the name of each measure in the file"
    return ""


def _lacking(columns: dict[str, str], measures: dict[str, str]) -> str:
    for name in _NEEDED:
        if name not in columns and (name in _OF_ROWS or name not in measures):
            return f"[{'measures' if measures and name not in _OF_ROWS else 'columns'}] lacks {name!r}"
    known = {*columns, *measures}
    cases = {"at_caseness", "not_at_caseness"} & known
    if "recovery_percentage" not in known and not ("recovered" in known and cases):
        section = "measures" if measures else "columns"
        return f"[{section}] lacks 'recovery_percentage', or 'recovered' with 'at_caseness' or 'not_at_caseness'"
    both = sorted(set(columns) & set(measures))
    return f"{both[0]!r} is under both [columns] and [measures]" if both else ""


def _doubled(names: dict[str, str]) -> str:
    """Refuse two things of one column; a table without names may have its codes stand for them."""
    things = {name: text for name, text in names.items() if name != "area_name" or text != names.get("area_code")}
    for name, text in things.items():
        if same := [other for other, own in things.items() if own == text and other != name]:
            return f"{name!r} and {same[0]!r} cannot both be {text!r}"
    return ""


def _wrong_only(only: Any) -> str:
    if isinstance(only, dict) and all(map(_is_texts, only.values())):
        return ""
    return "[only] must give a list of texts for each header it names"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
