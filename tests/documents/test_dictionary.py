"""The data dictionary: every column that is handed out is described, and holds what is said of it."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import LOCATED, REFERENCE, ROOT, areas_from, some_rows
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.documents import dictionary, exports
from iapt_report.documents.area_counts import counts_of

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.areas.outcomes import Name

# As XML Schema, which CSV on the Web takes its datatypes from, reads them.
READ: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False, "1": True, "0": False}.__getitem__,
}
KINDS = {"string": str, "integer": int, "number": float, "boolean": bool}


def described(results: Results) -> dict[str, dict[str, Any]]:
    """Give the dictionary's columns by their names."""
    made = json.loads(exports.areas_metadata(results))
    return {column["name"]: column for column in made["tableSchema"]["columns"]}


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def refusals(results: Results, content: bytes) -> list[str]:
    """List the cells that do not parse as their column's datatype, or lie beyond its limits."""
    columns, wrong = described(results), []
    for row in rows_of(content):
        for name, text in row.items():
            datatype = columns[name]["datatype"]
            kind = datatype if isinstance(datatype, str) else datatype["base"]
            if text == "":
                continue
            try:
                value = READ[kind](text)
            except (ValueError, KeyError):
                wrong.append(f"{name}: {text} is no {kind}")
                continue
            if not isinstance(datatype, str) and not datatype["minimum"] <= value <= datatype["maximum"]:
                wrong.append(f"{name}: {text} is beyond its limits")
    return wrong


def analysed(period: str, outcome: Name = "recovery") -> Results:
    return analyse(
        read_areas(ROOT / "data", Period.parse(period), OUTCOMES[outcome]), Settings(outcome=outcome, benchmark=0.5)
    )


@pytest.mark.parametrize("outcome", ["recovery", "reliable_recovery", "reliable_improvement"])
def test_the_rate_is_called_by_its_outcome_and_every_count_and_the_score_stand_beside_it(outcome: Name) -> None:
    results = analysed(LOCATED, outcome)
    rows = rows_of(exports.areas_csv(results, counts_of(results, ROOT / "data")))
    own = {name: f"{name}_rate" for name in OUTCOMES}
    assert own[outcome] in rows[0]
    assert not {rate for name, rate in own.items() if name != outcome} & set(rows[0]), "another outcome's rate"
    given = {row["area_code"]: row for row in rows_of((ROOT / "data" / LOCATED / "areas.csv").read_bytes())}
    assert len(rows) == len(results.areas)
    for row in rows:
        there = given[row["area_code"]]
        for name in ("referrals", "finished_treatment", "at_caseness", "recovered", "reliably_improved"):
            assert row[name] == there[name].removesuffix(".0"), name
        assert float(row["imd_score"]) == float(there["imd_score"])
        assert math.isclose(float(row[own[outcome]]), float(there[own[outcome]]))
        assert (row["imd_edition"], row["boundaries"]) == ("2019", "2019")
        assert row["period"] == LOCATED


def test_counts_of_other_data_are_not_put_beside_results(tmp_path: Path) -> None:
    results = analysed(LOCATED)
    folder = tmp_path / LOCATED
    folder.mkdir()
    text = (ROOT / "data" / LOCATED / "areas.csv").read_text("utf-8")
    assert counts_of(results, tmp_path) == {}, "there are none"
    (folder / "areas.csv").write_text(text.replace("850", "855", 1), "utf-8")
    assert counts_of(results, tmp_path) == {}, "they have changed since"
    (row, *_) = rows_of(exports.areas_csv(results, {}))
    assert (row["at_caseness"], row["imd_score"]) == ("", "")
    assert int(row["referrals"]) > 0, "what the results hold is there"


@pytest.mark.parametrize("outcome", list(OUTCOMES))
def test_every_column_is_described_in_words_and_every_cell_is_what_it_says(outcome: Name) -> None:
    for period in (LOCATED, REFERENCE) if outcome == "recovery" else (LOCATED,):
        results = analysed(period, outcome)
        content = exports.areas_csv(results, counts_of(results, ROOT / "data"))
        columns = described(results)
        assert list(columns) == list(rows_of(content)[0])
        for name, column in columns.items():
            assert column["titles"][0] == name
            assert column["titles"][1][0].isupper(), name
            assert column["dc:description"].endswith("."), name
            assert "{" not in json.dumps(list(column["titles"])) + column["dc:description"], name
        assert len({column["titles"][1] for column in columns.values()}) == len(columns)
        assert refusals(results, content) == []


def test_every_field_of_an_area_has_its_column(reference: Results) -> None:
    named = {"recovery_rate": "recovery_rate", "rate_low": "recovery_rate_low", "rate_high": "recovery_rate_high"}
    fields = {named.get(name, name) for name in type(reference.areas[0]).model_fields}
    assert fields < {column.name for column in dictionary.columns(reference)}


@settings(max_examples=10)
@given(
    n=st.integers(10, 40),
    slope=st.floats(-0.4, 0.4),
    noise=st.floats(0, 0.2),
    seed=st.integers(0, 99),
    weight=st.sampled_from(["finished_treatment", "equal"]),
)
def test_whatever_areas_are_like_each_cell_parses_as_its_datatype(
    n: int, slope: float, noise: float, seed: int, weight: Literal["finished_treatment", "equal"]
) -> None:
    results = analyse(areas_from(some_rows(n, slope=slope, noise=noise, seed=seed)), Settings(weight=weight))
    assert refusals(results, exports.areas_csv(results)) == []
    kinds = {column.name: KINDS[column.datatype] for column in dictionary.columns(results)}
    for row in next(sheet for sheet in exports.sheets(results) if sheet.name == "Areas").rows:
        for (name, kind), cell in zip(kinds.items(), row, strict=True):
            assert cell is None or isinstance(cell, kind), name


def test_the_dictionary_names_sources_and_licence_only_where_they_are_known(reference: Results) -> None:
    real, invented = (json.loads(exports.areas_metadata(r)) for r in (analysed(LOCATED), reference))
    assert real["url"] == "areas.csv"
    assert real["dc:license"]["@id"].endswith("open-government-licence/version/3/")
    assert any("English Indices of Deprivation 2019" in source for source in real["dc:source"])
    assert real["dc:temporal"] == "2019-07-01/2019-09-30"
    assert "invented" not in real["dc:description"]
    assert invented["dc:description"].startswith("The figures of every area are invented.")
    assert not {"dc:license", "dc:source"} & set(invented)
