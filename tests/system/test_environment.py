"""The environment: what is set to nothing counts as not set, and programs that are started know of UTF-8."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from calling import installed
from conftest import REFERENCE, ROOT
from iapt_report.system import environment

if TYPE_CHECKING:
    import pytest

EMPTY = dict.fromkeys(
    (
        *("SOURCE_DATE_EPOCH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LANG", "LC_ALL", "TZ", "TERM"),
        *("NO_COLOR", "COLUMNS", "LINES", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "MPLCONFIGDIR"),
        *("MPLBACKEND", "OMP_NUM_THREADS", "IAPT_REPORT_CACHE", "IAPT_REPORT_WORKSPACE", "PYPANDOC_PANDOC"),
    ),
    "",
)


def test_variables_that_are_set_to_nothing_are_as_not_set_at_all() -> None:
    """In a process of its own: libraries read some of them when they are loaded, and end there."""
    done = installed("results", REFERENCE, cwd=ROOT, **EMPTY)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "2014" in done.stdout


def test_of_what_is_set_to_nothing_all_is_forgotten_that_anything_here_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EMPTY:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("SOMEBODY_ELSES", "")
    environment.without_empty()
    assert not set(EMPTY) & set(os.environ)
    assert os.environ["SOMEBODY_ELSES"] == "", "what is another program's stays"
