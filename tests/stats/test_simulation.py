from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tools import add_constant

from iapt_report.stats.funnel import many_overdispersions, overdispersion
from iapt_report.stats.many_lines import weighted_lines
from iapt_report.stats.regression import expected_rates, weighted_least_squares
from iapt_report.stats.simulation import (
    BENCHMARKS,
    Simulated,
    Simulation,
    flags,
    simulate,
    variance_beyond_chance,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from iapt_report.stats.simulation import Benchmark

    Array = NDArray[np.float64]


def services(n: int = 60, *, seed: int = 1) -> tuple[Array, Array, Array, Array]:
    """Ranks, cases, weights and expected rates of areas whose expected rates go from 40% to 50%."""
    rng = np.random.default_rng(seed)
    rank: Array = np.arange(1, n + 1).astype("float64")
    cases = rng.integers(200, 900, n).astype("float64")
    weights = cases + rng.integers(0, 100, n).astype("float64")
    return rank, cases, weights, 0.4 + 0.1 * (rank - 1) / (n - 1)


def quarters_of(cases: Array, expected: Array, quarters: int, seed: int) -> Array:
    return np.random.default_rng(seed).binomial(cases.astype("int64"), expected, (quarters, len(cases))) / cases


def below(standard: float, cases: Array, expected: Array) -> float:
    """Give the mean chance of a rate below the standard, from the binomial distribution itself."""
    fewest = np.ceil(standard * cases - 1e-6)
    return float(np.mean(stats.binom.cdf(fewest - 1, cases, expected)))


def simulated(n: int = 60, quarters: int = 400, standard: float = 0.5, confidence: float = 0.95) -> Simulation:
    return simulate(*services(n), standard, confidence, quarters)


def every_share(simulation: Simulation) -> list[Simulated]:
    by_benchmark = [one for f in simulation.flagged.values() for one in (f.overall, *f.fifths) if one is not None]
    c = simulation.coverage
    return [*by_benchmark, simulation.overdispersed, c.slope, c.fitted_mean, c.wilson, c.prediction]


@pytest.mark.parametrize("seed", range(5))
def test_every_line_is_that_of_statsmodels(seed: int) -> None:
    rank, cases, weights, expected = services(40, seed=seed)
    rates = quarters_of(cases, expected, 3, seed)
    lines = weighted_lines(rank, rates, weights)
    for i, rate in enumerate(rates):
        fitted = WLS(rate, add_constant(rank), weights=weights).fit()
        predicted = fitted.get_prediction(weights=weights).summary_frame(alpha=0.1)
        reach = lines.reach(0.9)
        assert lines.slope[i] == pytest.approx(fitted.params[1], abs=1e-10)
        assert lines.slope_se[i] == pytest.approx(fitted.bse[1], abs=1e-10)
        assert lines.r_squared[i] == pytest.approx(fitted.rsquared, abs=1e-10)
        assert lines.dof == fitted.df_resid
        for ours, column in (
            (lines.fitted, "mean"),
            (lines.fitted - reach * lines.mean_se, "mean_ci_lower"),
            (lines.fitted + reach * lines.mean_se, "mean_ci_upper"),
            (lines.fitted - reach * lines.prediction_se, "obs_ci_lower"),
            (lines.fitted + reach * lines.prediction_se, "obs_ci_upper"),
        ):
            np.testing.assert_allclose(ours[i], predicted[column], rtol=0, atol=1e-10)


def test_the_fitted_mean_and_its_limits_are_those_of_the_study() -> None:
    rank, cases, weights, expected = services()
    rates = quarters_of(cases, expected, 1, 3)
    frame = pd.DataFrame({"imd_rank": rank, "rate": rates[0]})
    fit = weighted_least_squares(frame, "rate", weights, dummy=False, confidence=0.95)
    study = expected_rates(fit, frame, 0.95)
    lines = weighted_lines(rank, rates, weights)
    np.testing.assert_allclose(lines.fitted[0], study.rate, rtol=0, atol=1e-10)
    np.testing.assert_allclose((lines.fitted - lines.reach(0.95) * lines.mean_se)[0], study.low, rtol=0, atol=1e-10)


def test_weights_of_each_set_of_rates_give_the_lines_of_each() -> None:
    rank, cases, weights, expected = services(30)
    rates = quarters_of(cases, expected, 2, 4)
    both = weighted_lines(rank, rates, np.stack([weights, weights[::-1]]))
    for i, own in enumerate((weights, weights[::-1])):
        alone = weighted_lines(rank, rates[[i]], own)
        np.testing.assert_allclose(both.fitted[i], alone.fitted[0], rtol=0, atol=1e-14)
        np.testing.assert_allclose(both.prediction_se[i], alone.prediction_se[0], rtol=0, atol=1e-14)


def test_rates_that_do_not_vary_have_no_r_squared() -> None:
    lines = weighted_lines(np.arange(1.0, 11), np.full((1, 10), 0.47), np.arange(3.0, 13))
    assert np.isnan(lines.r_squared[0])
    assert lines.slope[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.998])
