"""The second process is made ready to draw where there is something to draw, and not where all is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from iapt_report.documents import drawing
from iapt_report.system import second

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def expected(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """What the second process was asked to import."""
    asked: list[Sequence[str]] = []
    monkeypatch.setattr(second, "expect", asked.append)
    return asked


def test_where_a_period_has_no_documents_it_imports_what_draws(tmp_path: Path, expected: list[Sequence[str]]) -> None:
    there = tmp_path / "2019-20"
    there.mkdir()
    drawing.make_ready_for([there, tmp_path / "2020-21"])
    assert len(expected) == 1
    assert "plotnine" in expected[0]


def test_where_every_period_has_documents_none_is_started(tmp_path: Path, expected: list[Sequence[str]]) -> None:
    drawing.make_ready_for([tmp_path])
    assert expected == []
