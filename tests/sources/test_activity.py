"""Published activity of every declared shape, and periods put together from their months."""

from __future__ import annotations

import contextlib
import zipfile
from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.sources.formats import activity_format, activity_formats
from iapt_report.sources.importing import Imported, check_file
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

QUARTER = ["2019-04-01", "2019-05-01", "2019-06-01"]


LONG_MEASURES = {
    "referrals": "Count_ReferralsReceived",
    "finished_treatment": "Count_FinishedCourseTreatment",
    "not_at_caseness": "Count_NotAtCaseness",
    "recovered": "Count_Recovery",
    "reliably_recovered": "Count_ReliableRecovery",
    "reliably_improved": "Count_Improvement",
    "recovery_percentage": "Percentage_Recovery",
    "reliable_recovery_percentage": "Percentage_ReliableRecovery",
    "reliable_improvement_percentage": "Percentage_Improvement",
}


def run(folder: Path, files: list[Path], period: str = "2019-20-Q1") -> Imported:
    return published.import_period(
        files, Period.parse(period), published.imd(folder), published.lookup(folder), folder / "data"
    )


def series(folder: Path, months: list[str], name: str = "series.csv") -> Path:
    return published.write(folder / name, published.SERIES, published.series_rows(months))


def test_an_import_of_no_file_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no file of activity"):
        run(tmp_path, [])
    assert not (tmp_path / "data").exists()


def test_the_declared_headers_are_those_that_were_published() -> None:
    """A snapshot: a published header that changes needs a new line in formats.toml, not a new branch."""
    assert {form.name: form.published for form in activity_formats()} == {
        "annual": {
            "level": "OrgType",
            "area_code": "OrgCode",
            "area_name": "OrgName",
            "referrals": "CountReferralsReceived",
            "finished_treatment": "CountFinishedCourseTreatment",
            "at_caseness": "CountAtCaseness",
            "not_at_caseness": "CountNotAtCaseness",
            "recovered": "CountRecovery",
            "reliably_recovered": "CountReliableRecovery",
            "reliably_improved": "CountImprovement",
            "recovery_percentage": "PercentageRecovery",
            "reliable_recovery_percentage": "PercentageReliableRecovery",
            "reliable_improvement_percentage": "PercentageImprovement",
        },
        "series": {
            "level": "Group Type",
            "area_code": "CCG Code",
            "area_name": "CCG Name",
            "month": "Month / Year",
            "referrals": "Referrals Received",
            "finished_treatment": "Finished a Course of Treatment",
            "recovery_percentage": "Recovery rate",
            "reliable_recovery_percentage": "Reliable Recovery rate",
            "reliable_improvement_percentage": "Improvement rate",
        },
        "monthly": {
            "level": "GROUP_TYPE",
            "area_code": "ORG_CODE1",
            "area_name": "ORG_NAME1",
            "month": "REPORTING_PERIOD_START",
            "month_end": "REPORTING_PERIOD_END",
            "referrals": "Count_ReferralsReceived",
            "finished_treatment": "Count_FinishedCourseTreatment",
            "not_at_caseness": "Count_NotAtCaseness",
            "recovered": "Count_Recovery",
            "reliably_recovered": "Count_ReliableRecovery",
            "reliably_improved": "Count_Improvement",
            "recovery_percentage": "Percentage_Recovery",
            "reliable_recovery_percentage": "Percentage_ReliableRecovery",
            "reliable_improvement_percentage": "Percentage_Improvement",
        },
        "long_series": {
            "level": "GROUP_TYPE",
            "area_code": "ORG_CODE",
            "area_name": "ORG_NAME",
            "month": "REPORTING_PERIOD_START",
            "month_end": "REPORTING_PERIOD_END",
            **LONG_MEASURES,
        },
        "quarterly": {"level": "GroupType", "area_code": "CCG", "area_name": "CCGName", **LONG_MEASURES},
        "quarterly_wide": {"level": "GroupType", "area_code": "CCG", "area_name": "CCGName", **LONG_MEASURES},
    }
    for form in activity_formats():
        assert form.missing == {"", "*", "-", "NULL", "N/A", "NA", "NaN", "#N/A"}
        assert form.suppressed == {"*"}
        assert form.rounded_to == 5
    assert {form.name: form.at for form in activity_formats()} == {
        "annual": {},
        "series": {"provider": {"providercode": "area_code", "providername": "area_name"}},
        "monthly": {"provider": {"orgcode2": "area_code", "orgname2": "area_name"}},
        "long_series": {},
        "quarterly": {},
        "quarterly_wide": {},
    }


