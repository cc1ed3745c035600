from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from iapt_report.areas.table import Precision
from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import expected_rates, weighted_least_squares
from iapt_report.stats.source_uncertainty import Line, Published, SourceUncertainty, Spread, draw, source_uncertainty

if TYPE_CHECKING:
    from iapt_report.stats.source_uncertainty import Count, Draws

FIGURES = ("rho", "gradient", "r_squared", "below_standard", "below_fitted_mean")
ROUNDED = Precision(rounded_to=5, withheld_under=5)
DERIVED = Precision(rounded_to=5, withheld_under=5, parts=3, cases_derived=True)


def published_areas(n: int = 60, *, seed: int = 1, step: int = 5, smallest: int = 60) -> Published:
    """Areas with a gradient, their counts rounded to the nearest ``step``."""
    rng = np.random.default_rng(seed)
    rank = np.arange(1.0, n + 1)
    cases = rng.integers(smallest, smallest + 300, n)
    reached = rng.binomial(cases, 0.42 + 0.12 * rank / n)
    rounded = [step * np.round(count / step) for count in (cases + rng.integers(0, 40, n), cases, reached)]
    finished, at_caseness, recovered = (np.maximum(count, step).astype("float64") for count in rounded)
    recovered = np.minimum(recovered, at_caseness)
    unknown = np.full(n, np.nan)
    return Published(rank, finished, at_caseness, recovered, recovered / at_caseness, unknown, unknown)


def from_percentages(published: Published, reach: float = 0.005) -> Published:
    """The same areas with whole percentages in place of the counts of those who reached the outcome."""
    rate = published.rate.round(2)
    unknown = np.full(len(rate), np.nan)
    return replace(published, reached=unknown, rate=rate, rate_low=rate - reach, rate_high=rate + reach)


def spreads(found: SourceUncertainty | None) -> dict[str, Spread]:
    assert found is not None
    return {name: getattr(found, name) for name in FIGURES}


def width(spread: Spread) -> float:
    assert spread.low is not None
    assert spread.high is not None
    return spread.high - spread.low


def test_exact_counts_leave_nothing_open() -> None:
    assert source_uncertainty(published_areas(step=1), Precision(), 0.5, 0.95) is None


def test_a_source_that_does_not_say_how_exact_it_is_is_not_guessed_at() -> None:
    assert source_uncertainty(published_areas(), None, 0.5, 0.95) is None


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    areas = published_areas()
    one, again, other = (source_uncertainty(areas, ROUNDED, 0.5, 0.95, seed=seed) for seed in (3, 3, 4))
    assert one == again
    assert spreads(one) != spreads(other)


def test_published_figures_are_those_of_the_study() -> None:
    areas = published_areas()
    frame = pd.DataFrame({"imd_rank": areas.rank, "rate": areas.rate})
    fit = weighted_least_squares(frame, "rate", areas.finished_treatment, dummy=False, confidence=0.95)
    expected = expected_rates(fit, frame, 0.95)
    found = {name: spread.published for name, spread in spreads(source_uncertainty(areas, ROUNDED, 0.5, 0.95)).items()}
    assert found["rho"] == pytest.approx(stats.spearmanr(areas.rank, areas.rate).statistic, abs=1e-12)
    assert found["gradient"] == pytest.approx(expected.rate[-1] - expected.rate[0], abs=1e-12)
    assert found["r_squared"] == pytest.approx(fit.model.r_squared, abs=1e-12)
    assert found["below_standard"] == (areas.rate < 0.5).sum()
    assert found["below_fitted_mean"] == (areas.rate < expected.low).sum()


