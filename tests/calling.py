"""Calls of the command line: in the test's own process, which has imported what the program needs, or as installed."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

from iapt_report.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Called:
    """How a call ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def call(*arguments: object, cwd: Path | None = None, **environment: str) -> Called:
    """Call `iapt-report` as from a pipe, in a folder, with more of an environment; what it does not catch is raised."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or "."),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, {"COLUMNS": "200", **environment}),
    ):
        code = main([str(argument) for argument in arguments])
    return Called(code, out.getvalue(), err.getvalue())


def installed(*arguments: object, cwd: Path | None = None, **environment: str) -> Called:
    """Call `iapt-report` as a user does, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "iapt_report", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "200", **environment},
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)
