"""The site around the papers: its index, the trend on it, and what leads from page to page."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report import __version__
from iapt_report.areas.period import Period
from iapt_report.documents.area_files import area_pages_in
from iapt_report.documents.beside import BRIEF_FILE, MAP_FILE, RESULTS_FILE
from iapt_report.documents.drafts import Document, drafts, placed, placing, proposal_file, write_one
from iapt_report.documents.included import files_of
from iapt_report.documents.kinds import (
    AREAS,
    BRIEF,
    CHANGES,
    EVERY_DOCUMENT,
    INDEX,
    DocumentKind,
    kind_of,
    template_of,
)
from iapt_report.system import atomic, digests, records, second
from iapt_report.system.errors import CallError, DataError
from iapt_report.workspace.leftovers import at_work

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.index_page import Group
    from iapt_report.render.choices import EngineName
    from iapt_report.workspace.place import Workspace

_FIGURES = "trend-*.svg"
_AREA_LINK = re.compile(r'href="areas/([^"]+)\.html"')
_SITE_FILE = ".site.json"
# In the order in which a reader wants them.
_FIRST = (BRIEF, AREAS, CHANGES, *(name for name in EVERY_DOCUMENT if name not in (BRIEF, AREAS, CHANGES)))
# The list of reports that workspaces were made with before the index was generated.
_FORMER = (
    "50dd8c2bfe2b89c48721d6de00e4e915638bc4b7cb4d61fe742fc48d0a2931cb",
    "843b7131213c5bfa3485d77d8166b902af0df0b0651cadc3a0d58de15933c94f",
    "f1f8f058d4a42056cb4b4d9bc2d614688ddef2972013b9a1e528a715379238e7",
)
# As Quarto makes it where a website has no page of its own at its root.
_REDIRECT = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0;URL='{target}'">
<title>Reports</title>
</head>
<body><p><a href="{target}">Reports</a></p></body>
</html>
"""


@dataclass(frozen=True)
class Listed:
    """A period on the index: its results, and which of its documents are written."""

    results: Results
    documents: tuple[DocumentKind, ...]


@dataclass(frozen=True)
class WrittenIndex:
    """What was written of the site.

    Parameters
    ----------
    index : Document or None
        None where the workspace has no template of it.
    changed : bool
        Whether the index is another than it was.
    areas : tuple of Document
        The lists of areas that were written anew because pages of single areas came or went.
    unusable : tuple of (str, str)
        The folders under ``report/`` whose results cannot be listed, with the reason.
    """

    index: Document | None
    changed: bool
    areas: tuple[Document, ...]
    unusable: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class BuiltIndex:
    """What was built: the rendered index, if there is one; whatever was rendered now; and what was written before."""

    index: Path | None
    made: tuple[Path, ...]
    written: WrittenIndex


def write(workspace: Workspace, *, replace_edited: bool = False) -> WrittenIndex:
    """Write ``report/index.qmd`` from the results that stand under ``report/``, and the pictures on it.

    An index that a person has edited is kept, as papers are. Where nothing has changed, nothing is drawn or written.

    Parameters
    ----------
    workspace : Workspace
    replace_edited : bool
        Whether to overwrite an edited index.
    """
    areas = write_area_lists(workspace)
    if not template_of(INDEX, workspace.templates).is_file():
        return WrittenIndex(None, changed=False, areas=areas, unusable=())
    reports = workspace.reports
    index, proposal = reports / f"{INDEX}.qmd", reports / proposal_file(INDEX)
    inputs, record = _inputs(workspace), records.read(reports / _SITE_FILE)
    if not replace_edited and _is_current(record, inputs, index):
        there = Document(index, bool(record.get("edited")), proposal if proposal.is_file() else None)
        unusable = tuple((name, why) for name, why in record.get("unusable", ()))
        return WrittenIndex(there, changed=False, areas=areas, unusable=unusable)
    # Until all is written, what is there is of no one state.
    (reports / _SITE_FILE).unlink(missing_ok=True)
    listed, left = _read(workspace)
    before = _digest(index)
    document, figures = _write_index(workspace, listed, left, record.get("figures", {}), replace_edited)
    state = {"inputs": inputs, "index": _digest(index), "edited": document.edited, "unusable": left}
    records.write(reports / _SITE_FILE, {**state, "figures": figures})
    return WrittenIndex(document, changed=_digest(index) != before, areas=areas, unusable=tuple(left))


def build(
    workspace: Workspace, engine: EngineName, *, self_contained: bool = False, replace_edited: bool = False
) -> BuiltIndex:
    """Write the index, and typeset what of the site is out of date: the index, and lists of areas written anew.

    The periods' own documents are left to those that build them; this goes after them, since it leads only to files
    that are there.

    Parameters
    ----------
    workspace : Workspace
    engine : {"quarto", "embedded"}
    self_contained, replace_edited : bool
        As for a period's documents.

    Raises
    ------
    DataError
        If a template is wrong, or a page cannot be typeset.
    """
    from iapt_report.render.engines import engine_version
    from iapt_report.render.jobs import Job
    from iapt_report.render.links import there
    from iapt_report.render.rendered import Rendering

    written = write(workspace, replace_edited=replace_edited)
    made = _typeset_lists(written.areas, workspace, engine, self_contained=self_contained)
    if written.index is None or not written.index.path.is_file():
        return BuiltIndex(None, tuple(made), written)
    job = Job(written.index.path, ("html",), self_contained)
    linked = there(written.index.path, job.output(workspace))
    rendering = Rendering(workspace, (job,), engine, engine_version(engine), words=linked)
    made += rendering.make(rendering.stale())
    made += _lead_to_index(workspace)
    return BuiltIndex(job.made(workspace, "html"), tuple(made), written)