def test_figures_of_a_draw_are_those_of_the_study_on_the_drawn_counts() -> None:
    areas = published_areas()
    drawn = draw(areas, DERIVED, "at_caseness", 1, 7)
    frame = pd.DataFrame({"imd_rank": areas.rank, "rate": drawn.rate[0]})
    fit = weighted_least_squares(frame, "rate", drawn.finished_treatment[0], dummy=False, confidence=0.95)
    expected = expected_rates(fit, frame, 0.95)
    found = spreads(source_uncertainty(areas, DERIVED, 0.5, 0.95, draws=1, seed=7))
    assert found["rho"].median == pytest.approx(stats.spearmanr(areas.rank, drawn.rate[0]).statistic, abs=1e-12)
    assert found["gradient"].median == pytest.approx(expected.rate[-1] - expected.rate[0], abs=1e-12)
    assert found["r_squared"].median == pytest.approx(fit.model.r_squared, abs=1e-12)
    assert found["below_standard"].median == (drawn.rate[0] < 0.5).sum()
    assert found["below_fitted_mean"].median == (drawn.rate[0] < expected.low).sum()


@pytest.mark.parametrize("precision", [ROUNDED, DERIVED])
def test_published_figures_lie_among_the_draws(precision: Precision) -> None:
    for spread in spreads(source_uncertainty(published_areas(), precision, 0.47, 0.95)).values():
        assert spread.published is not None
        assert spread.min is not None
        assert spread.max is not None
        assert spread.min <= spread.published <= spread.max


@settings(max_examples=30)
@given(
    st.integers(0, 1000),
    st.sampled_from([2, 5, 7, 10]),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from(["at_caseness", "finished_treatment"]),
    st.sampled_from([1, 60]),
    st.booleans(),
)
def test_every_draw_is_possible_and_within_the_rounding(
    seed: int, step: int, parts: int, derived: bool, cases: Count, smallest: int, everyone: bool
) -> None:
    areas = published_areas(20, seed=seed, step=step, smallest=smallest)
    if everyone:
        areas = replace(areas, reached=areas.at_caseness)
    areas = replace(areas, finished_treatment=np.maximum(areas.finished_treatment, areas.reached))
    drawn = draw(areas, Precision(step, 0, parts, derived), cases, 40, seed)
    farthest = step // 2 * parts
    could = drawn.at_caseness if cases == "at_caseness" else drawn.finished_treatment
    assert (could >= 1).all()
    assert (drawn.reached >= 0).all()
    assert (drawn.reached <= could).all()
    np.testing.assert_array_equal(drawn.rate, drawn.reached / could)
    reach_at_caseness = farthest * (2 if derived else 1)
    for truth, count, reach in (
        (drawn.finished_treatment, areas.finished_treatment, farthest),
        (drawn.at_caseness, areas.at_caseness, reach_at_caseness),
        (drawn.reached, areas.reached, farthest),
    ):
        assert (truth == truth.round()).all()
        assert (np.abs(truth - count) <= reach).all()


def test_rounding_errors_are_as_likely_either_way_and_reach_as_far_as_the_sum_of_months() -> None:
    areas = published_areas(100, smallest=200)
    drawn = draw(areas, Precision(rounded_to=5, parts=3), "at_caseness", 1000, 1)
    error = areas.reached - drawn.reached
    assert error.mean() == pytest.approx(0, abs=0.05)
    # Each month's error is uniform on −2 … 2, with variance 2.
    assert error.var() == pytest.approx(6, rel=0.03)
    assert (error.min(), error.max()) == (-6, 6)


def test_derived_patients_at_caseness_share_the_error_of_those_who_finished() -> None:
    areas = published_areas(100, smallest=200)
    apart = draw(areas, ROUNDED, "at_caseness", 500, 1)
    joint = draw(areas, replace(ROUNDED, cases_derived=True), "at_caseness", 500, 1)

    def errors(drawn: Draws) -> tuple[float, float]:
        finished = areas.finished_treatment - drawn.finished_treatment
        at_caseness = areas.at_caseness - drawn.at_caseness
        return float(at_caseness.var()), float(np.corrcoef(finished.ravel(), at_caseness.ravel())[0, 1])

    assert errors(apart) == pytest.approx((2, 0), abs=0.1)
    assert errors(joint) == pytest.approx((4, 0.5**0.5), abs=0.1)


def test_where_everyone_reached_the_outcome_no_draw_has_fewer_cases_than_could_have_reached_it() -> None:
    areas = published_areas()
    areas = replace(areas, reached=areas.at_caseness, rate=np.ones(60))
    drawn = draw(areas, replace(ROUNDED, cases_derived=True), "at_caseness", 200, 1)
    assert (drawn.at_caseness - areas.at_caseness).min() == -2
    assert (drawn.at_caseness - areas.at_caseness).max() == 4
    assert (drawn.reached - areas.reached).min() == -2