def test_each_format_is_told_by_its_header_alone() -> None:
    for form in activity_formats():
        assert activity_format(list(form.signature)) == form
    assert activity_format(["a", "b"]) is None


def test_counts_of_months_add_and_rounded_rates_are_weighted_by_case_load(tmp_path: Path) -> None:
    done = run(tmp_path, [series(tmp_path, ["2019-03-01", *QUARTER])])
    first = read_areas(tmp_path / "data", Period.parse("2019-20-Q1")).table.iloc[0]
    assert (first["referrals"], first["finished_treatment"]) == (9000, 900)
    assert first["recovery_rate"] == pytest.approx((200 * 0.5 + 300 * 0.6 + 400 * 0.7) / 900)
    assert any("weighted by the patients who finished treatment" in note for note in done.notes)
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons["UNKNOWN"] == "not a commissioning area: activity that could not be assigned to one"


def test_a_quarter_from_three_files_is_that_from_one(tmp_path: Path) -> None:
    parts = [series(tmp_path, [month], f"{month}.csv") for month in QUARTER]
    # Counts differ with the month's place in a file, so the whole is made from the same rows.
    rows = [row for month in QUARTER for row in published.series_rows([month])]
    whole = published.write(tmp_path / "whole.csv", published.SERIES, rows)
    period = Period.parse("2019-20-Q1")
    run(tmp_path, parts)
    first = read_areas(tmp_path / "data", period).table
    run(tmp_path, [whole])
    assert read_areas(tmp_path / "data", period).table.equals(first)


@pytest.mark.parametrize(
    ("months", "period", "words"),
    [
        (["2019-04-01", "2019-06-01"], "2019-20-Q1", "May 2019 is missing"),
        (QUARTER, "2019-20", "July 2019 is missing"),
        (QUARTER, "2019-07", "July 2019 is missing"),
    ],
)
def test_a_missing_month_is_named(tmp_path: Path, months: list[str], period: str, words: str) -> None:
    with pytest.raises(CallError, match=words):
        run(tmp_path, [series(tmp_path, months)], period)


def test_a_doubled_month_is_named_with_both_files(tmp_path: Path) -> None:
    files = [series(tmp_path, QUARTER, "one.csv"), series(tmp_path, QUARTER[1:2], "two.csv")]
    with pytest.raises(CallError, match=r"May 2019 is in two of the files .*one\.csv and .*two\.csv"):
        run(tmp_path, files)


def test_an_area_without_figures_in_a_month_is_left_out_with_the_reason(tmp_path: Path) -> None:
    rows = published.series_rows(QUARTER)
    for row in rows:
        if row[0] == "X03" and row[5] == QUARTER[1]:
            row[6:] = ["-", "-", "-", "-"]
        if row[0] == "X04":
            row[6:] = ["-", "-", "-", "-"]
    done = run(tmp_path, [published.write(tmp_path / "s.csv", published.SERIES, rows)])
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons["X03"] == "figures for 2 of the 3 months"
    assert reasons["X04"] == "no figures in the period"


def test_a_workbook_is_read_below_its_titles(tmp_path: Path) -> None:
    table: list[list[object]] = [["Return to Contents"], [], ["Table 1: a title"], [], list(published.SERIES)]
    path = published.workbook(
        tmp_path / "series.xlsx", {"Title sheet": [["About"]], "Table 1": table + published.series_rows(QUARTER)}
    )
    run(tmp_path, [path])
    first = read_areas(tmp_path / "data", Period.parse("2019-20-Q1")).table.iloc[0]
    assert (first["referrals"], first["finished_treatment"]) == (6000, 600)
    assert "April 2019 to June 2019" in check_file(path)


def test_a_wrong_cell_of_a_workbook_is_found_by_its_row(tmp_path: Path) -> None:
    rows = published.series_rows(QUARTER)
    rows[4][6] = -7
    path = published.workbook(tmp_path / "s.xlsx", {"S": [["title"], list(published.SERIES), *rows]})
    with pytest.raises(DataError, match=r"s\.xlsx, row 7, column 'Referrals Received': '-7' is not allowed"):
        run(tmp_path, [path])


