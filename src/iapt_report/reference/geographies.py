"""What kind of place a code of the Office for National Statistics is the code of, told from how it begins."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMISSIONING = {"ccg": "E38", "subicb": "E38", "icb": "E54"}
_CODE = re.compile(r"[EWSN]\d{8}")
_AUTHORITIES = "local authorities"
_WORDS = {
    "E00": "census output areas",
    "E01": "lower-layer super output areas",
    "E02": "middle-layer super output areas",
    "E05": "wards",
    **dict.fromkeys(("E06", "E07", "E08", "E09"), _AUTHORITIES),
    "E10": "counties",
    "E11": "metropolitan counties",
    "E12": "regions",
    "E14": "parliamentary constituencies",
    "E38": "clinical commissioning groups or Sub-ICB locations",
    "E39": "sub-regions of NHS England",
    "E40": "regions of NHS England",
    "E47": "combined authorities",
    "E54": "integrated care boards",
}


def geography_of(codes: Iterable[str]) -> str | None:
    """Return how the codes of the Office for National Statistics begin that most of some codes are, else None.

    The four beginnings of local authorities count as one, ``E06``.
    """
    listed = [code.strip().upper() for code in codes]
    starts = Counter(code[:3] for code in listed if _CODE.fullmatch(code))
    together: Counter[str] = Counter()
    for start, n in starts.items():
        together["E06" if _WORDS.get(start) == _AUTHORITIES else start] += n
    first = together.most_common(1)
    return first[0][0] if first and first[0][1] > len(listed) / 2 else None


def in_words(start: str) -> str:
    """Say what places codes with this beginning are of."""
    return _WORDS.get(start, f"places with codes such as {start}…")
