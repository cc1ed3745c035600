"""The embedded engine: pandoc and typst from Python packages, nothing else to install."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iapt_report.documents.drafts import read_document
from iapt_report.documents.kinds import EVERY_DOCUMENT, INDEX, template_of
from iapt_report.render import jats, pandoc, pictures, together, word
from iapt_report.render.jobs import SUFFIXES
from iapt_report.render.links import file_at
from iapt_report.render.setting import Setter
from iapt_report.system import atomic
from iapt_report.system.converter import pandoc_version
from iapt_report.system.dating import source_date
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iapt_report.render.jobs import Format, Job
    from iapt_report.workspace.place import Workspace

_HERE = Path(__file__).parent
_FILTER = _HERE / "embedded.lua"
_PAGE = _HERE / "page.html"
_DOCUMENT = _HERE / "document.typst"
_PARTIALS = ("typst-template.typ", "typst-show.typ", "page.typ")
_STYLE = "paper.css"
HEAD = "style.html"
ALL_REPORTS = "all-reports"
# The index of the site, as a page of a period has it.
_INDEX_PAGE = f"../{INDEX}.html"
_LATEX = _HERE / "document.latex"
_SCRIPTS, _POINTS_SCRIPT = "scripts.lua", "points.js"
_BRIEF = "brief.lua"
_PRINT = "print.lua"
_LETTERS = "letters.lua"
_REFERENCE = "reference.docx"
# One pandoc for several texts is worth what it takes to lay out.
_WORTH_IT = 2
_FIGURES = re.compile(r'<img[^>]*? src="([^":]+)"')
_SHORTCODE = re.compile(r"(?<![\\{])\{\{<")
_LEVEL_ONE = re.compile(r"^# \S", re.MULTILINE)
_FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
# Readable by assistive technology. Quarto warns where it is asked for this and cannot validate it, so it is not asked.
PDF_STANDARDS = ["ua-1"]
# Made to be kept, as well; the standard asks for a date, and no document is given one that nobody set.
_ARCHIVE_STANDARD = "a-2a"


@contextmanager
def rendering(
    jobs: Sequence[Job], workspace: Workspace, meanwhile: Callable[[], object] = lambda: None
) -> Iterator[Callable[[Job], list[Path]]]:
    """Give what typesets each of several documents, while one pandoc reads and writes all of them.

    Parameters
    ----------
    jobs : sequence of Job
    workspace : Workspace
    meanwhile : callable, optional
        What is done first, while the documents are read: it may wait for the figures that they show.
    """
    with written(jobs, workspace, meanwhile) as texts:
        yield lambda job: render(job, workspace, texts)


@contextmanager
def written(
    jobs: Sequence[Job], workspace: Workspace, meanwhile: Callable[[], object] = lambda: None
) -> Iterator[together.Texts]:
    """Give the texts of documents as one pandoc writes them; none where there are too few of them to be worth it."""
    wanted = [one for one in (_wanted(job, workspace) for job in jobs) if one.kinds]
    if sum(len(one.kinds) for one in wanted) < _WORTH_IT:
        meanwhile()
        yield together.NOTHING
        return
    for filters in (filters for one in wanted for filters in one.kinds.values()):
        for path in filters:
            _there(path)
    index = _INDEX_PAGE if _has_index(workspace) else ""
    with tempfile.TemporaryDirectory() as place:
        lay_out(workspace, Path(place))
        with together.written(wanted, Path(place), _head(workspace), index, meanwhile) as texts:
            yield texts


def _wanted(job: Job, workspace: Workspace) -> together.Wanted:
    """Say what of a document is written together with others: none of a page that is one file, or leads to no index."""
    kinds: dict[together.Kind, list[Path]] = {}
    if "html" in job.formats and not job.self_contained and job.document.parent != workspace.reports:
        kinds["html"] = [workspace.extension / _SCRIPTS]
    if "pdf" in job.formats:
        kinds["pdf"] = [workspace.extension / _BRIEF]
    return together.Wanted(job.document, kinds, _is_raised(job.document), _lacking(job, workspace))


def render(job: Job, workspace: Workspace, texts: together.Texts = together.NOTHING) -> list[Path]:
    """Typeset a document; see `iapt_report.render.typeset.render`.

    Parameters
    ----------
    job : Job
    workspace : Workspace
    texts : Texts, optional
        What of it is written already, or about to be.
    """
    _refuse_shortcodes(job.document)
    output = job.output(workspace)
    stem = job.document.stem
    with atomic.staging(output) as stage:
        # Pages last: their texts come when those of all prints are there.
        for kind in sorted(job.formats, key="html".__eq__):
            _WRITERS[kind](job, workspace, stage / f"{stem}.{SUFFIXES[kind]}", texts)
        if "html" in job.formats and not job.self_contained:
            _copy_figures(stage / f"{stem}.html", job.document.parent, stage)
    return [job.made(workspace, kind) for kind in job.formats]


@cache
def version() -> str:
    """Say which pandoc and which typst are installed."""
    from importlib.metadata import version as version_of

    return f"pandoc {pandoc_version()}, typst {version_of('typst')}"


def _refuse_shortcodes(document: Path) -> None:
    """Refuse Quarto's shortcodes, which pandoc would print as they stand; escaped ones are text."""
    for row, line in enumerate(read_document(document).splitlines(), start=1):
        if _SHORTCODE.search(line):
            raise DataError(
                "the embedded engine does not support a shortcode ({{< … >}})",
                file=document,
                row=row,
                mend="write its result, or render with the Quarto program",
            )