def test_wider_rounding_leaves_more_open() -> None:
    areas = published_areas(step=15, smallest=150)
    fine = spreads(source_uncertainty(areas, Precision(rounded_to=5), 0.5, 0.95))
    coarse = spreads(source_uncertainty(areas, Precision(rounded_to=15), 0.5, 0.95))
    for name in FIGURES:
        assert width(coarse[name]) > width(fine[name]), name


def test_sums_of_months_leave_more_open_than_one_rounded_count() -> None:
    areas = published_areas()
    one = spreads(source_uncertainty(areas, ROUNDED, 0.5, 0.95))
    twelve = spreads(source_uncertainty(areas, replace(ROUNDED, parts=12), 0.5, 0.95))
    assert width(twelve["rho"]) > width(one["rho"])
    assert width(twelve["gradient"]) > width(one["gradient"])


def test_percentages_are_drawn_between_their_bounds() -> None:
    areas = from_percentages(published_areas())
    rate = draw(areas, ROUNDED, "at_caseness", 2000, 1).rate
    assert (rate >= areas.rate_low).all()
    assert (rate <= areas.rate_high).all()
    # Uniform over one point: the mean in the middle, the variance a twelfth of the square.
    assert (rate - areas.rate).mean() == pytest.approx(0, abs=1e-4)
    assert rate.var(axis=0).mean() == pytest.approx(0.01**2 / 12, rel=0.05)


def test_percentages_leave_something_open_where_counts_are_exact() -> None:
    found = source_uncertainty(from_percentages(published_areas(step=1)), Precision(), 0.5, 0.95)
    assert found is not None
    assert (found.from_counts, found.from_percentages, found.held) == (0, 60, 0)
    assert width(found.rho) > 0


def test_areas_are_counted_by_what_was_drawn() -> None:
    areas = published_areas()
    percentages = from_percentages(areas)
    some, none = np.arange(60) < 10, (np.arange(60) >= 10) & (np.arange(60) < 13)
    mixed = Published(
        areas.rank,
        areas.finished_treatment,
        areas.at_caseness,
        np.where(some | none, np.nan, areas.reached),
        np.where(some | none, percentages.rate, areas.rate),
        np.where(some, percentages.rate_low, np.nan),
        np.where(some, percentages.rate_high, np.nan),
    )
    found = source_uncertainty(mixed, ROUNDED, 0.5, 0.95)
    assert found is not None
    assert (found.from_counts, found.from_percentages, found.held) == (47, 10, 3)
    drawn = draw(mixed, ROUNDED, "at_caseness", 20, 1)
    assert (drawn.rate[:, none] == mixed.rate[none]).all()
    assert np.isnan(drawn.reached[:, some | none]).all()
    assert not np.isnan(drawn.rate).any()


def test_equal_weights_leave_only_the_rates_open() -> None:
    areas = from_percentages(published_areas(), reach=0.0)
    equal = spreads(source_uncertainty(areas, ROUNDED, 0.5, 0.95, weight="equal", draws=50))
    weighted = spreads(source_uncertainty(areas, ROUNDED, 0.5, 0.95, draws=50))
    assert width(equal["gradient"]) == 0
    assert width(weighted["gradient"]) > 0


def test_the_outcome_and_the_weight_choose_their_counts() -> None:
    areas = published_areas()
    improved = replace(areas, rate=areas.reached / areas.finished_treatment)
    by_finished = draw(improved, ROUNDED, "finished_treatment", 20, 1)
    np.testing.assert_array_equal(by_finished.rate, by_finished.reached / by_finished.finished_treatment)
    a = source_uncertainty(areas, ROUNDED, 0.5, 0.95, weight="at_caseness")
    b = source_uncertainty(areas, ROUNDED, 0.5, 0.95, weight="finished_treatment")
    assert a is not None
    assert b is not None
    assert a.gradient.published != b.gradient.published
    assert a.rho == b.rho


