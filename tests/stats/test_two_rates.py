"""Whether two rates differ by more than chance: against the paper that the interval is from."""

from __future__ import annotations

import pytest

from iapt_report.stats.two_rates import differ, difference_interval


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Newcombe 1998, example (a): 56 of 70 and 48 of 80, method 10."""
    found = difference_interval((48 / 80, 56 / 70), (80, 70), 0.95)
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert differ((48 / 80, 56 / 70), (80, 70), 0.95)
    assert not differ((0.5, 0.52), (80, 70), 0.95)
    assert difference_interval((0.5, 0.5), (0, 70), 0.95) is None
    assert not differ((0.5, 0.9), (0, 70), 0.95)
