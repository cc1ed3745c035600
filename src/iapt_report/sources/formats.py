"""The declared shapes of published activity files; see ``formats.toml`` beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from iapt_report.areas import cells

_DECLARED = Path(__file__).parent / "formats.toml"


@dataclass(frozen=True)
class DecileRule:
    """Which rows are about the patients of one deprivation decile; headers and values are folded.

    Parameters
    ----------
    only : dict
        Headers, each with the values that such rows have.
    column : str
        The header of the decile.
    values : dict
        Value of that column to decile, 1 the most deprived; 0 where the patients' is not known.
    """

    only: dict[str, frozenset[str]]
    column: str
    values: dict[str, int]


@dataclass(frozen=True)
class Format:
    """One published shape; headers and values in it are folded (`iapt_report.areas.cells.squash`).

    Parameters
    ----------
    name, words : str
        How the program and how a message call it.
    signature : frozenset of str
        The headers that tell it from every other kind.
    months : bool
        Whether each row is about one month, else the file is about one financial year.
    required : tuple of str
        Measures without which the file is of no use.
    missing, suppressed : frozenset of str
        How a value that is not there is written; those of them that say it was withheld.
    rounded_to : int
        Below England, counts are rounded to the nearest multiple of this, and those under it are withheld.
    only : dict
        Headers, each with the values that rows must have.
    columns : dict
        Header to canonical name.
    published : dict
        Canonical name to header as it is published.
    levels : dict
        Value of the level's column to level.
    at : dict
        Level to headers, each with its canonical name, that hold for its rows instead of those of ``columns``.
    measure, value : str, tuple of str
        In a long table, where a row holds one measure: the headers of its name and, one of several, of its value.
    measures : dict
        In a long table, name of a measure to canonical name.
    level : str
        The level of all rows, where no column says it.
    deciles : DecileRule or None
        Which rows count patients by their own deprivation; None where no row does.
    synthetic : bool
        Whether the organisations are invented.
    """

    name: str
    words: str
    signature: frozenset[str]
    months: bool
    required: tuple[str, ...]
    missing: frozenset[str]
    suppressed: frozenset[str]
    rounded_to: int
    only: dict[str, frozenset[str]]
    columns: dict[str, str]
    published: dict[str, str]
    levels: dict[str, str]
    at: dict[str, dict[str, str]] = field(default_factory=dict)
    measure: str = ""
    value: tuple[str, ...] = ()
    measures: dict[str, str] = field(default_factory=dict)
    level: str = ""
    deciles: DecileRule | None = None
    synthetic: bool = False

    def columns_at(self, level: str) -> dict[str, str]:
        """Return the canonical name of each header, for rows of one level."""
        own = self.at.get(level, {})
        return {header: name for header, name in self.columns.items() if name not in own.values()} | own

    def canonical(self, header: str, level: str) -> str | None:
        """Return what a header, or the name of a measure, is in rows of one level; None where it is nothing."""
        folded = cells.squash(header)
        return self.columns_at(level).get(folded, self.measures.get(folded))

    @property
    def headers(self) -> set[str]:
        """Every header that it knows."""
        return set(self.columns) | {header for own in self.at.values() for header in own}


@cache
def activity_formats() -> tuple[Format, ...]:
    """Return every declared shape of activity data."""
    declared = tomllib.loads(_DECLARED.read_text("utf-8"))
    return tuple(
        Format(
            name=name,
            words=values["words"],
            signature=frozenset(map(cells.squash, values["signature"])),
            months=values["months"],
            required=tuple(values["required"]),
            missing=frozenset(values["missing"]),
            suppressed=frozenset(values["suppressed"]),
            rounded_to=values["rounded_to"],
            only={cells.squash(h): frozenset(map(cells.squash, allowed)) for h, allowed in values["only"].items()},
            columns={cells.squash(header): name for header, name in values["columns"].items()},
            published={name: h for h, name in {**values["columns"], **values.get("measures", {})}.items()},
            levels={cells.squash(value): level for value, level in values["levels"].items()},
            at={
                level: {cells.squash(header): name for header, name in own.items()}
                for level, own in values.get("at", {}).items()
            },
            measure=cells.squash(values.get("measure", "")),
            value=tuple(map(cells.squash, values.get("value", ()))),
            measures={cells.squash(header): name for header, name in values.get("measures", {}).items()},
            deciles=_decile_rule(values["deciles"]) if "deciles" in values else None,
        )
        for name, values in declared.items()
        if name != "levels"
    )


def _decile_rule(values: dict[str, Any]) -> DecileRule:
    return DecileRule(
        only={
            cells.squash(header): frozenset(map(cells.squash, allowed)) for header, allowed in values["only"].items()
        },
        column=cells.squash(values["column"]),
        values={cells.squash(value): decile for value, decile in values["values"].items()},
    )


@cache
def level_words() -> dict[str, str]:
    """Return the levels of organisation, the smallest commissioning area first, each with its name in words."""
    levels: dict[str, str] = tomllib.loads(_DECLARED.read_text("utf-8"))["levels"]
    return levels


PROVIDER = "provider"
ENGLAND = "england"


def choose_level(found: set[str], asked: str | None) -> str | None:
    """Return the level to read of those found: the one asked for, else the smallest commissioning area."""
    if asked:
        return asked if asked in found else None
    return next((name for name in level_words() if name in found and name != PROVIDER), None)


def activity_format(header: list[str]) -> Format | None:
    """Return the activity format that a header has, if any."""
    folded = {cells.squash(name) for name in header}
    return next((form for form in activity_formats() if form.signature <= folded), None)