def lay_out(workspace: Workspace, folder: Path) -> None:
    """Put into a folder what the engine makes documents with: its filter, its templates, and the extension's look."""
    for path in (_FILTER, _PAGE, _DOCUMENT):
        shutil.copyfile(path, folder / path.name)
    for name in (*_PARTIALS, _PRINT, _REFERENCE):
        shutil.copyfile(_there(workspace.extension / name), folder / name)
    (folder / HEAD).write_text(_head(workspace), "utf-8")
    # The pages of single areas stand in a folder of their own.
    (folder / ALL_REPORTS).write_text(f"../{_INDEX_PAGE}" if _has_index(workspace) else "", "utf-8")


def _has_index(workspace: Workspace) -> bool:
    return template_of(INDEX, workspace.templates).is_file()


def script_of_points(workspace: Workspace) -> str:
    """Return what makes the points of a page's figures answer to pointer, touch and keyboard."""
    return _read(workspace.extension / _POINTS_SCRIPT)


def _head(workspace: Workspace) -> str:
    """Return the style of a page, for its head."""
    return f"<style>\n{_read(workspace.extension / _STYLE)}</style>\n"


def _html(job: Job, workspace: Workspace, target: Path, texts: together.Texts) -> None:
    text = texts.of(job.document, "html")
    if text is not None:
        target.write_text(text, "utf-8")
        return
    with tempfile.TemporaryDirectory() as folder:
        # pandoc takes a style for the page's head from a file of HTML.
        head = Path(folder) / HEAD
        head.write_text(_head(workspace), "utf-8")
        arguments = [
            "--to",
            "html5",
            "--template",
            pandoc.address(_PAGE),
            "--include-in-header",
            pandoc.address(head),
            "--toc",
            "--toc-depth=3",
        ]
        arguments += [f"--lua-filter={_there(workspace.extension / _SCRIPTS)}"]
        arguments += ["--section-divs", "--email-obfuscation=none", "--wrap=preserve"]
        if job.self_contained:
            arguments += ["--embed-resources", "--standalone"]
        elif job.document.parent != workspace.reports and _has_index(workspace):
            # Quarto's own frame of a page leads there too.
            arguments += ["--variable", f"{ALL_REPORTS}={_INDEX_PAGE}"]
        lacking = Path(folder) / "lacking.json"
        lacking.write_text(json.dumps({"links-lacking": _lacking(job, workspace)}), "utf-8")
        arguments += ["--metadata-file", str(lacking)]
        target.write_text(_pandoc(job.document, arguments), "utf-8")


def _lacking(job: Job, workspace: Workspace) -> list[str]:
    """Name the files beside the page that are neither there nor being made, so that no link leads to them."""
    output = job.output(workspace)
    stems = sorted({job.document.stem, *EVERY_DOCUMENT})
    pages = [f"{stem}.html" for stem in stems if not (job.document.parent / f"{stem}.qmd").is_file()]
    made = {f"{job.document.stem}.{kind}" for kind in job.formats}
    prints = [f"{stem}.pdf" for stem in stems if f"{stem}.pdf" not in made and not (output / f"{stem}.pdf").is_file()]
    return [*pages, *prints]


def _pdf(job: Job, workspace: Workspace, target: Path, texts: together.Texts) -> None:
    source = texts.of(job.document, "pdf") or _typst_source(job, workspace)
    setter = Setter(job.document.parent)
    target.write_bytes(setter.pdf(source.encode("utf-8"), job.document, **dated(source_date())))


