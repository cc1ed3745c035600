"""What a call can choose from, by name: the engines, and the formats of documents of one page.

It loads nothing, so that the command line can offer them without an engine.
"""

from __future__ import annotations

from typing import Literal, get_args

EngineName = Literal["quarto", "embedded"]
ENGINE_NAMES: tuple[EngineName, ...] = get_args(EngineName)
# The first engine of the list that there is on this machine.
AUTO: Literal["auto"] = "auto"
SheetFormat = Literal["html", "pdf", "docx"]
SHEET_FORMATS: tuple[SheetFormat, ...] = get_args(SheetFormat)
