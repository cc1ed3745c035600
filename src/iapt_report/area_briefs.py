"""One page about one area: where it stands, what its neighbours in deprivation do, and its own history."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report import __version__, atomic, wording
from iapt_report.errors import CallError
from iapt_report.period_folder import AREAS_FILE, PERIOD_FILE, find_periods
from iapt_report.sources.matching import plain_name
from iapt_report.workspace import CONFIGURATION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from iapt_report.area_history import History, Moment
    from iapt_report.area_words import Standing
    from iapt_report.period import Period
    from iapt_report.render.many import Format
    from iapt_report.results import Area, Results
    from iapt_report.workspace import Workspace

AREAS_FOLDER = "areas"
TEMPLATE = "area.qmd.jinja"
# Which state of the data each file of the folder was made from, by its name.
_RECORD_FILE = ".inputs.json"
# In it, of which state every area was given a page; no file has this name.
_EVERY = "every area"
# Codes that are file names on every system, the same in large and small letters.
_PLAIN_CODE = re.compile(r"[A-Z0-9]([A-Z0-9-]{0,38}[A-Z0-9])?")
_DEVICES = re.compile(r"CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9]")
_NOT_PLAIN = re.compile(r"[^A-Z0-9]+")
_READABLE = 40
# What one page has room for: letters of a name in a table, of a code, of a file's name; and files.
_NAME, _CODE, _FILE, _FILES = 60, 40, 50, 3
# As many names as a message can hold.
_NEAREST = 5
# A rate is no closer to another than this but by the computer's arithmetic.
_ROUNDING_ERROR = 1e-9
_NOTICE = "Synthetic data: every area on this page is invented"


@dataclass(frozen=True)
class Choice:
    """The areas to write about, and those of the data that cannot be.

    Parameters
    ----------
    areas : tuple of Area
    every : bool
        Whether these are all areas that there are.
    skipped : int
        Organisations that the analysis leaves out, where all are wanted.
    """

    areas: tuple[Area, ...]
    every: bool = False
    skipped: int = 0


def area_page(code: str) -> str:
    """Name the files of an area's brief, without their suffix.

    Codes come from data, and may hold anything printable: an NHS or ONS code is its own name; of any other, what can
    stand in a file's name is kept, with a digest of the whole behind an underscore, which no plain code has.

    Parameters
    ----------
    code : str
        The area's code.

    Returns
    -------
    str
        Of capital letters, digits, hyphens and small hexadecimal digits; another for every code, also where a file
        system takes large and small letters for the same.
    """
    if _PLAIN_CODE.fullmatch(code) and not _DEVICES.fullmatch(code):
        return code
    kept = _NOT_PLAIN.sub("-", code.upper())[:_READABLE].strip("-")
    return f"{kept}_{hashlib.sha256(code.encode('utf-8')).hexdigest()[:32]}"


def analysed(workspace: Workspace, period: Period) -> Results:
    """Analyse a period without what is simulated, of which a brief says nothing.

    Where an edited document keeps the period's others at earlier results, these are taken, so that no two pages of the
    site disagree.
    """
    from iapt_report.results import Results

    held = _held(workspace, period)
    if held is not None:
        return Results.from_json(held.read_text("utf-8"), held)
    from iapt_report.analysis import analyse
    from iapt_report.outcomes import OUTCOMES
    from iapt_report.period_folder import read_areas

    return analyse(read_areas(workspace.data, period, OUTCOMES[workspace.settings.outcome]), workspace.settings)


def _held(workspace: Workspace, period: Period) -> Path | None:
    """Return the file of the results that a period's documents stand on, where newer ones are only proposed."""
    from iapt_report.drafts import proposal_file
    from iapt_report.results import RESULTS_FILE

    path = workspace.reports / period.id / RESULTS_FILE
    return path if path.is_file() and any(path.parent.glob(proposal_file("*"))) else None


def choose(results: Results, named: Sequence[str]) -> Choice:
    """Choose areas by code or name; all that were analysed where none is named.

    A name is told without its formal words, in large or small letters.

    Raises
    ------
    CallError
        If a name is of no area, of several, or of one that the analysis leaves out.
    """
    if not named:
        return Choice(results.areas, every=True, skipped=len(results.sample.excluded))
    return Choice(tuple(dict.fromkeys(_find(results, name) for name in named)))


