"""Spark gives the sums that DuckDB gives, cell by cell."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from episodes.patients import changed, sums_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _spark() -> None:
    pytest.importorskip("pyspark", reason="the Python package pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")


def test_spark_gives_the_sums_of_duckdb_cell_by_cell(made: Path, tmp_path: Path) -> None:
    """Also where a pathway is there twice, a decile is 11, and a discharge is before its referral."""
    wrong = changed(
        made,
        tmp_path / "wrong",
        "SELECT * REPLACE (CASE WHEN PathwayID LIKE '%7' THEN 11 ELSE IMD_Decile END AS IMD_Decile, "
        "CASE WHEN PathwayID LIKE '%31' THEN ServDischDate + 5 ELSE ReferralRequestReceivedDate END "
        "AS ReferralRequestReceivedDate) FROM made "
        "UNION ALL (FROM made ORDER BY PathwayID LIMIT 300)",
    )
    for source in (made, wrong):
        here, there = sums_of(source), sums_of(source, connection="spark")
        pd.testing.assert_frame_equal(here.areas, there.areas)
        pd.testing.assert_frame_equal(here.cells, there.cells, check_categorical=False)
        assert here.notes == there.notes
    assert sums_of(wrong).notes
