"""Published files, damaged in every way we could think of: a message, never a traceback or half an import."""

from __future__ import annotations

import random
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import published
from iapt_report.areas.period import Period
from iapt_report.sources.importing import check_file
from iapt_report.system.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMULA = "=cmd|' /C calc'!A0"


def cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def flipped(content: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(draw.randint(1, 20)):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return bytes(damaged)


def other_delimiter(content: bytes, draw: random.Random) -> bytes:
    return content.replace(b",", draw.choice([b";", b"\t", b"|", b",,", b" "]))


def other_encoding(content: bytes, draw: random.Random) -> bytes:
    return content.decode("utf-8-sig").encode(draw.choice(["utf-16", "utf-16-le", "utf-32", "utf-7"]))


def stray_quotes(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + b'"' * draw.randint(1, 3) + content[at:]


def shuffled_columns(content: bytes, draw: random.Random) -> bytes:
    rows = [line.split(b",") for line in content.split(b"\n")]
    order = list(range(len(rows[0])))
    draw.shuffle(order)
    return b"\n".join(b",".join(row[i] if i < len(row) else b"" for i in order) for row in rows)


def mangled_header(content: bytes, draw: random.Random) -> bytes:
    header, _, rest = content.partition(b"\n")
    letters = bytearray(header)
    for _ in range(draw.randint(1, 5)):
        letters[draw.randrange(len(letters))] = draw.choice(b"abcXYZ_,;\"' ")
    return bytes(letters) + b"\n" + rest


def odd_cell(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    i = draw.randrange(1, max(2, len(lines) - 1))
    cells = lines[i].split(b",")
    odd = [
        FORMULA.encode(),
        b"x" * 1_000_000,
        b"9" * 1_000_000,
        b'"' + b"x," * 500_000 + b'"',
        b"+1",
        b"@SUM(A1)",
        b"-2+3",
        b"1e999",
        b"-1",
        b"nan",
        b"\x00",
        "١٢٣".encode(),
        b"{{< meta >}}",
        b"",
        b"1,2",
    ]
    cells[draw.randrange(len(cells))] = draw.choice(odd)
    lines[i] = b",".join(cells)
    return b"\n".join(lines)


def doubled_rows(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join([*lines, *draw.sample(lines, min(5, len(lines)))])


def nothing(_content: bytes, _draw: random.Random) -> bytes:
    return b""


DAMAGE: list[Callable[[bytes, random.Random], bytes]] = [
    cut, flipped, other_delimiter, other_encoding, stray_quotes, shuffled_columns, mangled_header, odd_cell,
    doubled_rows, nothing,
]  # fmt: skip


def sources(folder: Path) -> dict[str, tuple[list[Path], Period]]:
    months = [
        published.monthly(folder / f"m{i}.csv", start, start[:8] + "28")
        for i, start in enumerate(("2023-04-01", "2023-05-01", "2023-06-01"))
    ]
    quarter = ["2019-04-01", "2019-05-01", "2019-06-01"]
    table: list[list[object]] = [list(published.SERIES), *published.series_rows(quarter)]
    with zipfile.ZipFile(folder / "annual.zip", "w") as archive:
        archive.write(published.annual(folder), "main.csv")
    return {
        "annual": ([folder / "annual.csv"], Period.parse("2019-20")),
        "archive": ([folder / "annual.zip"], Period.parse("2019-20")),
        "monthly": (months, Period.parse("2023-24-Q1")),
        "workbook": ([published.workbook(folder / "s.xlsx", {"T": table})], Period.parse("2019-20-Q1")),
    }


def damaged_sheet(draw: random.Random) -> list[list[object]]:
    """A monthly series with a cell of a workbook that no text file can hold, or headers in another order."""
    quarter = ["2019-04-01", "2019-05-01", "2019-06-01"]
    table: list[list[object]] = [list(published.SERIES), *published.series_rows(quarter)]
    odd: list[object] = [True, 1e300, -5, 2.5, FORMULA, "x" * 32_000, "", None, "nan", 0.1 + 0.2]
    for _ in range(draw.randint(1, 4)):
        row = draw.choice(table)
        row[draw.randrange(len(row))] = draw.choice(odd)
    if draw.random() < 0.3:
        order = draw.sample(range(len(table[0])), len(table[0]))
        table = [[row[i] for i in order] for row in table]
    return table


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_odd_cells_of_a_workbook_are_refused_in_words(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    book = published.workbook(folder / "s.xlsx", {"T": damaged_sheet(random.Random(seed))})
    imd, lookup = published.imd(folder), published.lookup(folder)
    try:
        published.import_period([book], Period.parse("2019-20-Q1"), imd, lookup, folder / "data")
    except ReportError as error:
        assert error.mend
        assert not (folder / "data").exists()


@pytest.mark.parametrize("kind", ["annual", "archive", "monthly", "workbook"])
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**9), damage=st.sampled_from(DAMAGE), which=st.integers(0, 3))
def test_a_damaged_file_is_refused_in_words_and_writes_nothing(
    tmp_path_factory: pytest.TempPathFactory, kind: str, seed: int, damage: Callable[..., bytes], which: int
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    files, period = sources(folder)[kind]
    succession = published.write(folder / "s.csv", ["old_code", "new_code"], [["X98", "X00"], ["X99", "X98"]])
    inputs = [files[0], published.imd(folder), published.lookup(folder), succession]
    victim = inputs[which]
    if kind in ("archive", "workbook") and which == 0:
        damage = cut if seed % 2 else flipped
    victim.write_bytes(damage(victim.read_bytes(), random.Random(seed)))
    try:
        published.import_period(files, period, inputs[1], inputs[2], folder / "data", successors=inputs[3])
    except ReportError as error:
        assert error.mend
        assert not (folder / "data").exists() or not any((folder / "data").iterdir())
        return
    assert {path.name for path in (folder / "data" / period.id).iterdir()} == {"areas.csv", "period.toml"}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"OrgType,OrgCode,OrgName,VariableType\n", b"\xef\xbb\xbf"]),
)
def test_any_bytes_are_checked_without_a_traceback(tmp_path: Path, content: bytes, prefix: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(prefix + content)
    try:
        check_file(path)
    except ReportError as error:
        assert str(error)
