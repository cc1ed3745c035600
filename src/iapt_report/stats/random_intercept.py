"""Logistic regression with a random intercept for each area, by adaptive Gauss–Hermite quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.stats.grouped_logit import expit, products

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.grouped_logit import Design, Difference, LogitFit

METHOD = "adaptive Gauss–Hermite quadrature"
NODES = 5
_MARGINAL_NODES = 21
_ITERATIONS = 60
_INNER = 50
# Of a log likelihood that is as high as another, but for the computer's arithmetic.
_NEAR_ENOUGH = 1e-12
# In standard errors of the intercept, or of a coefficient.
_NEAR_MODE = 1e-5
_NEAR_MAXIMUM = 1e-5
# Areas whose intercepts spread by less than this (log odds) do not differ.
_NOTHING = 1e-3
_START = 0.05


@dataclass(frozen=True)
class RandomIntercept:
    """A fitted model with an intercept for each area.

    Parameters
    ----------
    design : Design
    beta : ndarray, shape (p,)
    sd : float
        Of the areas' intercepts (log odds).
    covariance : ndarray, shape (p + 1, p + 1)
        Of the coefficients and of the logarithm of ``sd``: the inverse of the observed information.
    intercepts : ndarray, shape (areas,)
        The likeliest of each area.
    log_likelihood : float
        But for the constant of the binomial coefficients.
    nodes : int
        Of the quadrature.
    """

    design: Design
    beta: NDArray[np.float64]
    sd: float
    covariance: NDArray[np.float64] = field(repr=False)
    intercepts: NDArray[np.float64] = field(repr=False)
    log_likelihood: float
    nodes: int


@dataclass(frozen=True)
class _State:
    """What the quadrature finds at some coefficients."""

    log_likelihood: float
    score: NDArray[np.float64]
    information: NDArray[np.float64]
    modes: NDArray[np.float64]


def fit_random_intercept(start: LogitFit, nodes: int = NODES) -> RandomIntercept | None:
    """Fit by maximum likelihood, starting from the model without areas' intercepts.

    Returns
    -------
    RandomIntercept or None
        None where areas do not differ beyond chance, or the fit does not settle.

    Notes
    -----
    Each area's likelihood is integrated over its normal intercept by adaptive Gauss–Hermite quadrature: Pinheiro JC,
    Bates DM. Approximations to the log-likelihood function in the nonlinear mixed-effects model. J Comput Graph Stat
    1995; 4: 12–35. As R's ``lme4::glmer(…, nAGQ = nodes)``. Its maximum is found by Newton's method, with the observed
    information after Louis TA. Finding the observed information matrix when using the EM algorithm. J R Stat Soc B
    1982; 44: 226–233.
    """
    import numpy as np

    design = start.design
    work = _Work(design, nodes)
    sd = _first_sd(start)
    theta = np.append(start.beta, math.log(sd))
    state = work.at(theta, np.zeros(design.by_area.shape[0]))
    for _ in range(_ITERATIONS):
        step = _step(state)
        if step is None:
            return None
        size = 1.0
        following = work.at(theta + step, state.modes)
        while (
            following.log_likelihood < state.log_likelihood - _NEAR_ENOUGH * abs(state.log_likelihood)
            and size > 1 / 1024
        ):
            size /= 2
            following = work.at(theta + size * step, state.modes)
        theta, state = theta + size * step, following
        if theta[-1] < math.log(_NOTHING):
            return None
        if float((np.abs(size * step) * np.sqrt(np.diag(state.information))).max()) < _NEAR_MAXIMUM:
            break
    else:
        return None
    state = work.at(theta, state.modes, exactly=True)
    return RandomIntercept(
        design=design,
        beta=theta[:-1],
        sd=math.exp(theta[-1]),
        covariance=np.asarray(np.linalg.inv(state.information), dtype=np.float64),
        intercepts=state.modes,
        log_likelihood=state.log_likelihood,
        nodes=nodes,
    )


def _step(state: _State) -> NDArray[np.float64] | None:
    """Give Newton's step; where the information is not positive, that of its positive part."""
    import numpy as np

    values, vectors = np.linalg.eigh(state.information)
    if not np.isfinite(values).all() or values.max() <= 0:
        return None
    lifted = np.maximum(np.abs(values), values.max() * 1e-10)
    step = np.asarray(vectors @ ((vectors.T @ state.score) / lifted), dtype=np.float64)
    # A large step in the logarithm of the spread overshoots.
    return np.asarray(step * min(1.0, 1.0 / max(abs(float(step[-1])), 1e-300)), dtype=np.float64)


def _first_sd(start: LogitFit) -> float:
    """Guess the spread of the intercepts from what areas have more than fitted (moments)."""
    import numpy as np

    design = start.design
    weight = design.by_area @ (start.chance * (1 - start.chance))
    more = np.asarray((design.reached_by_area - design.by_area * start.chance[None, :]).sum(axis=1)).ravel()
    spread = float(((more**2 - weight) / weight**2).mean())
    return math.sqrt(max(spread, _START**2))


