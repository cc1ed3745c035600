from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

import published
from conftest import REFERENCE, areas_from, some_rows
from iapt_report.__main__ import main
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.documents import exports
from iapt_report.documents.area_counts import counts_of
from iapt_report.render.jobs import Job
from iapt_report.render.typeset import render
from written import write_period

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

ALWAYS = [
    "About",
    "Areas",
    "Dictionary",
    "Sample",
    "Correlations",
    "Models",
    "Model fit",
    "Standing out",
    "Diagnostics",
    "Influential areas",
    "Gradients",
    "Benchmarks",
    "Funnels",
    "Agreement",
    "Replication",
    "Inequality",
    "Excluded",
    "Sources",
]
# What the columns of fields are called where the outcome is recovery.
COLUMN_OF = {"rate_low": "recovery_rate_low", "rate_high": "recovery_rate_high"}
# What a program for spreadsheets would compute, follow or take for a number.
DANGEROUS = ["=1+1", "+44 20", "-5", "@SUM(A1)", '=HYPERLINK("http://example.org")', "http://example.org", "007"]


def read_back(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def pairs(rows: list[list[Any]]) -> dict[str, Any]:
    return {row[0]: row[1] for row in rows[1:]}


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def with_names(results: Results, names: list[str]) -> Results:
    """Give the first areas, and the organisations left out, other names."""
    named = [area.model_copy(update={"area_name": n}) for area, n in zip(results.areas, names, strict=False)]
    out = tuple(area.model_copy(update={"area_name": names[0]}) for area in results.sample.excluded)
    return results.model_copy(
        update={
            "areas": (*named, *results.areas[len(named) :]),
            "sample": results.sample.model_copy(update={"excluded": out}),
        }
    )


@pytest.fixture(scope="session")
def simulated() -> Results:
    return analyse(areas_from(some_rows(24, slope=0.1)), simulated_quarters=20)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A year of made-up published files, with patients' deciles and rounded counts."""
    folder, period = tmp_path_factory.mktemp("year"), Period.parse("2019-20")
    activity = published.annual(folder, rows=published.annual_rows_with_deciles())
    deprivation, lookup = published.imd(folder), published.lookup(folder)
    published.import_period([activity], period, deprivation, lookup, folder / "data")
    return analyse(read_areas(folder / "data", period), draws=20)


def test_the_workbook_has_a_sheet_for_each_table(reference: Results) -> None:
    assert list(read_back(exports.workbook(reference))) == ALWAYS


def test_the_simulation_has_its_sheets_where_there_is_one(simulated: Results) -> None:
    found = read_back(exports.workbook(simulated))
    assert set(found) - set(ALWAYS) == {"Simulation", "Simulation checks", "Coverage"}
    assert simulated.simulation is not None
    for benchmark, flagged in simulated.simulation.flagged.items():
        shares = {row[1]: row[3] for row in found["Simulation"] if row[0] == benchmark}
        assert shares["all"] == pytest.approx(flagged.overall.share, rel=1e-14)
        assert [shares[float(i)] for i in range(1, 6)] == [
            pytest.approx(fifth.share, rel=1e-14) if fifth else "" for fifth in flagged.fifths
        ]


def test_case_mix_and_source_uncertainty_have_their_sheets_where_there_are_such_figures(year: Results) -> None:
    found = read_back(exports.workbook(year))
    expected = {"Case-mix", "Case-mix deciles", "Case-mix areas", "Source uncertainty", "Source draws"}
    assert set(found) - set(ALWAYS) == expected
    assert year.case_mix is not None
    mixed = year.case_mix.adjustment
    assert [row[0] for row in found["Case-mix areas"][1:]] == [area.area_code for area in mixed.areas]
    assert [row[3] for row in found["Case-mix deciles"][1:]] == pytest.approx([d.rate for d in mixed.national])
    assert year.source_uncertainty is not None
    below = next(row for row in found["Source uncertainty"] if row[0] == "below_standard")
    assert below[1] == year.source_uncertainty.below_standard.published


def test_every_area_has_every_one_of_its_figures_in_the_workbook(reference: Results) -> None:
    header, *rows = read_back(exports.workbook(reference))["Areas"]
    assert len(rows) == 211
    for row, area in zip(rows, reference.areas, strict=True):
        cells = dict(zip(header, row, strict=True))
        for name, value in area:
            assert_same(cells[COLUMN_OF.get(name, name)], value, name)
        assert (cells["period"], cells["synthetic"]) == (REFERENCE, True)


def assert_same(cell: Any, value: Any, name: str) -> None:
    if value is None:
        assert cell == "", name
    elif isinstance(value, (bool, str)):
        assert cell == value, name
        assert type(cell) is type(value), f"{name} is not {type(value)}"
    else:
        assert isinstance(cell, float), f"{name} is text"
        assert cell == pytest.approx(value, rel=1e-14), name


def test_the_other_tables_hold_the_results_unrounded(reference: Results) -> None:
    found = read_back(exports.workbook(reference))
    sample = pairs(found["Sample"])
    assert sample["referrals.total"] == 293_400
    assert sample["outliers"] == 2
    assert sample["adjusted.sd"] == pytest.approx(reference.adjusted.sd, rel=1e-14)
    slope = next(row for row in found["Models"] if row[:2] == ["final", "imd_rank"])
    assert slope[2] == pytest.approx(reference.regression.final.terms["imd_rank"].estimate, rel=1e-14)
    fits = {row[0]: dict(zip(found["Model fit"][0], row, strict=True)) for row in found["Model fit"][1:]}
    fit = fits["final"]
    assert reference.random_effects is not None
    assert fits["random_effects"]["tau2"] == pytest.approx(reference.random_effects.tau2, rel=1e-14)
    assert fits["random_effects"]["gradient"] == pytest.approx(reference.gradient.estimate, rel=1e-14)
    assert fit["f"] == pytest.approx(reference.regression.final.f, rel=1e-14)
    assert fit["gradient"] == pytest.approx(reference.regression.gradient.estimate, rel=1e-14)
    rho = {row[0]: row[1] for row in found["Correlations"]}
    assert rho["recovery_rate_trimmed"] == pytest.approx(reference.correlations.recovery_rate_trimmed.rho, rel=1e-14)
    agreement = pairs(found["Agreement"])
    assert agreement["classification.below_national.n"] == 153
    assert agreement["agreement.kappa"] == pytest.approx(reference.agreement.kappa, rel=1e-14)
    assert [(row[0], row[2]) for row in found["Benchmarks"][1:]] == [
        (b.interval, b.below.n) for b in reference.benchmarks
    ]
    assert [row[0] for row in found["Benchmarks"][1:] if row[1] is True] == [reference.settings.interval]
    columns = {name: i for i, name in enumerate(found["Gradients"][0])}
    assert [(row[0], row[columns["below"]]) for row in found["Gradients"][1:]] == [
        (row.model, "" if row.below is None else row.below) for row in reference.gradients
    ]
    assert pairs(found["Replication"])["classification.below_adjusted.n"] == 91
    beyond = [b for funnel in (reference.funnels.national, reference.funnels.expected) for b in funnel.beyond]
    assert [row[-2:] for row in found["Funnels"][1:]] == [[b.below, b.above] for b in beyond]
    assert [row[:2] for row in found["Excluded"][1:]] == [
        [area.area_code, area.area_name] for area in reference.sample.excluded
    ]
    assert found["Sources"][1:] == [[s.file, s.sha256] for s in reference.provenance.sources]


def test_the_first_sheet_says_what_this_is(reference: Results, results_of: Callable[..., Results]) -> None:
    about = pairs(read_back(exports.workbook(reference))["About"])
    assert about["Period"] == REFERENCE
    assert about["Synthetic"] == "yes: the figures of every area are invented"
    assert "synthetic" in about["What this is"]
    assert "Proportions from 0 to 1" in about["Rates"]
    assert about["National standard"] == 0.5
    assert about["Setting interval"] == "fitted_mean"
    assert about["Setting benchmark"] == "not set"
    assert about["Sheet Areas"] == "211 rows"
    real = pairs(read_back(exports.workbook(results_of()))["About"])
    assert real["Synthetic"] == "no"
    assert "synthetic" not in real["What this is"]


def test_a_sheet_explains_every_column_of_the_areas(reference: Results) -> None:
    found = read_back(exports.workbook(reference))
    header, *rows = found["Dictionary"]
    assert header == ["column", "title", "description", "datatype", "unit"]
    assert [row[0] for row in rows] == found["Areas"][0]
    assert all(row[1] and row[2] and row[3] for row in rows)


def test_the_header_is_bold_and_stays_in_view_on_every_sheet(reference: Results) -> None:
    inside = parts(exports.workbook(reference))
    pages = [text for name, text in inside.items() if name.startswith("xl/worksheets/sheet")]
    assert len(pages) == len(ALWAYS)
    bold = re.findall(r"<xf [^>]*fontId=\"(\d+)\"", re.findall(r"<cellXfs.*?</cellXfs>", inside["xl/styles.xml"])[0])
    fonts = re.findall(r"<font>.*?</font>", inside["xl/styles.xml"])
    for page in pages:
        assert 'state="frozen"' in page
        assert 'ySplit="1"' in page
        first = re.findall(r'<row r="1"[^>]*>(.*?)</row>', page)[0]
        styles = {int(at) for at in re.findall(r'<c r="[A-Z]+1" s="(\d+)"', first)}
        assert styles
        assert all("<b/>" in fonts[int(bold[at])] for at in styles)


def test_no_cell_is_a_formula_or_a_link_whatever_areas_are_called(reference: Results) -> None:
    content = exports.workbook(with_names(reference, DANGEROUS))
    found = read_back(content)
    assert [row[1] for row in found["Areas"][1 : len(DANGEROUS) + 1]] == DANGEROUS
    assert found["Excluded"][1][1] == "=1+1"
    for name, text in parts(content).items():
        assert "<f>" not in text, name
        assert "<hyperlink" not in text, name


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_name_comes_out_of_the_workbook_and_the_csv_as_it_went_in(reference: Results, name: str) -> None:
    results = with_names(reference, [name])
    assert read_back(exports.workbook(results))["Areas"][1][1] == name
    assert next(iter(read_csv(exports.areas_csv(results))))["area_name"] == name


def test_text_longer_than_a_cell_is_cut_and_says_so(reference: Results) -> None:
    cell = read_back(exports.workbook(with_names(reference, ["x" * 40_000])))["Areas"][1][1]
    assert len(cell) == 32_767
    assert cell.endswith("x…")


def test_the_same_results_give_the_same_bytes(reference: Results) -> None:
    content = exports.workbook(reference)
    assert content == exports.workbook(type(reference).from_json(reference.to_json()))
    assert "2016-01-01T00:00:00Z" in parts(content)["docProps/core.xml"]


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_the_csv_gives_every_area_back_exactly(reference: Results) -> None:
    rows = read_csv(exports.areas_csv(reference))
    assert len(rows) == 211
    for row, area in zip(rows, reference.areas, strict=True):
        assert row.pop("period") == REFERENCE
        assert row.pop("synthetic") == "true"
        facts = {name: row[COLUMN_OF.get(name, name)] for name in type(area).model_fields}
        assert type(area).model_validate_strings({k: v for k, v in facts.items() if v != ""}) == area


def test_pandas_reads_the_csv_with_its_kinds(reference: Results) -> None:
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(exports.areas_csv(reference)))
    assert frame["below_national"].dtype == bool
    assert frame["below_national"].sum() == 153
    assert frame["finished_treatment"].dtype == "int64"
    assert math.isclose(frame["adjusted_rate"].mean(), reference.adjusted.mean, rel_tol=1e-12)


