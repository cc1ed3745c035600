"""A process that ends without a last search for garbage says nothing that one with it would not say."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("work", ["pass", "import duckdb; duckdb.connect().execute('SELECT 1').fetchall()"])
def test_nothing_is_said_at_the_end(work: str) -> None:
    code = f"from iapt_report.system import garbage; garbage.search_seldom(); {work}; garbage.search_no_more()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
