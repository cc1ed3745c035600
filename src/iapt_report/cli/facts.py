"""What commands print with --json: one object each, whose fields stand here, and the JSON Schema of each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from pydantic import BaseModel, ConfigDict

from iapt_report.system.errors import CallError, ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from iapt_report.areas.exclusion import Exclusion
    from iapt_report.areas.period import Period
    from iapt_report.sources.importing import Imported
    from iapt_report.update.tally import Tally


class Facts(BaseModel):
    """Facts that a command prints."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Facts):
    """What went wrong, in the parts that its message has.

    Parameters
    ----------
    problem : str
        What is wrong.
    file, column : str or None
        Where it was found.
    row : int or None
        The line of the file; the header is line 1.
    expected, mend : str or None
        What would have been right, and what to do.
    """

    problem: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    expected: str | None = None
    mend: str | None = None


class ListedPeriod(Facts):
    """A period in data/.

    Parameters
    ----------
    period : str
    label : str
        In words.
    kind : str
        ``quarter``, ``year`` or ``month``.
    start, end : str
        The first and the last day, as ISO 8601 has them.
    documents : list of str
        The names of the files that are built.
    """

    period: str
    label: str
    kind: str
    start: str
    end: str
    documents: tuple[str, ...]


class Listing(Facts):
    """What `list` prints.

    Parameters
    ----------
    periods : list of ListedPeriod
        The oldest first.
    """

    periods: tuple[ListedPeriod, ...]


class CheckedFile(Facts):
    """A file that was checked.

    Parameters
    ----------
    file : str
        As it was named.
    usable : bool
    what : str or None
        What it is and holds, in words; None where it cannot be used.
    problem : Problem or None
        Why it cannot be used.
    """

    file: str
    usable: bool
    what: str | None = None
    problem: Problem | None = None


class Checks(Facts):
    """What `check` prints.

    Parameters
    ----------
    files : list of CheckedFile
    """

    files: tuple[CheckedFile, ...]


class FetchedFile(Facts):
    """A published file of a period.

    Parameters
    ----------
    kind : str
        ``activity``, ``deprivation`` or ``lookup``.
    address, page : str or None
        Where it is published.
    path, sha256 : str or None
        Where it is now, and the digest of its content; None where no address is listed, and it is to be found by hand.
    cached : bool
        Whether it was in the cache already.
    """

    kind: str
    address: str | None
    page: str | None
    path: str | None = None
    sha256: str | None = None
    cached: bool = False


class Fetching(Facts):
    """What `fetch` prints.

    Parameters
    ----------
    period, label : str
    files : list of FetchedFile
    next : str
        The call that imports them.
    """

    period: str
    label: str
    files: tuple[FetchedFile, ...]
    next: str


class LeftOut(Facts):
    """An organisation that is not analysed.

    Parameters
    ----------
    area_code, area_name, reason : str
    referrals, finished_treatment : int or None
        Its patients, where they are known.
    """

    area_code: str
    area_name: str
    reason: str
    referrals: int | None
    finished_treatment: int | None


class Importing(Facts):
    """What `import` prints.

    Parameters
    ----------
    period, folder : str
    areas : int
        How many can be analysed.
    excluded : list of LeftOut
    notes : list of str
        What a reader of the data must know.
    warnings : list of str
        Those of the notes that nobody should overlook.
    previous : str or None
        Where what was there before is now.
    """

    period: str
    folder: str
    areas: int
    excluded: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    previous: str | None


class Summing(Importing):
    """What `episodes` prints: what `import` does, and of the patients.

    Parameters
    ----------
    patients : int
        Who finished treatment.
    groups : int
        How many groups they were summed to.
    cells : str
        The file of these groups, which must not be published.
    engine : str
        What summed them.
    """

    patients: int
    groups: int
    cells: str
    engine: str


class Synthesis(Facts):
    """What `synthesise` prints.

    Parameters
    ----------
    period, file : str
    referrals, areas : int
    """

    period: str
    file: str
    referrals: int
    areas: int


class PeriodBuilt(Facts):
    """What was built of a period.

    Parameters
    ----------
    period : str
    files : list of str
        What was typeset, and the figures' images.
    earlier : list of str
        Files of an earlier build that are there beside them.
    problem : Problem or None
        Why it could not be built.
    """

    period: str
    files: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    problem: Problem | None = None


class Building(Facts):
    """What `build` prints.

    Parameters
    ----------
    periods : list of PeriodBuilt
    index : str or None
        The page of all periods.
    """

    periods: tuple[PeriodBuilt, ...]
    index: str | None


class Unmade(Facts):
    """A page that could not be made.

    Parameters
    ----------
    area : str
        Whose page it would be, by its code.
    problem : Problem
    """

    area: str
    problem: Problem


