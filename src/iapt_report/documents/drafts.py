"""Generated documents that a person may edit: what was generated is known by its digest, what was edited is kept."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.system import atomic, digests, records
from iapt_report.system.reading import read_any_text, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

GENERATED_FILE = ".generated.json"


@dataclass(frozen=True)
class Document:
    """One document after it was written, or left as it was.

    Parameters
    ----------
    path : Path
    edited : bool
        Whether a person has edited it, so that it is kept.
    proposal : Path or None
        Where the text stands that data, settings and template give now, if the document was left as it was.
    """

    path: Path
    edited: bool
    proposal: Path | None

    def moved(self, before: Path, after: Path) -> Document:
        """Name a document that was written in one folder by the place that it was moved to in another."""
        proposal = self.proposal and after / self.proposal.relative_to(before)
        return Document(after / self.path.relative_to(before), self.edited, proposal)


@dataclass(frozen=True)
class Draft:
    """A document's text as it would be now and before, and the digests of it as generated; none where there is none.

    ``known`` are digests of texts that no person wrote, though they are in no record.
    """

    name: str
    text: str
    before: str | None
    recorded: tuple[str, ...]
    known: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the document's file."""
        return f"{self.name}.qmd"

    @property
    def edited(self) -> bool:
        """Whether what is there is not what was generated."""
        return self.before is not None and digests.of_text(self.before) not in (*self.recorded, *self.known)

    @property
    def new(self) -> bool:
        """Whether the text is another than was last generated, or the document is not there."""
        return self.before is None or (digests.of_text(self.text),) != self.recorded


def proposal_file(name: str) -> str:
    """Name the file of a document's new text, where the document is left as it was."""
    return f"{name}.new.qmd.txt"


def replaced_file(folder: Path, name: str, text: str) -> str:
    """Name the file that an edited document is kept in when it is replaced: none that holds another text."""
    names = (f"{name}.replaced.qmd.txt", *(f"{name}.replaced-{n}.qmd.txt" for n in range(2, 10_000)))
    held = text.encode("utf-8", "surrogateescape")
    return next(file for file in names if not (folder / file).is_file() or (folder / file).read_bytes() == held)


def is_edited(document: Path) -> bool:
    """Whether a generated document that is there was edited by a person since."""
    recorded = _recorded(document.parent).get(document.name, ())
    return digests.of_text(document.read_text("utf-8", errors="surrogateescape")) not in recorded


def read_document(document: Path) -> str:
    """Read a document that a person may have edited.

    Raises
    ------
    DataError
        If it is not UTF-8, or no file of a sensible size.
    """
    return read_text(document, encoding_mend="save it as UTF-8, or replace it with `iapt-report build --overwrite`")


def drafts(
    folder: Path, texts: Mapping[str, str], *, any_bytes: bool = False, known: Sequence[str] = ()
) -> list[Draft]:
    """Set the texts of a folder's documents beside what is there.

    Parameters
    ----------
    folder : Path
    texts : mapping of str to str
        What each document would be now, by its name without suffix.
    any_bytes : bool
        Whether a document that is not UTF-8 is taken as it is: one that is about to be replaced.
    known : sequence of str
        As of a `Draft`.

    Raises
    ------
    DataError
        If a document there is not UTF-8.
    """
    recorded = _recorded(folder)
    return [
        Draft(
            name,
            text,
            _before(folder / f"{name}.qmd", any_bytes=any_bytes),
            recorded.get(f"{name}.qmd", ()),
            tuple(known),
        )
        for name, text in texts.items()
    ]


@contextmanager
def placing(folder: Path, written: Sequence[Draft], proposed: Sequence[Draft]) -> Iterator[Path]:
    """Give an empty folder for the files that go with documents; it moves in with them if the block ends well.

    Of an edited document that is written, a copy stays beside the new one. Wherever the process is killed, what is then
    there of a generated document counts as generated.

    Parameters
    ----------
    folder : Path
    written, proposed : sequence of Draft
        What takes its document's place, and what is laid beside it.
    """
    for draft in written:
        if draft.before is not None and draft.edited and draft.before != draft.text:
            kept = replaced_file(folder, draft.name, draft.before)
            atomic.write_bytes(folder / kept, draft.before.encode("utf-8", "surrogateescape"))
    recorded = _recorded(folder)
    now = {draft.file: digests.of_text(draft.text) for draft in written}
    if written:
        # If the process is killed while files move in, there are generated ones from before and from after.
        both = {name: (*recorded.get(name, ()), digest) for name, digest in now.items()}
        records.write(folder / GENERATED_FILE, {**recorded, **both})
    with atomic.staging(folder) as stage:
        yield stage
        for draft in proposed:
            atomic.write_text(stage / proposal_file(draft.name), draft.text)
        for draft in written:
            atomic.write_text(stage / draft.file, draft.text)
    if written:
        records.write(folder / GENERATED_FILE, {**recorded, **now})


def placed(folder: Path, draft: Draft, *, kept: bool, proposed: bool) -> Document:
    """Return the document that a draft was written to, or laid beside."""
    return Document(folder / draft.file, kept, folder / proposal_file(draft.name) if proposed else None)


def write_one(
    folder: Path, name: str, text: str, *, replace_edited: bool = False, known: Sequence[str] = ()
) -> Document:
    """Write one document by itself; an edited one is kept, and the new text laid beside it if it is another.

    Parameters
    ----------
    folder : Path
    name : str
        Without suffix.
    text : str
    replace_edited : bool
        Whether to overwrite an edited document.
    known : sequence of str
        As for `drafts`.
    """
    (draft,) = drafts(folder, {name: text}, any_bytes=replace_edited, known=known)
    kept = draft.edited and not replace_edited
    proposed = [draft] if kept and draft.new else []
    if proposed or not (kept or draft.text == draft.before):
        with placing(folder, [] if kept else [draft], proposed):
            pass
    if not proposed:
        (folder / proposal_file(name)).unlink(missing_ok=True)
    return placed(folder, draft, kept=kept, proposed=bool(proposed))


def withdraw(folder: Path, name: str) -> None:
    """Take away a document that is not made any more, with its proposal; one that a person has edited stays."""
    (folder / proposal_file(name)).unlink(missing_ok=True)
    (draft,) = drafts(folder, {name: ""}, any_bytes=True)
    if draft.before is None or draft.edited:
        return
    (folder / draft.file).unlink(missing_ok=True)
    kept = {file: digest for file, digest in records.read(folder / GENERATED_FILE).items() if file != draft.file}
    records.write(folder / GENERATED_FILE, kept)


def _before(document: Path, *, any_bytes: bool) -> str | None:
    """Read the document that is there, if one is; with ``any_bytes`` even if it is not UTF-8."""
    if not document.is_file():
        return None
    return read_any_text(document) if any_bytes else read_document(document)


def _recorded(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the digests of the documents as generated, by file name: of each one, or more if a build was killed."""
    listed = records.read(folder / GENERATED_FILE)
    return {name: tuple(map(str, known if isinstance(known, list) else [known])) for name, known in listed.items()}
