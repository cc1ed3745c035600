"""Cells of text into values; the first that cannot be read is refused by its row and column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from iapt_report.areas import letters
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

# How published files and R write a value that is not there.
MISSING = frozenset({"", "*", "-", "NA", "N/A", "#N/A", "NULL", "NaN", "nan"})

# A comma or any kind of space may part thousands.
_GROUP = re.compile("[, \u00a0\u2009\u202f]")
_WHOLE = re.compile(rf"[0-9]{{1,15}}(?:\.0+)?|[0-9]{{1,3}}(?:{_GROUP.pattern}[0-9]{{3}}){{1,4}}")
# R writes a large round number so: 1e+05.
_POWER = re.compile(r"[1-9](?:\.[0-9]{1,13})?e\+(?:0[0-9]|1[0-4])")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_LONGEST = 200
_LONGEST_NUMBER = 40
# No score, rank, rate or population is larger, and sums of these stay exact enough.
LARGEST_NUMBER = 1e12
# With one of these at its head, a spreadsheet takes a cell for a formula.
_FORMULA = ("=", "+", "-", "@")
_SHOWN = 60


@dataclass(frozen=True)
class Place:
    """Where a table stands.

    Parameters
    ----------
    file : object
        Its file.
    rows : sequence of int
        The line of the file that each of its rows starts on.
    spelling : mapping of str to str
        How the file spells the columns that the program names otherwise.
    rows_of : mapping of str to sequence of int
        For columns whose cells stand on other lines than the row's first, those lines.
    """

    file: object
    rows: Sequence[int]
    spelling: Mapping[str, str] = field(default_factory=dict)
    rows_of: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def error(self, position: int, column: str, problem: str, *, expected: str, mend: str) -> DataError:
        """Make the error for the row at ``position`` (0-based)."""
        return DataError(
            problem,
            file=self.file,
            row=self.rows_of.get(column, self.rows)[position],
            column=self.spelling.get(column, column),
            expected=expected,
            mend=mend,
        )

    def refuse(
        self,
        values: Iterable[object],
        wrong: Iterable[bool],
        column: str,
        *,
        expected: str,
        mend: str,
        problem: str = "is not allowed",
    ) -> None:
        """Raise for the first of ``values`` that is ``wrong``: its text, and what the ``problem`` with it is."""
        position = next((at for at, is_wrong in enumerate(wrong) if is_wrong), None)
        if position is not None:
            raise self.error(position, column, f"{shown([*values][position])} {problem}", expected=expected, mend=mend)

    def refuse_repeats(self, keys: Iterable[Hashable], values: Iterable[object], column: str) -> None:
        """Raise for the first of ``values`` whose key has been there before, naming the row that has it."""
        first: dict[Hashable, int] = {}
        for position, key in enumerate(keys):
            before = first.setdefault(key, position)
            if before != position:
                raise self.error(
                    position,
                    column,
                    f"{shown([*values][position])} is there already, in row {self.rows[before]}",
                    expected="each once",
                    mend="remove or merge one of the rows",
                )


def shown(value: object) -> str:
    """Return ``value`` as an error message may show it: quoted, and short."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def is_missing(cell: str, missing: frozenset[str] = MISSING) -> bool:
    """Say whether a cell holds no value, which is written in one of the ways of ``missing``."""
    return cell.strip() in missing


def counts(text: Iterable[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> list[int | None]:
    """Read whole numbers that are not negative; None where there is none."""
    cells = [cell.strip() for cell in text]
    known = [cell not in missing for cell in cells]
    cells = [_written_out(cell) for cell in cells]
    wrong = [there and not _WHOLE.fullmatch(cell) for cell, there in zip(cells, known, strict=True)]
    place.refuse(cells, wrong, column, expected="a whole number, 0 or more", mend="correct the count")
    return [
        int(_GROUP.sub("", cell).partition(".")[0]) if there else None for cell, there in zip(cells, known, strict=True)
    ]


def _written_out(cell: str) -> str:
    """Write a power, as R does a large round number, as digits."""
    return f"{Decimal(cell):f}" if _POWER.fullmatch(cell) else cell


def numbers(text: Iterable[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> list[float | None]:
    """Read decimal numbers; None where there is none."""
    cells = numerals(text, column, place, missing)
    found = [None if cell is None else float(cell) for cell in cells]
    refuse_large(cells, [value is not None and abs(value) > LARGEST_NUMBER for value in found], column, place)
    return found


def numerals(text: Iterable[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> list[str | None]:
    """Give the cells that hold a decimal number as they are written, and None for missing ones; refuse any other."""
    cells = [None if is_missing(cell, missing) else cell.strip() for cell in text]
    odd = [cell is not None and (len(cell) > _LONGEST_NUMBER or not _NUMBER.fullmatch(cell)) for cell in cells]
    place.refuse(cells, odd, column, expected="a number, with a point for decimals", mend="correct the value")
    return cells


def refuse_large(cells: Iterable[object], large: Iterable[bool], column: str, place: Place) -> None:
    """Refuse the first of the numbers that is larger than any that can be meant."""
    place.refuse(cells, large, column, expected=f"a number up to {LARGEST_NUMBER:.0e}", mend="correct the value")


def names(text: Iterable[str], column: str, place: Place) -> list[str]:
    """Read codes or names: never empty, one line, without control characters, of letters that every format can show."""
    cells = [cell.strip() for cell in text]

    def refuse(is_wrong: Callable[[str], bool], expected: str, mend: str, problem: str = "is not allowed") -> None:
        wrong = {cell: is_wrong(cell) for cell in set(cells)}
        place.refuse(cells, [wrong[cell] for cell in cells], column, expected=expected, mend=mend, problem=problem)

    refuse(lambda cell: not cell, "a value in every row", "fill it in", "is no value")
    refuse(lambda cell: len(cell) > _LONGEST, f"at most {_LONGEST} characters", "shorten it")
    refuse(_has_control, "printable text on one line", "remove it")
    refuse(lambda cell: cell.startswith(_FORMULA), "text that no spreadsheet runs as a formula", "remove the sign")
    unshown = {cell: letters.first_unshown(cell) for cell in set(cells)}
    position = next((at for at, cell in enumerate(cells) if unshown[cell]), None)
    if position is not None:
        letter = letters.named(unshown[cells[position]])
        problem = f"{shown(cells[position])} has {letter}, which no PDF made here can show"
        raise place.error(position, column, problem, expected=letters.IN_WORDS, mend="write the name in such letters")
    spaced = {cell: re.sub(r"\s+", " ", cell) for cell in unshown}
    return [spaced[cell] for cell in cells]


def _has_control(text: str) -> bool:
    """Whether a text has control, formatting or surrogate characters, which could disguise it."""
    return any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in text)


def squash(text: str) -> str:
    """Fold a header for comparison: lower case, letters and digits only; a sign of per cent is read as its word."""
    return re.sub(r"[\W_]+", "", text.lower().replace("%", "percent"))
