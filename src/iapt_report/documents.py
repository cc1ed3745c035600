"""Results and templates into the Quarto documents of one period."""

from __future__ import annotations

import hashlib
import json
import re
import traceback
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from iapt_report import atomic, figures, wording
from iapt_report.errors import DataError
from iapt_report.reference import PERIOD_ID
from iapt_report.results import RESULTS_FILE, Results
from iapt_report.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from markupsafe import Markup

    from iapt_report.stats.correlation import Correlation
    from iapt_report.stats.regression import Term
    from iapt_report.workspace import Paper, Workspace

PAPER = "paper"
FIGURE_FILE = "figure-ds1.svg"
RECORD_FILE = ".generated.json"
PROPOSAL_FILE = f"{PAPER}.new.qmd.txt"
REPLACED_FILE = f"{PAPER}.replaced.qmd.txt"

# The last day of the 2016 study's quarter, and how many of its 211 areas each benchmark flagged.
_STUDIED_UNTIL = date(2014, 9, 30)
_STUDY_SHARES = (153, 91)
_NOTICE = "Synthetic data: every area in this document is invented"
# What Markdown, Quarto's shortcodes or typographic replacement would read as more than the character it is.
_MARKUP = re.compile(
    r"""[\\`*_{}\[\]<>#$@|~^!&+="]|(?<![^\W_])'|'(?![^\W_])|-(?=-)|(?<=-)-|^-|\.(?=\.)|(?<=\.)\.|:(?=:)"""
)

_SPACE = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True)
class Page:
    """What the template needs beside the results, in Markdown: the user's own text is escaped."""

    title: str
    subtitle: str
    running_head: str
    notice: str
    figure_alt: str
    when: str
    later: bool
    reproduces: bool
    authors: tuple[Any, ...]


@dataclass(frozen=True)
class Written:
    """What was written for a period, and the document that a person had edited, if one was kept."""

    folder: Path
    document: Path
    kept: bool
    proposal: Path | None


def paper_text(results: Results, templates: Path, paper: Paper) -> str:
    """Fill the paper's template.

    Parameters
    ----------
    results : Results
    templates : Path
        The folder with ``paper.qmd.jinja``.
    paper : Paper
        The user's title and authors.

    Raises
    ------
    DataError
        If the template is missing, wrong, or names what does not exist.
    """
    import jinja2

    name = f"{PAPER}.qmd.jinja"
    path = templates / name
    try:
        template = _environment(templates).get_template(name)
        text = template.render(r=results, page=_page(results, paper))
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
    except (jinja2.UndefinedError, _NotTextError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise DataError(
            f"the template cannot be filled: {error}",
            file=path,
            row=_line_of(error, path),
            expected="names that exist: r (the results), page (title, authors), and the wording functions",
            mend="correct this line",
        ) from None
    return re.sub(r"[ \t]+$", "", re.sub(r"\n{3,}", "\n\n", text), flags=re.MULTILINE)


def escape(text: str) -> str:
    """Write plain text so that Markdown shows it as it is, on one line."""
    return _MARKUP.sub(lambda match: "\\" + match[0], _SPACE.sub(" ", text))


def write_period(results: Results, workspace: Workspace, *, replace_edited: bool = False) -> Written:
    """Write one period's documents, figure and results under ``report/<period>``.

    A document that a person has edited since it was generated is kept, with the figure and the results that it was
    written from; if data, settings or template now give something else, that is written beside it, as a proposal.
    Where an edited document is replaced, a copy of it stays beside the new one.

    Parameters
    ----------
    results : Results
    workspace : Workspace
    replace_edited : bool
        Whether to overwrite an edited document.
    """
    folder = workspace.reports / results.period.id
    document = folder / f"{PAPER}.qmd"
    text = paper_text(results, workspace.templates, workspace.paper)
    figure = figures.as_svg(figures.scatter(results))
    recorded = _recorded(folder)
    edited = document.is_file() and _digest(read_document(document)) != recorded and not replace_edited
    proposal = folder / PROPOSAL_FILE if edited and _digest(text) != recorded else None
    with atomic.staging(folder) as stage:
        if proposal:
            atomic.write_text(stage / proposal.name, text)
        else:
            atomic.write_text(stage / RESULTS_FILE, results.to_json())
            atomic.write_bytes(stage / FIGURE_FILE, figure)
        if not edited:
            if (
                replace_edited
                and document.is_file()
                and _digest(read_document(document)) not in {recorded, _digest(text)}
            ):
                atomic.write_text(stage / REPLACED_FILE, read_document(document))
            atomic.write_text(stage / document.name, text)
            atomic.write_text(stage / RECORD_FILE, json.dumps({document.name: _digest(text)}) + "\n")
    if not proposal:
        (folder / PROPOSAL_FILE).unlink(missing_ok=True)
    return Written(folder, document, kept=edited, proposal=proposal)


def read_document(document: Path) -> str:
    """Read a document that a person may have edited.

    Raises
    ------
    DataError
        If it is not UTF-8.
    """
    try:
        return document.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"this is not UTF-8: {error.reason} at byte {error.start}",
            file=document,
            expected="a document saved as UTF-8",
            mend="save it as UTF-8, or replace it with `iapt-report build --overwrite`",
        ) from None


