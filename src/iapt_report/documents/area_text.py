"""The text of one page about one area: where it stands, its neighbours in deprivation, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iapt_report.analysis.history import changes
from iapt_report.documents.area_files import area_page, map_file, picture_file
from iapt_report.documents.escaping import yaml
from iapt_report.documents.sentence import Sentence
from iapt_report.documents.vocabulary import of_period
from iapt_report.figures import area_on_map, tile_map
from iapt_report.system.dating import source_date
from iapt_report.words import area_brief, deprivation, next_step, numbers, one_area, patient_models, sentences
from iapt_report.words.findings import findings_of
from iapt_report.words.markdown import escape, said
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markupsafe import Markup

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.history import History, Moment
    from iapt_report.analysis.results import Results
    from iapt_report.words.findings import Findings


# Letters of a code that one page has room for.
_CODE = 40
_NOTICE = "Synthetic data: the figures of areas here are invented"


@dataclass(frozen=True)
class _Shared:
    """What every brief of a period says alike."""

    called: str
    periods: str
    notice_line: Sentence
    paper: Markup
    supplement: Markup
    gradient: Sentence
    explained: Sentence
    no_history: Sentence
    whom: Sentence
    foot: Sentence
    listed: bool


def texts(
    results: Results,
    chosen: Sequence[Area],
    past: History,
    template: Path,
    *,
    beside: Path,
    pdf: bool,
    contact: str = "",
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
    contact : str
        Whom to write to; empty where nobody is named.

    Raises
    ------
    DataError
        If the template cannot be filled.
    """
    from iapt_report.documents.templates import filler

    fill, found = filler(template), findings_of(results)
    ordered = area_brief.by_deprivation(results)
    places = {area.area_code: place for place, area in enumerate(ordered)}
    shared, said, where = _shared(found, past, beside, contact), of_period(found), tile_map.placed(results)

    def page(area: Area) -> dict[str, Any]:
        return {
            **_page(found, area, ordered, places[area.area_code], past, shared, pdf=pdf),
            "map": map_file(area.area_code),
            "map_caption": Sentence(area_on_map.caption(where, area)),
            "map_alt": area_on_map.alt_text(where, area),
        }

    return [fill(r=results, a=area, page=page(area), **said) for area in chosen]


def _shared(found: Findings, past: History, beside: Path, contact: str) -> _Shared:
    results, called = found.results, area_brief.noun(found.results)
    return _Shared(
        called=called,
        periods=one_area.PERIODS[results.period.kind],
        notice_line=Sentence(f"notice: {yaml(_NOTICE)}" if results.period.synthetic else ""),
        paper=_link("paper", beside),
        supplement=_link("supplement", beside),
        gradient=Sentence(deprivation.of_one_area(found, called)),
        explained=Sentence(deprivation.share_of_one_area(found)),
        no_history=Sentence(one_area.no_history(found, past.others)),
        whom=Sentence(one_area.whom(found, sentences.when(results.period))),
        foot=Sentence(one_area.foot(found, contact, _made_on())),
        listed=(beside / "areas.html").is_file(),
    )


def _made_on() -> str:
    """Give the date that the environment sets for what is built, in words; empty where it sets none."""
    seconds = source_date()
    if seconds is None:
        return ""
    day = datetime.fromtimestamp(seconds, UTC)
    return f"{day.day} {day:%B %Y}"


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
    found: Findings, area: Area, ordered: Sequence[Area], place: int, past: History, shared: _Shared, *, pdf: bool
) -> dict[str, Any]:
    """Return what the template needs of one area beside its figures."""
    from iapt_report.figures.one_area import alt_text

    results, level = found.results, found.level.confidence
    nearby = area_brief.neighbourhood(ordered, place)
    kind, code = (area_brief.shortened(text, _CODE) for text in (results.provenance.area_type, area.area_code))
    moments = _moments(results, area, past.moments.get(area.area_code, ()))
    changed = changes(moments, level)
    latest = next(
        (change for one, change in zip(moments, changed, strict=True) if one.period == results.period.id), None
    )
    asked = next_step.to_ask(found, area, nearby)
    sentences_of_area = {
        "warning": one_area.warning(found, area),
        "headline": one_area.headline(found, area),
        "standing_rows": one_area.standing_rows(found, area),
        "chance_and_rounding": one_area.chance_and_rounding(found, area),
        "short_of_standard": one_area.short_of_standard(found, area),
        "expected_of_patients": said(one_area.expected_of_patients(found, area), patient_models.of_area(found, area)),
        "in_the_list": one_area.in_the_list(found, area),
        "next_step": next_step.words(found, area, nearby, latest),
        "definitions": one_area.definitions(found, area),
        "services_rows": one_area.services_rows(found, area),
        "fifths_rows": one_area.fifths_rows(found, area),
        "fifths_note": one_area.fifths_note(found, area),
        "neighbours_rows": one_area.neighbours_rows(area, area_brief.listed(nearby, area, asked)),
        "neighbours_compared": area_brief.neighbours_compared(area, nearby, shared.called),
        "history_rows": one_area.history_rows(moments, changed, results.period.id),
        "history_note": one_area.history_note(latest, past.unshown.get(area.area_code, 0), found.level.words),
        "redrawn": one_area.redrawn(found, past.redrawn.get(area.area_code, ())),
    }
    return {
        **{name: getattr(shared, name) for name in _Shared.__dataclass_fields__},
        **{name: Sentence(text) for name, text in sentences_of_area.items()},
        # In the document's head, text is Markdown too.
        "title": escape(named(area)),
        "subtitle": f"{numbers.sentence(found.outcome)} in NHS talking therapies, {results.period.months} "
        f"· {escape(kind)} {escape(code)}",
        "picture": picture_file(area.area_code),
        "picture_alt": alt_text(results, area, shared.called),
        "links": _links(shared, f"{area_page(area.area_code)}.pdf" if pdf else ""),
    }


def _links(shared: _Shared, pdf: str) -> Sentence:
    """Lead from the page to its print and to every area, as far as these are there."""
    links = (
        (bool(pdf), "This page as PDF", pdf),
        (shared.listed, f"Every {shared.called} of the period", "../areas.html"),
    )
    return Sentence(" · ".join(f"[{words}]({address})" for there, words, address in links if there))


def _moments(results: Results, area: Area, others: Sequence[Moment]) -> list[Moment]:
    """Put an area's other periods and this one in order of time; nothing where there is no other."""
    from iapt_report.analysis.history import moment

    return sorted((*others, moment(results, area)), key=lambda one: one.start) if others else []