def _find(results: Results, asked: str) -> Area:
    """Find one area by its code, else by its name."""
    known: list[Any] = [*results.areas, *results.sample.excluded]
    wanted, plain = asked.strip(), plain_name(asked)
    ways: tuple[Callable[[Any], bool], ...] = (
        lambda area: area.area_code == wanted,
        lambda area: area.area_code.casefold() == wanted.casefold(),
        lambda area: area.area_name.casefold() == wanted.casefold(),
        lambda area: bool(plain) and plain_name(area.area_name) == plain,
    )
    found = next((those for way in ways if (those := [area for area in known if way(area)])), [])
    if len(found) > 1:
        raise CallError(
            f"{asked!r} is the name of {len(found)} areas: {_listed(found)}",
            expected="the code or the name of one area",
            mend="give the code",
        )
    if not found:
        near = _nearest(results.areas, plain, wanted)
        raise CallError(
            f"there is no area {asked!r} in {results.period.id}",
            expected=f"a code or a name, such as {_listed(near)}",
            mend="correct it; a name counts without NHS, CCG and the like, in large or small letters",
        )
    reason = getattr(found[0], "reason", None)
    if reason is not None:
        raise CallError(
            f"{found[0].area_name} ({found[0].area_code}) is not in the analysis of {results.period.id}: {reason}",
            expected="an area that was analysed",
            mend="name another area, or fill in what is missing in the data",
        )
    area: Area = found[0]
    return area


def _nearest(known: Sequence[Area], plain: str, wanted: str) -> list[Area]:
    """Return the areas whose names hold what was asked for, else those whose names or codes are most like it."""
    holding = [area for area in known if plain and plain in plain_name(area.area_name)]
    if holding:
        return holding[:_NEAREST]
    texts: dict[str, Area] = {}
    for area in known:
        texts.setdefault(area.area_code.lower(), area)
        texts.setdefault(plain_name(area.area_name), area)
    like = difflib.get_close_matches(plain or wanted.lower(), texts, n=_NEAREST, cutoff=0.4)
    return list({texts[text].area_code: texts[text] for text in like}.values()) or list(known[:_NEAREST])


def _listed(areas: Sequence[Any]) -> str:
    shown = ", ".join(f"{area.area_name} ({area.area_code})" for area in areas[:_NEAREST])
    return shown if len(areas) <= _NEAREST else f"{shown} and {len(areas) - _NEAREST} more"


@dataclass(frozen=True)
class _Neighbour:
    """A row of the table of neighbours."""

    area: Area
    name: str
    standing: Standing
    here: bool


@dataclass(frozen=True)
class _Then:
    """A row of the table of an area's history."""

    months: str
    rate: float
    standard: float
    national: bool
    standing: Standing
    here: bool


@dataclass(frozen=True)
class _Shared:
    """What every brief of a period says alike."""

    called: str
    outcome: str
    notice: str
    when: str
    sources: str
    paper: Markup
    supplement: Markup
    explained: str
    other_periods: int
    listed: bool


def texts(
    results: Results, chosen: Sequence[Area], past: History, template: Path, *, beside: Path, pdf: bool
) -> list[str]:
    """Write the briefs of areas, as Quarto's Markdown.

    Parameters
    ----------
    results : Results
    chosen : sequence of Area
        Of the results.
    past : History
        The other periods of these areas.
    template : Path
    beside : Path
        The site's folder of the period: pages that are there are linked to.
    pdf : bool
        Whether a PDF stands beside the page.

    Raises
    ------
    DataError
        If the template cannot be filled.
    """
    from iapt_report import area_words
    from iapt_report.documents import filler

    fill = filler(template)
    ordered = area_words.by_deprivation(results)
    places = {area.area_code: place for place, area in enumerate(ordered)}
    shared = _shared(results, past, beside)
    return [
        fill(r=results, a=area, page=_page(results, area, ordered, places[area.area_code], past, shared, pdf=pdf))
        for area in chosen
    ]


