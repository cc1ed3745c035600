"""What a brief says of itself at its end: when it was written, and whom to ask."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import TYPE_CHECKING

import pytest

from iapt_report.workspace.paper import Author, Paper
from prose import text_of

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results


def end_of_brief(results: Results, paper: Paper) -> str:
    said = text_of(results, paper, "brief")
    return said[said.index("## About this brief") :]


def test_the_day_and_the_corresponding_author_are_told_where_they_are_declared(reference: Results) -> None:
    paper = Paper(
        date=date(2026, 3, 1),
        authors=(
            Author(name="First Author", email="first@example.org"),
            Author(name="A | *b*", email="a_b@example.org", corresponding=True),
        ),
    )
    said = end_of_brief(reference, paper)
    assert r"Written on 1 March 2026. Contact: A \| \*b\*, <a_b@example.org>. " in said
    assert "first@example.org" not in said


def test_without_them_nothing_is_said_of_them(reference: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    said = end_of_brief(reference, Paper(authors=(Author(name="First Author"),)))
    assert "Written on" not in said
    assert "Contact" not in said


def test_the_date_of_the_environment_stands_in_for_one_of_the_users(
    reference: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert "Written on 1 January 2026." in end_of_brief(reference, Paper())
    assert "Written on 2 May 2025." in end_of_brief(reference, Paper(date=date(2025, 5, 2)))


@pytest.mark.parametrize(("written", "sound"), [("2026-03-31", True), ('"2026-03-31"', True), ('"soon"', False)])
def test_the_date_is_a_date(written: str, sound: bool) -> None:
    values = tomllib.loads(f"date = {written}")
    if sound:
        assert Paper.model_validate(values).date == date(2026, 3, 31)
    else:
        with pytest.raises(ValueError, match="date"):
            Paper.model_validate(values)