def test_the_main_file_is_read_inside_its_published_archive(tmp_path: Path) -> None:
    published.write(tmp_path / "notes.csv", ["a", "b"], [[1, 2]])
    with zipfile.ZipFile(tmp_path / "annual.zip", "w") as archive:
        archive.write(tmp_path / "notes.csv", "notes.csv")
        archive.write(published.annual(tmp_path), "psych/main.csv")
    run(tmp_path, [tmp_path / "annual.zip"], "2019-20")
    assert len(read_areas(tmp_path / "data", Period.parse("2019-20"))) == 15


def test_an_archive_or_workbook_that_is_cut_or_holds_nothing_known_is_refused(tmp_path: Path) -> None:
    good = published.workbook(tmp_path / "s.xlsx", {"S": [list(published.SERIES), *published.series_rows(QUARTER)]})
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(good.read_bytes()[:2000])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    strange = published.workbook(tmp_path / "strange.xlsx", {"Sheet1": [["a", "b"], [1, 2]]})
    for path, words in (
        (cut, "cannot be read"),
        (tmp_path / "other.zip", "none of the files in this archive is known: readme.txt"),
        (strange, "none of its sheets ('Sheet1') has a known header"),
    ):
        with pytest.raises(DataError) as caught:
            run(tmp_path, [path])
        assert words in str(caught.value)
        assert not (tmp_path / "data").exists()


def test_deprivation_by_organisation_is_joined_by_name_where_codes_differ(tmp_path: Path) -> None:
    path = published.annual(tmp_path, published.ANNUAL_NEW, published.annual_rows(level="ICB"))
    done = published.import_period(
        [path], Period.parse("2023-24"), published.summary(tmp_path), None, tmp_path / "data"
    )
    areas = read_areas(tmp_path / "data", Period.parse("2023-24"))
    assert len(areas) == 15
    assert areas.table["imd_score"].iloc[0] == 40.0
    assert areas.table["imd_rank"].tolist() == [float(i) for i in range(1, 16)]
    assert areas.area_type == "integrated care board"
    assert any("official summary summary.csv" in note for note in done.notes)


