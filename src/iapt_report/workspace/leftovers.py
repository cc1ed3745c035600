"""What commands that were killed have left in a workspace, and commands that are at work in it at the same time."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.system import atomic, claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iapt_report.workspace.place import Workspace


def settle(workspace: Workspace) -> tuple[Path, ...]:
    """End what was begun, put back what was set aside, and clear away what is half written and nobody is at work on.

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


@contextmanager
def at_work(workspace: Workspace) -> Iterator[None]:
    """Change a workspace while no other command does: who comes second waits, and goes on from what the first left."""
    with claims.in_turn(workspace.data) as waited:
        if waited:
            settle(workspace)
        yield
