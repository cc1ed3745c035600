"""What a file says twice is compared, within what rounding and suppression allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import published
from iapt_report.areas.outcomes import RECOVERY
from iapt_report.areas.period import Period
from iapt_report.areas.rows import rows_of
from iapt_report.sources.back_test import areas_against_england, percentages_against_counts
from iapt_report.sources.precision import bounds_of, count_bounds

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.rows import Row


def bounded(columns: dict[str, list[int | None]], step: int = 5) -> list[Row]:
    """Counts with what rounding leaves open of them, as an import makes them; a missing one is withheld."""
    out = dict(columns)
    for name, counts in columns.items():
        bounds = count_bounds(counts, [count is None for count in counts], step, 5)
        out |= dict(zip(bounds_of(name), bounds, strict=True))
    return rows_of(out)


def row(recovered: int, cases: int, rate: float, name: str = "A") -> Row:
    (counts,) = bounded({"recovered": [recovered], "at_caseness": [cases]})
    rates = {RECOVERY.rate: rate, RECOVERY.low: rate - 0.005, RECOVERY.high: rate + 0.005}
    return {**counts, "area_name": name, **rates}


@given(st.integers(10, 5000), st.floats(0, 1))
def test_figures_rounded_as_published_never_disagree(cases: int, share: float) -> None:
    recovered = round(cases * share)
    one = row(5 * round(recovered / 5), 5 * round(cases / 5), round(100 * recovered / cases) / 100)
    assert percentages_against_counts([one], RECOVERY) == ()


def test_a_percentage_that_is_not_that_of_its_counts_is_named() -> None:
    (said,) = percentages_against_counts([row(500, 1000, 0.5), row(500, 1000, 0.53, "NHS Elsewhere")], RECOVERY)
    assert said.startswith("Of 2 published recovery percentages, 1 differs from that of the published counts")
    assert "at most by 3.0 percentage points (NHS Elsewhere)" in said


@pytest.mark.parametrize(
    ("england", "said"),
    [(3000, ""), (3006, ""), (3007, "add to 3000"), (2990, "England's own row says 2990")],
)
def test_the_sum_over_areas_is_held_against_england(england: int, said: str) -> None:
    names = ("referrals", "finished_treatment", "recovered")
    rows = bounded({name: [1000, 1000, 1000] for name in names})
    found = areas_against_england(rows, [dict.fromkeys(names, england)])
    assert (len(found) == 0) if not said else said in found[0]


def test_a_suppressed_count_may_be_up_to_four() -> None:
    rows = bounded({"referrals": [1000, None], "finished_treatment": [None, None], "recovered": [None, None]})
    for england, sound in ((1006, True), (1007, False)):
        whole = {"referrals": england, "finished_treatment": None, "recovered": None}
        assert (areas_against_england(rows, [whole]) == ()) == sound


def test_an_import_notes_what_disagrees(tmp_path: Path) -> None:
    rows = published.annual_rows()
    rows[0][6:10] = [9000, 9900, 4500, 999_999]
    rows[4][10] = 99
    done = published.import_period(
        [published.annual(tmp_path, rows=rows)],
        Period.parse("2019-20"),
        published.imd(tmp_path),
        published.lookup(tmp_path),
        tmp_path / "data",
    )
    assert any("1 differs from that of the published counts" in note for note in done.notes)
    assert any("England's own row says 999\u202f999" in note for note in done.notes)
