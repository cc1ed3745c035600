"""Covariates in paper and supplement: what is said of them, and that no name of theirs is markup."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from statistics import stdev
from typing import TYPE_CHECKING

import pytest

from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.documents.exports import sheets
from iapt_report.documents.page import document_text
from iapt_report.words import covariates
from iapt_report.words.findings import findings_of
from iapt_report.workspace.paper import Paper
from iapt_report.workspace.scaffold import scaffold
from made_up import WHITE, areas_with_groups
from prose import sentences_are_sound

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results

NASTY = "<b>bold</b> | {{< include x >}} `code` $x$"


@cache
def of(*names: str, withheld: tuple[str, ...] = ()) -> Results:
    columns = {
        "staff": [str(10 + i % 7) for i in range(40)],
        "flat": ["3"] * 40,
        NASTY: [str(i % 3) for i in range(40)],
    }
    return analyse(areas_with_groups(columns=columns, withheld=withheld), Settings(covariates=names))


def text_of(kind: str, results: Results) -> str:
    return document_text(kind, results, scaffold() / "templates", Paper())


def section(kind: str, results: Results) -> str:
    """The supplement's section on covariates, or the paper's on the two benchmarks."""
    text = text_of(kind, results)
    start = text.index("## More than deprivation" if kind == "supplement" else "### Two benchmarks")
    return " ".join(text[start : text.index("\n##", start + 5)].split())


def test_without_covariates_no_document_speaks_of_them() -> None:
    results = of()
    assert "More than deprivation" not in text_of("supplement", results)
    assert "covariate" not in text_of("paper", results).replace("`covariates` none", "")


def test_the_paper_gives_the_gradient_without_and_with_and_the_areas_below() -> None:
    results = of(WHITE)
    assert results.covariates is not None
    model = results.covariates.random_effects
    assert model is not None
    text = section("paper", results)
    assert model.before.gradient is not None
    assert model.after.gradient is not None
    assert f"was {100 * model.before.gradient:.1f} percentage points" in text
    assert f"{100 * model.after.gradient:.1f}".replace("-", "−") + " percentage points" in text
    assert "beside “Ethnic Group: White”" in text
    assert f"{model.below.both + model.below.first_only} of the 40 areas" in text
    sentences_are_sound(covariates.results(findings_of(results)))


def test_the_supplement_has_each_covariate_in_both_models_and_the_groups() -> None:
    results = of("staff", WHITE)
    text = section("supplement", results)
    for row in (
        "| Weighted regression, rank alone |",
        "| Random-effects regression, with covariates |",
        "| Weighted regression: Ethnic Group: White, ten percentage points more |",
        f"| Random-effects regression: staff, one standard deviation ({stdev(i % 7 for i in range(40)):.2f}) more |",
        "| Random-effects regression: all covariates together |",
        "| Ethnic Group: White | 6000 | 3600 | 60.0 |",
        "| Ethnic Group | 40 |",
    ):
        assert row in text
    assert "no effect that can be estimated" not in text
    sentences_are_sound(covariates.at_length(findings_of(results)))


def test_a_covariate_that_changes_nothing_is_named() -> None:
    text = section("supplement", of("flat", WHITE))
    assert "“flat” has no effect that can be estimated, since it does not vary" in text
    assert "Weighted regression: flat" not in text


def test_with_none_that_can_be_estimated_there_is_no_table_without_rows() -> None:
    text = section("supplement", of("flat"))
    assert "tbl-covariate-effects" not in text
    assert "tbl-groups" not in text
    assert ", the same ones." in section("paper", of("flat")) or "No area was below" in section("paper", of("flat"))


def test_the_workbook_has_the_covariates_and_what_is_expected_of_every_area() -> None:
    found = {sheet.name: sheet for sheet in sheets(of("staff", WHITE))}
    assert [row[:2] for row in found["Gradient and covariates"].rows] == [
        (model, which) for model in ("weighted", "random_effects") for which in ("before", "after")
    ]
    assert len(found["Covariate areas"].rows) == 80
    assert len(found["Covariate group areas"].rows) == 40
    assert ("Setting covariates", f"staff, {WHITE}") in found["About"].rows
    assert not any(name.startswith("Covariate") for name in (sheet.name for sheet in sheets(of())))


def test_the_areas_that_change_sides_are_named() -> None:
    results = of("staff", WHITE)
    assert results.covariates is not None
    model = results.covariates.random_effects
    assert model is not None
    moved = {area.area_code for area in model.areas if area.below != area.below_alone}
    assert moved
    text = covariates.moved(findings_of(results))
    assert {area.area_code for area in results.areas if area.area_name in text} == moved
    assert covariates.moved(findings_of(of("flat"))) == ""


def test_areas_left_out_are_named() -> None:
    text = section("supplement", of(WHITE, withheld=("T003",)))
    assert "Of one area a covariate is not known, as where it is withheld because it is small: Test Area 003." in text


def test_a_period_without_them_says_so() -> None:
    results = analyse(replace(areas_with_groups(), shares=None), Settings(covariates=(WHITE, "staff")))
    text = section("paper", results)
    assert "The covariates “Ethnic Group: White” and “staff” could not be used" in text
    assert "More than deprivation" not in text_of("supplement", results)


def test_no_name_of_a_covariate_is_markup() -> None:
    for kind in ("paper", "supplement"):
        text = text_of(kind, of(NASTY))
        assert "<b>bold" not in text.replace("\\<b", "")
        assert "{{< include" not in text
        assert "bold" in text


@pytest.mark.parametrize(
    ("value", "written"), [(0.0, "0.00"), (0.0123, "0.012"), (0.00012, "0.0001"), (3.14159, "3.14"), (1234.5, "1235")]
)
def test_figures_of_any_size_have_digits_that_tell(value: float, written: str) -> None:
    assert covariates._figure(value) == written


def test_every_count_of_areas_is_that_of_the_models() -> None:
    assert covariates.areas(findings_of(of(WHITE, withheld=("T003",)))) == "39"
