"""Cells of text into typed columns; the first that cannot be read is refused by its row and column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from iapt_report.areas import letters
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

# How published files and R write a value that is not there.
MISSING = frozenset({"", "*", "-", "NA", "N/A", "#N/A", "NULL", "NaN", "nan"})

# A comma or any kind of space may part thousands.
_GROUP = re.compile("[, \u00a0\u2009\u202f]")
_WHOLE = re.compile(rf"[0-9]{{1,15}}(?:\.0+)?|[0-9]{{1,3}}(?:{_GROUP.pattern}[0-9]{{3}}){{1,4}}")
# R writes a large round number so: 1e+05.
_POWER = re.compile(r"[1-9](?:\.[0-9]{1,13})?e\+(?:0[0-9]|1[0-4])")
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_LONGEST = 200
_LONGEST_NUMBER = 40
# No score, rank, rate or population is larger, and sums of these stay exact enough.
_LARGEST_NUMBER = 1e12
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
        values: pd.Series[Any],
        wrong: pd.Series[bool],
        column: str,
        *,
        expected: str,
        mend: str,
        problem: str = "is not allowed",
    ) -> None:
        """Raise for the first of ``values`` that is ``wrong``: its text, and what the ``problem`` with it is."""
        flags = wrong.fillna(value=False).to_numpy(dtype=bool)
        if flags.any():
            position = int(flags.argmax())
            raise self.error(
                position, column, f"{shown(values.iloc[position])} {problem}", expected=expected, mend=mend
            )

    def refuse_repeats(self, keys: pd.Series[Any], values: pd.Series[Any], column: str) -> None:
        """Raise for the first of ``values`` whose key has been there before, naming the row that has it."""
        again = keys.duplicated().to_numpy(dtype=bool)
        if again.any():
            position = int(again.argmax())
            first = int((keys == keys.iloc[position]).to_numpy(dtype=bool).argmax())
            raise self.error(
                position,
                column,
                f"{shown(values.iloc[position])} is there already, in row {self.rows[first]}",
                expected="each once",
                mend="remove or merge one of the rows",
            )


def shown(value: object) -> str:
    """Return ``value`` as an error message may show it: quoted, and short."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def is_missing(text: pd.Series[str], missing: frozenset[str] = MISSING) -> pd.Series[bool]:
    """Say which cells hold no value, which is written in one of the ways of ``missing``."""
    return text.isna() | text.str.strip().isin(missing)


def counts(text: pd.Series[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> pd.Series[int]:
    """Read whole numbers that are not negative, as nullable integers."""
    import pandas as pd

    # Tables are short: one pass over their cells takes less than pandas takes to set about several.
    cells = [_written_out(cell.strip()) if isinstance(cell, str) else "" for cell in text]
    known = [isinstance(cell, str) and cell.strip() not in missing for cell in text]
    wrong = [there and not _WHOLE.fullmatch(cell) for cell, there in zip(cells, known, strict=True)]
    if any(wrong):
        at = pd.Series(wrong, index=text.index)
        place.refuse(
            pd.Series(cells, text.index), at, column, expected="a whole number, 0 or more", mend="correct the count"
        )
    read = [
        int(_GROUP.sub("", cell).partition(".")[0]) if there else None for cell, there in zip(cells, known, strict=True)
    ]
    return pd.Series(pd.array(read, dtype="Int64"), index=text.index, name=text.name)


def _written_out(cell: str) -> str:
    """Write a power, as R does a large round number, as digits."""
    return f"{Decimal(cell):f}" if _POWER.fullmatch(cell) else cell


def numbers(text: pd.Series[str], column: str, place: Place, missing: frozenset[str] = MISSING) -> pd.Series[float]:
    """Read decimal numbers; missing ones become NaN."""
    import pandas as pd

    cells = text.str.strip().where(~is_missing(text, missing))
    expected = "a number, with a point for decimals"
    odd = _unlike(cells, _NUMBER) | (cells.str.len() > _LONGEST_NUMBER).fillna(value=False)
    place.refuse(cells, odd, column, expected=expected, mend="correct the value")
    parsed = pd.to_numeric(cells).astype("float64")
    large = f"a number up to {_LARGEST_NUMBER:.0e}"
    place.refuse(cells, parsed.abs() > _LARGEST_NUMBER, column, expected=large, mend="correct the value")
    return parsed


def _unlike(cells: pd.Series[str], pattern: str) -> pd.Series[bool]:
    return cells.notna() & ~cells.fillna("0").str.fullmatch(pattern)


def names(text: pd.Series[str], column: str, place: Place) -> pd.Series[str]:
    """Read codes or names: never empty, one line, without control characters, of letters that every format can show."""
    cells = text.fillna("").str.strip()
    place.refuse(cells, cells == "", column, expected="a value in every row", mend="fill it in", problem="is no value")
    place.refuse(
        cells, cells.str.len() > _LONGEST, column, expected=f"at most {_LONGEST} characters", mend="shorten it"
    )
    place.refuse(cells, cells.map(_has_control), column, expected="printable text on one line", mend="remove it")
    formula = cells.str.startswith(_FORMULA)
    place.refuse(cells, formula, column, expected="text that no spreadsheet runs as a formula", mend="remove the sign")
    unshown = cells.map(letters.first_unshown)
    if (unshown != "").any():
        position = int((unshown != "").to_numpy(dtype=bool).argmax())
        letter = letters.named(unshown.iloc[position])
        problem = f"{shown(cells.iloc[position])} has {letter}, which no PDF made here can show"
        raise place.error(position, column, problem, expected=letters.IN_WORDS, mend="write the name in such letters")
    return cells.str.replace(r"\s+", " ", regex=True)


def optional_text(text: pd.Series[str]) -> pd.Series[str]:
    """Read free text; empty cells become missing."""
    return text.str.strip().mask(is_missing(text), None)


def absent_counts(index: pd.Index[Any]) -> pd.Series[int]:
    """Return a column of counts of which none is known."""
    import pandas as pd

    return pd.Series(pd.NA, index=index, dtype="Int64")


def absent_numbers(index: pd.Index[Any]) -> pd.Series[float]:
    """Return a column of numbers of which none is known."""
    import pandas as pd

    return pd.Series(float("nan"), index=index, dtype="float64")


def _has_control(text: str) -> bool:
    """Whether a text has control, formatting or surrogate characters, which could disguise it."""
    return any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in text)


def squash(text: str) -> str:
    """Fold a header for comparison: lower case, letters and digits only; a sign of per cent is read as its word."""
    return re.sub(r"[\W_]+", "", text.lower().replace("%", "percent"))
