"""A long file is read once, by what some places of it show; what they do not show counts all the same."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.sources import long_table
from iapt_report.sources.formats import activity_formats

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.text_table import TextTable

(MONTHLY,) = (form for form in activity_formats() if form.name == "monthly")


def rows() -> list[list[object]]:
    """Rows of many providers first, then those of areas, whose measures are spelt in another way."""
    every = published.monthly_rows("2023-04-01", "2023-04-30")
    others = [[*row[:2], "Provider", *row[3:]] for row in every] * 3
    areas = [[*row[:2], "sub-icb", *row[3:8], str(row[8]).upper(), *row[9:]] for row in every if row[2] == "SubICB"]
    return others + areas


def read(path: Path) -> TextTable:
    found = long_table.read_long_csv(path, MONTHLY, {"subicb", "england"})
    assert found is not None
    return found


def wanted(written: list[list[object]]) -> list[int]:
    """The lines of the rows of areas that hold a measure that is declared, by its name or by its number."""
    names = {text.upper() for text, _ in MONTHLY.measures}
    held = (row[2] == "sub-icb" and (row[8] in names or str(row[7]).lower() in MONTHLY.ids) for row in written)
    return [i + 2 for i, is_held in enumerate(held) if is_held]


@pytest.mark.parametrize(("piece", "most"), [(16_384, 100_000), (400, 100_000), (400, 5), (0, 5)])
def test_rows_count_wherever_and_however_they_are_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, most: int
) -> None:
    """However little is looked at before, and however little may then be left, the same rows come back."""
    monkeypatch.setattr(long_table, "_PIECE", piece)
    monkeypatch.setattr(long_table, "_MOST", most)
    written = rows()
    found = read(published.write(tmp_path / "m.csv", published.MONTHLY, written))
    assert list(found.rows) == wanted(written)
    assert len(found.rows) > 20
    assert set(found.frame["GROUP_TYPE"]) == {"sub-icb"}


def test_what_is_torn_or_quoted_where_it_is_looked_at_still_counts(tmp_path: Path) -> None:
    """Names of several lines, with signs that part cells, wherever a place to look at begins."""
    odd = 'NHS "North"\nSubICB, Provider,\r\n'
    written = [[*row[:4], odd, *row[5:]] for row in rows()]
    found = read(published.write(tmp_path / "m.csv", published.MONTHLY, written))
    assert len(found.rows) == len(wanted(written))
    assert {name.replace("\r\n", "\n") for name in found.column("ORG_NAME1")} == {odd.replace("\r\n", "\n")}


def test_monthly_files_are_imported_without_pandas(tmp_path: Path) -> None:
    """It takes as long to load as the files to be read."""
    published.imd(tmp_path)
    published.lookup(tmp_path)
    published.monthly(tmp_path / "m.csv", "2023-04-01", "2023-04-30")
    (tmp_path / "iapt-report.toml").touch()
    call = ["import", "2023-04", "m.csv", "--deprivation", "imd.csv", "--lookup", "lookup.csv", "--accept-loss", "1"]
    loaded = "*{'pandas', 'numpy'} & {*sys.modules}"
    code = f"import sys; from iapt_report.__main__ import main; print(main({call}), {loaded})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["0"], done.stderr
