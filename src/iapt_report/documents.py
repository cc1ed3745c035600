"""Results and templates into the Quarto documents of one period."""

from __future__ import annotations

import json
import re
import traceback
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iapt_report import atomic, brief, brief_figure, exports, figures, svg_images, wording
from iapt_report.area_briefs import AREAS_FOLDER, area_page
from iapt_report.drafts import Document, Draft, drafts, placing, proposal_file
from iapt_report.errors import DataError
from iapt_report.reference import PERIOD_ID
from iapt_report.results import RESULTS_FILE, Results
from iapt_report.settings import Settings
from iapt_report.workspace import PARTS, read_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from markupsafe import Markup

    from iapt_report.stats.correlation import Correlation
    from iapt_report.stats.regression import Term
    from iapt_report.workspace import Author, Paper, Workspace

PAPER = "paper"
SUPPLEMENT = "supplement"
BRIEF = "brief"
AREAS = "areas"
# The list of all periods, which is of none of them.
INDEX = "index"
# Each from its own template, templates/<name>.qmd.jinja; a workspace has that of the paper at least.
DOCUMENTS = (PAPER, SUPPLEMENT, BRIEF, AREAS)
# Tables to search in, not to print.
PAGES_ONLY = frozenset({AREAS})
FIGURES: dict[str, Callable[[Results], Any]] = {
    "figure-ds1.svg": figures.scatter,
    "figure-funnels.svg": figures.funnels,
    "figure-fair.svg": figures.fair_services,
    "figure-brief.svg": brief_figure.two_benchmarks,
}
# What the points of a figure say of themselves.
POINTS: dict[str, Callable[[Results], tuple[figures.Point, ...]]] = {"figure-ds1.svg": figures.area_points}

# The last day of the 2016 study's quarter, and how many of its 211 areas each benchmark flagged.
_STUDIED_UNTIL = date(2014, 9, 30)
_STUDY_SHARES = (153, 91)
_NOTICE = "Synthetic data: every area in this document is invented"
# Letters that fit into any window.
_LONG_WORD = 24
# What Markdown, Quarto's shortcodes or typographic replacement would read as more than the character it is.
_MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>#$@|~^!&+="]|(?<![^\W_])'|'(?![^\W_])|-(?=-)|(?<=-)-|^-|\.(?=\.)|(?<=\.)\.|:(?=:)"""
)

_SPACE = re.compile(r"[ \t\r\n]+")
_PARAGRAPHS = re.compile(r"\n[ \t\r]*\n")
# Holds the place of a part until the template's text is in order, so that the part stays as it was written.
_PART_PLACE = re.compile("\x00([a-z_]+)\x00")
_NO_PARTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Page:
    """What the template needs beside the results, in Markdown: the user's own text is escaped."""

    title: str
    subtitle: str
    running_head: str
    notice: str
    figure_alt: str
    funnels_alt: str
    fair_alt: str
    brief_alt: str
    claims: tuple[Any, ...]
    when: str
    start: str
    later: bool
    reproduces: bool
    authors: tuple[Any, ...]
    keywords: tuple[str, ...]
    own: Mapping[str, Any]
    documents: tuple[str, ...]
    area_pages: Collection[str]


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


def template_of(name: str, templates: Path) -> Path:
    """Return the path of a document's template."""
    return templates / f"{name}.qmd.jinja"


def documents_of(templates: Path) -> tuple[str, ...]:
    """Name the documents that a folder of templates makes: the paper, and the others whose template is there."""
    return tuple(name for name in DOCUMENTS if name == PAPER or template_of(name, templates).is_file())


def area_pages_in(folder: Path) -> frozenset[str]:
    """Name the pages of single areas that stand in a period's folder, without their suffix."""
    return frozenset(path.stem for path in (folder / AREAS_FOLDER).glob("*.html"))


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
) -> str:
    """Fill the template of one document.

    Parameters
    ----------
    name : str
        One of `DOCUMENTS`.
    results : Results
    templates : Path
        The folder with ``<name>.qmd.jinja``.
    paper : Paper
        The user's title, authors and statements.
    parts : mapping of str to str
        What the user has written by hand, by the names of `iapt_report.workspace.PARTS`: put in as it is.
    area_pages : collection of str
        The areas that have a page of their own, by its name without suffix; see `area_pages_in`.

    Raises
    ------
    DataError
        If the template is missing, wrong, or names what does not exist.
    """
    path = template_of(name, templates)
    page = _page(results, paper, parts, documents_of(templates), area_pages)
    text = filler(path)(r=results, page=page, **_at_level(results.settings.confidence))
    own = {_field_of(part): written for part, written in parts.items()}
    return _PART_PLACE.sub(lambda place: own[place[1]], text)


