"""Logistic regression with a random intercept for each area, by adaptive Gauss–Hermite quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iapt_report.stats.grouped_logit import expit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from iapt_report.stats.grouped_logit import Design, Difference, LogitFit

METHOD = "adaptive Gauss–Hermite quadrature"
NODES = 5
_MARGINAL_NODES = 21
_ITERATIONS = 60
_INNER = 50
_NEAR_ENOUGH = 1e-9
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
        while following.log_likelihood < state.log_likelihood - _NEAR_ENOUGH and size > 1 / 1024:
            size /= 2
            following = work.at(theta + size * step, state.modes)
        theta, gained, state = theta + size * step, following.log_likelihood - state.log_likelihood, following
        if theta[-1] < math.log(_NOTHING):
            return None
        if abs(gained) < _NEAR_ENOUGH * (1 + abs(state.log_likelihood) * 1e-6) and float(np.abs(size * step).max()) < 1e-6:  # noqa: PLR2004
            break
    else:
        return None
    return RandomIntercept(
        design=design,
        beta=theta[:-1],
        sd=math.exp(theta[-1]),
        covariance=np.linalg.inv(state.information),
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
    step = vectors @ ((vectors.T @ state.score) / lifted)
    # A large step in the logarithm of the spread overshoots.
    return step * min(1.0, 1.0 / max(abs(float(step[-1])), 1e-300))


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
        self.pattern, self.cases, self.reached = (
            design.by_area.indices,
            design.by_area.data,
            design.reached_by_area.data,
        )
        self.indptr = design.by_area.indptr
        self.area = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        self.nodes, self.weights = np.polynomial.hermite.hermgauss(nodes)
        # The derivative by each coefficient of the areas' log likelihood, but for the part of the cases.
        self.reached_score = design.reached_by_area @ design.matrix

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the groups of each area."""
        import numpy as np

        return np.bincount(self.area, values, self.shape[0])

    def at(self, theta: NDArray[np.float64], modes: NDArray[np.float64]) -> _State:
        """Integrate at some coefficients and logarithm of the spread."""
        import numpy as np
        from scipy import sparse

        beta, sd = theta[:-1], math.exp(theta[-1])
        eta = (self.design.matrix @ beta)[self.pattern]
        modes, curvature = self._modes(eta, sd, modes)
        scale = 1 / np.sqrt(curvature)
        areas, p, k = self.shape[0], len(beta), len(self.nodes)
        log_terms, scores = np.empty((areas, k)), np.empty((areas, k, p + 1))
        spread = []
        for node in range(k):
            u = modes + math.sqrt(2) * scale * self.nodes[node]
            logit = eta + u[self.area]
            chance = expit(logit)
            own = self.sums(self.reached * logit - self.cases * np.logaddexp(0, logit))
            log_terms[:, node] = (
                own
                - u**2 / (2 * sd**2)
                - math.log(sd)
                + np.log(scale)
                + math.log(self.weights[node])
                + self.nodes[node] ** 2
                - 0.5 * math.log(math.pi)
            )
            fitted = sparse.csr_array((self.cases * chance, self.pattern, self.indptr), self.shape)
            scores[:, node, :p] = self.reached_score - fitted @ self.design.matrix
            scores[:, node, p] = u**2 / sd**2 - 1
            spread.append((self.cases * chance * (1 - chance), u**2 / sd**2))
        top = log_terms.max(axis=1)
        relative = np.exp(log_terms - top[:, np.newaxis])
        total = relative.sum(axis=1)
        posterior = relative / total[:, np.newaxis]
        weights = np.zeros(len(self.cases))
        complete_sd = 0.0
        for node, (variance, square) in enumerate(spread):
            weights += posterior[self.area, node] * variance
            complete_sd += float((posterior[:, node] * 2 * square).sum())
        by_pattern = np.bincount(self.pattern, weights, self.shape[1])
        information = np.zeros((p + 1, p + 1))
        information[:p, :p] = (self.design.matrix * by_pattern[:, np.newaxis]).T @ self.design.matrix
        information[p, p] = complete_sd
        mean = np.einsum("gk,gkp->gp", posterior, scores)
        centred = (scores - mean[:, np.newaxis, :]) * np.sqrt(posterior)[:, :, np.newaxis]
        flat = centred.reshape(areas * k, p + 1)
        return _State(
            log_likelihood=float((top + np.log(total)).sum()),
            score=mean.sum(axis=0),
            information=information - flat.T @ flat,
            modes=modes,
        )

    def _modes(
        self, eta: NDArray[np.float64], sd: float, modes: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find each area's likeliest intercept by Newton's method, and the curvature there."""
        import numpy as np

        for _ in range(_INNER):
            chance = expit(eta + modes[self.area])
            slope = self.sums(self.reached - self.cases * chance) - modes / sd**2
            curvature = self.sums(self.cases * chance * (1 - chance)) + 1 / sd**2
            step = np.clip(slope / curvature, -2, 2)
            modes = modes + step
            if float((np.abs(step) * np.sqrt(curvature)).max()) < 1e-6:  # noqa: PLR2004
                break
        return modes, curvature


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