def test_deprivation_by_small_area_needs_a_lookup(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no lookup"):
        published.import_period(
            [published.annual(tmp_path)], Period.parse("2019-20"), published.imd(tmp_path), None, tmp_path / "data"
        )


@pytest.mark.shared
@pytest.mark.parametrize("quarter", ["Q1", "Q2", "Q3"])
def test_the_real_series_gives_its_quarters(shared: Path, tmp_path: Path, quarter: str) -> None:
    done = published.import_period(
        [shared / "monthly" / "iapt-monthly-time-series-feb-2019-feb-2020.xlsx"],
        Period.parse(f"2019-20-{quarter}"),
        shared / "imd" / "imd2015-lsoa11.csv",
        shared / "lookups" / "lsoa11-ccg19-lad19.csv",
        tmp_path,
    )
    assert 185 <= done.areas <= 191
    reasons = {area.reason for area in done.excluded}
    assert "no figures in the period" in reasons, "areas that had merged away"
    flow = read_areas(tmp_path, Period.parse(f"2019-20-{quarter}")).flow
    assert flow is not None
    assert flow.published == 201
    assert done.areas + len(done.excluded) == flow.published - flow.merged, "none is lost without a word"


@pytest.mark.shared
def test_the_real_year_2023_24_is_joined_with_the_official_summary(shared: Path, tmp_path: Path) -> None:
    done = published.import_period(
        [shared / "annual" / "psych-ther-ann-rep-csv-2023-24-main.csv"],
        Period.parse("2023-24"),
        shared / "imd" / "imd2025-icb24.csv",
        None,
        tmp_path,
    )
    assert done.areas == 42
    assert [area.area_code for area in done.excluded] == ["UNKNOWN"]


MONTHS = {"2023-04-01": "30/04/2023", "01/05/2023": "31/05/2023", "2023-06-01": "2023-06-30"}


def monthly_files(folder: Path, **pattern: object) -> list[Path]:
    return [
        published.monthly(folder / f"m{i}.csv", start, end, **pattern)  # type: ignore[arg-type]
        for i, (start, end) in enumerate(MONTHS.items())
    ]


@pytest.mark.parametrize("level", ["SubICB", "CCG"])
def test_a_quarter_of_monthly_files_in_both_styles_of_date(tmp_path: Path, level: str) -> None:
    done = run(tmp_path, monthly_files(tmp_path, level=level), "2023-24-Q1")
    areas = read_areas(tmp_path / "data", Period.parse("2023-24-Q1"))
    first = areas.table.iloc[0]
    assert [first[name] for name in ("referrals", "finished_treatment", "at_caseness", "recovered")] == [
        1800,
        600,
        540,
        216,
    ]
    assert first["recovery_rate"] == 216 / 540
    assert first["area_name"] == "NHS Area 0, part"
    assert "Figures are the sums of three published months." in done.notes
    assert not any("averaged" in note or "weighted by the patients" in note for note in done.notes)


def test_the_column_of_values_may_have_its_other_name(tmp_path: Path) -> None:
    header = [*published.MONTHLY[:-1], "MEASURE_VALUE"]
    path = published.monthly(tmp_path / "m.csv", "01/03/2021", "31/03/2021", header)
    run(tmp_path, [path], "2021-03")
    assert read_areas(tmp_path / "data", Period.parse("2021-03")).table["referrals"].iloc[0] == 600
    assert "March 2021 to March 2021" in check_file(path)


@pytest.mark.parametrize("marker", ["*", "-", "", "NULL", "N/A"])
def test_a_suppressed_count_is_missing_and_its_area_left_out(tmp_path: Path, marker: str) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    for row in rows:
        if row[3] == "X05" and row[2] == "SubICB" and row[8] in ("Count_Recovery", "Percentage_Recovery"):
            row[9] = marker
    done = run(tmp_path, [published.write(tmp_path / "m.csv", published.MONTHLY, rows)], "2023-04")
    assert {a.area_code: a.reason for a in done.excluded}["X05"] == "no usable recovery rate"


def test_a_difference_that_rounding_makes_impossible_leaves_the_published_percentage(tmp_path: Path) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    small = {
        "Count_FinishedCourseTreatment": 10,
        "Count_NotAtCaseness": 5,
        "Count_Recovery": 10,
        "Percentage_Recovery": 89,
    }
    for row in rows:
        if row[3] == "X05" and row[2] == "SubICB" and row[8] in small:
            row[9] = small[str(row[8])]
    run(tmp_path, [published.write(tmp_path / "m.csv", published.MONTHLY, rows)], "2023-04")
    table = read_areas(tmp_path / "data", Period.parse("2023-04")).table.set_index("area_code")
    assert table.loc["X05", "recovery_rate"] == 0.89


def test_a_wrong_value_of_a_long_file_is_found_by_its_own_row(tmp_path: Path) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    at = next(i for i, row in enumerate(rows) if row[3] == "X02" and row[8] == "Count_FinishedCourseTreatment")
    rows[at][9] = "12.5"
    path = published.write(tmp_path / "m.csv", published.MONTHLY, rows)
    with pytest.raises(DataError, match=rf"m\.csv, row {at + 2}, column 'Count_FinishedCourseTreatment': '12\.5'"):
        run(tmp_path, [path], "2023-04")


def test_a_measure_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    path = published.write(tmp_path / "m.csv", published.MONTHLY, [*rows, rows[-2]])
    with pytest.raises(DataError, match=rf"m\.csv, row {len(rows) + 2}, .*: Count_Recovery of 'X11' is there twice"):
        run(tmp_path, [path], "2023-04")


def test_a_long_file_that_is_cut_in_a_row_is_refused_by_that_row(tmp_path: Path) -> None:
    path = published.monthly(tmp_path / "m.csv", "2023-04-01", "2023-04-30")
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("M003") + 2], "utf-8")
    with pytest.raises(DataError, match=r"m\.csv, row \d+: the row has 8 cells"):
        run(tmp_path, [path], "2023-04")


def test_a_long_table_in_a_workbook_is_that_in_a_csv_file(tmp_path: Path) -> None:
    rows = published.monthly_rows("2021-04-01", "2021-04-30", level="CCG")
    period = Period.parse("2021-04")
    run(tmp_path, [published.write(tmp_path / "m.csv", published.MONTHLY, rows)], "2021-04")
    expected = read_areas(tmp_path / "data", period).table
    run(tmp_path, [published.workbook(tmp_path / "m.xlsx", {"Data": [list(published.MONTHLY), *rows]})], "2021-04")
    assert read_areas(tmp_path / "data", period).table.equals(expected)


def test_spellings_that_vary_within_a_long_file_are_the_same(tmp_path: Path) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    for row in rows:
        if row[3] == "X03" and row[2] == "SubICB":
            row[2] = "SUBICB "
        if row[3] == "X04" and row[8] == "Count_Recovery":
            row[8] = "count_recovery"
    done = run(tmp_path, [published.write(tmp_path / "m.csv", published.MONTHLY, rows)], "2023-04")
    assert done.areas == 12
    table = read_areas(tmp_path / "data", Period.parse("2023-04")).table
    assert table["recovered"].notna().all()


