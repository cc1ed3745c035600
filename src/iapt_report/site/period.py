"""One period from its folder of data to its documents: read, analyse, write."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.areas.folder import MADE, find_periods, last_before, read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.documents.beside import FIGURE_FILES, HANDED_OUT, RESULTS_FILE, map_of
from iapt_report.documents.kinds import CHANGES
from iapt_report.figures.svg_images import PICTURES
from iapt_report.system import digests, records
from iapt_report.system.commit import last_commit
from iapt_report.system.dating import source_date
from iapt_report.system.errors import DataError
from iapt_report.workspace.place import CONFIGURATION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.analysis.facts import Provenance
    from iapt_report.analysis.results import Results
    from iapt_report.areas.period import Period
    from iapt_report.documents.period import Figures, Written
    from iapt_report.stats.simulation import Simulation
    from iapt_report.workspace.place import Workspace

# Enough that a printed share would hardly change with another seed.
_DRAWS = 1000
_QUARTERS = 2000
_INPUTS_FILE = ".inputs.json"
# What computes the results, draws the figures and fills the templates; a document can change with any of them.
_PACKAGES = (
    "numpy",
    "pandas",
    "pingouin",
    "scipy",
    "statsmodels",
    "plotnine",
    "matplotlib",
    "jinja2",
    "xlsxwriter",
    "typst",
)


def compute(workspace: Workspace, period: Period) -> Results:
    """Read a period's areas and analyse them with its settings."""
    workspace = workspace.of(period)
    areas = read_areas(workspace.data, period, OUTCOMES[workspace.settings.outcome])
    from iapt_report.analysis.study import analyse

    results = analyse(areas, workspace.settings, draws=_DRAWS, simulated_quarters=_QUARTERS)
    return results.model_copy(update={"provenance": _committed(workspace, period, results)})


def _commit(workspace: Workspace, period: Period) -> str | None:
    """Find the commit that last changed what a period's documents are made from; None without Git or a repository."""
    made_from = [*(workspace.data / period.id / name for name in MADE), workspace.root / CONFIGURATION]
    return last_commit(workspace.root, made_from, workspace.templates)


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


@dataclass(frozen=True)
class Inputs:
    """What a period's documents are made from, as digests: all of it, and what its results and figures rest on."""

    every: str
    computed: str


def results_there(workspace: Workspace, period: Period, inputs: Inputs) -> Results | None:
    """Read the results that stand there, where they and the figures were made from what there is now; else None.

    So that after an edit of a template, nothing is computed or drawn again.
    """
    from iapt_report.analysis.results import Results

    folder = workspace.reports / period.id
    record = records.read(folder / _INPUTS_FILE)
    if record.get("computed") != inputs.computed or record.get("beside") != _beside(folder):
        return None
    path = folder / RESULTS_FILE
    results = Results.from_json(path.read_text("utf-8"), path)
    return results.model_copy(update={"provenance": _committed(workspace, period, results)})


def _committed(workspace: Workspace, period: Period, results: Results) -> Provenance:
    return results.provenance.model_copy(update={"commit": _commit(workspace, period)})


@dataclass(frozen=True)
class Writing:
    """A period's documents, which are written, while the figures that go with them are still being drawn.

    Parameters
    ----------
    written : Written
    figures : Figures
    inputs : Inputs or None
        What they were made from.
    """

    written: Written
    figures: Figures
    inputs: Inputs | None

    def end(self) -> Written:
        """Put the figures beside the documents, and note what all of it was made from."""
        self.figures.place()
        if self.inputs is not None:
            folder = self.written.folder
            names = [document.path.stem for document in self.written.documents]
            record = {"inputs": self.inputs.every, "documents": names, "beside": _beside(folder)}
            if not self.written.held:
                record["computed"] = self.inputs.computed
            records.write(folder / _INPUTS_FILE, record)
        return self.written