@pytest.mark.parametrize("draws", [1, 2, 333])
def test_percentiles_are_in_order_and_numbers_of_areas_are_whole(draws: int) -> None:
    for name, spread in spreads(source_uncertainty(published_areas(), ROUNDED, 0.47, 0.95, draws=draws)).items():
        values = [spread.min, spread.low, spread.median, spread.high, spread.max]
        assert None not in values
        assert values == sorted(values)  # type: ignore[type-var]
        if name.startswith("below"):
            assert all(value == round(value) for value in values if value is not None)


def test_rates_that_do_not_vary_have_no_correlation_as_published() -> None:
    n = 20
    counts = np.full(n, 200.0)
    unknown = np.full(n, np.nan)
    areas = Published(np.arange(1.0, n + 1), counts, counts, counts / 2, np.full(n, 0.5), unknown, unknown)
    found = source_uncertainty(areas, ROUNDED, 0.5, 0.95)
    assert found is not None
    assert found.rho.published is None
    assert found.r_squared.published is None
    assert found.rho.median == pytest.approx(0, abs=0.1)
    assert found.below_standard.published == 0
    assert found.below_standard.max is not None
    assert found.below_standard.max > 0


def test_the_result_survives_json() -> None:
    found = source_uncertainty(published_areas(), ROUNDED, 0.5, 0.95, draws=20)
    assert found is not None
    assert SourceUncertainty.model_validate_json(found.model_dump_json()) == found


def three_months(seed: int, n: int = 60) -> tuple[Published, float]:
    """A quarter summed from months, each rounded to the nearest five, and the correlation of its true counts."""
    rng = np.random.default_rng(seed)
    rank = np.arange(1.0, n + 1)
    cases = rng.integers(15, 60, (3, n))
    reached = rng.binomial(cases, 0.42 + 0.12 * rank / n)
    true = reached.sum(axis=0) / cases.sum(axis=0)
    rounded = [(5 * np.round(count / 5)).sum(axis=0) for count in (cases + 5, cases, reached)]
    finished, at_caseness, recovered = (np.maximum(count, 5.0) for count in rounded)
    recovered = np.minimum(recovered, at_caseness)
    unknown = np.full(n, np.nan)
    published = Published(rank, finished, at_caseness, recovered, recovered / at_caseness, unknown, unknown)
    return published, float(stats.spearmanr(rank, true).statistic)


def test_the_limits_of_a_quarter_of_three_months_hold_the_correlation_of_its_true_counts() -> None:
    """Draws add errors to counts that hold some, and their percentiles lie too near to no correlation.

    Of 200 such quarters the limits hold 92%, the percentiles 44%; of 60, as few as 83% where the truth is 92%.
    """
    held = {"limits": 0, "percentiles": 0}
    quarters = 60
    for seed in range(quarters):
        published, true = three_months(seed)
        rho = spreads(source_uncertainty(published, replace(ROUNDED, parts=3), 0.5, 0.95, draws=300))["rho"]
        assert rho.low is not None
        assert rho.high is not None
        assert rho.true_low is not None
        assert rho.true_high is not None
        held["limits"] += rho.true_low <= true <= rho.true_high
        held["percentiles"] += rho.low <= true <= rho.high
    assert held["limits"] >= 0.83 * quarters
    assert held["percentiles"] < 0.65 * quarters


def test_the_figures_are_those_of_the_regression_that_conclusions_come_from() -> None:
    published = published_areas()
    cases = published.at_caseness
    out = np.zeros(len(cases), dtype=np.bool_)
    out[[3, 40]] = True
    for left_out in (np.zeros_like(out), out):
        found = spreads(
            source_uncertainty(published, ROUNDED, 0.5, 0.95, draws=50, line=Line("random_effects", cases, left_out))
        )
        fit = random_effects(published.rate, cases, {"imd_rank": published.rank}, 0.95, kept=~left_out)
        assert fit is not None
        assert fit.model.gradient is not None
        assert found["gradient"].published == pytest.approx(fit.model.gradient.estimate, rel=1e-6)
        assert found["below_fitted_mean"].published == (published.rate < fit.expected.low - 1e-9).sum()
