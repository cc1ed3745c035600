"""What a source says that cannot be right, or that nobody should take for right unasked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

What = Literal["finished over referred", "rate changed", "unit", "short month", "fewer than before"]


@dataclass(frozen=True)
class Doubt:
    """One thing that is doubted.

    Parameters
    ----------
    what : str
        Its kind.
    words : str
        It in a sentence.
    area_code, area_name : str
        The area that it is about; empty where it is about a whole file.
    figures : tuple of (str, float)
        The numbers that it rests on, each with its name: counts, or rates as proportions.
    """

    what: What
    words: str
    area_code: str = ""
    area_name: str = ""
    figures: tuple[tuple[str, float], ...] = ()
