"""The same thing said otherwise in an index, a lookup or a table of successors; and what only looks the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import published
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.sources.importing import check_file
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.sources.importing import Imported

YEAR = Period.parse("2019-20")
RANK = "Index of Multiple Deprivation (IMD) Rank"


def bring(folder: Path, **files: Path) -> Imported:
    successors = files.pop("successors", None)
    return published.import_period(
        [files.get("annual") or published.annual(folder)],
        YEAR,
        files.get("imd") or published.imd(folder),
        files.get("lookup") or published.lookup(folder),
        folder / "data",
        successors=successors,
    )


def scores(folder: Path) -> list[float]:
    table = read_areas(folder / "data", YEAR).table
    return [float(score) for score in table["imd_score"]]


def most_deprived(folder: Path) -> str:
    table = read_areas(folder / "data", YEAR).table
    return str(table.sort_values("imd_rank")["area_code"].iloc[0])


@pytest.mark.parametrize(
    "extra",
    ["IMD Score Quintile", "IMD score decile", "IMD Score percentile", "IMD score (grouped)", "IMD_score_band"],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_made_of_a_score_is_no_score(tmp_path: Path, extra: str, first: bool) -> None:
    header = ["LSOA code (2011)", extra, "IMD Score"] if first else ["LSOA code (2011)", "IMD Score", extra]
    rows: list[list[object]] = [
        [lsoa, i // 9 + 1, score] if first else [lsoa, score, i // 9 + 1]
        for i, (lsoa, _, score) in enumerate(published.small_areas())
    ]
    bring(tmp_path, imd=published.imd(tmp_path, rows, header))
    assert scores(tmp_path)[0] == pytest.approx(41.0)
    assert most_deprived(tmp_path) == "X00"


def test_what_is_made_of_a_rank_is_no_rank(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, i // 9 + 1, i + 1] for i, (lsoa, _, _) in enumerate(published.small_areas())]
    done = bring(tmp_path, imd=published.imd(tmp_path, rows, ["lsoa11_code", "IMD_rank_decile", "IMD_rank"]))
    assert most_deprived(tmp_path) == "X00"
    assert any("mean IMD rank" in note for note in done.notes)
    only = published.write(tmp_path / "d.csv", ["lsoa11_code", "IMD_rank_decile"], [["E01000001", 1]])
    with pytest.raises(DataError, match="no known kind"):
        check_file(only)


def test_two_columns_that_could_be_the_score_are_refused_and_the_plainly_named_is_taken(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, 50 - score, score] for lsoa, _, score in published.small_areas()]
    two = published.imd(tmp_path, rows, ["LSOA code (2011)", "IMD 2015 Score", "IMD 2019 Score"])
    with pytest.raises(DataError, match=r"2 columns could be the IMD score: 'IMD 2015 Score', 'IMD 2019 Score'"):
        bring(tmp_path, imd=two)
    bring(tmp_path, imd=published.imd(tmp_path, rows, ["LSOA code (2011)", "IMD 2015 Score", "IMD Score"]))
    assert most_deprived(tmp_path) == "X00"


@pytest.mark.parametrize("sign", [",", " ", "\u00a0"])
def test_ranks_may_have_thousands_parted(tmp_path: Path, sign: str) -> None:
    rows: list[list[object]] = [
        [lsoa, f"{1000 + 500 * i:,}".replace(",", sign)] for i, (lsoa, _, _) in enumerate(published.small_areas())
    ]
    bring(tmp_path, imd=published.imd(tmp_path, rows, ["\ufeffLSOA code (2011)", RANK]))
    assert most_deprived(tmp_path) == "X00"


def test_a_score_with_a_comma_could_be_a_decimal_and_is_refused(tmp_path: Path) -> None:
    rows: list[list[object]] = [[lsoa, "12,389"] for lsoa, _, _ in published.small_areas()]
    with pytest.raises(DataError, match=r"'12,389' is not allowed"):
        bring(tmp_path, imd=published.imd(tmp_path, rows, ["LSOA code (2011)", "IMD Score"]))


def test_average_ranks_of_organisations_may_have_thousands_parted(tmp_path: Path) -> None:
    rows: list[list[object]] = [[f"X{i:02d}", f"{9000 + 700 * i:,}.5"] for i in range(15)]
    own = published.write(tmp_path / "own.csv", ["area_code", "imd_rank"], rows)
    bring(tmp_path, imd=own)
    assert most_deprived(tmp_path) == "X00"


@pytest.mark.parametrize(
    ("header", "how"),
    [
        (["lsoa11_name", "lsoa11_code", "ccg21_name", "ccg21_code"], "by name"),
        (["lsoa11_name", "lsoa11_code", "ccg20_name", "ccg20_code_h"], "by NHS code"),
        (["lsoa21_name", "lsoa21_code", "sicbl22_name", "sicbl22_code_h"], "by NHS code"),
        (["lsoa21_name", "lsoa21_code", "icb24_name", "icb24_code_nhs"], "by NHS code"),
        (["LSOA21NM", "LSOA21CD", "SICBL24NM", "SICBL24CDH"], "by NHS code"),
    ],
)
def test_a_lookup_of_geographr_is_read_as_that_of_the_statistics_office(
    tmp_path: Path, header: list[str], how: str
) -> None:
    code = (lambda own: f"E38{own}") if how == "by name" else (lambda own: own)
    rows: list[list[object]] = [
        ["x", lsoa, f"NHS Area {int(own[1:])} CCG", code(own)] for lsoa, own, _ in published.small_areas()
    ]
    done = bring(tmp_path, lookup=published.write(tmp_path / "look.csv", header, rows))
    assert done.areas == 15
    assert any(f"matched to the lookup {how}" in note for note in done.notes)


def test_of_a_lookup_with_two_kinds_of_areas_the_one_that_the_activity_has_is_taken(tmp_path: Path) -> None:
    header = ["lsoa21_code", "sicbl24_name", "sicbl24_code", "sicbl24_code_nhs", "icb24_name", "icb24_code_nhs"]
    rows: list[list[object]] = [
        [lsoa, f"NHS Area {own}", f"E38{own}", own, "A board", "QX0"] for lsoa, own, _ in published.small_areas()
    ]
    done = bring(tmp_path, lookup=published.write(tmp_path / "look.csv", header, rows))
    assert done.areas == 15
    assert any("by NHS code" in note for note in done.notes)


def test_na_of_r_is_a_missing_value(tmp_path: Path) -> None:
    rows = published.annual_rows()
    rows[5][6:9] = ["NA", "NA", "NA"]
    rows[5][10] = "NaN"
    done = bring(tmp_path, annual=published.annual(tmp_path, rows=rows))
    assert done.areas == 14
    assert {area.area_code for area in done.excluded} == {"X03", "UNKNOWN"}


@pytest.mark.parametrize("spelt", ["NHS Area 0, part ", "NHS AREA 0, PART", "NHS Area 0 part"])
def test_the_code_tells_an_organisation_however_its_name_is_spelt(tmp_path: Path, spelt: str) -> None:
    rows = published.monthly_rows("2023-04-01", "2023-04-30", n=15)
    first = next(row for row in rows if row[3] == "X00" and row[8] == "Count_FinishedCourseTreatment")
    first[4] = spelt
    month = Period.parse("2023-04")
    path = published.write(tmp_path / "m.csv", published.MONTHLY, rows)
    done = published.import_period(
        [path], month, published.imd(tmp_path), published.lookup(tmp_path), tmp_path / "data"
    )
    assert done.areas == 15
    assert read_areas(tmp_path / "data", month).table.set_index("area_code").loc["X00", "finished_treatment"] == 200


def succession(folder: Path, *pairs: tuple[str, str]) -> Path:
    return published.write(folder / "succ.csv", ["old_code", "new_code"], [list(pair) for pair in pairs])


def test_successors_that_nobody_has_are_said_to_change_nothing(tmp_path: Path) -> None:
    done = bring(tmp_path, successors=succession(tmp_path, ("Z99", "Z98")))
    assert (
        "The table of successors succ.csv changed nothing: none of the codes that it has successors of is in the "
        "activity or in the deprivation data." in done.notes
    )


def test_codes_followed_by_those_of_a_larger_area_are_said_to_change_nothing(tmp_path: Path) -> None:
    """The areas have a deprivation of their own, and the activity has no figures of the larger one."""
    pairs = [(f"X{i:02d}", "QX0") for i in range(15)]
    done = bring(tmp_path, successors=succession(tmp_path, *pairs))
    assert done.areas == 15
    assert any("succ.csv changed nothing: the areas whose codes it has have a deprivation of" in n for n in done.notes)


def test_successors_that_matter_are_not_said_to_change_nothing(tmp_path: Path) -> None:
    done = bring(tmp_path, successors=succession(tmp_path, ("X13", "X14"), ("Z99", "Z98")))
    assert done.areas == 14
    assert not any("changed nothing" in note for note in done.notes)


def gap(folder: Path, per_area: int, lacking: int) -> Imported:
    """Area X00 has ``per_area`` small areas, of which the index lacks some."""
    small = [(f"E01900{j:03d}", "X00", 50.0 + j) for j in range(per_area)]
    every = [row for row in published.small_areas() if row[1] != "X00"] + small
    look: list[list[object]] = [[lsoa, "n", f"E38{code}", code, f"NHS Area {code}"] for lsoa, code, _ in every]
    index: list[list[object]] = [
        [lsoa, score, 1] for lsoa, _, score in every if lsoa not in {s[0] for s in small[:lacking]}
    ]
    return bring(folder, imd=published.imd(folder, index), lookup=published.lookup(folder, look))


def test_an_area_most_of_whose_small_areas_have_no_score_is_not_ranked(tmp_path: Path) -> None:
    done = gap(tmp_path, 16, 12)
    assert {area.area_code: area.reason for area in done.excluded}["X00"] == (
        "no deprivation score: 12 of its 16 small areas are not in the deprivation file, more than the quarter that "
        "may be lacking"
    )
    assert done.areas == 14
    assert any("An area is ranked where the index has a value for three in four" in note for note in done.notes)
    assert most_deprived(tmp_path) == "X01"


@pytest.mark.parametrize(("lacking", "ranked"), [(0, True), (4, True), (5, False), (16, False)])
def test_a_quarter_of_the_small_areas_may_lack_a_score(tmp_path: Path, lacking: int, ranked: bool) -> None:
    done = gap(tmp_path, 16, lacking)
    assert ("X00" not in {area.area_code for area in done.excluded}) is ranked


def test_an_index_that_names_two_codes_of_an_organisation_is_refused(tmp_path: Path) -> None:
    own = published.write(
        tmp_path / "own.csv", ["region_code", "area_code", "imd_score"], [["R", f"X{i:02d}", 30 - i] for i in range(15)]
    )
    with pytest.raises(DataError, match="2 columns could be the organisation's code"):
        bring(tmp_path, imd=own)
