"""Areas against the national rates of their patients' own deprivation deciles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from conftest import table_of
from iapt_report.areas.cells import Place
from iapt_report.areas.deciles import DECILES, ENGLAND, checked_deciles
from iapt_report.stats.case_mix import CaseMix, case_mix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Cases and recovered of one decile; None is withheld.
Cell = tuple[int | None, int | None]
NATIONAL: list[Cell] = [(1000, 400 + 20 * d) for d in DECILES]
cases_of_ten = st.lists(st.integers(0, 40), min_size=10, max_size=10)


def deciles_of(
    areas: Mapping[str, Sequence[Cell]], national: Sequence[Cell] = NATIONAL, parts: int = 1
) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for code, cells in {ENGLAND: national, **areas}.items():
        for decile, (cases, recovered) in enumerate(cells, start=1):
            withheld = [name for name, count in (("at_caseness", cases), ("recovered", recovered)) if count is None]
            rows.append(
                {
                    "area_code": code,
                    "decile": decile,
                    "finished_treatment": "" if cases is None else cases,
                    "at_caseness": "" if cases is None else cases,
                    "recovered": "" if recovered is None else recovered,
                    "suppressed": ";".join(withheld),
                    "parts": parts if code != ENGLAND else 1,
                }
            )
    return checked_deciles(table_of(rows), Place("deciles.csv", range(2, len(rows) + 2)))


def adjusted(
    areas: Mapping[str, Sequence[Cell]],
    national: Sequence[Cell] = NATIONAL,
    *,
    totals: Mapping[str, int | None] | None = None,
    rounded_to: int = 1,
    confidence: float = 0.95,
    parts: int = 1,
) -> CaseMix | None:
    sums = {code: sum(cases or 0 for cases, _ in cells) for code, cells in areas.items()} | dict(totals or {})
    table = pd.DataFrame({"area_code": list(sums), "at_caseness": pd.array(list(sums.values()), dtype="Int64")})
    return case_mix(
        deciles_of(areas, national, parts),
        table,
        reached="recovered",
        cases="at_caseness",
        confidence=confidence,
        rounded_to=rounded_to,
    )


def sure(found: CaseMix | None) -> CaseMix:
    assert found is not None
    return found


@given(st.lists(cases_of_ten, min_size=1, max_size=4))
def test_areas_whose_patients_recover_at_the_national_rates_have_ratio_one(areas: list[list[int]]) -> None:
    """Cases in fifties, so that the national rates (42%, 44% …) give whole patients."""
    assume(all(map(sum, areas)))
    at_national = {
        f"A{i}": [(50 * n, (20 + d) * n) for d, n in zip(DECILES, cases, strict=True)] for i, cases in enumerate(areas)
    }
    found = sure(adjusted(at_national))
    for area in found.areas:
        assert area.ratio == pytest.approx(1)
        assert area.adjusted_rate == pytest.approx(found.national_rate)
        assert area.low < 1 < area.high
        assert area.ratio_least == pytest.approx(1)
        assert area.ratio_most == pytest.approx(1)
    assert found.below.n == found.above.n == 0


def test_the_figures_of_one_area_are_those_worked_out_by_hand() -> None:
    cells: list[Cell] = [(100, 30), (50, 25), *[(0, 0)] * 8]
    found = sure(adjusted({"A": cells}, totals={"A": 160}))
    (area,) = found.areas
    expected = 100 * 0.42 + 50 * 0.44
    low, high = proportion_confint(55, 150, method="wilson")
    assert (area.cases, area.observed) == (150, 55)
    assert area.expected == pytest.approx(expected)
    assert area.ratio == pytest.approx(55 / expected)
    assert area.low == pytest.approx(low * 150 / expected)
    assert area.high == pytest.approx(high * 150 / expected)
    assert found.national_rate == pytest.approx(0.51)
    assert area.adjusted_rate == pytest.approx(0.51 * 55 / expected)
    assert area.unknown_share == found.unknown_share == pytest.approx(10 / 160)
    assert [row.rate for row in found.national] == pytest.approx([0.4 + 0.02 * d for d in DECILES])


def test_the_same_crude_rate_is_better_where_patients_are_more_deprived() -> None:
    deprived: list[Cell] = [(1000, 480), *[(0, 0)] * 9]
    found = sure(adjusted({"A": deprived, "B": deprived[::-1]}))
    a, b = found.areas
    assert a.ratio == pytest.approx(0.48 / 0.42)
    assert b.ratio == pytest.approx(0.48 / 0.60)
    assert (a.below, a.above, b.below, b.above) == (False, True, True, False)
    assert found.below.n == found.above.n == 1
    assert found.below.share == 0.5


@given(cases_of_ten, st.integers(2, 20))
def test_more_patients_alike_leave_the_ratio_and_narrow_its_interval(cases: list[int], times: int) -> None:
    assume(sum(cases))
    few: list[Cell] = [(2 * n, n) for n in cases]
    many: list[Cell] = [(2 * n * times, n * times) for n in cases]
    a, b = sure(adjusted({"A": few, "B": many})).areas
    assert a.ratio == pytest.approx(b.ratio)
    assert a.low < b.low < b.high < a.high


def test_half_the_national_rates_double_every_ratio_and_leave_the_adjusted_rate() -> None:
    cells: list[Cell] = [(20 * d, 7 * d) for d in DECILES]
    one = sure(adjusted({"A": cells}))
    other = sure(adjusted({"A": cells}, [(2000, recovered) for _, recovered in NATIONAL]))
    assert other.areas[0].ratio == pytest.approx(2 * one.areas[0].ratio)
    assert other.areas[0].low == pytest.approx(2 * one.areas[0].low)
    assert other.areas[0].adjusted_rate == pytest.approx(one.areas[0].adjusted_rate)


def test_a_decile_with_a_withheld_count_is_in_neither_sum_and_is_reported() -> None:
    cells: list[Cell] = [(100, 50), (10, None), (None, None), *[(20, 10)] * 7]
    found = sure(adjusted({"A": cells}, totals={"A": 252}, rounded_to=5))
    (area,) = found.areas
    assert (area.cases, area.observed) == (240, 120)
    assert (found.cells, found.suppressed) == (10, 2)
    assert area.unknown_share == pytest.approx(12 / 252)


def test_the_bounds_are_those_that_withheld_counts_can_make_them() -> None:
    """One decile is known exactly; in the second up to 4 of up to 4 patients recovered, of a rate of 44%."""
    cells: list[Cell] = [(100, 42), (None, None), *[(0, 0)] * 8]
    (area,) = sure(adjusted({"A": cells}, totals={"A": 104})).areas
    assert area.ratio_least == pytest.approx(42 / (42 + 4 * 0.44))
    assert area.ratio_most == pytest.approx(46 / (42 + 4 * 0.44))
    (tighter,) = sure(adjusted({"A": cells}, totals={"A": 101})).areas
    assert tighter.ratio_least == pytest.approx(42 / (42 + 0.44)), "the area has room for one more patient"
    assert tighter.ratio_most == pytest.approx(43 / (42 + 0.44))


def test_a_rounded_total_leaves_room_for_what_it_may_have_lost() -> None:
    """100 of 100 patients may be 98 of 102, which leaves room for all of the 4 that may have been withheld."""
    cells: list[Cell] = [(100, 42), (None, None), *[(0, 0)] * 8]
    (area,) = sure(adjusted({"A": cells}, totals={"A": 100}, rounded_to=5)).areas
    rounded_zeros = 2 * sum(0.4 + 0.02 * d for d in range(3, 11))
    assert area.ratio_least == pytest.approx(40 / (102 * 0.42 + 4 * 0.44 + rounded_zeros))


def test_rounding_alone_opens_the_ratio_both_ways() -> None:
    cells: list[Cell] = [(100, 40), *[(0, 0)] * 9]
    (area,) = sure(adjusted({"A": cells}, rounded_to=5)).areas
    assert area.ratio_least is not None
    assert area.ratio_most is not None
    assert area.ratio_least < 40 / 42 < area.ratio_most
    (merged,) = sure(adjusted({"A": cells}, rounded_to=5, parts=2)).areas
    assert merged.ratio_least is not None
    assert merged.ratio_least < area.ratio_least, "a sum of two rounded counts is less sure than one"


@st.composite
def truths(draw: st.DrawFn) -> list[tuple[int, int]]:
    cases = draw(st.lists(st.integers(0, 60), min_size=10, max_size=10))
    return [(n, draw(st.integers(0, n))) for n in cases]


def as_published(count: int) -> int | None:
    return None if count < 5 else 5 * round(count / 5)


@settings(max_examples=300)
@given(truths(), st.integers(0, 20))
def test_the_true_ratio_lies_within_the_bounds_of_the_published_counts(truth: list[tuple[int, int]], more: int) -> None:
    published: list[Cell] = [(as_published(n), as_published(o)) for n, o in truth]
    total = as_published(sum(n for n, _ in truth) + more)
    found = adjusted({"A": published}, totals={"A": total}, rounded_to=5)
    assume(found is not None)
    (area,) = sure(found).areas
    expected = sum(n * (0.4 + 0.02 * d) for d, (n, _) in zip(DECILES, truth, strict=True))
    true = sum(o for _, o in truth) / expected
    assert area.ratio_least is not None
    assert area.ratio_most is not None
    assert area.ratio_least - 1e-9 <= true <= area.ratio_most + 1e-9


def test_a_count_that_is_simply_not_there_leaves_the_bounds_open() -> None:
    frame = deciles_of({"A": [(100, 42), *[(50, 25)] * 9]})
    frame.loc[(frame["area_code"] == "A") & (frame["decile"] == 2), ["recovered", "at_caseness"]] = pd.NA
    table = pd.DataFrame({"area_code": ["A"], "at_caseness": pd.array([pd.NA], dtype="Int64")})
    (area,) = sure(case_mix(frame, table, reached="recovered", cases="at_caseness", confidence=0.95)).areas
    assert area.cases == 500
    assert area.ratio_least is area.ratio_most is area.unknown_share is None


def test_a_higher_level_of_confidence_widens_the_interval_and_flags_fewer() -> None:
    cells: list[Cell] = [(100, 33), *[(0, 0)] * 9]
    narrow, wide = (sure(adjusted({"A": cells}, confidence=level)) for level in (0.9, 0.99))
    assert wide.areas[0].low < narrow.areas[0].low < narrow.areas[0].high < wide.areas[0].high
    assert (narrow.below.n, wide.below.n) == (1, 0)


def test_areas_without_a_usable_decile_are_named_and_others_not_counted() -> None:
    usable: list[Cell] = [(100, 42)] * 10
    found = sure(adjusted({"A": usable, "B": [(None, None)] * 10}, totals={"C": 500}))
    assert [area.area_code for area in found.areas] == ["A"]
    assert found.lacking == ("B", "C")
    table = pd.DataFrame({"area_code": ["A"], "at_caseness": pd.array([1000], dtype="Int64")})
    of_one = case_mix(
        deciles_of({"A": usable, "Z": usable}), table, reached="recovered", cases="at_caseness", confidence=0.95
    )
    assert [area.area_code for area in sure(of_one).areas] == ["A"], "Z is not in the analysis"


def test_without_deciles_or_national_rates_there_is_nothing_to_adjust_by() -> None:
    table = pd.DataFrame({"area_code": ["A"], "at_caseness": pd.array([100], dtype="Int64")})
    assert case_mix(None, table, reached="recovered", cases="at_caseness", confidence=0.95) is None
    assert adjusted({"A": [(100, 42)] * 10}, [(1000, None), *NATIONAL[1:]]) is None
    assert adjusted({"A": [(None, None)] * 10}) is None


@pytest.mark.parametrize(("confidence", "low", "certain"), [(0.95, 1, False), (0.95, 4, True), (0.8, 4, False)])
def test_areas_beyond_chance_are_set_against_those_that_chance_puts_there(
    confidence: float, low: int, certain: bool
) -> None:
    alike: list[Cell] = [(400, round(0.4 * (400 + 20 * d))) for d in DECILES]
    poor: list[Cell] = [(400, n // 2) for _, n in alike if n]
    found = adjusted({f"A{i:02}": poor if i < low else alike for i in range(20)}, confidence=confidence)
    assert found is not None
    assert found.below.n + found.above.n == low
    expected = sum(math.comb(20, k) * (1 - confidence) ** k * confidence ** (20 - k) for k in range(low, 21))
    assert found.beyond_p == pytest.approx(expected)
    assert (found.beyond_p < 0.05) == certain
