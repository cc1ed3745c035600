"""Many short documents at once with the embedded engine: a pandoc and a typst compiler a processor, each for many.

A pandoc started for each document takes longer to start than to work, and a typst compiler to read its fonts.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from iapt_report.figures import svg_images
from iapt_report.figures.points import POINTS_ID, without_island
from iapt_report.render import embedded, pandoc, word
from iapt_report.render.choices import SHEET_FORMATS
from iapt_report.render.jobs import chosen_of
from iapt_report.render.setting import Setter
from iapt_report.system import all_or_none, environment, programs
from iapt_report.system.converter import pandoc_for_many
from iapt_report.system.dating import source_date
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iapt_report.render.choices import SheetFormat
    from iapt_report.workspace.place import Workspace

_SCRIPT = Path(__file__).parent / "many.lua"
_DOTS_PER_INCH = 220
# What the template multiplies its sizes with.
_SCALES = ("1", "0.93", "0.87", "0.81", "0.75", "0.7")
_OVER = "the document has more than one page"
_REFUSE_MORE_PAGES = f'\n#context if here().page() > 1 {{ panic("{_OVER}") }}\n'.encode()


@dataclass(frozen=True)
class Sheet:
    """A document of one page to make.

    Parameters
    ----------
    stem : str
        The name of its files, of letters, digits, hyphens and underscores.
    text : str
        Quarto's Markdown.
    pictures : mapping of str to str
        The SVG drawings that it may show, by their names as the text has them.
    """

    stem: str
    text: str
    pictures: Mapping[str, str]


def render(
    sheets: Sequence[Sheet],
    formats: Sequence[SheetFormat],
    workspace: Workspace,
    targets: Sequence[Path],
    template: Path,
    *,
    made: Callable[[], None] = lambda: None,
    seconds: float = pandoc.SECONDS,
) -> dict[str, DataError]:
    """Typeset documents, each in every format, into folders.

    Parameters
    ----------
    sheets : sequence of Sheet
    formats : sequence of {"html", "pdf", "docx"}
    workspace : Workspace
        Whose extension gives the look.
    targets : sequence of Path
        Folders that are there, in each of which every file is put; nobody else is at work in them. HTML pages hold
        their pictures and style, so that each is one file; a PDF is one page.
    template : Path
        What the documents were written from, for messages.
    made : callable
        Called, from any thread, after each document.
    seconds : float
        How long pandoc may take with one.

    Returns
    -------
    dict of str to DataError
        Why a document cannot be set, by its stem, in the order of the sheets: it is in no format in the folders, and
        the others are.

    Raises
    ------
    CallError
        If sheets are not made into such a format.
    DataError
        If pandoc refuses a document; some of the others may then be in the folders.
    """
    from concurrent.futures import ThreadPoolExecutor

    chosen_of(SHEET_FORMATS, formats)
    workers = min(len(sheets), os.cpu_count() or 1) or 1
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(workers) as pool:
        folder = Path(place)
        embedded.lay_out(workspace, folder)
        for sheet in sheets:
            (folder / f"{sheet.stem}.qmd").write_text(sheet.text, "utf-8")
            for name, picture in sheet.pictures.items():
                (folder / name).write_text(picture, "utf-8")
        script = embedded.script_of_points(workspace)
        shares = [
            _Share(sheets[start::workers], formats, folder, targets, template, script, seconds)
            for start in range(workers)
        ]
        stop = threading.Event()
        running = [pool.submit(_typeset, share, made, stop) for share in shares]
        failed: dict[str, DataError] = {}
        try:
            for share in running:
                failed |= share.result()
        finally:
            # Where one fails or the user interrupts, the others need not go on.
            stop.set()
    return {sheet.stem: failed[sheet.stem] for sheet in sheets if sheet.stem in failed}


@dataclass(frozen=True)
class _Share:
    """What one processor does."""

    sheets: Sequence[Sheet]
    formats: Sequence[SheetFormat]
    folder: Path
    targets: Sequence[Path]
    template: Path
    script: str
    seconds: float


def _typeset(share: _Share, made: Callable[[], None], stop: threading.Event) -> dict[str, DataError]:
    """Read documents from pandoc as it writes them, and finish each; return why one cannot be set, by its stem."""
    setters, failed = _setters(share.folder), dict[str, DataError]()
    if "docx" in share.formats:
        for sheet in share.sheets:
            if stop.is_set():
                return failed
            _as_png(sheet, share, setters[_SCALES[0]].compiler)
    sheets = {sheet.stem: sheet for sheet in share.sheets}
    order = share.folder / f"{share.sheets[0].stem}.list"
    order.write_text("\n".join((" ".join(share.formats), *sheets)) + "\n", "utf-8")
    said = share.folder / f"{share.sheets[0].stem}.said"
    with said.open("w+", encoding="utf-8", errors="replace") as stderr:
        process = programs.Running(
            [*pandoc_for_many(), "lua", str(_SCRIPT), str(share.folder), order.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            env=environment.of_child(),
        )
        late = threading.Event()
        with process:
            try:
                assert process.stdout is not None  # noqa: S101 - it was asked for
                while line := _next_line(process, process.stdout, late, share.seconds):
                    if stop.is_set():
                        process.kill()
                        return failed
                    sheet = sheets[line.rstrip("\n")]
                    try:
                        _finish(sheet, share, setters)
                    except DataError as error:
                        failed[sheet.stem] = error
                    made()
            except BaseException:
                process.kill()
                raise
        if late.is_set():
            raise pandoc.unfinished(share.template, share.seconds)
        stderr.seek(0)
        pandoc.refuse_complaints(process.returncode, stderr.read(), share.template)
    return failed


def _next_line(process: subprocess.Popen[str], said: IO[str], late: threading.Event, seconds: float) -> str:
    """Read what a process says next, and end it where it says nothing for too long."""

    def end() -> None:
        late.set()
        process.kill()

    clock = threading.Timer(seconds, end)
    clock.daemon = True
    clock.start()
    try:
        return said.readline()
    finally:
        clock.cancel()


def _setters(folder: Path) -> dict[str, Setter]:
    """Give what sets a document at each scale, the largest first."""
    inputs = embedded.dated(source_date()).get("sys_inputs", {})
    return {scale: Setter(folder, {**inputs, "scale": scale}) for scale in _SCALES}


def _finish(sheet: Sheet, share: _Share, setters: Mapping[str, Setter]) -> None:
    """Put a document that pandoc has written into the target folders, in each format, or in none."""
    contents = {f"{sheet.stem}.{kind}": _content(kind, sheet, share, setters) for kind in share.formats}
    for name, content in contents.items():
        for target in share.targets:
            all_or_none.put(target / name, content)


def _content(kind: SheetFormat, sheet: Sheet, share: _Share, setters: Mapping[str, Setter]) -> bytes:
    """Return the file of a document in one of its formats."""
    if kind == "pdf":
        return _one_page(sheet, share, setters)
    written = (share.folder / f"{sheet.stem}.{kind}").read_bytes()
    if kind == "docx":
        return word.undated(written)
    return _with_pictures(written.decode("utf-8"), sheet, share.script).encode("utf-8")


def _with_pictures(text: str, sheet: Sheet, script: str) -> str:
    """Put a page's pictures into it, and the points of those that hold any, with the script that makes them answer."""
    islands: list[str] = []
    for image, whole in sheet.pictures.items():
        picture, points = without_island(whole)
        held = base64.b64encode(picture.encode("utf-8")).decode("ascii")
        source = f'src="data:image/svg+xml;base64,{held}"'
        if points:
            own = f"{POINTS_ID}-{len(islands) + 1}"
            islands.append(f'<script type="application/json" id="{own}">{points}</script>\n')
            source += f' data-points="{own}"'
        text = text.replace(f'src="{image}"', source)
    if not islands:
        return text
    head, end, tail = text.rpartition("</body>")
    return f"{head}{''.join(islands)}<script>\n{script}</script>\n{end}{tail}"


def _one_page(sheet: Sheet, share: _Share, setters: Mapping[str, Setter]) -> bytes:
    """Set a document as PDF, at the largest scale that keeps it on one page."""
    source = (share.folder / f"{sheet.stem}.typ").read_bytes()
    settings = {name: value for name, value in embedded.dated(source_date()).items() if name != "sys_inputs"}
    for scale, setter in setters.items():
        whole = source if scale == _SCALES[-1] else source + _REFUSE_MORE_PAGES
        try:
            return setter.pdf(whole, share.template, **settings)
        except DataError as error:
            if _OVER not in error.problem:
                raise DataError(
                    f"{error.problem} (page {sheet.stem})",
                    file=share.template,
                    expected=error.expected,
                    mend=error.mend,
                ) from None
    raise AssertionError  # the smallest scale refuses nothing


def _as_png(sheet: Sheet, share: _Share, compiler: Any) -> None:
    """Write a page's pictures as Word takes them."""
    for name in sheet.pictures:
        drawn = compiler.compile(svg_images.page_with(name), format="png", ppi=_DOTS_PER_INCH)
        (share.folder / name).with_suffix(".png").write_bytes(bytes(drawn))
