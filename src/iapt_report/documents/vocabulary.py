"""The names that templates may use beside the results: sentences by topic, wording functions, lists."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from iapt_report.documents.area_files import area_page
from iapt_report.documents.beside import map_of
from iapt_report.documents.index_page import alone
from iapt_report.documents.sentence import Sentence
from iapt_report.figures import change_map
from iapt_report.words import (
    abstract,
    benchmarks,
    between_services,
    brief,
    caution,
    changes,
    cited,
    covariates,
    deprivation,
    doubts,
    examination,
    findings,
    in_brief,
    in_full,
    limitations,
    limits,
    made_from,
    method,
    numbers,
    options,
    outlying,
    patient_models,
    patients,
    people,
    place_names,
    sample,
    sentences,
    services,
    slope,
    tables,
)
from iapt_report.words.level import Level
from iapt_report.words.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.since import Since
    from iapt_report.stats.regression import Term
    from iapt_report.words.findings import Findings

_TOPICS = (
    *(
        abstract,
        benchmarks,
        between_services,
        cited,
        covariates,
        deprivation,
        doubts,
        examination,
        limits,
        made_from,
        method,
        options,
        outlying,
        patient_models,
        patients,
        people,
        sample,
        services,
        slope,
    ),
    *(tables, limitations, in_brief, in_full),
)


def trusted(function: Callable[..., str]) -> Callable[..., Sentence]:
    """Wrap a wording function, whose text holds nothing from data but what it escaped, so that it is not escaped."""

    def wrapped(*args: Any, **kwargs: Any) -> Sentence:
        return Sentence(function(*args, **kwargs))

    return wrapped


class Topic:
    """The sentences of one topic about one period: `topic.name` is what the module's function of that name says.

    Parameters
    ----------
    module : module
        Of `iapt_report.words`; its public functions of nothing but such findings are the sentences.
    found : Findings or Since
    """

    def __init__(self, module: ModuleType, found: Findings | Since) -> None:
        self._says, self._found = sentences_of(module, type(found).__name__), found

    def __getattr__(self, name: str) -> Sentence:
        if name not in self._says:
            raise AttributeError(name)
        return Sentence(self._says[name](self._found))


def sentences_of(module: ModuleType, of: str = "Findings") -> Mapping[str, Callable[[Any], str]]:
    """Name the functions of a module that make a sentence, or a table's rows, of findings of one kind alone."""
    return MappingProxyType(
        {
            name: function
            for name, function in vars(module).items()
            if inspect.isfunction(function)
            and function.__module__ == module.__name__
            and not name.startswith("_")
            and [one.annotation for one in inspect.signature(function).parameters.values()] == [of]
        }
    )


def of_period(found: Findings) -> dict[str, Any]:
    """Give what templates say of one period: its findings, sentences by topic, tests in words at its level.

    The names of the topics are those of the modules of `iapt_report.words`. They speak of the model that conclusions
    come from; those in ``replicated`` of the study's own.
    """
    level = found.level
    return {
        "f": found,
        "ci": found.level.words,
        **_topics(found),
        "replicated": SimpleNamespace(**_topics(found.replicated)),
        "standing": trusted(lambda area: tables.standing(found, area)),
        "correlation_text": trusted(level.correlation),
        "p_value": trusted(level.p_value),
        "p_cell": trusted(level.p_cell),
        "correlation_cells": trusted(lambda correlation: sample.correlation_cells(found, correlation)),
    }


def _topics(found: Findings) -> dict[str, Topic]:
    return {module.__name__.rpartition(".")[2]: Topic(module, found) for module in _TOPICS}


@dataclass(frozen=True)
class ChangePage:
    """The page of two periods: its own files, and what its table says of an area.

    Parameters
    ----------
    stem : str
        Of its files.
    paper : bool
        Whether the later period's paper stands beside it.
    level : str
        Of the intervals: "95%".
    map_alt : str
        Empty where there is no map.
    map_caption : Sentence
    """

    stem: str
    paper: bool
    level: str
    map_alt: str
    map_caption: Sentence

    @property
    def map_file(self) -> str:
        """The name of its map."""
        return map_of(self.stem)

    points = staticmethod(changes.points)
    limits = staticmethod(changes.limits)
    beyond = staticmethod(changes.beyond)
    standard = staticmethod(changes.crossed_standard)
    adjusted = staticmethod(changes.crossed_adjusted)


def of_change(since: Since, results: Results, stem: str, *, paper: bool = True) -> dict[str, Any]:
    """Give what the template of the changes says of two periods."""
    page = ChangePage(
        stem,
        paper,
        Level(since.confidence).words,
        change_map.change_map_alt(results, since),
        Sentence(change_map.caption(results, since)),
    )
    return {"since": since, "changes": Topic(changes, since), "change": page}


def listed(names: list[str]) -> Sentence:
    """List area names, escaped: "a, b and c"."""
    return Sentence(numbers.joined([escape(name) for name in names]))


def level(confidence: float) -> str:
    """Give a level of confidence: "95%"."""
    return Level(confidence).words


def points_interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Give an interval of a difference of rates, in percentage points."""
    return numbers.interval(low, high, digits, as_percent=True)


def ranks_interval(term: Term, ranks: int) -> str:
    """Give the interval of a slope for a number of ranks, in percentage points."""
    if term.ci_low is None or term.ci_high is None:
        return numbers.NOT_COMPUTED
    return points_interval(term.ci_low * ranks, term.ci_high * ranks, 2)


def claim_cells(checked: Any) -> str:
    """Give the cells of a claim: what is claimed, as printed, as computed, and the verdict."""
    from iapt_report.documents.claims import computed_as_printed, printed_with_unit

    words = checked.claim.words
    # A Greek letter stays small.
    shown = (
        numbers.sentence(words) if words[:1].isascii() else words,
        printed_with_unit(checked.claim),
        computed_as_printed(checked),
        checked.verdict,
    )
    return " | ".join(map(escape, shown))


# What turns numbers and results into text.
WORDING: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            numbers.decimal,
            numbers.count,
            numbers.percent,
            numbers.percentage_points,
            numbers.exact_percent,
            numbers.setting_number,
            numbers.interval,
            numbers.rank,
            numbers.count_range,
            numbers.number_word,
            numbers.number_or_none,
            numbers.number_or_count,
            numbers.share_explained,
            numbers.how_many,
            numbers.of_areas,
            numbers.of_those,
            numbers.small_points,
            numbers.sentence,
            sentences.placed,
            sentences.benchmark_range,
            sentences.beyond_chance,
            findings.strength,
            findings.kappa_words,
            findings.reached,
            findings.named_standard,
            brief.gap_range,
            brief.by_chance,
            made_from.code,
            caution.no_verdict,
            caution.no_verdict_in_short,
            caution.no_verdict_of_one_area,
            area_page,
            alone,
            level,
            points_interval,
            ranks_interval,
            claim_cells,
        )
    }
)
# Lists and areas to go through; text of theirs is escaped where it is printed.
ASKED: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            listed,
            findings.most_and_least_deprived,
            findings.exclusions_by_reason,
            findings.published_files,
            brief.cleared,
            brief.added,
            made_from.settings_listed,
            numbers.plural,
            place_names.named,
        )
    }
)
