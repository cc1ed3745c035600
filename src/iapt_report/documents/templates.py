"""Jinja templates, with delimiters that do not collide with Quarto's, filled or refused."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iapt_report.documents.escaping import attribute, html, yaml
from iapt_report.documents.sentence import Sentence, printed, without_the_unsaid
from iapt_report.documents.vocabulary import ASKED, WORDING, trusted
from iapt_report.system.errors import DataError
from iapt_report.system.reading import read_text
from iapt_report.words import made_from
from iapt_report.words.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup

_NOTHING: Mapping[str, str] = MappingProxyType({})


def filler(path: Path, replaced: Mapping[str, str] = _NOTHING) -> Callable[..., str]:
    """Read a template, and return what fills it with values, given by name, as often as is needed.

    Parameters
    ----------
    path : Path
    replaced : mapping of str to str, optional
        Text of templates that stand in the place of those of a name, from the folder of the path.

    Raises
    ------
    DataError
        If the template is missing or wrong; what is returned, if it names what does not exist.
    """
    import jinja2

    environment = _environment(path.parent, replaced)
    try:
        template = environment.get_template(path.name)
    except jinja2.TemplateError as error:
        raise _refused(error, path) from None

    def fill(**values: object) -> str:
        try:
            text = template.render(**values)
        except (jinja2.TemplateError, _NotTextError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            raise _refused(error, path) from None
        said = without_the_unsaid(text)
        return re.sub(r"[ \t]+$", "", re.sub(r"\n{3,}", "\n\n", said), flags=re.MULTILINE)

    return fill


def _refused(error: Exception, path: Path) -> DataError:
    """Say what is wrong with a template, or with a part that it includes, by file and line."""
    import jinja2

    if isinstance(error, jinja2.TemplateNotFound):
        return DataError(
            f"there is no template {error.name}",
            file=path,
            mend="restore it, for example from a new workspace made with `iapt-report init DIR`",
        )
    if isinstance(error, jinja2.TemplateSyntaxError):
        return DataError(
            f"the template cannot be read: {error.message}",
            file=error.filename or path,
            row=error.lineno,
            mend="correct this line",
        )
    file, row = _place_of(error, path)
    return DataError(
        f"the template cannot be filled: {error}",
        file=file,
        row=row,
        expected="names that exist: r (the results), page (title, authors), sentences by topic, wording functions",
        mend="correct this line",
    )


class _NotTextError(Exception):
    """A template printed something that is not text."""


def _environment(templates: Path, replaced: Mapping[str, str]) -> Any:
    import jinja2.sandbox
    from jinja2.loaders import split_template_path
    from markupsafe import Markup

    def of_folder(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        path = templates.joinpath(*split_template_path(name))
        return (read_text(path), str(path), lambda: True) if path.exists() else None

    def finalize(value: object) -> Markup:
        if isinstance(value, jinja2.Undefined):
            str(value)  # raises, naming what is undefined
        if isinstance(value, Sentence):
            return Markup(printed(value))  # noqa: S704 - no text from data but what was escaped
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return Markup(escape(value))  # noqa: S704 - escaped for Markdown just now
        raise _NotTextError(f"{value!r} is printed without a wording function")

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        loader=jinja2.ChoiceLoader([jinja2.DictLoader(dict(replaced)), jinja2.FunctionLoader(of_folder)]),
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
    environment.filters["code"] = trusted(made_from.code)
    environment.filters["html"] = html
    environment.globals.update({name: trusted(function) for name, function in WORDING.items()})
    environment.globals.update(ASKED)
    return environment


def _place_of(error: BaseException, path: Path) -> tuple[object, int | None]:
    """Find the file and the line that an error came from: the template's, or a part's that it includes."""
    frames = traceback.extract_tb(error.__traceback__)
    there = [(frame.filename, frame.lineno) for frame in frames if path.parent in Path(frame.filename).parents]
    return there[-1] if there else (path, None)
