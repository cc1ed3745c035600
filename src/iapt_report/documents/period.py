"""One period's documents, figures and results written together, and edited ones kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from iapt_report.areas.period import Period
from iapt_report.documents.area_files import area_pages_in
from iapt_report.documents.beside import AREAS_FILE, METADATA_FILE, RESULTS_FILE, TABLES_FILE, map_of
from iapt_report.documents.drafts import (
    Document,
    Draft,
    drafts,
    placed,
    placing,
    proposal_file,
    withdraw,
    write_one,
)
from iapt_report.documents.kinds import BRIEF, CHANGES, COMPARED, DOCUMENTS, documents_of, template_of
from iapt_report.system import atomic, digests, second
from iapt_report.workspace.parts import read_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.since import Since
    from iapt_report.documents.pictures import Drawn
    from iapt_report.workspace.look import Look
    from iapt_report.workspace.place import Workspace


@dataclass(frozen=True)
class Written:
    """What was written for a period.

    Parameters
    ----------
    folder : Path
    documents : tuple of Document
        In the order of `iapt_report.documents.kinds.EVERY_KIND`; one that was never written has a proposal only.
    held : bool
        Whether results and figures were left as they were, because an edited document was and they have changed.
    lacking : tuple of Path
        The templates that the workspace lacks, whose documents are not made.
    """

    folder: Path
    documents: tuple[Document, ...]
    held: bool
    lacking: tuple[Path, ...]

    def moved(self, before: Path, after: Path) -> Written:
        """Name what was written in one folder by the places that it was moved to in another."""
        return Written(
            after / self.folder.relative_to(before),
            tuple(document.moved(before, after) for document in self.documents),
            self.held,
            tuple(after / path.relative_to(before) for path in self.lacking),
        )

    @property
    def proposals(self) -> tuple[Path, ...]:
        """The proposals that stand beside documents left as they were."""
        return tuple(document.proposal for document in self.documents if document.proposal)


@dataclass(frozen=True)
class Figures:
    """The figures that go with a period's documents, while they are being drawn.

    Parameters
    ----------
    folder : Path
        Where they are to stand.
    drawings : tuple of callable
        Each waits for some of them.
    """

    folder: Path
    drawings: tuple[Callable[[], Drawn], ...] = ()

    def place(self) -> None:
        """Wait for the figures, put them into their folder, and take away the images that show one as it was."""
        if not self.drawings:
            return
        outdated: set[str] = set()
        with atomic.staging(self.folder) as stage:
            for drawing in self.drawings:
                found = drawing()
                found.place(stage)
                outdated |= found.outdated
        for name in outdated:
            (self.folder / name).unlink(missing_ok=True)


def write_texts(
    results: Results, workspace: Workspace, *, replace_edited: bool = False, are_drawn: bool = False
) -> tuple[Written, Figures]:
    """Write one period's documents and results under ``report/<period>``, while their figures are drawn.

    A document that a person has edited since it was generated is kept, with the figures and the results that it was
    written from, and so are then the documents beside it; if data, settings or template now give something else, that
    is written beside each, as a proposal. Where an edited document is replaced, a copy of it stays beside the new one.

    Parameters
    ----------
    results : Results
    workspace : Workspace
    replace_edited : bool
        Whether to overwrite edited documents.
    are_drawn : bool
        Whether the figures that stand there are those of these results, and of the period that they are set beside.

    Returns
    -------
    written : Written
    figures : Figures
        What is still to be put beside the documents.
    """
    folder = workspace.reports / results.period.id
    # While the figures are drawn, what they do not rest on can be done.
    figures = None if are_drawn else _asked(results, folder, workspace.look)
    since = _since(results, workspace)
    told = since if since is not None and template_of(CHANGES, workspace.templates).is_file() else None
    if are_drawn and (folder / map_of(CHANGES)).is_file():
        told = None
    change = None if told is None else _change_asked(results, told, folder)
    texts = _texts(results, workspace, since)
    found = drafts(folder, texts, any_bytes=replace_edited)
    kept = [] if replace_edited else [draft for draft in found if draft.edited]
    facts = results.to_json()
    held = _is_held(folder / RESULTS_FILE, facts, kept)
    proposed = [draft for draft in found if draft.new and (held or draft in kept)]
    written = [draft for draft in found if not held and draft not in kept]
    with placing(folder, written, proposed) as stage:
        if not (held or (are_drawn and _is(folder / RESULTS_FILE, facts))):
            for name, content in _handed_out(results, facts, workspace).items():
                atomic.write_bytes(stage / name, content)
    for name in _former_proposals(found, proposed):
        (folder / name).unlink(missing_ok=True)
    if CHANGES not in texts:
        withdraw(folder, CHANGES)
    documents = tuple(placed(folder, draft, kept=draft in kept, proposed=draft in proposed) for draft in found)
    drawings: list[Callable[[], Drawn]] = []
    if not held:
        if figures is not None:
            drawings.append(partial(_missing, results, folder, workspace.look) if proposed else figures.result)
        if change is not None:
            drawings.append(change.result)
    return Written(folder, documents, held, _lacking(workspace.templates, texts)), Figures(folder, tuple(drawings))


def _asked(results: Results, folder: Path, look: Look) -> second.Asked[Drawn]:
    from iapt_report.documents.pictures import drawn

    return second.ask(drawn, results, folder, look)


def _missing(results: Results, folder: Path, look: Look) -> Drawn:
    from iapt_report.documents.pictures import drawn

    return drawn(results, folder, look, missing_only=True)


def _change_asked(results: Results, since: Since, folder: Path) -> second.Asked[Drawn]:
    from iapt_report.documents.pictures import change_drawn

    return second.ask(change_drawn, results, since, map_of(CHANGES), folder)


def _is(path: Path, text: str) -> bool:
    """Whether this is the text of a file."""
    return path.is_file() and path.read_bytes() == text.encode("utf-8")


def _handed_out(results: Results, facts: str, workspace: Workspace) -> dict[str, bytes]:
    """Give the files that go with the documents, by name."""
    from iapt_report.documents import exports
    from iapt_report.documents.area_counts import counts_of

    counts = counts_of(results, workspace.data)
    return {
        RESULTS_FILE: facts.encode("utf-8"),
        TABLES_FILE: exports.workbook(results, counts),
        AREAS_FILE: exports.areas_csv(results, counts),
        METADATA_FILE: exports.areas_metadata(results),
    }


def _since(results: Results, workspace: Workspace) -> Since | None:
    """Set the period beside the last one, where a document that tells of it is made."""
    if not any(template_of(name, workspace.templates).is_file() for name in (BRIEF, CHANGES)):
        return None
    from iapt_report.analysis.since import since_last

    return since_last(workspace.data, results)


def _texts(results: Results, workspace: Workspace, since: Since | None) -> dict[str, str]:
    """Fill the template of each document that the workspace has one of."""
    from iapt_report.documents.page import document_text

    workspace = workspace.of(Period.parse(results.period.id))
    parts, pages = read_parts(workspace), area_pages_in(workspace.reports / results.period.id)
    templates = workspace.templates
    return {
        name: document_text(name, results, templates, workspace.paper, parts, pages, since)
        for name in documents_of(templates, since=since is not None)
    }


def write_comparison(results: Results, since: Since, workspace: Workspace, *, replace_edited: bool = False) -> Document:
    """Write the page of two periods beside the later one's documents, named after the earlier one.

    Parameters
    ----------
    results : Results
        Of the later period.
    since : Since
    workspace : Workspace
    replace_edited : bool
        Whether to overwrite a page that was edited by hand.
    """
    from iapt_report.documents.page import document_text
    from iapt_report.documents.pictures import change_drawn

    folder, stem = workspace.reports / results.period.id, f"{COMPARED}-{since.then.period}"
    pages = area_pages_in(folder)
    paper = workspace.of(Period.parse(results.period.id)).paper
    text = document_text(CHANGES, results, workspace.templates, paper, area_pages=pages, since=since, stem=stem)
    with atomic.staging(folder) as stage:
        change_drawn(results, since, map_of(stem), folder).place(stage)
    return write_one(folder, stem, text, replace_edited=replace_edited)


def _former_proposals(found: Sequence[Draft], proposed: Sequence[Draft]) -> list[str]:
    return [proposal_file(draft.name) for draft in found if draft not in proposed]


def _lacking(templates: Path, made: Collection[str]) -> tuple[Path, ...]:
    return tuple(template_of(name, templates) for name in DOCUMENTS if name not in made)


def _is_held(path: Path, facts: str, kept: list[Draft]) -> bool:
    """Whether the results that are there stay, and all that rests on them, because an edited document does."""
    if not path.is_file():
        return any(draft.new for draft in kept)
    return bool(kept) and not digests.same_facts(path.read_text("utf-8", "replace"), facts)