def _shared(results: Results, past: History, beside: Path) -> _Shared:
    from iapt_report import area_words

    r_squared = results.regression.rank_r_squared
    return _Shared(
        called=area_words.noun(results),
        outcome=area_words.outcome_in_plain_words(results),
        notice=_NOTICE if results.period.synthetic else "",
        when=wording.when(results.period),
        sources=_sources(results),
        paper=_link("paper", beside),
        supplement=_link("supplement", beside),
        explained="" if r_squared is None else wording.share_explained(r_squared),
        other_periods=past.others,
        listed=(beside / "areas.html").is_file(),
    )


def _sources(results: Results) -> str:
    """Name the files that the figures are from, as many as the page has room for."""
    from iapt_report.area_words import shortened

    names = [shortened(source.file, _FILE) for source in results.provenance.sources]
    more = len(names) - _FILES
    return wording.joined([*names[:_FILES], f"{wording.how_many(more, 'other file')}"] if more > 0 else names or [""])


def _link(name: str, beside: Path) -> Markup:
    """Refer to a document of the period: on a page by a link, where the document is there."""
    from markupsafe import Markup

    if not (beside / f"{name}.html").is_file():
        return Markup(name)  # noqa: S704 - a fixed word
    return Markup(  # noqa: S704 - a fixed word
        f'[[{name}](../{name}.html)]{{.content-visible when-format="html"}}'
        f'[{name}]{{.content-hidden when-format="html"}}'
    )


def _page(
    results: Results, area: Area, ordered: Sequence[Area], place: int, past: History, shared: _Shared, *, pdf: bool
) -> dict[str, Any]:
    """Return what the template needs of one area beside its figures."""
    from iapt_report import area_figure, area_words
    from iapt_report.documents import escape

    standard, benchmark = wording.exact_percent(results.standard.value), wording.percent(area.adjusted_low)
    usual = wording.percent(area.adjusted_rate)
    nearby = area_words.neighbourhood(ordered, place)
    kind, code = (area_words.shortened(text, _CODE) for text in (results.provenance.area_type, area.area_code))
    known = area.rate_low is not None and area.rate_high is not None
    stem = area_page(area.area_code)
    return {
        **{name: getattr(shared, name) for name in _Shared.__dataclass_fields__},
        # In the document's head, text is Markdown too.
        "title": escape(area.area_name),
        "subtitle": f"{wording.sentence(results.outcome.words)} in NHS talking therapies, {results.period.months} "
        f"· {escape(kind)} {escape(code)}",
        "just_below_standard": area_words.is_just_below(area.recovery_rate, standard),
        "just_below_benchmark": area_words.is_just_below(area.recovery_rate, benchmark),
        "from_standard": area_words.apart(area.recovery_rate, standard, below=area.below_national),
        "from_usual": area_words.apart(
            area.recovery_rate, usual, below=area.recovery_rate < area.adjusted_rate - _ROUNDING_ERROR
        ),
        "from_benchmark": area_words.apart(area.recovery_rate, benchmark, below=area.below_adjusted),
        "chance": area_words.chance(area),
        "few_patients": area_words.few_patients(area),
        "cases_stand_in": results.outcome.cases == "at_caseness"
        and results.sample.rates.cases_known < results.sample.areas
        and area.cases == area.finished_treatment,
        "rounding_shows": known and wording.percent(area.rate_low) != wording.percent(area.rate_high),
        "limits": area_words.limits(results, area),
        "picture": f"{stem}.svg",
        "picture_alt": area_figure.alt_text(results, area, shared.called),
        "neighbours_compared": area_words.neighbours_compared(area, nearby, shared.called),
        "neighbours": [
            _Neighbour(
                other,
                area_words.shortened(other.area_name, _NAME),
                area_words.standing(other),
                other.area_code == area.area_code,
            )
            for other in nearby
        ],
        "history": _history(results, area, past.moments.get(area.area_code, ())),
        "unshown": past.unshown.get(area.area_code, 0),
        "pdf": f"{stem}.pdf" if pdf else "",
    }


