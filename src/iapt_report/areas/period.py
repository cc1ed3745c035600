"""Periods of NHS reporting: a month, a quarter or a financial year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from iapt_report.system.errors import CallError

Kind = Literal["month", "quarter", "year"]

_QUARTER = re.compile(r"([0-9]{4})-([0-9]{2})-Q([1-4])")
_PAIR = re.compile(r"([0-9]{4})-([0-9]{2})")
_APRIL = 4
_FORMS = "a quarter such as 2014-15-Q2, a financial year such as 2019-20, or a month such as 2019-07"


@dataclass(frozen=True, order=True)
class Period:
    """One reporting period; periods sort in time, a longer one after a shorter one that begins with it.

    Parameters
    ----------
    start, end : datetime.date
        The first and the last day.
    id : str
        ``2014-15-Q2`` (NHS quarter: Q1 is April to June), ``2019-20`` (April to March) or ``2019-07``.
    kind : {"month", "quarter", "year"}
    """

    start: date
    end: date
    id: str
    kind: Kind

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period from its id.

        ``2011-12`` and its like, where the second number is both the next year and a month, are financial
        years: no monthly figures were published before 2013.

        Raises
        ------
        CallError
            If ``text`` is not a period's id.
        """
        if match := _QUARTER.fullmatch(text):
            year = int(match[1])
            if _follows(year, match[2]):
                first = _APRIL + 3 * (int(match[3]) - 1)
                return _spanning(text, "quarter", year, first, 3)
        elif match := _PAIR.fullmatch(text):
            year = int(match[1])
            if _follows(year, match[2]):
                return _spanning(text, "year", year, _APRIL, 12)
            if 1 <= int(match[2]) <= 12:  # noqa: PLR2004
                return _spanning(text, "month", year, int(match[2]), 1)
        raise CallError(f"{text!r} is not a period", expected=_FORMS, mend="write the period in one of these forms")

    @property
    def months(self) -> str:
        """The months in words: ``July to September 2014``, ``April 2019 to March 2020``, ``July 2019``."""
        first, last = calendar.month_name[self.start.month], calendar.month_name[self.end.month]
        if self.kind == "month":
            return f"{first} {self.start.year}"
        if self.start.year == self.end.year:
            return f"{first} to {last} {self.end.year}"
        return f"{first} {self.start.year} to {last} {self.end.year}"

    @property
    def label(self) -> str:
        """The months, and how the NHS names them: ``July to September 2014 (quarter 2 of 2014-15)``."""
        if self.kind == "quarter":
            return f"{self.months} (quarter {self.id[-1]} of {self.id[:7]})"
        if self.kind == "year":
            return f"{self.months} (financial year {self.id})"
        return self.months

    @property
    def parts(self) -> tuple[Period, ...]:
        """The months of it, in order."""
        first = self.start.year * 12 + self.start.month - 1
        last = self.end.year * 12 + self.end.month - 1
        numbers = (divmod(number, 12) for number in range(first, last + 1))
        return tuple(_spanning(f"{year:04d}-{month + 1:02d}", "month", year, month + 1, 1) for year, month in numbers)

    @property
    def financial_year(self) -> str:
        """The id of the financial year that it begins in."""
        year = self.start.year - (self.start.month < _APRIL)
        return f"{year}-{(year + 1) % 100:02d}"

    def __str__(self) -> str:
        return self.id


def _follows(year: int, two_digits: str) -> bool:
    return (year + 1) % 100 == int(two_digits)


def _spanning(text: str, kind: Kind, year: int, first_month: int, months: int) -> Period:
    if not 1 <= year <= 9998:  # noqa: PLR2004
        raise CallError(f"{text!r} is not a period", expected=_FORMS, mend="write a year of four digits")
    start_year, start_month = year + (first_month - 1) // 12, (first_month - 1) % 12 + 1
    last = first_month + months - 1
    end_year, end_month = year + (last - 1) // 12, (last - 1) % 12 + 1
    end_day = calendar.monthrange(end_year, end_month)[1]
    return Period(date(start_year, start_month, 1), date(end_year, end_month, end_day), text, kind)
