"""The engines that typeset: each a declaration here, and a module that makes a document in every format."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from iapt_report.render import embedded, quarto
from iapt_report.render.choices import AUTO, EngineName
from iapt_report.system.errors import CallError, ToolMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from iapt_report.render.jobs import Job
    from iapt_report.workspace.place import Workspace

    Meanwhile = Callable[[], object]

_GENERATOR = re.compile(r'<meta name="generator" content="([^"]*)"')


@dataclass(frozen=True)
class Engine:
    """What typesets documents.

    Parameters
    ----------
    render : callable
        Makes a job's document in its formats; see `iapt_report.render.typeset.render`.
    rendering : callable
        Surrounds the making of several documents, and gives what makes each. It is given what is to be done before the
        first is set, and an engine that can is at work with their texts meanwhile.
    version : callable
        Says with which programs: a file made with others counts as out of date.
    together : bool
        Whether several documents can be made at once.
    apart : bool
        Whether documents can be made in a stage, which looks like their workspace.
    generator : str
        How the name begins that its pages give as their generator.
    program : str
        The program that must be installed; empty where none must be.
    mend : str
        What to do where it is not.
    """

    render: Callable[[Job, Workspace], list[Path]]
    rendering: Callable[[Sequence[Job], Workspace, Meanwhile], AbstractContextManager[Callable[[Job], list[Path]]]]
    version: Callable[[], str]
    together: bool
    apart: bool
    generator: str
    program: str = ""
    mend: str = ""

    @property
    def is_there(self) -> bool:
        """Whether what it needs is installed."""
        return not self.program or shutil.which(self.program) is not None


def _one_by_one(
    render: Callable[[Job, Workspace], list[Path]],
) -> Callable[[Sequence[Job], Workspace, Meanwhile], AbstractContextManager[Callable[[Job], list[Path]]]]:
    @contextmanager
    def rendering(
        _: Sequence[Job], workspace: Workspace, meanwhile: Meanwhile
    ) -> Iterator[Callable[[Job], list[Path]]]:
        meanwhile()
        yield lambda job: render(job, workspace)

    return rendering


# Those come first that are taken before others where none is asked for.
ENGINES: Mapping[EngineName, Engine] = MappingProxyType(
    {
        "quarto": Engine(
            quarto.render,
            _one_by_one(quarto.render),
            quarto.version,
            together=False,  # it has one project
            apart=False,  # and passes over what lies in a hidden folder
            generator="quarto-",
            program="quarto",
            mend="install it from https://quarto.org, or use --engine embedded, which needs nothing more",
        ),
        "embedded": Engine(
            embedded.render,
            embedded.rendering,
            embedded.version,
            together=True,
            apart=True,
            generator="iapt-report",
        ),
    }
)


def engine_of(name: str) -> Engine:
    """Return an engine.

    Raises
    ------
    CallError
        If there is none of this name.
    """
    return ENGINES[_known(name)]


def choose_engine(asked: str) -> EngineName:
    """Choose the engine: the one asked for, or of all that are there the first.

    Parameters
    ----------
    asked : str
        One of `ENGINES`, or "auto".

    Raises
    ------
    CallError
        If there is no engine of this name.
    ToolMissingError
        If it needs a program that is not installed.
    """
    if asked == AUTO:
        return next(name for name, engine in ENGINES.items() if engine.is_there)
    name = _known(asked)
    if not ENGINES[name].is_there:
        raise ToolMissingError(
            f"the program {ENGINES[name].program} is not installed, or not on the PATH", mend=ENGINES[name].mend
        )
    return name


def engine_version(name: EngineName) -> str:
    """Say which programs an engine typesets with.

    Raises
    ------
    ToolMissingError
        If a program does not answer.
    """
    return engine_of(name).version()


def engine_behind(page: Path) -> EngineName:
    """Say which engine made a page; where it is not there any more, or the page does not say, the one chosen here."""
    found = _GENERATOR.search(page.read_text("utf-8", "replace"))
    made_by = found[1] if found else ""
    ways = (name for name, engine in ENGINES.items() if engine.is_there and made_by.startswith(engine.generator))
    return next(ways, None) or choose_engine(AUTO)


def _known(asked: str) -> EngineName:
    for name in ENGINES:
        if name == asked:
            return name
    raise CallError(
        f"there is no engine {str(asked)!r}", expected=", ".join((AUTO, *ENGINES)), mend="name one of these"
    )