def _history(results: Results, area: Area, others: Sequence[Moment]) -> list[_Then]:
    """Put an area's other periods and this one in order of time; nothing where there is no other."""
    from iapt_report.area_history import moment
    from iapt_report.area_words import standing

    if not others:
        return []
    every = sorted((*others, moment(results, area)), key=lambda one: one.start)
    return [
        _Then(
            one.months,
            one.area.recovery_rate,
            one.standard,
            one.national,
            standing(one.area),
            one.period == results.period.id,
        )
        for one in every
    ]


@dataclass(frozen=True)
class Made:
    """What was made: the folder in the site, the files there, and the formats of which there are earlier ones."""

    folder: Path
    files: tuple[Path, ...]
    earlier: tuple[Format, ...]


def write(
    results: Results,
    choice: Choice,
    past: History,
    workspace: Workspace,
    period: Period,
    formats: Sequence[Format],
    *,
    made: Callable[[], None] = lambda: None,
) -> Made:
    """Typeset the briefs of areas into ``report/<period>/areas``, and copy them to the site.

    What is there changes only when all is made: where the work is stopped, what was there stays. With every area, the
    pages of areas that are no longer analysed go.

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
    from iapt_report import area_figure, area_words
    from iapt_report.render.many import FORMATS, Page, render

    template = workspace.templates / TEMPLATE
    source = workspace.reports / results.period.id / AREAS_FOLDER
    site = workspace.site / "report" / results.period.id / AREAS_FOLDER
    written = texts(results, choice.areas, past, template, beside=site.parent, pdf="pdf" in formats)
    drawn = area_figure.background(results, area_words.noun(results))
    position = {area.area_code: place for place, area in enumerate(results.areas)}
    pages = [
        Page(area_page(area.area_code), text, area_figure.marked(drawn, position[area.area_code]))
        for area, text in zip(choice.areas, written, strict=True)
    ]
    names = [f"{page.stem}.{kind}" for page in pages for kind in formats]
    record = {**_recorded(source), **dict.fromkeys(names, _inputs(workspace, period))}
    for folder in (source.parent, site.parent):
        atomic.sweep(folder)
    changing = atomic.exchanging if choice.every else atomic.staging
    with changing(site) as copies, changing(source) as stage:
        render(pages, formats, workspace, stage, template, made=made)
        for name in names:
            atomic.write_bytes(copies / name, (stage / name).read_bytes())
        if choice.every:
            _clear_others(copies, {page.stem for page in pages})
            _clear_others(stage, {page.stem for page in pages})
            record = {name: digest for name, digest in record.items() if (stage / name).is_file()}
        if len(choice.areas) == len(results.areas):
            record[_EVERY] = _inputs(workspace, period)
        atomic.write_text(stage / _RECORD_FILE, json.dumps(record) + "\n")
    others = (kind for kind in FORMATS if kind not in formats)
    earlier = tuple(kind for kind in others if any((site / f"{page.stem}.{kind}").is_file() for page in pages))
    return Made(site, tuple(site / name for name in names), earlier)


def _clear_others(folder: Path, stems: Collection[str]) -> None:
    """Remove the pages of other areas than these."""
    from iapt_report.render.many import FORMATS

    for path in folder.iterdir():
        if path.suffix.removeprefix(".") in FORMATS and path.stem not in stems:
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
    try:
        listed = json.loads((folder / _RECORD_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in listed.items()} if isinstance(listed, dict) else {}


def _inputs(workspace: Workspace, period: Period) -> str:
    """Digest what a period's briefs are made from, by content: other periods of its kind are in their histories.

    Where the period's documents are held at earlier results, these count too.
    """
    alike = [other.id for other in find_periods(workspace.data) if other.kind == period.kind]
    files = [workspace.data / name / file for name in alike for file in (AREAS_FILE, PERIOD_FILE)]
    digest = hashlib.sha256(__version__.encode())
    for path in (*files, workspace.root / CONFIGURATION, workspace.templates / TEMPLATE):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"\0{path.parent.name}/{path.name}\0{len(content)}\0".encode() + content)
    held = _held(workspace, period)
    if held is not None:
        digest.update(held.read_bytes())
    return digest.hexdigest()
