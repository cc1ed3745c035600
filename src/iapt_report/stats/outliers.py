"""Extreme outliers by Tukey's fences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.value import Value
from iapt_report.stats.variation import varies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Fences(Value):
    """The values beyond which an observation is extreme, on the scale of the observations."""

    lower: float
    upper: float

    def beyond(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which values lie strictly outside the fences; shape as given."""
        return (values < self.lower) | (values > self.upper)


def tukey_fences(values: NDArray[np.float64], multiple: float) -> Fences:
    """Place fences ``multiple`` interquartile ranges beyond the quartiles.

    Parameters
    ----------
    values : ndarray, shape (n,)
    multiple : float
        1.5 gives Tukey's inner fences, 3 his outer ones.

    Notes
    -----
    Quartiles are interpolated linearly (R's type 7). Where they coincide, but for rounding errors, there is no scale to
    call a value extreme by, and the fences enclose all values. Tukey JW. Exploratory Data Analysis. Addison-Wesley,
    1977.
    """
    import numpy as np

    first, third = np.quantile(values, [0.25, 0.75])
    if not varies(np.array([first, third])):
        return Fences(lower=float(values.min()), upper=float(values.max()))
    reach = multiple * (third - first)
    return Fences(lower=float(first - reach), upper=float(third + reach))
