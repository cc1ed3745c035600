"""The pages about single areas of a period: analysed, typeset, and placed all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.areas.folder import AREAS_FILE, PERIOD_FILE, find_periods
from iapt_report.documents.area_files import AREAS_FOLDER, TEMPLATE, area_page, map_file, picture_file
from iapt_report.documents.kinds import template_files
from iapt_report.system import all_or_none, digests, records
from iapt_report.workspace.leftovers import at_work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.history import History
    from iapt_report.analysis.results import Results
    from iapt_report.areas.period import Period
    from iapt_report.render.choices import SheetFormat
    from iapt_report.render.many import Sheet
    from iapt_report.site.area_choice import Choice
    from iapt_report.system.errors import DataError
    from iapt_report.workspace.place import Workspace


# Which state of the data each file of the folder was made from, by its name.
_INPUTS_FILE = ".inputs.json"
# In it, of which state every area was given a page; no file has this name.
_EVERY = "every area"


def analysed(workspace: Workspace, period: Period) -> Results:
    """Analyse a period without what is simulated, of which a brief says nothing.

    Where an edited document keeps the period's others at earlier results, these are taken, so that no two pages of the
    site disagree.
    """
    from iapt_report.analysis.results import Results

    held = _held(workspace, period)
    if held is not None:
        return Results.from_file(held)
    from iapt_report.analysis.study import analyse
    from iapt_report.areas.folder import read_areas
    from iapt_report.areas.outcomes import OUTCOMES

    settings = workspace.of(period).settings
    return analyse(read_areas(workspace.data, period, OUTCOMES[settings.outcome]), settings)


def _held(workspace: Workspace, period: Period) -> Path | None:
    """Return the file of the results that a period's documents stand on, where newer ones are only proposed."""
    from iapt_report.documents.beside import RESULTS_FILE
    from iapt_report.documents.drafts import proposal_file

    path = workspace.reports / period.id / RESULTS_FILE
    return path if path.is_file() and any(path.parent.glob(proposal_file("*"))) else None


@dataclass(frozen=True)
class Made:
    """What was made of the pages asked for.

    Parameters
    ----------
    folder : Path
        In the site.
    files : tuple of Path
        Those that are there now.
    areas : int
        How many areas they are about.
    failed : mapping of str to DataError
        Why the page of an area cannot be made, by the area's code; what was there of it stays.
    earlier : tuple of {"html", "pdf", "docx"}
        The formats of which there are earlier ones.
    """

    folder: Path
    files: tuple[Path, ...]
    areas: int
    failed: Mapping[str, DataError]
    earlier: tuple[SheetFormat, ...]


@dataclass(frozen=True)
class Prepared:
    """The briefs of areas, written and drawn, and not yet typeset.

    Parameters
    ----------
    results : Results
    choice : Choice
    workspace : Workspace
    formats : tuple of {"html", "pdf", "docx"}
    sheets : tuple of Sheet
    inputs : str
        What they were made from.
    """

    results: Results
    choice: Choice
    workspace: Workspace
    formats: tuple[SheetFormat, ...]
    sheets: tuple[Sheet, ...]
    inputs: str


def write(
    results: Results,
    choice: Choice,
    past: History,
    workspace: Workspace,
    period: Period,
    formats: Sequence[SheetFormat],
    *,
    made: Callable[[], None] = lambda: None,
) -> Made:
    """Write the briefs of areas, typeset them and put them in their places: `prepare`, then `place`.

    Parameters
    ----------
    results : Results
    choice : Choice
    past : History
    workspace : Workspace
    period : Period
        That of the results.
    formats : sequence of {"html", "pdf", "docx"}
    made : callable
        Called after each area, from any thread.
    """
    return place(prepare(results, choice, past, workspace, period, formats), made=made)


def prepare(
    results: Results,
    choice: Choice,
    past: History,
    workspace: Workspace,
    period: Period,
    formats: Sequence[SheetFormat],
) -> Prepared:
    """Write the briefs of areas and draw their pictures; the arguments are those of `write`."""
    from iapt_report.documents.area_text import texts

    inputs = _inputs(workspace, period)
    site = workspace.site / workspace.reports.name / results.period.id / AREAS_FOLDER
    written = texts(
        results,
        choice.areas,
        past,
        workspace.templates / TEMPLATE,
        beside=site.parent,
        pdf="pdf" in formats,
        contact=workspace.of(period).paper.contact,
    )
    sheets = _sheets(results, choice.areas, written)
    return Prepared(results, choice, workspace, tuple(formats), tuple(sheets), inputs)


