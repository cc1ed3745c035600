"""What a build records of where it came from."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from conftest import REFERENCE
from iapt_report.areas.period import Period
from iapt_report.site.period import compute

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace

PERIOD = Period.parse(REFERENCE)


@pytest.mark.skipif(shutil.which("git") is None, reason="the program git is not installed")
def test_the_commit_is_that_which_last_changed_what_the_documents_are_made_from(workspace: Workspace) -> None:
    assert compute(workspace, PERIOD).provenance.commit is None, "there is no repository"

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(workspace.root), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    first = git("rev-parse", "--short=12", "HEAD")
    assert compute(workspace, PERIOD).provenance.commit == first
    (workspace.root / "elsewhere.txt").write_text("x", "utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    assert compute(workspace, PERIOD).provenance.commit == first, "nothing that documents are made from has changed"
    template = workspace.templates / "paper.qmd.jinja"
    template.write_text(template.read_text("utf-8") + "\n", "utf-8")
    assert compute(workspace, PERIOD).provenance.commit == f"{first}-dirty"