def _recorded(folder: Path) -> str | None:
    """Return the digest of the document as it was last generated, if known."""
    try:
        return str(json.loads((folder / RECORD_FILE).read_text("utf-8"))[f"{PAPER}.qmd"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _page(results: Results, paper: Paper) -> Page:
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
        when=wording.when(period),
        later=period.start > _STUDIED_UNTIL,
        reproduces=_reproduces_the_study(results),
        authors=tuple(
            {field: escape(value) for field, value in author.model_dump().items()} for author in paper.authors
        ),
    )


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
    environment.globals.update({name: _trusted(function) for name, function in _WORDING.items()})
    environment.globals.update(
        abs=abs,
        tendency=wording.tendency,
        gradient=wording.gradient,
        significant=wording.is_significant,
        printed_within=wording.printed_within,
        most_and_least_deprived=wording.most_and_least_deprived,
        exclusions_by_reason=wording.exclusions_by_reason,
        outliers_on_both_sides=wording.outliers_on_both_sides,
        small_expected_counts=wording.small_expected_counts,
        most_named=figures.MOST_NAMED,
        listed=_listed,
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


def _listed(names: list[str]) -> Markup:
    """List area names, escaped: "a, b and c"."""
    from markupsafe import Markup

    return Markup(wording.joined([escape(name) for name in names]))  # noqa: S704


def _correlation_cells(correlation: Correlation) -> str:
    """Give the cells ρ, interval, P and number of areas of a table's row."""
    limits = wording.interval(correlation.ci_low, correlation.ci_high)
    cells = (wording.decimal(correlation.rho), limits, wording.p_cell(correlation.p), wording.count(correlation.n))
    return " | ".join(cells)


def _ranks_interval(term: Term, ranks: int) -> str:
    """Give the interval of a slope for a number of ranks, in percentage points."""
    if term.ci_low is None or term.ci_high is None:
        return wording.NOT_COMPUTED
    return wording.interval(term.ci_low * ranks, term.ci_high * ranks, 2, as_percent=True)


def _trimmed_range(results: Results) -> str:
    """Give the range of recovery rates without extreme outliers, in per cent."""
    rates = [area.recovery_rate for area in results.areas if not area.outlier]
    return wording.interval(min(rates), max(rates), 1, as_percent=True) if rates else wording.NOT_COMPUTED


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
            wording.count_range,
            wording.level,
            wording.number_word,
            wording.how_many,
            wording.of_areas,
            wording.of_those,
            wording.sentence,
            wording.strength,
            wording.kappa_words,
            wording.correlation_text,
        )
    },
    "correlation_cells": _correlation_cells,
    "ranks_interval": _ranks_interval,
    "trimmed_range": _trimmed_range,
}


def _line_of(error: BaseException, path: Path) -> int | None:
    """Find the line of the template that an error came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
