from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError


@pytest.mark.parametrize(
    ("text", "kind", "start", "end", "label"),
    [
        ("2014-15-Q2", "quarter", date(2014, 7, 1), date(2014, 9, 30), "July to September 2014 (quarter 2 of 2014-15)"),
        ("2014-15-Q4", "quarter", date(2015, 1, 1), date(2015, 3, 31), "January to March 2015 (quarter 4 of 2014-15)"),
        ("2019-20", "year", date(2019, 4, 1), date(2020, 3, 31), "April 2019 to March 2020 (financial year 2019-20)"),
        ("2019-07", "month", date(2019, 7, 1), date(2019, 7, 31), "July 2019"),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        ("1999-00", "year", date(1999, 4, 1), date(2000, 3, 31), "April 1999 to March 2000 (financial year 1999-00)"),
    ],
)
def test_a_period_knows_its_days_and_its_names(text: str, kind: str, start: date, end: date, label: str) -> None:
    period = Period.parse(text)
    assert (period.kind, period.start, period.end, period.label) == (kind, start, end, label)


def test_an_id_that_could_be_a_month_or_a_year_is_the_financial_year() -> None:
    assert Period.parse("2011-12").kind == "year"
    assert Period.parse("2012-12").kind == "month"


@pytest.mark.parametrize(
    "text", ["", "2014", "2014-16", "2014-15-Q5", "2014-13", "2014-00", "2014-15-q2", " 2019-20", "../x"]
)
def test_what_is_no_period_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(CallError, match="2014-15-Q2"):
        Period.parse(text)


@given(st.integers(2008, 2098), st.integers(1, 4))
def test_quarters_tile_their_financial_year(year: int, quarter: int) -> None:
    name = f"{year}-{(year + 1) % 100:02d}"
    whole, part = Period.parse(name), Period.parse(f"{name}-Q{quarter}")
    assert whole.start <= part.start <= part.end <= whole.end
    if quarter == 4:
        assert part.end == whole.end


@given(st.lists(st.sampled_from(["2014-15-Q2", "2014-15-Q1", "2019-20", "2019-04", "2013-14-Q4"]), min_size=2))
def test_periods_sort_in_time(names: list[str]) -> None:
    starts = [period.start for period in sorted(map(Period.parse, names))]
    assert starts == sorted(starts)
