"""The package from Python: load the areas of a period, analyse them, and make the documents."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings
    from iapt_report.areas.outcomes import Name, Outcome
    from iapt_report.areas.table import Areas
    from iapt_report.documents.period import Written
    from iapt_report.render.choices import EngineName
    from iapt_report.render.jobs import Format
    from iapt_report.site.build import Watch
    from iapt_report.stats.intervals import Interval
    from iapt_report.workspace.place import Workspace


class Choices(TypedDict, total=False):
    """The settings of an analysis, as `iapt_report.analysis.settings.Settings` explains them."""

    outcome: Name
    benchmark: float | None
    weight: Literal["finished_treatment", "at_caseness", "equal"]
    model: Literal["random_effects", "replication"]
    interval: Interval
    confidence: float
    outlier_multiple: float
    dummy_alpha: float
    covariates: Sequence[str]


def load(
    source: str | Path,
    *,
    period: str | None = None,
    outcome: Name = "recovery",
    workspace: str | Path | None = None,
) -> Areas:
    """Read the areas of one period.

    Parameters
    ----------
    source : str or Path
        The id of a period in a workspace (``"2014-15-Q2"``); a period's folder (``"data/2014-15-Q2"``); or a file
        with the columns of an areas.csv.
    period : str, optional
        The period of a file that does not stand in a folder of that name.
    outcome : {"recovery", "reliable_recovery", "reliable_improvement"}
        An area without its rate is left out, and listed in ``excluded``.
    workspace : str or Path, optional
        Where to look for a period's id; by default the workspace that the current folder lies in.

    Returns
    -------
    Areas
        Its ``table`` is a pandas DataFrame, a row an area.

    Raises
    ------
    CallError
        If there is no such period, or the period of a file is not known.
    DataError
        If the files cannot be used: the message names file, row and column.

    Examples
    --------
    >>> from iapt_report import load
    >>> areas = load("2014-15-Q2")  # doctest: +SKIP
    >>> len(areas)  # doctest: +SKIP
    211
    """
    from iapt_report.areas.folder import AREAS_FILE, PERIOD_FILE, read_areas

    chosen = _outcome(outcome)
    when = None if period is None else Period.parse(period)
    if isinstance(source, str) and (named := _period_or_none(source)):
        _refuse_another(named, when, source)
        return read_areas(_workspace(workspace).data, named, chosen)
    path = Path(source)
    folder = (path if path.is_dir() else path.parent).resolve()
    if path.is_dir() or (
        path.name == AREAS_FILE and (_period_or_none(folder.name) or (folder / PERIOD_FILE).is_file())
    ):
        # What period.toml says, that areas are invented for one, must not be lost.
        named = _period_or_none(folder.name)
        if named is None:
            raise CallError(
                f"the folder {folder} is not named for a period",
                expected="a folder such as 2014-15-Q2, with areas.csv in it",
                mend="rename the folder, or name the file with its period: load(FILE, period=PERIOD)",
            )
        _refuse_another(named, when, str(folder))
        return read_areas(folder.parent, named, chosen)
    if when is None:
        raise CallError(
            f"the period of {path} is not known" if path.is_file() else f"{str(source)!r} is no period, file or folder",
            expected='a period such as "2014-15-Q2", a file with the columns of areas.csv, or a folder with areas.csv',
            mend='of a file, say the period: load(FILE, period="2014-15-Q2")',
        )
    return _areas_of_file(path, when, chosen)


def analyse(
    areas: Areas | str,
    *,
    draws: int = 0,
    simulated_quarters: int = 0,
    workspace: str | Path | None = None,
    **settings: Unpack[Choices],
) -> Results:
    """Repeat the study on the areas of one period.

    Parameters
    ----------
    areas : Areas or str
        As `load` returns them, which are analysed with the study's settings; or the id of a period, whose areas are
        analysed with those that its workspace's ``iapt-report.toml`` chooses.
    draws : int
        How often the published counts are drawn anew within what rounding leaves open; 0 leaves that out. A build
        takes 1000.
    simulated_quarters : int
        In how many simulated quarters fair services are held against the benchmarks; 0 leaves that out. A build takes
        2000.
    workspace : str or Path, optional
        Where to look for a period's id; by default the workspace that the current folder lies in.
    **settings
        Choices other than those: ``outcome``, ``benchmark``, ``weight``, ``model``, ``interval``, ``confidence``,
        ``outlier_multiple``, ``dummy_alpha``, ``covariates``; see `iapt_report.analysis.settings.Settings`.

    Returns
    -------
    Results
        With ``tidy()``, ``glance()`` and ``augment()`` as tables.

    Raises
    ------
    CallError
        If a setting cannot be, or the areas were loaded for another outcome.
    DataError
        If the areas cannot be analysed so, as when one has no weight.

    Examples
    --------
    >>> from iapt_report import analyse, load
    >>> results = analyse(load("2014-15-Q2"), weight="equal")  # doctest: +SKIP
    >>> results.tidy()  # doctest: +SKIP
    """
    from iapt_report.analysis.settings import Settings
    from iapt_report.analysis.study import analyse as repeat_study
    from iapt_report.areas.period import Period

    if isinstance(areas, str):
        place = _workspace(workspace)
        chosen = _with(place.of(Period.parse(areas)).settings, settings)
        areas = load(areas, outcome=chosen.outcome, workspace=place.root)
    else:
        chosen = _with(Settings(outcome=areas.outcome or "recovery"), settings)
    if areas.outcome not in (None, chosen.outcome):
        raise CallError(
            f"the areas were loaded for {areas.outcome}, and others may have a rate of {chosen.outcome}",
            mend=f'load them for it: load(…, outcome="{chosen.outcome}")',
        )
    return repeat_study(areas, chosen, draws=draws, simulated_quarters=simulated_quarters)


def build(
    period: str | Results,
    *,
    formats: Sequence[Format] = (),
    engine: EngineName | Literal["auto"] = "auto",
    self_contained: bool = False,
    overwrite: bool = False,
    workspace: str | Path | None = None,
) -> list[Path]:
    """Make the documents of one period, under the workspace's ``_site/report/``, and list it on the index there.

    Parameters
    ----------
    period : str or Results
        The id of a period, which is analysed with the workspace's settings; or results, whose documents take the place
        of the period's. The workspace's next build makes them anew from its own settings.
    formats : sequence of {"html", "pdf", "docx", "latex", "jats"}
        What to make; by default each document's own.
    engine : {"auto", "quarto", "embedded"}
        Quarto where it is installed, Quarto, or the embedded engine.
    self_contained : bool
        Whether an HTML page holds its figures and styles, so that it is one file.
    overwrite : bool
        Whether to replace documents that were edited by hand, which are kept otherwise, with a warning.
    workspace : str or Path, optional
        By default the one that the current folder lies in.

    Returns
    -------
    list of Path
        What was made.

    Raises
    ------
    CallError
        If there is no such period or format.
    DataError
        If data, settings or a template cannot be used.
    ToolMissingError
        If Quarto is asked for and not installed.

    Examples
    --------
    >>> from iapt_report import build
    >>> build("2014-15-Q2", formats=["html"])  # doctest: +SKIP
    """
    from iapt_report.render.engines import choose_engine
    from iapt_report.render.jobs import FORMATS, chosen_of
    from iapt_report.site.build import Order, build_index, build_period

    if isinstance(formats, str):
        # A text is a sequence of letters, and no list of formats.
        raise CallError(
            f"there is no format {formats!r}",
            expected=f"a list of {', '.join(FORMATS)}",
            mend='such as formats=["html"]',
        )
    asked = chosen_of(FORMATS, formats)
    place = _workspace(workspace)
    order = Order(choose_engine(engine), asked, self_contained=self_contained, replace_edited=overwrite)
    built = build_period(place, Period.parse(period) if isinstance(period, str) else period, order, _warning())
    build_index(place, order)
    return list(built.made)


def _warning() -> Watch:
    """Warn of documents that are left as they were."""
    from iapt_report.site.build import Watch

    class Warned(Watch):
        def wrote(self, written: Written) -> None:
            for document in written.documents:
                if document.edited:
                    warnings.warn(
                        f"{document.path} was edited by hand and is kept as it is"
                        + (f"; the new one is {document.proposal}" if document.proposal else ""),
                        # The line that calls `build`.
                        stacklevel=4,
                    )

    return Warned()


def _areas_of_file(path: Path, period: Period, outcome: Outcome) -> Areas:
    """Read a file with the columns of an areas.csv, of which nothing more is known."""
    from iapt_report.areas.cells import Place
    from iapt_report.areas.extras import extras_of
    from iapt_report.areas.table import KNOWN, Areas, Source, checked, require_columns, select
    from iapt_report.areas.text_table import read_table
    from iapt_report.system import digests

    content = read_table(path)
    require_columns(content.header, path, outcome)
    place = Place(path, content.rows)
    full = checked(content.frame, place)
    table, excluded = select(full, path, outcome)
    source = Source(path.name, digests.of_file(path))
    extras = extras_of(content.frame, full["area_code"], KNOWN, place)
    return Areas(period, table, excluded, sources=(source,), outcome=outcome.name, extras=extras)


def _outcome(name: str) -> Outcome:
    for outcome in OUTCOMES.values():
        if outcome.name == name:
            return outcome
    raise CallError(f"there is no outcome {name!r}", expected=", ".join(OUTCOMES), mend="name one of these")


def _period_or_none(text: str) -> Period | None:
    try:
        return Period.parse(text)
    except CallError:
        return None


def _refuse_another(named: Period, given: Period | None, source: str) -> None:
    if given not in (None, named):
        raise CallError(f"{source} is of {named.id}, not {given}", mend="leave out period, or name the same one")


def _with(settings: Settings, changes: Choices) -> Settings:
    """Replace some settings, refusing what cannot be."""
    values: dict[str, Any] = {**settings.model_dump(), **changes}
    try:
        return type(settings).from_mapping(values, None)
    except DataError as error:
        raise CallError(error.problem, expected=error.expected, mend="correct the argument") from None


def _workspace(folder: str | Path | None) -> Workspace:
    from iapt_report.workspace.leftovers import settle
    from iapt_report.workspace.place import find_workspace

    place = find_workspace(Path(folder) if folder is not None else Path())
    settle(place)
    return place
