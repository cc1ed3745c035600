"""Word files as files: their parts, and the same bytes for the same text."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# The earliest time that a ZIP file can name.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_PROPERTIES = "docProps/core.xml"
_DATE = re.compile(rb"<dcterms:(created|modified)\b[^>]*>[^<]*</dcterms:\1>")


def parts(content: bytes) -> dict[str, bytes]:
    """Return the parts of a Word file by name, in their order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(held: Mapping[str, bytes]) -> bytes:
    """Return the Word file of these parts; the same parts give the same bytes, whenever and wherever."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in held.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Otherwise it names the system that it was made on.
            entry.create_system = 0
            archive.writestr(entry, content)
    return out.getvalue()


def undated(content: bytes) -> bytes:
    """Return a Word file without its times of making, so that the same text gives the same bytes."""
    held = parts(content)
    if _PROPERTIES in held:
        held[_PROPERTIES] = _DATE.sub(b"", held[_PROPERTIES])
    return packed(held)
