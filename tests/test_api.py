"""The package from Python: areas in, results as tables, documents out."""

from __future__ import annotations

import csv
import math
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import iapt_report
from conftest import REFERENCE, ROOT, areas_from, some_rows
from iapt_report import Results, analyse, build, load
from iapt_report.analysis.settings import Settings
from iapt_report.system.errors import CallError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

# R 4.2.2, of lm(recovery_rate ~ imd_rank, weights = finished_treatment) on the reference quarter; and its area SYN001.
R_GLANCE = {"log_lik": 234.4748494034, "aic": -462.9496988068, "bic": -452.8941244064, "deviance": 557.5862726471}
R_FIRST = {
    "fitted": 0.4469668534947,
    "resid": -0.0818874884153,
    "hat": 0.0051451448236,
    "sigma": 1.63178382703,
    "cooksd": 0.003625855217244,
    "std_resid": -1.184135188639,
}
DATA = ROOT / "data" / REFERENCE


@pytest.fixture(scope="module")
def results() -> Results:
    return analyse(load(DATA))


def test_a_period_is_loaded_by_its_id_its_folder_or_its_file(workspace: Workspace) -> None:
    folder = workspace.data / REFERENCE
    by_id = load(REFERENCE, workspace=workspace.root)
    for other in (load(folder), load(str(folder)), load(folder / "areas.csv")):
        pd.testing.assert_frame_equal(other.table, by_id.table)
        assert (other.period, other.synthetic, other.excluded) == (by_id.period, True, by_id.excluded)


def test_a_period_is_found_from_within_the_workspace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace.reports)
    assert len(load(REFERENCE)) == 211


def test_a_file_of_ones_own_needs_its_period(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    pd.DataFrame(some_rows(12)).to_csv(path, index=False)
    with pytest.raises(CallError, match=r"the period of .*mine\.csv is not known"):
        load(path)
    areas = load(path, period="2024-25-Q1")
    assert (len(areas), areas.period.id, areas.synthetic) == (12, "2024-25-Q1", False)
    assert areas.sources[0].file == "mine.csv"


def test_what_is_invented_does_not_lose_that_mark_in_a_folder_of_another_name(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "renamed")
    for source in (tmp_path / "renamed", tmp_path / "renamed" / "areas.csv"):
        with pytest.raises(CallError, match="is not named for a period"):
            load(source, period=REFERENCE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"source": "2013-14"}, "there are no data for 2013-14"),
        ({"source": "nowhere.csv"}, "is no period, file or folder"),
        ({"source": REFERENCE, "period": "2019-20"}, "is of 2014-15-Q2, not 2019-20"),
        ({"source": REFERENCE, "outcome": "happiness"}, "there is no outcome 'happiness'"),
    ],
)
def test_a_load_of_what_is_not_there_says_so(arguments: dict[str, str], words: str) -> None:
    with pytest.raises(CallError, match=words):
        load(**arguments, workspace=ROOT)  # type: ignore[arg-type]


def test_a_cell_that_cannot_be_read_is_named_by_file_row_and_column(tmp_path: Path) -> None:
    rows = some_rows(12)
    rows[4]["referrals"] = "many"
    path = tmp_path / "mine.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(DataError) as caught:
        load(path, period="2024-25-Q1")
    assert (caught.value.file, caught.value.row, caught.value.column) == (str(path), 6, "referrals")


def test_areas_are_analysed_with_the_studys_settings_and_those_named(results: Results, reference: Results) -> None:
    assert results == reference
    assert analyse(load(DATA), interval="wilson", benchmark=0.48).settings == Settings(
        interval="wilson", benchmark=0.48
    )


def test_a_periods_id_is_analysed_with_its_workspaces_settings(workspace: Workspace) -> None:
    (workspace.root / "iapt-report.toml").write_text('[settings]\nweight = "equal"\nconfidence = 0.9\n', "utf-8")
    made = analyse(REFERENCE, workspace=workspace.root, confidence=0.99)
    assert made.settings == Settings(weight="equal", confidence=0.99)


def test_areas_loaded_for_one_outcome_are_not_analysed_by_another(tmp_path: Path) -> None:
    rows = [{**row, "reliably_recovered": row["recovered"]} for row in some_rows(14)]
    rows[3]["recovered"] = "*"
    rows[5]["reliably_recovered"] = "*"
    path = tmp_path / "mine.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    reliable = load(path, period="2024-25-Q1", outcome="reliable_recovery")
    made = analyse(reliable)
    assert made.outcome.name == "reliable_recovery"
    assert {area.area_code for area in made.areas} == {f"T{i:03d}" for i in range(14)} - {"T005"}
    with pytest.raises(CallError, match="loaded for reliable_recovery"):
        analyse(reliable, outcome="recovery")


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"weight": "people"}, "the setting 'weight' cannot be 'people'"), ({"wieght": "equal"}, "no setting 'wieght'")],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, str], words: str) -> None:
    with pytest.raises(CallError, match=words) as caught:
        analyse(load(DATA), **settings)  # type: ignore[arg-type]
    assert "iapt-report.toml" not in str(caught.value)