def build_area_lists(workspace: Workspace) -> list[Path]:
    """Write the lists of areas anew that lead to other pages of single areas than there are, and typeset those again.

    Each is typeset by the engine that did it before; one that never was is written alone.
    """
    from iapt_report.render.engines import engine_behind

    made: list[Path] = []
    with at_work(workspace):
        for document in write_area_lists(workspace):
            page = workspace.site / document.path.relative_to(workspace.root).with_suffix(".html")
            if page.is_file():
                made += _typeset_lists([document], workspace, engine_behind(page))
    return made


def write_area_lists(workspace: Workspace, only: Period | None = None) -> tuple[Document, ...]:
    """Write the lists of areas anew that lead to other pages of single areas than there are.

    Parameters
    ----------
    workspace : Workspace
    only : Period, optional
        Where the pages of no other have come or gone: its list alone is looked at.

    Returns
    -------
    tuple of Document
        Those that were written; one that a person has edited stays, with the new one as its proposal.
    """
    found = []
    for folder in _folders(workspace):
        path = folder / f"{AREAS}.qmd"
        if only is not None and folder.name != only.id:
            continue
        if not path.is_file() or set(_AREA_LINK.findall(path.read_text("utf-8", "replace"))) == area_pages_in(folder):
            continue
        # Results of another version make no list; on the index, they are noted.
        with suppress(DataError):
            found.append(_write_area_list(workspace, folder))
    return tuple(document for document in found if not document.edited)


def prune_index(workspace: Workspace) -> None:
    """Take links to files that Quarto has not made off the index; its pages it makes all, in a preview when asked."""
    from iapt_report.render.links import prune

    page = workspace.site / workspace.reports.name / f"{INDEX}.html"
    if page.is_file():
        prune(page, pages_too=False)


def _write_area_list(workspace: Workspace, folder: Path) -> Document:
    """Write a period's list of areas from the results that stand there."""
    from iapt_report.analysis.results import Results
    from iapt_report.documents.page import document_text
    from iapt_report.workspace.parts import read_parts

    path = folder / RESULTS_FILE
    results = Results.from_file(path)
    workspace = workspace.of(Period.parse(folder.name))
    parts = read_parts(workspace)
    text = document_text(AREAS, results, workspace.templates, workspace.paper, parts, area_pages_in(folder))
    return write_one(folder, AREAS, text)


def _typeset_lists(
    lists: Sequence[Document], workspace: Workspace, engine: EngineName, *, self_contained: bool = False
) -> list[Path]:
    """Typeset lists of areas whose earlier state stands in the site."""
    from iapt_report.render.jobs import Job
    from iapt_report.render.typeset import render_all

    jobs = [Job(document.path, ("html",), self_contained) for document in lists]
    return render_all([job for job in jobs if job.made(workspace, "html").is_file()], workspace, engine)


def _folders(workspace: Workspace) -> list[Path]:
    """List the periods' folders that hold results, those first that end last."""
    found = []
    for path in workspace.reports.glob(f"[!.]*/{RESULTS_FILE}"):
        try:
            found.append((Period.parse(path.parent.name), path.parent))
        except CallError:
            continue
    return [folder for _, folder in sorted(found, key=lambda pair: (pair[0].end, pair[0].start), reverse=True)]


def _read(workspace: Workspace) -> tuple[list[Listed], list[tuple[str, str]]]:
    """Read the results that stand under ``report/``, newest first, and say of which this is not possible."""
    from iapt_report.analysis.results import Results

    listed, unusable = [], []
    for folder in _folders(workspace):
        path = folder / RESULTS_FILE
        try:
            results = Results.from_file(path)
        except DataError as error:
            unusable.append((folder.name, error.problem))
            continue
        if results.period.id != folder.name:
            unusable.append((folder.name, f"its results are those of {results.period.id}"))
            continue
        listed.append(Listed(results, tuple(kind for kind in map(kind_of, _FIRST) if _is_written(folder, kind))))
    return listed, unusable


def _is_written(folder: Path, kind: DocumentKind) -> bool:
    return (folder / f"{kind.name}.qmd").is_file()


