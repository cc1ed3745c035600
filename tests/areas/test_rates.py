"""What is below a limit, and what only seems so by the computer's arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from iapt_report.areas.rates import is_below


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.47, 0.5, 0.9])
def test_a_rate_is_not_below_itself_however_it_was_computed(rate: float) -> None:
    """As where a line is fitted to areas that all have one rate."""
    again = sum(rate * w for w in (0.1, 0.2, 0.7)) / sum((0.1, 0.2, 0.7))
    assert not is_below(rate, again)
    assert not is_below(again, rate)


def test_fractions_of_patients_that_differ_at_all_are_told_apart() -> None:
    """Two fractions of as many patients as no area has, as close to each other as there are."""
    assert is_below(29_997 / 29_998, 29_998 / 29_999)
    assert not is_below(29_998 / 29_999, 29_997 / 29_998)


def test_arrays_are_compared_one_by_one_and_what_is_missing_is_not_below() -> None:
    rates = np.array([0.4, 0.5, np.nan])
    assert is_below(rates, 0.5).tolist() == [True, False, False]
    assert is_below(rates[:2], np.array([0.5, 0.6])).tolist() == [True, True]
    nullable = is_below(pd.Series([0.4, None], dtype="Float64"), 0.5)
    assert nullable.fillna(value=False).tolist() == [True, False]
