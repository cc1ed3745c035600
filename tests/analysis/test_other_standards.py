"""Where another national standard is in force, the paper says who is below it; where none is, it says nothing."""

from typing import Any

import pytest

from conftest import areas_from, some_rows
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.words.findings import findings_of
from iapt_report.words.other_standards import results as said


def rows(reliably: Any) -> Any:
    return [{**row, "reliably_recovered": reliably(row)} for row in some_rows(20)]


def test_areas_below_the_standard_for_reliable_recovery_are_counted_in_its_years() -> None:
    made = rows(lambda row: int(row["at_caseness"] * (0.40 if row["area_code"] < "T005" else 0.55)))
    found = analyse(areas_from(made, "2024-25-Q1"))
    (standard,) = found.other_standards
    assert (standard.outcome, standard.value, standard.areas, standard.below) == ("reliable_recovery", 0.48, 20, 5)
    assert standard.area_codes == ("T000", "T001", "T002", "T003", "T004")
    cases = sum(row["at_caseness"] for row in made)
    assert standard.rate == pytest.approx(sum(row["reliably_recovered"] for row in made) / cases)
    text = said(findings_of(found))
    assert text == "The standard for reliable recovery (48%) was missed by 5 of the 20 areas (25.0%)."


@pytest.mark.parametrize("period", ["2019-20", "2023-24-Q4"])
def test_before_there_was_such_a_standard_nothing_is_said(period: Any) -> None:
    found = analyse(areas_from(rows(lambda row: row["recovered"]), period))
    assert found.other_standards == ()
    assert said(findings_of(found)) == ""


def test_areas_whose_rate_is_not_known_are_not_counted_and_the_rate_is_of_the_others() -> None:
    made = rows(lambda row: "" if row["area_code"] == "T000" else row["recovered"])
    (standard,) = analyse(areas_from(made, "2025-26-Q1")).other_standards
    assert standard.areas == 19
    others = [row for row in made if row["area_code"] != "T000"]
    reached = sum(row["recovered"] for row in others)
    assert standard.rate == pytest.approx(reached / sum(row["at_caseness"] for row in others))


def test_the_outcome_that_is_analysed_is_not_told_again() -> None:
    made = rows(lambda row: row["recovered"])
    areas = areas_from(made, "2024-25-Q1")
    found = analyse(areas, Settings(outcome="reliable_recovery")).other_standards
    assert [standard.outcome for standard in found] == ["recovery"]
