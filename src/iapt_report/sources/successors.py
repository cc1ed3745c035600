"""Areas that merged into others: a user's table of successor codes, followed forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from iapt_report.areas.text_table import TextTable

_OLD = frozenset(map(cells.squash, ("old_code", "predecessor_code", "from_code", "organisation_code", "code")))
_NEW = frozenset(map(cells.squash, ("new_code", "successor_code", "to_code", "successor_organisation_code")))


@dataclass(frozen=True)
class Successors:
    """The code that followed each code that ended."""

    of: dict[str, str]

    def follow(self, code: str, known: Collection[str]) -> str | None:
        """Go from a code to its successor, and on, until one that is ``known``; None where there is none."""
        following = self.of.get(code)
        while following is not None and following not in known:
            following = self.of.get(following)
        return following

    def last(self, code: str, known: Collection[str]) -> str | None:
        """Go as far as successors are ``known``; None where none is."""
        found = None
        following = self.follow(code, known)
        while following is not None:
            found, following = following, self.follow(following, known)
        return found

    def merged(self, codes: Iterable[str], elsewhere: Collection[str]) -> dict[str, str]:
        """Say which codes of the activity merged into which: into one of the same period, else one known elsewhere.

        Parameters
        ----------
        codes : iterable of str
            The activity's codes.
        elsewhere : collection of str
            The codes that deprivation is known for, where a code of the activity is not among them.
        """
        own = set(codes)
        pairs = ((code, self.last(code, own) or self._unless_known(code, elsewhere)) for code in sorted(own))
        return {code: successor for code, successor in pairs if successor is not None}

    def _unless_known(self, code: str, elsewhere: Collection[str]) -> str | None:
        return None if code in elsewhere else self.follow(code, elsewhere)


def _columns(header: list[str]) -> tuple[str, str] | None:
    old = [name for name in header if cells.squash(name) in _OLD]
    new = [name for name in header if cells.squash(name) in _NEW]
    return (old[0], new[0]) if old and new else None


def is_successors(header: list[str]) -> bool:
    """Whether a file with this header says which codes followed which."""
    return _columns(header) is not None


def read_successors(content: TextTable, file: object) -> Successors:
    """Read a table of two columns: the code that ended, and the code that followed it.

    Raises
    ------
    DataError
        If a column is missing, a code has two successors, or codes follow each other in a circle.
    """
    columns = _columns(content.header)
    if columns is None:
        raise DataError(
            f"the columns of codes are missing; the file has {', '.join(map(repr, content.header[:8]))}",
            file=file,
            row=1,
            expected="old_code and new_code (or predecessor_code and successor_code)",
            mend="name the columns so",
        )
    old, new = columns
    place = cells.Place(file, content.rows)
    befores, afters = (cells.names(content.frame[name], name, place) for name in (old, new))
    of: dict[str, str] = {}
    for i, (before, after) in enumerate(zip(befores, afters, strict=True)):
        if before == after:
            continue
        if of.get(before, after) != after:
            raise place.error(
                i,
                new,
                f"{before!r} has two successors, {of[before]!r} and {after!r}",
                expected="one successor: figures of an area that was divided cannot be followed",
                mend="leave out the area that was divided",
            )
        of[before] = after
    for i, before in enumerate(befores):
        passed = {before}
        following = of.get(before)
        while following is not None and following not in passed:
            passed.add(following)
            following = of.get(following)
        if following is not None:
            raise place.error(
                i, old, f"{before!r} is, by way of others, its own successor", expected="no circle", mend="correct it"
            )
    return Successors(of)
