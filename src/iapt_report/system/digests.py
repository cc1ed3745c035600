"""Has this changed? What a thing was made from, told by content."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

from iapt_report.system.reading import refuse_odd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# More than any file that is read here may have; to digest as much takes seconds.
_MOST_BYTES = 4_000_000_000


def of_bytes(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def of_text(text: str) -> str:
    """Return the SHA-256 of a text as UTF-8; bytes that were none when it was read count as they were."""
    return of_bytes(text.encode("utf-8", errors="surrogateescape"))


def of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content.

    Raises
    ------
    DataError
        If there is none, it is no regular file, or it is larger than any that is read here.
    OSError
        If it cannot be read.
    """
    refuse_odd(path, most=_MOST_BYTES)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def made_from(
    words: Iterable[str],
    files: Iterable[Path] = (),
    root: Path | None = None,
    of: Callable[[Path], str] = of_file,
) -> str:
    """Digest what a thing is made from: words, and files by name and content.

    Two calls give the same digest only if the words, the names and the contents are the same, in the same order. A file
    that is not there counts, and not as an empty one.

    Parameters
    ----------
    words : iterable of str
        Whatever else it rests on: the program's version, an engine, a setting.
    files : iterable of Path
    root : Path, optional
        The folder that all of them lie in, which files are named from, so that nothing has changed where a workspace
        has moved; where there are none, it is not needed.
    of : callable, optional
        What gives the digest of a file that is there: one that remembers, for files that many things are made from.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    DataError
        If a file that is there cannot be read.
    ValueError
        If a file lies elsewhere.
    """
    digest = hashlib.sha256()
    for word in words:
        digest.update(f"{len(word.encode())}\0{word}".encode())
    for path in files:
        name = (path.relative_to(root) if root is not None else path).as_posix()
        content = of(path) if path.is_file() else ""
        digest.update(f"\0{name}\0{content}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


# Between the last digits that another processor's arithmetic gives and the first that anything prints.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12


def same_facts(one: str, other: str) -> bool:
    """Whether two texts of JSON say the same, but for the last digits of their numbers.

    Another processor or another build of a library for linear algebra adds in another order, so that the same data give
    a number that differs by a few units of its sixteenth digit. Numbers count as the same that differ by a
    thousand-millionth of themselves at most, or by 10⁻¹² where they are about zero.

    Parameters
    ----------
    one, other : str
        One that is no JSON is the same as nothing but itself.
    """
    if one == other:
        return True
    try:
        return _same(json.loads(one), json.loads(other))
    except (ValueError, RecursionError):
        return False


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return type(one) is type(other) and bool(one == other)
