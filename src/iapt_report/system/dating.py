"""The date that a document may carry: none of its own accord, so that the same inputs give the same bytes."""

from __future__ import annotations

import os
import re

from iapt_report.system.errors import CallError

VARIABLE = "SOURCE_DATE_EPOCH"
# The last second that a date of four digits can say.
_LAST = 253_402_300_799


def source_date() -> int | None:
    """Return the date that the environment sets for what is built, in seconds since the beginning of 1970 (UTC).

    Raises
    ------
    CallError
        If ``SOURCE_DATE_EPOCH`` is not such a number.

    References
    ----------
    The specification of SOURCE_DATE_EPOCH, https://reproducible-builds.org/specs/source-date-epoch/
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > _LAST:
        raise CallError(
            f"the environment variable {VARIABLE} is {text[:40]!r}",
            expected="a whole number of seconds since 1 January 1970",
            mend=f"unset it, or set it for example with `export {VARIABLE}=$(git log -1 --format=%ct)`",
        )
    return int(text)
