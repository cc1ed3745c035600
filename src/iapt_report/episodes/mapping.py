"""A mapping: which columns of patients' episodes hold what, and how their values are written."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iapt_report.sources.formats import PROVIDER, level_words
from iapt_report.system.errors import DataError
from iapt_report.system.toml_text import read_toml

_SHIPPED = Path(__file__).parent / "iapt-v2.1.toml"
FLAGS = ("use", "completed", "caseness", "not_caseness", "recovered", "reliably_improved")
GROUPED = ("gender", "ethnic_group", "employment")
NOT_KNOWN = "Not known"
# Without these there are no counts; the others say who the patients are, or help to check.
NEEDED = ("pathway", "received", "discharged", "use", "completed", "not_caseness", "recovered")
# Named so that a mapping is whole; no sum is taken by them.
UNUSED = ("complaint", "small_area")
_OF_PERSON = ("age", "gender", "ethnic_group", "decile", "small_area")
_TABLES = ("referral", "person", "employment", "key", "employment_recorded")
_SECTIONS = ("tables", "columns", "flags", *GROUPED)


@dataclass(frozen=True)
class Mapping:
    """Where a source has what.

    Parameters
    ----------
    words : str
        What the source is called in a sentence.
    level : str
        What the organisation is that patients are counted by: a key of `iapt_report.sources.formats.level_words`.
    columns : dict of str to str
        What a column is, and its name in the source.
    tables : dict of str to str
        The names of the tables ``referral``, ``person`` and ``employment``, of their ``key``, and of the date by which
        the latest record of employment is told.
    yes, no : tuple of str
        How flags are written.
    groups : dict of str to dict of str to tuple of str
        For gender, ethnic group and employment: the groups, each with its codes.
    file : str
        Where the mapping stands, for messages.
    """

    words: str
    level: str
    columns: dict[str, str]
    tables: dict[str, str]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    groups: dict[str, dict[str, tuple[str, ...]]]
    file: str

    @property
    def area(self) -> str:
        """Which column says whose patient somebody is."""
        return "provider" if self.level == PROVIDER else "commissioner"

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that sums are taken from or by; those that may be missing come with the others."""
        other = "commissioner" if self.area == "provider" else "provider"
        return tuple(name for name in self.columns if name not in (*UNUSED, other))

    def table_of(self, name: str) -> str:
        """Say which table a column is in, where the source has a table each."""
        return "employment" if name == "employment" else "person" if name in _OF_PERSON else "referral"

    def labels(self, name: str) -> tuple[str, ...]:
        """Return the groups of a column, the one that others are compared with first, those not known last."""
        return (*(label for label in self.groups[name] if label != NOT_KNOWN), NOT_KNOWN)


def read_episodes_mapping(path: Path | None = None, level: str | None = None) -> Mapping:
    """Read a mapping: the shipped one, with what a user's file says in the place of its entries.

    Parameters
    ----------
    path : Path, optional
        TOML with any of the entries of ``iapt-v2.1.toml`` beside this module.
    level : str, optional
        In the place of the mapping's.

    Raises
    ------
    DataError
        If the file is no TOML, or says what cannot be.
    """
    values = tomllib.loads(_SHIPPED.read_text("utf-8"))
    if path is not None:
        values = _overlaid(values, read_toml(path), path)
    chosen = level or values["level"]
    columns = {name: text for name, text in values["columns"].items() if text}
    made = Mapping(
        words=values["words"],
        level=chosen,
        columns=columns,
        tables=values["tables"],
        yes=tuple(values["flags"]["yes"]),
        no=tuple(values["flags"]["no"]),
        groups={name: {label: tuple(codes) for label, codes in values[name].items()} for name in GROUPED},
        file=_SHIPPED.name if path is None else str(path),
    )
    lacking = next((name for name in (*NEEDED, made.area) if name not in columns), None)
    if lacking is not None:
        raise _wrong(f"[columns] has no {lacking!r}", made.file)
    if made.level not in level_words():
        raise _wrong(f"the level {made.level!r} is none of {', '.join(level_words())}", made.file)
    return made


def _overlaid(shipped: dict[str, Any], own: dict[str, Any], path: Path) -> dict[str, Any]:
    """Put a user's entries in the place of the shipped ones; columns and tables one by one, groups as a whole."""
    strange = next((name for name in own if name not in (*_SECTIONS, "words", "level")), None)
    if strange is not None:
        raise _wrong(f"{strange!r} is not expected", path)
    out = dict(shipped)
    for name, value in own.items():
        if name in ("words", "level"):
            if not isinstance(value, str):
                raise _wrong(f"{name!r} must be a text", path)
            out[name] = value
        elif name in ("columns", "tables"):
            _refuse_names(value, shipped["columns"] if name == "columns" else dict.fromkeys(_TABLES), name, path)
            out[name] = {**shipped[name], **value}
        else:
            _refuse_lists(value, name, path)
            out[name] = {**shipped[name], **value} if name == "flags" else value
    return out


def _refuse_names(value: Any, known: dict[str, Any], section: str, path: Path) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _wrong(f"[{section}] must give a name, as text, for each thing it lists", path)
    strange = next((name for name in value if name not in known), None)
    if strange is not None:
        raise _wrong(f"{strange!r} under [{section}] is none of {', '.join(known)}", path)


def _refuse_lists(value: Any, section: str, path: Path) -> None:
    listed = isinstance(value, dict) and value
    if not listed or not all(isinstance(codes, list) and all(map(_is_text, codes)) for codes in value.values()):
        raise _wrong(f"[{section}] must give a list of texts for each thing it names", path)
    strange = next((name for name in value if name not in ("yes", "no")), None) if section == "flags" else None
    if strange is not None:
        raise _wrong(f"{strange!r} under [flags] is neither 'yes' nor 'no'", path)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _wrong(problem: str, path: object) -> DataError:
    return DataError(
        problem,
        file=path,
        expected=f'entries of {_SHIPPED.name}, such as [columns] with commissioner = "OrgIDComm"',
        mend="correct the mapping",
    )
