"""Dates as published files write them, to the month that they lie in."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.areas import cells

_TIME = r"(?:[t ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?:z|[+-]\d{2}:?\d{2})?)?"
_MONTHS = tuple(name.lower() for name in calendar.month_name)
# Each with the groups of the year and of the month.
_FORMS = (
    (re.compile(rf"(\d{{4}})-(\d{{1,2}})(?:-\d{{1,2}}{_TIME})?"), 1, 2),
    (re.compile(rf"\d{{1,2}}/(\d{{1,2}})/(\d{{4}}|\d{{2}}){_TIME}"), 2, 1),
    (re.compile(r"(?:\d{1,2}[- ])?([a-z]{3,9})[- ](\d{4}|\d{2})"), 2, 1),
)
_CENTURY = 2000
_LEAST = 1000


def months(text: Sequence[str], column: str, place: cells.Place) -> list[date | None]:
    """Read the first days of the months that dates lie in; see `first_day`.

    Raises
    ------
    DataError
        At the first cell that is no date.
    """
    parsed = {cell: first_day(cell) for cell in set(text)}
    wrong = [parsed[cell] is None for cell in text]
    place.refuse(text, wrong, column, expected="a date such as 2019-04-01 or 01/04/2019", mend="correct the date")
    return [parsed[cell] for cell in text]


def first_day(text: str) -> date | None:
    """Read a date, with or without a time, as the first day of its month; None where it is none.

    It may be written 2019-04-01, 2019-04, 01/04/2019 (the day first), Apr-19, 1-Apr-2019 or April 2019.
    """
    for form, year, month in _FORMS:
        if match := form.fullmatch(text.strip().lower()):
            number, found = _month(match[month]), int(match[year])
            return date(found if found >= _LEAST else _CENTURY + found, number, 1) if number else None
    return None


def _month(text: str) -> int:
    """Return the number of a month, given by number or by (the beginning of) its name; 0 where there is none."""
    if text.isdigit():
        return int(text) if 1 <= int(text) < len(_MONTHS) else 0
    return next((number for number, name in enumerate(_MONTHS) if name.startswith(text)), 0)
