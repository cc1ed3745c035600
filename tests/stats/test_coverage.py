"""Coverage under variation, simulated: the weighted regression falls short, the random-effects regression does not."""

from __future__ import annotations

import numpy as np
import pytest

from iapt_report.stats.coverage import CoverageUnderVariation, coverage_under_variation


def covered(
    tau: float, n: int = 60, periods: int = 600, seed: int = 1, largest: float = 4000
) -> CoverageUnderVariation:
    rank = np.arange(1.0, n + 1)
    cases = np.random.default_rng(2).permutation(np.geomspace(200, largest, n)).round()
    return coverage_under_variation(rank, cases, cases, (0.45, 0.55), tau, 0.95, periods, seed)


@pytest.mark.parametrize("tau", [0.0, 0.02, 0.05])
def test_the_random_effects_regression_covers_what_it_claims(tau: float) -> None:
    held = covered(tau).random_effects
    for one in (held.slope, held.fitted_mean, held.prediction):
        assert one.share == pytest.approx(0.95, abs=0.025)


def test_the_weighted_regression_covers_where_there_is_only_chance_and_not_where_services_differ() -> None:
    assert covered(0.0).weighted.slope.share == pytest.approx(0.95, abs=0.025)
    uneven = covered(0.05, largest=100_000)
    assert uneven.weighted.fitted_mean.share < 0.88
    assert uneven.random_effects.fitted_mean.share > 0.92


def test_the_same_seed_gives_the_same_shares_and_another_seed_others() -> None:
    one, again, other = (covered(0.02, periods=50, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.weighted != other.weighted
    assert one.periods == 50
    assert one.random_effects.slope.se is not None
