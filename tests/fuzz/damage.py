"""Ways to damage a file, each a function of a seed: bytes, rows, cells, values of a tree, parts of archives, names."""

from __future__ import annotations

import csv
import io
import json
import os
import tomllib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli_w

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

NUMBERS = [
    "9" * 400,
    "9" * 5000,
    "1e308",
    "1.7976931348623157e308",
    "-1e308",
    "1e-320",
    "1e400",
    "1" + "0" * 30,
    "-0",
    "0",
    "00012",
    "1_000",
    "1,000",
    "1 000",
    "1.000,5",
    "0x10",
    "1e5",
    "1e+05",
    "+5",
    "-1",
    ".5",
    "5.",
    "1e",
    "--1",
    "1-1",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1e12",
    "1.00000000001e12",
    "nan",
    "NaN",
    "-nan",
    "inf",
    "-inf",
    "Infinity",
    "٣",
    "١٢٣",
    "１２３",
    "²",
    "½",
    "Ⅷ",
    "一",
    "1e٣",
    "50%",
    "%",
    "£5",
]
WORDS = [
    "",
    " ",
    "*",
    "-",
    "NULL",
    "NA",
    "#N/A",
    "#REF!",
    "None",
    "TRUE",
    "false",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "x" * 201,
    "x" * 40_000,
    "é" * 300,
    "漢字",
    "عربي",
    "🙂",
    "a\u0301" * 20,
    "\u202eevil",
    "\u200b",
    "\ufeff",
    "\x07",
    "\x1b[31m",
    "a\x00b",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "\u2028",
    '"',
    "'",
    '""',
    "\\",
    "{{< meta title >}}",
    "<< r >>",
    "<% if %>",
    "<script>alert(1)</script>",
    "](javascript:x)",
    "$x$",
    "@ref",
    "`x`",
    "\\input{x}",
    "%s%n",
    "../../x",
    "CON",
    "Area; DROP TABLE",
    "all",
    "England",
    "UNKNOWN",
    "Total",
    "CCG",
    "Provider",
    "SubICB",
]
DATES = [
    "31/02/2020",
    "00/00/0000",
    "9999-12-31",
    "2019-13-01",
    "0000-01-01",
    "1/1/1",
    "99999-01-01",
    "2019-04-01T00:00:00",
    "01/04/19",
    "Apr-19",
    "April 2019",
    "2019",
    "20190401",
    "2019-W14",
    "12/31/2019",
    "٠١/٠٤/٢٠٢٣",
    "01/04/2023 ",
]
CELLS = [*NUMBERS, *WORDS, *DATES]
ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp1252", "latin-1", "cp437", "utf-8-sig", "cp037"]
NAMES = [
    "m[1]{0}",
    "m*{0}",
    "m?{0}",
    "m[!a]{0}",
    "m%20{0}",
    "m 1{0}",
    " {0}",
    "é{0}",
    "漢{0}",
    "🙂{0}",
    "m'{0}",
    'm"{0}',
    "-m{0}",
    "~{0}",
    "m{{1}}{0}",
    "m\\1{0}",
    "m\n1{0}",
    "m\x071{0}",
    "m\udcff{0}",
    "m=1{0}",
    "m;1{0}",
    "$HOME{0}",
    "m#1{0}",
    "m{0}.gz",
    "m.parquet",
    "m.csv",
    "m.xlsx",
    "m.zip",
    "m",
    "m.CSV",
    "." + "m{0}",
    "x" * 240 + "{0}",
    "m{0}.tmp",
    "s3:m{0}",
    "m|1{0}",
]


@dataclass(frozen=True)
class Hand:
    """Damages what it is given, or, where ``still``, leaves it as it is.

    Parameters
    ----------
    draw : Random
    still : bool
    """

    draw: random.Random
    still: bool = False

    def any(self, content: bytes) -> bytes:
        """Damage any bytes."""
        return content if self.still else mangled(content, self.draw)

    def table(self, content: bytes) -> bytes:
        """Damage a delimited file."""
        return content if self.still else mangled_table(content, self.draw)

    def toml(self, content: bytes) -> bytes:
        """Damage TOML."""
        return content if self.still else mangled_toml(content, self.draw)

    def json(self, content: bytes) -> bytes:
        """Damage JSON."""
        return content if self.still else mangled_json(content, self.draw)

    def archive(self, content: bytes) -> bytes:
        """Damage a ZIP archive, or a workbook."""
        return content if self.still else mangled_archive(content, self.draw)

    def cell(self, text: object) -> object:
        """Give something odd in the place of a cell, at times."""
        return text if self.still or self.draw.random() < 0.99 else self.draw.choice(CELLS)

    def placed(self, folder: Path, name: str, content: bytes, *, named: bool = True) -> Path:
        """Write a file, which may have another name if ``named``, and may be something else than a file."""
        if self.still:
            (folder / name).write_bytes(content)
            return folder / name
        return placed(folder, name, content, self.draw, named=named)


