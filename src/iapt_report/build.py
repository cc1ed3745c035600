"""One period from its folder of data to its documents: read, analyse, write."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.outcomes import OUTCOMES
from iapt_report.period_folder import AREAS_FILE, PERIOD_FILE, find_periods, read_areas
from iapt_report.workspace import CONFIGURATION

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.documents import Written
    from iapt_report.period import Period
    from iapt_report.results import Results
    from iapt_report.workspace import Workspace

_STATE_FILE = ".inputs.json"


def compute(workspace: Workspace, period: Period) -> Results:
    """Read a period's areas and analyse them with the workspace's settings."""
    areas = read_areas(workspace.data, period, OUTCOMES[workspace.settings.outcome])
    from iapt_report.analysis import analyse

    return analyse(areas, workspace.settings)


def write_documents(workspace: Workspace, period: Period, *, replace_edited: bool = False) -> Written:
    """Analyse a period and write its documents under ``report/<period>``."""
    from iapt_report import atomic, documents

    inputs = _inputs(workspace, period)
    results = compute(workspace, period)
    written = documents.write_period(results, workspace, replace_edited=replace_edited)
    atomic.write_text(written.folder / _STATE_FILE, json.dumps({"inputs": inputs}) + "\n")
    return written


def is_current(workspace: Workspace, period: Period) -> bool:
    """Whether a period's documents were written from the data, templates and settings that are there now."""
    from iapt_report.documents import PAPER

    folder = workspace.reports / period.id
    if not (folder / f"{PAPER}.qmd").is_file():
        return False
    try:
        state = json.loads((folder / _STATE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(state, dict) and state.get("inputs") == _inputs(workspace, period)


def stale_periods(workspace: Workspace) -> list[Period]:
    """List the periods whose documents are not there or not current, oldest first."""
    return [period for period in find_periods(workspace.data) if not is_current(workspace, period)]


def _inputs(workspace: Workspace, period: Period) -> str:
    """Digest what a period's documents are made from, by content."""
    folder = workspace.data / period.id
    files: list[Path] = [folder / AREAS_FILE, folder / PERIOD_FILE, workspace.root / CONFIGURATION]
    files += sorted(workspace.templates.glob("*.jinja"))
    digest = hashlib.sha256(__version__.encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"\0{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
