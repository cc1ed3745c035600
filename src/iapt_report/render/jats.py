"""What JATS has elements for, and pandoc does not write: the numbers of figures and tables."""

from __future__ import annotations

import re

# The filter puts the number of a float at the head of its caption, between two of these.
_SIGN = "\ue000"
_TABLE = re.compile(
    rf"<table-wrap>(?P<space>\s*)<caption>(?P<within>\s*)<p>{_SIGN}(?P<label>[^{_SIGN}<]*){_SIGN}(?P<caption>.*?)</caption>"
    r'(?P<after>\s*)<table id="(?P<id>[^"]*)">',
    re.DOTALL,
)
_FIGURE = re.compile(rf"<caption>(?P<within>\s*)<p>{_SIGN}(?P<label>[^{_SIGN}<]*){_SIGN}")


def labelled(article: str) -> str:
    """Give figures and tables their numbers as labels, and tables their identifiers where a reference looks for them.

    Parameters
    ----------
    article : str
        As pandoc writes it, with `embedded.lua`'s signs.
    """
    tables = _TABLE.sub(
        r'<table-wrap id="\g<id>">\g<space><label>\g<label></label>\g<space><caption>\g<within><p>\g<caption></caption>'
        r"\g<after><table>",
        article,
    )
    return _FIGURE.sub(r"<label>\g<label></label><caption>\g<within><p>", tables)
