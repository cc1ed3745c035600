"""Patients' indices with services as the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from iapt_report.stats.inequality import slope_index_of_patients
from iapt_report.stats.patients_inequality import slope_index_of_clustered_patients

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from iapt_report.stats.inequality import Inequality

    Array = NDArray[np.float64]

TENTHS = np.arange(10)


def services(areas: int, tau: float, *, seed: int = 1) -> tuple[Array, Array]:
    """Services that differ by ``tau``, each with its own mix of patients over the tenths of deprivation."""
    draw = np.random.default_rng(seed)
    centre = draw.uniform(0, 9, (areas, 1))
    cases = draw.poisson(draw.uniform(20, 300, (areas, 1)) * np.exp(-(((TENTHS - centre) / 4) ** 2))) + 1
    true = 0.42 + 0.012 * TENTHS + draw.normal(0, tau, (areas, 1))
    return draw.binomial(cases, true.clip(0, 1)).astype("float64"), cases.astype("float64")


def width(found: Inequality) -> float:
    assert found.sii_low is not None
    assert found.sii_high is not None
    return found.sii_high - found.sii_low


def test_the_indices_are_those_of_the_patients_whatever_their_services() -> None:
    reached, cases = services(40, 0.03)
    plain = slope_index_of_patients(reached.sum(axis=0), cases.sum(axis=0), 0.95)
    for method in ("jackknife", "bootstrap"):
        found = slope_index_of_clustered_patients(reached, cases, 0.95, method=method)
        assert (found.sii, found.rii, found.n) == pytest.approx((plain.sii, plain.rii, plain.n))


def test_services_that_differ_widen_the_intervals_and_chance_alone_does_not() -> None:
    for tau, least, most in ((0.0, 0.8, 1.3), (0.05, 1.8, 9.0)):
        ratios = []
        for seed in range(8):
            reached, cases = services(60, tau, seed=seed)
            by_chance = slope_index_of_patients(reached.sum(axis=0), cases.sum(axis=0), 0.95)
            ratios.append(width(slope_index_of_clustered_patients(reached, cases, 0.95)) / width(by_chance))
        assert least < np.mean(ratios) < most


def test_with_many_like_services_both_methods_agree() -> None:
    reached, cases = services(400, 0.04)
    one = slope_index_of_clustered_patients(reached, cases, 0.95)
    other = slope_index_of_clustered_patients(reached, cases, 0.95, method="bootstrap")
    for name in ("sii_low", "sii_high", "rii_low", "rii_high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=0.03)


def test_the_error_is_that_of_leaving_out_each_service_by_hand() -> None:
    """Each area's rate against the rates of the others, on the places that the whole has."""
    reached, cases = services(12, 0.03, seed=3)
    total = cases.sum(axis=0)
    weight = total / total.sum()
    position = weight.cumsum() - weight / 2
    centred = position - (weight * position).sum()
    slope = weight * centred / (weight * centred**2).sum()
    whole = slope @ (reached.sum(axis=0) / total)
    without = [slope @ ((reached.sum(axis=0) - reached[i]) / (total - cases[i])) - whole for i in range(12)]
    found = slope_index_of_clustered_patients(reached, cases, 0.95)
    assert width(found) / 2 == pytest.approx(2.200985160 * np.sqrt(np.square(without).sum()), rel=1e-8)


def test_national_counts_set_the_indices_and_areas_the_width() -> None:
    reached, cases = services(40, 0.03)
    national = reached.sum(axis=0) * 1.1, cases.sum(axis=0) * 1.2
    found = slope_index_of_clustered_patients(reached, cases, 0.95, national=national)
    assert found.sii == pytest.approx(slope_index_of_patients(*national, 0.95).sii)
    assert width(found) == pytest.approx(width(slope_index_of_clustered_patients(reached, cases, 0.95)))


def test_withheld_cells_are_left_out_of_both_counts() -> None:
    reached, cases = services(40, 0.03)
    gaps, zeros = reached.copy(), reached.copy()
    fewer = cases.copy()
    gaps[3, 4], zeros[3, 4], fewer[3, 4] = np.nan, 0, 0
    assert slope_index_of_clustered_patients(gaps, cases, 0.95) == slope_index_of_clustered_patients(zeros, fewer, 0.95)


def test_the_order_of_areas_does_not_matter() -> None:
    reached, cases = services(30, 0.03)
    order = np.random.default_rng(2).permutation(30)
    one = slope_index_of_clustered_patients(reached, cases, 0.95)
    other = slope_index_of_clustered_patients(reached[order], cases[order], 0.95)
    assert one.model_dump() == pytest.approx(other.model_dump())


def test_what_cannot_be_computed_is_none() -> None:
    reached, cases = services(2, 0.03)
    two = slope_index_of_clustered_patients(reached, cases, 0.95)
    assert two.sii is not None
    assert (two.sii_low, two.rii_high) == (None, None)
    assert slope_index_of_clustered_patients(np.zeros((5, 1)), np.ones((5, 1)), 0.95).sii is None
    one_has_a_group = cases.copy().repeat(3, axis=0)
    one_has_a_group[1:, 0] = 0
    found = slope_index_of_clustered_patients(one_has_a_group / 2, one_has_a_group, 0.95)
    assert found.sii_low == pytest.approx(0, abs=1e-12)
    nobody = slope_index_of_clustered_patients(np.zeros((5, 10)), np.ones((5, 10)), 0.95)
    assert nobody.sii == pytest.approx(0, abs=1e-12)
    assert nobody.rii is None
