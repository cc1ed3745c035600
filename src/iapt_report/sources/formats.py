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
class ShareRule:
    """Which rows are about one group of an organisation's patients; values are folded.

    Parameters
    ----------
    columns : tuple of str
        The headers of the variable, of its group, and of the part of the group.
    without : frozenset of str
        Values of the first that are no such variable.
    whole : frozenset of str
        Values of the last that mean the whole group.
    unknown : frozenset of str
        Words for patients of whom it is not known.
    """

    columns: tuple[str, ...]
    without: frozenset[str]
    whole: frozenset[str]
    unknown: frozenset[str]


@dataclass(frozen=True)
class Format:
    """One published shape; where it says "folded", texts are as `iapt_report.areas.cells.squash` leaves them.

    Parameters
    ----------
    name, words : str
        How the program and how a message call it.
    signature : frozenset of str
        The headers, folded, that tell it from every other kind.
    months : bool
        Whether each row is about one month, else the file is about a whole period.
    kinds : tuple of str
        The kinds of period that a file without months can be about.
    required : tuple of str
        Measures without which the file is of no use.
    missing, suppressed : frozenset of str
        How a value that is not there is written; those of them that say it was withheld.
    rounded_to : int
        Below England, counts are rounded to the nearest multiple of this, and those under it are withheld.
    only, without : dict
        Folded headers, each with the folded values that rows must have, or must not have.
    columns : tuple of (str, str)
        Headers as published, each with its canonical name. A name can have several headers, of which the first that a
        file has counts; a header can have several names.
    levels : dict
        Folded value of the level's column to level.
    at : dict
        Level to folded headers, each with its canonical name, that hold for its rows instead of those of ``columns``.
    optional : frozenset of str
        Canonical names of columns that a file may lack.
    measure, value : str, tuple of str
        In a long table, where a row holds one measure: the headers of its name and, one of several, of its value.
    measures : tuple of (str, str)
        In a long table, names of measures, each with its canonical name, as in ``columns``.
    identifier, ids : str, dict
        In a long table, the header of a measure's id, and the folded ids, each with its canonical name: they count for
        measures that no name tells.
    level : str
        The level of all rows, where no column says it.
    deciles : DecileRule or None
        Which rows count patients by their own deprivation; None where no row does.
    shares : ShareRule or None
        Which rows count patients by any other group; None where no row does.
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
    columns: tuple[tuple[str, str], ...]
    levels: dict[str, str]
    kinds: tuple[str, ...] = ()
    without: dict[str, frozenset[str]] = field(default_factory=dict)
    at: dict[str, dict[str, str]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    measure: str = ""
    value: tuple[str, ...] = ()
    measures: tuple[tuple[str, str], ...] = ()
    identifier: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def absent(self) -> frozenset[str]:
        """What stands for a missing value: what is declared, and what a file has that went through R."""
        return self.missing | cells.MISSING

    level: str = ""
    deciles: DecileRule | None = None
    shares: ShareRule | None = None
    synthetic: bool = False

    def columns_at(self, level: str) -> tuple[tuple[str, str], ...]:
        """Return the headers, each with its canonical name, for rows of one level."""
        own = self.at.get(level, {})
        return (*((header, name) for header, name in self.columns if name not in own.values()), *own.items())

    @property
    def published(self) -> dict[str, str]:
        """Canonical name to header, or name of a measure, as it is published; the first where there are several."""
        return {name: text for text, name in reversed((*self.columns, *self.measures))}

    @property
    def headers(self) -> set[str]:
        """Every header that it knows, folded."""
        named = {self.measure, self.identifier, *(header for header, _ in self.columns)} - {""}
        own = {header for columns in self.at.values() for header in columns}
        return {cells.squash(header) for header in named} | own | set(self.only) | set(self.without)


@cache
def activity_formats() -> tuple[Format, ...]:
    """Return every declared shape of activity data."""
    declared = tomllib.loads(_DECLARED.read_text("utf-8"))
    return tuple(_declared(name, values) for name, values in declared.items() if name != "levels")


def _declared(name: str, values: dict[str, Any]) -> Format:
    return Format(
        name=name,
        words=values["words"],
        signature=frozenset(map(cells.squash, values["signature"])),
        months=values["months"],
        kinds=tuple(values.get("kinds", ())),
        required=tuple(values["required"]),
        missing=frozenset(values["missing"]),
        suppressed=frozenset(values["suppressed"]),
        rounded_to=values["rounded_to"],
        only=folded_choice(values["only"]),
        without=folded_choice(values.get("without", {})),
        columns=tuple(values["columns"].items()),
        levels={cells.squash(value): level for value, level in values["levels"].items()},
        at={
            level: {cells.squash(header): name for header, name in own.items()}
            for level, own in values.get("at", {}).items()
        },
        optional=frozenset(values.get("optional", ())),
        measure=values.get("measure", ""),
        value=tuple(values.get("value", ())),
        measures=tuple(values.get("measures", {}).items()),
        identifier=values.get("identifier", ""),
        ids={cells.squash(text): name for text, name in values.get("ids", {}).items()},
        deciles=_decile_rule(values["deciles"]) if "deciles" in values else None,
        shares=_share_rule(values["shares"]) if "shares" in values else None,
    )


def folded_choice(chosen: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    """Fold headers and the values that are listed for each."""
    return {cells.squash(header): frozenset(map(cells.squash, listed)) for header, listed in chosen.items()}


def _decile_rule(values: dict[str, Any]) -> DecileRule:
    return DecileRule(
        only=folded_choice(values["only"]),
        column=cells.squash(values["column"]),
        values={cells.squash(value): decile for value, decile in values["values"].items()},
    )


def _share_rule(values: dict[str, Any]) -> ShareRule:
    folded = {name: frozenset(map(cells.squash, values[name])) for name in ("without", "whole", "unknown")}
    return ShareRule(columns=tuple(values["columns"]), **folded)


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