def mangled(content: bytes, draw: random.Random) -> bytes:
    """Damage any bytes, a few times over."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        content = draw.choice(_BYTES)(content, draw)
    return content


def mangled_table(content: bytes, draw: random.Random, delimiter: str = ",") -> bytes:
    """Damage a delimited file: as bytes, or row by row."""
    if not content or draw.random() < 0.35:
        return mangled(content, draw)
    text = content.decode("utf-8-sig", "replace")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        rows = draw.choice(_ROWS)(rows, draw) or rows[:0]
        if not rows:
            break
    out = io.StringIO(newline="")
    other = draw.choice([delimiter] * 6 + [";", "\t", "|"])
    ending = draw.choice(["\n"] * 4 + ["\r\n", "\r", "\n\n"])
    dialect = csv.excel()
    dialect.delimiter, dialect.lineterminator = other, ending
    dialect.quoting = csv.QUOTE_ALL if draw.random() < 0.25 else csv.QUOTE_MINIMAL
    csv.writer(out, dialect).writerows(rows)
    made = out.getvalue()
    return made.encode(draw.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16"]), "replace")


def mangled_toml(content: bytes, draw: random.Random) -> bytes:
    """Damage TOML: as bytes, by a line that cannot be, or a value of it."""
    way = draw.random()
    if way < 0.3:
        return mangled(content, draw)
    if way < 0.5:
        lines = content.split(b"\n")
        at = draw.randrange(len(lines) + 1)
        return b"\n".join([*lines[:at], draw.choice(_TOML_LINES), *lines[at:]])
    values = tomllib.loads(content.decode("utf-8"))
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        _change(values, draw)
    try:
        return tomli_w.dumps(_writable(values)).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, RecursionError):
        return mangled(content, draw)


def mangled_json(content: bytes, draw: random.Random) -> bytes:
    """Damage JSON: as bytes, by what nests too deep, or a value of it."""
    way = draw.random()
    if way < 0.3:
        return mangled(content, draw)
    if way < 0.4:
        return draw.choice(_JSON)
    values = json.loads(content)
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        _change(values, draw)
    return json.dumps(values, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def mangled_archive(content: bytes, draw: random.Random) -> bytes:
    """Damage a ZIP archive (a workbook is one): as bytes, or member by member."""
    way = draw.random()
    if way < 0.4:
        return mangled(content, draw)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    for _ in range(draw.choice([1, 1, 2])):
        members = draw.choice(_MEMBERS)(members, draw)
    out = io.BytesIO()
    how = draw.choice(
        [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    )
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", how) as archive:
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(name, data)
    made = out.getvalue()
    if draw.random() < 0.15:
        # The flag of encryption, in every header.
        made = _flagged(made)
    return mangled(made, draw) if draw.random() < 0.15 else made


def placed(folder: Path, name: str, content: bytes, draw: random.Random, *, named: bool = True) -> Path:
    """Write a file, at times under an odd name if ``named``, or as what is no file at all; others may lie beside."""
    path = folder / name
    way = draw.random()
    if named and way < 0.12:
        path = folder / draw.choice(NAMES).format(path.suffix)
        if path.suffix and "[" in path.name:
            (folder / f"m1{path.suffix}").write_bytes(b"another\n1\n")
    elif way < 0.14:
        return _odd(path, content, draw)
    if named and way > 0.97:
        path = folder / draw.choice(["ORG_CODE1=X", "month=1", "a[b]", "a b", "x\udcff"]) / path.name
        path.parent.mkdir()
    path.write_bytes(content)
    return path


def _odd(path: Path, content: bytes, draw: random.Random) -> Path:
    """Put something else in a file's place."""
    way = draw.choice(["folder", "pipe", "loop", "nothing", "device", "sparse", "link", "closed", "dangling"])
    if way == "folder":
        path.mkdir()
        (path / "x").write_bytes(content[:100])
    elif way == "pipe" and hasattr(os, "mkfifo"):
        os.mkfifo(path)
    elif way == "loop":
        path.symlink_to(path.name)
    elif way == "device":
        path.symlink_to("/dev/zero")
    elif way == "sparse":
        with path.open("wb") as stream:
            stream.write(content)
            stream.truncate(30_000_000_000)
    elif way == "link":
        path.with_name("real").write_bytes(content)
        path.symlink_to("real")
    elif way == "closed":
        path.write_bytes(content)
        path.chmod(0)
    elif way == "dangling":
        path.symlink_to("gone/gone")
    return path


