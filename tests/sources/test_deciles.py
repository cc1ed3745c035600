"""Counts by the deprivation of patients' own neighbourhoods: imported, kept beside the areas, read and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import published
from iapt_report.areas.deciles import DECILES, ENGLAND
from iapt_report.areas.folder import DECILES_FILE, read_areas
from iapt_report.areas.outcomes import OUTCOMES, RECOVERY
from iapt_report.areas.period import Period
from iapt_report.sources.formats import activity_formats
from iapt_report.stats.case_mix import case_mix
from iapt_report.stats.inequality import slope_index_of_patients
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.table import Areas
    from iapt_report.sources.importing import Imported

YEAR = Period.parse("2019-20")
HEADER = "area_code,decile,finished_treatment,at_caseness,recovered,reliably_recovered,reliably_improved,suppressed"


def run(folder: Path, rows: list[list[object]], header: list[str] = published.ANNUAL_OLD, **others: Path) -> Imported:
    return published.import_period(
        [published.annual(folder, header, rows)],
        YEAR,
        published.imd(folder),
        published.lookup(folder),
        folder / "data",
        **others,
    )


def imported(folder: Path, rows: list[list[object]]) -> pd.DataFrame:
    run(folder, rows)
    deciles = read_areas(folder / "data", YEAR).deciles
    assert deciles is not None
    return deciles


def of(deciles: pd.DataFrame, code: str) -> pd.DataFrame:
    return deciles[deciles["area_code"] == code].set_index("decile")


def test_the_declared_deciles_are_those_that_were_published() -> None:
    """A snapshot: a spelling that changes needs a new line in formats.toml, not a new branch."""
    rules = {form.name: form.deciles for form in activity_formats()}
    assert rules["series"] is rules["monthly"] is None
    rule = rules["annual"]
    assert rule is not None
    assert rule.only == {"variabletype": {"indicesofdeprivationdecile"}}
    assert rule.column == "variablea"
    assert sorted(rule.values.values()) == list(range(11))
    assert rule.values["10mostdeprived"] == 1
    assert rule.values["01leastdeprived"] == 10
    assert rule.values["notstatednotknowninvalid"] == 0


@pytest.mark.parametrize("header", [published.ANNUAL_OLD, published.ANNUAL_NEW])
def test_deciles_are_kept_beside_the_areas_with_1_the_most_deprived(tmp_path: Path, header: list[str]) -> None:
    run(tmp_path, published.annual_rows_with_deciles(), header)
    assert (tmp_path / "data" / YEAR.id / DECILES_FILE).read_text("utf-8").startswith(HEADER)
    deciles = read_areas(tmp_path / "data", YEAR).deciles
    assert deciles is not None
    assert set(deciles["area_code"]) == {ENGLAND, *(f"X{i:02d}" for i in range(15))}
    assert of(deciles, ENGLAND)["recovered"].tolist() == [4000 + 100 * d for d in DECILES]
    assert of(deciles, "X03")["recovered"].tolist() == [20] * 5 + [25] * 5
    assert of(deciles, "X03")["at_caseness"].tolist() == [50] * 10
    assert of(deciles, "X03")["finished_treatment"].tolist() == [55] * 10
    assert deciles["reliably_recovered"].isna().all(), "the file does not have it"


def test_a_withheld_count_is_missing_and_named(tmp_path: Path) -> None:
    rows = published.annual_rows_with_deciles()
    row = next(row for row in rows if row[1] == "X03" and row[4] == "10 Most deprived")
    row[6:9] = ["*", "5", "*"]
    cell = of(imported(tmp_path, rows), "X03").loc[1]
    assert pd.isna(cell["at_caseness"])
    assert pd.isna(cell["recovered"])
    assert cell["finished_treatment"] == 5
    assert cell["suppressed"] == "at_caseness;recovered"


def test_only_areas_in_the_analysis_are_read(tmp_path: Path) -> None:
    rows = published.annual_rows_with_deciles()
    total = next(row for row in rows if row[1] == "X03" and row[3] == "Total")
    total[6:] = ["*", "*", "*", "*", "*"]
    deciles = imported(tmp_path, rows)
    assert "X03" not in set(deciles["area_code"])
    assert "X03," in (tmp_path / "data" / YEAR.id / DECILES_FILE).read_text("utf-8")


@pytest.mark.parametrize(
    "kept",
    [lambda row: row[3] == "Total", lambda row: row[3] == "Total" or row[0] != "England"],
    ids=["no deciles", "none for England"],
)
def test_a_file_without_deciles_gives_none_and_says_nothing(tmp_path: Path, kept: object) -> None:
    assert callable(kept)
    done = run(tmp_path, [row for row in published.annual_rows_with_deciles() if kept(row)])
    assert not (done.folder / DECILES_FILE).exists()
    assert read_areas(tmp_path / "data", YEAR).deciles is None
    assert not any("neighbourhood" in note for note in done.notes)


def test_an_unknown_spelling_is_not_guessed_and_a_note_says_so(tmp_path: Path) -> None:
    rows = [["Decile 1" if c == "10 Most deprived" else c for c in row] for row in published.annual_rows_with_deciles()]
    done = run(tmp_path, rows)
    assert not (done.folder / DECILES_FILE).exists()
    assert any("'Decile 1' is not known to be one of ten" in note for note in done.notes)
    assert any("'Decile 1'" in note for note in read_areas(tmp_path / "data", YEAR).notes)


def test_a_decile_that_england_lacks_leaves_all_unused_and_a_note_says_so(tmp_path: Path) -> None:
    rows = [r for r in published.annual_rows_with_deciles() if not (r[0] == "England" and r[4] == "10 Most deprived")]
    done = run(tmp_path, rows)
    assert not (done.folder / DECILES_FILE).exists()
    assert any("does not have all ten for England" in note for note in done.notes)


def test_patients_of_unknown_deprivation_are_in_no_decile(tmp_path: Path) -> None:
    rows = published.annual_rows_with_deciles()
    for row in rows:
        if row[4] == published.UNKNOWN_DECILE:
            row[4] = "NULL"
    assert len(imported(tmp_path, rows)) == 10 * 16


def test_an_impossible_count_is_found_by_its_published_column_and_row(tmp_path: Path) -> None:
    rows = published.annual_rows_with_deciles()
    i = next(i for i, row in enumerate(rows) if row[1] == "X03" and row[4] == "10 Most deprived")
    rows[i][8] = 60
    with pytest.raises(DataError, match=rf"annual.csv, row {i + 2}, column 'CountRecovery': 60 recovered of 50"):
        run(tmp_path, rows)
    assert not (tmp_path / "data").exists()


def test_a_decile_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    rows = published.annual_rows_with_deciles()
    rows.append(next(row for row in rows if row[1] == "X03" and row[4] == "10 Most deprived"))
    with pytest.raises(DataError, match=rf"row {len(rows) + 1}, column 'VariableA': '10 Most deprived' is there"):
        run(tmp_path, rows)


def test_an_import_without_deciles_leaves_none_of_an_earlier_one_and_keeps_it_aside(tmp_path: Path) -> None:
    first = run(tmp_path, published.annual_rows_with_deciles())
    before = (first.folder / DECILES_FILE).read_bytes()
    assert run(tmp_path, published.annual_rows_with_deciles()).previous is None, "it is the same"
    done = run(tmp_path, published.annual_rows())
    assert done.previous is not None
    assert not (done.folder / DECILES_FILE).exists()
    assert (done.previous / DECILES_FILE).read_bytes() == before
    assert read_areas(tmp_path / "data", YEAR).deciles is None


def test_the_results_rest_on_the_deciles_too(tmp_path: Path) -> None:
    run(tmp_path, published.annual_rows_with_deciles())
    files = [source.file for source in read_areas(tmp_path / "data", YEAR).sources]
    assert files[-2:] == ["2019-20/deciles.csv", "2019-20/areas.csv"]


def test_areas_that_merged_are_counted_with_their_successors(tmp_path: Path) -> None:
    rows = published.annual_rows_with_deciles()
    row = next(row for row in rows if row[1] == "X03" and row[4] == "10 Most deprived")
    row[8] = "*"
    successors = published.write(tmp_path / "successors.csv", ["old_code", "new_code"], [["X03", "X04"]])
    run(tmp_path, rows, successors=successors)
    deciles = read_areas(tmp_path / "data", YEAR).deciles
    assert deciles is not None
    merged = of(deciles, "X04")
    assert merged["at_caseness"].tolist() == [100] * 10
    assert merged["parts"].tolist() == [2] * 10
    assert merged["recovered"].tolist()[1:] == [40] * 4 + [50] * 5
    assert merged["recovered"].isna().tolist() == [True] + [False] * 9
    assert merged.loc[1, "suppressed"] == "", "the sum of the two need not be small"
    assert "X03" not in set(deciles["area_code"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("X00,11,50,50,20,,,", r"row 12, column 'decile': '11'"),
        ("X00,,50,50,20,,,", r"row 12, column 'decile'"),
        ("X00,2,50,50,-1,,,", r"row 12, column 'recovered': '-1'"),
        ("X00,2,50,50,60,,,", r"row 12, column 'recovered': 60 recovered of 50 at_caseness"),
        ("X00,2,50,50,,,,referrals", r"row 12, column 'suppressed': 'referrals'"),
        ("X00,2,50,50,20,,,recovered", r"row 12, column 'suppressed': 'recovered'"),
        (",2,50,50,20,,,", r"row 12, column 'area_code'"),
        ("england,3,50,50,20,,,", r"row 12, column 'decile': '3' is there already, in row 4"),
    ],
)
def test_a_bad_table_of_deciles_is_refused_by_row_and_column(tmp_path: Path, line: str, problem: str) -> None:
    run(tmp_path, published.annual_rows_with_deciles())
    path = tmp_path / "data" / YEAR.id / DECILES_FILE
    england = [f"england,{d},10000,10000,4000,,," for d in DECILES]
    path.write_text("\n".join([HEADER, *england, line, ""]), "utf-8")
    with pytest.raises(DataError, match=problem):
        read_areas(tmp_path / "data", YEAR)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([HEADER, "X00,2,50,50,20,,,"], "England lacks the deciles 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"),
        ([HEADER, *(f"england,{d},9,9,4,,," for d in range(1, 10))], "England lacks the decile 10"),
        (["area_code,finished_treatment", "X00,4"], "column 'decile'"),
        ([HEADER + ",parts", *(f"england,{d},9,9,4,,,,0" for d in DECILES)], "row 2, column 'parts': '0'"),
    ],
)
def test_a_table_without_what_is_needed_is_refused(tmp_path: Path, content: list[str], problem: str) -> None:
    run(tmp_path, published.annual_rows_with_deciles())
    (tmp_path / "data" / YEAR.id / DECILES_FILE).write_text("\n".join([*content, ""]), "utf-8")
    with pytest.raises(DataError, match=problem):
        read_areas(tmp_path / "data", YEAR)


REAL = {
    "2017-18": ("psych-ther-ann-rep-csv-2017-18-main-csv.csv", "imd2015-lsoa11.csv", True, 191),
    "2019-20": ("psych-ther-ann-rep-csv-2019-20-main-csv.csv", "imd2015-lsoa11.csv", True, 191),
    "2023-24": ("psych-ther-ann-rep-csv-2023-24-main.csv", "imd2025-icb24.csv", False, 42),
}


def real(shared: Path, folder: Path, year: str) -> Areas:
    file, index, looked_up, _ = REAL[year]
    published.import_period(
        [shared / "annual" / file],
        Period.parse(year),
        shared / "imd" / index,
        shared / "lookups" / "lsoa11-ccg19-lad19.csv" if looked_up else None,
        folder,
    )
    return read_areas(folder, Period.parse(year))


@pytest.mark.shared
@pytest.mark.parametrize("year", REAL)
def test_the_real_years_can_be_adjusted_for_every_outcome(shared: Path, tmp_path: Path, year: str) -> None:
    areas = real(shared, tmp_path, year)
    assert len(areas) == REAL[year][3]
    assert areas.precision is not None
    for outcome in OUTCOMES.values():
        found = case_mix(
            areas.deciles,
            areas.table,
            reached=outcome.reached,
            cases=outcome.cases,
            confidence=0.95,
            rounded_to=areas.precision.rounded_to,
        )
        assert found is not None
        assert len(found.areas) == len(areas)
        assert found.cells == 10 * len(areas)
        assert found.unknown_share is not None
        assert 0 < found.unknown_share < 0.02
        for area in found.areas:
            assert area.low <= area.ratio <= area.high
            assert area.ratio_least is not None
            assert area.ratio_most is not None
            assert area.ratio_least <= area.ratio <= area.ratio_most
        # The areas make up nearly all of England, so that together they are near what is expected of them.
        together = sum(area.observed for area in found.areas) / sum(area.expected for area in found.areas)
        assert together == pytest.approx(1, abs=0.01)


@pytest.mark.shared
@pytest.mark.parametrize("year", REAL)
def test_in_the_real_years_fewer_recover_the_more_deprived_their_neighbourhood(
    shared: Path, tmp_path: Path, year: str
) -> None:
    deciles = real(shared, tmp_path, year).deciles
    assert deciles is not None
    england = of(deciles, ENGLAND)
    rates = (england["recovered"] / england["at_caseness"]).astype(float)
    assert rates.is_monotonic_increasing
    found = slope_index_of_patients(
        england["recovered"].to_numpy("float64"), england["at_caseness"].to_numpy("float64"), 0.95
    )
    assert found.sii_low is not None
    assert found.sii_low > 0.1


@pytest.mark.shared
def test_in_2019_20_the_published_rates_of_the_least_and_most_deprived_tenth_are_57_5_and_42_7(
    shared: Path, tmp_path: Path
) -> None:
    """The official rate leaves out those not at caseness; the count at caseness is 0.2% smaller than what is left."""
    file = pd.read_csv(shared / "annual" / REAL["2019-20"][0], dtype="str")
    england = file[(file["OrgType"] == "England") & file["VariableA"].isin(published.DECILES)].set_index("VariableA")
    recovered, finished, left_out = (
        england.loc[published.DECILES, f"Count{name}"].astype(float).to_numpy()
        for name in ("Recovery", "FinishedCourseTreatment", "NotAtCaseness")
    )
    official = recovered / (finished - left_out)
    assert (round(100 * official[-1], 1), round(100 * official[0], 1)) == (57.5, 42.7)
    areas = real(shared, tmp_path, "2019-20")
    assert areas.deciles is not None
    kept = of(areas.deciles, ENGLAND)
    assert kept["recovered"].tolist() == recovered.tolist()
    assert kept["finished_treatment"].tolist() == finished.tolist()
    found = case_mix(
        areas.deciles, areas.table, reached=RECOVERY.reached, cases=RECOVERY.cases, confidence=0.95, rounded_to=5
    )
    assert found is not None
    assert np.array([row.rate for row in found.national]) == pytest.approx(official, abs=0.002)
