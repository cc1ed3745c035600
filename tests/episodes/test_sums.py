"""Sums of episodes: the measures as NHS England defines them, whatever holds the episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest

from episodes.patients import PERIOD, changed, sums_of
from iapt_report.areas.patient_cells import CELL_COUNTS, DIMENSIONS
from iapt_report.areas.period import Period

if TYPE_CHECKING:
    from pathlib import Path

# Written by hand from the metadata and from the queries that NHS England publishes.
BY_HAND = """
    SELECT OrgIDComm AS area_code,
        count(DISTINCT CASE WHEN ReferralRequestReceivedDate BETWEEN '{start}' AND '{end}' THEN PathwayID END)
            AS referrals,
        count(DISTINCT CASE WHEN {done} THEN PathwayID END) AS finished,
        count(DISTINCT CASE WHEN {done} THEN PathwayID END)
            - count(DISTINCT CASE WHEN {done} AND NotCaseness_Flag = 'True' THEN PathwayID END) AS at_caseness,
        count(DISTINCT CASE WHEN {done} AND Recovery_Flag = 'True' THEN PathwayID END) AS recovered,
        count(DISTINCT CASE WHEN {done} AND Recovery_Flag = 'True' AND ReliableImprovement_Flag = 'True'
            THEN PathwayID END) AS reliably_recovered,
        count(DISTINCT CASE WHEN {done} AND ReliableImprovement_Flag = 'True' THEN PathwayID END) AS reliably_improved
    FROM '{folder}/*.parquet' WHERE UsePathway_Flag = 'True' GROUP BY 1 ORDER BY 1
"""


def by_hand(folder: Path, period: Period) -> pd.DataFrame:
    done = f"ServDischDate BETWEEN '{period.start}' AND '{period.end}' AND CompletedTreatment_Flag = 'True'"
    with duckdb.connect() as engine:
        found = engine.execute(BY_HAND.format(folder=folder, start=period.start, end=period.end, done=done)).df()
    assert isinstance(found, pd.DataFrame)
    return found


@pytest.mark.parametrize("period", ["2025-26", "2025-26-Q4", "2025-07"])
def test_the_areas_have_the_counts_of_the_published_measures(made: Path, period: str) -> None:
    when = Period.parse(period)
    found, expected = sums_of(made, when).areas, by_hand(made, when)
    active = expected[expected["referrals"] + expected["finished"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[list(active)], active, check_dtype=False)


def test_the_cells_add_up_to_the_areas(made: Path) -> None:
    sums = sums_of(made)
    added = sums.cells.groupby("area_code", observed=True)[list(CELL_COUNTS)].sum().reset_index()
    pd.testing.assert_frame_equal(
        added, sums.areas[["area_code", *CELL_COUNTS]], check_dtype=False, check_categorical=False
    )
    assert not sums.cells.duplicated(["area_code", *DIMENSIONS]).any()


def test_each_cell_has_the_patients_that_a_query_of_its_own_finds(made: Path) -> None:
    cells = sums_of(made).cells
    cell = cells.sort_values("finished").iloc[-1]
    ages, scores = cell["age_band"].split(" to "), cell["phq9_band"].split(" to ")
    gad = cell["gad7_band"].split(" to ")
    codes = {"Female": "2", "White": "A", "Employed": "01", "Male": "1"}
    query = f"""
        SELECT count(*), count(*) FILTER (NotCaseness_Flag = 'False'), count(*) FILTER (Recovery_Flag = 'True')
        FROM '{made}/*.parquet' WHERE CompletedTreatment_Flag = 'True' AND OrgIDComm = '{cell["area_code"]}'
            AND ServDischDate BETWEEN '{PERIOD.start}' AND '{PERIOD.end}' AND IMD_Decile = {cell["decile"]}
            AND Age_ReferralRequest_ReceivedDate BETWEEN {ages[0]} AND {ages[1]}
            AND Gender = '{codes[cell["gender"]]}' AND Validated_EthnicCategory = '{codes[cell["ethnic_group"]]}'
            AND EmployStatus = '{codes[cell["employment"]]}' AND PHQ9_FirstScore BETWEEN {scores[0]} AND {scores[1]}
            AND GAD_FirstScore BETWEEN {gad[0]} AND {gad[1]}
    """
    with duckdb.connect() as engine:
        (found,) = engine.execute(query).fetchall()
    assert found == (cell["finished"], cell["at_caseness"], cell["recovered"])


def same(one: Path | str, other: Path | str) -> None:
    first, second = sums_of(one), sums_of(other)
    pd.testing.assert_frame_equal(first.areas, second.areas)
    pd.testing.assert_frame_equal(first.cells, second.cells, check_categorical=False)
    assert first.notes == second.notes


def test_csv_files_give_the_sums_of_the_parquet_file_that_they_were_written_from(made: Path, tmp_path: Path) -> None:
    changed(made, tmp_path / "csv", "FROM made WHERE OrgIDComm < '11'", name="a.csv")
    changed(made, tmp_path / "csv", "FROM made WHERE OrgIDComm >= '11'", name="b.csv")
    same(made, tmp_path / "csv")


def test_a_duckdb_file_with_the_tables_of_the_data_set_gives_the_sums_of_one_table_of_all(
    made: Path, tmp_path: Path
) -> None:
    place = tmp_path / "iapt.duckdb"
    person = "Age_ReferralRequest_ReceivedDate, Gender, Validated_EthnicCategory, IMD_Decile, LSOA"
    with duckdb.connect(str(place)) as engine:
        engine.execute(f"CREATE TABLE made AS SELECT *, PathwayID AS RecordNumber FROM '{made}/*.parquet'")
        engine.execute(
            f"CREATE TABLE IDS101referral AS SELECT * EXCLUDE ({person}, EmployStatus) FROM made;"
            f"CREATE TABLE IDS001mpi AS SELECT RecordNumber, {person} FROM made;"
            # An older record of each, which does not count.
            "CREATE TABLE IDS004empstatus AS SELECT RecordNumber, EmployStatus, "
            "DATE '2026-01-01' AS EmployStatusRecDate FROM made UNION ALL "
            "SELECT RecordNumber, 'ZZ', DATE '2020-01-01' FROM made; DROP TABLE made"
        )
    same(made, place)


def test_flags_that_are_booleans_count_as_the_words_do(made: Path, tmp_path: Path) -> None:
    flags = ", ".join(
        f"({name} = 'True') AS {name}"
        for name in ("UsePathway_Flag", "CompletedTreatment_Flag", "NotCaseness_Flag", "Recovery_Flag", "Caseness_Flag")
    )
    same(made, changed(made, tmp_path / "bool", f"SELECT * REPLACE ({flags}) FROM made"))


def test_a_mapping_of_ones_own_says_only_what_differs(made: Path, tmp_path: Path) -> None:
    query = "SELECT * EXCLUDE (OrgIDComm), OrgIDComm AS Commissioner FROM made"
    renamed = changed(made, tmp_path / "renamed", query)
    own = tmp_path / "own.toml"
    own.write_text('[columns]\ncommissioner = "Commissioner"\n', "utf-8")
    pd.testing.assert_frame_equal(sums_of(renamed, mapping=own).areas, sums_of(made).areas)


def test_without_a_covariate_everybody_is_in_its_group_not_known(made: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[columns]\nemployment = ""\n', "utf-8")
    cells = sums_of(changed(made, tmp_path / "less", "SELECT * EXCLUDE (EmployStatus) FROM made"), mapping=own).cells
    assert set(cells["employment"]) == {"Not known"}
    assert cells["finished"].sum() == sums_of(made).cells["finished"].sum()
