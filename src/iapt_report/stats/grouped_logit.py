"""Logistic regression of patients who are counted in groups, with areas for the sample in its errors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

DECILE = "decile"
INTERCEPT = "intercept"
MOST, LEAST = 1, 10
# The least that the smallest eigenvalue of columns of length 1 can be; the steps of a first search, and log odds beyond
# which it has gone astray.
_NOTHING = 1e-9
_STEPS = 6
_FAR = 30.0
# A change of log odds that is none.
_SETTLED = 1e-10


@dataclass(frozen=True)
class Grouped:
    """Patients in groups, all arrays of shape (cells,).

    Parameters
    ----------
    area : ndarray of int
        The area of each group, numbered from 0.
    decile : ndarray of int
        From 1, the most deprived tenth of neighbourhoods, to 10.
    codes : mapping of str to ndarray of int
        By covariate, the place of each group's level.
    levels : mapping of str to tuple of str
        By covariate, in the order that they are listed in.
    cases, reached : ndarray of float
        Patients, and those of them who reached the outcome.
    references : mapping of str to int
        By covariate, the place of the level that the others are compared with; the first that has patients without it.
    """

    area: NDArray[np.int64] = field(repr=False)
    decile: NDArray[np.int64] = field(repr=False)
    codes: Mapping[str, NDArray[np.int64]] = field(repr=False)
    levels: Mapping[str, tuple[str, ...]]
    cases: NDArray[np.float64] = field(repr=False)
    reached: NDArray[np.float64] = field(repr=False)
    references: Mapping[str, int] = field(default_factory=dict)

    @property
    def areas(self) -> int:
        """How many areas there are."""
        return int(self.area.max()) + 1


@dataclass(frozen=True)
class Column:
    """A column of the design: a covariate, and its level (None for the intercept and the decile)."""

    covariate: str
    level: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Design:
    """What a model is of: patients of one pattern of covariates have one chance.

    Parameters
    ----------
    columns : tuple of Column, length p
    matrix : ndarray, shape (patterns, p)
    cases, reached : ndarray, shape (patterns,)
    by_area : sparse matrix in rows, shape (areas, patterns)
        The cases of each area.
    reached_by_area : the same of those who reached the outcome, with the same places filled
    """

    columns: tuple[Column, ...]
    matrix: NDArray[np.float64] = field(repr=False)
    cases: NDArray[np.float64] = field(repr=False)
    reached: NDArray[np.float64] = field(repr=False)
    by_area: Any = field(repr=False)
    reached_by_area: Any = field(repr=False)

    @property
    def decile_column(self) -> int:
        """Which column is the decile."""
        return next(place for place, column in enumerate(self.columns) if column.covariate == DECILE)

    @cached_property
    def rows(self) -> Any:
        """The matrix as a sparse one: it is mostly 0."""
        from scipy import sparse

        return sparse.csr_array(self.matrix)

    def at_decile(self, decile: int) -> NDArray[np.float64]:
        """Return the matrix as it were if everybody lived in one decile."""
        moved = self.matrix.copy()
        moved[:, self.decile_column] = decile
        return moved


@dataclass(frozen=True)
class LogitFit:
    """A fitted model.

    Parameters
    ----------
    design : Design
    beta : ndarray, shape (p,)
    chance : ndarray, shape (patterns,)
        Fitted.
    covariance : ndarray, shape (p, p)
        Clustered by area.
    plain_covariance : ndarray, shape (p, p)
        As if patients were independent.
    influence : ndarray, shape (areas, p)
        What each area adds to the coefficients, to the first order; their sum is 0.
    deviance : float
    """

    design: Design
    beta: NDArray[np.float64]
    chance: NDArray[np.float64] = field(repr=False)
    covariance: NDArray[np.float64] = field(repr=False)
    plain_covariance: NDArray[np.float64] = field(repr=False)
    influence: NDArray[np.float64] = field(repr=False)
    deviance: float


@dataclass(frozen=True)
class Difference:
    """By how much the chance of patients would differ between the least and the most deprived tenth.

    Parameters
    ----------
    estimate, se : float
        Proportions: the least deprived tenth less the most deprived, if all patients lived in the one or in the other.
    slope : ndarray, shape (p,)
        Its derivative by each coefficient.
    """

    estimate: float
    se: float
    slope: NDArray[np.float64] = field(repr=False)


def design_of(grouped: Grouped, covariates: Sequence[str]) -> Design:
    """Lay out a model on the decile, as a number, and on some covariates, each level beside the first.

    Groups of the same pattern in one area are joined: neither the coefficients nor errors clustered by area depend on
    how finely patients are grouped.
    """
    import numpy as np
    from scipy import sparse

    key = grouped.decile.astype("int64")
    for name in covariates:
        key = key * len(grouped.levels[name]) + grouped.codes[name]
    patterns, first, pattern = np.unique(key, return_index=True, return_inverse=True)
    columns = [Column(INTERCEPT), Column(DECILE)]
    parts = [np.ones(len(patterns)), grouped.decile[first].astype("float64")]
    for name in covariates:
        codes = grouped.codes[name]
        total = np.bincount(codes, grouped.cases, len(grouped.levels[name]))
        there = [place for place in range(len(total)) if total[place] > 0]
        reference = grouped.references.get(name, there[0])
        for place in (place for place in there if place != reference):
            columns.append(Column(name, grouped.levels[name][place], grouped.levels[name][reference]))
            parts.append((codes[first] == place).astype("float64"))
    shape = (grouped.areas, len(patterns))
    places = (grouped.area, pattern)
    by_area = sparse.coo_array((grouped.cases, places), shape).tocsr()
    reached = sparse.coo_array((grouped.reached, places), shape).tocsr()
    return Design(
        columns=tuple(columns),
        matrix=np.column_stack(parts),
        cases=np.asarray(by_area.sum(axis=0), dtype=np.float64).ravel(),
        reached=np.asarray(reached.sum(axis=0), dtype=np.float64).ravel(),
        by_area=by_area,
        reached_by_area=reached,
    )


def fit_logit(design: Design) -> LogitFit | None:
    """Fit a binomial regression with the logit link, and cluster its errors by area.

    Returns
    -------
    LogitFit or None
        None where the coefficients cannot be told: too few areas, columns that say the same, or a level of whom all, or
        none, reached the outcome.

    Notes
    -----
    statsmodels' ``GLM``, as R's ``glm(cbind(reached, cases - reached) ~ …, family = binomial)``. The covariance is
    G / (G − 1) × H⁻¹ (Σ sⱼ sⱼ') H⁻¹ with the areas' scores sⱼ, as R's ``sandwich::vcovCL(fit, cluster = area)``, whose
    default for such a model it is (HC0 with the correction for clusters). statsmodels' own correction has (n − 1) /
    (n − p) too, with n the rows that patients happen to be grouped in, so that it is not used. Zeileis A, Köll S,
    Graham N. Various versatile variances: an object-oriented implementation of clustered covariances in R. J Stat Softw
    2020; 95 (1): 1–36.
    """
    import numpy as np
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    areas = design.by_area.shape[0]
    start = _started(design) if areas > 1 else None
    if start is None:
        return None
    response = np.column_stack([design.reached, design.cases - design.reached])
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            # By the coefficients: the deviance of many patients never settles to so many digits.
            found = GLM(response, design.matrix, family=Binomial()).fit(
                start, tol=_SETTLED, tol_criterion="params", maxiter=100
            )
        except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError):
            return None
    chance = np.asarray(found.fittedvalues, dtype=np.float64)
    weights = design.cases * chance * (1 - chance)
    inverse = np.linalg.inv(products(design, weights))
    scores = _residuals(design, chance) @ design.matrix
    influence = scores @ inverse
    return LogitFit(
        design=design,
        beta=np.asarray(found.params, dtype=np.float64),
        chance=chance,
        covariance=areas / (areas - 1) * influence.T @ influence,
        plain_covariance=np.asarray(inverse, dtype=np.float64),
        influence=influence,
        deviance=float(found.deviance),
    )


def _started(design: Design) -> NDArray[np.float64] | None:
    """Find the coefficients nearly, so that the fit proper needs few steps; None where columns say the same."""
    import numpy as np

    whole = products(design, design.cases)
    scale = np.sqrt(np.diag(whole))
    if float(np.linalg.eigvalsh(whole / np.outer(scale, scale)).min()) < _NOTHING:
        return None
    beta = np.zeros(len(whole))
    for _ in range(_STEPS):
        chance = expit(design.matrix @ beta)
        weights = design.cases * chance * (1 - chance)
        slope = (design.reached - design.cases * chance) @ design.matrix
        try:
            step = np.linalg.solve(products(design, weights), slope)
        except np.linalg.LinAlgError:
            return np.zeros(len(whole))
        beta = beta + step
        if not float(np.abs(beta).max()) < _FAR:
            return np.zeros(len(whole))
    return np.asarray(beta, dtype=np.float64)


def products(design: Design, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give X' W X of a design.

    As a sparse product: the dense one is split over threads by some libraries, which on a machine that is busy takes a
    hundred times as long.
    """
    import numpy as np

    return np.asarray((design.rows.T @ (design.rows * weights[:, np.newaxis])).todense(), dtype=np.float64)


def _residuals(design: Design, chance: NDArray[np.float64]) -> Any:
    """Return what each area's groups have more than fitted, sparse, of shape (areas, patterns)."""
    return design.reached_by_area - design.by_area * chance[None, :]


def difference(design: Design, beta: NDArray[np.float64], covariance: NDArray[np.float64]) -> Difference:
    """Give the marginal difference between both ends of deprivation, with its error by the delta method.

    The covariates of the patients are held as they are: the difference is standardised to them.

    Notes
    -----
    As R's ``marginaleffects::avg_comparisons(fit, variables = list(decile = c(1, 10)), wts = cases)``.
    """
    import numpy as np

    weight = design.cases / design.cases.sum()
    slope = np.zeros(len(beta))
    estimate = 0.0
    for decile, sign in ((LEAST, 1.0), (MOST, -1.0)):
        matrix = design.at_decile(decile)
        chance = expit(matrix @ beta)
        estimate += sign * float(weight @ chance)
        slope += sign * ((weight * chance * (1 - chance)) @ matrix)
    return Difference(estimate, float(np.sqrt(slope @ covariance @ slope)), slope)


def expit(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn log odds into chances."""
    from scipy.special import expit as of

    return of(logit)  # type: ignore[no-any-return]
