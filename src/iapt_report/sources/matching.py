"""The same organisation in two sources: told by its NHS code, else its ONS code, else its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iapt_report.areas.rows import Row

How = Literal["NHS code", "ONS code", "name"]
# Words that organisations' names carry in one file and not in another.
_FORMAL = re.compile(r"\b(nhs|integrated care board|icb|clinical commissioning group|ccg|and|the)\b|[^a-z0-9 ]")


@dataclass(frozen=True)
class Known:
    """An organisation as another source knows it; what that does not give is empty."""

    nhs_code: str = ""
    ons_code: str = ""
    name: str = ""

    @property
    def code(self) -> str:
        """The code to call it by."""
        return self.nhs_code or self.ons_code or self.name


@dataclass(frozen=True)
class Matches:
    """Which organisation is which: by the activity's code, the other source's, and by what it was told."""

    found: dict[str, Known]
    how: dict[str, How]

    def in_words(self) -> str:
        """Say by what they were matched: "by NHS code", "by NHS code or, for 2 of 42, by name"."""
        counts = {way: sum(how == way for how in self.how.values()) for way in ("NHS code", "ONS code", "name")}
        first, *others = [way for way, n in counts.items() if n]
        rest = [f"for {counts[way]} of {len(self.how)}, by {way}" for way in others]
        return f"by {first}" + (f" or, {' and '.join(rest)}" if rest else "")


def plain_name(name: str) -> str:
    """Fold an organisation's name for comparison: small letters, without formal words and punctuation."""
    return " ".join(_FORMAL.sub(" ", name.lower().replace("&", " and ")).split())


def match(organisations: Iterable[Row], others: Iterable[Known]) -> Matches:
    """Find organisations (``area_code``, ``area_name``) among those of another source.

    A name that, without its formal words, is that of two of the others tells neither.
    """
    listed = list(others)
    by_nhs = {other.nhs_code: other for other in listed if other.nhs_code}
    by_ons = {other.ons_code: other for other in listed if other.ons_code}
    names = [plain_name(other.name) for other in listed]
    by_name = {name: other for name, other in zip(names, listed, strict=True) if name and names.count(name) == 1}
    found: dict[str, Known] = {}
    how: dict[str, How] = {}
    for code, name in ((row["area_code"], row["area_name"]) for row in organisations):
        ways: tuple[tuple[How, Known | None], ...] = (
            ("NHS code", by_nhs.get(code)),
            ("ONS code", by_ons.get(code)),
            ("name", by_name.get(plain_name(name))),
        )
        way = next(((way, other) for way, other in ways if other is not None), None)
        if way is not None:
            how[code], found[code] = way
    return Matches(found, how)
