"""Files of text that people write, read within limits: only what is a file, of a sensible size, in UTF-8."""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from typing import TYPE_CHECKING

from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

# What somebody writes by hand is a hundredth of that; results of 200 areas are a tenth of it.
MOST_BYTES = 20_000_000
# Control characters, bytes that are no UTF-8, ends of lines: what is read is named in documents.
_NO_LETTERS = frozenset({"Cc", "Cs", "Zl", "Zp"})


def read_bytes(path: Path, *, most: int = MOST_BYTES, mend: str = "correct the path") -> bytes:
    """Read the content of a file.

    Parameters
    ----------
    path : Path
    most : int
        How many bytes it may have.
    mend : str
        What to do where there is no such file.

    Raises
    ------
    DataError
        If there is none, if it is a folder, a pipe or a device, if it is larger, or if the system refuses it.
    """
    refuse_odd(path, most=most, mend=mend)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def refuse_odd(path: Path, *, most: int = MOST_BYTES, mend: str = "correct the path") -> None:
    """Refuse what is no regular file of a sensible size: nothing, a folder, a pipe, a device, terabytes of zeros.

    Raises
    ------
    DataError
        If it is such.
    """
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise DataError("there is no such file", file=path, mend=mend) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError as error:
        raise DataError(f"this is no path: {error}", file=repr(str(path)), mend="correct the path") from None
    if any(unicodedata.category(sign) in _NO_LETTERS for sign in path.name):
        raise DataError(
            "the name of this file has signs that cannot be printed",
            file=path,
            expected="a name of letters, digits and signs, in UTF-8",
            mend="rename it",
        )
    if stat.S_ISDIR(facts.st_mode):
        raise DataError("this is a folder", file=path, expected="a file", mend="name the file in it")
    if not stat.S_ISREG(facts.st_mode):
        raise DataError("this is no regular file", file=path, expected="a file", mend="give a file on a disk")
    if facts.st_size > most:
        raise DataError(
            f"this is too large to be read: it has {facts.st_size} bytes",
            file=path,
            expected=f"at most {most} bytes",
            mend="give the file that is meant, or leave out of it what is not needed",
        )
    if not os.access(path, os.R_OK):
        raise _unreadable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def read_text(
    path: Path, *, most: int = MOST_BYTES, mend: str = "correct the path", encoding_mend: str = "save it as UTF-8"
) -> str:
    """Read a file of text in UTF-8, without the byte order mark that it may begin with.

    Raises
    ------
    DataError
        As `read_bytes`, or if it is in another encoding.
    """
    content = read_bytes(path, most=most, mend=mend)
    try:
        return _with_plain_lines(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(
            f"this is not UTF-8: {error.reason} at byte {error.start}",
            file=path,
            row=None if content.startswith((b"\xff\xfe", b"\xfe\xff")) else content.count(b"\n", 0, error.start) + 1,
            expected="text in UTF-8",
            mend=encoding_mend,
        ) from None


def read_any_text(path: Path) -> str:
    """Read a file of text in UTF-8; bytes that are none are kept, as Python's error handler ``surrogateescape`` does.

    Raises
    ------
    DataError
        As `read_bytes`.
    """
    return _with_plain_lines(read_bytes(path).decode("utf-8", "surrogateescape"))


def _with_plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"the file cannot be read: {error.strerror}", file=path, mend="check its permissions")
