"""The same area in other periods: under its code, as the sum of those it was made of, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import areas_from, some_rows, table_of
from iapt_report.analysis.history import history
from iapt_report.analysis.regrouped import parts_of, regrouped
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.deprivation import members

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.history import History
    from iapt_report.areas.table import Areas

WEST_SUSSEX = ("09G", "09H", "09X")


def write(data: Path, period: str, codes: list[str], area_type: str = "clinical commissioning group") -> None:
    rows = some_rows(len(codes), slope=0.1)
    for i, (row, code) in enumerate(zip(rows, codes, strict=True)):
        row |= {"area_code": code, "area_name": code, "imd_score": 60 - i / 4}
        del row["imd_rank"]
    folder = data / period
    folder.mkdir(parents=True)
    table_of(rows).to_csv(folder / "areas.csv", index=False)
    (folder / "period.toml").write_text(f'area_type = "{area_type}"\n', "utf-8")


def groups(year: int, level: str = "ccg") -> list[str]:
    return list(members(Boundaries(year, level)))


def past(data: Path, period: str, codes: list[str]) -> History:
    when = Period.parse(period)
    return history(data, Settings(), analyse(read_areas(data, when)), when, codes)


def test_an_area_that_was_made_of_others_is_their_sum_in_earlier_periods(tmp_path: Path) -> None:
    write(tmp_path, "2019-20", groups(2019))
    write(tmp_path, "2020-21", groups(2020))
    found = past(tmp_path, "2020-21", ["70F", "00L"])
    (then,) = found.moments["70F"]
    before = read_areas(tmp_path, Period.parse("2019-20")).table.set_index("area_code").loc[list(WEST_SUSSEX)]
    assert then.period == "2019-20"
    assert then.area.cases == before["at_caseness"].sum()
    assert then.area.recovery_rate == pytest.approx(before["recovered"].sum() / before["at_caseness"].sum())
    assert [moment.period for moment in found.moments["00L"]] == ["2019-20"], "it did not change"


def test_an_area_one_of_whose_parts_is_lacking_has_no_history_then(tmp_path: Path) -> None:
    write(tmp_path, "2019-20", [code for code in groups(2019) if code != "09X"])
    write(tmp_path, "2020-21", groups(2020))
    assert past(tmp_path, "2020-21", ["70F"]).moments["70F"] == ()


def test_a_part_is_not_the_whole_that_it_became(tmp_path: Path) -> None:
    write(tmp_path, "2019-20", groups(2019))
    write(tmp_path, "2020-21", groups(2020))
    assert past(tmp_path, "2019-20", ["09G"]).moments["09G"] == ()


def test_the_same_code_with_other_borders_is_not_the_same_area(tmp_path: Path) -> None:
    kind = "Sub-ICB location"
    write(tmp_path, "2021-22", groups(2021), kind)
    write(tmp_path, "2022-23", groups(2022, "subicb"), kind)
    found = past(tmp_path, "2022-23", ["15E", "D2P2L", "15M", "36L"])
    assert found.moments["15E"] == found.moments["D2P2L"] == ()
    assert found.redrawn == {"15E": ("2021-22",), "D2P2L": ("2021-22",)}
    assert len(found.moments["15M"]) == len(found.moments["36L"]) == 1, "3.3 per cent of it, and nothing, moved"


def test_areas_are_followed_over_more_than_one_merger() -> None:
    """36L was made of six groups in 2020, 15E of three in 2018, D2P2L of four in 2021."""
    assert parts_of("36L", groups(2019)) == {"07V", "08J", "08P", "08R", "08T", "08X"}
    assert parts_of("15E", groups(2017)) == {"04X", "05P", "13P"}
    assert parts_of("D2P2L", groups(2017)) == {"05C", "05L", "05Y", "06A"}
    assert parts_of("Z99", groups(2019)) == frozenset()


def three() -> Areas:
    rows = some_rows(14, slope=0.1)
    for i, row in enumerate(rows):
        row |= {"imd_score": 50 - i}
        del row["imd_rank"]
    rows[0] |= {"area_code": "09G", "referrals": 900, "finished_treatment": 300, "at_caseness": 250, "recovered": 100}
    rows[1] |= {"area_code": "09H", "referrals": 300, "finished_treatment": 100, "at_caseness": 50, "recovered": 40}
    return areas_from(rows)


def test_parts_add_up_and_deprivation_is_weighted_by_small_areas() -> None:
    whole = regrouped(three(), {"NEW": frozenset({"09G", "09H"})}, Boundaries(2019, "ccg"))
    table = whole.table.set_index("area_code")
    assert len(whole) == 13
    assert "09G" not in table.index
    new = table.loc["NEW"]
    assert (new["referrals"], new["finished_treatment"], new["at_caseness"], new["recovered"]) == (1200, 400, 300, 140)
    assert new["recovery_rate"] == pytest.approx(140 / 300)
    sizes = {code: members(Boundaries(2019, "ccg"))[code].lsoas for code in ("09G", "09H")}
    assert new["imd_score"] == pytest.approx((50 * sizes["09G"] + 49 * sizes["09H"]) / sum(sizes.values()))
    assert table["imd_rank"].tolist() == table["imd_score"].rank(ascending=False).tolist()


def test_a_rate_without_counts_is_weighted_by_the_patients_treated() -> None:
    areas = three()
    first, second = areas.table.index[areas.table["area_code"].isin(["09G", "09H"])]
    areas.table.loc[[first, second], ["at_caseness", "recovered"]] = None
    areas.table.loc[[first, second], "recovery_rate"] = [0.4, 0.8]
    new = regrouped(areas, {"NEW": frozenset({"09G", "09H"})}, None).table.set_index("area_code").loc["NEW"]
    assert new["recovery_rate"] == pytest.approx((0.4 * 300 + 0.8 * 100) / 400)
    assert new["imd_score"] == pytest.approx(49.5), "without known sizes the parts count the same"


def test_a_history_needs_no_analysis_of_other_periods_and_reads_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for period in ("2018-19", "2019-20", "2020-21"):
        write(tmp_path, period, groups(2020))
    now = Period.parse("2020-21")
    results = analyse(read_areas(tmp_path, now))
    read: list[Period] = []

    def reading(data: Path, period: Period, *others: Any) -> Areas:
        read.append(period)
        return read_areas(data, period, *others)

    monkeypatch.setattr("iapt_report.analysis.history.read_areas", reading)
    monkeypatch.setattr("iapt_report.analysis.study._study", lambda *_, **__: pytest.fail("it analyses"))
    for _ in range(2):
        found = history(tmp_path, Settings(), results, now, ["00L"])
        assert [one.period for one in found.moments["00L"]] == ["2018-19", "2019-20"]
    assert [period.id for period in read] == ["2018-19", "2019-20"]
    changed = table_of(some_rows(12)).assign(area_code=groups(2020)[:12])
    changed.to_csv(tmp_path / "2019-20" / "areas.csv", index=False)
    history(tmp_path, Settings(), results, now, ["00L"])
    assert [period.id for period in read] == ["2018-19", "2019-20", "2019-20"], "what has changed is read anew"