def test_files_that_add_nothing_to_the_period_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"july\.csv has no month of 2019-20-Q1"):
        run(tmp_path, [series(tmp_path, QUARTER), series(tmp_path, ["2019-07-01"], "july.csv")])
    with pytest.raises(CallError, match=r"annual\.csv is about a whole period"):
        run(tmp_path, [series(tmp_path, QUARTER), published.annual(tmp_path)])


def test_england_missing_in_a_month_is_not_held_against_the_areas(tmp_path: Path) -> None:
    files = monthly_files(tmp_path)
    rows = [row for row in published.monthly_rows("01/05/2023", "31/05/2023") if row[2] != "England"]
    published.write(files[1], published.MONTHLY, rows)
    assert not any("England's own row" in note for note in run(tmp_path, files, "2023-24-Q1").notes)


def test_an_area_that_the_lookup_does_not_name_is_listed_by_its_code(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, "n", "E", code, ""] for lsoa, code, _ in published.small_areas()]
    path = published.annual(tmp_path, rows=[row for row in published.annual_rows() if row[1] != "X14"])
    done = published.import_period(
        [path], Period.parse("2019-20"), published.imd(tmp_path), published.lookup(tmp_path, rows), tmp_path / "data"
    )
    assert {area.area_code: area.area_name for area in done.excluded}["X14"] == "X14"
    assert read_areas(tmp_path / "data", Period.parse("2019-20")).excluded == done.excluded


def test_a_name_that_two_organisations_share_matches_neither(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [f"E54{i:06d}", f"NHS Area {i} Integrated Care Board", 1, 1, 40.0 - i, 1] for i in range(15)
    ]
    rows.append(["E54999999", "Area 3 ICB", 1, 1, 99.0, 1])
    summary = published.write(tmp_path / "summary.csv", published.SUMMARY, rows)
    path = published.annual(tmp_path, published.ANNUAL_NEW, published.annual_rows(level="ICB"))
    done = published.import_period([path], Period.parse("2023-24"), summary, None, tmp_path / "data")
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons["X03"] == "no deprivation score: neither its code nor its name is in the deprivation file"
    assert {area.area_name for area in done.excluded} >= {"Area 3 ICB", "NHS Area 3 Integrated Care Board"}


def test_a_lookup_with_a_name_that_could_not_be_read_back_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, "n", "E", code, "NHS Area"] for lsoa, code, _ in published.small_areas()]
    rows[7][4] = "=1+1"
    with pytest.raises(DataError, match=r"lookup\.csv, row 9, column 'CCG19NM'"):
        published.import_period(
            [published.annual(tmp_path)],
            Period.parse("2019-20"),
            published.imd(tmp_path),
            published.lookup(tmp_path, rows),
            tmp_path / "data",
        )
    assert not (tmp_path / "data").exists()


def test_a_stray_quote_in_the_header_of_a_long_file_is_never_a_traceback(tmp_path: Path) -> None:
    path = published.monthly(tmp_path / "m.csv", "2023-04-01", "2023-04-30")
    good = path.read_bytes()
    for at in range(0, good.index(b"\r\n"), 9):
        path.write_bytes(good[:at] + b'"' + good[at:])
        with contextlib.suppress(DataError, CallError):
            assert run(tmp_path, [path], "2023-04").areas == 12


def test_a_row_about_more_than_one_month_is_refused(tmp_path: Path) -> None:
    path = published.monthly(tmp_path / "m.csv", "2023-04-01", "30/06/2023")
    with pytest.raises(DataError, match=r"column 'REPORTING_PERIOD_END': '30/06/2023' is not allowed"):
        run(tmp_path, [path], "2023-04")


def test_more_recovered_than_can_have_been_at_caseness_is_refused_by_its_row(tmp_path: Path) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    at = next(i for i, row in enumerate(rows) if row[3] == "X05" and row[8] == "Count_Recovery")
    rows[at][9] = 9999
    path = published.write(tmp_path / "m.csv", published.MONTHLY, rows)
    with pytest.raises(DataError, match=rf"m\.csv, row {at + 2}, column 'Count_Recovery': '9999' is not allowed"):
        run(tmp_path, [path], "2023-04")


