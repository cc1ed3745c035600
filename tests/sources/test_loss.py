"""What is left out is counted in patients, said, and refused where it is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import published
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.cli.app import app
from iapt_report.cli.options import share_of
from iapt_report.sources.importing import Imported, Sources, import_period
from iapt_report.system.errors import CallError, DataError
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from pathlib import Path

YEAR = Period.parse("2019-20")
Q1 = Period.parse("2019-20-Q1")


def rows(lost: int, of: int = 14) -> list[list[object]]:
    """Areas of 1000 patients each, and one that finished ``lost``, whose small areas the lookup does not have."""
    areas: list[list[object]] = [
        ["CCG", f"X{i:02d}", f"NHS Area {i}", "Total", "NULL", "NULL", 900, 1000, 450, 3000, 50] for i in range(of)
    ]
    return [*areas, ["CCG", "Z99", "NHS Elsewhere", "Total", "NULL", "NULL", lost, lost, lost // 2, 3 * lost, 50]]


def run(folder: Path, lost: int, accept_loss: float | None = None) -> Imported:
    sources = Sources([published.annual(folder, rows=rows(lost))], published.imd(folder), published.lookup(folder))
    return import_period(sources, YEAR, folder / "data", accept_loss=accept_loss)


def test_a_loss_above_one_per_cent_is_noted_with_its_patients(tmp_path: Path) -> None:
    done = run(tmp_path, 400)
    (note,) = [note for note in done.notes if "left out" in note]
    assert note == (
        "1 organisation left out has 2.8% of the patients: 400 of 14\u202f400 who finished a course of treatment, and "
        "1200 of 43\u202f200 referrals."
    )
    assert note in done.warnings
    areas = read_areas(tmp_path / "data", YEAR)
    assert note in areas.notes
    assert areas.loss == done.loss
    assert areas.loss.share == pytest.approx(400 / 14_400)
    assert {e.area_code: (e.referrals, e.finished_treatment) for e in areas.excluded}["Z99"] == (1200, 400)


def test_a_small_loss_is_counted_and_not_said(tmp_path: Path) -> None:
    done = run(tmp_path, 100)
    assert done.loss.finished_treatment == 100
    assert not done.warnings
    assert not any("left out" in note for note in done.notes)


def test_a_loss_above_five_per_cent_is_refused_with_its_areas_unless_it_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        run(tmp_path, 1500)
    said = str(caught.value)
    assert "9.7% of the patients" in said
    assert "Z99 NHS Elsewhere: no deprivation score" in said
    assert "--accept-loss 0.10" in said
    assert not (tmp_path / "data").exists()
    with pytest.raises(DataError, match=r"9\.7% of the patients"):
        run(tmp_path, 1500, accept_loss=0.09)
    assert run(tmp_path, 1500, accept_loss=0.10).areas == 14


def test_what_the_source_does_not_publish_is_said_and_not_refused(tmp_path: Path) -> None:
    """The publisher alone could mend it."""
    table = rows(0)[:-1]
    for column in (6, 8, 10):
        table[3][column] = "*"
    sources = Sources([published.annual(tmp_path, rows=table)], published.imd(tmp_path), published.lookup(tmp_path))
    done = import_period(sources, YEAR, tmp_path / "data")
    assert done.areas == 13
    assert done.loss.share == pytest.approx(1000 / 14_000)
    assert len(done.warnings) == 1


def test_months_that_are_there_count_where_one_is_not(tmp_path: Path) -> None:
    series = published.series_rows(["2019-04-01", "2019-05-01", "2019-06-01"])
    series = [row for row in series if not (row[0] == "X03" and row[5] == "2019-05-01")]
    sources = Sources(
        [published.write(tmp_path / "s.csv", published.SERIES, series)],
        published.imd(tmp_path),
        published.lookup(tmp_path),
    )
    with pytest.raises(DataError, match="X03 NHS Area 3: figures for 2 of the 3 months"):
        import_period(sources, Q1, tmp_path / "data")
    import_period(sources, Q1, tmp_path / "data", accept_loss=0.1)
    (area,) = [area for area in read_areas(tmp_path / "data", Q1).excluded if area.area_code == "X03"]
    assert (area.referrals, area.finished_treatment) == (4000, 400)
    assert area.reason == "figures for 2 of the 3 months"


def test_a_provider_without_a_score_of_the_users_is_no_reason_to_refuse(tmp_path: Path) -> None:
    table = [["Provider", *row[1:]] for row in rows(3000)]
    own = published.write(tmp_path / "own.csv", ["area_code", "imd_score"], [[f"X{i:02d}", 40 - i] for i in range(14)])
    sources = Sources([published.annual(tmp_path, rows=table)], own)
    done = import_period(sources, YEAR, tmp_path / "data", "provider")
    assert done.loss.share > 0.15
    assert done.warnings


def test_the_command_warns_and_refuses_with_exit_code_1(tmp_path: Path) -> None:
    create_workspace(tmp_path / "w")
    files = [published.annual(tmp_path, rows=rows(1500)), published.imd(tmp_path), published.lookup(tmp_path)]
    call = ["import", str(files[0]), "-p", "2019-20", "-d", str(files[1]), "-l", str(files[2]), "-w", f"{tmp_path}/w"]
    refused = CliRunner().invoke(app, call)
    assert isinstance(refused.exception, DataError)
    assert refused.exception.exit_code == 1
    accepted = CliRunner().invoke(app, [*call, "--accept-loss", "10%"])
    assert accepted.exit_code == 0
    assert "note: 1 organisation left out has 9.7% of the patients" in accepted.stderr


@pytest.mark.parametrize(("text", "share"), [("0.08", 0.08), ("8%", 0.08), (" 8 % ", 0.08), ("1", 1.0), (None, None)])
def test_a_share_is_written_in_two_ways(text: str | None, share: float | None) -> None:
    assert share_of(text, "--accept-loss") == share


@pytest.mark.parametrize("text", ["8", "-0.1", "nan", "a lot", "", "101%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(CallError, match="--accept-loss cannot be"):
        share_of(text, "--accept-loss")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "year", "imd", "lookup"),
    [
        ("2019-20-main-csv", "2019-20", "imd2015-lsoa11", "lsoa11-ccg19-lad19"),
        ("2023-24-main", "2023-24", "imd2025-icb24", None),
    ],
)
def test_hubs_and_the_unknown_of_real_years_are_no_loss_to_speak_of(
    shared: Path, tmp_path: Path, file: str, year: str, imd: str, lookup: str | None
) -> None:
    sources = Sources(
        [shared / "annual" / f"psych-ther-ann-rep-csv-{file}.csv"],
        shared / "imd" / f"{imd}.csv",
        shared / "lookups" / f"{lookup}.csv" if lookup else None,
    )
    done = import_period(sources, Period.parse(year), tmp_path)
    assert 0 < done.loss.share < 0.01
    assert not done.warnings
    assert not any("at caseness" in note or "differ" in note for note in done.notes)
