"""Cluster-robust errors that are made without any matrix of all observations are those of their definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from iapt_report.stats.cluster_robust import bell_mccaffrey


def defined(
    x: np.ndarray, w: np.ndarray, groups: np.ndarray, contrast: np.ndarray, variances: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """The combination, its parts and the degrees of freedom, by Bell's and McCaffrey's formulas as they stand."""
    n = len(x)
    bread = np.linalg.inv(x.T @ np.diag(w) @ x)
    phi = np.eye(n) if variances is None else np.diag(variances / variances.mean())
    m = np.eye(n) - x @ bread @ x.T @ np.diag(w)
    parts = []
    for j in range(groups.max() + 1):
        own = groups == j
        root = np.sqrt(phi[np.ix_(own, own)])
        middle = root @ m[own] @ phi @ m[own].T @ root
        adjust = root @ fractional_matrix_power(middle, -0.5).real @ root
        parts.append(contrast @ bread @ x[own].T @ np.diag(w[own]) @ adjust @ m[own])
    every = np.array(parts)
    spread = every @ phi @ every.T
    return contrast @ bread @ x.T @ np.diag(w), every, np.trace(spread) ** 2 / (spread**2).sum()


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize(("areas", "periods", "lacking"), [(8, 2, 0), (30, 4, 15), (60, 3, 0)])
def test_they_are_those_of_the_formulas(areas: int, periods: int, lacking: int, inverse: bool) -> None:
    rng = np.random.default_rng(areas)
    rows = np.sort(rng.choice(areas * periods, areas * periods - lacking, replace=False))
    period, groups = rows // areas, np.unique(rows % areas, return_inverse=True)[1]
    place = rng.uniform(size=areas)[rows % areas]
    x = np.column_stack([period[:, None] == np.arange(periods), place, place * period / 4]).astype(float)
    w = rng.uniform(0.1, 10, len(rows))
    contrast = np.eye(x.shape[1])[-1]
    variances = 1 / w if inverse else None
    found = bell_mccaffrey(x, w, groups, contrast, variances)
    combine, parts, df = defined(x, w, groups, contrast, variances)
    assert found.combine == pytest.approx(combine, rel=1e-9, abs=1e-12)
    assert found.parts == pytest.approx(parts, rel=1e-9, abs=1e-9 * np.abs(parts).max())
    assert found.df == pytest.approx(df, rel=1e-9)


def test_a_cluster_that_determines_its_own_fit_adds_nothing() -> None:
    """Its residual is nothing but arithmetic, which must not be divided by nothing."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 2)
    x = np.column_stack([np.ones(24), groups == 0, rng.uniform(size=24)]).astype(float)
    x = np.delete(x, 1, axis=0)
    groups = np.delete(groups, 1)
    found = bell_mccaffrey(x, np.ones(23), groups, np.array([0.0, 0.0, 1.0]))
    assert np.abs(found.parts[0]).max() < 1e-12
    assert found.df > 1