class Briefs(Facts):
    """What `brief` prints.

    Parameters
    ----------
    period, folder : str
    areas : int
        How many have a page.
    skipped : int
        Organisations that are not analysed and have none, where all areas were asked for.
    files : list of str
    failed : list of Unmade
        The areas whose page could not be made.
    """

    period: str
    folder: str
    areas: int
    skipped: int
    files: tuple[str, ...]
    failed: tuple[Unmade, ...] = ()


class Updating(Facts):
    """What `update` and `report` print.

    Parameters
    ----------
    summary : str
        In a line.
    exit_code : int
    planned : list of str
        What would be done, with --dry-run.
    imported, built, own : list of str
        The periods, by what happened to them; ``own`` were left as a person made them.
    waiting, failed : object of str
        Periods that wait for a file or could not be done, with the reason.
    found, skipped, warnings : list of str
        What was found that is not listed, what is newer and was left, and what went wrong beside the work.
    notes : object of list of str
        What the import of a period noticed.
    documents : list of str
        The files of the periods that `report` was asked for, and the page of all periods.
    """

    summary: str
    exit_code: int
    planned: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    found: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: dict[str, tuple[str, ...]] = {}
    documents: tuple[str, ...] = ()


class Made(Facts):
    """What `init` prints.

    Parameters
    ----------
    folder : str
    files : list of str
        What was made in it, files and folders.
    """

    folder: str
    files: tuple[str, ...]


# What each command prints with --json: a module and a model there, imported when its schema is asked for.
_MODELS = {
    "brief": (__name__, "Briefs"),
    "build": (__name__, "Building"),
    "check": (__name__, "Checks"),
    "claims": ("iapt_report.documents.claims", "Comparison"),
    "compare": ("iapt_report.analysis.since", "Since"),
    "episodes": (__name__, "Summing"),
    "fetch": (__name__, "Fetching"),
    "import": (__name__, "Importing"),
    "init": (__name__, "Made"),
    "list": (__name__, "Listing"),
    "report": (__name__, "Updating"),
    "results": ("iapt_report.analysis.results", "Results"),
    "simulate": ("iapt_report.stats.simulation", "Simulation"),
    "synthesise": (__name__, "Synthesis"),
    "trend": ("iapt_report.analysis.trend", "Trends"),
    "update": (__name__, "Updating"),
}
PRINTING = tuple(_MODELS)


def print_facts(facts: BaseModel) -> None:
    """Print facts as JSON on standard output: what is not a finite number is ``null``."""
    typer.echo(facts.model_dump_json(indent=2))


def model_of(command: str) -> type[BaseModel]:
    """Return the model of what a command prints with --json.

    Raises
    ------
    CallError
        If there is no such command, or it prints no facts.
    """
    if command not in _MODELS:
        raise CallError(
            f"{command!r} is no command that prints JSON", expected=", ".join(PRINTING), mend="name one of these"
        )
    module, name = _MODELS[command]
    model: type[BaseModel] = getattr(import_module(module), name)
    return model


def schema_of(command: str) -> dict[str, Any]:
    """Return the JSON Schema of what a command prints with --json; see `model_of`."""
    schema = model_of(command).model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def problem_of(error: ReportError) -> Problem:
    """Part an error as its message does."""
    return Problem(
        problem=error.problem,
        file=error.file,
        row=error.row,
        column=error.column,
        expected=error.expected,
        mend=error.mend,
    )


def names_of(paths: Iterable[Path]) -> tuple[str, ...]:
    """Write paths as text."""
    return tuple(map(str, paths))


def imported_facts(period: Period, done: Imported) -> dict[str, Any]:
    """Give the fields of what an import did."""
    return {
        "period": period.id,
        "folder": str(done.folder),
        "areas": done.areas,
        "excluded": tuple(map(_left_out, done.excluded)),
        "notes": done.notes,
        "warnings": done.warnings,
        "previous": str(done.previous) if done.previous else None,
    }


def _left_out(area: Exclusion) -> LeftOut:
    return LeftOut(
        area_code=area.area_code,
        area_name=area.area_name,
        reason=area.reason,
        referrals=area.referrals,
        finished_treatment=area.finished_treatment,
    )


def updated_facts(done: Tally, documents: Iterable[Path] = ()) -> Updating:
    """Give what an update did."""
    return Updating(
        summary=done.summary,
        exit_code=done.exit_code,
        imported=tuple(done.imported),
        built=tuple(done.built),
        own=tuple(done.own),
        waiting=dict(done.waiting),
        failed=dict(done.failed),
        found=tuple(done.found),
        skipped=tuple(done.skipped),
        warnings=tuple(done.warnings),
        notes=dict(done.notes),
        documents=names_of(documents),
    )
