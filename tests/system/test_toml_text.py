"""TOML as anybody may have written it: read, or refused with the row, before it takes time or memory."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TYPE_CHECKING

import pytest

from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_text
from iapt_report.system.toml_text import parse_toml, read_toml

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x = " + "9" * 5000, "row 2: this is not TOML: a whole number has more than 64 bits"),
        ("x = 0x" + "f" * 5000, "a whole number has more than 64 bits"),
        ("x = 9223372036854775808", "a whole number has more than 64 bits"),
        ("x = " + "[" * 3000 + "]" * 3000, "brackets within brackets, more than 50 deep"),
        ("x = " + "[" * 60 + "]" * 60, "brackets within brackets, more than 50 deep"),
        (".".join(["a"] * 50_000) + " = 1", "row 2: this is not TOML: a name has more than 50 parts"),
        ("[" + ' . "b"' * 60 + "]", "a name has more than 50 parts"),
        (r'x = "a\u0000b"', "has the character NUL in it"),
        ("x = ", "row 2: this is not TOML: "),
    ],
)
def test_what_cannot_be_worked_with_is_refused(line: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_toml(f"a = 1\n{line}\n", "x.toml")
    assert said in str(caught.value)
    assert caught.value.mend


def test_what_a_file_may_say_is_read_as_it_is(tmp_path: Path) -> None:
    text = 'x = 9223372036854775807\ny = [[1.5, "a.b.c. d.e.f"]]\n'
    (tmp_path / "x.toml").write_bytes(codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode())
    assert read_toml(tmp_path / "x.toml") == {"x": 2**63 - 1, "y": [[1.5, "a.b.c. d.e.f"]]}


def test_another_encoding_is_named_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes('a = 1\nb = "é"\n'.encode("cp1252"))
    with pytest.raises(DataError, match="row 2: this is not UTF-8") as caught:
        read_toml(tmp_path / "x.toml")
    assert caught.value.mend == "save it as UTF-8"


def test_only_files_of_a_sensible_size_are_read(tmp_path: Path) -> None:
    with (tmp_path / "vast.toml").open("wb") as stream:
        stream.truncate(10**10)
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    said = {"vast": "too large", "folder": "a folder", "loop": "cannot be read", "none": "no such file"}
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.toml")
        said["pipe"] = "no regular file"
    for name, words in said.items():
        with pytest.raises(DataError, match=words):
            read_text(tmp_path / f"{name}.toml")
