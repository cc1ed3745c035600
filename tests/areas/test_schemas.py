"""What the library of schemas loads beside itself: nothing of Spark, where that is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_schemas_load_nothing_of_spark_and_leave_it_to_be_found(tmp_path: Path) -> None:
    """Another Spark stands in: it says when it is imported."""
    for name in ("pyspark", "pyspark/pandas", "pyspark/sql"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"print({name!r})\n", "utf-8")
    code = "from iapt_report.areas.schemas import pandera; pandera(); print('then'); import pyspark"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["then", "pyspark"]
