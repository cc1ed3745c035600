"""How people write a period, beside its id."""

from __future__ import annotations

import re
from contextlib import suppress

from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {form: number for number, name in enumerate(_NAMES, start=1) for form in (name, name[:3])}
_YEAR = r"(?:fy-?)?(?P<year>\d{4})-(?P<next>\d{2}|\d{4})"
_FORMS = (
    _YEAR,
    rf"{_YEAR}-?q(?P<quarter>[1-4])",
    rf"q(?P<quarter>[1-4])-{_YEAR}",
    r"(?P<year>\d{4})-(?P<month>\d)",
    r"(?P<year>\d{4})-(?P<name>[a-z]+)",
    r"(?P<name>[a-z]+)-(?P<year>\d{4})",
)


def read_period(text: str) -> Period:
    """Read a period as people write it.

    Its id counts first; beside it ``2019/20``, ``2019-2020`` and ``FY2019-20``, ``2019-20 q3`` and ``Q3 2019/20``,
    ``2019/07``, ``July 2019`` and ``Jul 2019`` are read, with spaces, strokes and dashes alike. A quarter is that of a
    financial year: ``2019 Q3``, which could be one of the calendar, is none.

    Raises
    ------
    CallError
        If ``text`` is no period.
    """
    with suppress(CallError):
        return Period.parse(text)
    plain = re.sub(r"[\s/_.‐‑–—−-]+", "-", text.strip().lower())
    found = next(filter(None, (re.fullmatch(form, plain) for form in _FORMS)), None)
    with suppress(CallError):
        return Period.parse(_id_of(found.groupdict()) if found else plain)
    # Refused as it was written.
    return Period.parse(text)


def _id_of(parts: dict[str, str | None]) -> str:
    year, following, quarter, name = parts["year"], parts.get("next"), parts.get("quarter"), parts.get("name")
    if following:
        whole = int(following) == int(year or 0) + 1
        return f"{year}-{following[-2:] if whole else following}" + (f"-Q{quarter}" if quarter else "")
    return f"{year}-{_MONTHS.get(name, 0) if name else int(parts['month'] or 0):02d}"
