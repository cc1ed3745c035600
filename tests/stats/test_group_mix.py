"""Areas against the national rates of their patients' groups: groups that part the patients, and those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from conftest import table_of
from iapt_report.areas.cells import Place
from iapt_report.areas.deciles import DECILES, ENGLAND, validated_deciles
from iapt_report.areas.shares import checked_shares
from iapt_report.stats.case_mix import GroupMix, case_mix, group_mix

if TYPE_CHECKING:
    from collections.abc import Mapping

# Cases and recovered of one group; None is withheld.
Cell = tuple[int | None, int | None]
NATIONAL: dict[str, Cell] = {"A": (1000, 400), "B": (3000, 1800)}


def shares_of(areas: Mapping[str, Mapping[str, Cell]], known: Mapping[str, int] | None = None) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for code, cells in areas.items():
        whole = (known or {}).get(code, sum(cases or 0 for group, (cases, _) in cells.items() if " / " not in group))
        for group, (cases, recovered) in cells.items():
            withheld = [name for name, count in (("at_caseness", cases), ("recovered", recovered)) if count is None]
            rows.append(
                {
                    "area_code": code,
                    "variable": "Kind",
                    "group": group,
                    "finished_treatment": "" if cases is None else cases,
                    "at_caseness": "" if cases is None else cases,
                    "recovered": "" if recovered is None else recovered,
                    "suppressed": ";".join(withheld),
                    "known": whole,
                    "share": "",
                }
            )
    return checked_shares(table_of(rows), Place("shares.csv", range(2, len(rows) + 2)))


def adjusted(
    areas: Mapping[str, Mapping[str, Cell]],
    national: Mapping[str, Cell] = NATIONAL,
    known: Mapping[str, int] | None = None,
    totals: Mapping[str, int] | None = None,
) -> GroupMix | None:
    sums = {code: sum(n or 0 for g, (n, _) in cells.items() if " / " not in g) for code, cells in areas.items()}
    sums |= totals or {}
    table = pd.DataFrame({"area_code": list(sums), "at_caseness": pd.array(list(sums.values()), dtype="Int64")})
    return group_mix(
        shares_of({ENGLAND: national, **areas}, known),
        table,
        "Kind",
        reached="recovered",
        cases="at_caseness",
        confidence=0.95,
    )


def test_an_area_is_expected_to_have_the_national_rate_of_each_group() -> None:
    found = adjusted({"X": {"A": (100, 50), "B": (100, 60)}})
    assert found is not None
    assert [(group.group, group.rate) for group in found.national] == [("A", 0.4), ("B", 0.6)]
    assert found.national_rate == 0.55
    (area,) = found.areas
    assert area.expected == pytest.approx(100)
    assert area.ratio == pytest.approx(1.1)
    assert area.adjusted_rate == pytest.approx(1.1 * 0.55)
    low, high = (limit * 200 / 100 for limit in proportion_confint(110, 200, method="wilson"))
    assert [area.low, area.high] == pytest.approx([low, high])


def test_with_deciles_as_groups_it_is_the_adjustment_for_deprivation() -> None:
    cells: dict[str, list[Cell]] = {
        ENGLAND: [(1000, 400 + 20 * d) for d in DECILES],
        "X": [(30 + d, 10 + d) for d in DECILES],
        "Y": [(40, 20) if d > 1 else (None, None) for d in DECILES],
    }
    groups = {code: {f"{d:02d}": cell for d, cell in enumerate(own, start=1)} for code, own in cells.items()}
    table = pd.DataFrame({"area_code": ["X", "Y"], "at_caseness": pd.array([400, 380], dtype="Int64")})
    asked = {"reached": "recovered", "cases": "at_caseness", "confidence": 0.95, "rounded_to": 5}
    shares = shares_of(groups)
    deciles = validated_deciles(shares.assign(decile=shares["group"].astype("int64")), "deciles.csv")
    one = group_mix(shares, table, "Kind", **asked)  # type: ignore[arg-type]
    other = case_mix(deciles, table, **asked)  # type: ignore[arg-type]
    assert one is not None
    assert other is not None
    assert one.model_dump(exclude={"variable", "national"}) == other.model_dump(exclude={"national"})


def test_of_groups_that_hold_others_the_whole_ones_count_once() -> None:
    parts: dict[str, Cell] = {"A / 1": (600, 300), "A / 2": (400, 100)}
    found = adjusted({"X": {"A": (100, 50), "A / 1": (90, 45), "B": (100, 60)}}, {**NATIONAL, **parts})
    plain = adjusted({"X": {"A": (100, 50), "B": (100, 60)}})
    assert found is not None
    assert plain is not None
    assert found == plain


def test_parts_count_where_their_group_as_a_whole_is_not_told() -> None:
    found = adjusted(
        {"X": {"A / 1": (50, 25), "A / 2": (50, 25), "B": (100, 60)}},
        {"A / 1": (600, 300), "A / 2": (400, 100), "B": (3000, 1800)},
        known={ENGLAND: 4000, "X": 200},
        totals={"X": 200},
    )
    assert found is not None
    assert [group.group for group in found.national] == ["A / 1", "A / 2", "B"]


def test_groups_that_overlap_or_leave_patients_out_are_not_standardised_for() -> None:
    areas: dict[str, dict[str, Cell]] = {"X": {"A": (100, 50), "B": (100, 60)}}
    assert adjusted(areas, known={ENGLAND: 3500}) is None
    assert adjusted(areas, known={ENGLAND: 6000}) is None


def test_groups_without_an_outcome_are_not_standardised_for() -> None:
    assert adjusted({"X": {"A": (100, 50), "B": (100, 60)}}, {"A": (1000, None), "B": (3000, 1800)}) is None
    assert group_mix(None, pd.DataFrame(), "Kind", reached="recovered", cases="at_caseness", confidence=0.95) is None


def test_a_withheld_group_is_left_out_of_both_counts_and_bounds_the_ratio() -> None:
    found = adjusted({"X": {"A": (None, None), "B": (100, 60)}}, totals={"X": 104})
    assert found is not None
    (area,) = found.areas
    assert (area.cases, area.observed) == (100, 60)
    assert area.unknown_share == pytest.approx(4 / 104)
    assert area.ratio_least is not None
    assert area.ratio_most is not None
    assert area.ratio == pytest.approx(1)
    assert area.ratio_least < 1 < area.ratio_most
    assert (found.cells, found.suppressed) == (2, 1)
