"""The compiler of typst: documents into PDF, and what it says when it cannot."""

from __future__ import annotations

import re
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NO_INPUTS: Mapping[str, str] = MappingProxyType({})
_UNSHOWN = re.compile(r'the text `?"(.*)"`? could not be displayed', re.DOTALL)
# A fault in typst itself comes as an exception of this module, which is not an ordinary one.
_FAULTS = "pyo3_runtime"


class Setter:
    """Sets documents with the fonts that come with typst, so that they look the same everywhere.

    One that has a letter that none of these has, such as a name in Chinese, is set with the fonts of the machine too.
    A letter that no font has is refused, never left as an empty box.

    Parameters
    ----------
    root : Path
        The folder that a document can read files from, and none beyond it.
    inputs : mapping of str to str, optional
        What every document reads as ``sys.inputs``, unless it is given others. typst builds its library anew for those
        that come with a document.
    """

    def __init__(self, root: Path, inputs: Mapping[str, str] = _NO_INPUTS) -> None:
        self._root, self._inputs = str(root), dict(inputs)

    def pdf(self, source: bytes, document: Path, **settings: Any) -> bytes:
        """Return a document as PDF.

        Parameters
        ----------
        source : bytes
            In the language of typst.
        document : Path
            What it was made from, for messages.
        **settings
            Arguments of typst's ``compile``, such as `iapt_report.render.embedded.dated` gives.

        Raises
        ------
        DataError
            If it cannot be set: with ``problem`` in typst's own words, but for letters.
        """
        try:
            return _compiled(self.compiler, source, settings)
        except _CannotBeSetError as error:
            if not _UNSHOWN.search(str(error)):
                raise _refused(str(error), document) from None
        try:
            return _compiled(self._with_fonts_of_the_machine, source, settings)
        except _CannotBeSetError as error:
            raise _refused(str(error), document) from None

    @cached_property
    def compiler(self) -> Any:
        """With the fonts that come with it alone."""
        import typst

        return typst.Compiler(root=self._root, ignore_system_fonts=True, sys_inputs=self._inputs)

    @cached_property
    def _with_fonts_of_the_machine(self) -> Any:
        import typst

        return typst.Compiler(root=self._root, ignore_system_fonts=False, sys_inputs=self._inputs)


class _CannotBeSetError(Exception):
    """Why typst cannot set a document, in its own words."""


def _compiled(compiler: Any, source: bytes, settings: dict[str, Any]) -> bytes:
    try:
        return bytes(compiler.compile(source, format="pdf", **settings))
    except BaseException as error:
        # typst raises its own kinds of error, and a plain one for a missing file.
        if not isinstance(error, Exception) and type(error).__module__ != _FAULTS:
            raise
        raise _CannotBeSetError(str(error)) from None


def _refused(said: str, document: Path) -> DataError:
    unshown = _UNSHOWN.search(said)
    if unshown is None:
        return DataError(
            f"typst cannot set the document: {said}",
            file=document,
            mend="look for the construct it names in the document, or in the extension's typst files",
        )
    lacking = "".join(dict.fromkeys(one for one in unshown[1] if not one.isascii()))
    numbers = ", ".join(f"U+{ord(one):04X}" for one in lacking)
    return DataError(
        f"no font here has {lacking or unshown[1]!r}{f' ({numbers})' if numbers else ''}, so no PDF can show it",
        file=document,
        expected="letters of Latin, Greek or Cyrillic, or a font on this machine that has others",
        mend="write these letters otherwise where the text comes from, install a font that has them, or make the other "
        "formats alone (--format html --format docx)",
    )
