"""Funnel plots: how far each area's rate lies from a target, against what chance and overdispersion explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Target = Literal["national", "expected"]
Adjustment = Literal["none", "multiplicative", "additive"]
LEVELS = (0.95, 0.998)
_WINSORISED = 0.1


class Beyond(Value):
    """How many areas lie below and above the limits of one level, plain or adjusted for overdispersion."""

    level: float
    adjustment: Adjustment
    below: int
    above: int


class Funnel(Value):
    """Areas against one target.

    Parameters
    ----------
    target : {"national", "expected"}
        The national standard, or each area's deprivation-expected rate.
    phi : float
        φ, the variance of the areas' z-scores, winsorised, over what chance alone gives: 1 means no overdispersion.
    tau2 : float
        τ², the variance between areas beyond chance (squared proportion).
    beyond : tuple of Beyond
    """

    target: Target
    phi: float
    tau2: float
    beyond: tuple[Beyond, ...]


def z_scores(rate: NDArray[np.float64], target: NDArray[np.float64], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each rate's distance from its target in standard errors of chance, shape (n,)."""
    return (rate - target) / _standard_error(target, cases)


def _standard_error(target: NDArray[np.float64], cases: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    # A fitted target may lie outside 0–1, or at its end, where chance would have no spread.
    inside = np.clip(target, 0.01, 0.99)
    return np.sqrt(inside * (1 - inside) / cases)


def overdispersion(z: NDArray[np.float64], standard_error: NDArray[np.float64]) -> tuple[float, float]:
    """Estimate φ and τ² from z-scores, of which the outer tenths are winsorised.

    Parameters
    ----------
    z, standard_error : ndarray, shape (n,)

    Returns
    -------
    phi, tau2 : float

    Notes
    -----
    Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med 2005; 24: 1185–1202.
    Spiegelhalter D, Sherlaw-Johnson C, Bardsley M, Blunt I, Wood C, Grigg O. Statistical methods for healthcare
    regulation: rating, screening and surveillance. J R Stat Soc A 2012; 175: 1–47.
    """
    import numpy as np

    n = len(z)
    low, high = np.quantile(z, [_WINSORISED, 1 - _WINSORISED])
    phi = float((np.clip(z, low, high) ** 2).mean())
    w = 1 / standard_error**2
    spread = w.sum() - (w**2).sum() / w.sum()
    excess = n * phi - (n - 1)
    return phi, max(0.0, float(excess / spread)) if spread > 0 else 0.0


def funnel(rate: NDArray[np.float64], target: NDArray[np.float64], cases: NDArray[np.float64], name: Target) -> Funnel:
    """Count the areas beyond 95% and 99.8% limits around a target, plain and adjusted for overdispersion.

    Parameters
    ----------
    rate, target, cases : ndarray, shape (n,)
        Observed rates and their targets (proportions), and the patients behind each rate.
    name : {"national", "expected"}

    Notes
    -----
    Multiplicative: limits √φ times as wide, where φ exceeds 1; additive: τ² is added to the variance of chance. Sources
    as in `overdispersion`.
    """
    import numpy as np
    from scipy import stats

    se = _standard_error(target, cases)
    z = (rate - target) / se
    phi, tau2 = overdispersion(z, se)
    scales: dict[Adjustment, NDArray[np.float64]] = {
        "none": z,
        "multiplicative": z / np.sqrt(max(1.0, phi)),
        "additive": (rate - target) / np.sqrt(se**2 + tau2),
    }
    beyond = tuple(
        Beyond(
            level=level,
            adjustment=adjustment,
            below=int((scores < -limit).sum()),
            above=int((scores > limit).sum()),
        )
        for adjustment, scores in scales.items()
        for level in LEVELS
        for limit in [float(stats.norm.isf((1 - level) / 2))]
    )
    return Funnel(target=name, phi=phi, tau2=tau2, beyond=beyond)