def place(prepared: Prepared, *, made: Callable[[], None] = lambda: None) -> Made:
    """Typeset briefs into ``report/<period>/areas``, and copy them to the site.

    What is there changes only when all is made: where the work is stopped, what was there stays. With every area, the
    pages of areas that are no longer analysed go. Where some pages cannot be made, the others are.

    Parameters
    ----------
    prepared : Prepared
    made : callable
        Called after each area, from any thread.

    Raises
    ------
    DataError
        If none can be made, or the template is wrong.
    """
    from iapt_report.render.many import render

    results, choice, workspace = prepared.results, prepared.choice, prepared.workspace
    formats, sheets, inputs = prepared.formats, prepared.sheets, prepared.inputs
    source = workspace.reports / results.period.id / AREAS_FOLDER
    site = workspace.site / workspace.reports.name / results.period.id / AREAS_FOLDER
    folders = [folder.relative_to(workspace.root) for folder in (source, site)]
    with at_work(workspace), all_or_none.changing(workspace.root, AREAS_FOLDER, folders) as stages:
        stage, copies = (stages / folder for folder in folders)
        unmade = render(sheets, formats, workspace, (stage, copies), workspace.templates / TEMPLATE, made=made)
        if len(unmade) == len(sheets) > 0:
            raise next(iter(unmade.values()))
        names = [f"{sheet.stem}.{kind}" for sheet in sheets if sheet.stem not in unmade for kind in formats]
        record = {**_recorded(stage), **dict.fromkeys(names, inputs)}
        if choice.every:
            for folder in (copies, stage):
                _clear_others(folder, {sheet.stem for sheet in sheets})
            record = {name: record[name] for name in record if (stage / name).is_file()}
        if len(choice.areas) == len(results.areas) and not unmade:
            record[_EVERY] = inputs
        records.write(stage / _INPUTS_FILE, record)
    codes = {area_page(area.area_code): area.area_code for area in choice.areas}
    failed = {codes[stem]: error for stem, error in unmade.items()}
    files = tuple(site / name for name in names)
    return Made(site, files, len(sheets) - len(unmade), failed, _earlier(site, sheets, formats))


def _earlier(site: Path, sheets: Sequence[Sheet], formats: Sequence[SheetFormat]) -> tuple[SheetFormat, ...]:
    """Name the formats, of those not made now, of which the site has pages of the same areas."""
    from iapt_report.render.choices import SHEET_FORMATS

    others = (kind for kind in SHEET_FORMATS if kind not in formats)
    return tuple(kind for kind in others if any((site / f"{sheet.stem}.{kind}").is_file() for sheet in sheets))


def _sheets(results: Results, areas: Sequence[Area], written: Sequence[str]) -> list[Sheet]:
    """Put the text of each area's page together with its pictures, in which the area is marked."""
    from iapt_report.figures import area_on_map, one_area, tile_map
    from iapt_report.render.many import Sheet
    from iapt_report.words import area_brief

    drawn = one_area.background(results, area_brief.noun(results))
    ground = area_on_map.background(tile_map.placed(results))
    position = {area.area_code: place for place, area in enumerate(results.areas)}

    def pictures(area: Area) -> dict[str, str]:
        made = {
            picture_file(area.area_code): one_area.marked(drawn, position[area.area_code]),
            map_file(area.area_code): area_on_map.marked(ground, area),
        }
        return {name: picture for name, picture in made.items() if picture}

    return [Sheet(area_page(area.area_code), text, pictures(area)) for area, text in zip(areas, written, strict=True)]


def _clear_others(folder: Path, stems: Collection[str]) -> None:
    """Remove the pages of other areas than these."""
    from iapt_report.render.choices import SHEET_FORMATS

    for path in folder.iterdir():
        if path.suffix.removeprefix(".") in SHEET_FORMATS and path.stem not in stems:
            path.unlink()


def outdated(workspace: Workspace, period: Period) -> int:
    """Count the files of areas' briefs that were made from other data, settings or template than are there now."""
    folder = workspace.reports / period.id / AREAS_FOLDER
    recorded = _recorded(folder)
    there = [name for name in recorded if (folder / name).is_file()]
    now = _inputs(workspace, period) if there else ""
    return sum(recorded[name] != now for name in there)


def has_every(workspace: Workspace, period: Period) -> bool:
    """Whether every area of a period has a page, made from the data, settings and template that are there now."""
    folder = workspace.reports / period.id / AREAS_FOLDER
    recorded = _recorded(folder)
    whole = all((folder / name).is_file() for name in recorded if name != _EVERY)
    return whole and recorded.get(_EVERY) == _inputs(workspace, period)


def _recorded(folder: Path) -> dict[str, str]:
    """Return what each file of a folder was made from, as far as it is known."""
    return {name: str(digest) for name, digest in records.read(folder / _INPUTS_FILE).items()}


def _inputs(workspace: Workspace, period: Period) -> str:
    """Digest what a period's briefs are made from, by content: other periods of its kind are in their histories.

    Where the period's documents are held at earlier results, these count too.
    """
    alike = [other.id for other in find_periods(workspace.data) if other.kind == period.kind]
    files = [workspace.data / name / file for name in alike for file in (AREAS_FILE, PERIOD_FILE)]
    files += template_files(workspace.templates / TEMPLATE)
    held = _held(workspace, period)
    return digests.made_from(
        (__version__, *workspace.of(period).choices), (*files, *([held] if held else ())), workspace.root
    )
