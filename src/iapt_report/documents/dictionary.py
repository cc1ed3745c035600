"""The data dictionary: what each column of the table of areas holds, for people and as CSV on the Web for programs."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.words import cited, numbers
from iapt_report.words.findings import findings_of, named_standard

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results
    from iapt_report.areas.outcomes import Outcome

_CONTEXT = ["http://www.w3.org/ns/csvw", {"@language": "en-GB"}]
_LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

Datatype = Literal["string", "integer", "number", "boolean"]
_COLUMNS = Path(__file__).parent / "area_columns.toml"
_LIMITS_OF_A_PROPORTION = {"minimum": 0, "maximum": 1}


@dataclass(frozen=True)
class Column:
    """A column of the table of areas.

    Parameters
    ----------
    name : str
        As the header has it.
    title : str
        In words.
    description : str
        What it holds, in a sentence without its end.
    datatype : {"string", "integer", "number", "boolean"}
        As CSV on the Web names it.
    unit : str
        Empty where there is none.
    within : bool
        Whether every value is a proportion from 0 to 1: what a model expects need not be.
    """

    name: str
    title: str
    description: str
    datatype: Datatype
    unit: str = ""
    within: bool = False


def field_of(outcome: Outcome) -> dict[str, str]:
    """Name the fields of `iapt_report.analysis.facts.Area` whose columns are called by the outcome, by column."""
    return {outcome.rate: "recovery_rate", outcome.low: "rate_low", outcome.high: "rate_high"}


def columns(results: Results) -> tuple[Column, ...]:
    """Describe every column of the table of areas, in the table's order."""
    outcome = OUTCOMES[results.outcome.name]
    words = {
        "rate": outcome.rate,
        "low": outcome.low,
        "high": outcome.high,
        "reached": outcome.reached,
        "cases": outcome.cases,
        "outcome": outcome.words,
        "Outcome": numbers.sentence(outcome.words),
        "standard": f"{named_standard(results)} of {numbers.exact_percent(results.standard.value)}",
    }
    return tuple(
        replace(
            column,
            name=column.name.format(**words),
            title=column.title.format(**words),
            description=column.description.format(**words),
        )
        for column in _columns()
    )


@cache
def _columns() -> tuple[Column, ...]:
    return tuple(Column(**row) for row in tomllib.loads(_COLUMNS.read_text("utf-8"))["column"])


def metadata(results: Results, *, title: str, file: str) -> bytes:
    """Return the dictionary as JSON of CSV on the Web, for the table's file beside it.

    Parameters
    ----------
    results : Results
    title : str
        Of the table.
    file : str
        The table's name.

    Notes
    -----
    Tennison J, Kellogg G. Metadata Vocabulary for Tabular Data. W3C Recommendation, 17 December 2015.
    """
    found, period = findings_of(results), results.period
    sources = [
        f"{entry['author']}. {entry['title']}. {entry['year']}. {entry['note']}." for entry in cited.entries(found)
    ]
    about = "The figures of every area are invented. " if period.synthetic else ""
    made: dict[str, Any] = {
        "@context": _CONTEXT,
        "url": file,
        "dc:title": title,
        "dc:description": f"{about}A row an area; rates are proportions from 0 to 1, and an empty cell is not known. "
        f"Computed by iapt-report {results.provenance.versions['iapt-report']}.",
        "dc:temporal": f"{period.start.isoformat()}/{period.end.isoformat()}",
        **({"dc:source": sources} if sources else {}),
        **({"dc:license": {"@id": _LICENCE}} if found.open_licence else {}),
        "tableSchema": {"columns": [_described(column) for column in columns(results)], "primaryKey": "area_code"},
    }
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _described(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "titles": [column.name, column.title],
        "dc:description": f"{column.description}.",
        "datatype": {"base": column.datatype, **_LIMITS_OF_A_PROPORTION} if column.within else column.datatype,
        **({"schema:unitText": column.unit} if column.unit else {}),
    }