def test_flags_are_those_that_statsmodels_and_the_definitions_give(confidence: float) -> None:
    rank, cases, weights, _ = services(50)
    # Far more scatter than chance gives, so that every benchmark flags some and spares some.
    rates = quarters_of(cases, np.random.default_rng(9).uniform(0.3, 0.6, 50), 4, 5)
    found = flags(weighted_lines(rank, rates, weights), rates, cases, 0.45, confidence)
    for i, rate in enumerate(rates):
        fit = WLS(rate, add_constant(rank), weights=weights).fit()
        predicted = fit.get_prediction(weights=weights).summary_frame(alpha=1 - confidence)
        p = predicted["mean"].to_numpy()
        _, wilson_high = proportion_confint(rate * cases, cases, alpha=1 - confidence, method="wilson")
        _, tau2 = overdispersion((rate - p) / np.sqrt(p * (1 - p) / cases), np.sqrt(p * (1 - p) / cases), 2)
        assert tau2 > 0
        limit = p - stats.norm.ppf((1 + confidence) / 2) * np.sqrt(p * (1 - p) / cases + tau2)
        by_definition: dict[Benchmark, Array] = {
            "national": rate < 0.45,
            "fitted_mean": rate < predicted["mean_ci_lower"].to_numpy(),
            "wilson": p > wilson_high,
            "prediction": rate < predicted["obs_ci_lower"].to_numpy(),
            "overdispersion": rate < limit,
        }
        for name in BENCHMARKS:
            np.testing.assert_array_equal(found[name][i], by_definition[name], err_msg=name)
    assert found["wilson"].sum() > found["overdispersion"].sum()


def test_an_area_exactly_at_the_standard_is_not_flagged() -> None:
    rank, cases = np.arange(1.0, 11), np.full(10, 100.0)
    rates = np.tile([0.48, 0.52], 5)[np.newaxis]
    lines = weighted_lines(rank, rates, cases)
    assert flags(lines, rates, cases, 0.48, 0.95)["national"].sum() == 0
    assert flags(lines, rates, cases, 0.4801, 0.95)["national"].sum() == 5


def test_variance_beyond_chance_is_what_the_formula_gives_by_hand() -> None:
    # Scores −5 … 5, of which the outermost are winsorised to ±4: their squares add up to 4 × 16 + 2 × (9 + 4 + 1) = 92.
    # With one variance of chance s² for all of 11 areas, s² + τ² is s² times their mean over that of normal scores.
    rates: Array = np.linspace(0.45, 0.55, 11).reshape(1, 11)
    found = variance_beyond_chance(rates, np.full((1, 11), 0.5), np.full((1, 11), 0.01**2))
    normal, _ = integrate.quad(lambda x: min(x**2, stats.norm.ppf(0.9) ** 2) * stats.norm.pdf(x), -9, 9)
    assert found == pytest.approx([1e-4 * (92 / 11 / normal - 1)], rel=1e-6)


def test_variance_beyond_chance_is_found_again() -> None:
    rng = np.random.default_rng(6)
    # A standard deviation of 4 points between areas, 1.6 points of chance.
    fitted, chance = np.full((200, 150), 0.5), np.full((200, 150), 0.016**2)
    rates = fitted + rng.normal(0, 0.04, fitted.shape) + rng.normal(0, 0.016, fitted.shape)
    found = np.sqrt(variance_beyond_chance(rates, fitted, chance))
    assert found.mean() == pytest.approx(0.04, rel=0.03)


def test_no_variance_beyond_chance_is_found_where_there_is_none() -> None:
    rng = np.random.default_rng(7)
    fitted, chance = np.full((1000, 150), 0.5), np.full((1000, 150), 0.016**2)
    found = variance_beyond_chance(fitted + rng.normal(0, 0.016, fitted.shape), fitted, chance)
    # An estimate that is too high as often as too low is cut off at 0 in half of all.
    assert (found == 0).mean() == pytest.approx(0.5, abs=0.06)
    assert found.max() < 0.012**2
    assert np.median(found) < 0.003**2


def test_one_extreme_area_does_not_make_overdispersion() -> None:
    rng = np.random.default_rng(8)
    fitted, chance = np.full((50, 150), 0.5), np.full((50, 150), 0.016**2)
    rates = fitted + rng.normal(0, 0.016, fitted.shape)
    rates[:, 0] = 0.05
    found = variance_beyond_chance(rates, fitted, chance)
    # The plain mean square would put the standard deviation between areas at 3.7 points.
    assert 0.45 / 150**0.5 > 0.036
    assert found.max() < 0.012**2
    assert found.mean() < 0.006**2


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    areas = services()
    one, again, other = (simulate(*areas, 0.5, 0.95, 200, seed) for seed in (5, 5, 6))
    assert one == again
    assert one.flagged != other.flagged


