"""Many random-effects regressions on deprivation at once: those of `iapt_report.stats.random_effects`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from iapt_report.stats.reach import student_reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEAREST_TO_CERTAIN = 0.01
_ITERATIONS = 200
_NEAR_ENOUGH = 1e-8
# Rates fitted at once, so that they stay in the processor's cache.
_BLOCK = 50_000


@dataclass(frozen=True)
class RandomLines:
    """Random-effects lines of rates on rank, one for each of q sets of n rates.

    Parameters
    ----------
    tau2 : ndarray, shape (q,)
        The variance between areas beyond chance (squared proportion).
    slope, slope_se : ndarray, shape (q,)
        Proportion per rank, with the Knapp–Hartung standard error.
    fitted, mean_se : ndarray, shape (q, n)
        The fitted mean at each area (proportion), with the same.
    chance : ndarray, shape (q, n)
        The variance of each area's rate by chance alone (squared proportion).
    ends : ndarray, shape (q, 2)
        The line at rank 0 and at rank 1.
    ends_covariance : ndarray, shape (q, 2, 2)
    dof : int
        Residual degrees of freedom.
    """

    tau2: NDArray[np.float64]
    slope: NDArray[np.float64]
    slope_se: NDArray[np.float64]
    fitted: NDArray[np.float64]
    mean_se: NDArray[np.float64]
    chance: NDArray[np.float64]
    ends: NDArray[np.float64]
    ends_covariance: NDArray[np.float64]
    dof: int

    @property
    def prediction_se(self) -> NDArray[np.float64]:
        """The standard error of the true rate of one more area at each area's rank, shape (q, n)."""
        import numpy as np

        return np.asarray(np.sqrt(self.mean_se**2 + self.tau2[:, np.newaxis]), dtype=np.float64)

    @property
    def observation_se(self) -> NDArray[np.float64]:
        """That of its observed rate, by chance in the area's own cases as well, shape (q, n)."""
        import numpy as np

        return np.asarray(np.sqrt(self.mean_se**2 + self.tau2[:, np.newaxis] + self.chance), dtype=np.float64)

    def reach(self, confidence: float) -> float:
        """Return how many standard errors an interval of this level (0–1) reaches either way."""
        return student_reach(confidence, self.dof)


