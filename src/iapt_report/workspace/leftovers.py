"""What commands that were killed have left in a workspace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.system import atomic

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace


def settle(workspace: Workspace) -> tuple[Path, ...]:
    """Put back what was set aside, and clear away what is half written and nobody is at work on.

    Returns
    -------
    tuple of Path
        What was set aside and had to be left there, as `iapt_report.system.atomic.sweep` says.
    """
    kept = list(atomic.sweep(workspace.root))
    for parent in (workspace.data, workspace.reports, workspace.site):
        for folder, below, _ in os.walk(parent):
            kept += atomic.sweep(Path(folder))
            below[:] = sorted(name for name in below if not name.startswith("."))
    return tuple(kept)
