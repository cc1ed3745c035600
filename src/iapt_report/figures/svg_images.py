"""SVG drawings in the formats that Word and LaTeX take."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

Picture = Literal["png", "pdf"]
PICTURES: tuple[Picture, ...] = ("png", "pdf")
_DOTS_PER_INCH = 300


def converted(svg: Path, kind: Picture) -> bytes:
    """Draw an SVG file in another format; the same file gives the same bytes.

    Parameters
    ----------
    svg : Path
    kind : {"png", "pdf"}
        PNG for Word, of 300 dots an inch; PDF for LaTeX.

    Raises
    ------
    DataError
        If it is no drawing that can be read.
    """
    import typst

    compile_document: Any = typst.compile
    try:
        return bytes(
            compile_document(
                page_with(svg.name), format=kind, ppi=_DOTS_PER_INCH, root=str(svg.parent), font_paths=_letters()
            )
        )
    except Exception as error:
        # typst raises its own kinds of error.
        raise DataError(
            f"the figure cannot be made into {kind.upper()}: {error}",
            file=svg,
            mend="write it anew, as an SVG 1.1 file, or leave it out of the document",
        ) from None


@cache
def _letters() -> Any:
    """Return the fonts that typst brings, and none of the machine's, so that a picture is the same on every one."""
    import typst

    return typst.Fonts(include_system_fonts=False)


def page_with(name: str) -> bytes:
    """Write the typst source of a page that is the picture of this name and nothing else."""
    return (
        "#set document(date: none)\n#set page(width: auto, height: auto, margin: 0pt)\n"
        f"#image({json.dumps(name, ensure_ascii=False)})\n"
    ).encode()
