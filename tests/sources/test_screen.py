"""What a source says that cannot be right is said before it is analysed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

import published
from conftest import some_rows, table_of
from iapt_report.analysis.study import analyse
from iapt_report.areas.cells import Place
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.areas.rows import rows_of
from iapt_report.areas.series import columns_of
from iapt_report.areas.table import Areas, Precision, checked, select
from iapt_report.sources.screen import notes_of, screened, short_months

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.rows import Row

NOW, BEFORE = Period.parse("2021-22"), Period.parse("2020-21")
EXACT = Precision()


def areas(rows: list[dict[str, object]], period: Period = BEFORE) -> Areas:
    table, excluded = select(checked(table_of(rows), Place("areas.csv", range(2, len(rows) + 2))), "areas.csv")
    return Areas(period, table, excluded)


def imported(rows: list[dict[str, object]]) -> list[Row]:
    """Give the areas as an import has them."""
    return rows_of(columns_of(areas(rows, NOW).table))


def changed(rows: list[dict[str, object]], at: int, **values: object) -> list[dict[str, object]]:
    return [{**row, **values} if i == at else row for i, row in enumerate(rows)]


ROWS = [{**row, "recovered": int(str(row["at_caseness"])) // 2} for row in some_rows(20)]


@pytest.mark.parametrize(
    ("precision", "finished", "doubted"),
    [(EXACT, 101, True), (EXACT, 100, False), (Precision(5, 5), 105, True), (Precision(5, 5, parts=3), 110, False)],
)
def test_more_finished_than_referred_is_doubted_beyond_rounding(
    precision: Precision, finished: int, doubted: bool
) -> None:
    rows = changed(ROWS, 4, referrals=100, finished_treatment=finished, at_caseness=90, recovered=45)
    found = screened(imported(rows), NOW, precision)
    assert [doubt.area_code for doubt in found] == (["T004"] if doubted else [])
    if doubted:
        assert found[0].figures == (("finished_treatment", float(finished)), ("referrals", 100.0))


def test_a_rate_that_fell_far_and_beyond_chance_is_doubted_with_both_figures() -> None:
    now = changed(ROWS, 3, finished_treatment=420, at_caseness=400, recovered=64)
    (doubt,) = screened(imported(now), NOW, EXACT, [areas(ROWS)])
    assert (doubt.what, doubt.area_code) == ("rate changed", "T003")
    assert doubt.words == "Test Area 003: 50% recovery in 2020-21, 16% now."
    assert dict(doubt.figures) == {"rate": pytest.approx(0.16), "rate_before": pytest.approx(0.5, abs=0.01)}


def test_chance_in_a_small_area_is_no_doubt() -> None:
    small = {"finished_treatment": 22, "at_caseness": 20, "referrals": 90}
    before = changed(ROWS, 3, **small, recovered=10)
    now = changed(ROWS, 3, **small, recovered=5)
    assert screened(imported(now), NOW, EXACT, [areas(before)]) == ()


@pytest.mark.parametrize("other", ["2018-19", "2021-22-Q1", "2022-23", "2021-22"])
def test_only_a_period_of_the_same_kind_within_a_year_before_is_compared(other: str) -> None:
    now = changed(ROWS, 3, finished_treatment=420, at_caseness=400, recovered=64)
    assert screened(imported(now), NOW, EXACT, [areas(ROWS, Period.parse(other))]) == ()


def test_half_the_patients_of_the_period_before_are_doubted_as_a_whole() -> None:
    (doubt,) = screened(imported(ROWS[:10]), NOW, EXACT, [areas(ROWS * 1 + some_rows(40)[20:])])
    assert (doubt.what, doubt.area_code) == ("fewer than before", "")
    assert "less than half" in doubt.words


def months_of(sizes: dict[str, int]) -> list[Row]:
    return [
        {"month": date.fromisoformat(month), "area_code": f"X{i}", "referrals": 100, "finished_treatment": 50}
        for month, size in sizes.items()
        for i in range(size)
    ]


def test_a_month_of_less_than_half_is_doubted() -> None:
    (doubt,) = short_months(months_of({"2021-04-01": 40, "2021-05-01": 19, "2021-06-01": 40}), "CCG")
    assert "The file for May 2021 has 1900 referrals" in doubt.words
    assert short_months(months_of({"2021-04-01": 40, "2021-05-01": 21, "2021-06-01": 40}), "CCG") == ()
    assert short_months(months_of({"2021-04-01": 40}), "CCG") == ()


def test_doubts_of_one_kind_are_one_note() -> None:
    rows = [{**row, "referrals": 10} if i in {2, 5} else row for i, row in enumerate(ROWS)]
    (note,) = notes_of(screened(imported(rows), NOW, EXACT))
    assert note.startswith(
        "In 2 areas more patients finished a course of treatment than were referred: Test Area 002: "
    )


def test_an_import_keeps_its_doubts_for_the_area_and_the_documents(tmp_path: Path) -> None:
    def year(change: bool) -> Path:
        rows = published.annual_rows()
        if change:
            rows[5][8], rows[5][9], rows[5][10] = int(str(rows[5][6])) // 10, 20, 10
        return published.annual(tmp_path, rows=rows)

    def run(period: Period, change: bool) -> object:
        imd, lookup = published.imd(tmp_path), published.lookup(tmp_path)
        return published.import_period([year(change)], period, imd, lookup, tmp_path / "data")

    run(BEFORE, change=False)
    done = run(NOW, change=True)
    kept = read_areas(tmp_path / "data", NOW)
    assert {(doubt.what, doubt.area_code) for doubt in kept.doubts} == {
        ("finished over referred", "X03"),
        ("rate changed", "X03"),
    }
    assert kept.doubts == done.doubts  # type: ignore[attr-defined]
    assert len([note for note in kept.notes if "In one area" in note]) == 2
    told = analyse(kept).sample.doubts
    assert [(doubt.what, doubt.area_code) for doubt in told] == [(d.what, d.area_code) for d in kept.doubts]
