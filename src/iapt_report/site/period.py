"""One period from its folder of data to its documents: read, analyse, write."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.analysis.since import last_before
from iapt_report.areas.folder import MADE, find_periods, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.system import digests
from iapt_report.system.errors import DataError
from iapt_report.workspace.place import CONFIGURATION

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.analysis.results import Results
    from iapt_report.areas.period import Period
    from iapt_report.documents.period import Written
    from iapt_report.stats.simulation import Simulation
    from iapt_report.workspace.place import Workspace

# Enough that a printed share would hardly change with another seed.
_DRAWS = 1000
_QUARTERS = 2000
_SECONDS = 10
_INPUTS_FILE = ".inputs.json"


def compute(workspace: Workspace, period: Period) -> Results:
    """Read a period's areas and analyse them with its settings."""
    workspace = workspace.of(period)
    areas = read_areas(workspace.data, period, OUTCOMES[workspace.settings.outcome])
    from iapt_report.analysis.study import analyse

    results = analyse(areas, workspace.settings, draws=_DRAWS, simulated_quarters=_QUARTERS)
    provenance = results.provenance.model_copy(update={"commit": _commit(workspace, period)})
    return results.model_copy(update={"provenance": provenance})


def _commit(workspace: Workspace, period: Period) -> str | None:
    """Ask Git which commit last changed what a period's documents are made from; None without Git or a repository."""
    git = shutil.which("git")
    if git is None:
        return None
    made_from = [workspace.data / period.id, workspace.templates, workspace.root / CONFIGURATION]

    def ask(*arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - a fixed program on the workspace
            [git, "-C", str(workspace.root), *arguments, "--", *map(str, made_from)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = ask("log", "-1", "--format=%h", "--abbrev=12")
        changed = commit and ask("status", "--porcelain")
    except (OSError, subprocess.TimeoutExpired):
        return None
    if not re.fullmatch(r"[0-9a-f]{7,40}", commit):
        return None
    return f"{commit}-dirty" if changed else commit


def compute_all(workspace: Workspace) -> tuple[list[Results], list[tuple[Period, DataError]]]:
    """Analyse every period in ``data/`` alike, by the settings that all share, without what is simulated.

    Returns
    -------
    results : list of Results
        Oldest first.
    refused : list of (Period, DataError)
        The periods that cannot be analysed, as where the data lack the outcome, with the reason.
    """
    from iapt_report.analysis.study import analyse

    outcome = OUTCOMES[workspace.settings.outcome]
    done, refused = [], []
    for period in find_periods(workspace.data):
        try:
            done.append(analyse(read_areas(workspace.data, period, outcome), workspace.settings))
        except DataError as error:
            refused.append((period, error))
    return done, refused


def simulated(workspace: Workspace, period: Period, quarters: int, seed: int) -> tuple[Results, Simulation]:
    """Analyse a period, and simulate fair services in areas such as its own."""
    import numpy as np

    from iapt_report.analysis.study import analyse
    from iapt_report.stats.simulation import simulate

    workspace = workspace.of(period)
    areas = read_areas(workspace.data, period, OUTCOMES[workspace.settings.outcome])
    results = analyse(areas, workspace.settings)

    def column(name: str) -> NDArray[np.float64]:
        return np.array([getattr(area, name) for area in results.areas], dtype=np.float64)

    found = simulate(
        column("imd_rank"),
        column("cases"),
        column("weight"),
        column("adjusted_rate"),
        results.standard.value,
        workspace.settings.confidence,
        quarters,
        seed,
    )
    return results, found


def write(workspace: Workspace, results: Results, inputs: str | None, *, replace_edited: bool = False) -> Written:
    """Write the documents of a period's results under ``report/<period>``.

    Parameters
    ----------
    workspace : Workspace
    results : Results
    inputs : str or None
        What they were made from, as `inputs_of` gives it before; None for what may rest on other data or settings, so
        that the next build makes the documents anew.
    replace_edited : bool
        Whether to overwrite documents that were edited by hand.
    """
    from iapt_report.documents.period import write_period

    # Until all is written, what is there is of no one state.
    (workspace.reports / results.period.id / _INPUTS_FILE).unlink(missing_ok=True)
    written = write_period(results, workspace, replace_edited=replace_edited)
    if inputs is not None:
        names = [document.path.stem for document in written.documents]
        digests.write_record(written.folder / _INPUTS_FILE, {"inputs": inputs, "documents": names})
    return written


def write_documents(workspace: Workspace, period: Period, *, replace_edited: bool = False) -> Written:
    """Analyse a period and write its documents under ``report/<period>``, all or none."""
    from iapt_report.site.apart import apart_from_site
    from iapt_report.workspace.leftovers import at_work

    with at_work(workspace):
        with apart_from_site(workspace, period) as place:
            inputs = inputs_of(workspace, period)
            written = write(place, compute(workspace, period), inputs, replace_edited=replace_edited)
        return written.moved(place.root, workspace.root)


def is_current(workspace: Workspace, period: Period) -> bool:
    """Whether a period's documents were written from the data, templates, settings and parts that are there now."""
    from iapt_report.documents.drafts import proposal_file
    from iapt_report.documents.kinds import documents_of

    folder = workspace.reports / period.id
    record = digests.read_record(folder / _INPUTS_FILE)
    # A document held back beside an edited one is there as its proposal.
    if not all(
        (folder / f"{name}.qmd").is_file() or (folder / proposal_file(name)).is_file()
        for name in {*documents_of(workspace.templates), *record.get("documents", ())}
    ):
        return False
    return record.get("inputs") == inputs_of(workspace, period)


def stale_periods(workspace: Workspace) -> list[Period]:
    """List the periods whose documents are not there or not current, oldest first."""
    return [period for period in find_periods(workspace.data) if not is_current(workspace, period)]


def inputs_of(workspace: Workspace, period: Period) -> str:
    """Digest what a period's documents are made from, by content: the period that it is set beside counts too."""
    earlier = last_before(workspace.data, period)
    folders = [workspace.data / one.id for one in (period, earlier) if one]
    files: list[Path] = [folder / name for folder in folders for name in MADE]
    files += sorted(workspace.templates.rglob("*.jinja"))
    own = workspace.of(period)
    files += own.part_files
    return digests.made_from((__version__, *own.choices), files, workspace.root)