# Of bytes.
def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _headless(content: bytes, draw: random.Random) -> bytes:
    return content[draw.randrange(len(content) + 1) :]


def _hollow(content: bytes, draw: random.Random) -> bytes:
    first, last = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:first] + content[last:]


def _flipped(content: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(draw.randint(1, 20) if content else 0):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return bytes(damaged)


def _one_bit(content: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(content)
    if damaged:
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def _inserted(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + draw.choice(CELLS).encode("utf-8") * draw.choice([1, 1, 3]) + content[at:]


def _signs(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(content) + 1)
    sign = draw.choice(
        [
            b'"',
            b"'",
            b"\x00",
            b"\n",
            b"\r",
            b",",
            b"\xff",
            b"\xef\xbb\xbf",
            b"\x1a",
            b"[",
            b"{",
            b"=",
            b"#",
            b"\\",
            b"\t",
        ]
    )
    return content[:at] + sign * draw.choice([1, 2, 3, 1000]) + content[at:]


def _nulls(content: bytes, draw: random.Random) -> bytes:
    first, last = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:first] + b"\x00" * (last - first) + content[last:]


def _doubled(content: bytes, _draw: random.Random) -> bytes:
    return content + content


def _shuffled(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines)


def _encoded(content: bytes, draw: random.Random) -> bytes:
    return content.decode("utf-8-sig", "replace").encode(draw.choice(ENCODINGS), "replace")


def _replaced(content: bytes, draw: random.Random) -> bytes:
    return content.replace(b",", draw.choice([b";", b"\t", b"|", b",,", b" ", b""]))


def _ended(content: bytes, draw: random.Random) -> bytes:
    return content.replace(b"\n", draw.choice([b"\r\n", b"\r", b"\n\n", b"", b"\x0b", "\u2028".encode()]))


def _other(_content: bytes, draw: random.Random) -> bytes:
    """Something else altogether."""
    import gzip

    return draw.choice(
        [
            b"",
            b"\n",
            b" ",
            b"\x00",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"PK\x03\x04",
            b"PK\x05\x06" + b"\x00" * 18,
            b"PAR1PAR1",
            b"PAR1" + b"\x00" * 100 + b"\xff\xff\xff\x7fPAR1",
            b"%PDF-1.7",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512,
            gzip.compress(_content),
            b"<!DOCTYPE html><html><body>no</body></html>",
            b'{"error": "no"}',
            b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b '" + b"c" * 100 + b"'>]><a>&b;</a>",
            b"SQLite format 3\x00" + b"\x00" * 100,
            draw.randbytes(draw.randrange(2000)),
            b",".join(b"c%d" % i for i in range(100_000)) + b"\n" + b",".join([b"1"] * 100_000) + b"\n",
            b"a" * 3_000_000,
            b'"' + b"a,\n" * 500_000,
        ]
    )


_BYTES: list[Callable[[bytes, random.Random], bytes]] = [
    _cut,
    _headless,
    _hollow,
    _flipped,
    _flipped,
    _one_bit,
    _one_bit,
    _inserted,
    _inserted,
    _signs,
    _nulls,
    _doubled,
    _shuffled,
    _encoded,
    _replaced,
    _ended,
    _other,
]

Rows = list[list[str]]


# Of rows.
def _cell(rows: Rows, draw: random.Random) -> Rows:
    row = draw.choice(rows)
    if row:
        row[draw.randrange(len(row))] = draw.choice(CELLS)
    return rows


def _column_of_one(rows: Rows, draw: random.Random) -> Rows:
    at, cell = draw.randrange(max(1, len(rows[0]))), draw.choice(CELLS)
    for row in rows[1:]:
        if at < len(row):
            row[at] = cell
    return rows


def _some_of_a_column(rows: Rows, draw: random.Random) -> Rows:
    at = draw.randrange(max(1, len(rows[0])))
    for row in rows[1:]:
        if at < len(row) and draw.random() < 0.3:
            row[at] = draw.choice(CELLS)
    return rows


def _header_cell(rows: Rows, draw: random.Random) -> Rows:
    if rows[0]:
        rows[0][draw.randrange(len(rows[0]))] = draw.choice([*CELLS, *rows[0], rows[0][0].upper(), rows[0][-1] + " "])
    return rows


def _header_alone(rows: Rows, _draw: random.Random) -> Rows:
    return rows[:1]


def _no_header(rows: Rows, _draw: random.Random) -> Rows:
    return rows[1:]


def _few_rows(rows: Rows, draw: random.Random) -> Rows:
    return [rows[0], *draw.sample(rows[1:], min(len(rows) - 1, draw.randint(1, 12)))]


def _rows_again(rows: Rows, draw: random.Random) -> Rows:
    return [*rows, *(list(row) for row in draw.sample(rows, min(5, len(rows))))]


def _column_away(rows: Rows, draw: random.Random) -> Rows:
    at = draw.randrange(max(1, len(rows[0])))
    return [row[:at] + row[at + 1 :] for row in rows]


def _column_twice(rows: Rows, draw: random.Random) -> Rows:
    at = draw.randrange(max(1, len(rows[0])))
    return [[*row, *row[at : at + 1]] for row in rows]


def _columns_moved(rows: Rows, draw: random.Random) -> Rows:
    order = list(range(len(rows[0])))
    draw.shuffle(order)
    return [[row[at] if at < len(row) else "" for at in order] for row in rows]


def _ragged(rows: Rows, draw: random.Random) -> Rows:
    at = draw.randrange(len(rows))
    rows[at] = (
        rows[at][: draw.randrange(len(rows[at]) + 1)] if draw.random() < 0.5 else [*rows[at], *draw.sample(CELLS, 3)]
    )
    return rows


def _titled(rows: Rows, draw: random.Random) -> Rows:
    return [[draw.choice(WORDS)] for _ in range(draw.choice([1, 3, 45]))] + rows


def _wide(rows: Rows, draw: random.Random) -> Rows:
    return [row + [draw.choice(["", "x"])] * 2000 for row in rows]


_ROWS: list[Callable[[Rows, random.Random], Rows]] = [
    _cell,
    _cell,
    _cell,
    _cell,
    _column_of_one,
    _some_of_a_column,
    _header_cell,
    _header_cell,
    _header_alone,
    _no_header,
    _few_rows,
    _rows_again,
    _column_away,
    _column_away,
    _column_twice,
    _columns_moved,
    _ragged,
    _titled,
    _wide,
]

# Of trees.
_TOML_LINES = [
    b"x = " + b"9" * 5000,
    b"x = 0x" + b"f" * 5000,
    b"x = " + b"[" * 3000 + b"]" * 3000,
    b"x = " + b"{a=" * 1500 + b"1" + b"}" * 1500,
    b".".join([b"a"] * 3000) + b" = 1",
    b"[" + b".".join([b"a"] * 3000) + b"]",
    b"[[x]]",
    b"[x]",
    b"[paper]",
    b"[[release]]",
    b"[[series]]",
    b"[[claim]]",
    b"[columns]",
    b"[[sources]]",
    b"x = nan",
    b"x = 1979-05-27T07:32:00Z",
    b"x = 0000-00-00",
    b"x = 1e400",
    b'x = "\\u0000"',
    b'x = "\\ud800"',
    b'"" = 1',
    b"x = '''",
    b"\xff\xfe",
    b"\x00",
    b"= 1",
    b"x",
]
_DEEP = 100_000
_JSON = [
    b"",
    b"null",
    b"1",
    b"[]",
    b"{}",
    b'"x"',
    b"NaN",
    b"[" * _DEEP,
    b"[" * _DEEP + b"]" * _DEEP,
    b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    b"9" * 100_000,
    b"1e400",
    b'{"schema_version": ' + b"9" * 5000 + b"}",
    b'"\\ud800"',
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf{}",
]


def _values(draw: random.Random) -> Any:
    """Draw a value of any type."""
    return draw.choice(
        [
            None,
            True,
            False,
            0,
            -1,
            1,
            5,
            10**15,
            2**63 - 1,
            2**63,
            10**400,
            0.5,
            -0.5,
            1e308,
            1e-320,
            float("nan"),
            float("inf"),
            float("-inf"),
            [],
            {},
            [[]],
            [None],
            [1, "a"],
            {"": ""},
            {"a": {"b": {"c": []}}},
            ["x"] * 3000,
            draw.choice(CELLS),
            draw.choice(CELLS),
            [draw.choice(CELLS)],
            {draw.choice(CELLS): draw.choice(CELLS)},
            "https://example.org/" + draw.choice(WORDS),
            "2019-20",
            "2019-20-Q2",
            "/etc/passwd",
            "../x.csv",
        ]
    )


def _change(tree: Any, draw: random.Random) -> None:
    """Change one value, name or list of a tree, in place."""
    branch = draw.choice(list(_branches(tree)))
    if isinstance(branch, dict):
        names = list(branch)
        way = draw.random()
        if not names or way < 0.15:
            branch[draw.choice([*CELLS, "id", "kind", "file", "paper", "settings", "level"])] = _values(draw)
        elif way < 0.75:
            branch[draw.choice(names)] = _values(draw)
        elif way < 0.9:
            del branch[draw.choice(names)]
        else:
            name = draw.choice(names)
            branch[draw.choice([*CELLS, name.upper(), name + "s"])] = branch.pop(name)
    elif branch and draw.random() < 0.7:
        branch[draw.randrange(len(branch))] = _values(draw)
    else:
        branch.append(draw.choice(branch) if branch and draw.random() < 0.5 else _values(draw))


def _branches(tree: Any) -> list[Any]:
    found = [tree] if isinstance(tree, dict | list) else []
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        found += _branches(branch)
    return found


def _writable(tree: Any) -> Any:
    """Leave out what TOML cannot say."""
    if isinstance(tree, dict):
        return {name: _writable(value) for name, value in tree.items() if value is not None}
    if isinstance(tree, list):
        return [_writable(value) for value in tree if value is not None]
    return tree


# Of archives.
Members = list[tuple[str, bytes]]


def _member_damaged(members: Members, draw: random.Random) -> Members:
    at = draw.randrange(len(members)) if members else 0
    return [(name, mangled(data, draw) if i == at else data) for i, (name, data) in enumerate(members)]


def _member_away(members: Members, draw: random.Random) -> Members:
    at = draw.randrange(len(members)) if members else 0
    return members[:at] + members[at + 1 :]


def _member_twice(members: Members, draw: random.Random) -> Members:
    return [*members, draw.choice(members)] if members else members


def _member_named(members: Members, draw: random.Random) -> Members:
    at = draw.randrange(len(members)) if members else 0
    odd = [
        "../m.csv",
        "/m.csv",
        "C:\\m.csv",
        "a/../../m.csv",
        "m\x00.csv",
        "é.csv",
        "x" * 300 + ".csv",
        "m.CSV",
        "m.txt",
        "a/",
    ]
    return [(draw.choice(odd) if i == at else name, data) for i, (name, data) in enumerate(members)]


def _member_more(members: Members, draw: random.Random) -> Members:
    more: Members = [
        ("notes.csv", b"a,b\n1,2\n"),
        ("deep.zip", b"PK\x05\x06" + b"\x00" * 18),
        ("empty.csv", b""),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/externalLinks/externalLink1.xml", b"<externalLink/>"),
        ("bomb.csv", b"0" * 20_000_000),
    ]
    return [*members, draw.choice(more)]


def _many_members(members: Members, draw: random.Random) -> Members:
    return [*members, *((f"n{i}.csv", b"a,b\n1,2\n") for i in range(draw.choice([10, 1100])))]


def _entities(members: Members, draw: random.Random) -> Members:
    """Entities within entities, in one part of a workbook."""
    laughs = b"".join(b"<!ENTITY l%d '%s'>" % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    head = (
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY l0 'ha'>" + laughs + b"<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    )
    at = draw.randrange(len(members)) if members else 0

    def changed(data: bytes) -> bytes:
        body = data.partition(b"?>")[2] or data
        return head + body.replace(b"<v>", b"<v>&l9;&f;", 3).replace(b"<t>", b"<t>&l9;&f;", 3)

    return [(name, changed(data) if i == at else data) for i, (name, data) in enumerate(members)]


def _far_cells(members: Members, draw: random.Random) -> Members:
    """References of cells and counts that are not so."""
    old = draw.choice(
        [b'r="A1"', b'r="B2"', b'r="1"', b'<dimension ref="', b'count="', b't="s"', b"<v>0</v>", b"<v>1</v>"]
    )
    new = draw.choice(
        [
            b'r="XFD1048576"',
            b'r="ZZZ9999999"',
            b'r="A0"',
            b'r="1048576"',
            b'r="-1"',
            b't="e"',
            b't="str"',
            b"<v>99999999999</v>",
            b"<v>-1</v>",
            b"<v>nan</v>",
            b"<v>1e400</v>",
            b'<dimension ref="A1:XFD1048576',
            b'count="4294967295',
        ]
    )
    return [(name, data.replace(old, new, draw.choice([1, -1]))) for name, data in members]


_MEMBERS: list[Callable[[Members, random.Random], Members]] = [
    _member_damaged,
    _member_damaged,
    _member_away,
    _member_twice,
    _member_named,
    _member_more,
    _many_members,
    _entities,
    _far_cells,
    _far_cells,
]


def _flagged(content: bytes) -> bytes:
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content = content[: place + at] + b"\x01\x00" + content[place + at + 2 :]
            place = content.find(signature, place + 4)
    return content
