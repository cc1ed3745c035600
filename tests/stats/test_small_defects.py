"""What the smallest nasty tables must not do: print rounding noise as a finding, or test what is no hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import het_breuschpagan

from iapt_report.areas.table import Precision
from iapt_report.stats.correlation import bonett_wright, spearman, with_holm
from iapt_report.stats.diagnostics import breusch_pagan_of, hc3_slope, influence
from iapt_report.stats.gradients import gradients
from iapt_report.stats.inequality import slope_index_over_areas
from iapt_report.stats.outliers import tukey_fences
from iapt_report.stats.outlying import dummy_is_estimable, weighted_with_indicators
from iapt_report.stats.regression import weighted_least_squares
from iapt_report.stats.source_uncertainty import Published, draw
from iapt_report.stats.specifications import Data
from iapt_report.stats.variation import levels, varies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Invented areas: finished treatment, and of 100 patients at caseness those who recovered.
ONE_HOLDS_ITS_RANK = (
    [103, 120, 131, 144, 150, 167, 171, 180, 192, 205, 110, 133],
    [48, 50, 49, 51, 50, 52, 49, 51, 50, 50, 53, 47],
    [5] * 11 + [9],
)
ONE_ALL_RECOVERED = (
    [185, 163, 151, 126, 130, 104, 107, 101, 117, 181, 164, 191],
    [50, 51, 53, 52, 100, 50, 50, 53, 48, 52, 51, 47],
    list(range(1, 13)),
)
DUMMY_IS_RANK = ([120] * 12, [48, 50, 49, 51, 50, 52, 49, 51, 50, 50, 95, 97], [1] * 10 + [2] * 2)


def frame(table: tuple[list[int], list[int], list[int]]) -> tuple[pd.DataFrame, Array]:
    finished, recovered, rank = table
    rate = np.array(recovered) / 100
    outlier = tukey_fences(rate, 3).beyond(rate)
    return pd.DataFrame({"rate": rate, "imd_rank": rank, "outlier": outlier}), np.array(finished, dtype=np.float64)


def data(table: pd.DataFrame, weights: Array) -> Data:
    rate, rank = table["rate"].to_numpy("float64"), table["imd_rank"].to_numpy("float64")
    cases = np.full(len(rate), 100.0)
    return Data(rate, rank, weights, cases, None, None, table["outlier"].to_numpy(dtype=bool))


def test_an_area_that_determines_its_own_fit_has_no_cooks_distance() -> None:
    table, weights = frame(ONE_ALL_RECOVERED)
    fit = weighted_least_squares(table, "rate", weights, dummy=True, confidence=0.95)
    found = influence(fit)
    assert found is not None
    assert table["outlier"].sum() == 1
    assert np.isnan(found.cooks[4])
    assert np.isfinite(np.delete(found.cooks, 4)).all()


def test_hc3_has_no_value_where_one_area_alone_holds_its_rank() -> None:
    table, weights = frame(ONE_HOLDS_ITS_RANK)
    fit = weighted_least_squares(table, "rate", weights, dummy=False, confidence=0.95)
    assert hc3_slope(fit, 0.95) is None
    robust = next(s for s in gradients(data(table, weights), 0.95) if s.model == "weighted_hc3")
    assert robust.gradient == pytest.approx(fit.model.terms["imd_rank"].estimate * 4)
    assert (robust.ci_low, robust.ci_high, robust.p, robust.below) == (None, None, None, None)


def test_a_dummy_that_repeats_the_rank_has_no_effect_of_its_own() -> None:
    table, weights = frame(DUMMY_IS_RANK)
    outlier, rank = table["outlier"].to_numpy(dtype=bool), table["imd_rank"].to_numpy("float64")
    assert list(np.flatnonzero(outlier)) == [10, 11]
    assert not dummy_is_estimable(rank, outlier, weights)
    assert not dummy_is_estimable(3e6 - rank / 7, outlier, weights)
    rank[9] = 2
    assert dummy_is_estimable(rank, outlier, weights)


def test_without_the_outliers_that_hold_the_other_rank_there_is_no_line() -> None:
    table, weights = frame(DUMMY_IS_RANK)
    assert weighted_with_indicators(table, "rate", weights, 0.95) is None


def test_a_sensitivity_analysis_is_no_hypothesis_of_the_family() -> None:
    draw = np.random.default_rng(1)
    rank = np.arange(40.0)
    family = {
        name: spearman(rank, rank * share + draw.normal(0, 12, 40), 0.95)
        for name, share in zip("abc", (0.3, 0.2, 0.1), strict=True)
    }
    four = family | {"c again": family["c"]}
    found = with_holm(four, sensitivity=("c again",))
    assert found["c again"].p_holm is None
    assert found["c again"].p == family["c"].p
    for name, three in with_holm(family).items():
        assert found[name].p_holm == three.p_holm
    first = min(family, key=lambda name: family[name].p or 1)
    assert with_holm(four)[first].p_holm == pytest.approx(4 / 3 * (found[first].p_holm or 0))


@pytest.mark.parametrize("noise", [0.0, 1e-12])
def test_a_rate_that_varies_by_rounding_errors_does_not_vary(noise: float) -> None:
    draw = np.random.default_rng(3)
    rank = np.arange(30.0)
    rate = 0.5 + noise * np.sort(draw.uniform(size=30))
    assert spearman(rank, rate, 0.95).rho is None
    assert not tukey_fences(rate, 3).beyond(rate).any()
    index = slope_index_over_areas(rate, np.full(30, 100.0), rank, 0.95)
    assert (index.sii, index.sii_low, index.rii) == (0, 0, 1)
    flat = Data(rate, rank, np.ones(30), np.full(30, 100.0), None, np.full(30, 50.0), np.zeros(30, dtype=np.bool_))
    assert all(row.p is None for row in gradients(flat, 0.95))


def test_rates_that_are_equal_but_for_rounding_errors_tie() -> None:
    rate = np.array([0.1 + 0.2, 0.3, 0.1, 0.7, 0.5, 0.2])
    exact = np.array([3, 3, 1, 7, 5, 2.0])
    np.testing.assert_array_equal(levels(rate), [2, 2, 0, 4, 3, 1])
    other = np.array([1, 4, 2, 6, 5, 3.0])
    assert spearman(rate, other, 0.95) == spearman(exact, other, 0.95)
    assert varies(np.array([1 / 3000, 1 / 3001]))


def test_the_interval_of_bonett_and_wright_is_wider_than_fishers_the_stronger_the_correlation() -> None:
    draw = np.random.default_rng(4)
    x = np.arange(50.0)
    y = x + draw.normal(0, 10, 50)
    fisher, wider = spearman(x, y, 0.95), spearman(x, y, 0.95, interval="bonett_wright")
    assert (fisher.rho, fisher.p) == (wider.rho, wider.p)
    assert fisher.rho is not None
    # By hand: tanh(artanh ρ ± 1.959964 √((1 + ρ²/2)/47)).
    low = np.tanh(np.arctanh(fisher.rho) - 1.959963984540054 * np.sqrt((1 + fisher.rho**2 / 2) / 47))
    assert wider.ci_low == pytest.approx(low, rel=1e-12)
    assert wider.ci_low < fisher.ci_low < fisher.ci_high < wider.ci_high  # type: ignore[operator]
    assert bonett_wright(0.0, 50, 0.95)[1] == pytest.approx(np.tanh(1.959963984540054 / np.sqrt(47)))


def test_the_spread_that_case_load_carries_is_found_where_rank_looks_quiet() -> None:
    draw = np.random.default_rng(5)
    rank, cases = np.arange(1.0, 151), draw.permutation(np.geomspace(50, 5000, 150))
    rate = 0.45 + 0.1 * rank / 150 + draw.normal(0, 0.04, 150) + draw.normal(0, 0.5 / np.sqrt(cases))
    fit = weighted_least_squares(
        pd.DataFrame({"imd_rank": rank, "rate": rate}), "rate", cases, dummy=False, confidence=0.95
    )
    against = breusch_pagan_of(fit, {"imd_rank": rank, "cases": cases})
    assert breusch_pagan_of(fit, {"imd_rank": rank}).p > 0.1  # type: ignore[operator]
    assert against.p < 1e-4  # type: ignore[operator]
    assert against.df == 2
    design = np.column_stack([np.ones(150), rank, cases])
    statistic, p, *_ = het_breuschpagan(fit.predictor.wresid, design)
    assert (against.statistic, against.p) == pytest.approx((statistic, p), rel=1e-6)
    assert breusch_pagan_of(fit, {"imd_rank": rank, "again": -rank}).df == 1


@pytest.mark.parametrize("weights", ["chance", "both"])
def test_the_spread_of_the_residuals_is_even_where_the_weights_are_right(weights: str) -> None:
    draw = np.random.default_rng(6)
    rank, cases = np.arange(1.0, 61), draw.permutation(np.geomspace(50, 5000, 60))
    tau = 0.0 if weights == "chance" else 0.04
    variance = tau**2 + 0.25 / cases
    found = []
    for _ in range(150):
        rate = 0.45 + 0.1 * rank / 60 + draw.normal(0, np.sqrt(variance))
        fit = weighted_least_squares(
            pd.DataFrame({"imd_rank": rank, "rate": rate}), "rate", 1 / variance, dummy=False, confidence=0.95
        )
        found.append(breusch_pagan_of(fit, {"imd_rank": rank, "cases": cases}).p)
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.045)


def published(count: float, n: int = 4) -> Published:
    unknown = np.full(n, np.nan)
    known = np.full(n, 200.0)
    return Published(np.arange(1.0, n + 1), known, known, np.full(n, count), np.full(n, count / 200), unknown, unknown)


def truths(count: float, parts: int) -> set[float]:
    drawn = draw(published(count), Precision(rounded_to=5, withheld_under=5, parts=parts), "at_caseness", 2000, 1)
    return set(drawn.reached.ravel())


def test_what_was_not_withheld_was_not_small() -> None:
    assert truths(5, 1) == {5, 6, 7}
    assert truths(10, 1) == {8, 9, 10, 11, 12}
    # Three months that add up to 15 are 5 each; to 20, two of them are 5.
    assert truths(15, 3) == set(range(15, 22))
    assert truths(20, 3) == set(range(18, 27))
    assert truths(60, 3) == set(range(54, 67))


def test_the_least_published_count_is_each_of_its_truths_as_often() -> None:
    drawn = draw(published(5, 2000), Precision(rounded_to=5, withheld_under=5), "at_caseness", 20, 1).reached
    shares = [float((drawn == truth).mean()) for truth in (5, 6, 7)]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.01)


def test_the_patients_not_at_caseness_were_not_few_either() -> None:
    areas = published(100)
    areas = Published(
        areas.rank, np.full(4, 200.0), np.full(4, 195.0), areas.reached, areas.rate, areas.rate_low, areas.rate_high
    )
    precision = Precision(rounded_to=5, withheld_under=5, cases_derived=True)
    drawn = draw(areas, precision, "at_caseness", 2000, 1)
    assert set((drawn.finished_treatment - drawn.at_caseness).ravel()) == {5, 6, 7}


def test_holm_of_three_is_what_r_gives() -> None:
    """R: ``p.adjust(c(0.0155, 0.4, 0.9), "holm")``."""
    plain = spearman(np.arange(10.0), np.arange(10.0), 0.95)
    family = {name: plain.model_copy(update={"p": p}) for name, p in (("a", 0.0155), ("b", 0.4), ("c", 0.9))}
    assert [c.p_holm for c in with_holm(family).values()] == pytest.approx([0.0465, 0.8, 0.9])


def test_chance_alone_is_what_winsorising_leaves() -> None:
    from iapt_report.stats.funnel import winsorised_variance

    normal = stats.norm.rvs(size=200_000, random_state=1)
    limits = stats.norm.ppf([0.1, 0.9])
    assert winsorised_variance(0.1) == pytest.approx(np.clip(normal, *limits).var(), rel=0.01)
    assert winsorised_variance(0.0001) == pytest.approx(1, abs=0.01)
