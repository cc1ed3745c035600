"""Links to files that may not have been made: a page keeps those that lead somewhere."""

from __future__ import annotations

import html
import re
import urllib.parse
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from iapt_report.system import atomic

if TYPE_CHECKING:
    from pathlib import Path

# The class by which a document marks such a link, and that of the words before a row of them.
_MARKED = re.compile(r"\]\(([^()\s]+)\)\{[^{}]*\.iapt-file\b[^{}]*\}")
_LINK = re.compile(r'<a\b(?=[^>]*\bclass="[^"]*\biapt-file\b)[^>]*\bhref="([^"]*)"[^>]*>.*?</a>\s*', re.DOTALL)
_EMPTY_ROW = re.compile(r'<li>\s*(?:<p>)?\s*<span class="iapt-what">[^<]*</span>\s*(?:</p>)?\s*</li>\s*')


def there(document: Path, output: Path) -> tuple[str, ...]:
    """List the marked links of a document whose files are there.

    Parameters
    ----------
    document : Path
        The ``.qmd`` file.
    output : Path
        The folder that its page belongs in.
    """
    text = document.read_text("utf-8", "replace")
    found = dict.fromkeys([*_MARKED.findall(text), *map(html.unescape, _LINK.findall(text))])
    return tuple(link for link in found if file_at(link, output))


def prune(page: Path, *, pages_too: bool = True) -> None:
    """Take those marked links off a rendered page whose files are not there, and rows that are then empty.

    Parameters
    ----------
    page : Path
    pages_too : bool
        Whether this goes for links to other pages: Quarto may be about to make them.
    """
    text = page.read_text("utf-8")
    kept = _LINK.sub(lambda link: link[0] if _stays(link[1], page.parent, pages_too=pages_too) else "", text)
    if kept != text:
        atomic.write_text(page, _EMPTY_ROW.sub("", kept))


def file_at(address: str, folder: Path) -> Path | None:
    """Find the file that an address in a document leads to, from a folder; None if it leads to none.

    Parameters
    ----------
    address : str
        As it stands in the document: with %20 for a space, and perhaps with a query or a fragment.
    folder : Path
    """
    try:
        path = folder / urllib.parse.unquote(urllib.parse.urlsplit(address).path)
        return path if path.is_file() else None
    except (ValueError, OSError):
        # It is no address, or what no file can be named.
        return None


def _stays(link: str, folder: Path, *, pages_too: bool) -> bool:
    address = html.unescape(link)
    is_page = PurePosixPath(re.split(r"[?#]", address)[0]).suffix == ".html"
    return (is_page and not pages_too) or file_at(address, folder) is not None