@settings(max_examples=10)
@given(st.permutations(range(25)))
def test_the_order_of_the_areas_does_not_matter(order: list[int]) -> None:
    areas = services(25)
    rank, cases, weights, expected = (values[order] for values in areas)
    assert simulate(*areas, 0.5, 0.95, 50) == simulate(rank, cases, weights, expected, 0.5, 0.95, 50)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.integers(10, 40), st.floats(0.01, 0.99), st.floats(0.5, 0.999))
def test_shares_are_proportions_and_fifths_make_up_the_whole(
    seed: int, n: int, standard: float, confidence: float
) -> None:
    simulation = simulate(*services(n, seed=seed), standard, confidence, 20)
    shares = every_share(simulation)
    assert len(shares) == 5 * 6 + 5
    assert all(0 <= one.share <= 1 for one in shares)
    assert all(one.se is not None and 0 <= one.se <= 0.5 for one in shares)
    assert sum(simulation.fifth_areas) == n
    for flagged in simulation.flagged.values():
        parts = [one.share * m for one, m in zip(flagged.fifths, simulation.fifth_areas, strict=True) if one]
        assert sum(parts) / n == pytest.approx(flagged.overall.share, abs=1e-12)


def test_a_standard_far_above_every_expected_rate_flags_all_fair_areas() -> None:
    assert simulated(standard=0.8).flagged["national"].overall.share == 1


def test_a_standard_far_below_every_expected_rate_flags_none() -> None:
    assert simulated(standard=0.2).flagged["national"].overall.share == 0


def test_a_national_standard_flags_fair_areas_the_more_the_more_deprived_they_are() -> None:
    fifths = simulated(standard=0.45).flagged["national"].fifths
    shares = [one.share for one in fifths if one]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.9
    assert shares[-1] < 0.1


def test_the_national_share_is_what_the_binomial_distribution_gives() -> None:
    rank, cases, weights, expected = services()
    found = simulate(rank, cases, weights, expected, 0.45, 0.95, 2000).flagged["national"].overall
    exact = below(0.45, cases, expected)
    assert found.se is not None
    assert found.share == pytest.approx(exact, abs=4 * found.se)


def test_the_fitted_mean_flags_many_fair_areas_and_the_limits_of_chance_few() -> None:
    flagged = simulated(200, 1000).flagged
    assert flagged["fitted_mean"].overall.share > 0.35
    assert flagged["wilson"].overall.share == pytest.approx(0.025, abs=0.003)
    assert flagged["prediction"].overall.share == pytest.approx(0.025, abs=0.004)
    assert flagged["overdispersion"].overall.share <= flagged["wilson"].overall.share


def test_a_higher_level_of_confidence_flags_fewer() -> None:
    low, high = simulated(confidence=0.9).flagged, simulated(confidence=0.99).flagged
    for name in ("fitted_mean", "wilson", "prediction", "overdispersion"):
        assert high[name].overall.share < low[name].overall.share
    assert high["national"] == low["national"]


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("n", [10, 100])
def test_intervals_hold_what_they_claim_where_weights_fit_the_variance(n: int, confidence: float) -> None:
    rank, cases, _, expected = services(n)
    coverage = simulate(rank, cases, cases, expected, 0.5, confidence, 3000).coverage
    assert coverage.nominal == confidence
    for one in (coverage.slope, coverage.fitted_mean, coverage.wilson, coverage.prediction):
        assert one.se is not None
        assert one.share == pytest.approx(confidence, abs=4 * one.se + 0.003)


def test_coverage_shows_where_weights_misjudge_the_variance() -> None:
    rank, _, _, expected = services(100)
    # Small services at both ends of deprivation, on which the slope depends most.
    cases = np.where((rank <= 10) | (rank > 90), 50.0, 5000.0)
    suited = simulate(rank, cases, cases, expected, 0.5, 0.95, 1000).coverage.slope
    equal = simulate(rank, cases, np.ones(100), expected, 0.5, 0.95, 1000).coverage.slope
    assert suited.share == pytest.approx(0.95, abs=0.03)
    assert equal.share < 0.88


def test_more_quarters_give_a_smaller_standard_error() -> None:
    few, many = simulated(quarters=100), simulated(quarters=1600)
    for name in BENCHMARKS:
        a, b = few.flagged[name].overall.se, many.flagged[name].overall.se
        assert a is not None
        assert b is not None
        assert b < a / 2


