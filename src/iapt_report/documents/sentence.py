"""Sentences as templates print them: trusted, and gone without a trace where there is nothing to say."""

from __future__ import annotations

import re

from markupsafe import Markup

# Holds the place of a sentence that says nothing, until the text around it is known.
_NOTHING = "\x01"
# It begins a paragraph, and the space after it goes; or the space before it goes, unless a word follows at once.
_UNSAID = re.compile(
    f"(?:(?<=\n\n)|\\A)(?:{_NOTHING}[ \n]?)+|(?:(?: |(?<!\n)\n)?{_NOTHING})+(?=[\\s\\])]|\\Z)|{_NOTHING}"
)


class Sentence(Markup):
    """Text in Markdown that is printed as it is: from data it holds only what was escaped, or is a number."""

    __slots__ = ()


def printed(sentence: Sentence) -> str:
    """Give a sentence's text, or what holds its place where it is empty."""
    return sentence or _NOTHING


def without_the_unsaid(text: str) -> str:
    """Take out what holds the place of empty sentences, with one of the spaces around it."""
    kept, done = [], 0
    # The expression alone would be tried at every letter.
    while (at := text.find(_NOTHING, done)) >= 0:
        found = (_UNSAID.match(text, at - 1) if at > done else None) or _UNSAID.match(text, at)
        if found is None:
            raise AssertionError  # the place itself is a match
        kept.append(text[done : found.start()])
        done = found.end()
    return "".join((*kept, text[done:]))
