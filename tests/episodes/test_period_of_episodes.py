"""From patients to the period's folder, its results and its documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from conftest import contents
from episodes.patients import AREAS, PERIOD, sums_of
from iapt_report.__main__ import main
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.patient_cells import CELLS_FILE
from iapt_report.areas.period import Period

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace


def summed_into(workspace: Workspace, made: Path, *options: str) -> Path:
    call = ["episodes", str(made), "--period", PERIOD.id, "--workspace", str(workspace.root), *options]
    assert main(call) == 0
    return workspace.data / PERIOD.id


def results_of(workspace: Workspace) -> Results:
    return analyse(read_areas(workspace.data, PERIOD), workspace.settings)


def test_the_period_is_as_any_import_writes_it_and_says_that_its_patients_are_made(
    made: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = summed_into(workspace, made)
    said = capsys.readouterr()
    assert "must not be published" in said.err
    assert "--publishable" in said.err
    areas = read_areas(workspace.data, PERIOD)
    assert areas.synthetic
    assert len(areas) == AREAS
    assert areas.precision is not None
    assert areas.precision.rounded_to == 1
    sums = sums_of(made).areas.set_index("area_code")
    table = areas.table.set_index("area_code")
    assert (table["finished_treatment"] == sums["finished"]).all()
    assert (table["recovered"] == sums["recovered"]).all()
    assert areas.cells is not None
    assert areas.cells.read()["finished"].sum() == sums["finished"].sum()
    assert {path.name for path in folder.iterdir()} == {"areas.csv", "deciles.csv", "period.toml", CELLS_FILE}


def test_publishable_counts_are_rounded_and_small_ones_withheld(made: Path, workspace: Workspace) -> None:
    folder = summed_into(workspace, made, "--publishable")
    counts = ["referrals", "finished_treatment", "at_caseness", "recovered", "reliably_recovered", "reliably_improved"]
    areas = pd.read_csv(folder / "areas.csv")
    deciles = pd.read_csv(folder / "deciles.csv")
    own = deciles[deciles["area_code"] != "england"]
    for table in (areas, own):
        for name in set(counts) & set(table):
            known = table[name].dropna()
            assert (known % 5 == 0).all(), name
            assert (known >= 5).all() or name == "at_caseness", name
    assert own["suppressed"].notna().any()
    results = results_of(workspace)
    assert results.patients is not None
    adjustment = results.patients.models.adjustment
    assert adjustment is not None
    assert all(area.cases % 5 == 0 and area.observed % 5 == 0 and area.observed >= 5 for area in adjustment.areas)


def test_the_results_hold_what_patients_say_and_other_periods_nothing(made: Path, workspace: Workspace) -> None:
    summed_into(workspace, made)
    results = results_of(workspace)
    assert results.patients is not None
    models = results.patients.models
    assert models.patients + models.decile_unknown + models.too_few == sums_of(made).areas["at_caseness"].sum()
    assert models.patients_model.gap.estimate < models.deprivation.gap.estimate
    assert models.patients_model.c_statistic is not None
    assert models.deprivation.c_statistic is not None
    assert models.patients_model.c_statistic > models.deprivation.c_statistic
    (period,) = [path for path in workspace.data.iterdir() if path.is_dir() and path.name != PERIOD.id]
    assert analyse(read_areas(workspace.data, Period.parse(period.name)), workspace.settings).patients is None


def test_an_import_of_the_same_period_leaves_no_cells_behind(made: Path, workspace: Workspace) -> None:
    folder = summed_into(workspace, made)
    first = contents(folder)
    summed_into(workspace, made)
    assert contents(folder) == first
    summed_into(workspace, made, "--publishable")
    assert (folder / CELLS_FILE).is_file()
    assert (folder / "previous" / "areas.csv").is_file()


def test_a_build_publishes_no_cell(made: Path, workspace: Workspace) -> None:
    summed_into(workspace, made)
    call = ["build", PERIOD.id, "--engine", "embedded", "--format", "html", "--workspace", str(workspace.root)]
    assert main(call) == 0
    published = [path for path in workspace.site.rglob("*") if path.is_file()]
    assert published
    assert not [path for path in published if path.suffix == ".parquet" or path.name == CELLS_FILE]
    paper = (workspace.site / "report" / PERIOD.id / "paper.html").read_text("utf-8")
    assert "synthetic" in paper
    ignored = (workspace.root / ".gitignore").read_text("utf-8").splitlines()
    assert CELLS_FILE in ignored
    results = json.loads((workspace.site / "report" / PERIOD.id / "results.json").read_text("utf-8"))
    assert results["patients"]["models"]["patients"] > 0
