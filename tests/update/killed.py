"""Runs updates in processes that are killed at a chosen change of the file system; see test_updating.py.

Each line of the input is a call: a workspace, a cache, and the number (from 0) of the change before which the process
is killed; where there are fewer, it goes to its end. Each is answered with the exit code, negative where it was killed.
Without a number the update runs in this process itself, from which the others are forked: what it had to import and to
analyse, they need not again. Drawing and typesetting, which take long and move no files in a way of their own, are
replaced.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.documents.pictures import FIGURES
from iapt_report.render.typeset import handed_out
from iapt_report.site.period import compute
from iapt_report.system import atomic
from iapt_report.system.journal import Journal
from iapt_report.update import updating
from iapt_report.workspace.place import find_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iapt_report.analysis.results import Results
    from iapt_report.areas.period import Period
    from iapt_report.render.choices import EngineName
    from iapt_report.render.jobs import Job
    from iapt_report.workspace.place import Workspace

# Which there is of changes that others can see; folders without files are nothing half there.
CHANGES = ("replace", "rename", "unlink")


class Killer:
    """Counts the changes of the file system, and ends the process before one of them as SIGKILL does."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.seen = 0
        for name in CHANGES:
            setattr(os, name, self.counted(getattr(os, name)))

    def counted(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **kwargs: Any) -> Any:
            if self.seen == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.seen += 1
            return change(*args, **kwargs)

        return changed


_ANALYSED: dict[bytes, Results] = {}


def analysed_once(workspace: Workspace, period: Period) -> Results:
    content = (workspace.data / period.id / "areas.csv").read_bytes()
    if content not in _ANALYSED:
        _ANALYSED[content] = analyse(read_areas(workspace.data, period), workspace.settings)
    return _ANALYSED[content]


def typeset_quickly(
    jobs: Sequence[Job], workspace: Workspace, _: EngineName, meanwhile: Callable[[], object] = lambda: None
) -> list[Path]:
    """Make each file a copy of its document, and put its data beside it."""
    meanwhile()
    made = []
    for job in jobs:
        with atomic.staging(job.output(workspace)) as stage:
            for kind in job.formats:
                atomic.write_bytes(stage / job.made(workspace, kind).name, job.document.read_bytes())
        for name in handed_out():
            if (job.document.parent / name).is_file():
                atomic.write_bytes(job.output(workspace) / name, (job.document.parent / name).read_bytes())
        made += [job.made(workspace, kind) for kind in job.formats]
    return made


def update(workspace: str, cache: str) -> int:
    place = find_workspace(Path(workspace))
    journal = Journal(place.root / updating.LOG_FILE)
    return updating.run(updating.Update(place, updating.Choice(), "embedded", Path(cache), journal)).exit_code


def killed(workspace: str, cache: str, kill_at: int) -> int:
    child = os.fork()
    if child == 0:
        Killer(kill_at)
        os._exit(update(workspace, cache))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    vars(sys.modules[compute.__module__])["compute"] = analysed_once
    vars(sys.modules["iapt_report.render.typeset"])["render_all"] = typeset_quickly
    FIGURES.clear()
    for line in sys.stdin:
        workspace, cache, *kill_at = shlex.split(line)
        print(killed(workspace, cache, int(kill_at[0])) if kill_at else update(workspace, cache), flush=True)


if __name__ == "__main__":
    main()