def test_a_build_puts_tables_and_areas_beside_the_documents(workspace: Workspace, reference: Results) -> None:
    written = write_period(reference, workspace)
    render(Job(written.documents[0].path, ["html"]), workspace, "embedded")
    out = workspace.site / "report" / REFERENCE
    counts = counts_of(reference, workspace.data)
    assert len(counts) == 211
    assert (out / "tables.xlsx").read_bytes() == exports.workbook(reference, counts)
    assert (out / "areas.csv").read_bytes() == exports.areas_csv(reference, counts)
    assert (out / "areas.csv-metadata.json").read_bytes() == exports.areas_metadata(reference)


def test_results_alone_write_no_tables(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", REFERENCE, "-w", str(workspace.root)]) == 0
    assert capsys.readouterr().out
    assert not list(workspace.root.rglob("tables.xlsx"))


def test_tables_stay_with_the_results_that_an_edited_document_holds(workspace: Workspace, reference: Results) -> None:
    folder = write_period(reference, workspace).folder
    before = (folder / "tables.xlsx").read_bytes()
    paper = folder / "paper.qmd"
    paper.write_text(paper.read_text("utf-8") + "\nMine.\n", "utf-8")
    changed = with_names(reference, ["Synthetic Area Renamed"])
    assert write_period(changed, workspace).held
    assert (folder / "tables.xlsx").read_bytes() == before
    write_period(changed, workspace, replace_edited=True)
    assert (folder / "tables.xlsx").read_bytes() == exports.workbook(changed, counts_of(changed, workspace.data))
