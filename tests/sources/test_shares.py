"""Patients by group: imported whatever the groups are called, kept beside the areas, read and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import published
from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.folder import AREAS_FILE, SHARES_FILE, read_areas
from iapt_report.areas.period import Period
from iapt_report.sources.formats import activity_formats
from iapt_report.stats.case_mix import group_mix
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.table import Areas
    from iapt_report.sources.importing import Imported

YEAR = Period.parse("2019-20")
HEADER = "area_code,variable,group,share"


def run(
    folder: Path, rows: list[list[object]], header: list[str] = published.ANNUAL_OLD, successors: Path | None = None
) -> Imported:
    return published.import_period(
        [published.annual(folder, header, rows)],
        YEAR,
        published.imd(folder),
        published.lookup(folder),
        folder / "data",
        successors=successors,
    )


def imported(folder: Path, rows: list[list[object]], successors: Path | None = None) -> pd.DataFrame:
    run(folder, rows, successors=successors)
    shares = read_areas(folder / "data", YEAR).shares
    assert shares is not None
    return shares


def of(shares: pd.DataFrame, code: str) -> Any:
    return shares[shares["area_code"] == code].set_index("group")


def rows_of(rows: list[list[object]], code: str, group: str, part: str = "All") -> list[object]:
    return next(row for row in rows if row[1] == code and row[4] == group and row[5] == part)


@pytest.mark.parametrize("header", [published.ANNUAL_OLD, published.ANNUAL_NEW])
def test_shares_are_of_the_patients_who_finished_treatment_and_are_known(tmp_path: Path, header: list[str]) -> None:
    rows = published.annual_rows_with_shares()
    run(tmp_path, rows, header)
    shares = read_areas(tmp_path / "data", YEAR).shares
    assert shares is not None
    finished = int(str(next(row for row in rows if row[1] == "X03" and row[3] == "Total")[7]))
    found = of(shares, "X03")
    assert set(found.index) == {"Group A", "Group A / A 1", "Group B"}
    assert set(found["variable"]) == {"Some Grouping"}
    assert set(found["known"]) == {finished - 55}, "those of an unknown group do not count"
    assert found.loc["Group A", "share"] == pytest.approx(50 / (finished - 55), abs=1e-6)
    assert found.loc["Group A / A 1", "share"] == pytest.approx(15 / (finished - 55), abs=1e-6)
    assert found.loc[["Group A", "Group B"], "share"].sum() == pytest.approx(1, abs=1e-5)
    assert found.loc["Group A", "recovered"] == 20
    assert of(shares, ENGLAND).loc["Group A", "finished_treatment"] == 3000


def test_shares_change_nothing_of_the_areas(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    done = run(tmp_path / "with", rows)
    run(tmp_path / "without", [row for row in rows if row[3] == "Total"])
    assert not (tmp_path / "without" / "data" / YEAR.id / SHARES_FILE).exists()
    assert read_areas(tmp_path / "without" / "data", YEAR).shares is None
    one, other = ((tmp_path / name / "data" / YEAR.id / AREAS_FILE).read_bytes() for name in ("with", "without"))
    assert one == other
    assert not any("Some Grouping" in note for note in done.notes)


def test_a_withheld_count_is_empty_and_named_and_so_is_its_share(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    rows_of(rows, "X03", "Group A", "A 1")[6:9] = ["*", "*", "*"]
    cell = of(imported(tmp_path, rows), "X03").loc["Group A / A 1"]
    assert pd.isna(cell["finished_treatment"])
    assert pd.isna(cell["share"])
    assert set(cell["suppressed"].split(";")) == {"finished_treatment", "at_caseness", "recovered"}


def test_a_withheld_number_of_patients_of_unknown_group_counts_as_none(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    rows_of(rows, "X03", published.UNKNOWN_DECILE)[6:9] = ["*", "*", "*"]
    finished = int(str(next(row for row in rows if row[1] == "X03" and row[3] == "Total")[7]))
    assert of(imported(tmp_path, rows), "X03").loc["Group A", "known"] == finished


@pytest.mark.parametrize("unknown", ["Unknown", "Not Stated", "Not known / Not recorded", "NULL", "Invalid/missing"])
def test_unknown_groups_are_told_in_other_words_too(tmp_path: Path, unknown: str) -> None:
    rows = [[unknown if cell == published.UNKNOWN_DECILE else cell for cell in row] for row in
            published.annual_rows_with_shares()]  # fmt: skip
    shares = imported(tmp_path, rows)
    assert set(shares["group"]) == {"Group A", "Group A / A 1", "Group B"}
    assert (
        of(shares, "X03")["known"] + 55 == 20 + 30 + of(shares, "X03").loc["Group B", "finished_treatment"] + 55
    ).all()


def test_a_group_called_none_is_a_group(tmp_path: Path) -> None:
    rows = [["None" if cell == "Group A" else cell for cell in row] for row in published.annual_rows_with_shares()]
    assert {"None", "None / A 1"} < set(imported(tmp_path, rows)["group"])


def test_spellings_that_differ_by_capitals_and_spaces_are_one(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    row = rows_of(rows, "X03", "Group A")
    row[3], row[4] = "Some  grouping", "Group  a "
    shares = imported(tmp_path, rows)
    assert set(shares["variable"]) == {"Some Grouping"}
    assert "Group A" in of(shares, "X03").index


def test_groups_without_any_count_are_left_out(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    rows += [["CCG", f"X{i:02d}", "x", "Waits", "Mean", "NULL", *["NULL"] * 5] for i in range(15)]
    assert set(imported(tmp_path, rows)["variable"]) == {"Some Grouping"}


@pytest.mark.parametrize("name", ["=1+1", "a\u202eb", "x" * 300])
def test_a_name_that_could_do_harm_leaves_its_variable_out_and_a_note_says_so(tmp_path: Path, name: str) -> None:
    rows = published.annual_rows_with_shares()
    rows += [published.share_row("CCG", f"X{i:02d}", name, "Group C", "NULL", 50, 20) for i in range(15)]
    done = run(tmp_path, rows)
    assert any("not used" in note for note in done.notes)
    shares = read_areas(tmp_path / "data", YEAR).shares
    assert shares is not None
    assert set(shares["variable"]) == {"Some Grouping"}


def test_a_count_that_cannot_be_leaves_its_variable_out_and_a_note_names_the_row(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    at = next(i for i, row in enumerate(rows) if row[1] == "X03" and row[4] == "Group A")
    rows[at][8] = 3000
    done = run(tmp_path, rows)
    assert any("'Some Grouping'" in note and f"row {at + 2}" in note for note in done.notes)
    assert not (done.folder / SHARES_FILE).exists()


def test_a_group_that_is_there_twice_leaves_its_variable_out(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    done = run(tmp_path, [*rows, rows_of(rows, "X03", "Group A")])
    assert any("is there already" in note and f"row {len(rows) + 2}" in note for note in done.notes)


def test_areas_that_merged_are_counted_with_their_successors(tmp_path: Path) -> None:
    rows = published.annual_rows_with_shares()
    rows_of(rows, "X03", "Group A", "A 1")[7] = "*"
    before = {code: int(str(rows_of(rows, code, "Group A")[7])) for code in ("X03", "X04")}
    successors = published.write(tmp_path / "successors.csv", ["old_code", "new_code"], [["X03", "X04"]])
    shares = imported(tmp_path, rows, successors=successors)
    merged = of(shares, "X04")
    assert merged.loc["Group A", "finished_treatment"] == before["X03"] + before["X04"]
    assert merged.loc["Group A", "share"] == pytest.approx(
        (before["X03"] + before["X04"]) / merged.loc["Group A", "known"], abs=1e-6
    )
    assert merged["parts"].tolist() == [2, 2, 2]
    assert pd.isna(merged.loc["Group A / A 1", "share"]), "one of its parts is withheld"
    assert merged.loc["Group A / A 1", "suppressed"] == "", "the sum of the two need not be small"
    assert "X03" not in set(shares["area_code"])


def test_an_import_without_shares_leaves_none_of_an_earlier_one_and_keeps_it_aside(tmp_path: Path) -> None:
    first = run(tmp_path, published.annual_rows_with_shares())
    before = (first.folder / SHARES_FILE).read_bytes()
    assert run(tmp_path, published.annual_rows_with_shares()).previous is None, "it is the same"
    done = run(tmp_path, published.annual_rows())
    assert done.previous is not None
    assert not (done.folder / SHARES_FILE).exists()
    assert (done.previous / SHARES_FILE).read_bytes() == before


def test_the_results_rest_on_the_shares_too(tmp_path: Path) -> None:
    run(tmp_path, published.annual_rows_with_shares())
    files = [source.file for source in read_areas(tmp_path / "data", YEAR).sources]
    assert files[-2:] == ["2019-20/shares.csv", "2019-20/areas.csv"]


def test_shares_can_be_written_by_hand_without_counts(tmp_path: Path) -> None:
    run(tmp_path, published.annual_rows())
    (tmp_path / "data" / YEAR.id / SHARES_FILE).write_text(f"{HEADER}\nX00,Age,Under 25,0.25\nX01,Age,Under 25,*\n")
    shares = read_areas(tmp_path / "data", YEAR).shares
    assert shares is not None
    assert of(shares, "X00").loc["Under 25", "share"] == 0.25
    assert pd.isna(of(shares, "X01").loc["Under 25", "share"])


@pytest.mark.parametrize(
    ("header", "line", "problem"),
    [
        (HEADER, "X00,Age,Young,1.5", r"row 2, column 'share': '1.5'"),
        (HEADER, "X00,Age,Young,many", r"row 2, column 'share': 'many'"),
        (HEADER, "X00,Age,,0.5", r"row 2, column 'group'"),
        (HEADER, "X00,=Age,Young,0.5", r"row 2, column 'variable': '=Age'"),
        (HEADER, "X00,Age,Young,0.5\nX00,age,young,0.5", r"row 3, column 'group': 'young' is there already, in row 2"),
        ("area_code,variable,group", "X00,Age,Young", r"row 1, column 'share'"),
        (
            HEADER + ",recovered,at_caseness",
            "X00,Age,Young,0.5,60,50",
            r"row 2, column 'recovered': 60 recovered of 50",
        ),
        (HEADER + ",suppressed", "X00,Age,Young,0.5,sex", r"row 2, column 'suppressed': 'sex'"),
        (HEADER + ",parts", "X00,Age,Young,0.5,0", r"row 2, column 'parts': '0'"),
    ],
)
def test_a_bad_table_of_shares_is_refused_by_row_and_column(
    tmp_path: Path, header: str, line: str, problem: str
) -> None:
    run(tmp_path, published.annual_rows())
    (tmp_path / "data" / YEAR.id / SHARES_FILE).write_text(f"{header}\n{line}\n", "utf-8")
    with pytest.raises(DataError, match=r"shares.csv, " + problem):
        read_areas(tmp_path / "data", YEAR)


def test_only_the_annual_file_declares_groups() -> None:
    assert [form.name for form in activity_formats() if form.shares] == ["annual"]


@pytest.fixture(scope="module")
def year(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Areas:
    folder = tmp_path_factory.mktemp("real")
    done = published.import_period(
        [shared / "annual-full" / "psych-ther-ann-rep-csv-2019-20-main-csv.csv"],
        YEAR,
        shared / "imd" / "imd2015-lsoa11.csv",
        shared / "lookups" / "lsoa11-ccg19-lad19.csv",
        folder,
    )
    assert not any("not used" in note for note in done.notes)
    return read_areas(folder, YEAR)


@pytest.fixture(scope="module")
def real(year: Areas) -> pd.DataFrame:
    assert year.shares is not None
    return year.shares


@pytest.mark.shared
def test_the_real_year_has_every_variable_beside_the_total_and_the_deciles(real: pd.DataFrame) -> None:
    found = set(real["variable"])
    assert {"Age Group", "Ethnic Group", "Gender", "Long Term Condition Status", "Problem Descriptor"} <= found
    assert not {"Total", "Indices of Deprivation Decile"} & found
    assert not real["group"].str.contains("Not stated").any()
    england = of(real[real["variable"] == "Ethnic Group"], ENGLAND)
    # 494 711 of 606 192 less 36 948 whose ethnic group is not known.
    assert england.loc["White", "share"] == pytest.approx(494711 / 569244, abs=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize("variable", ["Age Group", "Gender", "Long Term Condition Status"])
def test_in_the_real_year_the_shares_of_a_variable_add_to_one(real: pd.DataFrame, variable: str) -> None:
    own = real[real["variable"] == variable]
    england = own[own["area_code"] == ENGLAND]
    assert england["share"].sum() == pytest.approx(1, abs=1e-5)
    sums = own[own["area_code"] != ENGLAND].groupby("area_code")["share"].sum()
    assert (abs(sums - 1) < 0.06).all(), "but for rounding and what is withheld"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("variable", "groups"),
    [
        ("Age Group", 5),
        ("Ethnic Group", 5),
        ("Gender", 2),
        ("Long Term Condition Status", 2),
        # "Other Mental Health problems" has parts and no whole; "All ADSM" is part of another and has no outcome.
        ("Problem Descriptor", 5),
        # Groups that overlap, and have no outcome.
        ("Waiting Time", 0),
        ("Stepped Care Pathway", 0),
    ],
)
def test_in_the_real_year_areas_are_standardised_by_what_parts_the_patients(
    year: Areas, variable: str, groups: int
) -> None:
    found = group_mix(
        year.shares, year.table, variable, reached="recovered", cases="at_caseness", confidence=0.95, rounded_to=5
    )
    if not groups:
        assert found is None
        return
    assert found is not None
    assert len(found.national) == groups
    together = sum(area.observed for area in found.areas) / sum(area.expected for area in found.areas)
    assert together == pytest.approx(1, abs=0.01), "the areas make up nearly all of England"
