"""κ's bootstrap: the benchmarks are estimated anew in each sample, as the study would from those areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from iapt_report.stats.agreement import agreement, classify
from iapt_report.stats.kappa import benchmarks_of, bootstrap_kappa
from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import expected_rates, weighted_least_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from iapt_report.stats.kappa import Model

    Array = NDArray[np.float64]


def services(n: int, seed: int = 1) -> tuple[Array, Array, Array]:
    draw = np.random.default_rng(seed)
    rank, cases = np.arange(1.0, n + 1), draw.integers(100, 900, n).astype("float64")
    return draw.binomial(cases.astype("int64"), 0.45 + 0.1 * rank / n) / cases, rank, cases


def below(rate: Array, rank: Array, cases: Array, model: Model) -> NDArray[np.bool_]:
    if model == "random_effects":
        found = random_effects(rate, cases, {"imd_rank": rank}, 0.95)
        assert found is not None
        return rate < found.expected.low
    frame = pd.DataFrame({"imd_rank": rank, "rate": rate})
    fit = weighted_least_squares(frame, "rate", cases, dummy=False, confidence=0.95)
    return rate < expected_rates(fit, frame, 0.95).low


@pytest.mark.parametrize("model", ["weighted", "random_effects"])
def test_each_sample_is_classified_as_its_areas_would_be(model: Model) -> None:
    rate, rank, cases = services(40)
    areas = np.random.default_rng(2).integers(0, 40, (5, 40))
    first, second = benchmarks_of(rate, rank, cases, 0.5, 0.95, model=model)(areas)
    for i, own in enumerate(areas):
        np.testing.assert_array_equal(first[i], rate[own] < 0.5)
        np.testing.assert_array_equal(second[i], below(rate[own], rank[own], cases[own], model))


def test_kappa_is_that_of_the_study() -> None:
    rate, rank, cases = services(60)
    found = bootstrap_kappa(benchmarks_of(rate, rank, cases, 0.5, 0.95), np.zeros(60, dtype=np.int64), 0.95, 200)
    plain = agreement(classify(rate < 0.5, below(rate, rank, cases, "weighted"), None, 0.5), 0.95)
    assert found.kappa == pytest.approx(plain.kappa)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.kappa is not None
    assert found.ci_low < found.kappa < found.ci_high
    assert found.undefined == 0


def test_outliers_stay_out_of_every_line_and_on_their_side() -> None:
    rate, rank, cases = services(40)
    far = rate.copy()
    far[[3, 30]] = [0.01, 0.99]
    outlier = np.isin(np.arange(40), [3, 30])
    side = far < 0.2
    strata = outlier.astype(np.int64)
    one = bootstrap_kappa(benchmarks_of(far, rank, cases, 0.5, 0.95, outlier=outlier, below=side), strata, 0.95, 200)
    far[[3, 30]] = [0.1, 0.9]
    other = bootstrap_kappa(benchmarks_of(far, rank, cases, 0.5, 0.95, outlier=outlier, below=side), strata, 0.95, 200)
    assert one == other


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    rate, rank, cases = services(30)
    classifier, strata = benchmarks_of(rate, rank, cases, 0.5, 0.95), np.zeros(30, dtype=np.int64)
    one, again, other = (bootstrap_kappa(classifier, strata, 0.95, 100, seed) for seed in (1, 1, 2))
    assert one == again
    assert one.se != other.se


def test_benchmarks_that_place_all_areas_on_one_side_have_no_kappa() -> None:
    rate, rank, cases = services(30)
    found = bootstrap_kappa(benchmarks_of(rate, rank, cases, 0.9, 0.95), np.zeros(30, dtype=np.int64), 0.95, 50)
    assert (found.kappa, found.se, found.ci_low, found.undefined) == (None, None, None, 50)


def test_samples_of_areas_of_one_rank_are_left_out() -> None:
    rate, rank, cases = services(12)
    rank = np.where(np.arange(12) < 11, 1.0, 2.0)
    found = bootstrap_kappa(benchmarks_of(rate, rank, cases, 0.5, 0.95), np.zeros(12, dtype=np.int64), 0.95, 400)
    # (11/12)^12 of the samples lack the twelfth area.
    assert found.undefined / 400 > 0.25
    assert found.se is not None
