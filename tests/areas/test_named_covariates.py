"""What settings ask for beside deprivation: found by name among own columns and shares, or refused and told what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from conftest import some_rows, table_of
from iapt_report import load
from iapt_report.areas.covariates import find_covariates
from iapt_report.areas.folder import SHARES_FILE, read_areas
from iapt_report.areas.period import Period
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.table import Areas

YEAR = Period.parse("2019-20")


def areas_of(folder: Path, columns: dict[str, list[object]] | None = None, shares: list[str] | None = None) -> Areas:
    """Twenty areas, T000 to T019, with more columns than are known and with shares."""
    own = folder / YEAR.id
    own.mkdir()
    rows = [
        {**row, **{name: values[i] for name, values in (columns or {}).items()}} for i, row in enumerate(some_rows(20))
    ]
    table_of(rows).iloc[::-1].to_csv(own / "areas.csv", index=False)
    if shares is not None:
        (own / SHARES_FILE).write_text("\n".join(["area_code,variable,group,share", *shares, ""]), "utf-8")
    return read_areas(folder, YEAR)


def shares_of(group: str, variable: str = "Ethnic Group", n: int = 20) -> list[str]:
    return [f"T{i:03d},{variable},{group},{0.5 + i / 100:.2f}" for i in range(n)]


def refused(areas: Areas, *asked: str) -> str:
    with pytest.raises(DataError) as caught:
        find_covariates(areas, asked)
    return str(caught.value)


def test_a_numeric_column_of_ones_own_is_a_covariate_and_text_is_left_alone(tmp_path: Path) -> None:
    areas = areas_of(tmp_path, {"staff": [i / 2 for i in range(20)], "region": ["north of it"] * 20})
    (one,) = find_covariates(areas, ["staff"])
    assert (one.name, one.is_share) == ("staff", False)
    assert one.values.tolist() == [i / 2 for i in range(20)], "in the order of the areas, not of the file"


def test_other_columns_change_nothing_of_the_areas(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = areas_of(tmp_path / "a", {"region": ["x"] * 20}), areas_of(tmp_path / "b")
    assert one.table.equals(other.table)
    assert other.extras is None


def test_a_file_that_is_loaded_keeps_its_columns_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    table_of([{**row, "staff": i} for i, row in enumerate(some_rows(20))]).to_csv(path, index=False)
    (one,) = find_covariates(load(path, period="2019-20"), ["staff"])
    assert one.values.tolist() == list(range(20))


def test_a_cell_that_is_no_number_is_refused_by_file_row_and_column_only_when_asked_for(tmp_path: Path) -> None:
    areas = areas_of(tmp_path, {"staff": ["many" if i == 19 else i for i in range(20)]})
    # The file is from the last area to the first.
    assert "areas.csv, row 2, column 'staff': 'many'" in refused(areas, "staff")


@pytest.mark.parametrize("asked", ["Ethnic Group: White", "ethnic group:  white", "EthnicGroup: White"])
def test_a_share_is_asked_for_by_its_variable_and_group(tmp_path: Path, asked: str) -> None:
    areas = areas_of(tmp_path, shares=[*shares_of("White"), *shares_of("Mixed / Other")])
    (one,) = find_covariates(areas, [asked])
    assert (one.name, one.variable) == ("Ethnic Group: White", "Ethnic Group")
    assert one.values[3] == 0.53


def test_signs_tell_groups_apart_and_what_can_mean_two_is_refused(tmp_path: Path) -> None:
    areas = areas_of(tmp_path, shares=[*shares_of("<6 weeks", "Wait"), *shares_of(">6 weeks", "Wait")])
    assert find_covariates(areas, ["Wait: >6 weeks"])[0].name == "Wait: >6 weeks"
    assert "can be 'Wait: <6 weeks' and 'Wait: >6 weeks'" in refused(areas, "wait 6 weeks")


def test_a_share_that_is_not_known_of_an_area_is_missing(tmp_path: Path) -> None:
    areas = areas_of(tmp_path, shares=[*shares_of("White", n=18), "T018,Ethnic Group,White,*"])
    (one,) = find_covariates(areas, ["Ethnic Group: White"])
    assert np.isnan(one.values).tolist() == [False] * 18 + [True, True]


def test_what_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    areas = areas_of(
        tmp_path, {"staff": list(range(20))}, [*shares_of("White"), *shares_of("Mixed"), *shares_of("Old", "Age")]
    )
    assert "one of 'Ethnic Group: Mixed', 'Ethnic Group: White'" in refused(areas, "Ethnic Group: Purple")
    said = refused(areas, "moon")
    assert "there is no covariate 'moon' in 2019-20" in said
    assert "'staff', 'Age: …', 'Ethnic Group: …'" in said


def test_a_covariate_of_fewer_than_ten_areas_is_refused_by_name(tmp_path: Path) -> None:
    areas = areas_of(tmp_path, {"staff": [i if i < 9 else "" for i in range(20)]}, shares_of("White", n=5))
    said = refused(areas, "staff")
    assert "areas.csv, column 'staff': the covariate 'staff' is not known of 11 of 20 areas" in said
    assert "the first of them T009" in said
    assert "2019-20/shares.csv, column 'share'" in refused(areas, "Ethnic Group: White")


def test_a_covariate_that_is_asked_for_twice_is_refused(tmp_path: Path) -> None:
    areas = areas_of(tmp_path, shares=shares_of("White"))
    assert "asked for twice" in refused(areas, "Ethnic Group: White", "ethnic group: white")