class _Work:
    """The quadrature over the areas of one design, whose groups are in the order of its sparse rows."""

    def __init__(self, design: Design, nodes: int) -> None:
        import numpy as np

        self.design, self.shape = design, design.by_area.shape
        self.pattern, self.cases = design.by_area.indices, design.by_area.data
        self.indptr, self.sizes = design.by_area.indptr, np.diff(design.by_area.indptr)
        self.nodes, self.weights = np.polynomial.hermite.hermgauss(nodes)
        # What those who reached the outcome add to the areas' log likelihood, by coefficient and by intercept.
        self.reached_score = design.reached_by_area @ design.matrix
        self.reached = np.asarray(design.reached_by_area.sum(axis=1)).ravel()

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the groups of each area, each of which has some."""
        import numpy as np

        return np.add.reduceat(values, self.indptr[:-1])

    def scores(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum the rows of the design over the groups of each area, so many times each."""
        from scipy import sparse

        own = sparse.csr_array((values, self.pattern, self.indptr), self.shape)
        return own @ self.design.matrix  # type: ignore[no-any-return]

    def at(self, theta: NDArray[np.float64], modes: NDArray[np.float64], *, exactly: bool = False) -> _State:
        """Integrate at some coefficients and logarithm of the spread.

        The information needs how each area's score varies over its likely intercepts. Unless it is asked for exactly,
        it is taken to vary in proportion to the intercept, which is enough to find the maximum.
        """
        import numpy as np

        beta, sd = theta[:-1], math.exp(theta[-1])
        eta = (self.design.matrix @ beta)[self.pattern]
        modes, curvature = self._modes(eta, sd, modes)
        scale = 1 / np.sqrt(curvature)
        areas, p, k = self.shape[0], len(beta), len(self.nodes)
        constant = np.log(scale / sd) - 0.5 * math.log(math.pi) + self.reached_score @ beta
        u = modes[:, np.newaxis] + math.sqrt(2) * scale[:, np.newaxis] * self.nodes
        chances, terms = [], np.empty((areas, k))
        for node in range(k):
            chance, softplus = _logistic(eta + np.repeat(u[:, node], self.sizes))
            chances.append(chance)
            terms[:, node] = (
                constant
                + self.reached * u[:, node]
                - self.sums(self.cases * softplus)
                - u[:, node] ** 2 / (2 * sd**2)
                + math.log(self.weights[node])
                + self.nodes[node] ** 2
            )
        top = terms.max(axis=1)
        relative = np.exp(terms - top[:, np.newaxis])
        total = relative.sum(axis=1)
        posterior = relative / total[:, np.newaxis]
        expected, variance = np.zeros(len(self.cases)), np.zeros(len(self.cases))
        for node, chance in enumerate(chances):
            share = self.cases * np.repeat(posterior[:, node], self.sizes)
            expected += share * chance
            variance += share * chance * (1 - chance)
        square = u**2 / sd**2
        mean = np.column_stack([self.reached_score - self.scores(expected), (posterior * square).sum(axis=1) - 1])
        if exactly:
            own = np.stack([self.reached_score - self.scores(self.cases * chance) for chance in chances], axis=1)
        else:
            away = u - (posterior * u).sum(axis=1)[:, np.newaxis]
            own = mean[:, np.newaxis, :p] - away[:, :, np.newaxis] * self.scores(variance)[:, np.newaxis, :]
        centred = np.concatenate([own, (square - 1)[:, :, np.newaxis]], axis=2) - mean[:, np.newaxis, :]
        flat = (centred * np.sqrt(posterior)[:, :, np.newaxis]).reshape(areas * k, p + 1)
        complete = np.zeros((p + 1, p + 1))
        by_pattern = np.bincount(self.pattern, variance, self.shape[1]).astype("float64")
        complete[:p, :p] = products(self.design, by_pattern)
        complete[p, p] = float((posterior * 2 * square).sum())
        return _State(
            log_likelihood=float((top + np.log(total)).sum()),
            score=mean.sum(axis=0),
            information=complete - flat.T @ flat,
            modes=modes,
        )

    def _modes(
        self, eta: NDArray[np.float64], sd: float, modes: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find each area's likeliest intercept by Newton's method, and the curvature there."""
        import numpy as np

        for _ in range(_INNER):
            chance = expit(eta + np.repeat(modes, self.sizes))
            fitted = self.cases * chance
            slope = self.reached - self.sums(fitted) - modes / sd**2
            curvature = self.sums(fitted * (1 - chance)) + 1 / sd**2
            step = np.clip(slope / curvature, -2, 2)
            modes = modes + step
            if float((np.abs(step) * np.sqrt(curvature)).max()) < _NEAR_MODE:
                break
        return modes, curvature


def _logistic(logit: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the chance, and log(1 + exp(logit)), by one exponential."""
    import numpy as np

    small = np.exp(-np.abs(logit))
    chance = np.where(logit >= 0, 1.0, small) / (1 + small)
    return chance, np.maximum(logit, 0) + np.log1p(small)


def marginal_difference(fit: RandomIntercept) -> Difference:
    """Give the marginal difference between both ends of deprivation, over areas as they vary, by the delta method."""
    import numpy as np

    from iapt_report.stats.grouped_logit import LEAST, MOST, Difference

    design, p = fit.design, len(fit.beta)
    weight = design.cases / design.cases.sum()
    nodes, shares = np.polynomial.hermite_e.hermegauss(_MARGINAL_NODES)
    shares = shares / shares.sum()
    estimate, slope = 0.0, np.zeros(p + 1)
    for decile, sign in ((LEAST, 1.0), (MOST, -1.0)):
        matrix = design.at_decile(decile)
        line = matrix @ fit.beta
        for node, share in zip(nodes, shares, strict=True):
            chance = expit(line + fit.sd * node)
            steep = weight * chance * (1 - chance)
            estimate += sign * share * float(weight @ chance)
            slope[:p] += sign * share * (steep @ matrix)
            slope[p] += sign * share * float(steep.sum()) * fit.sd * node
    return Difference(estimate, float(np.sqrt(slope @ fit.covariance @ slope)), slope)