def test_the_standard_error_is_the_scatter_of_repeated_simulations() -> None:
    runs = [simulate(*services(), 0.45, 0.95, 50, seed).flagged["fitted_mean"].overall for seed in range(100)]
    scatter = np.std([run.share for run in runs], ddof=1)
    assert np.mean([run.se for run in runs if run.se is not None]) == pytest.approx(scatter, rel=0.3)


def test_a_single_quarter_has_no_standard_error() -> None:
    assert all(one.se is None for one in every_share(simulated(quarters=1)))


def test_the_number_of_quarters_is_kept_when_they_do_not_fill_the_last_block() -> None:
    rank, cases, weights, expected = services(2000)
    simulation = simulate(rank, cases, weights, expected, 0.45, 0.95, 107)
    assert simulation.quarters == 107
    found = simulation.flagged["national"].overall
    assert found.se is not None
    assert found.share == pytest.approx(below(0.45, cases, expected), abs=4 * found.se)


def test_fifths_differ_by_an_area_at_most_and_the_odd_one_is_in_the_middle() -> None:
    assert simulated(211, 2).fifth_areas == (42, 42, 43, 42, 42)


def test_areas_of_one_rank_share_a_fifth() -> None:
    _, cases, weights, expected = services(10)
    rank = np.array([1.0, 3.5, 3.5, 3.5, 3.5, 6.0, 7.0, 8.0, 9.0, 10.0])
    simulation = simulate(rank, cases, weights, expected, 0.5, 0.95, 10)
    assert simulation.fifth_areas == (1, 4, 1, 2, 2)


def test_a_fifth_that_ties_leave_empty_has_no_share() -> None:
    _, cases, weights, expected = services(10)
    simulation = simulate(np.repeat([3.0, 8.0], 5), cases, weights, expected, 0.5, 0.95, 10)
    assert simulation.fifth_areas == (0, 5, 0, 5, 0)
    assert [one is None for one in simulation.flagged["national"].fifths] == [True, False, True, False, True]


def test_an_expected_rate_beyond_what_rates_can_be_is_taken_as_certain() -> None:
    rank, cases, weights, expected = services(20)
    expected[0], expected[-1] = -0.02, 1.05
    simulation = simulate(rank, cases, weights, expected, 0.5, 0.95, 50)
    bounded = simulate(rank, cases, weights, expected.clip(0, 1), 0.5, 0.95, 50)
    assert simulation == bounded


@pytest.mark.parametrize("cases", [0.0, np.nan])
def test_an_area_without_cases_is_refused(cases: float) -> None:
    areas = services(20)
    areas[1][3] = cases
    with pytest.raises(ValueError, match="at least one case"):
        simulate(*areas, 0.5, 0.95, 5)


def test_a_simulation_survives_json() -> None:
    simulation = simulated(quarters=20)
    assert Simulation.model_validate_json(simulation.model_dump_json()) == simulation


@pytest.mark.parametrize("n", [42, 191])
@pytest.mark.parametrize("tau", [0.0, 0.02, 0.05])
def test_overdispersion_is_unbiased_and_its_limits_flag_their_share(n: int, tau: float) -> None:
    """Case-loads that differ tenfold, and a line fitted to the same areas."""
    random = np.random.default_rng(11)
    rank, cases = np.arange(1.0, n + 1), random.permutation(np.geomspace(300, 4000, n)).round()
    true = 0.45 + 0.1 * rank / n + random.normal(0, tau, (1000, n))
    rates = random.binomial(cases.astype("int64"), true) / cases
    lines = weighted_lines(rank, rates, cases)
    chance = lines.fitted * (1 - lines.fitted) / cases
    phi, tau2 = many_overdispersions(rates - lines.fitted, chance, 2)
    if tau:
        assert tau2.mean() == pytest.approx(tau**2, rel=0.05)
        assert np.median(tau2) == pytest.approx(tau**2, rel=0.05)
    else:
        assert phi.mean() == pytest.approx(1, abs=0.03)
    flagged = flags(lines, rates, cases, 0.5, 0.95)["overdispersion"].mean()
    assert flagged == pytest.approx(0.025, abs=0.004 if n > 100 or tau else 0.008)


def test_phi_of_a_target_that_all_areas_miss_counts_the_miss_once() -> None:
    """The winsorised mean square of scores far on one side is their own, and is not enlarged as a spread would be."""
    random = np.random.default_rng(12)
    phi, tau2 = many_overdispersions(random.normal(-0.08, 0.016, (500, 150)), np.full((500, 150), 0.016**2))
    assert phi.mean() == pytest.approx(1 + 5**2, rel=0.02)
    assert tau2.mean() == pytest.approx(0.08**2, rel=0.03)
