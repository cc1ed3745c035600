"""Areas in two periods: intervals held against formulas worked out here, and error rates against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iapt_report.stats.movement import FEWEST, moves

Z = 1.959963984540054


def wilson(x: float, n: float) -> tuple[float, float]:
    """Give Wilson's limits by his own formula."""
    p, z2 = x / n, Z**2
    middle, reach = p + z2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    return (middle - reach) / (1 + z2 / n), (middle + reach) / (1 + z2 / n)


def newcombe(x1: float, n1: float, x2: float, n2: float) -> tuple[float, float]:
    """Give the limits of p2 − p1 by method 10 of Newcombe (1998), as its formula stands there."""
    p1, p2 = x1 / n1, x2 / n2
    (l1, u1), (l2, u2) = wilson(x1, n1), wilson(x2, n2)
    d = p2 - p1
    return d - math.hypot(p2 - l2, u1 - p1), d + math.hypot(u2 - p2, p1 - l1)


def test_the_interval_by_chance_is_the_one_that_newcombe_prints() -> None:
    """Table II of Newcombe (1998), method 10: 56/70 − 48/80, 0.0524 to 0.3339; 9/10 − 3/10, 0.1705 to 0.8090."""
    for (x2, n2), (x1, n1), printed in (
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((0, 10), (10, 10), (-1.0, -0.6075)),
    ):
        then, now = ((np.array([x / n]), np.array([float(n)])) for x, n in ((x1, n1), (x2, n2)))
        found = moves(then, now, 0.95)
        assert (float(found.low[0]), float(found.high[0])) == pytest.approx(printed, abs=6e-5)
        assert newcombe(x1, n1, x2, n2) == pytest.approx(printed, abs=6e-5)


AREAS = st.lists(
    st.tuples(st.integers(20, 3000), st.integers(20, 3000), st.floats(0, 1), st.floats(0, 1)),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)
@given(AREAS)
def test_what_is_beyond_the_usual_movement_is_beyond_chance_and_far_from_the_mean_change(
    rows: list[tuple[int, int, float, float]],
) -> None:
    m, n = (np.array([row[i] for row in rows], dtype=float) for i in (0, 1))
    then, now = np.round(m * [row[2] for row in rows]), np.round(n * [row[3] for row in rows])
    found = moves((then / m, m), (now / n, n), 0.95)
    for i in range(len(rows)):
        assert (found.low[i], found.high[i]) == pytest.approx(newcombe(then[i], m[i], now[i], n[i]), abs=1e-9)
        assert found.beyond_chance[i] == (not found.low[i] <= 0 <= found.high[i])
    assert (found.movement is None) == (len(rows) < FEWEST)
    assert (found.beyond_usual <= found.beyond_chance).all()
    if found.movement is None:
        assert not found.beyond_usual.any()
        return
    p, q = (then / m).clip(0.01, 0.99), (now / n).clip(0.01, 0.99)
    variance = p * (1 - p) / m + q * (1 - q) / n
    weights = 1 / (variance + found.movement.tau2)
    assert found.movement.mean == pytest.approx(np.average(found.change, weights=weights), abs=1e-6)
    assert found.usual_high - found.usual_low == pytest.approx(2 * Z * np.sqrt(variance + found.movement.tau2))
    holds = (found.usual_low <= found.movement.mean) & (found.movement.mean <= found.usual_high)
    assert (found.beyond_usual == (found.beyond_chance & ~holds)).all()


@pytest.mark.parametrize("tau", [0.0, 0.02, 0.05])
def test_of_services_that_move_as_is_usual_one_in_twenty_is_beyond_it_and_one_that_does_not_is(tau: float) -> None:
    draw = np.random.default_rng(7)
    outside, estimates, caught = [], [], []
    for _ in range(30):
        n = draw.integers(300, 2000, 150)
        p = draw.normal(0.5, 0.05, 150)
        q = p + 0.01 + draw.normal(0, tau, 150)
        q[0] = p[0] - 0.3
        rates = [(draw.binomial(n, r.clip(0.01, 0.99)) / n, n.astype(float)) for r in (p, q)]
        found = moves(rates[0], rates[1], 0.95)
        assert found.movement is not None
        mean = found.movement.mean
        outside.append(((found.usual_low > mean) | (found.usual_high < mean))[1:].mean())
        estimates.append(math.sqrt(found.movement.tau2))
        caught.append(found.beyond_usual[0])
    assert 0.03 < np.mean(outside) < 0.065
    assert np.mean(estimates) == pytest.approx(tau, abs=0.006)
    assert np.mean(caught) > 0.95, "the one that stands out does not hide itself"


def test_the_other_order_gives_the_same_areas_with_the_sign_turned() -> None:
    draw = np.random.default_rng(1)
    n = np.full(30, 400.0)
    then, now = draw.binomial(400, 0.5, 30) / 400, draw.binomial(400, 0.45, 30) / 400
    one, other = moves((then, n), (now, n), 0.95), moves((now, n), (then, n), 0.95)
    assert one.change == pytest.approx(-other.change)
    assert one.low == pytest.approx(-other.high)
    assert (one.beyond_usual == other.beyond_usual).all()
    assert one.movement is not None
    assert other.movement is not None
    assert one.movement.tau2 == pytest.approx(other.movement.tau2, abs=1e-9)


def test_an_area_without_patients_is_compared_with_nothing() -> None:
    cases = np.full(12, 100.0)
    cases[0] = 0.0
    found = moves((np.linspace(0.4, 0.6, 12), cases), (np.linspace(0.42, 0.5, 12), np.full(12, 100.0)), 0.95)
    assert np.isnan(found.low[0])
    assert not found.beyond_chance[0]
    assert found.movement is not None
    assert found.movement.areas == 11
