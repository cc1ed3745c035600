"""Damaged input of every kind ends in a result or in a message of the package's own: never in a traceback."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from fuzz.fuzzing import FAULTS, cases, ended
from fuzz.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = 300
CHUNKS = 10
SEED = 20_000
SECONDS = 60


@pytest.fixture
def _in_time() -> Iterator[None]:
    """End what waits for ever, as for what a pipe never gives; where there are no such signals, nothing does."""
    if sys.platform == "win32":
        yield
        return

    def end(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_damaged_is_read(kind: str) -> None:
    outcome = ended(kind, 0, still=True)
    assert outcome.ending == "fine", outcome


@pytest.mark.usefixtures("_in_time")
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_damaged_input_is_read_or_refused_in_words(chunk: int) -> None:
    for kind, seed in list(cases(CASES, SEED))[chunk::CHUNKS]:
        outcome = ended(kind, seed)
        assert outcome.ending not in FAULTS, outcome
        assert outcome.ending == "fine" or outcome.said.strip(), outcome


def test_a_fault_is_told_from_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise KeyError("x")

    monkeypatch.setattr("iapt_report.sources.importing.check_file", broken)
    endings = {ended("annual", seed).ending for seed in range(8)}
    assert "foreign" in endings
