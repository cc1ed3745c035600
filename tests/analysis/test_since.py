"""Two periods set side by side: which ones, what differs beside time, and who crossed a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import ROOT, areas_from, some_rows, table_of
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.since import Since, since, since_last
from iapt_report.analysis.study import analyse, headline
from iapt_report.analysis.trend import trends
from iapt_report.areas.folder import last_before, read_areas
from iapt_report.areas.period import Period
from iapt_report.reference.boundaries import Boundaries
from iapt_report.reference.deprivation import members
from iapt_report.stats.two_rates import differ

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results

REAL = ROOT / "data"


def put(data: Path, period: str, rows: list[dict[str, object]], facts: str = "") -> None:
    folder = data / period
    folder.mkdir(parents=True)
    table_of(rows).to_csv(folder / "areas.csv", index=False)
    (folder / "period.toml").write_text(facts, "utf-8")


def results(data: Path, period: str, settings: Settings | None = None) -> Results:
    return analyse(read_areas(data, Period.parse(period)), settings)


def before(data: Path, period: str) -> str | None:
    found = last_before(data, Period.parse(period))
    return found.id if found else None


def test_the_last_period_is_one_of_the_same_kind_that_is_over_and_real_beside_real(tmp_path: Path) -> None:
    rows = some_rows(12)
    put(tmp_path, "2018-19", rows)
    put(tmp_path, "2018-19-Q3", rows)
    put(tmp_path, "2018-19-Q4", rows, "synthetic = true\n")
    put(tmp_path, "2019-20-Q1", rows, 'area_type = "provider"\n')
    put(tmp_path, "2019-20-Q2", rows)
    put(tmp_path, "2019-20-Q3", rows)
    put(tmp_path, "2019-20", rows)
    assert before(tmp_path, "2019-20-Q3") == "2019-20-Q2"
    assert before(tmp_path, "2019-20-Q2") == "2018-19-Q3"
    assert before(tmp_path, "2019-20") == "2018-19"
    assert before(tmp_path, "2018-19-Q3") is None
    assert before(tmp_path, "2019-20-Q1") is None
    (tmp_path / "2019-20-Q2" / "period.toml").write_text("nonsense", "utf-8")
    assert before(tmp_path, "2019-20-Q3") == "2018-19-Q3", "one that cannot be read is passed over"


def test_a_period_without_an_earlier_one_that_can_be_analysed_alike_has_no_changes(tmp_path: Path) -> None:
    put(tmp_path, "2018-19", some_rows(12))
    put(tmp_path, "2019-20", some_rows(12))
    alone = results(tmp_path, "2018-19")
    assert since_last(tmp_path, alone) is None
    later = results(tmp_path, "2019-20")
    assert isinstance(since_last(tmp_path, later), Since)
    (tmp_path / "2018-19" / "areas.csv").write_text("nothing\n", "utf-8")
    assert since_last(tmp_path, later) is None


@pytest.fixture(scope="module")
def real() -> Since:
    found = since_last(REAL, results(REAL, "2019-20-Q2"))
    assert found is not None
    return found


def test_two_real_quarters_are_compared_as_each_was_analysed(real: Since) -> None:
    then, now = results(REAL, "2019-20-Q1"), results(REAL, "2019-20-Q2")
    for side, r in ((real.then, then), (real.now, now)):
        assert (side.period, side.areas) == (r.period.id, r.sample.areas)
        assert side.mean_rate == r.sample.recovery_rate.mean
        assert side.below_national == r.classification.below_national.n
        assert side.below_adjusted == r.classification.below_adjusted.n
        assert side.gradient == r.gradient
    (both,) = trends((then, now))
    assert real.trend == both
    assert real.consecutive
    assert [side.deprivation.edition for side in (real.then, real.now) if side.deprivation] == [2015, 2019]


def test_who_crossed_is_told_from_the_areas_in_both(real: Since) -> None:
    then = {area.area_code: area for area in results(REAL, "2019-20-Q1").areas}
    now = {area.area_code: area for area in results(REAL, "2019-20-Q2").areas}
    both = then.keys() & now.keys()
    assert real.compared == len(both)
    assert {one.area_code for one in real.national.fell} == {
        code for code in both if now[code].below_national and not then[code].below_national
    }
    assert {one.area_code for one in real.adjusted.rose} == {
        code for code in both if then[code].below_adjusted and not now[code].below_adjusted
    }
    for one in (*real.national.every, *real.adjusted.every):
        before_, after = then[one.area_code], now[one.area_code]
        rates, cases = (one.rate_then, one.rate_now), (before_.cases, after.cases)
        assert rates == (before_.recovery_rate, after.recovery_rate)
        assert one.beyond_chance == differ(rates, cases, 0.95)
    changes = [abs(one.rate_now - one.rate_then) for one in real.national.fell]
    assert changes == sorted(changes, reverse=True)
    assert [one.area_code for one in real.national.every if one.doubted] == ["15F"], "the screen of the source found it"


def test_areas_that_do_not_change_cross_nothing() -> None:
    rows = some_rows(30, slope=0.2)
    earlier = areas_from(rows, "2018-19")
    found = since(earlier, analyse(areas_from(rows, "2019-20")))
    assert (found.compared, found.national.every, found.adjusted.every) == (30, (), ())
    assert not found.then.deprivation


def test_an_area_crosses_the_standard_with_the_rate_it_had_where_the_standard_changed() -> None:
    rows = some_rows(30)
    for row in rows:
        row["reliably_recovered"] = row["recovered"]
    earlier = areas_from(rows, "2025-26")
    found = since(earlier, analyse(areas_from(rows, "2026-27"), Settings(outcome="reliable_recovery")))
    assert (found.then.standard, found.now.standard) == (0.48, 0.51)
    assert found.national.fell
    assert not found.national.rose
    assert not any(one.beyond_chance for one in found.national.fell)


def test_areas_made_of_others_are_compared_with_their_sum_and_redrawn_ones_are_not(tmp_path: Path) -> None:
    def rows(year: int, level: str = "ccg") -> list[dict[str, object]]:
        codes = list(members(Boundaries(year, level)))
        made = some_rows(len(codes), slope=0.1)
        for i, (row, code) in enumerate(zip(made, codes, strict=True)):
            row |= {"area_code": code, "area_name": f"NHS {code}", "imd_score": 60 - i / 4}
            del row["imd_rank"]
        return made

    kind = 'area_type = "clinical commissioning group"\n'
    put(tmp_path / "a", "2019-20", rows(2019), kind)
    put(tmp_path / "a", "2020-21", rows(2020), kind)
    merged = since_last(tmp_path / "a", results(tmp_path / "a", "2020-21"))
    assert merged is not None
    assert merged.joined > 10
    assert merged.compared == merged.now.areas, "every area of 2020 was one of 2019, or made of such"
    assert merged.then.areas > merged.now.areas

    kind = 'area_type = "Sub-ICB location"\n'
    put(tmp_path / "b", "2021-22", rows(2021), kind)
    put(tmp_path / "b", "2022-23", rows(2022, "subicb"), kind)
    redrawn = since_last(tmp_path / "b", results(tmp_path / "b", "2022-23"))
    assert redrawn is not None
    assert {"NHS 15E", "NHS D2P2L"} <= set(redrawn.redrawn)
    assert not {"15E", "D2P2L"} & {one.area_code for one in (*redrawn.national.every, *redrawn.adjusted.every)}


def test_the_headline_figures_are_those_of_the_whole_analysis(tmp_path: Path) -> None:
    put(tmp_path, "2019-20-Q2", some_rows(30))
    areas = read_areas(tmp_path, Period.parse("2019-20-Q2"))
    for settings in (Settings(), Settings(model="replication"), Settings(interval="prediction")):
        whole, head = analyse(areas, settings), headline(areas, settings)
        for name in ("period", "settings", "outcome", "standard", "provenance", "gradient", "classification", "areas"):
            assert getattr(head, name) == getattr(whole, name), name
        assert head.random_effects == whole.random_effects
        assert head.outliers.area_codes == whole.outliers.area_codes
        assert head.concludes == whole.concludes
