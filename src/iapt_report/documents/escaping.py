"""Text from data written so that YAML, HTML and attributes show it as it is; Markdown's own is in `words.markdown`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iapt_report.words.markdown import one_line

if TYPE_CHECKING:
    from markupsafe import Markup


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

    return Markup(escape_html(one_line(str(text))))  # noqa: S704 - escaped just now
