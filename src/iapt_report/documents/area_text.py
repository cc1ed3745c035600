"""The text of one page about one area: where it stands, its neighbours in deprivation, its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iapt_report.areas.rates import is_below
from iapt_report.documents.area_files import area_page
from iapt_report.words import numbers, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markupsafe import Markup

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.history import History, Moment
    from iapt_report.analysis.results import Results
    from iapt_report.words.area_brief import Standing


# What one page has room for: letters of a name in a table, of a code, of a file's name; and files.
_NAME, _CODE, _FILE, _FILES = 60, 40, 50, 3
_NOTICE = "Synthetic data: every area on this page is invented"


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
    from iapt_report.documents.templates import filler
    from iapt_report.words import area_brief

    fill = filler(template)
    ordered = area_brief.by_deprivation(results)
    places = {area.area_code: place for place, area in enumerate(ordered)}
    shared = _shared(results, past, beside)
    return [
        fill(r=results, a=area, page=_page(results, area, ordered, places[area.area_code], past, shared, pdf=pdf))
        for area in chosen
    ]


def _shared(results: Results, past: History, beside: Path) -> _Shared:
    from iapt_report.words import area_brief

    r_squared = results.regression.rank_r_squared
    return _Shared(
        called=area_brief.noun(results),
        outcome=area_brief.outcome_in_plain_words(results),
        notice=_NOTICE if results.period.synthetic else "",
        when=sentences.when(results.period),
        sources=_sources(results),
        paper=_link("paper", beside),
        supplement=_link("supplement", beside),
        explained="" if r_squared is None else numbers.share_explained(r_squared),
        other_periods=past.others,
        listed=(beside / "areas.html").is_file(),
    )


def _sources(results: Results) -> str:
    """Name the files that the figures are from, as many as the page has room for."""
    from iapt_report.words.area_brief import shortened

    names = [shortened(source.file, _FILE) for source in results.provenance.sources]
    more = len(names) - _FILES
    return numbers.joined([*names[:_FILES], f"{numbers.how_many(more, 'other file')}"] if more > 0 else names or [""])


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
    from iapt_report.documents.escaping import escape
    from iapt_report.figures import one_area
    from iapt_report.words import area_brief

    standard, benchmark = numbers.exact_percent(results.standard.value), numbers.percent(area.adjusted_low)
    usual = numbers.percent(area.adjusted_rate)
    nearby = area_brief.neighbourhood(ordered, place)
    kind, code = (area_brief.shortened(text, _CODE) for text in (results.provenance.area_type, area.area_code))
    known = area.rate_low is not None and area.rate_high is not None
    stem = area_page(area.area_code)
    return {
        **{name: getattr(shared, name) for name in _Shared.__dataclass_fields__},
        # In the document's head, text is Markdown too.
        "title": escape(area.area_name),
        "subtitle": f"{numbers.sentence(results.outcome.words)} in NHS talking therapies, {results.period.months} "
        f"· {escape(kind)} {escape(code)}",
        "just_below_standard": area_brief.is_just_below(area.recovery_rate, standard),
        "just_below_benchmark": area_brief.is_just_below(area.recovery_rate, benchmark),
        "from_standard": area_brief.apart(area.recovery_rate, standard, below=area.below_national),
        "from_usual": area_brief.apart(
            area.recovery_rate, usual, below=is_below(area.recovery_rate, area.adjusted_rate)
        ),
        "from_benchmark": area_brief.apart(area.recovery_rate, benchmark, below=area.below_adjusted),
        "chance": area_brief.chance(area),
        "few_patients": area_brief.few_patients(area),
        "cases_stand_in": results.outcome.cases == "at_caseness"
        and results.sample.rates.cases_known < results.sample.areas
        and area.cases == area.finished_treatment,
        "rounding_shows": known and numbers.percent(area.rate_low) != numbers.percent(area.rate_high),
        "limits": area_brief.limits(results, area),
        "picture": f"{stem}.svg",
        "picture_alt": one_area.alt_text(results, area, shared.called),
        "neighbours_compared": area_brief.neighbours_compared(area, nearby, shared.called),
        "neighbours": [
            _Neighbour(
                other,
                area_brief.shortened(other.area_name, _NAME),
                area_brief.standing(other),
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
    from iapt_report.analysis.history import moment
    from iapt_report.words.area_brief import standing

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