def _typst_source(job: Job, workspace: Workspace) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for name in _PARTIALS:
            (Path(folder) / name).write_text(_read(workspace.extension / name), "utf-8")
        template = Path(folder) / "document.typst"
        shutil.copyfile(_DOCUMENT, template)
        arguments = ["--to", "typst", "--template", pandoc.address(template), "--standalone", "--wrap=none"]
        arguments.append(f"--lua-filter={_there(workspace.extension / _BRIEF)}")
        if _is_raised(job.document):
            arguments.append("--shift-heading-level-by=-1")
        return _pandoc(job.document, arguments)


def _is_raised(document: Path) -> bool:
    """Whether sections move up to the title in print: where it is the only heading of the first level, as in Quarto."""
    return not _LEVEL_ONE.search(_FENCED.sub("", read_document(document)))


def dated(moment: int | None) -> dict[str, Any]:
    """Say to typst which standards a PDF follows, and with which date it is made, if with one.

    Parameters
    ----------
    moment : int or None
        As `iapt_report.system.dating.source_date` gives it.

    Returns
    -------
    dict of str to Any
        Arguments of typst's ``compile``.
    """
    if moment is None:
        return {"pdf_standards": PDF_STANDARDS}
    standards = [*PDF_STANDARDS, _ARCHIVE_STANDARD]
    return {"pdf_standards": standards, "timestamp": moment, "sys_inputs": {"dated": "yes"}}


def _docx(job: Job, workspace: Workspace, target: Path, _: together.Texts) -> None:
    reference = _there(workspace.extension / _REFERENCE)
    with tempfile.TemporaryDirectory() as folder:
        pictures.converted(job.document, "png", Path(folder))
        made = Path(folder) / "made.docx"
        arguments = [
            "--to=docx",
            f"--reference-doc={pandoc.address(reference)}",
            f"--resource-path={os.pathsep.join(['.', folder])}",
        ]
        arguments += [f"--lua-filter={_there(workspace.extension / name)}" for name in (_BRIEF, _PRINT)]
        arguments += [f"--output={made}"]
        _pandoc(job.document, arguments)
        target.write_bytes(word.undated(made.read_bytes()))


def _latex(job: Job, workspace: Workspace, target: Path, _: together.Texts) -> None:
    pictures.converted(job.document, "pdf", target.parent)
    arguments = ["--to=latex", f"--template={pandoc.address(_LATEX)}", "--standalone", "--wrap=preserve"]
    arguments += [f"--resource-path={os.pathsep.join(['.', str(target.parent)])}"]
    arguments += [f"--lua-filter={_there(workspace.extension / name)}" for name in (_BRIEF, _PRINT, _LETTERS)]
    target.write_text(_pandoc(job.document, arguments), "utf-8")


def _jats(job: Job, workspace: Workspace, target: Path, _: together.Texts) -> None:
    pictures.converted(job.document, "png", target.parent)
    arguments = ["--to=jats_archiving", "--standalone", "--wrap=preserve"]
    arguments += [f"--resource-path={os.pathsep.join(['.', str(target.parent)])}"]
    arguments += [f"--lua-filter={_there(workspace.extension / name)}" for name in (_BRIEF, _PRINT)]
    target.write_text(jats.labelled(_pandoc(job.document, arguments)), "utf-8")


_WRITERS: Mapping[Format, Callable[[Job, Workspace, Path, together.Texts], None]] = MappingProxyType(
    {"html": _html, "pdf": _pdf, "docx": _docx, "latex": _latex, "jats": _jats}
)


def _pandoc(document: Path, arguments: list[str]) -> str:
    return pandoc.run(document, [f"--lua-filter={_FILTER}", "--citeproc", *arguments])


def _copy_figures(page: Path, folder: Path, stage: Path) -> None:
    """Put the figures that a page shows, which stand in the document's folder, beside it."""
    folder = folder.resolve()
    for name in _FIGURES.findall(page.read_text("utf-8")):
        found = file_at(html.unescape(name), folder)
        source = None if found is None else found.resolve()
        if source is not None and source.is_relative_to(folder):
            target = stage / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _read(path: Path) -> str:
    return _there(path).read_text("utf-8")


def _there(path: Path) -> Path:
    if path.is_file():
        return path
    raise DataError(
        "a file of the documents' look is missing",
        file=path,
        mend="restore it, for example from a new workspace made with `iapt-report init DIR`",
    )
