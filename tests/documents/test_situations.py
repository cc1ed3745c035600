"""Whole papers of made-up years with patients' deciles, under every setting: no sentence is broken or contradicted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from iapt_report.analysis.history import History
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.documents.area_text import texts
from iapt_report.documents.page import document_text
from iapt_report.words.numbers import how_many, of_areas, percentage_points
from iapt_report.workspace.paper import Paper
from iapt_report.workspace.scaffold import scaffold
from made_up import made_up_year, results_of_rows
from prose import body_of, sentences_are_sound


def as_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("period", "share"), [("2019-20-Q1", "1.6%"), ("2019-20-Q3", "")])
def test_patients_who_are_lost_are_said_in_the_paper_the_brief_and_on_every_area_s_page(
    period: str, share: str
) -> None:
    r = analyse(read_areas(ROOT / "data", Period.parse(period)))
    paper, brief = (document_text(name, r, scaffold() / "templates", Paper()) for name in ("paper", "brief"))
    template = scaffold() / "templates" / "area.qmd.jinja"
    area, last = texts(
        r, [r.areas[0], r.areas[-1]], History({}, {}, 0, ()), template, beside=Path("nowhere"), pdf=False
    )
    for text in map(as_one_line, (paper, brief, area, last)):
        left_out = "of the patients are left out" in text and share in text
        analysed = bool(share) and f"with {100 - float(share.rstrip('%')):.1f}% of the patients" in text
        assert bool(share) == (left_out or analysed)


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.integers(0, 999),
    st.sampled_from([-0.2, 0.0, 0.2]),
    st.sampled_from([0.0, 0.04, 0.12]),
    st.sampled_from(["fitted_mean", "wilson", "prediction", "overdispersion"]),
    st.sampled_from(["finished_treatment", "at_caseness", "equal"]),
)
def test_every_situation_makes_sound_sentences_that_its_numbers_bear_out(
    tmp_path_factory: pytest.TempPathFactory, seed: int, gradient: float, spread: float, interval: str, weight: str
) -> None:
    chosen = Settings(interval=interval, weight=weight)  # type: ignore[arg-type]
    r = results_of_rows(tmp_path_factory.mktemp("year"), made_up_year(seed, gradient, spread), chosen)
    paper = document_text("paper", r, scaffold() / "templates", Paper())
    supplement = document_text("supplement", r, scaffold() / "templates", Paper())
    sentences_are_sound(body_of(paper))
    sentences_are_sound(supplement[supplement.index("## Online supplement") :])
    text = as_one_line(paper)
    assert r.case_mix is not None
    mixed = r.case_mix.adjustment
    if mixed.above.n or mixed.below.n:
        assert f"and higher in {of_areas(mixed.above.n, len(mixed.areas))}" in text
    else:
        assert "no area's rate was lower or higher than expected by more than chance" in text
    assert ("a sign of overdispersion" in as_one_line(supplement)) == (mixed.beyond_p < 0.05)
    if r.classification.below_adjusted.n and interval == "fitted_mean":
        n = r.classification.below_adjusted.n
        assert ("The one area below it" if n == 1 else f"Of the {how_many(n, 'area')} below it") in text
    else:
        assert "beyond what chance alone explains" not in text
    slope = r.regression.final.terms["imd_rank"]
    assert ("the expected rate rises" in text) == (slope.p is not None and slope.p < 0.05 and slope.estimate > 0)
    assert ("the expected rate falls" in text) == (slope.p is not None and slope.p < 0.05 and slope.estimate < 0)
    assert ("lower confidence limit of its adjusted rate" in text) == (interval == "fitted_mean")


def test_what_holds_between_areas_is_not_said_of_patients(tmp_path: Path) -> None:
    """Areas alike, patients not: the conclusion may not read as if deprivation made no difference."""
    r = results_of_rows(tmp_path, made_up_year(11, 0.2, 0.08), Settings())
    assert r.inequality.patients is not None
    assert (r.inequality.patients.sii_low or 0) > 0
    assert r.gradient.p is not None
    assert r.gradient.p > 0.05
    text = as_one_line(document_text("paper", r, scaffold() / "templates", Paper()))
    assert "although patients from more deprived neighbourhoods recovered less often" in text
    assert "the deprivation of patients' own neighbourhoods is another matter" in text


def test_an_areas_own_patients_explain_it_where_only_they_differ(tmp_path: Path) -> None:
    """Services that all do as England does for each tenth of patients: next to none is low once that is allowed for."""
    r = results_of_rows(tmp_path, made_up_year(7, 0.3, 0.0), Settings())
    assert r.case_mix is not None
    assert r.case_mix.adjustment.below.n <= 2
    assert r.inequality.patients is not None
    assert r.inequality.patients.sii == pytest.approx(0.3 * 10 / 9, abs=0.06)
    text = as_one_line(document_text("paper", r, scaffold() / "templates", Paper()))
    points = percentage_points(r.inequality.patients.sii)
    assert f"The slope index of inequality was {points} percentage points (" in text
