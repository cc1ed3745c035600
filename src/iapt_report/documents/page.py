"""The text of one document of a period: its template filled from results, settings and the user's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import indent
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iapt_report.documents.area_places import places_of
from iapt_report.documents.escaping import attribute, yaml
from iapt_report.documents.kinds import (
    AREAS,
    BRIEF,
    CHANGES,
    PAPER,
    SUPPLEMENT,
    DocumentKind,
    documents_of,
    kind_of,
    template_of,
)
from iapt_report.documents.sentence import Sentence
from iapt_report.documents.templates import filler
from iapt_report.documents.vocabulary import of_change, of_period
from iapt_report.figures import axis, study, tile_map, two_benchmarks
from iapt_report.system.dating import source_date
from iapt_report.words import cited, made_from, numbers, sample, sentences
from iapt_report.words.findings import findings_of, reproduces_the_study
from iapt_report.words.markdown import escape, said
from iapt_report.workspace.parts import PARTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from markupsafe import Markup

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.since import Since
    from iapt_report.words.findings import Findings
    from iapt_report.workspace.paper import Author, Paper


_NOTICE = "Synthetic data: the figures of areas here are invented"
# What the user may declare, each under a heading of its own, in the order of the paper.
_DECLARATION = (("declaration_of_interest", "Declaration of interest"),)
_STATEMENTS = (("funding", "Funding"), ("acknowledgements", "Acknowledgements"))
# An address that can stand between angle brackets as a link; another is left out rather than be markup.
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+")
_PARAGRAPHS = re.compile(r"\n[ \t\r]*\n")
# Holds the place of a part until the template's text is in order, so that the part stays as it was written.
_PART_PLACE = re.compile("(?m:^( *))?\x00([a-z_]+)\x00")
# The citation style of papers that name none of their own, from the workspace's folder.
_STYLE = "_extensions/iapt/superscript.csl"
# The parts that take the place of a section of the paper: its template, and what stands in its place.
_SECTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "abstract": ("paper/abstract.jinja", "\n  << own.abstract >>\n"),
        "whole-discussion": ("paper/discussion.jinja", "## Discussion\n\n<< own.whole_discussion >>\n"),
    }
)
_NO_PARTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Page:
    """What the template needs beside the results, in Markdown: the user's own text is escaped."""

    title: str
    subtitle: str
    running_head: str
    notice: str
    figure_alt: Markup
    funnels_alt: str
    fair_alt: str
    brief_alt: str
    figure_beyond: Sentence
    brief_beyond: Sentence
    map_alt: str
    map_caption: Sentence
    claims: tuple[Any, ...]
    when: str
    reproduces: bool
    later: bool
    authors: tuple[Any, ...]
    author: Sentence
    imprint: Sentence
    links: Sentence
    notice_line: Sentence
    head: Sentence
    own_lines: Sentence
    style: Sentence
    declaration: Markup
    statements: Markup
    organisations: Sentence
    files: Sentence
    keywords: tuple[str, ...]
    own: Mapping[str, Any]
    documents: tuple[str, ...]
    printed: tuple[DocumentKind, ...]
    area_pages: Collection[str]
    places: Mapping[str, tuple[str, ...]]


def paper_text(results: Results, templates: Path, paper: Paper, parts: Mapping[str, str] = _NO_PARTS) -> str:
    """Fill the paper's template; see `document_text`."""
    return document_text(PAPER, results, templates, paper, parts)


def document_text(
    name: str,
    results: Results,
    templates: Path,
    paper: Paper,
    parts: Mapping[str, str] = _NO_PARTS,
    area_pages: Collection[str] = (),
    since: Since | None = None,
    stem: str = "",
) -> str:
    """Fill the template of one document.

    Parameters
    ----------
    name : str
        One of `iapt_report.documents.kinds.EVERY_DOCUMENT`.
    results : Results
    templates : Path
        The folder with ``<name>.qmd.jinja``.
    paper : Paper
        The user's title, authors and statements.
    parts : mapping of str to str
        What the user has written by hand, by the names of `iapt_report.workspace.parts.PARTS`: put in as it is.
    area_pages : collection of str
        The areas that have a page of their own, by its name without suffix; see
        `iapt_report.documents.area_files.area_pages_in`.
    since : Since, optional
        The period beside an earlier one, of which a document of its own tells.
    stem : str
        How the files of that document begin, where it is not the one of the last period; it stands alone then.

    Raises
    ------
    DataError
        If the template is missing, wrong, or names what does not exist.
    """
    path = template_of(name, templates)
    documents = documents_of(templates, since=since is not None)
    page = _page(name, results, paper, parts, documents, area_pages)
    compared: dict[str, Any] = {"since": None} if name == BRIEF else {}
    if since is not None and name in (BRIEF, CHANGES):
        compared = of_change(since, results, stem or CHANGES, paper=not stem)
    fill, found = filler(path, _replaced(parts)), findings_of(results)
    text = fill(r=results, page=page, own=page.own, **of_period(found), **compared)
    own = {_field_of(part): written for part, written in parts.items()}
    return _PART_PLACE.sub(lambda place: indent(own[place[2]], place[1] or ""), text)


