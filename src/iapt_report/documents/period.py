"""One period's documents, figures and results written together, and edited ones kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.analysis.results import RESULTS_FILE, Results
from iapt_report.documents import exports
from iapt_report.documents.drafts import Document, Draft, drafts, placing, proposal_file
from iapt_report.documents.kinds import DOCUMENTS, documents_of, template_of
from iapt_report.documents.page import area_pages_in, document_text
from iapt_report.documents.pictures import draw
from iapt_report.system import atomic
from iapt_report.workspace.parts import read_parts

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


@dataclass(frozen=True)
class Written:
    """What was written for a period.

    Parameters
    ----------
    folder : Path
    documents : tuple of Document
        In the order of `DOCUMENTS`; one that was never written has a proposal only.
    held : bool
        Whether results and figures were left as they were, because an edited document was and they have changed.
    lacking : tuple of Path
        The templates that the workspace lacks, whose documents are not made.
    """

    folder: Path
    documents: tuple[Document, ...]
    held: bool
    lacking: tuple[Path, ...]

    @property
    def proposals(self) -> tuple[Path, ...]:
        """The proposals that stand beside documents left as they were."""
        return tuple(document.proposal for document in self.documents if document.proposal)


def write_period(results: Results, workspace: Workspace, *, replace_edited: bool = False) -> Written:
    """Write one period's documents, figures and results under ``report/<period>``.

    A document that a person has edited since it was generated is kept, with the figures and the results that it was
    written from, and so are then the documents beside it; if data, settings or template now give something else, that
    is written beside each, as a proposal. Where an edited document is replaced, a copy of it stays beside the new one.

    Parameters
    ----------
    results : Results
    workspace : Workspace
    replace_edited : bool
        Whether to overwrite edited documents.
    """
    folder = workspace.reports / results.period.id
    parts = read_parts(workspace)
    texts = {
        name: document_text(name, results, workspace.templates, workspace.paper, parts, area_pages_in(folder))
        for name in documents_of(workspace.templates)
    }
    found = drafts(folder, texts, any_bytes=replace_edited)
    kept = [] if replace_edited else [draft for draft in found if draft.edited]
    facts = results.to_json()
    held = _is_held(folder / RESULTS_FILE, facts, kept)
    proposed = [draft for draft in found if draft.new and (held or draft in kept)]
    written = [draft for draft in found if not held and draft not in kept]
    outdated: frozenset[str] = frozenset()
    with placing(folder, written, proposed) as stage:
        if not held:
            atomic.write_text(stage / RESULTS_FILE, facts)
            outdated = draw(results, folder, stage, missing_only=bool(proposed))
            atomic.write_bytes(stage / exports.TABLES_FILE, exports.workbook(results))
            atomic.write_bytes(stage / exports.AREAS_FILE, exports.areas_csv(results))
    for draft in found:
        if draft not in proposed:
            (folder / proposal_file(draft.name)).unlink(missing_ok=True)
    for image in outdated:
        (folder / image).unlink(missing_ok=True)
    return Written(
        folder,
        tuple(
            Document(
                folder / draft.file,
                edited=draft in kept,
                proposal=folder / proposal_file(draft.name) if draft in proposed else None,
            )
            for draft in found
        ),
        held,
        tuple(template_of(name, workspace.templates) for name in DOCUMENTS if name not in texts),
    )


def _is_held(path: Path, facts: str, kept: list[Draft]) -> bool:
    """Whether the results that are there stay, and all that rests on them, because an edited document does."""
    if not path.is_file():
        return any(draft.new for draft in kept)
    return bool(kept) and path.read_bytes() != facts.encode("utf-8")