def test_the_coefficients_are_those_of_the_results(results: Results) -> None:
    table = results.tidy()
    assert list(table.columns) == [
        "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    assert list(table["term"]) == ["(Intercept)", "imd_rank"]
    slope = results.regression.final.terms["imd_rank"]
    assert table.iloc[1, 1:].to_list() == [slope.estimate, slope.se, slope.t, slope.p, slope.ci_low, slope.ci_high]
    assert list(results.tidy("initial")["term"]) == ["(Intercept)", "imd_rank", "outlier"]


def test_correlations_and_gradients_are_tables_too(results: Results) -> None:
    correlations = results.tidy("correlations").set_index("term")
    assert correlations.loc["recovery_rate", "estimate"] == results.correlations.recovery_rate.rho
    assert correlations.loc["recovery_rate_trimmed", "nobs"] == 209
    gradients = results.tidy("gradients")
    assert list(zip(gradients["term"], gradients["outliers"], strict=True)) == [
        (row.model, row.outliers) for row in results.gradients
    ]
    assert gradients.select_dtypes("number").shape[1] == gradients.shape[1] - 2, "no column of objects"
    random = results.tidy("random_effects").set_index("term")
    assert results.random_effects is not None
    assert random.loc["imd_rank", "std_error"] == results.random_effects.terms["imd_rank"].se


def test_a_part_that_is_not_there_is_refused(results: Results) -> None:
    with pytest.raises(CallError, match="there is no part 'lasso'"):
        results.tidy("lasso")  # type: ignore[arg-type]
    plain = analyse(areas_from(some_rows(20, noise=0.01)))
    with pytest.raises(CallError, match="no area is an extreme outlier"):
        plain.tidy("initial")


def test_glance_and_augment_agree_with_stored_answers_of_r(results: Results) -> None:
    glance = results.glance().iloc[0]
    assert glance[list(R_GLANCE)].to_dict() == pytest.approx(R_GLANCE, rel=1e-8)
    assert (glance["nobs"], glance["df"], glance["df_residual"]) == (211, 1, 209)
    assert glance["statistic"] == results.regression.final.f
    first = results.augment().iloc[0]
    assert first["area_code"] == "SYN001"
    assert first[list(R_FIRST)].to_dict() == pytest.approx(R_FIRST, rel=1e-8)


_ASK = """
given <- read.csv(commandArgs(TRUE)[1])
if (commandArgs(TRUE)[2] == "dummy") given <- given[given$outlier == 0, ]
fit <- lm(recovery_rate ~ imd_rank, given, weights = w)
cat(sprintf("%.17g", c(logLik(fit), AIC(fit), BIC(fit), deviance(fit))), sep = ",")
cat("\\n")
all <- cbind(fitted(fit), given$recovery_rate - fitted(fit), hatvalues(fit), influence(fit)$sigma, cooks.distance(fit),
  rstandard(fit))
write.table(format(all, digits = 17), sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE)
"""


@pytest.mark.r
@pytest.mark.parametrize("weight", ["finished_treatment", "at_caseness", "equal"])
@pytest.mark.parametrize("dummy", [False, True])
def test_glance_and_augment_agree_with_r_under_every_weight(tmp_path: Path, weight: str, dummy: bool) -> None:
    made = analyse(load(DATA), weight=weight, dummy_alpha=0.99 if dummy else 0.05)  # type: ignore[arg-type]
    assert made.outliers.left_out == dummy
    found = made.augment()
    given = found[["recovery_rate", "imd_rank"]].assign(outlier=found["outlier"].astype(int), w=1.0)
    if weight != "equal":
        given["w"] = found["cases" if weight == "at_caseness" else weight]
    given.to_csv(tmp_path / "given.csv", index=False)
    (tmp_path / "ask.R").write_text(_ASK, "utf-8")
    command = ["Rscript", str(tmp_path / "ask.R"), str(tmp_path / "given.csv"), "dummy" if dummy else "plain"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    head, *rows = [[float(cell) for cell in row] for row in csv.reader(done.stdout.splitlines())]
    assert made.glance()[list(R_GLANCE)].iloc[0].to_list() == pytest.approx(head, rel=1e-8)
    answers = pd.DataFrame(rows, columns=list(R_FIRST))
    kept = found[~(found["outlier"] & made.outliers.left_out)]
    for column in answers:
        assert kept[column].to_list() == pytest.approx(answers[column].to_list(), rel=1e-7, abs=1e-12), column


def test_patients_at_caseness_weigh_also_where_the_outcome_is_of_all_who_finished(tmp_path: Path) -> None:
    """The patients behind a rate of reliable improvement are others than those at caseness."""
    rows = [{**row, "reliably_improved": row["recovered"]} for row in some_rows(20)]
    path = tmp_path / "mine.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    made = analyse(load(path, period="2024-25-Q1", outcome="reliable_improvement"), weight="at_caseness")
    assert [area.weight for area in made.areas] == [row["at_caseness"] for row in rows]
    assert [area.cases for area in made.areas] == [row["finished_treatment"] for row in rows]
    slope = made.regression.final.terms["imd_rank"].estimate
    assert made.augment()["fitted"].diff().iloc[1] == pytest.approx(slope)


def test_a_perfect_fit_has_tables_with_what_cannot_be_computed_missing() -> None:
    rows: list[dict[str, object]] = [
        {"area_code": f"T{i:02d}", "area_name": f"T {i}", "referrals": 900, "finished_treatment": 500,
         "recovery_rate": 0.4 + i / 128, "imd_rank": i + 1}
        for i in range(12)
    ]  # fmt: skip
    made = analyse(areas_from(rows))
    assert made.tidy().loc[1, "estimate"] == pytest.approx(1 / 128)
    assert math.isnan(made.tidy().loc[1, "statistic"])  # type: ignore[arg-type]
    assert math.isnan(made.glance().loc[0, "log_lik"])  # type: ignore[arg-type]
    assert made.augment()["cooksd"].isna().all()
    assert made.augment()["resid"].abs().max() < 1e-12


def test_documents_are_made_from_a_period_and_from_results_with_other_settings(workspace: Workspace) -> None:
    made = build(REFERENCE, formats=["html"], engine="embedded", workspace=workspace.root)
    assert workspace.site / "report" / REFERENCE / "paper.html" in made
    assert all(path.is_file() for path in made)
    page = made[0].read_text("utf-8")
    strict = analyse(REFERENCE, workspace=workspace.root, benchmark=0.6)
    (again, *_) = build(strict, formats=["html"], engine="embedded", workspace=workspace.root)
    assert again == made[0]
    assert "standard of 60%" in again.read_text("utf-8")
    assert "standard of 60%" not in page
    stored = Results.from_json((again.parent / "results.json").read_text("utf-8"))
    assert stored == strict, "what is handed out rests on the same results"
    from iapt_report.site.period import stale_periods

    assert [period.id for period in stale_periods(workspace)] == [REFERENCE], "the workspace's own settings are others"


def test_a_document_edited_by_hand_is_kept_with_a_warning(workspace: Workspace) -> None:
    build(REFERENCE, formats=["html"], engine="embedded", workspace=workspace.root)
    document = workspace.reports / REFERENCE / "paper.qmd"
    document.write_text(document.read_text("utf-8") + "\nMine.\n", "utf-8")
    with pytest.warns(UserWarning, match=r"paper\.qmd was edited by hand and is kept"):
        (paper, *_) = build(REFERENCE, formats=["html"], engine="embedded", workspace=workspace.root)
    assert "Mine." in paper.read_text("utf-8")


def test_a_format_that_there_is_not_is_refused(workspace: Workspace) -> None:
    for formats in (["epub"], "html"):
        with pytest.raises(CallError, match="there is no format"):
            build(REFERENCE, formats=formats, workspace=workspace.root)  # type: ignore[arg-type]


def test_the_package_has_the_four_names_and_stays_light() -> None:
    assert set(iapt_report.__all__) - {"__version__"} == {"Results", "analyse", "build", "load"}
    assert set(iapt_report.__all__) <= set(dir(iapt_report))
    with pytest.raises(AttributeError, match="no attribute 'analyze'"):
        _ = iapt_report.analyze
    code = (
        "import sys, iapt_report;"
        "heavy = {'pandas', 'pydantic', 'statsmodels', 'plotnine', 'typer'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "import importlib.util;"
        "same = [name for name in iapt_report.__all__ if importlib.util.find_spec('iapt_report.' + name)];"
        "assert not same, f'importing the module {same} would put it in the place of the function'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
