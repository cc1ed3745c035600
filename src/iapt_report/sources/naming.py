"""Names that a source prints in capitals alone, as they are written in a sentence."""

from __future__ import annotations

import re

# Written small within a name.
_SMALL = frozenset(
    ["and", "at", "by", "for", "from", "in", "le", "of", "on", "over", "the", "to", "under", "upon", "with"]
)
# Abbreviations that hold a vowel, and words that look like abbreviations because they hold none.
_ABBREVIATIONS = frozenset({"ICB", "ICS", "CIC", "UK", "GP", "IAPT", "PLC"})
_WORDS = {"ST": "St", "LTD": "Ltd", "MT": "Mt", "DR": "Dr"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_VOWEL = re.compile(r"[AEIOUYÀ-Þ]")
# Behind a dash that stands free a name has a code, as in "NHS NORFOLK AND WAVENEY ICB - 26A".
_CODE = re.compile(r"(?<=\s[-–]\s)[A-Z0-9]{2,6}$")


def in_sentence_case(name: str) -> str:
    """Write a name that has capitals alone as names are written; leave any other as it is.

    Parameters
    ----------
    name : str
        As published, such as "NHS BATH AND NORTH EAST SOMERSET CCG".

    Returns
    -------
    str
        "NHS Bath and North East Somerset CCG". Abbreviations (known ones, and words without a vowel), words with a
        digit and a code behind a dash stay as they are.
    """
    if any(letter.islower() for letter in name):
        return name
    code = _CODE.search(name)
    text = name[: code.start()] if code else name
    return _WORD.sub(_recased, text) + (code[0] if code else "")


def _recased(word: re.Match[str]) -> str:
    text = word[0]
    if text in _WORDS:
        return _WORDS[text]
    if text in _ABBREVIATIONS or any(sign.isdigit() for sign in text) or not _VOWEL.search(text):
        return text
    # The first word of the whole, or of what stands in brackets, begins with a capital.
    first = word.start() == 0 or word.string[word.start() - 1] == "("
    if text.lower() in _SMALL and not first:
        return text.lower()
    return text[0] + text[1:].lower()