def _replaced(parts: Mapping[str, str]) -> dict[str, str]:
    """Give the sections of the paper that the user has written instead of the template's, as templates."""
    return {_SECTIONS[part][0]: _SECTIONS[part][1] for part in _SECTIONS if part in parts}


def _page(
    name: str,
    results: Results,
    paper: Paper,
    parts: Mapping[str, str],
    documents: tuple[str, ...],
    area_pages: Collection[str],
) -> Page:
    period, found = results.period, findings_of(results)
    supplement = SUPPLEMENT in documents
    # The months stay on one line of the title.
    months = period.months.replace(" ", numbers.SPACE)
    title = escape(paper.title).replace(r"\{months\}", months).replace(r"\{period\}", period.id)
    title = title.replace(r"\{outcome\}", results.outcome.words)
    authors = tuple(_author(author) for author in paper.authors)
    keywords, own = tuple(escape(keyword) for keyword in paper.keywords), _own_texts(paper, parts)
    notice = _NOTICE if period.synthetic else ""
    notice_line = f"notice: {yaml(notice)}" if notice else ""
    organisations = (
        sample.in_short(found)
        if supplement
        else said(sample.source(found), sample.flow(found), sample.left_out_alone(found))
    )
    author = _author_lines(authors, corresponding=name == PAPER)
    keyword_lines = "\n".join(["keywords:", *(f"  - {yaml(keyword)}" for keyword in keywords or found.keywords)])
    style = f"csl: {yaml(f'../../{paper.csl or _STYLE}')}"
    running_head = f"{escape(paper.running_head)} · {period.id}".replace(r"\{outcome\}", results.outcome.words)
    subtitle = _subtitle(results)
    head = "\n".join(filter(None, (f"title: {yaml(title)}", f"subtitle: {yaml(subtitle)}", author)))
    last = (f"running-head: {yaml(running_head)}", f"period-start: {yaml(period.start.isoformat())}", style)
    return Page(
        title=title,
        subtitle=subtitle,
        running_head=running_head,
        notice=notice,
        figure_alt=attribute(study.scatter_alt(results)),
        funnels_alt=study.funnels_alt(results),
        fair_alt=study.fair_services_alt(results),
        figure_beyond=Sentence(axis.note(study.scatter_axis(results))),
        brief_beyond=Sentence(axis.note(two_benchmarks.brief_axis(results))),
        brief_alt=two_benchmarks.two_benchmarks_alt(results),
        map_alt=tile_map.tile_map_alt(results),
        map_caption=Sentence(tile_map.caption(results)),
        claims=_claims(results),
        when=sentences.when(period),
        reproduces=reproduces_the_study(results),
        later=found.later,
        authors=authors,
        author=Sentence(author),
        imprint=Sentence(_imprint(paper)),
        links=_links(documents),
        notice_line=Sentence(notice_line),
        head=Sentence(head),
        own_lines=Sentence("\n".join(filter(None, (keyword_lines, notice_line, _cited(found), *last)))),
        style=Sentence(style),
        declaration=_statements(own, _DECLARATION),
        statements=_statements(own, _STATEMENTS),
        organisations=Sentence(organisations),
        files=Sentence("" if supplement else made_from.files_and_settings(found)),
        keywords=keywords,
        own=own,
        documents=documents,
        # The list of areas is also written anew by itself, whether there is an earlier period or not.
        printed=tuple(kind for kind in map(kind_of, documents) if kind.printed and kind.name != CHANGES),
        area_pages=area_pages,
        places=places_of(results) if name == AREAS else {},
    )


