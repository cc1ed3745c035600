"""Areas chosen by code or name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.sources.matching import plain_name
from iapt_report.system.errors import CallError
from iapt_report.words.place_names import place_name, with_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results


# As many names as a message can hold.
_NEAREST = 5


@dataclass(frozen=True)
class Choice:
    """The areas to write about, and those of the data that cannot be.

    Parameters
    ----------
    areas : tuple of Area
    every : bool
        Whether these are all areas that there are.
    skipped : int
        Organisations that the analysis leaves out, where all are wanted.
    """

    areas: tuple[Area, ...]
    every: bool = False
    skipped: int = 0


def choose(results: Results, named: Sequence[str]) -> Choice:
    """Choose areas by code or name; all that were analysed where none is named.

    A name is told without its formal words, in large or small letters.

    Raises
    ------
    CallError
        If a name is of no area, of several, or of one that the analysis leaves out.
    """
    if not named:
        return Choice(results.areas, every=True, skipped=len(results.sample.excluded))
    return Choice(tuple(dict.fromkeys(_find(results, name) for name in named)))


def _find(results: Results, asked: str) -> Area:
    """Find one area by its code, else by its name."""
    known: list[Any] = [*results.areas, *results.sample.excluded]
    wanted, plain = asked.strip(), plain_name(asked)
    ways: tuple[Callable[[Any], bool], ...] = (
        lambda area: area.area_code == wanted,
        lambda area: area.area_code.casefold() == wanted.casefold(),
        lambda area: area.area_name.casefold() == wanted.casefold(),
        lambda area: bool(plain) and plain_name(area.area_name) == plain,
        lambda area: bool(plain) and _place(area) == plain,
    )
    found = next((those for way in ways if (those := [area for area in known if way(area)])), [])
    if len(found) > 1:
        raise CallError(
            f"{asked!r} is the name of {len(found)} areas: {_listed(found)}",
            expected="the code or the name of one area",
            mend="give the code",
        )
    if not found:
        near = _nearest(results.areas, plain, wanted)
        raise CallError(
            f"there is no area {asked!r} in {results.period.id}",
            expected=f"a code or a name, such as {_listed(near)}",
            mend="correct it; a name counts without NHS, CCG and the like, in large or small letters",
        )
    reason = getattr(found[0], "reason", None)
    if reason is not None:
        raise CallError(
            f"{with_code(found[0])} is not in the analysis of {results.period.id}: {reason}",
            expected="an area that was analysed",
            mend="name another area, or fill in what is missing in the data",
        )
    area: Area = found[0]
    return area


def _nearest(known: Sequence[Area], plain: str, wanted: str) -> list[Area]:
    """Return the areas whose names hold what was asked for, else those whose names or codes are most like it."""
    holding = [area for area in known if plain and (plain in plain_name(area.area_name) or plain in _place(area))]
    if holding:
        return holding[:_NEAREST]
    texts: dict[str, Area] = {}
    for area in known:
        texts.setdefault(area.area_code.lower(), area)
        texts.setdefault(plain_name(area.area_name), area)
        texts.setdefault(_place(area), area)
    like = difflib.get_close_matches(plain or wanted.lower(), texts, n=_NEAREST, cutoff=0.4)
    return list({texts[text].area_code: texts[text] for text in like}.values()) or list(known[:_NEAREST])


def _place(area: Any) -> str:
    """Return the place that an area is printed with, without formal words and code."""
    return plain_name(place_name(area.area_name, area.area_code).removesuffix(f"({area.area_code})"))


def _listed(areas: Sequence[Any]) -> str:
    shown = ", ".join(with_code(area) for area in areas[:_NEAREST])
    return shown if len(areas) <= _NEAREST else f"{shown} and {len(areas) - _NEAREST} more"
