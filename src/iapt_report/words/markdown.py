"""Text from data written so that Markdown shows it as it is: every sentence with a name in it asks this module."""

from __future__ import annotations

import re

# What Markdown, Quarto's shortcodes or typographic replacement would read as more than the character it is.
_MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>#$@|~^!&+="]|(?<![^\W_])'|'(?![^\W_])|-(?=-)|(?<=-)-|^-|\.(?=\.)|(?<=\.)\.|:(?=:)"""
)
_SPACE = re.compile(r"[ \t\r\n]+")


def one_line(text: str) -> str:
    """Put one space wherever a text has spaces, tabs or ends of lines."""
    return _SPACE.sub(" ", text)


def escape(text: str) -> str:
    """Write plain text so that Markdown shows it as it is, on one line."""
    return _MARKUP.sub(lambda match: "\\" + match[0], one_line(text))


def said(*sentences: str) -> str:
    """Put sentences after one another; what is empty is left out."""
    return " ".join(sentence for sentence in sentences if sentence)
