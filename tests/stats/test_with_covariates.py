"""Covariates beside deprivation: what repeats what is known changes nothing, and neither do order and scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iapt_report.stats.covariates import CovariateData, Model, WithCovariates, with_covariates
from iapt_report.stats.intervals import INTERVALS

MODELS: tuple[Model, ...] = ("weighted", "random_effects")


def areas(n: int = 40, *, tau: float = 0.03, seed: int = 1, pull: float = 0.2) -> CovariateData:
    """Areas whose rates rise by ``pull`` from a share of 0 to one of 1, which goes with deprivation."""
    draw = np.random.default_rng(seed)
    rank = np.arange(1.0, n + 1)
    cases = draw.integers(100, 900, n).astype("float64")
    share = np.clip(rank / n * 0.6 + draw.uniform(0, 0.4, n), 0, 1)
    true = np.clip(0.4 + pull * share + draw.normal(0, tau, n), 0.01, 0.99)
    return CovariateData(
        codes=[f"T{i:03d}" for i in range(n)],
        rate=draw.binomial(cases.astype("int64"), true) / cases,
        rank=rank,
        weights=cases + 20,
        cases=cases,
        covariates={"Group: a": share, "staff": draw.gamma(3, 10, n)},
        shares=frozenset({"Group: a"}),
        kept=np.ones(n, dtype=np.bool_),
    )


def found(data: CovariateData, model: Model) -> WithCovariates:
    got = with_covariates(data, model, "fitted_mean", 0.95)
    assert got is not None
    return got


def near(one: WithCovariates, other: WithCovariates) -> None:
    """The same but for the computer's arithmetic, areas in any order."""
    pairs = ((one.before, other.before), (one.after, other.after), *zip(one.effects, other.effects, strict=True))
    for mine, theirs in pairs:
        for key, value in mine.model_dump(exclude={"name", "unit", "step"}).items():
            wanted = getattr(theirs, key)
            assert value == wanted or value == pytest.approx(wanted, rel=1e-6, abs=1e-9), key
    assert one.below == other.below
    expected = {area.area_code: area for area in other.areas}
    for area in one.areas:
        assert area.low == pytest.approx(expected[area.area_code].low, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("again", ["constant", "rank", "share", "sum"])
def test_a_covariate_that_repeats_what_is_known_changes_nothing_and_is_named(model: Model, again: str) -> None:
    data = areas()
    share, staff = data.covariates.values()
    more = {
        "constant": np.full(len(share), 0.3),
        "rank": 5 - 2 * data.rank,
        "share": 3 * share + 1,
        "sum": share + 0.01 * staff,
    }[again]
    with_more = replace(data, covariates={**data.covariates, again: more})
    got, plain = found(with_more, model), found(data, model)
    assert got.not_estimable == (again,)
    near(got, plain)
    assert got.joint_p == pytest.approx(plain.joint_p, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_covariates_that_cannot_be_estimated_leave_deprivation_alone(model: Model) -> None:
    data = areas()
    got = found(replace(data, covariates={"constant": np.ones(40)}, shares=frozenset()), model)
    assert got.after == got.before
    assert (got.effects, got.joint_p, got.not_estimable) == ((), None, ("constant",))
    assert got.below.first_only == got.below.second_only == 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(12, 40), st.sampled_from(MODELS))
def test_the_order_of_areas_does_not_matter(seed: int, n: int, model: Model) -> None:
    data = areas(n, seed=seed)
    order = np.random.default_rng(seed).permutation(n)
    other = replace(
        data,
        codes=[data.codes[i] for i in order],
        **{name: getattr(data, name)[order] for name in ("rate", "rank", "weights", "cases", "kept")},
        covariates={name: values[order] for name, values in data.covariates.items()},
    )
    near(found(data, model), found(other, model))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(1e-4, 1e4), st.floats(-100, 100), st.sampled_from(MODELS))
def test_the_scale_of_a_covariate_does_not_matter(seed: int, scale: float, shift: float, model: Model) -> None:
    data = areas(30, seed=seed)
    staff = scale * data.covariates["staff"] + shift
    near(found(data, model), found(replace(data, covariates={**data.covariates, "staff": staff}), model))


@pytest.mark.parametrize("model", MODELS)
def test_a_share_takes_the_gradient_that_is_its_own(model: Model) -> None:
    got = found(areas(150, tau=0.01), model)
    assert got.before.ci_low is not None
    assert got.before.ci_low > 0.05
    assert got.after.gradient is not None
    assert abs(got.after.gradient) < 0.05
    effect = got.effects[0]
    assert (effect.name, effect.unit, effect.step) == ("Group: a", "ten_points", 0.1)
    assert effect.ci_low is not None
    assert effect.ci_high is not None
    assert effect.ci_low < 0.02 < effect.ci_high, "0.2 from none to all is 0.02 for ten points"
    assert got.effects[1].unit == "standard_deviation"
    assert got.joint_p is not None
    assert got.joint_p < 1e-6
    assert got.after.r_squared is not None
    assert got.before.r_squared is not None
    assert got.after.r_squared > got.before.r_squared


@pytest.mark.parametrize("model", MODELS)
def test_an_area_left_out_of_the_line_moves_nothing_and_is_judged_all_the_same(model: Model) -> None:
    data = areas()
    kept = data.kept.copy()
    kept[4] = False
    far = data.rate.copy()
    far[4] = 0.05
    one, other = found(replace(data, kept=kept), model), found(replace(data, kept=kept, rate=far), model)
    assert (one.before, one.after, one.effects) == (other.before, other.after, other.effects)
    assert one.n == 39
    assert other.areas[4].below


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("interval", INTERVALS)
def test_every_benchmark_is_at_the_areas_own_values(model: Model, interval: str) -> None:
    data = areas()
    got = with_covariates(data, model, interval, 0.95)  # type: ignore[arg-type]
    mean = found(data, model)
    assert got is not None
    for area, own, rate in zip(got.areas, mean.areas, data.rate, strict=True):
        assert area.rate == own.rate
        assert 0 <= area.low < area.rate < area.high <= 1
        assert area.below == (rate < area.low)
        if interval in ("prediction", "overdispersion"):
            assert area.low < own.low


@pytest.mark.parametrize("model", MODELS)
def test_rates_that_do_not_vary_have_no_test(model: Model) -> None:
    data = areas()
    got = found(replace(data, rate=np.full(40, 0.5)), model)
    assert (got.after.gradient, got.after.p, got.joint_p, got.after.r_squared) == (0, None, None, None)
    assert got.below.both == got.below.second_only == 0


@pytest.mark.parametrize("model", MODELS)
def test_more_covariates_than_areas_allow_give_nothing(model: Model) -> None:
    data = areas(12)
    draw = np.random.default_rng(3)
    many = {f"c{i}": draw.normal(size=12) for i in range(11)}
    assert with_covariates(replace(data, covariates=many), model, "fitted_mean", 0.95) is None
