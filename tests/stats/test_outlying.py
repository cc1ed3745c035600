"""Outliers: each with its own indicator they leave the line to the others, in every specification alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import WLS

from iapt_report.stats.diagnostics import breusch_pagan_of, reset
from iapt_report.stats.gradients import GradientRow, gradients
from iapt_report.stats.outlying import weighted_with_indicators
from iapt_report.stats.regression import expected_rates, weighted_least_squares
from iapt_report.stats.specifications import Data


def areas(n: int, *, seed: int, away: dict[int, float]) -> Data:
    draw = np.random.default_rng(seed)
    rank, cases = np.arange(1.0, n + 1), draw.integers(100, 900, n).astype("float64")
    rate = draw.binomial(cases.astype("int64"), 0.45 + 0.06 * rank / n + draw.normal(0, 0.02, n)) / cases
    outlier = np.zeros(n, dtype=np.bool_)
    for i, distance in away.items():
        rate[i] = np.clip(rate[i] + distance, 0, 1)
        outlier[i] = True
    return Data(rate, rank, cases + 20, cases, 60 - rank, np.round(rate * cases), outlier)


def frame(data: Data) -> pd.DataFrame:
    return pd.DataFrame({"rate": data.rate, "imd_rank": data.rank, "outlier": data.outlier})


def row(rows: tuple[GradientRow, ...], model: str, outliers: str) -> GradientRow:
    (found,) = (one for one in rows if (one.model, one.outliers) == (model, outliers))
    return found


def test_indicators_are_those_of_a_regression_with_one_column_an_outlier() -> None:
    """statsmodels, as R's ``lm(rate ~ imd_rank + i3 + i20, weights = w)``."""
    data = areas(40, seed=1, away={3: -0.18, 20: 0.3})
    found = weighted_with_indicators(frame(data), "rate", data.weights, 0.95)
    assert found is not None
    columns = [np.ones(40), data.rank, *(np.arange(40) == i for i in (3, 20))]
    full = WLS(data.rate, np.column_stack(columns).astype("float64"), weights=data.weights).fit()
    slope = found.fit.model.terms["imd_rank"]
    assert (slope.estimate, slope.se, slope.p) == pytest.approx((full.params[1], full.bse[1], full.pvalues[1]))
    assert list(found.indicators) == [3, 20]
    for j, term in enumerate(found.indicators.values(), start=2):
        assert (term.estimate, term.se, term.p) == pytest.approx((full.params[j], full.bse[j], full.pvalues[j]))
        assert (term.ci_low, term.ci_high) == pytest.approx(tuple(full.conf_int()[j]))


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_how_far_off_outliers_are_changes_nothing_of_the_line(seed: int, one: float, other: float) -> None:
    near, far = (areas(30, seed=seed, away=away) for away in ({4: 0.0, 17: 0.0}, {4: one, 17: other}))
    a, b = (weighted_with_indicators(frame(data), "rate", data.weights, 0.95) for data in (near, far))
    assert a is not None
    assert b is not None
    assert a.fit.model == b.fit.model
    spread = [breusch_pagan_of(one.fit, {"imd_rank": one.fit.predictor.model.exog[:, 1]}) for one in (a, b)]
    assert spread[0].p is not None
    assert (spread[0], reset(a.fit)) == (spread[1], reset(b.fit))
    np.testing.assert_array_equal(
        expected_rates(a.fit, frame(near), 0.95).low, expected_rates(b.fit, frame(far), 0.95).low
    )


def test_one_dummy_for_two_sides_explains_what_deprivation_does_not() -> None:
    """Two outliers of unlike size and side, as in a real year: the dummy's R² is not that of the line."""
    data = areas(60, seed=2, away={5: -0.36, 50: -0.18})
    dummy = weighted_least_squares(frame(data), "rate", data.weights, dummy=True, confidence=0.95).model
    own = weighted_with_indicators(frame(data), "rate", data.weights, 0.95)
    assert own is not None
    assert dummy.r_squared > 0.5  # type: ignore[operator]
    assert own.fit.model.r_squared < 0.5  # type: ignore[operator]
    assert own.fit.model.n == 58


def test_the_table_has_each_model_with_the_outliers_in_the_line_and_out_of_it() -> None:
    rows = gradients(areas(40, seed=3, away={3: -0.3, 30: -0.3}), 0.95)
    models = [one.model for one in rows]
    assert rows[0].model == "replication"
    assert rows[0].outliers == "one_dummy"
    for model in set(models) - {"replication"}:
        assert [one.outliers for one in rows if one.model == model] == ["in_the_line", "left_out"]
    assert len(set(models)) == 9
    assert all(one.gradient is not None and one.p is not None for one in rows)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.floats(-0.4, 0.4))
def test_an_outlier_moves_no_gradient_it_is_left_out_of(seed: int, distance: float) -> None:
    near, far = (gradients(areas(30, seed=seed, away={0: away}), 0.95) for away in (0.0, distance))
    for a, b in zip(near, far, strict=True):
        if a.outliers == "left_out":
            # Whether the outlier itself is below the line does depend on where it lies.
            assert a.model_copy(update={"below": None}) == b.model_copy(update={"below": None})


def test_each_row_is_what_its_model_gives_by_itself() -> None:
    data = areas(50, seed=4, away={7: 0.3})
    rows = gradients(data, 0.95)
    own = weighted_with_indicators(frame(data), "rate", data.weights, 0.95)
    assert own is not None
    slope = own.fit.model.terms["imd_rank"]
    found = row(rows, "weighted", "left_out")
    assert (found.gradient, found.ci_low) == pytest.approx((49 * slope.estimate, 49 * (slope.ci_low or 0)))
    assert (found.p, found.r_squared) == pytest.approx((slope.p, own.fit.model.r_squared))
    assert found.n == 49
    assert row(rows, "weighted_hc3", "left_out").gradient == pytest.approx(found.gradient)


def test_without_outliers_there_is_one_row_a_model() -> None:
    rows = gradients(areas(30, seed=5, away={}), 0.95)
    assert {one.outliers for one in rows} == {"in_the_line"}
    first, second = row(rows, "replication", "in_the_line"), row(rows, "weighted", "in_the_line")
    assert (first.gradient, first.ci_low, first.p) == pytest.approx((second.gradient, second.ci_low, second.p))


def test_an_outlier_at_the_end_of_the_ranks_leaves_the_scale_that_of_all_areas() -> None:
    data = areas(30, seed=6, away={29: 0.4})
    rows = gradients(data, 0.95)
    for model in ("weighted", "quasibinomial", "betabinomial", "random_effects"):
        assert row(rows, model, "left_out").gradient == pytest.approx(0.06, abs=0.06)
    line = WLS(data.rate[:29], np.column_stack([np.ones(29), data.rank[:29]]), weights=data.weights[:29]).fit()
    assert row(rows, "weighted", "left_out").gradient == pytest.approx(29 * line.params[1])
