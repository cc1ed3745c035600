"""How a whole number is written, in a note on data as in a paper."""

from __future__ import annotations

THIN = "\N{NARROW NO-BREAK SPACE}"
_GROUPED_FROM = 10_000


def grouped(number: int) -> str:
    """``293400`` as "293 400", ``4355`` as "4355": in groups of three from five figures on, as the journal does."""
    return f"{number:,}".replace(",", THIN) if abs(number) >= _GROUPED_FROM else str(number)
