"""Which columns of a file hold what: the exact header first, else the one that folds to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from iapt_report.areas.text_table import TextTable
    from iapt_report.sources.formats import Format


def pick(header: Sequence[str], wanted: str, file: object) -> str | None:
    """Find a column by its header; None where there is none.

    Raises
    ------
    DataError
        If several are written exactly so, or none is and several fold to the same.
    """
    if wanted in header:
        if header.count(wanted) > 1:
            raise DataError(
                f"the column {wanted!r} is there twice",
                file=file,
                column=wanted,
                expected="each column once",
                mend="remove or rename one of them",
            )
        return wanted
    folded = cells.squash(wanted)
    alike = [name for name in header if folded and cells.squash(name) == folded]
    if len(alike) > 1:
        raise DataError(
            f"{' and '.join(map(repr, alike))} could both be the column {wanted!r}",
            file=file,
            column=alike[0],
            expected=f"one of them, or one that is called {wanted!r}",
            mend="rename or remove one of them",
        )
    return alike[0] if alike else None


def spelling_of(header: Sequence[str], wanted: Iterable[tuple[str, str]], file: object) -> dict[str, str]:
    """Say how a file spells what is wanted: by canonical name, the first of its headers that is there.

    Parameters
    ----------
    header : sequence of str
    wanted : iterable of (str, str)
        Headers, each with the canonical name of what it holds.
    file : object
        For messages.
    """
    found: dict[str, str] = {}
    for text, name in wanted:
        if name not in found and (spelt := pick(header, text, file)) is not None:
            found[name] = spelt
    return found


def named_columns(
    content: TextTable, form: Format, level: str, file: object
) -> tuple[dict[str, Sequence[str]], cells.Place]:
    """Give the columns of a table that a format declares their canonical names, and say where they stand.

    Only those: another column may bear one of the names used here.
    """
    spelling = spelling_of(content.header, form.columns_at(level), file)
    found = {name: content.column(header) for name, header in spelling.items()}
    return found, cells.Place(file, content.rows, spelling)


def chosen_rows(content: TextTable, form: Format, file: object, *, whole: bool) -> list[bool]:
    """Say which rows have the values that a format asks for and, save those of England as a ``whole``, no others."""
    keep = [True] * len(content)
    for header, allowed in form.only.items():
        if column := pick(content.header, header, file):
            fits = among(content.column(column), allowed)
            keep = [kept and fit for kept, fit in zip(keep, fits, strict=True)]
    for header, refused in () if whole else form.without.items():
        if column := pick(content.header, header, file):
            misfits = among(content.column(column), refused)
            keep = [kept and not misfit for kept, misfit in zip(keep, misfits, strict=True)]
    return keep


def among(text: Sequence[str], folded: Collection[str]) -> list[bool]:
    """Say which cells fold to one of some words."""
    fits = {cell: cells.squash(cell) in folded for cell in set(text)}
    return [fits[cell] for cell in text]
