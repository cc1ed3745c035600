"""Letters that every format can show: those of Latin, Greek and Cyrillic, digits and signs."""

from __future__ import annotations

# The ranges of Unicode, of whose assigned characters the fonts that come with the program show every one.
SHOWN = (
    (0x20, 0x483),
    (0x48A, 0x4FF),
    (0x1D00, 0x1DBF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x2040),
    (0x2044, 0x2052),
    (0x2054, 0x209C),
    (0x20A0, 0x20C0),
    (0x2100, 0x211E),
    (0x2122, 0x2122),
    (0x2126, 0x2151),
    (0x2153, 0x2184),
    (0x2190, 0x22FF),
    (0xFB00, 0xFB06),
    (0xFFFD, 0xFFFD),
)
IN_WORDS = "letters of Latin, Greek or Cyrillic, digits and signs"


def first_unshown(text: str) -> str:
    """Return the first character of a text that not every format can show; nothing where there is none."""
    if text.isascii():
        return ""
    return next((one for one in text if not any(low <= ord(one) <= high for low, high in SHOWN)), "")


def named(character: str) -> str:
    """Write a character for a message, with its number, since a terminal may not show it either."""
    return f"{character!r} (U+{ord(character):04X})"


def spelt(text: str) -> str:
    """Write a text that nobody chose for a document, such as a file's name: what is not shown everywhere by its number.

    Returns
    -------
    str
        ``<U+6570>.csv`` of a name in Chinese.
    """
    return "".join(f"<U+{ord(one):04X}>" if first_unshown(one) else one for one in text)
