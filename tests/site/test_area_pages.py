"""Pages of areas of one period after the other: the next are prepared while those of one are typeset."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from iapt_report.site import area_pages
from iapt_report.system.errors import DataError


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for what writes and what typesets; returns what was typeset."""
    done: list[str] = []

    def place(prepared: Any) -> Any:
        done.append(prepared.name)
        return SimpleNamespace(areas=2, failed={})

    def prepared(workspace: object, period: str, *, every: bool) -> Any:
        if period == "bad":
            raise DataError("it cannot be analysed", mend="correct it")
        return None if period == "current" else SimpleNamespace(name=period)

    monkeypatch.setattr(area_pages, "_prepared", prepared)
    monkeypatch.setattr(area_pages, "place", place)
    return done


def test_a_period_that_cannot_be_analysed_says_so_itself_and_the_others_are_made(placed: list[str]) -> None:
    said = []
    periods: Any = ["one", "bad", "current", "two"]
    turns: Any = area_pages.in_turn(None, periods, every=True)  # type: ignore[arg-type]
    for period, make in turns:
        try:
            said.append((period, make()[0]))
        except DataError as error:
            said.append((period, error.problem))
    assert said == [("one", 2), ("bad", "it cannot be analysed"), ("current", 0), ("two", 2)]
    assert placed == ["one", "two"]


def test_no_more_than_one_period_is_prepared_ahead(monkeypatch: pytest.MonkeyPatch, placed: list[str]) -> None:
    """So that memory does not grow with the periods."""
    begun: list[str] = []
    second = threading.Event()

    def prepared(workspace: object, period: str, *, every: bool) -> None:
        begun.append(period)
        if period == "b":
            second.set()

    monkeypatch.setattr(area_pages, "_prepared", prepared)
    periods: Any = ["a", "b", "c", "d"]
    turns: Any = area_pages.in_turn(None, periods, every=True)  # type: ignore[arg-type]
    next(turns)
    assert second.wait(10), "the next is prepared while the first one is in hand"
    assert begun == ["a", "b"]
    assert [period for period, _ in turns] == ["b", "c", "d"]
    assert placed == []


def test_pages_that_cannot_be_made_are_told_beside_how_many_were(
    monkeypatch: pytest.MonkeyPatch, placed: list[str]
) -> None:
    unmade = {code: DataError(f"no font has it (page {code})", mend="write it otherwise") for code in ("T003", "T007")}
    monkeypatch.setattr(area_pages, "place", lambda _: SimpleNamespace(areas=9, failed=unmade))
    periods: Any = ["one"]
    ((_, make),) = area_pages.in_turn(None, periods, every=True)  # type: ignore[arg-type]
    assert make() == (9, unmade)
    error = area_pages.all_of(unmade)
    assert error.problem.startswith("the pages about T003, T007 cannot be made, and the others are: ")
    assert "(page T003); no font has it (page T007)" in error.problem
    assert error.mend == "write it otherwise"
    one = area_pages.all_of({"T003": DataError("no font has it", mend="write it otherwise")})
    assert one.problem == "the page about T003 cannot be made, and the others are: no font has it"
    many = area_pages.all_of({f"T{n}": DataError("no font has it", mend="write it otherwise") for n in range(7)})
    assert many.problem.startswith("the pages about T0, T1, T2, T3, T4 and 2 more cannot be made")
    assert many.problem.count("no font has it") == 1