def test_a_withheld_case_load_is_said_to_be_withheld(tmp_path: Path) -> None:
    rows = published.series_rows(QUARTER)
    for row in rows:
        if row[0] == "X03" and row[5] == QUARTER[1]:
            row[8] = "*"
    done = run(tmp_path, [published.write(tmp_path / "s.csv", published.SERIES, rows)])
    reasons = {area.area_code: area.reason for area in done.excluded}
    assert reasons["X03"] == "the number who finished treatment is withheld in 1 of the 3 months"


def test_the_bounds_of_an_averaged_rate_allow_for_the_rounding_of_its_weights(tmp_path: Path) -> None:
    """X00 finished 20 in each month, so that 2 more or less move the mean of 30%, 40% and 60% beyond half a point."""
    rows = published.series_rows(QUARTER)
    shown = dict(zip(QUARTER, (30, 40, 60), strict=True))
    for row in rows:
        if row[0] == "X00":
            row[8], row[9] = 20, shown[str(row[5])]
    run(tmp_path, [published.write(tmp_path / "s.csv", published.SERIES, rows)])
    first = read_areas(tmp_path / "data", Period.parse("2019-20-Q1")).table.iloc[0]
    assert first["recovery_rate"] == pytest.approx(1.3 / 3)
    assert first["recovery_rate_high"] == pytest.approx((18 * 0.305 + 18 * 0.405 + 22 * 0.605) / 58)
    assert first["recovery_rate_low"] == pytest.approx((22 * 0.295 + 22 * 0.395 + 18 * 0.595) / 62)


def test_an_annual_rate_is_of_those_who_finished_less_those_not_at_caseness(tmp_path: Path) -> None:
    """The published definition; the file's own count at caseness is another measure, and nothing need be said of it."""
    header = [*published.ANNUAL_OLD, "CountNotAtCaseness"]
    rows = [[*row, 50] for row in published.annual_rows()]
    rows[3][-1] = 100
    done = run(tmp_path, [published.write(tmp_path / "a.csv", header, rows)], "2019-20")
    areas = read_areas(tmp_path / "data", Period.parse("2019-20"))
    first, second = areas.table.iloc[0], areas.table.iloc[1]
    assert first["at_caseness"] == rows[2][6]
    assert second["at_caseness"] == int(str(rows[3][7])) - 100 == int(str(rows[3][6])) - 50
    assert second["recovery_rate"] == int(str(rows[3][8])) / (int(str(rows[3][7])) - 100)
    assert areas.precision is not None
    assert areas.precision.cases_derived
    assert not any("at caseness" in note for note in done.notes)


def test_where_those_not_at_caseness_are_withheld_it_is_what_they_allow_nearest_the_files_own_count(
    tmp_path: Path,
) -> None:
    header = [*published.ANNUAL_OLD, "CountNotAtCaseness"]
    rows = [[*row, 50] for row in published.annual_rows()]
    rows[2][6:8], rows[2][-1] = [600, 600], "*"
    rows[3][6:8], rows[3][-1] = [500, 600], "*"
    run(tmp_path, [published.write(tmp_path / "a.csv", header, rows)], "2019-20")
    table = read_areas(tmp_path / "data", Period.parse("2019-20")).table.set_index("area_code")
    assert table.loc["X00", "at_caseness"] == 600
    assert table.loc["X01", "at_caseness"] == 596, "at most four were not"
    assert table.loc["X01", "recovery_rate"] == int(str(rows[3][8])) / 596


def test_an_organisation_of_the_index_alone_is_said_to_be_in_the_deprivation_file(tmp_path: Path) -> None:
    path = published.annual(tmp_path, published.ANNUAL_NEW, published.annual_rows(14, level="ICB"))
    done = published.import_period(
        [path], Period.parse("2023-24"), published.summary(tmp_path), None, tmp_path / "data"
    )
    assert "in the deprivation file, but not in the activity file" in {area.reason for area in done.excluded}


def test_a_column_that_is_needed_and_there_twice_in_a_workbook_is_refused(tmp_path: Path) -> None:
    """One that is not needed may be there as often as it is."""
    rows = [[*row, "1", "2"] for row in published.series_rows(QUARTER)]
    unused = published.workbook(tmp_path / "unused.xlsx", {"S": [[*published.SERIES, "Other", "Other"], *rows]})
    assert run(tmp_path, [unused], "2019-20-Q1").areas > 10
    used = published.workbook(
        tmp_path / "used.xlsx", {"S": [[*published.SERIES, "Other", published.SERIES[-1]], *rows]}
    )
    with pytest.raises(DataError, match=f"the column '{published.SERIES[-1]}' is there twice"):
        run(tmp_path, [used], "2019-20-Q1")
