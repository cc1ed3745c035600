"""What an update has done, counted for its exit code, a line of words, and whoever wants to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.areas.folder import find_periods
from iapt_report.system import exits
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.areas.period import Period
    from iapt_report.workspace.place import Workspace


@dataclass
class Tally:
    """What an update has done so far: periods by what happened to them, with the reason where one is needed.

    ``chosen`` has the periods that were named, with the newest where that is asked for; ``found`` what was found and is
    not listed; ``skipped`` what is newer and was left, and how to get it; ``notes`` what an import noticed, by period;
    ``warnings`` what went wrong beside the work.
    """

    chosen: list[str] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    own: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    site: bool = False
    found: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 where something was done, 4 where nothing was to do, 1 where something failed."""
        if self.failed:
            return DataError.exit_code
        return exits.DONE if self.imported or self.built or self.site else exits.NOTHING_NEW

    @property
    def summary(self) -> str:
        """One line."""
        words = {"imported": self.imported, "built": self.built, "waiting for a file": self.waiting}
        words |= {"left as a person made it": self.own, "failed": self.failed}
        said = [f"{what}: {', '.join(dict.fromkeys(periods))}" for what, periods in words.items() if periods]
        if self.site and not self.built:
            said.append("the index was built")
        state = {exits.DONE: "done", exits.NOTHING_NEW: "nothing new"}.get(self.exit_code, "failed in part")
        return f"{state}; {'; '.join(said)}" if said else state


def summary_of(place: Workspace, tally: Tally) -> dict[str, object]:
    """Say what an update has done, for whoever wants to know: no path of this machine, nobody's data.

    Returns
    -------
    dict
        ``summary``, a line; ``text``, all of it in words; ``periods``, each with ``id``, ``label``, whether it was
        ``imported``, the import's ``notes``, ``changes``, what changed since the last period (empty where there is none
        to be set beside), and its ``documents``, named from the workspace; the ids of the periods ``waiting`` and
        ``failed``; ``exit_code``.
    """
    made = [period for period in find_periods(place.data) if period.id in tally.built]
    lines = [f"New reports on NHS talking therapies: {', '.join(period.label for period in made)}.", ""]
    facts = []
    for period in made:
        documents, notes = _documents(place, period), list(tally.notes.get(period.id, ()))
        changes = _changes(place, period)
        lines += [f"{period.label}:", *(f"  {line}" for line in (changes, *documents, *notes) if line), ""]
        facts.append(
            {
                "id": period.id,
                "label": period.label,
                "imported": period.id in tally.imported,
                "notes": notes,
                "changes": changes,
                "documents": documents,
            }
        )
    lines += [tally.summary, *tally.skipped, *tally.warnings]
    return {
        "summary": tally.summary,
        "text": "\n".join(lines) + "\n",
        "periods": facts,
        "waiting": list(tally.waiting),
        "failed": list(tally.failed),
        "exit_code": tally.exit_code,
    }


def documents_made(place: Workspace, period: Period) -> list[Path]:
    """List the files of a period's documents that are there, and the results they were made from."""
    from iapt_report.documents.kinds import documents_of
    from iapt_report.render.jobs import SUFFIXES

    folder = place.site / "report" / period.id
    names = [f"{name}.{suffix}" for name in documents_of(place.templates, since=True) for suffix in SUFFIXES.values()]
    return [folder / name for name in (*names, "results.json") if (folder / name).is_file()]


def _changes(place: Workspace, period: Period) -> str:
    """Say in a sentence what changed since the last period, as its documents have it; empty where nothing can be."""
    from iapt_report.analysis.results import Results
    from iapt_report.analysis.since import since_last
    from iapt_report.areas.folder import last_before
    from iapt_report.documents.beside import RESULTS_FILE
    from iapt_report.words import changes

    path = place.reports / period.id / RESULTS_FILE
    if last_before(place.data, period) is None:
        return ""
    try:
        found = since_last(place.data, Results.from_file(path))
    except (DataError, OSError):
        return ""
    return changes.summary(found) if found else ""


def _documents(place: Workspace, period: Period) -> list[str]:
    return [path.relative_to(place.root).as_posix() for path in documents_made(place, period)]
