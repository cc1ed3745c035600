"""Jinja templates, with delimiters that do not collide with Quarto's, filled or refused."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Any

from iapt_report.documents.escaping import attribute, code, escape, html, yaml
from iapt_report.documents.vocabulary import WORDING, listed, settings_listed, trusted
from iapt_report.figures import study
from iapt_report.system.errors import DataError
from iapt_report.words import brief, findings, numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from markupsafe import Markup


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
    environment.filters["yaml"] = yaml
    environment.filters["attribute"] = attribute
    environment.filters["code"] = code
    environment.filters["html"] = html
    environment.globals.update({name: trusted(function) for name, function in WORDING.items()})
    environment.globals.update(
        abs=abs,
        tendency=findings.tendency,
        gradient=findings.gradient,
        significant=findings.is_significant,
        printed_within=numbers.printed_within,
        below_standard_bounds=findings.below_standard_bounds,
        more_from_average=findings.more_from_average,
        plural=numbers.plural,
        one_test_alone=findings.one_test_alone,
        alpha=numbers.alpha,
        most_and_least_deprived=findings.most_and_least_deprived,
        exclusions_by_reason=findings.exclusions_by_reason,
        outliers_on_both_sides=findings.outliers_on_both_sides,
        small_expected_counts=findings.small_expected_counts,
        most_named=study.MOST_NAMED,
        cleared=brief.cleared,
        added=brief.added,
        most_listed=brief.MOST_LISTED,
        published_files=brief.published_files,
        is_published=brief.is_published,
        listed=listed,
        settings_listed=settings_listed,
    )
    return environment


def _line_of(error: BaseException, path: Path) -> int | None:
    """Find the line of the template that an error came from."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
