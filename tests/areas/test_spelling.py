"""A period is read in the ways that people write it, and what could be another is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.areas.period import Period
from iapt_report.areas.spelling import read_period
from iapt_report.system.errors import CallError


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2019-20-Q3", "2019-20-Q3"),
        ("2019-20-q3", "2019-20-Q3"),
        ("2019/20 Q3", "2019-20-Q3"),
        ("2019-2020 q3", "2019-20-Q3"),
        ("Q3 2019-20", "2019-20-Q3"),
        ("q3 2019/2020", "2019-20-Q3"),
        ("2019_20_Q3", "2019-20-Q3"),
        ("2019–20", "2019-20"),
        ("2019/20", "2019-20"),
        ("2019-2020", "2019-20"),
        ("1999-2000", "1999-00"),
        ("FY2019/20", "2019-20"),
        (" 2019-20 ", "2019-20"),
        ("2019/07", "2019-07"),
        ("2019-7", "2019-07"),
        ("July 2019", "2019-07"),
        ("jul 2019", "2019-07"),
        ("2019 December", "2019-12"),
    ],
)
def test_a_period_is_read_as_people_write_it(written: str, period: str) -> None:
    assert read_period(written).id == period


@pytest.mark.parametrize(
    "written",
    ["2019 Q3", "2019", "2019-21", "2019-2021", "2019-1820", "Smarch 2019", "latest", "2019-13", "Q5 2019-20", ""],
)
def test_what_is_no_period_or_could_be_two_is_refused_as_it_was_written(written: str) -> None:
    with pytest.raises(CallError) as caught:
        read_period(written)
    assert repr(written) in str(caught.value)
    assert "2014-15-Q2" in str(caught.value)


@given(st.integers(1000, 9997), st.sampled_from(["", "-Q1", "-Q2", "-Q3", "-Q4"]))
def test_the_id_of_a_period_is_always_read_as_itself(year: int, quarter: str) -> None:
    name = f"{year}-{(year + 1) % 100:02d}{quarter}"
    assert read_period(name) == Period.parse(name)
