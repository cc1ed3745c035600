"""Which edition of the index a period is read with."""

from __future__ import annotations

import pytest

from iapt_report.areas.period import Period
from iapt_report.reference.editions import edition_named, edition_of
from iapt_report.system.errors import CallError


@pytest.mark.parametrize(
    ("period", "year"),
    [
        ("2015-16-Q3", 2015),
        ("2018-19", 2015),
        ("2019-20-Q1", 2015),
        ("2019-08", 2015),
        ("2019-20-Q2", 2019),
        ("2019-20", 2019),
        ("2025-26-Q2", 2019),
        ("2025-10", 2025),
        ("2025-26-Q3", 2025),
    ],
)
def test_the_edition_is_the_newest_that_was_published_before_the_periods_end(period: str, year: int) -> None:
    assert edition_of(Period.parse(period)).year == year


def test_before_the_first_edition_the_first_is_taken() -> None:
    assert edition_of(Period.parse("2014-15")).year == 2015


def test_an_edition_says_when_and_by_whom_it_was_published() -> None:
    edition = edition_named(2019)
    assert (edition.short, edition.day) == ("IMD 2019", "26 September 2019")
    assert edition.publisher == "Ministry of Housing, Communities and Local Government"


def test_an_unknown_edition_is_refused_with_those_there_are() -> None:
    with pytest.raises(CallError, match="there is no edition 2010") as caught:
        edition_named(2010)
    assert "2015, 2019, 2025" in str(caught.value)
