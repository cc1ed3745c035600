"""Shapes that published files and extracts come in, and what people's programs make of them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import duckdb
import pytest

import published
from iapt_report.areas.folder import read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.sources.importing import check_file
from iapt_report.sources.months import first_day
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from iapt_report.sources.importing import Imported

YEAR = Period.parse("2021-22")
MONTH = Period.parse("2023-04")


def run(folder: Path, files: list[Path], period: Period = YEAR, mapping: str | None = None) -> Imported:
    if mapping is not None:
        (folder / "mapping.toml").write_text(mapping, "utf-8")
    return published.import_period(
        files,
        period,
        published.imd(folder),
        published.lookup(folder),
        folder / "data",
        mapping=folder / "mapping.toml" if mapping is not None else None,
    )


def table(folder: Path, period: Period = YEAR, outcome: str = "recovery") -> pd.DataFrame:
    areas = read_areas(folder / "data", period, OUTCOMES[outcome])  # type: ignore[index]
    return areas.table.set_index("area_code")


def month(folder: Path, change: object = None, name: str = "m.csv") -> Path:
    """A monthly file, each of whose rows ``change`` may alter."""
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    return published.write(folder / name, published.MONTHLY, [change(row) for row in rows] if change else rows)  # type: ignore[operator]


SERIES = [
    "REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "GROUP_TYPE", "ORG_CODE", "ORG_NAME", "MEASURE_ID",
    "MEASURE_NAME", "MEASURE_VALUE",
]  # fmt: skip


def test_thirteen_months_in_one_long_file_make_any_quarter_of_theirs(tmp_path: Path) -> None:
    rows: list[list[object]] = []
    for n in range(13):
        year, at = divmod(2020 * 12 + 3 + n, 12)
        start = f"{year}-{at + 1:02d}-01"
        rows += [[*row[:5], *row[7:]] for row in published.monthly_rows(start, start, level="CCG", scale=1 + n // 3)]
    path = published.write(tmp_path / "series.csv", SERIES, [row for row in rows if "/" not in str(row[2])])
    for quarter, scale in (("2020-21-Q1", 1), ("2020-21-Q4", 4)):
        period = Period.parse(quarter)
        run(tmp_path, [path], period)
        assert table(tmp_path, period).loc["X00", "finished_treatment"] == 600 * scale
    with pytest.raises(CallError, match="May 2021 is missing"):
        run(tmp_path, [path], Period.parse("2021-22-Q1"))
    assert "April 2020 to April 2021" in check_file(path)


QUARTERLY = ["GroupType", "STP", "CCG", "VariableType", "MEASURE_NAME", "MEASURE_VALUE_SUPPRESSED"]
QUARTER = Period.parse("2021-22-Q1")


def quarterly_rows() -> list[list[object]]:
    of_month = [row for row in published.monthly_rows("2021-04-01", "2021-04-30", level="CCG") if row[2] == "CCG"]
    rows: list[list[object]] = [["CCG", "QE1", row[3], "Total", row[8], row[9]] for row in of_month]
    rows += [["CCG", "QE1", row[3], "Age Group", row[8], 1] for row in of_month]
    rows += [["STP", "QE1", "All_CCG", "Total", row[8], 9999] for row in of_month[:6]]
    return [*rows, *(["CCG", "QE1", "All_CCG", "Total", row[8], 9999] for row in of_month[:6])]


def test_a_long_quarterly_file_is_about_its_groups_and_not_about_all_of_them(tmp_path: Path) -> None:
    path = published.write(tmp_path / "quarter.csv", QUARTERLY, quarterly_rows())
    done = run(tmp_path, [path], QUARTER)
    first = table(tmp_path, QUARTER).loc["X00"]
    assert done.areas == 12
    assert [first[name] for name in ("referrals", "finished_treatment", "at_caseness", "recovered")] == [
        600, 200, 180, 72,
    ]  # fmt: skip
    assert first["area_name"] == "NHS Area X00 (ONS)", "the file has no names"
    with pytest.raises(CallError, match="1 quarterly file for the year 2021-22"):
        run(tmp_path, [path], YEAR)


@pytest.mark.parametrize(
    "names",
    [
        ["ReferralsReceived", "FinishedCourseTreatment", "NotCaseness", "Recovery", "RecoveryRate"],
        ["M001", "M076", "M179", "M191", "M192"],
        ["Count_ReferralsReceived", "Count_FinishedCourseTreatment", "Count_NotAtCaseness", "Count_Recovery", "M192"],
    ],
)
def test_a_wide_quarterly_file_is_told_by_its_headers_wherever_they_stand(tmp_path: Path, names: list[str]) -> None:
    header = ["GroupType", "RegionCode", "STP", "STPName", "CCG", "CCGName", "VariableType", "VariableA", *names]
    rows: list[list[object]] = [
        ["CCG", "Y1", "QE1", "A partnership", f"X{i:02d}", f"NHS Area {i}", kind, "NULL", 600, 200, 20, 72 + i, 40]
        for i in range(12)
        for kind in ("Total", "Gender")
    ]
    run(tmp_path, [published.write(tmp_path / "wide.csv", header, rows)], QUARTER)
    assert table(tmp_path, QUARTER).loc["X03", "recovery_rate"] == 75 / 180


def test_the_table_with_the_measures_is_taken_wherever_it_lies_in_an_archive(tmp_path: Path) -> None:
    main = published.annual(tmp_path).read_bytes()
    others = {
        "annual/peq.csv": b"OrgType,OrgCode,OrgName,VariableType,Satisfaction\nCCG,X00,NHS Area 0,Total,10\n",
        "__MACOSX/annual/._main.csv": b"\x00\x05\x16\x07\x00\x02",
        "annual/notes.txt": b"These are notes",
        "annual/empty.csv": b"",
    }
    for n, order in enumerate(([*others, "annual/main.csv"], ["annual/main.csv", *others])):
        path = tmp_path / f"{n}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in order:
                archive.writestr(name, others.get(name, main))
        assert run(tmp_path, [path]).areas == 15


def test_two_tables_that_could_both_be_meant_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("v1.csv", "v2.csv"):
            archive.write(published.annual(tmp_path), name)
    with pytest.raises(DataError, match=r"2 files in this archive could be meant: v1\.csv, v2\.csv"):
        run(tmp_path, [tmp_path / "two.zip"])


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_member_is_named_and_never_ends_in_a_traceback(tmp_path: Path, compression: int) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w", compression) as archive:
        archive.writestr("readme.txt", "nothing")
        archive.write(published.annual(tmp_path), "main.csv")
        at = archive.getinfo("main.csv").header_offset + 90
    content = bytearray((tmp_path / "z.zip").read_bytes())
    content[at : at + 40] = b"\xa5" * 40
    (tmp_path / "z.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"main\.csv"):
        run(tmp_path, [tmp_path / "z.zip"])


def test_a_long_table_in_an_archive_is_what_it_is_outside(tmp_path: Path) -> None:
    path = month(tmp_path)
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.write(path, "a b/m.csv")
    run(tmp_path, [path], MONTH)
    outside = table(tmp_path, MONTH)
    run(tmp_path, [tmp_path / "m.zip"], MONTH)
    assert table(tmp_path, MONTH).equals(outside)


NEW_NAMES = {"Count_Recovery": "Count_ReliableImprovement", "Percentage_Recovery": "Percentage_ReliableImprovement"}


def with_improvement(folder: Path, names: dict[str, str], ids: dict[str, str]) -> Path:
    rows = published.monthly_rows("2023-04-01", "2023-04-30")
    more = [[*row[:7], ids.get(str(row[8]), row[7]), names[str(row[8])], row[9]] for row in rows if row[8] in names]
    return published.write(folder / "m.csv", published.MONTHLY, [*rows, *more])


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (NEW_NAMES, {}),
        (
            {name: f"{name}_called_anew" for name in NEW_NAMES},
            {"Count_Recovery": "M185", "Percentage_Recovery": "M186"},
        ),
    ],
)
def test_a_measure_is_told_by_its_new_name_or_else_by_its_id(
    tmp_path: Path, names: dict[str, str], ids: dict[str, str]
) -> None:
    done = run(tmp_path, [with_improvement(tmp_path, names, ids)], MONTH)
    assert table(tmp_path, MONTH, "reliable_improvement").loc["X00", "reliable_improvement_rate"] == 72 / 200
    assert "The activity has no measure of reliable recovery." in done.notes


def test_an_id_never_stands_before_a_name(tmp_path: Path) -> None:
    """The ids of this file are counted through, so that M001 is that of another measure than it should be."""
    run(tmp_path, [month(tmp_path)], MONTH)
    assert table(tmp_path, MONTH).loc["X00", "referrals"] == 600


def test_an_outcome_that_a_file_does_not_measure_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, [published.annual(tmp_path)])
    assert "The activity has no measure of reliable recovery or reliable improvement." in done.notes


def test_an_organisation_is_told_by_its_code_however_its_name_is_spelt(tmp_path: Path) -> None:
    def spelt(row: list[object]) -> list[object]:
        other = {"Count_Recovery": " ", "Count_NotAtCaseness": " and more"}.get(str(row[8]), "")
        return [*row[:4], f"{row[4]}{other}", *row[5:]]

    assert run(tmp_path, [month(tmp_path, spelt)], MONTH).areas == 12
    assert table(tmp_path, MONTH).loc["X00", "recovered"] == 72


def test_one_code_under_two_names_with_the_same_figures_is_one_organisation(tmp_path: Path) -> None:
    """As a provider is in the annual file of 2023-24."""
    rows = published.annual_rows()
    rows.append([*rows[4][:2], "NHS Area 2, once more", *rows[4][3:]])
    done = run(tmp_path, [published.annual(tmp_path, rows=rows)])
    assert done.areas == 15
    assert "The activity lists X02 under two names with the same figures, which count once." in done.notes
    rows[-1][9] = 9999
    with pytest.raises(DataError, match="'X02' is there already"):
        run(tmp_path, [published.annual(tmp_path, rows=rows)])


LONG_MAPPING = """
measure = "What"
value = "How many"

