"""Published files into a period's folder."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.sources.importing import Imported, check_file
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

YEAR = Period.parse("2019-20")


def run(folder: Path, **files: Path) -> Imported:
    return published.import_period(
        [files.get("annual") or published.annual(folder)],
        YEAR,
        files.get("imd") or published.imd(folder),
        files.get("lookup") or published.lookup(folder),
        folder / "data",
    )


@pytest.mark.parametrize(
    "header", [published.ANNUAL_OLD, published.ANNUAL_NEW], ids=["CountRecovery", "Count_Recovery"]
)
def test_both_published_spellings_are_read(tmp_path: Path, header: list[str]) -> None:
    run(tmp_path, annual=published.annual(tmp_path, header))
    areas = read_areas(tmp_path / "data", YEAR)
    first = areas.table.iloc[0]
    assert len(areas) == 15
    assert first["area_name"] == "NHS Area 0"
    assert first["recovery_rate"] == first["recovered"] / first["at_caseness"]
    assert first["imd_score"] == pytest.approx(41.0)
    assert areas.table["imd_rank"].tolist() == [float(i) for i in range(1, 16)]
    assert areas.area_type == "clinical commissioning group"


def test_the_folder_names_its_sources_with_their_checksums(tmp_path: Path) -> None:
    run(tmp_path)
    facts = tomllib.loads((tmp_path / "data" / "2019-20" / "period.toml").read_text("utf-8"))
    recorded = {source["file"]: source["sha256"] for source in facts["sources"]}
    for name in ("annual.csv", "imd.csv", "lookup.csv"):
        assert recorded[name] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert facts["synthetic"] is False


def test_nothing_is_silently_dropped(tmp_path: Path) -> None:
    rows = published.annual_rows()
    rows[4][6:9] = ["*", "*", "*"]
    rows[4][10] = "*"
    rows.append(["CCG", "Z99", "NHS Elsewhere", "Total", "NULL", "NULL", 400, 450, 200, 1500, 50])
    rows = [row for row in rows if row[1] != "X14"]
    done = run(tmp_path, annual=published.annual(tmp_path, rows=rows))
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons == {
        "X02": "no usable recovery rate; no number who finished treatment",
        "X14": "in the lookup, but not in the activity file",
        "Z99": "no deprivation score: neither its code nor its name is in the lookup",
        "UNKNOWN": "not a commissioning area: activity that could not be assigned to one",
    }
    names = {area.area_code: area.area_name for area in done.excluded}
    assert names["X14"] == "NHS Area X14 (ONS)"
    assert read_areas(tmp_path / "data", YEAR).excluded == done.excluded


def test_the_published_percentage_stands_where_counts_are_not_published(tmp_path: Path) -> None:
    keep = [name for name in published.ANNUAL_OLD if name not in ("CountRecovery", "CountAtCaseness")]
    columns = [published.ANNUAL_OLD.index(name) for name in keep]
    rows = [[row[i] for i in columns] for row in published.annual_rows()]
    run(tmp_path, annual=published.annual(tmp_path, keep, rows))
    table = read_areas(tmp_path / "data", YEAR).table
    assert table["recovery_rate"].iloc[0] == rows[2][-1] / 100  # type: ignore[operator]
    assert analyse(read_areas(tmp_path / "data", YEAR)).sample.rates.from_counts == 0


def test_scores_are_weighted_by_population_where_it_is_given(tmp_path: Path) -> None:
    header = [*published.IMD, "Total population: mid 2012 (excluding prisoners)"]
    rows: list[list[object]] = [
        [lsoa, score, 1, 1000 if lsoa.endswith("2") else 1] for lsoa, _, score in published.small_areas()
    ]
    done = run(tmp_path, imd=published.imd(tmp_path, rows, header))
    table = read_areas(tmp_path / "data", YEAR).table
    assert table["imd_score"].iloc[0] == pytest.approx((40 + 41 + 42 * 1000) / 1002)
    assert any("weighted by their populations" in note for note in done.notes)


def test_ranks_are_averaged_where_only_ranks_are_published(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, 1000 - score * 10] for lsoa, _, score in published.small_areas()]
    done = run(
        tmp_path, imd=published.imd(tmp_path, rows, ["LSOA code (2011)", "Index of Multiple Deprivation (IMD) Rank"])
    )
    table = read_areas(tmp_path / "data", YEAR).table
    assert table["imd_rank"].tolist() == [float(i) for i in range(1, 16)]
    assert table["imd_score"].isna().all()
    assert any("mean IMD rank" in note for note in done.notes)


def test_a_byte_order_mark_and_windows_text_are_read(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, "Ynys Môn", "E38", code, "Bôn"] for lsoa, code, _ in published.small_areas()]
    run(tmp_path, lookup=published.lookup(tmp_path, rows, "cp1252"))
    assert len(read_areas(tmp_path / "data", YEAR)) == 15


def breaks(tmp_path: Path, **files: Path) -> str:
    with pytest.raises(DataError) as caught:
        run(tmp_path, **files)
    assert not (tmp_path / "data").exists() or not any((tmp_path / "data").iterdir()), "something was left behind"
    assert caught.value.mend
    return str(caught.value)


def test_a_missing_column_is_named_as_it_is_published(tmp_path: Path) -> None:
    i = published.ANNUAL_OLD.index("CountReferralsReceived")
    rows = [[cell for j, cell in enumerate(row) if j != i] for row in published.annual_rows()]
    header = [name for j, name in enumerate(published.ANNUAL_OLD) if j != i]
    text = breaks(tmp_path, annual=published.annual(tmp_path, header, rows))
    assert "annual.csv, row 1, column 'CountReferralsReceived'" in text


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("CountRecovery", 99999, "99999 recovered of"),
        ("CountRecovery", "12.5", "a whole number"),
        ("CountReferralsReceived", -5, "a whole number"),
        ("PercentageRecovery", 150, "a percentage from 0 to 100"),
        ("OrgCode", "X00", "there already, in row 4"),
    ],
)
def test_an_impossible_value_is_found_by_its_published_column_and_row(
    tmp_path: Path, column: str, value: object, words: str
) -> None:
    rows = published.annual_rows()
    rows[5][published.ANNUAL_OLD.index(column)] = value
    text = breaks(tmp_path, annual=published.annual(tmp_path, rows=rows))
    assert f"annual.csv, row 7, column '{column}'" in text
    assert words in text


def test_files_in_each_others_places_are_told_apart(tmp_path: Path) -> None:
    text = breaks(tmp_path, imd=published.lookup(tmp_path), lookup=published.imd(tmp_path))
    assert "this is a lookup from LSOA to commissioning area" in text


def test_a_lookup_of_other_areas_is_refused_with_an_example_of_both(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, "n", "E54", "QE1", "ICB"] for lsoa, _, _ in published.small_areas()]
    text = breaks(tmp_path, lookup=published.lookup(tmp_path, rows))
    assert "'X00'" in text
    assert "none of the 16 organisations" in text


def test_a_file_without_commissioning_areas_is_refused(tmp_path: Path) -> None:
    rows = [row for row in published.annual_rows() if row[0] != "CCG"]
    text = breaks(tmp_path, annual=published.annual(tmp_path, rows=rows))
    assert "England, Provider" in text


def test_an_lsoa_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [["E01000001", 20, 1], ["E01000001", 21, 2]]
    assert "imd.csv, row 3, column 'LSOA code (2011)'" in breaks(tmp_path, imd=published.imd(tmp_path, rows))


def test_a_quarter_cannot_be_made_from_an_annual_file(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="financial year"):
        published.import_period(
            [published.annual(tmp_path)],
            Period.parse("2019-20-Q1"),
            published.imd(tmp_path),
            published.lookup(tmp_path),
            tmp_path,
        )


def test_an_import_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    run(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "data" / "2019-20").iterdir()}
    with pytest.raises(DataError):
        run(tmp_path, annual=published.annual(tmp_path, rows=[]))
    assert {path.name: path.read_bytes() for path in (tmp_path / "data" / "2019-20").iterdir()} == before


def test_check_says_what_a_file_is(tmp_path: Path) -> None:
    assert "16 organisations (clinical commissioning group), 16 with a recovery rate" in check_file(
        published.annual(tmp_path)
    )
    assert "scores of 45 small areas, without populations" in check_file(published.imd(tmp_path))
    assert "the areas in CCG19 (15)" in check_file(published.lookup(tmp_path))
    with pytest.raises(DataError, match="no known kind"):
        check_file(published.write(tmp_path / "other.csv", ["x", "y"], [[1, 2]]))


@pytest.mark.shared
def test_the_real_year_2019_20_gives_the_known_figures(shared: Path, tmp_path: Path) -> None:
    done = published.import_period(
        [shared / "annual" / "psych-ther-ann-rep-csv-2019-20-main-csv.csv"],
        YEAR,
        shared / "imd" / "imd2015-lsoa11.csv",
        shared / "lookups" / "lsoa11-ccg19-lad19.csv",
        tmp_path,
    )
    r = analyse(read_areas(tmp_path, YEAR))
    assert done.areas == r.sample.areas == 191
    assert {area.area_code for area in done.excluded} == {"13Q", "14E", "UNKNOWN"}
    c = r.correlations
    found = [c.referrals.rho, c.finished_treatment.rho, c.recovery_rate.rho]
    assert [round(rho or 0, 2) for rho in found] == [-0.17, -0.09, 0.21]
    assert round(r.regression.final.r_squared or 0, 3) == 0.026


@pytest.mark.shared
def test_an_earlier_real_year_is_counted_in_the_areas_of_the_lookup(shared: Path, tmp_path: Path) -> None:
    """Groups that merged before April 2019 have no small areas of their own in its lookup: successors have them."""
    done = published.import_period(
        [shared / "annual" / "psych-ther-ann-rep-csv-2017-18-main-csv.csv"],
        Period.parse("2017-18"),
        shared / "imd" / "imd2015-lsoa11.csv",
        shared / "lookups" / "lsoa11-ccg19-lad19.csv",
        tmp_path,
    )
    assert done.areas == 191
    assert {area.area_code for area in done.excluded} == {"13Q", "13R", "14E", "UNKNOWN"}
    assert "no deprivation score: neither its code nor its name is in the lookup" in {a.reason for a in done.excluded}
    assert any("The figures of 24 areas" in note and "are counted with those 8" in note for note in done.notes)
    areas = read_areas(tmp_path, Period.parse("2017-18"))
    assert areas.flow is not None
    assert (areas.flow.published, areas.flow.merged, areas.flow.matched) == (211, 16, 191), "24 became 8"


@pytest.mark.shared
def test_the_other_real_spelling_is_read(shared: Path) -> None:
    said = check_file(shared / "annual" / "psych-ther-ann-rep-csv-2023-24-main.csv")
    assert "43 organisations (integrated care board)" in said
