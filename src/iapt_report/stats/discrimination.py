"""How well fitted chances tell patients apart, and whether as many reach the outcome as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.value import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TENTHS = 10


class CalibrationTenth(Value):
    """A tenth of the patients by their fitted chance, the lowest first.

    Parameters
    ----------
    tenth : int
        From 1.
    cases : int
        Patients; tenths are as alike in size as groups of the same chance allow.
    expected, observed : float
        The mean of their fitted chances, and the share of them who reached the outcome.
    low, high : float
        Wilson's interval of the latter.
    """

    tenth: int
    cases: int
    expected: float
    observed: float
    low: float
    high: float


def concordance(chance: NDArray[np.float64], cases: NDArray[np.float64], reached: NDArray[np.float64]) -> float | None:
    """Give the c statistic: how often a patient who reached the outcome had more chance than one who did not.

    Equal chances count half: it is the area under the receiver operating characteristic.

    Parameters
    ----------
    chance, cases, reached : ndarray, shape (n,)
        Of groups of patients.

    Returns
    -------
    float or None
        None where all, or none, reached it.

    Notes
    -----
    Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating characteristic (ROC) curve.
    Radiology 1982; 143: 29–36.
    """
    import numpy as np

    _, place = np.unique(chance, return_inverse=True)
    yes = np.bincount(place, reached)
    no = np.bincount(place, cases - reached)
    below = no.cumsum() - no
    pairs = yes.sum() * no.sum()
    return float((yes * (below + no / 2)).sum() / pairs) if pairs > 0 else None


def calibration(
    chance: NDArray[np.float64],
    cases: NDArray[np.float64],
    reached: NDArray[np.float64],
    confidence: float,
    *,
    withheld_under: int = 5,
) -> tuple[CalibrationTenth, ...]:
    """Set fitted chances beside what was observed, by tenth of the patients.

    Parameters
    ----------
    chance, cases, reached : ndarray, shape (n,)
        Of groups of patients, none of which is parted.
    confidence : float
        Level of the intervals, 0–1.
    withheld_under : int
        A tenth is withheld of which fewer patients than this reached the outcome, or did not.
    """
    import numpy as np
    from statsmodels.stats.proportion import proportion_confint

    order = np.argsort(chance, kind="stable")
    through = cases[order].cumsum()
    middle = (through - cases[order] / 2) / through[-1]
    tenth = np.minimum((middle * TENTHS).astype("int64"), TENTHS - 1)
    of = np.bincount(tenth, cases[order], TENTHS)
    fitted = np.bincount(tenth, (cases * chance)[order], TENTHS)
    found = np.bincount(tenth, reached[order], TENTHS)
    rows = []
    for place in np.flatnonzero((of > 0) & (np.minimum(found, of - found) >= withheld_under)).tolist():
        low, high = proportion_confint(found[place], of[place], alpha=1 - confidence, method="wilson")
        rows.append(
            CalibrationTenth(
                tenth=place + 1,
                cases=int(of[place]),
                expected=float(fitted[place] / of[place]),
                observed=float(found[place] / of[place]),
                low=float(low),
                high=float(high),
            )
        )
    return tuple(rows)
