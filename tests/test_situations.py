"""Whole papers of made-up years with patients' deciles, under every setting: no sentence is broken or contradicted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import published
from iapt_report.analysis import analyse
from iapt_report.documents import document_text
from iapt_report.outcomes import RECOVERY
from iapt_report.period import Period
from iapt_report.period_folder import read_areas
from iapt_report.settings import Settings
from iapt_report.wording import how_many, of_areas, percentage_points
from iapt_report.workspace import Paper, scaffold
from test_documents import body_of, sentences_are_sound

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.results import Results

YEAR = Period.parse("2019-20")
DECILES = published.DECILES[::-1]


def made_up_year(seed: int, gradient: float, spread: float) -> list[list[object]]:
    """Areas, and England, whose patients recover by their own deprivation, with some counts withheld."""
    draw = random.Random(seed)
    rows: list[list[object]] = []
    whole = dict.fromkeys(DECILES, (0, 0))
    for i in range(14):
        own, total = draw.gauss(0, spread), [0, 0]
        for j, decile in enumerate(DECILES):
            cases = draw.randint(0, 220)
            rate = min(max(0.5 - gradient * (j - 4.5) / 9 + own, 0), 1)
            recovered = sum(draw.random() < rate for _ in range(cases))
            whole[decile] = (whole[decile][0] + cases, whole[decile][1] + recovered)
            total = [total[0] + cases, total[1] + recovered]
            shown = [5 * round(n / 5) if n >= 5 else "*" for n in (cases, recovered)]
            rows.append(published.decile_row("CCG", f"X{i:02d}", decile, *shown))
        cases, recovered = (5 * round(n / 5) for n in total)
        counts = [cases, cases + 50, recovered, cases * 3, round(100 * recovered / cases)]
        rows.append(["CCG", f"X{i:02d}", f"NHS Area {i}", "Total", "NULL", "NULL", *counts])
    rows.extend(published.decile_row("England", "All", decile, *counts) for decile, counts in whole.items())
    return rows


def results(folder: Path, rows: list[list[object]], chosen: Settings) -> Results:
    published.import_period(
        [published.annual(folder, rows=rows)], YEAR, published.imd(folder), published.lookup(folder), folder / "data"
    )
    areas = read_areas(folder / "data", YEAR, RECOVERY)
    return analyse(areas, chosen, draws=20, simulated_quarters=20)


def as_one_line(text: str) -> str:
    return " ".join(text.split())


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
    r = results(tmp_path_factory.mktemp("year"), made_up_year(seed, gradient, spread), chosen)
    paper = document_text("paper", r, scaffold() / "templates", Paper())
    supplement = document_text("supplement", r, scaffold() / "templates", Paper())
    sentences_are_sound(body_of(paper))
    sentences_are_sound(supplement[supplement.index("## Online supplement") :])
    text = as_one_line(paper)
    assert r.case_mix is not None
    mixed = r.case_mix.adjustment
    if mixed.above.n or mixed.below.n:
        assert f"and {of_areas(mixed.above.n, len(mixed.areas))} above it" in text
    else:
        assert "no area's rate lay below or above what England's rates lead one to expect" in text
    assert ("a sign of overdispersion" in text) == (mixed.beyond_p < 0.05)
    if r.classification.below_adjusted.n and interval == "fitted_mean":
        n = r.classification.below_adjusted.n
        assert ("The one area below it" if n == 1 else f"Of the {how_many(n, 'area')} below it") in text
    else:
        assert "areas below it, " not in text
    slope = r.regression.final.terms["imd_rank"]
    assert ("the expected rate rises" in text) == (slope.p is not None and slope.p < 0.05 and slope.estimate > 0)
    assert ("the expected rate falls" in text) == (slope.p is not None and slope.p < 0.05 and slope.estimate < 0)
    assert ("lower confidence limit of its adjusted rate" in text) == (interval == "fitted_mean")


def test_what_holds_between_areas_is_not_said_of_patients(tmp_path: Path) -> None:
    """Areas alike, patients not: the conclusion may not read as if deprivation made no difference."""
    r = results(tmp_path, made_up_year(11, 0.2, 0.08), Settings())
    assert r.inequality.patients is not None
    assert (r.inequality.patients.sii_low or 0) > 0
    rank = r.regression.final.terms["imd_rank"]
    assert rank.p is not None
    assert rank.p > 0.05
    text = as_one_line(document_text("paper", r, scaffold() / "templates", Paper()))
    assert "although patients from more deprived neighbourhoods recovered less often" in text
    assert "the deprivation of the patients themselves is another matter" in text


def test_an_areas_own_patients_explain_it_where_only_they_differ(tmp_path: Path) -> None:
    """Services that all do as England does for each tenth of patients: next to none is low once that is allowed for."""
    r = results(tmp_path, made_up_year(7, 0.3, 0.0), Settings())
    assert r.case_mix is not None
    assert r.case_mix.adjustment.below.n <= 2
    assert r.inequality.patients is not None
    assert r.inequality.patients.sii == pytest.approx(0.3 * 10 / 9, abs=0.06)
    text = as_one_line(document_text("paper", r, scaffold() / "templates", Paper()))
    points = percentage_points(r.inequality.patients.sii)
    assert f"the difference is {points} percentage points (slope index of inequality" in text