def _author(author: Author) -> dict[str, Any]:
    """Give an author's fields, escaped; the affiliations are together in one text too."""
    places = [escape(place) for place in author.places]
    return {
        "name": escape(author.name),
        "affiliation": "; ".join(places),
        "places": places,
        "orcid": author.orcid,
        # An address is no text whose apostrophe becomes a closing quote.
        "email": escape(author.email).replace("'", "\\'"),
        "corresponding": author.corresponding,
    }


def _author_lines(authors: tuple[dict[str, Any], ...], *, corresponding: bool) -> str:
    """Give the authors as the lines of YAML that Quarto asks for; nothing where there are none."""
    lines = ["author:"] if authors else []
    for author in authors:
        lines.append(f"  - name: {yaml(author['name'])}")
        if author["places"]:
            lines.append("    affiliations:")
            lines += [f"      - name: {yaml(place)}" for place in author["places"]]
        lines += [f"    {field}: {yaml(author[field])}" for field in ("orcid", "email") if author[field]]
        if corresponding and author["corresponding"]:
            lines.append("    corresponding: true")
    return "\n".join(lines)


def _imprint(paper: Paper) -> str:
    """Say when it was written and whom to ask, as far as the user says so, or the environment sets a date."""
    seconds = source_date()
    written = paper.date or (None if seconds is None else datetime.fromtimestamp(seconds, UTC).date())
    when = (
        "" if written is None else f"Written on {written.day}{numbers.SPACE}{written:%B}{numbers.SPACE}{written.year}."
    )
    contacts = [
        f"{escape(author.name)}, <{author.email.strip()}>"
        for author in paper.authors
        if author.corresponding and _ADDRESS.fullmatch(author.email.strip())
    ]
    return said(when, f"Contact: {numbers.joined(contacts)}." if contacts else "")


def _statements(own: Mapping[str, Any], asked: tuple[tuple[str, str], ...]) -> Markup:
    """Give what the user declares, each under its heading."""
    from markupsafe import Markup

    declared = [Markup("## {}\n\n{}").format(heading, own[field]) for field, heading in asked if own[field]]
    return Markup("\n\n").join(declared)


def _cited(found: Findings) -> str:
    """Give the period's own sources as the lines of YAML that a citation processor asks for."""
    lines = []
    for entry in cited.entries(found):
        lines += [f"  - id: {entry['id']}", f"    type: {entry['type']}"]
        lines += [f"    author: [{{literal: {yaml(str(entry['author']))}}}]", f"    title: {yaml(str(entry['title']))}"]
        lines += [f"    issued: {entry['year']}", f"    note: {yaml(str(entry['note']))}"]
    return "\n".join(["references:", *lines] if lines else [])


def _links(documents: tuple[str, ...]) -> Sentence:
    """Give the links from the paper to the other documents that there are, as lines of YAML."""
    lines = []
    for kind in map(kind_of, documents):
        if kind.name != PAPER:
            text = kind.title if kind.printed else numbers.sentence(kind.says.partition(",")[0])
            icon = "file-text" if kind.printed else "search"
            lines += [f"  - text: {text}", f"    icon: {icon}", f"    href: {kind.name}.html"]
    return Sentence("\n".join(lines))


def _own_texts(paper: Paper, parts: Mapping[str, str]) -> dict[str, Markup]:
    """Give what the user says at each place of the paper: the place of a part, or an escaped text; else nothing."""
    from markupsafe import Markup

    found = {}
    for part in PARTS:
        field = _field_of(part)
        paragraphs = _PARAGRAPHS.split(getattr(paper, field, "").strip())
        plain = "\n\n".join(escape(paragraph.strip()) for paragraph in paragraphs)
        found[field] = Markup(f"\x00{field}\x00" if part in parts else plain)  # noqa: S704 - escaped just now
    return found


def _field_of(part: str) -> str:
    return part.replace("-", "_")


def _claims(results: Results) -> tuple[Any, ...]:
    """Check the 2016 paper's printed claims where the data were made to reproduce them; elsewhere there are none."""
    from iapt_report.documents.claims import check_claims, shipped_claims

    return check_claims(shipped_claims(), results) if reproduces_the_study(results) else ()


def _subtitle(results: Results) -> str:
    period = results.period
    named = {"quarter": f"quarter {period.id[-1]} of {period.id[:7]}", "year": f"financial year {period.id}"}
    text = f"The 2016 study of deprivation and recovery, repeated for {named.get(period.kind, period.months)}"
    return f"{text} {numbers.DASH} synthetic data" if period.synthetic else text
