"""Episodes that are not as they should be: one clear message each, or counted and said; nothing half written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from episodes.patients import PERIOD, changed, sums_of
from iapt_report.__main__ import main
from iapt_report.areas.period import Period
from iapt_report.episodes.mapping import read_episodes_mapping
from iapt_report.system.errors import CallError, DataError, ReportError, ToolMissingError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


def refused(
    source: Path | str, kind: type[ReportError], connection: str | None = None, period: Period = PERIOD
) -> ReportError:
    with pytest.raises(kind) as caught:
        sums_of(source, period, connection=connection)
    assert caught.value.expected
    assert caught.value.mend
    return caught.value


def test_a_missing_column_is_named(made: Path, tmp_path: Path) -> None:
    error = refused(changed(made, tmp_path / "bad", "SELECT * EXCLUDE (Recovery_Flag) FROM made"), DataError)
    assert error.column == "Recovery_Flag"
    assert "missing" in str(error)


def test_a_flag_of_another_spelling_is_refused_with_the_spelling(made: Path, tmp_path: Path) -> None:
    query = "SELECT * REPLACE (CASE Recovery_Flag WHEN 'True' THEN 'Y' ELSE 'N' END AS Recovery_Flag) FROM made"
    error = refused(changed(made, tmp_path / "bad", query), DataError)
    assert error.column == "Recovery_Flag"
    assert "'N', 'Y'" in error.problem


def test_a_flag_that_says_which_record_counts_is_refused_though_nothing_counts_then(made: Path, tmp_path: Path) -> None:
    error = refused(changed(made, tmp_path / "bad", "SELECT * REPLACE ('1' AS UsePathway_Flag) FROM made"), DataError)
    assert error.column == "UsePathway_Flag"


def test_what_a_wrong_column_holds_of_patients_is_not_shown(made: Path, tmp_path: Path) -> None:
    error = refused(
        changed(made, tmp_path / "bad", "SELECT * REPLACE (PathwayID AS Recovery_Flag) FROM made"), DataError
    )
    assert "SYNTHETIC-" not in str(error)
    assert "none that many referrals share" in error.problem


def test_a_spelling_can_be_declared(made: Path, tmp_path: Path) -> None:
    query = "SELECT * REPLACE (CASE Recovery_Flag WHEN 'True' THEN 'Y' ELSE 'N' END AS Recovery_Flag) FROM made"
    own = tmp_path / "own.toml"
    own.write_text('[flags]\nyes = ["True", "Y"]\nno = ["False", "N"]\n', "utf-8")
    found = sums_of(changed(made, tmp_path / "bad", query), mapping=own)
    pd.testing.assert_frame_equal(found.areas, sums_of(made).areas)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ReferralRequestReceivedDate + 900 AS ReferralRequestReceivedDate", "discharged before they were received"),
        ("11 AS IMD_Decile", "deprivation decile that is not a whole number from 1 to 10"),
        ("'Q' AS Gender", "gender code that the mapping does not list"),
        ("130 AS Age_ReferralRequest_ReceivedDate", "age that is not from 0 to 120"),
        ("31 AS PHQ9_FirstScore", "PHQ-9 score that is not from 0 to 27"),
        ("-1 AS GAD_FirstScore", "GAD-7 score that is not from 0 to 21"),
        ("'17' AS EmployStatus", "employment status that the mapping does not list"),
        ("1 AS TreatmentCareContact_Count", "fewer than two contacts"),
        ("'True' AS NotCaseness_Flag", "recovered though not at caseness"),
        ("'True' AS Caseness_Flag", "both at caseness and not at caseness"),
    ],
)
def test_what_cannot_be_right_in_some_records_is_counted_and_said(
    made: Path, tmp_path: Path, change: str, said: str
) -> None:
    """Three hundred records are wrong; of these, those that count are said, and everybody is still counted."""
    name = change.rsplit(" ", 1)[1]
    some = (
        "CompletedTreatment_Flag = 'True' AND ServDischDate <= DATE '2026-03-31' AND ServDischDate >= DATE '2025-04-01'"
    )
    if "NotCaseness" in change:
        some += " AND Recovery_Flag = 'True'"
    if change == "'True' AS Caseness_Flag":
        some += " AND NotCaseness_Flag = 'True'"
    value = change.rsplit(" AS ", 1)[0]
    query = (
        f"WITH wrong AS (SELECT PathwayID AS which FROM made WHERE {some} ORDER BY PathwayID LIMIT 30) "
        f"SELECT * REPLACE (CASE WHEN PathwayID IN (FROM wrong) THEN {value} ELSE {name} END AS {name}) FROM made"
    )
    found = sums_of(changed(made, tmp_path / "bad", query))
    (note,) = [note for note in found.notes if said in note]
    assert "30" in note
    assert found.areas["finished"].sum() == sums_of(made).areas["finished"].sum()
    assert (found.cells["recovered"] <= found.cells["at_caseness"]).all()


def test_a_pathway_that_is_there_twice_counts_once_and_is_said(made: Path, tmp_path: Path) -> None:
    twice = changed(made, tmp_path / "bad", "FROM made UNION ALL (FROM made ORDER BY PathwayID DESC LIMIT 500)")
    found, once = sums_of(twice), sums_of(made)
    pd.testing.assert_frame_equal(found.areas, once.areas)
    pd.testing.assert_frame_equal(found.cells, once.cells)
    assert any("there twice" in note for note in found.notes)
    assert not once.notes


def test_records_that_do_not_stand_for_their_pathway_count_for_nothing(made: Path, tmp_path: Path) -> None:
    query = "FROM made UNION ALL SELECT * REPLACE ('False' AS UsePathway_Flag) FROM made"
    pd.testing.assert_frame_equal(sums_of(changed(made, tmp_path / "more", query)).areas, sums_of(made).areas)


def test_a_record_without_a_pathway_counts_for_nothing(made: Path, tmp_path: Path) -> None:
    query = "FROM made UNION ALL (SELECT * REPLACE (NULL AS PathwayID) FROM made LIMIT 900)"
    found = sums_of(changed(made, tmp_path / "more", query))
    pd.testing.assert_frame_equal(found.areas, sums_of(made).areas)
    assert not found.notes


def test_a_date_in_no_form_that_is_known_is_said(made: Path, tmp_path: Path) -> None:
    query = (
        "SELECT * REPLACE (CASE WHEN PathwayID LIKE '%99' THEN 'soon' ELSE ReferralRequestReceivedDate::VARCHAR END "
        "AS ReferralRequestReceivedDate) FROM made"
    )
    found = sums_of(changed(made, tmp_path / "bad", query))
    assert any("readable date of receipt" in note for note in found.notes)
    assert found.areas["finished"].sum() == sums_of(made).areas["finished"].sum()


def test_an_empty_period_says_which_days_there_are(made: Path) -> None:
    error = refused(made, DataError, period=Period.parse("2019-20"))
    assert "April 2019 to March 2020" in error.problem
    assert "2026" in error.problem


def test_a_source_that_is_not_there_or_is_none_is_refused(tmp_path: Path) -> None:
    assert "there is no" in refused(tmp_path / "nothing", CallError).problem
    (tmp_path / "empty").mkdir()
    assert "no file that ends in .parquet or .csv" in refused(tmp_path / "empty", CallError).problem
    (tmp_path / "file.parquet").write_bytes(b"PAR0")
    assert "cannot be read" in refused(tmp_path / "file.parquet", DataError).problem


def test_an_engine_that_is_not_installed_or_not_reachable_is_named_without_its_password(made: Path) -> None:
    error = refused(made, ToolMissingError, "snowflake://me:secret@account/db")
    assert "secret" not in str(error)
    assert "snowflake" in str(error)
    swapped = refused("mssql://me:secret@host/db", CallError)
    assert "secret" not in str(swapped)
    nothing = refused(made, ToolMissingError, "nosuchengine://host")
    assert "nosuchengine" in str(nothing)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[column]\npathway = "x"', "'column' is not expected"),
        ('[columns]\npathways = "x"', "'pathways' under [columns] is none of"),
        ('[columns]\npathway = ""', "no 'pathway'"),
        ('level = "village"', "'village' is none of"),
        ("[gender]\nFemale = 2", "list of texts"),
        ("columns = ", "not TOML"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"own\.toml") as caught:
        read_episodes_mapping(path)
    assert said in caught.value.problem


def test_an_unknown_area_is_left_out_with_its_reason_and_its_patients(
    made: Path, tmp_path: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    query = (
        "SELECT * REPLACE (CASE WHEN PathwayID LIKE '%77' THEN NULL WHEN PathwayID LIKE '%78' THEN 'ZZ9' "
        "ELSE OrgIDComm END AS OrgIDComm) FROM made"
    )
    source = changed(made, tmp_path / "bad", query)
    call = ["episodes", str(source), "--period", PERIOD.id, "--workspace", str(workspace.root)]
    assert main(call) == 0
    said = capsys.readouterr().err
    assert "UNKNOWN" in said
    assert "ZZ9" in said
    areas = pd.read_csv(workspace.data / PERIOD.id / "areas.csv", dtype="str")
    assert areas.set_index("area_code").loc[["UNKNOWN", "ZZ9"], "excluded"].notna().all()


def test_nothing_is_written_where_the_episodes_are_refused(made: Path, tmp_path: Path, workspace: Workspace) -> None:
    before = sorted(workspace.data.iterdir())
    bad = changed(made, tmp_path / "bad", "SELECT * REPLACE ('yes' AS Recovery_Flag) FROM made")
    assert main(["episodes", str(bad), "--period", PERIOD.id, "--workspace", str(workspace.root)]) == 1
    assert sorted(workspace.data.iterdir()) == before


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_of_patients_too_the_named_file_alone_is_read(made: Path, tmp_path: Path, kind: str) -> None:
    few = "SELECT * FROM made WHERE ServDischDate BETWEEN '2025-04-01' AND '2025-06-30'"
    folder = tmp_path / "Recovery_Flag=False"
    own = changed(made, folder, few, name=f"own.{kind}") / f"own.{kind}"
    wanted = sums_of(own.rename(tmp_path / own.name))
    changed(made, folder, "FROM made", name=f"m1.{kind}")
    odd = (tmp_path / own.name).rename(folder / f"m[1].{kind}")
    found = sums_of(odd)
    assert found.cells.equals(wanted.cells)


def test_a_folder_named_as_a_file_of_patients_is_refused(tmp_path: Path) -> None:
    (tmp_path / "referrals.parquet").mkdir()
    assert "no regular file" in str(refused(tmp_path, DataError))