def begin(
    workspace: Workspace,
    results: Results,
    inputs: Inputs | None,
    *,
    replace_edited: bool = False,
    are_drawn: bool = False,
) -> Writing:
    """Write the documents of a period's results under ``report/<period>``, and begin to draw their figures.

    Parameters
    ----------
    workspace : Workspace
    results : Results
    inputs : Inputs or None
        What they were made from, as `inputs_of` gives it before; None for what may rest on other data or settings, so
        that the next build makes the documents anew.
    replace_edited : bool
        Whether to overwrite documents that were edited by hand.
    are_drawn : bool
        Whether the figures there are those of the results.
    """
    from iapt_report.documents.period import write_texts

    # Until all is written, what is there is of no one state.
    (workspace.reports / results.period.id / _INPUTS_FILE).unlink(missing_ok=True)
    written, figures = write_texts(results, workspace, replace_edited=replace_edited, are_drawn=are_drawn)
    return Writing(written, figures, inputs)


def write_documents(workspace: Workspace, period: Period, *, replace_edited: bool = False) -> Written:
    """Analyse a period and write its documents under ``report/<period>``, all or none."""
    from iapt_report.site.apart import apart_from_site
    from iapt_report.workspace.leftovers import at_work

    with at_work(workspace):
        with apart_from_site(workspace, period) as place:
            inputs = inputs_of(workspace, period)
            written = begin(place, compute(workspace, period), inputs, replace_edited=replace_edited).end()
        return written.moved(place.root, workspace.root)


def is_current(workspace: Workspace, period: Period) -> bool:
    """Whether a period's documents were written from what is there now, and stand with all that goes with them.

    What they are written from is the data, templates, settings and parts, the date that the environment sets, and the
    programs that compute and draw. A figure, a table or results that are gone or were changed are made anew.
    """
    from iapt_report.documents.drafts import proposal_file
    from iapt_report.documents.kinds import documents_of

    folder = workspace.reports / period.id
    record = records.read(folder / _INPUTS_FILE)
    # A document held back beside an edited one is there as its proposal.
    if not all(
        (folder / f"{name}.qmd").is_file() or (folder / proposal_file(name)).is_file()
        for name in {*documents_of(workspace.templates), *record.get("documents", ())}
    ):
        return False
    return record.get("beside") == _beside(folder) and record.get("inputs") == inputs_of(workspace, period).every


def stale_periods(workspace: Workspace) -> list[Period]:
    """List the periods whose documents are not there or not current, oldest first."""
    return [period for period in find_periods(workspace.data) if not is_current(workspace, period)]


def _beside(folder: Path) -> dict[str, str]:
    """Digest what stands beside a period's documents, by name: drawings, tables and results.

    Of the pictures made of the drawings it counts which there are: images for submission take the place of some.
    """
    drawings = (*FIGURE_FILES, map_of(CHANGES))
    whole = {name: digests.of_file(path) for name in (*HANDED_OUT, *drawings) if (path := folder / name).is_file()}
    pictures = (Path(name).with_suffix(f".{kind}").name for name in drawings for kind in PICTURES)
    return {**whole, **{name: "there" for name in pictures if (folder / name).is_file()}}


def inputs_of(workspace: Workspace, period: Period) -> Inputs:
    """Digest what a period's documents are made from, by content: the period that it is set beside counts too."""
    earlier = last_before(workspace.data, period)
    folders = [workspace.data / one.id for one in (period, earlier) if one]
    files: list[Path] = [folder / name for folder in folders for name in MADE]
    own = workspace.of(period)
    programs = (__version__, *_programs())
    computed = (own.settings.model_dump_json(), own.look.model_dump_json())
    texts = (*sorted(workspace.templates.rglob("*.jinja")), *own.part_files)
    return Inputs(
        digests.made_from((*programs, *own.choices, f"dated {source_date()}"), (*files, *texts), workspace.root),
        digests.made_from((*programs, *computed), files, workspace.root),
    )


@cache
def _programs() -> tuple[str, ...]:
    """Say which versions of other packages compute and draw."""
    return tuple(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