def random_lines(rank: NDArray[np.float64], rates: NDArray[np.float64], cases: NDArray[np.float64]) -> RandomLines:
    """Regress each of many sets of rates on deprivation, with a variance between areas.

    Parameters
    ----------
    rank : ndarray, shape (n,) or (q, n)
        Not all the same within a set; n is at least 3.
    rates : ndarray, shape (q, n)
        Proportions.
    cases : ndarray, shape (n,) or (q, n)
        The patients behind each rate, positive.

    Returns
    -------
    RandomLines

    Notes
    -----
    τ² by restricted maximum likelihood, found by Fisher's scoring from the estimate of moments with equal weights
    (Hedges LV, Olkin I. Statistical Methods for Meta-Analysis. Orlando: Academic Press, 1985), cut off at 0; otherwise
    as `iapt_report.stats.random_effects.random_effects`, which searches the whole likelihood.
    """
    import numpy as np

    step = max(1, _BLOCK // rates.shape[1])
    blocks = [
        _lines_of_block(
            *(values if values.ndim == 1 else values[start : start + step] for values in (rank, rates, cases))
        )
        for start in range(0, len(rates), step)
    ]
    if len(blocks) == 1:
        return blocks[0]
    arrays = (one.name for one in fields(RandomLines) if one.name != "dof")
    return RandomLines(
        **{name: np.concatenate([getattr(block, name) for block in blocks]) for name in arrays}, dof=blocks[0].dof
    )


def _lines_of_block(rank: NDArray[np.float64], rates: NDArray[np.float64], cases: NDArray[np.float64]) -> RandomLines:
    import numpy as np

    dof = rates.shape[1] - 2
    # Ranks with mean 0 and spread 1 keep the sums of their products apart.
    middle, spread = np.mean(rank, axis=-1, keepdims=True), np.std(rank, axis=-1, keepdims=True)
    x = (rank - middle) / spread
    # Rates that lie together add up to the same however many sets there are.
    design, y = _Design(x), np.ascontiguousarray(rates)
    by_cases = design.fitted(design.least_squares(y, np.atleast_2d(cases)))
    line = by_cases.clip(_NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    chance = line * (1 - line) / cases
    tau2 = _restricted_maximum(design, y, chance)
    w = 1 / (chance + tau2[:, np.newaxis])
    found = design.least_squares(y, w)
    scale = design.squared_residuals(found, y, np.sqrt(w)) / dof
    inverse = np.stack([np.stack([found.s2, -found.s1], axis=-1), np.stack([-found.s1, found.s0], axis=-1)], axis=1)
    covariance = inverse * (scale / found.determinant)[:, np.newaxis, np.newaxis]
    variance = covariance[:, 1:, 1] * x
    variance += 2 * covariance[:, :1, 1]
    variance *= x
    variance += covariance[:, :1, 0]
    middle, spread = (np.broadcast_to(values, (len(rates), 1))[:, 0] for values in (middle, spread))
    at = np.stack([np.stack([np.ones_like(middle), (end - middle) / spread], axis=-1) for end in (0, 1)], axis=1)
    return RandomLines(
        tau2=tau2,
        slope=found.slope / spread,
        slope_se=np.sqrt(covariance[:, 1, 1]) / spread,
        fitted=design.fitted(found),
        mean_se=np.sqrt(variance, out=variance),
        chance=chance,
        ends=(at @ np.stack([found.level, found.slope], axis=-1)[..., np.newaxis])[..., 0],
        ends_covariance=at @ covariance @ at.transpose(0, 2, 1),
        dof=dof,
    )


@dataclass(frozen=True)
class _Fitted:
    """Least squares of q sets, each of shape (q,): Σw, Σwx, Σwx², the determinant of X'WX, levels and slopes."""

    s0: NDArray[np.float64]
    s1: NDArray[np.float64]
    s2: NDArray[np.float64]
    determinant: NDArray[np.float64]
    level: NDArray[np.float64]
    slope: NDArray[np.float64]


class _Design:
    """An intercept and x, which has the shape (n,) where all sets share it, else (q, n)."""

    def __init__(self, x: NDArray[np.float64]) -> None:
        import numpy as np

        self.x, self.shared = x, x.ndim == 1
        # One product of matrices adds up what three passes over the weights would.
        self.powers = np.stack([np.ones_like(x), x, x * x], axis=-1)
        self.line = np.stack([np.ones_like(x), x])

    def of(self, rows: NDArray[np.bool_]) -> _Design:
        """Return that of some of the sets."""
        return self if self.shared else _Design(self.x[rows])

    def sums(self, w: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return Σw, Σwx and Σwx² of each set, given weights of shape (q, n) or (1, n)."""
        s0, s1, s2 = (w @ self.powers if self.shared else (w[:, None] @ self.powers)[:, 0]).T
        return s0, s1, s2

    def least_squares(self, y: NDArray[np.float64], w: NDArray[np.float64]) -> _Fitted:
        """Fit rates of shape (q, n), given weights of shape (q, n) or (1, n)."""
        (s0, s1, s2), (y0, y1, _) = self.sums(w), self.sums(w * y)
        determinant = s0 * s2 - s1**2
        level, slope = (s2 * y0 - s1 * y1) / determinant, (s0 * y1 - s1 * y0) / determinant
        return _Fitted(s0, s1, s2, determinant, level, slope)

    def fitted(self, found: _Fitted) -> NDArray[np.float64]:
        """Return the fitted means, shape (q, n)."""
        import numpy as np

        if self.shared:
            return np.asarray(np.stack([found.level, found.slope], axis=-1) @ self.line, dtype=np.float64)
        fitted: NDArray[np.float64] = found.slope[:, None] * self.x
        fitted += found.level[:, None]
        return fitted

    def squared_residuals(
        self, found: _Fitted, y: NDArray[np.float64], w: NDArray[np.float64] | float
    ) -> NDArray[np.float64]:
        """Return the sums of the squares of the residuals times w, shape (q,)."""
        import numpy as np

        residual = self.fitted(found)
        residual -= y
        residual *= w
        squares: NDArray[np.float64] = np.einsum("qn,qn->q", residual, residual)
        return squares


def _restricted_maximum(design: _Design, y: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximise the restricted likelihood of τ² for each set, shape (q,)."""
    import numpy as np

    n = chance.shape[1]
    squares = design.squared_residuals(design.least_squares(y, np.ones((1, n))), y, 1.0)
    tau2: NDArray[np.float64] = np.maximum(squares / (n - 2) - chance.mean(axis=1), 0.0)
    before, near_enough = tau2.copy(), _NEAR_ENOUGH * chance.min(axis=1)
    open_sets = np.arange(len(tau2))
    for _ in range(_ITERATIONS):
        w = chance + before[:, np.newaxis]
        np.divide(1, w, out=w)
        found = design.least_squares(y, w)
        s0, s1, s2 = found.s0, found.s1, found.s2
        squared = design.squared_residuals(found, y, w)
        power = w * w
        a0, a1, a2 = design.sums(power)
        power *= w
        b0, b1, b2 = design.sums(power)
        # Traces of (X'WX)⁻¹X'W²X, of its square, and of (X'WX)⁻¹X'W³X.
        lost = (s2 * a0 - 2 * s1 * a1 + s0 * a2) / found.determinant
        lost_twice = lost**2 - 2 * (a0 * a2 - a1**2) / found.determinant
        lost_of_cubes = (s2 * b0 - 2 * s1 * b1 + s0 * b2) / found.determinant
        after = np.maximum(before + (squared - s0 + lost) / (a0 - 2 * lost_of_cubes + lost_twice), 0.0)
        tau2[open_sets] = after
        moved = np.abs(after - before) > _NEAR_ENOUGH * after + near_enough
        if moved.all():
            before = after
            continue
        if not moved.any():
            break
        open_sets, before, near_enough = open_sets[moved], after[moved], near_enough[moved]
        design, y, chance = design.of(moved), y[moved], chance[moved]
    return tau2