def _write_index(
    workspace: Workspace,
    listed: Sequence[Listed],
    unusable: Sequence[tuple[str, str]],
    drawn: Mapping[str, str],
    replace_edited: bool,
) -> tuple[Document, dict[str, str]]:
    """Write the index and the pictures on it; return with it what each picture was drawn from."""
    from iapt_report.documents import index_page

    reports = workspace.reports
    found = index_page.groups([one.results for one in listed])
    text = _index_text(workspace, listed, unusable, found)
    (draft,) = drafts(reports, {INDEX: text}, any_bytes=replace_edited, known=_FORMER)
    kept = draft.edited and not replace_edited
    proposed = [draft] if kept and draft.new else []
    wanted = {group.figure: _digest_of(group) for group in found if group.figure}
    with placing(reports, [] if kept else [draft], proposed) as stage:
        for group in found:
            # An edited index keeps the pictures that it was written with.
            same = kept or drawn.get(group.figure) == wanted.get(group.figure)
            if group.figure and not (same and (reports / group.figure).is_file()):
                _draw(group, stage / group.figure)
    if not proposed:
        (reports / proposal_file(INDEX)).unlink(missing_ok=True)
    document = placed(reports, draft, kept=kept, proposed=bool(proposed))
    if kept:
        return document, dict(drawn)
    _clear_pictures(reports, wanted)
    return document, wanted


def _clear_pictures(reports: Path, wanted: Collection[str]) -> None:
    """Remove the pictures that no index shows any more."""
    for path in reports.glob(_FIGURES):
        if path.name not in wanted:
            path.unlink()


def _index_text(
    workspace: Workspace, listed: Sequence[Listed], unusable: Sequence[tuple[str, str]], found: Sequence[Group]
) -> str:
    from markupsafe import Markup

    from iapt_report.documents import area_places, index_page
    from iapt_report.documents.sentence import Sentence
    from iapt_report.documents.templates import filler
    from iapt_report.figures import tile_map, trend_lines, two_benchmarks

    first = index_page.leading([one.results for one in listed]) if listed else 0
    lead = listed[first] if listed else None
    searched = [one.results for one in listed if kind_of(AREAS) in one.documents]
    mapped = _newest_with_map(workspace, listed)
    return filler(template_of(INDEX, workspace.templates))(
        lead=lead,
        others=[one for one in listed if one is not lead],
        headline=Sentence(index_page.headline(lead.results)) if lead else "",
        pictured=lead is not None and (workspace.reports / lead.results.period.id / BRIEF_FILE).is_file(),
        picture_file=BRIEF_FILE,
        picture_alt=two_benchmarks.two_benchmarks_alt(lead.results) if lead else "",
        unusable=unusable,
        groups=found,
        gradient_words=index_page.gradient_words,
        change_words=index_page.change_words,
        figure_alt=trend_lines.alt_text,
        mapped=mapped,
        mapped_first=lead is not None and mapped is lead.results,
        map_file=MAP_FILE,
        map_alt=tile_map.tile_map_alt(mapped) if mapped else "",
        map_caption=Sentence(tile_map.caption(mapped)) if mapped else "",
        places=any(area_places.places_of(results) for results in searched),
        areas=Markup(index_page.areas_as_json(searched)),  # noqa: S704 - no character of it begins markup
    )


def _newest_with_map(workspace: Workspace, listed: Sequence[Listed]) -> Results | None:
    """Choose the newest period whose map stands beside its documents and is of what its results are now."""
    from iapt_report.figures import tile_map

    there = (one.results for one in listed if (workspace.reports / one.results.period.id / MAP_FILE).is_file())
    return next((results for results in there if tile_map.placed(results)), None)


def _draw(group: Group, path: Path) -> None:
    from iapt_report.figures import trend_lines

    atomic.write_bytes(path, second.ask(trend_lines.drawn, group.trend).result())


def _lead_to_index(workspace: Workspace) -> list[Path]:
    """Let the site's root lead to the index, where nothing else stands there."""
    root = workspace.site / f"{INDEX}.html"
    if root.is_file():
        return []
    target = f"{workspace.reports.relative_to(workspace.root).as_posix()}/{INDEX}.html"
    atomic.write_text(root, _REDIRECT.format(target=target))
    return [root]


def _inputs(workspace: Workspace) -> str:
    """Digest what the index is made from, by content."""
    reports = workspace.reports
    # Of documents and pictures it matters only which there are.
    names = (*(f"{name}.qmd" for name in EVERY_DOCUMENT), MAP_FILE, BRIEF_FILE)
    # What is hidden is in the making.
    written = sorted(f"{path.parent.name}/{path.name}" for name in names for path in reports.glob(f"[!.]*/{name}"))
    files = [*files_of(template_of(INDEX, workspace.templates)), *reports.glob(f"[!.]*/{RESULTS_FILE}")]
    return digests.made_from((__version__, *written), sorted(files), workspace.root)


def _is_current(record: Mapping[str, Any], inputs: str, index: Path) -> bool:
    """Whether the index, as it is there with its pictures, was written from what there is."""
    drawn = all((index.parent / name).is_file() for name in record.get("figures", {}))
    return drawn and record.get("inputs") == inputs and record.get("index") == _digest(index)


def _digest_of(group: Group) -> str:
    return digests.made_from((__version__, group.trend.model_dump_json()))


def _digest(path: Path) -> str:
    return digests.of_file(path) if path.is_file() else ""
