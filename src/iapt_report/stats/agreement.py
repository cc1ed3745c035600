"""How two benchmarks classify the same areas, and how far they agree."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from iapt_report.stats.value import Value, finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Share(Value):
    """A number of areas and its share of those analysed (proportion)."""

    n: int
    share: float


class Classification(Value):
    """Which areas are below the national standard, below the deprivation-adjusted benchmark, or both.

    ``benchmark`` is the national standard as a proportion; the other fields count areas. ``below_mean`` counts those
    that the adjusted benchmark's limit would flag if deprivation were not in the model: below the lower confidence
    limit of the areas' weighted mean; None where the benchmark is another limit than that of the mean.
    """

    benchmark: float
    below_national: Share
    below_adjusted: Share
    below_mean: Share | None
    both: int
    national_only: int
    adjusted_only: int
    neither: int


class Agreement(Value):
    """Tests on the two-by-two table of the classifications.

    Where a benchmark puts all areas on one side, only McNemar's test can be made, and the others are None.

    Parameters
    ----------
    chi2, dof, p
        Pearson's χ² without continuity correction: are the classifications associated?
    kappa, kappa_se, kappa_ci_low, kappa_ci_high
        Cohen's κ: how far do they agree beyond chance? The limits are asymptotic and kept within −1 to 1.
    mcnemar_p
        Exact McNemar test: do they flag different proportions of the same areas?
    phi
        φ, the size of the association that χ² tests, from 0 to 1 (below 0 if they tend to disagree).
    observed
        The share of areas that both place on the same side.
    positive, negative
        Of all placements of an area below (not below) a benchmark, the share that are of an area which both place
        there: 2a / (2a + b + c), agreement on each side (Cicchetti DV, Feinstein AR. J Clin Epidemiol 1990; 43:
        551–558).
    pabak
        κ as it would be if both benchmarks placed half the areas below them (prevalence- and bias-adjusted).
    """

    chi2: float | None
    dof: int
    p: float | None
    kappa: float | None
    kappa_se: float | None
    kappa_ci_low: float | None
    kappa_ci_high: float | None
    mcnemar_p: float | None
    phi: float | None = None
    observed: float
    positive: float | None = None
    negative: float | None = None
    pabak: float


class Crossed(Value):
    """Two classifications of the same areas, cell by cell, with their κ (None where one puts all on one side)."""

    areas: int
    both: int
    first_only: int
    second_only: int
    neither: int
    kappa: float | None


def cross(first: NDArray[np.bool_], second: NDArray[np.bool_], confidence: float) -> Crossed:
    """Cross-tabulate two classifications of the same areas, arrays of bool of shape (n,)."""
    table = classify(first, second, None, 0.5)
    return Crossed(
        areas=len(first),
        both=table.both,
        first_only=table.national_only,
        second_only=table.adjusted_only,
        neither=table.neither,
        kappa=agreement(table, confidence).kappa,
    )


def classify(
    below_national: NDArray[np.bool_],
    below_adjusted: NDArray[np.bool_],
    below_mean: NDArray[np.bool_] | None,
    benchmark: float,
) -> Classification:
    """Cross-tabulate two classifications of the same areas.

    Parameters
    ----------
    below_national, below_adjusted : ndarray of bool, shape (n,)
    below_mean : ndarray of bool, shape (n,), or None
    benchmark : float
        The national standard, for the record (proportion).
    """
    n = len(below_national)
    mean = None if below_mean is None else int(below_mean.sum())
    national, adjusted = int(below_national.sum()), int(below_adjusted.sum())
    both = int((below_national & below_adjusted).sum())
    return Classification(
        benchmark=benchmark,
        below_national=Share(n=national, share=national / n),
        below_adjusted=Share(n=adjusted, share=adjusted / n),
        below_mean=None if mean is None else Share(n=mean, share=mean / n),
        both=both,
        national_only=national - both,
        adjusted_only=adjusted - both,
        neither=n - national - adjusted + both,
    )


def agreement(classification: Classification, confidence: float) -> Agreement:
    """Test the agreement of two classifications.

    Parameters
    ----------
    classification : Classification
    confidence : float
        Level of κ's interval, 0–1.

    Notes
    -----
    `scipy.stats.chi2_contingency`, `statsmodels.stats.inter_rater.cohens_kappa` and
    `statsmodels.stats.contingency_tables.mcnemar`. Cohen J. A coefficient of agreement for nominal scales.
    Educ Psychol Meas 1960; 20: 37–46. χ² with one degree of freedom: Fisher RA. J R Stat Soc 1922; 85: 87–94. The
    question of the exact test is that of McNemar Q. Psychometrika 1947; 12: 153–157, whose own test is by χ²; the exact
    one is the binomial test of the areas that only one of the two flags. Positive and negative agreement: Cicchetti
    DV, Feinstein AR. High agreement but low kappa: II. Resolving the paradoxes. J Clin Epidemiol 1990; 43: 551–558.
    Prevalence-adjusted κ: Byrt T, Bishop J, Carlin JB. Bias, prevalence and kappa. J Clin Epidemiol 1993; 46: 423–429.
    """
    import numpy as np
    from scipy import stats
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.inter_rater import cohens_kappa

    c = classification
    table = np.array([[c.both, c.national_only], [c.adjusted_only, c.neither]])
    n = int(table.sum())
    chi2 = p = kappa = se = low = high = phi = None
    if table.sum(axis=0).all() and table.sum(axis=1).all():
        test = stats.chi2_contingency(table, correction=False)
        chi2, p = finite(test.statistic), finite(test.pvalue)
        sign = 1 if c.both * c.neither >= c.national_only * c.adjusted_only else -1
        phi = sign * float(np.sqrt(test.statistic / n))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            result = cohens_kappa(table)
        kappa, se = finite(result.kappa), finite(result.std_kappa)
        if kappa is not None and se is not None:
            reach = float(stats.norm.isf((1 - confidence) / 2)) * se
            low, high = max(-1.0, kappa - reach), min(1.0, kappa + reach)
    return Agreement(
        chi2=chi2,
        dof=1,
        p=p,
        kappa=kappa,
        kappa_se=se,
        kappa_ci_low=low,
        kappa_ci_high=high,
        mcnemar_p=finite(mcnemar(table, exact=True).pvalue),
        phi=phi,
        observed=(c.both + c.neither) / n,
        positive=_shared(c.both, c.national_only + c.adjusted_only),
        negative=_shared(c.neither, c.national_only + c.adjusted_only),
        pabak=2 * (c.both + c.neither) / n - 1,
    )


def _shared(both: int, one: int) -> float | None:
    """Return the share of agreement on one side; None where neither benchmark places an area there."""
    return 2 * both / (2 * both + one) if both or one else None
