"""The Word document whose styles every built Word document takes: pandoc's own, with the look of the pages and the PDF.

``python -m iapt_report.render.reference_docx FILE`` writes it; a test holds the committed one against it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from iapt_report.render import word
from iapt_report.system import atomic
from iapt_report.system.converter import pandoc_program

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = "word/styles.xml"
_DOCUMENT = "word/document.xml"
_RELATIONS = "word/_rels/document.xml.rels"
_TYPES = "[Content_Types].xml"
_FOOTER = "word/footer1.xml"
_FOOTER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
_FOOTER_ID = "rIdFooter"

# Fonts that word processors have, near those of the pages and the PDF.
_SERIF = "Cambria"
_ACCENT = "1D4F73"
_MUTED = "4D4D4D"
_GOLD = "B58100"
_SOFT = "EEF3F7"
_WARM = "FFF4D6"


def _run(size: float | None = None, *, bold: bool = False, italic: bool = False, colour: str | None = None) -> str:
    """Write the properties of letters; the size in points."""
    written = f'<w:rFonts w:ascii="{_SERIF}" w:hAnsi="{_SERIF}" w:cs="{_SERIF}"/>'
    written += f'<w:b w:val="{int(bold)}"/><w:i w:val="{int(italic)}"/>'
    if colour:
        written += f'<w:color w:val="{colour}"/>'
    if size:
        written += f'<w:sz w:val="{round(2 * size)}"/><w:szCs w:val="{round(2 * size)}"/>'
    return f"<w:rPr>{written}</w:rPr>"


def _paragraph(
    before: float, after: float, *, box: str = "", indent: float = 0, keep: bool = False, level: int | None = None
) -> str:
    """Write the properties of a paragraph, left-aligned; space before and after it and a hanging indent in points."""
    # Word asks for this order.
    written = ("<w:keepNext/><w:keepLines/>" if keep else "") + box
    written += f'<w:spacing w:before="{round(20 * before)}" w:after="{round(20 * after)}"/>'
    if indent:
        written += f'<w:ind w:left="{round(20 * indent)}" w:hanging="{round(20 * indent)}"/>'
    written += '<w:jc w:val="left"/>'
    if level is not None:
        written += f'<w:outlineLvl w:val="{level}"/>'
    return f"<w:pPr>{written}</w:pPr>"


def _box(fill: str, left: str | None = None, around: str | None = None) -> str:
    sides = dict.fromkeys(("top", "left", "bottom", "right"), (around, 4)) if around else {"left": (left, 20)}
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{width}" w:space="6" w:color="{colour}"/>'
        for side, (colour, width) in sides.items()
    )
    return f'<w:pBdr>{borders}</w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>'


_SUMMARY = _box(_SOFT, left=_ACCENT)
_CALLOUT = _box(_WARM, around=_GOLD)

# Properties by style; a style that pandoc's document lacks is a paragraph's, based on the body text.
_LOOK: Mapping[str, str] = MappingProxyType(
    {
        # A table has no space of its own below it.
        "Body Text": _paragraph(4, 4),
        "Compact": _paragraph(1, 1),
        "Kept Cell": _paragraph(1, 1, keep=True),
        "Title": _paragraph(0, 5, keep=True) + _run(22, bold=True, colour=_ACCENT),
        "Subtitle": _paragraph(0, 8, keep=True) + _run(12.5, italic=True, colour=_MUTED),
        "Author": _paragraph(0, 2, keep=True) + _run(11, bold=True),
        "Affiliation": _paragraph(0, 8) + _run(9.5, colour=_MUTED),
        "Notice": _paragraph(4, 10, box=_CALLOUT) + _run(10, bold=True),
        "Abstract Title": _paragraph(8, 0, box=_SUMMARY, keep=True) + _run(11, bold=True, colour=_ACCENT),
        "Abstract": _paragraph(0, 0, box=_SUMMARY) + _run(9.5),
        "Keywords": _paragraph(8, 12) + _run(9),
        "Headline": _paragraph(4, 10) + _run(15, bold=True),
        "Key Figure": _paragraph(8, 0, keep=True) + _run(24, bold=True, colour=_ACCENT),
        "Key Figure Text": _paragraph(0, 6) + _run(10.5),
        "heading 1": _paragraph(18, 1, keep=True, level=0) + _run(15, bold=True, colour=_ACCENT),
        "heading 2": _paragraph(13, 0, keep=True, level=1) + _run(12, bold=True, italic=True),
        "heading 3": _paragraph(10, 0, keep=True, level=2) + _run(11, bold=True),
        "heading 4": _paragraph(8, 3, keep=True, level=3) + _run(10.5, italic=True),
        "Caption": _paragraph(6, 6) + _run(9),
        "Table Caption": _paragraph(12, 4, keep=True) + _run(9),
        "Image Caption": _paragraph(4, 12) + _run(9),
        "Captioned Figure": _paragraph(10, 0, keep=True),
        "Callout Title": _paragraph(8, 0, box=_CALLOUT, keep=True) + _run(10, bold=True),
        "Callout": _paragraph(0, 0, box=_CALLOUT) + _run(10),
        "Bibliography": _paragraph(0, 3, indent=18) + _run(9),
    }
)
# Rules above and below and under the header, none between columns.
_TABLE = (
    '<w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr><w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>'
    "<w:tblPr><w:tblBorders>"
    '<w:top w:val="single" w:sz="8" w:space="0" w:color="222222"/>'
    '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="222222"/>'
    '</w:tblBorders><w:tblCellMar><w:top w:w="20" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>'
    '<w:bottom w:w="20" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
    '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="222222"/></w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr>'
    "</w:tblStylePr>"
)
_BASE = f'<w:rPr><w:rFonts w:ascii="{_SERIF}" w:hAnsi="{_SERIF}" w:eastAsia="{_SERIF}" w:cs="{_SERIF}"/>' + (
    '<w:sz w:val="20"/><w:szCs w:val="20"/><w:lang w:val="en-GB"/></w:rPr>'
)
# A4 with the page's number at its foot.
_SECTION = (
    f'<w:sectPr><w:footerReference w:type="default" r:id="{_FOOTER_ID}"/>'
    '<w:footnotePr><w:numRestart w:val="eachSect"/></w:footnotePr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1191" w:right="1247" w:bottom="1191" w:left="1247" w:header="624" w:footer="624" w:gutter="0"/>'
    "</w:sectPr>"
)
_FOOT = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:ftr xmlns:w="{_MAIN}"><w:p>'
    '<w:pPr><w:jc w:val="center"/></w:pPr><w:fldSimple w:instr=" PAGE ">'
    f"<w:r>{_run(8, colour=_MUTED)}<w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>"
)
_SECTION_FOUND = re.compile(r"<w:sectPr\b.*</w:sectPr>", re.DOTALL)


def reference_document(default: bytes) -> bytes:
    """Return pandoc's reference document with this project's look.

    Parameters
    ----------
    default : bytes
        The document that ``pandoc --print-default-data-file reference.docx`` prints.

    Returns
    -------
    bytes
        A Word file, the same for the same input.
    """
    held = word.parts(default)
    held[_STYLES] = _styles(held[_STYLES])
    held[_DOCUMENT] = _SECTION_FOUND.sub(_SECTION, held[_DOCUMENT].decode("utf-8")).encode("utf-8")
    link = f'<Relationship Id="{_FOOTER_ID}" Type="{_LINKS}/footer" Target="footer1.xml"/></Relationships>'
    held[_RELATIONS] = held[_RELATIONS].replace(b"</Relationships>", link.encode("ascii"))
    kind = f'<Override PartName="/{_FOOTER}" ContentType="{_FOOTER_TYPE}"/></Types>'
    held[_TYPES] = held[_TYPES].replace(b"</Types>", kind.encode("ascii"))
    held[_FOOTER] = _FOOT.encode("utf-8")
    return word.undated(word.packed(held))


def _styles(content: bytes) -> bytes:
    ET.register_namespace("w", _MAIN)
    ET.register_namespace("r", _LINKS)
    root = ET.fromstring(content)  # noqa: S314 - a part of the package's own pandoc
    for base in root.iter(_w("rPrDefault")):
        base[:] = _elements(_BASE)
    found = {style.find(_w("name")).get(_w("val")): style for style in root.iter(_w("style"))}  # type: ignore[union-attr]
    for name, look in _LOOK.items():
        style = found.get(name)
        if style is None:
            identity = name.replace(" ", "")
            style = ET.SubElement(
                root, _w("style"), {_w("type"): "paragraph", _w("customStyle"): "1", _w("styleId"): identity}
            )
            style.extend(_elements(f'<w:name w:val="{name}"/><w:basedOn w:val="BodyText"/><w:qFormat/>'))
        _restyle(style, look)
    _restyle(found["Table"], _TABLE)
    _restyle(found["Hyperlink"], f'<w:rPr><w:color w:val="{_ACCENT}"/></w:rPr>')
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _restyle(style: ET.Element, look: str) -> None:
    """Put properties in the place of a style's own, at its end, where they belong."""
    replaced = {_w(name) for name in ("pPr", "rPr", "tblPr", "tblStylePr")}
    for old in [part for part in style if part.tag in replaced]:
        style.remove(old)
    style.extend(_elements(look))


def _elements(text: str) -> list[ET.Element]:
    return list(ET.fromstring(f'<x xmlns:w="{_MAIN}" xmlns:r="{_LINKS}">{text}</x>'))  # noqa: S314 - text of this module


def _w(name: str) -> str:
    return f"{{{_MAIN}}}{name}"


def made() -> bytes:
    """Return the reference document of the pandoc that the package brings."""
    default = subprocess.run(  # noqa: S603 - a fixed program without input
        [pandoc_program(), "--print-default-data-file", "reference.docx"], capture_output=True, check=True
    ).stdout
    return reference_document(default)


if __name__ == "__main__":
    atomic.write_bytes(Path(sys.argv[1]), made())