def filler(path: Path) -> Callable[..., str]:
    """Read a template, and return what fills it with values, given by name, as often as is needed.

    Raises
    ------
    DataError
        If the template is missing or wrong; what is returned, if it names what does not exist.
    """
    import jinja2

    try:
        template = _environment(path.parent).get_template(path.name)
    except jinja2.TemplateNotFound as error:
        raise DataError(
            f"there is no template {error.name}",
            file=path,
            mend="restore it, for example from a new workspace made with `iapt-report init DIR`",
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise DataError(
            f"the template cannot be read: {error.message}", file=path, row=error.lineno, mend="correct this line"
        ) from None

    def fill(**values: object) -> str:
        try:
            text = template.render(**values)
        except (jinja2.TemplateError, _NotTextError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            raise DataError(
                f"the template cannot be filled: {error}",
                file=path,
                row=_line_of(error, path),
                expected="names that exist: r (the results), page (title, authors), and the wording functions",
                mend="correct this line",
            ) from None
        return re.sub(r"[ \t]+$", "", re.sub(r"\n{3,}", "\n\n", text), flags=re.MULTILINE)

    return fill


def escape(text: str) -> str:
    """Write plain text so that Markdown shows it as it is, on one line."""
    return _MARKUP.sub(lambda match: "\\" + match[0], _SPACE.sub(" ", text))


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
            outdated = _draw(results, folder, stage, missing_only=bool(proposed))
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


def _draw(results: Results, folder: Path, stage: Path, *, missing_only: bool) -> frozenset[str]:
    """Draw the figures into a stage, and return the names of images in the folder that show them as they were."""
    outdated: set[str] = set()
    for file, draw in FIGURES.items():
        plot = None if missing_only and (folder / file).is_file() else draw(results)
        if plot is None:
            continue
        drawn = figures.as_svg(plot, POINTS[file](results) if file in POINTS else ())
        atomic.write_bytes(stage / file, drawn)
        changed = _bytes_of(folder / file) != drawn
        if changed:
            outdated.update(images_of(file))
        for kind in svg_images.PICTURES:
            name = Path(file).with_suffix(f".{kind}").name
            # Word and LaTeX take no SVG, and Quarto has nothing of its own to convert it with.
            if changed or not (folder / name).is_file():
                atomic.write_bytes(stage / name, svg_images.converted(stage / file, kind))
                outdated.discard(name)
    return frozenset(outdated)


def images_of(figure: str) -> list[str]:
    """Name the files of a figure's images for submission, which stand beside it where they were asked for."""
    return [Path(figure).with_suffix(suffix).name for suffix in figures.IMAGE_SUFFIXES]


def write_images(folder: Path) -> tuple[str, ...]:
    """Write each figure that stands in a period's folder also as images for submission, from the results beside it.

    Parameters
    ----------
    folder : Path
        As `write_period` left it.

    Returns
    -------
    tuple of str
        The names of the images, in the order of `FIGURES`; none where there are no results.

    Raises
    ------
    DataError
        If the results there are not of this version.
    """
    path = folder / RESULTS_FILE
    if not path.is_file():
        return ()
    results = Results.from_json(path.read_text("utf-8"), path)
    made: list[str] = []
    with atomic.staging(folder) as stage:
        for file, draw in FIGURES.items():
            plot = draw(results)
            if plot is None:
                continue
            for name, image in zip(images_of(file), figures.as_images(plot).values(), strict=True):
                atomic.write_bytes(stage / name, image)
                made.append(name)
    return tuple(made)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _is_held(path: Path, facts: str, kept: list[Draft]) -> bool:
    """Whether the results that are there stay, and all that rests on them, because an edited document does."""
    if not path.is_file():
        return any(draft.new for draft in kept)
    return bool(kept) and path.read_bytes() != facts.encode("utf-8")


def _page(
    results: Results,
    paper: Paper,
    parts: Mapping[str, str],
    documents: tuple[str, ...],
    area_pages: Collection[str],
) -> Page:
    period = results.period
    # The months stay on one line of the title.
    months = period.months.replace(" ", wording.SPACE)
    title = escape(paper.title).replace(r"\{months\}", months).replace(r"\{period\}", period.id)
    title = title.replace(r"\{outcome\}", results.outcome.words)
    return Page(
        title=title,
        subtitle=_subtitle(results),
        running_head=f"{escape(paper.running_head)} · {period.id}".replace(r"\{outcome\}", results.outcome.words),
        notice=_NOTICE if period.synthetic else "",
        figure_alt=figures.scatter_alt(results),
        funnels_alt=figures.funnels_alt(results),
        fair_alt=figures.fair_services_alt(results),
        brief_alt=brief_figure.two_benchmarks_alt(results),
        claims=_claims(results),
        when=wording.when(period),
        start=period.start.isoformat(),
        later=period.start > _STUDIED_UNTIL,
        reproduces=_reproduces_the_study(results),
        authors=tuple(_author(author) for author in paper.authors),
        keywords=tuple(escape(keyword) for keyword in paper.keywords),
        own=_own_texts(paper, parts),
        documents=documents,
        area_pages=area_pages,
    )


def _author(author: Author) -> dict[str, Any]:
    """Give an author's fields, escaped; the affiliations are together in one text too."""
    places = [escape(place) for place in author.places]
    return {
        "name": escape(author.name),
        "affiliation": "; ".join(places),
        "places": places,
        "orcid": author.orcid,
        "email": escape(author.email),
        "corresponding": author.corresponding,
    }


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
    from iapt_report.claims import check_claims, shipped_claims

    return check_claims(shipped_claims(), results) if _reproduces_the_study(results) else ()


def _subtitle(results: Results) -> str:
    period = results.period
    named = {"quarter": f"quarter {period.id[-1]} of {period.id[:7]}", "year": f"financial year {period.id}"}
    text = f"The 2016 study of deprivation and recovery, repeated for {named.get(period.kind, period.months)}"
    return f"{text} {wording.DASH} synthetic data" if period.synthetic else text


def _reproduces_the_study(results: Results) -> bool:
    """Whether these are the reference quarter's invented areas under the study's own settings."""
    shares = (results.classification.below_national.n, results.classification.below_adjusted.n)
    return (
        results.period.synthetic
        and results.period.id == PERIOD_ID
        and results.settings == Settings()
        and shares == _STUDY_SHARES
    )


class _NotTextError(Exception):
    """A template printed something that is not text."""


def _environment(templates: Path) -> Any:
    import jinja2
    from markupsafe import Markup

    def finalize(value: object) -> Markup:
        if isinstance(value, jinja2.Undefined):
            str(value)  # raises, naming what is undefined
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return Markup(escape(value))  # noqa: S704 - escaped for Markdown just now
        raise _NotTextError(f"{value!r} is printed without a wording function")

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=finalize,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = _yaml
    environment.filters["attribute"] = _attribute
    environment.filters["code"] = _code
    environment.filters["html"] = _html
    environment.globals.update({name: _trusted(function) for name, function in _WORDING.items()})
    environment.globals.update(
        abs=abs,
        tendency=wording.tendency,
        gradient=wording.gradient,
        significant=wording.is_significant,
        printed_within=wording.printed_within,
        below_standard_bounds=wording.below_standard_bounds,
        more_from_average=wording.more_from_average,
        plural=wording.plural,
        one_test_alone=wording.one_test_alone,
        alpha=wording.alpha,
        most_and_least_deprived=wording.most_and_least_deprived,
        exclusions_by_reason=wording.exclusions_by_reason,
        outliers_on_both_sides=wording.outliers_on_both_sides,
        small_expected_counts=wording.small_expected_counts,
        most_named=figures.MOST_NAMED,
        cleared=brief.cleared,
        added=brief.added,
        most_listed=brief.MOST_LISTED,
        published_files=brief.published_files,
        is_published=brief.is_published,
        listed=_listed,
        settings_listed=_settings_listed,
    )
    return environment


def _trusted(function: Callable[..., str]) -> Callable[..., Markup]:
    """Wrap a wording function, whose text is made of numbers and fixed words, so that it is not escaped."""
    from markupsafe import Markup

    def wrapped(*args: Any, **kwargs: Any) -> Markup:
        return Markup(function(*args, **kwargs))  # noqa: S704 - no text from data gets in

    return wrapped


def _yaml(text: str) -> Markup:
    """Write text as a YAML value; JSON's strings are YAML's too."""
    from markupsafe import Markup

    return Markup(json.dumps(str(text), ensure_ascii=False))  # noqa: S704


def _attribute(text: str) -> Markup:
    """Write text as the value of an attribute in pandoc's Markdown."""
    from markupsafe import Markup

    # The angle bracket goes as a character reference, so that no shortcode of Quarto's can stand in it.
    quoted = str(text).replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\").replace('"', '\\"')
    return Markup(f'"{quoted}"')  # noqa: S704


def _html(text: str) -> Markup:
    """Write text within HTML, on one line."""
    from markupsafe import Markup
    from markupsafe import escape as escape_html

    return Markup(escape_html(_SPACE.sub(" ", str(text))))  # noqa: S704 - escaped just now


def _listed(names: list[str]) -> Markup:
    """List area names, escaped: "a, b and c"."""
    from markupsafe import Markup

    return Markup(wording.joined([escape(name) for name in names]))  # noqa: S704


def _settings_listed(results: Results) -> list[tuple[str, str]]:
    """Give each setting's name and its value as `iapt-report.toml` would have it."""
    return [(name, _setting(value)) for name, value in results.settings.model_dump().items()]


def _setting(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, float):
        return f"{Decimal(repr(value)).normalize():f}"
    return str(value)


def _code(text: str) -> Markup:
    """Write a word as code, which in a narrow window breaks where it is long; other text stays plain."""
    from markupsafe import Markup

    if not re.fullmatch(r"\w+", text):
        return Markup(escape(text))  # noqa: S704 - escaped for Markdown just now
    breaks = '{style="white-space: normal; overflow-wrap: anywhere"}' if len(text) > _LONG_WORD else ""
    return Markup(f"`{text}`{breaks}")  # noqa: S704 - a word holds no markup


def _at_level(confidence: float) -> dict[str, Callable[..., Any]]:
    """Give the wording of tests, as it is where results below one minus the level of intervals are significant."""
    bound = wording.alpha(confidence)
    return {
        "significant": partial(wording.is_significant, alpha=bound),
        "tendency": partial(wording.tendency, alpha=bound),
        "p_value": _trusted(partial(wording.p_value, alpha=bound)),
        "p_cell": _trusted(partial(wording.p_cell, alpha=bound)),
        "correlation_cells": _trusted(partial(_correlation_cells, alpha=bound)),
    }


def _correlation_cells(correlation: Correlation, alpha: float = wording.ALPHA) -> str:
    """Give the cells ρ, interval, P and number of areas of a table's row."""
    limits = wording.interval(correlation.ci_low, correlation.ci_high)
    p = wording.p_cell(correlation.p, alpha=alpha)
    return " | ".join((wording.decimal(correlation.rho), limits, p, wording.count(correlation.n)))


def _ranks_interval(term: Term, ranks: int) -> str:
    """Give the interval of a slope for a number of ranks, in percentage points."""
    if term.ci_low is None or term.ci_high is None:
        return wording.NOT_COMPUTED
    return wording.interval(term.ci_low * ranks, term.ci_high * ranks, 2, as_percent=True)


def _trimmed_range(results: Results) -> str:
    """Give the range of recovery rates without extreme outliers, in per cent."""
    rates = [area.recovery_rate for area in results.areas if not area.outlier]
    return wording.interval(min(rates), max(rates), 1, as_percent=True) if rates else wording.NOT_COMPUTED


def _points_interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Give an interval of a difference of rates, in percentage points."""
    return wording.interval(low, high, digits, as_percent=True)


def _claim_cells(checked: Any) -> str:
    """Give the cells of a claim: what is claimed, as printed, as computed, and the verdict."""
    from iapt_report.claims import computed_as_printed, printed_with_unit

    words = checked.claim.words
    # A Greek letter stays small.
    shown = (
        wording.sentence(words) if words[:1].isascii() else words,
        printed_with_unit(checked.claim),
        computed_as_printed(checked),
        checked.verdict,
    )
    return " | ".join(map(escape, shown))


def _reasons_counted(results: Results) -> str:
    """Give the rows of a table of the reasons for leaving organisations out, with their numbers."""
    groups = wording.exclusions_by_reason(results)
    return "\n".join(f"| Left out: {escape(reason)} | {wording.count(len(names))} |" for reason, names in groups)


_WORDING: dict[str, Callable[..., str]] = {
    **{
        function.__name__: function
        for function in (
            wording.decimal,
            wording.count,
            wording.percent,
            wording.percentage_points,
            wording.exact_percent,
            wording.setting_number,
            wording.placed,
            wording.benchmark_range,
            wording.p_value,
            wording.p_cell,
            wording.interval,
            wording.rank,
            wording.count_range,
            wording.level,
            wording.beyond_level,
            wording.number_word,
            wording.number_or_none,
            wording.number_or_count,
            wording.share_explained,
            wording.how_many,
            wording.of_areas,
            wording.of_those,
            wording.beyond_chance,
            wording.small_points,
            wording.sentence,
            wording.strength,
            wording.kappa_words,
            wording.correlation_text,
        )
    },
    "correlation_cells": _correlation_cells,
    "ranks_interval": _ranks_interval,
    "area_page": area_page,
    "trimmed_range": _trimmed_range,
    "points_interval": _points_interval,
    "claim_cells": _claim_cells,
    "reasons_counted": _reasons_counted,
    "reached": brief.reached,
    "gap_range": brief.gap_range,
    "low_beyond_chance": brief.low_beyond_chance,
    "by_chance": brief.by_chance,
}


def _line_of(error: BaseException, path: Path) -> int | None:
    """Find the line of the template that an error came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
