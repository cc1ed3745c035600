"""Text from data written so that Markdown, YAML, HTML and attributes show it as it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup


# Letters that fit into any window.
_LONG_WORD = 24
# What Markdown, Quarto's shortcodes or typographic replacement would read as more than the character it is.
_MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>#$@|~^!&+="]|(?<![^\W_])'|'(?![^\W_])|-(?=-)|(?<=-)-|^-|\.(?=\.)|(?<=\.)\.|:(?=:)"""
)
_SPACE = re.compile(r"[ \t\r\n]+")


def escape(text: str) -> str:
    """Write plain text so that Markdown shows it as it is, on one line."""
    return _MARKUP.sub(lambda match: "\\" + match[0], _SPACE.sub(" ", text))


def yaml(text: str) -> Markup:
    """Write text as a YAML value; JSON's strings are YAML's too."""
    from markupsafe import Markup

    return Markup(json.dumps(str(text), ensure_ascii=False))  # noqa: S704


def attribute(text: str) -> Markup:
    """Write text as the value of an attribute in pandoc's Markdown."""
    from markupsafe import Markup

    # The angle bracket goes as a character reference, so that no shortcode of Quarto's can stand in it.
    quoted = str(text).replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\").replace('"', '\\"')
    return Markup(f'"{quoted}"')  # noqa: S704


def html(text: str) -> Markup:
    """Write text within HTML, on one line."""
    from markupsafe import Markup
    from markupsafe import escape as escape_html

    return Markup(escape_html(_SPACE.sub(" ", str(text))))  # noqa: S704 - escaped just now


def code(text: str) -> Markup:
    """Write a word as code, which in a narrow window breaks where it is long; other text stays plain."""
    from markupsafe import Markup

    if not re.fullmatch(r"\w+", text):
        return Markup(escape(text))  # noqa: S704 - escaped for Markdown just now
    breaks = '{style="white-space: normal; overflow-wrap: anywhere"}' if len(text) > _LONG_WORD else ""
    return Markup(f"`{text}`{breaks}")  # noqa: S704 - a word holds no markup
