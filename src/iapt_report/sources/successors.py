"""Areas that merged into others: a user's table of successor codes, and the package's own, followed forward."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.text_table import refuse_empty
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from iapt_report.areas.text_table import TextTable

_OLD = frozenset(map(cells.squash, ("old_code", "predecessor_code", "from_code", "organisation_code", "code")))
_NEW = frozenset(map(cells.squash, ("new_code", "successor_code", "to_code", "successor_organisation_code")))


@dataclass(frozen=True)
class Successors:
    """The code that followed each code that ended.

    Parameters
    ----------
    of : mapping of str to str
        As the user has it.
    shipped : mapping of str to str
        As `iapt_report.reference.successors.followed_by` has it; where both know a code, the user's counts.
    file : str
        The name of the user's file; empty where there is none.
    """

    of: Mapping[str, str]
    shipped: Mapping[str, str] = field(default_factory=dict, repr=False)
    file: str = ""

    def _next(self, code: str) -> str | None:
        return self.of.get(code, self.shipped.get(code))

    def way(self, code: str) -> Iterator[str]:
        """Give the successor of a code, its successor, and on; a circle is gone through once."""
        passed = {code}
        following = self._next(code)
        while following is not None and following not in passed:
            yield following
            passed.add(following)
            following = self._next(following)

    def follow(self, code: str, known: Collection[str]) -> str | None:
        """Go from a code to its successor, and on, until one that is ``known``; None where there is none."""
        return next((following for following in self.way(code) if following in known), None)

    def last(self, code: str, known: Collection[str]) -> str | None:
        """Go as far as the user's own successors are ``known``; None where none is."""
        own = Successors(self.of)
        return next((following for following in reversed([*own.way(code)]) if following in known), None)

    def merged(self, codes: Iterable[str], elsewhere: Collection[str]) -> dict[str, str]:
        """Say which codes of the activity merged into which: into one of the same period, else one known elsewhere.

        Only the user can say that two codes of one period are one; what comes with the package is followed where
        nothing is known of a code itself.

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

    def told_by_user(self, followed: Mapping[str, str]) -> bool:
        """Whether the user's table led any of some codes to what each was followed to."""
        return any(step in self.of for code, to in followed.items() for step in self._steps(code, to))

    def told_by_package(self, followed: Mapping[str, str]) -> bool:
        """Whether what comes with the package did."""
        return any(step not in self.of for code, to in followed.items() for step in self._steps(code, to))

    def _steps(self, code: str, to: str) -> Iterator[str]:
        """Give the codes that are left on the way from one to another."""
        for following in self.way(code):
            yield code
            if following == to:
                return
            code = following


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
    refuse_empty(content, file, "a row a code that ended")
    old, new = columns
    place = cells.Place(file, content.rows)
    befores, afters = (cells.names(content.column(name), name, place) for name in (old, new))
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
    return Successors(of, file=Path(str(file)).name)
