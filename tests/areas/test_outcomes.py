"""The outcome that is chosen runs through the analysis and the paper, with the standard that held for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.outcomes import OUTCOMES, national_standard
from iapt_report.areas.period import Period
from iapt_report.documents.page import paper_text
from iapt_report.system.errors import DataError
from iapt_report.workspace.paper import Paper
from iapt_report.workspace.scaffold import scaffold

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.outcomes import Name


@pytest.mark.parametrize(
    ("outcome", "period", "standard"),
    [
        ("recovery", "2014-15-Q2", 0.5),
        ("recovery", "2030-31", 0.5),
        ("reliable_recovery", "2023-24", None),
        ("reliable_recovery", "2024-25-Q1", 0.48),
        ("reliable_recovery", "2026-03", 0.48),
        ("reliable_recovery", "2026-27-Q1", 0.51),
        ("reliable_recovery", "2028-29", 0.53),
        ("reliable_improvement", "2024-03", None),
        ("reliable_improvement", "2025-26", 0.67),
        ("reliable_improvement", "2026-27", 0.69),
    ],
)
def test_the_national_standard_follows_outcome_and_period(outcome: Name, period: str, standard: float | None) -> None:
    found = national_standard(OUTCOMES[outcome], Period.parse(period))
    assert (found.value if found else None) == standard
    assert found is None or found.source


@pytest.fixture
def year(tmp_path: Path) -> Path:
    rows = published.annual_rows()
    header = [*published.ANNUAL_OLD, "CountReliableRecovery", "CountImprovement"]
    for row in rows:
        row += [max(int(str(row[8])) - 20, 0), int(str(row[7])) // 5 * 3]
    published.import_period(
        [published.write(tmp_path / "annual.csv", header, rows)],
        Period.parse("2024-25"),
        published.imd(tmp_path),
        published.lookup(tmp_path),
        tmp_path / "data",
    )
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("outcome", "reached", "cases", "standard"),
    [
        ("reliable_recovery", "reliably_recovered", "at_caseness", "48%"),
        ("reliable_improvement", "reliably_improved", "finished_treatment", "67%"),
    ],
)
def test_another_outcome_is_analysed_and_named(
    year: Path, outcome: Name, reached: str, cases: str, standard: str
) -> None:
    areas = read_areas(year, Period.parse("2024-25"), OUTCOMES[outcome])
    r = analyse(areas, Settings(outcome=outcome))
    expected = areas.table[reached].astype(float) / areas.table[cases].astype(float)
    assert [area.recovery_rate for area in r.areas] == pytest.approx(expected.tolist())
    assert r.regression.final.formula == f"{OUTCOMES[outcome].rate} ~ imd_rank"
    text = paper_text(r, scaffold() / "templates", Paper())
    words = OUTCOMES[outcome].words
    assert f"Deprivation and {words} in NHS talking therapies" in text
    assert f"Its national standard is {standard} (NHS England" in text
    method = text.partition("## Method")[2]
    assert "recovery rates rose" not in method
    assert f"{words} rate" in method
    if outcome == "reliable_improvement":
        assert "recovery rate" not in method
    assert "0.39" not in method, "the 2016 study's correlation is that of another outcome"


def test_without_a_national_standard_the_user_is_asked_for_one(year: Path) -> None:
    outcome = OUTCOMES["reliable_recovery"]
    (year / "2024-25").rename(year / "2019-20")
    facts = year / "2019-20" / "period.toml"
    facts.write_text(facts.read_text("utf-8").replace("2024-25", "2019-20"), "utf-8")
    areas = read_areas(year, Period.parse("2019-20"), outcome)
    with pytest.raises(DataError, match="no national standard for reliable recovery when 2019-20 began"):
        analyse(areas, Settings(outcome="reliable_recovery"))
    r = analyse(areas, Settings(outcome="reliable_recovery", benchmark=0.45))
    assert r.standard.value == r.classification.benchmark == 0.45
    assert not r.standard.national
    assert "The standard used here, 45%, was chosen for this report" in paper_text(r, scaffold() / "templates", Paper())


def test_a_benchmark_of_ones_own_stands_before_the_national_one(year: Path) -> None:
    areas = read_areas(year, Period.parse("2024-25"))
    assert analyse(areas).standard.national
    assert analyse(areas, Settings(benchmark=0.5)).standard.national, "it is the national one"
    own = analyse(areas, Settings(benchmark=0.45))
    assert not own.standard.national
    assert own.classification.below_national.n == sum(area.recovery_rate < 0.45 for area in own.areas)