[columns]
area_code = "Org"
area_name = "Org name"
month = "When"

[measures]
referrals = "New referrals"
finished_treatment = "Ended"
not_at_caseness = "Never a case"
recovered = "Better"

[only]
Kind = ["Commissioner"]
"""
LONG = {
    "Count_ReferralsReceived": "New referrals",
    "Count_FinishedCourseTreatment": "Ended",
    "Count_NotAtCaseness": "Never a case",
    "Count_Recovery": "Better",
    "Percentage_Recovery": "Something else",
}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_long_table_is_read_through_a_mapping(tmp_path: Path, kind: str) -> None:
    header = ["When", "Kind", "Org", "Org name", "What", "How many"]
    rows: list[list[object]] = [
        [row[0], "Commissioner" if row[2] == "SubICB" else "Other", row[3], row[4], LONG[str(row[8])], row[9]]
        for row in published.monthly_rows("2023-04-01", "2023-04-30")
        if row[8] in LONG
    ]
    path = published.write(tmp_path / "t.csv", header, rows)
    if kind == "xlsx":
        path = published.workbook(tmp_path / "t.xlsx", {"Data": [["A title"], [*header], *rows]})
    if kind == "parquet":
        path = tmp_path / "t.parquet"
        duckdb.sql(f"COPY (FROM read_csv('{tmp_path / 't.csv'}')) TO '{path}' (FORMAT parquet)")
    run(tmp_path, [path], MONTH, LONG_MAPPING)
    assert table(tmp_path, MONTH).loc["X00", "recovery_rate"] == 72 / 180


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('value = "How many"', "", "needs 'measure' and 'value'"),
        ('measure = "What"', "measure = 3", "must each be the header"),
        ('recovered = "Better"', "", "[measures] lacks 'recovery_percentage', or 'recovered'"),
        ('recovered = "Better"', 'recovered = "Ended"', "cannot both be 'Ended'"),
        ("[measures]", "[measures]\nbetter = 'x'", "'better' under [measures] is none of"),
        ('month = "When"', 'month = "When"\nreferrals = "x"', "'referrals' is under both"),
    ],
)
def test_a_mapping_of_a_long_table_that_is_wrong_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        run(tmp_path, [month(tmp_path)], MONTH, LONG_MAPPING.replace(old, new))
    assert words in str(caught.value)


SHARE = """
[columns]
area_code = "Code"
area_name = "Name"
referrals = "Ref"
finished_treatment = "Fin"
recovery_percentage = "Recovered %"
"""


def shares(header: list[str], cells: list[object] | None = None) -> list[list[object]]:
    body: list[list[object]] = [[f"X{i:02d}", f"NHS Area {i}", 90, 60, 40 + i, 20 + i] for i in range(12)]
    return [[*header], *(row if cells is None else [*row[:4], cells[i], row[5]] for i, row in enumerate(body))]


def test_the_exact_header_counts_where_another_looks_like_it(tmp_path: Path) -> None:
    first, *rows = shares(["Code", "Name", "Ref", "Fin", "Recovered %", "Recovered"])
    run(tmp_path, [published.write(tmp_path / "t.csv", list(map(str, first)), rows)], YEAR, SHARE)
    assert table(tmp_path)["recovery_rate"].tolist() == pytest.approx([0.40 + 0.01 * i for i in range(12)])


def test_a_count_is_never_taken_for_the_percentage_that_a_mapping_names(tmp_path: Path) -> None:
    first, *rows = shares(["Code", "Name", "Ref", "Fin", "Share", "Recovered"])
    with pytest.raises(DataError, match="'Recovered %', which the mapping names, is missing"):
        run(tmp_path, [published.write(tmp_path / "t.csv", list(map(str, first)), rows)], YEAR, SHARE)


def test_two_headers_that_look_like_the_one_named_are_refused(tmp_path: Path) -> None:
    first, *rows = shares(["Code", "Name", "Ref", "Fin", "Recovered_%", "recovered-%"])
    with pytest.raises(DataError, match="'Recovered_%' and 'recovered-%' could both be the column 'Recovered %'"):
        run(tmp_path, [published.write(tmp_path / "t.csv", list(map(str, first)), rows)], YEAR, SHARE)


def test_codes_may_stand_for_names_and_the_lookup_then_names_the_areas(tmp_path: Path) -> None:
    first, *rows = shares(["Code", "Name", "Ref", "Fin", "Recovered %", "Recovered"])
    path = published.write(tmp_path / "t.csv", list(map(str, first)), rows)
    run(tmp_path, [path], YEAR, SHARE.replace('"Name"', '"Code"'))
    assert table(tmp_path).loc["X00", "area_name"] == "NHS Area X00 (ONS)"


def test_two_other_things_of_one_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'referrals' and 'finished_treatment' cannot both be 'Fin'"):
        run(tmp_path, [published.annual(tmp_path)], YEAR, SHARE.replace('"Ref"', '"Fin"'))


@pytest.mark.parametrize("write", ["{}%", "{} %", "{}.0"])
def test_percentages_may_bear_their_sign(tmp_path: Path, write: str) -> None:
    header, *rows = shares(
        ["Code", "Name", "Ref", "Fin", "Recovered %", "Recovered"], [write.format(40 + i) for i in range(12)]
    )
    run(tmp_path, [published.write(tmp_path / "t.csv", list(map(str, header)), rows)], YEAR, SHARE)
    assert table(tmp_path).loc["X11", "recovery_rate"] == pytest.approx(0.51)


def test_proportions_where_percentages_were_promised_are_refused(tmp_path: Path) -> None:
    header, *rows = shares(
        ["Code", "Name", "Ref", "Fin", "Recovered %", "Recovered"], [0.4 + i / 100 for i in range(12)]
    )
    with pytest.raises(DataError, match=r"column 'Recovered %': '0\.4' is a proportion") as caught:
        run(tmp_path, [published.write(tmp_path / "t.csv", list(map(str, header)), rows)], YEAR, SHARE)
    assert "multiply the column by 100" in str(caught.value)


def test_proportions_beside_counts_are_not_used_and_doubted(tmp_path: Path) -> None:
    rows = published.annual_rows()
    for row in rows:
        row[10] = float(str(row[10])) / 100
    done = run(tmp_path, [published.annual(tmp_path, rows=rows)])
    (doubt,) = read_areas(tmp_path / "data", YEAR).doubts
    assert (doubt.what, doubt.area_code) == ("unit", "")
    assert "'PercentageRecovery' holds proportions" in doubt.words
    assert doubt.words in done.notes
    assert not any("differ" in note for note in done.notes), "they are not compared either"


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "alter",
    [
        lambda text: ["Psychological therapies, annual report 2021-22", "", *text],
        lambda text: ['"Table 1; a title, with commas"', "Published by NHS England,,,", *text],
        lambda text: [f"{line},,," for line in text],
        lambda text: [text[0], *(f"{line},," for line in text[1:])],
        lambda text: [f'"{"" if n == 0 else n}",{line}' for n, line in enumerate(text)],
        lambda text: [line.replace(",", ";") for line in ["title, of the table", *text]],
        lambda text: [line.replace(",*", ",NA").replace("NULL", "NA") for line in text],
    ],
)
def test_what_programs_put_around_a_table_changes_nothing(tmp_path: Path, alter: object) -> None:
    path = published.annual(tmp_path)
    run(tmp_path, [path])
    plain = table(tmp_path)
    path.write_text("\n".join(alter(lines(path))) + "\n", "utf-8")  # type: ignore[operator]
    run(tmp_path, [path])
    assert table(tmp_path).equals(plain)


def test_a_row_below_titles_is_found_by_its_own_line(tmp_path: Path) -> None:
    rows = published.annual_rows()
    rows[4][7] = "many"
    path = published.annual(tmp_path, rows=rows)
    path.write_text("\n".join(["A title", "", *lines(path)]) + "\n", "utf-8")
    with pytest.raises(DataError, match=r"row 8, column 'CountFinishedCourseTreatment': 'many'"):
        run(tmp_path, [path])


@pytest.mark.parametrize("mark", ["NA", "NaN", "#N/A"])
def test_a_value_that_is_missing_is_so_as_r_and_spreadsheets_write_it(tmp_path: Path, mark: str) -> None:
    rows = published.annual_rows()
    rows[5][6] = rows[5][8] = rows[5][10] = mark
    done = run(tmp_path, [published.annual(tmp_path, rows=rows)])
    assert {area.area_code: area.reason for area in done.excluded}["X03"] == "no usable recovery rate"


@pytest.mark.parametrize(
    ("text", "number"), [("1e+05", 100_000), ("1.5e+05", 150_000), ("100 000", 100_000), ("100,000", 100_000)]
)
def test_a_count_is_read_as_programs_write_it(tmp_path: Path, text: str, number: int) -> None:
    rows = published.annual_rows()
    rows[5][9] = text
    run(tmp_path, [published.annual(tmp_path, rows=rows)])
    assert table(tmp_path).loc["X03", "referrals"] == number


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "1e308", "1e400"])
def test_a_number_beyond_sense_is_refused_by_its_row(tmp_path: Path, text: str) -> None:
    rows = published.annual_rows()
    rows[5][10] = text
    with pytest.raises(DataError, match="row 7, column 'PercentageRecovery'"):
        run(tmp_path, [published.annual(tmp_path, rows=rows)])


@pytest.mark.parametrize(
    "text",
    [
        "2023-04-01", "2023-04-01 00:00:00", "2023-04-01T00:00:00Z", "2023-04-01T00:00:00.000+01:00", "01/04/2023",
        "1/4/2023 00:00", "01/04/2023 12:00:00 AM", "01/04/23", "2023-04", "Apr-23", "April 2023", "01-Apr-2023",
    ],
)  # fmt: skip
def test_a_date_may_have_a_time_or_be_a_month(text: str) -> None:
    day = first_day(text)
    assert day is not None
    assert day.isoformat() == "2023-04-01"


@pytest.mark.parametrize("text", ["", "2023", "2023-13-01", "04/30/2023", "2023-04-01 and so on", "Smarch 2023", "x"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert first_day(text) is None


def test_dates_with_a_time_make_a_month(tmp_path: Path) -> None:
    path = month(tmp_path, lambda row: [f"{row[0]} 00:00:00", "30/04/2023 23:59", *row[2:]])
    assert run(tmp_path, [path], MONTH).areas == 12


@pytest.mark.parametrize("name", ["m[1].csv", "m*.csv", "m?.csv", "m{1,2}.csv"])
def test_a_path_is_never_taken_for_a_pattern(tmp_path: Path, name: str) -> None:
    month(tmp_path, lambda row: [*row[:9], 5 * int(str(row[9]))], "m1.csv")
    run(tmp_path, [month(tmp_path, name=name)], MONTH)
    assert table(tmp_path, MONTH).loc["X00", "finished_treatment"] == 200


@pytest.mark.parametrize("name", ["t[1].parquet", "t*.parquet"])
def test_a_parquet_file_is_the_one_that_is_named(tmp_path: Path, name: str) -> None:
    header, *rows = shares(["Code", "Name", "Ref", "Fin", "Recovered %", "Recovered"])
    for target, finished in (("t1.parquet", 600), (name, 60)):
        body = [[*row[:3], finished, *row[4:]] for row in rows]
        source = published.write(tmp_path / "t.csv", list(map(str, header)), body)
        duckdb.sql(f"COPY (FROM read_csv('{source}')) TO '{tmp_path / target}' (FORMAT parquet)")
    run(tmp_path, [tmp_path / name], YEAR, SHARE)
    assert set(table(tmp_path)["finished_treatment"]) == {60}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_that_is_named_like_a_column_changes_nothing(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "Fin=7" / "MEASURE_VALUE_SUPPRESSED=7"
    folder.mkdir(parents=True)
    if kind == "csv":
        run(tmp_path, [month(folder)], MONTH)
        assert table(tmp_path, MONTH).loc["X00", "finished_treatment"] == 200
        return
    header, *rows = shares(["Code", "Name", "Ref", "Fin", "Recovered %", "Recovered"])
    source = published.write(tmp_path / "t.csv", list(map(str, header)), rows)
    duckdb.sql(f"COPY (FROM read_csv('{source}')) TO '{folder / 't.parquet'}' (FORMAT parquet)")
    run(tmp_path, [folder / "t.parquet"], YEAR, SHARE)
    assert set(table(tmp_path)["finished_treatment"]) == {60}
