"""The study's four steps, in the study's order: Areas and Settings into Results.

Delgadillo J, Asaria M, Ali S, Gilbody S. On poverty, politics and psychology: the socioeconomic gradient of
mental healthcare utilisation and outcomes. Br J Psychiatry 2016; 209: 429–430. doi 10.1192/bjp.bp.115.171017.
"""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import asdict
from typing import TYPE_CHECKING

from iapt_report import __version__
from iapt_report.areas import SUPPRESSED, has_counts
from iapt_report.errors import DataError
from iapt_report.outcomes import OUTCOMES, national_standard
from iapt_report.results import (
    Adjusted,
    Area,
    Correlations,
    Excluded,
    FlowFacts,
    OutcomeFacts,
    Outliers,
    PeriodFacts,
    PrecisionFacts,
    Provenance,
    Rates,
    RateSource,
    Regression,
    Results,
    Sample,
    SourceFile,
    StandardFacts,
    Total,
)
from iapt_report.settings import Settings
from iapt_report.stats.agreement import agreement, classify
from iapt_report.stats.correlation import spearman
from iapt_report.stats.outliers import tukey_fences
from iapt_report.stats.regression import (
    DUMMY,
    Expected,
    Fit,
    expected_rates,
    mean_lower_limit,
    weighted_least_squares,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.areas import Areas
    from iapt_report.outcomes import Outcome
    from iapt_report.period import Period

# A rate is no closer to a fitted one than this but by the computer's arithmetic.
_ROUNDING_ERROR = 1e-9
STATISTICS_PACKAGES = ("numpy", "pandas", "pingouin", "scipy", "statsmodels")


def analyse(areas: Areas, settings: Settings | None = None) -> Results:
    """Repeat the study on the areas of one period.

    Parameters
    ----------
    areas : Areas
    settings : Settings, optional
        The study's choices by default.

    Returns
    -------
    Results
    """
    settings = settings or Settings()
    table = areas.table
    level = settings.confidence
    outcome = OUTCOMES[settings.outcome]
    standard = _standard(settings, areas.period)
    rate = table[outcome.rate].to_numpy("float64")
    rank = table["imd_rank"].to_numpy("float64")
    referrals = table["referrals"].to_numpy("float64")
    finished = table["finished_treatment"].to_numpy("float64")
    weights = _weights(areas, settings)

    fences = tukey_fences(rate, settings.outlier_multiple)
    outlier = fences.beyond(rate)
    correlations = Correlations(
        referrals=spearman(rank, referrals, level),
        finished_treatment=spearman(rank, finished, level),
        recovery_rate=spearman(rank, rate, level),
        recovery_rate_trimmed=spearman(rank[~outlier], rate[~outlier], level),
    )

    frame = table.assign(**{DUMMY: outlier})
    initial, final = _regressions(frame, outcome.rate, weights, settings)
    expected = expected_rates(final, frame, level)

    below_national = rate < standard.value - _ROUNDING_ERROR
    below_adjusted = rate < expected.low - _ROUNDING_ERROR
    dummy = outlier if DUMMY in final.model.terms else None
    below_mean = rate < mean_lower_limit(rate, weights, dummy, level) - _ROUNDING_ERROR
    classification = classify(below_national, below_adjusted, below_mean, standard.value)

    return Results(
        period=_period_facts(areas),
        settings=settings,
        outcome=OutcomeFacts(name=outcome.name, words=outcome.words, cases=outcome.cases),
        standard=standard,
        provenance=Provenance(
            sources=tuple(SourceFile(file=s.file, sha256=s.sha256) for s in areas.sources),
            versions=_versions(),
            area_type=areas.area_type,
            notes=areas.notes,
        ),
        sample=_sample(areas, outcome, rate, weights),
        correlations=correlations,
        outliers=Outliers(
            multiple=settings.outlier_multiple,
            lower_fence=fences.lower,
            upper_fence=fences.upper,
            area_codes=tuple(table.loc[outlier, "area_code"]),
        ),
        regression=Regression(initial=initial.model if initial else None, final=final.model),
        adjusted=Adjusted(
            mean=float(expected.rate.mean()),
            sd=float(expected.rate.std(ddof=1)),
            min=float(expected.rate.min()),
            max=float(expected.rate.max()),
        ),
        classification=classification,
        agreement=agreement(classification, level),
        areas=_area_rows(table, outcome, expected, below_national, below_adjusted, outlier),
    )


def _weights(areas: Areas, settings: Settings) -> NDArray[np.float64]:
    """Return what each area counts for; refuse areas whose weight is not known."""
    import numpy as np

    table = areas.table
    if settings.weight == "equal":
        return np.ones(len(table))
    weights = np.asarray(table[settings.weight].astype("Float64").to_numpy(na_value=np.nan), dtype=np.float64)
    unknown = ~(weights > 0)
    if unknown.any():
        code = table["area_code"].iloc[int(unknown.argmax())]
        raise DataError(
            f"{int(unknown.sum())} of {len(table)} areas cannot be weighted, the first of them {code}",
            file=areas.sources[-1].file if areas.sources else None,
            column=settings.weight,
            expected="a number above 0 for every area that is analysed",
            mend='fill it in, or set weight = "finished_treatment" in iapt-report.toml',
        )
    return weights


def _standard(settings: Settings, period: Period) -> StandardFacts:
    """Return the standard that areas are held to: the user's own, else the national one of outcome and period."""
    outcome = OUTCOMES[settings.outcome]
    national = national_standard(outcome, period)
    if settings.benchmark is None and national is None:
        raise DataError(
            f"there was no national standard for {outcome.words} when {period.id} began",
            expected="a period with a standard, or a benchmark of your own",
            mend="set benchmark under [settings] in iapt-report.toml, as a proportion such as 0.48",
        )
    if national is not None and settings.benchmark in (None, national.value):
        return StandardFacts(value=national.value, national=True, source=national.source)
    assert settings.benchmark is not None  # noqa: S101 - one of the two is there
    return StandardFacts(value=settings.benchmark, national=False, source="set by the user")


def _regressions(
    frame: pd.DataFrame, response: str, weights: NDArray[np.float64], settings: Settings
) -> tuple[Fit | None, Fit]:
    """Fit with the outlier dummy where there is an outlier; drop the dummy unless it is significant."""
    level = settings.confidence
    plain = weighted_least_squares(frame, response, weights, dummy=False, confidence=level)
    if not frame[DUMMY].any():
        return None, plain
    initial = weighted_least_squares(frame, response, weights, dummy=True, confidence=level)
    p = initial.model.terms[DUMMY].p
    return initial, initial if p is not None and p < settings.dummy_alpha else plain


def _period_facts(areas: Areas) -> PeriodFacts:
    period = areas.period
    return PeriodFacts(
        id=period.id,
        label=period.label,
        months=period.months,
        kind=period.kind,
        start=period.start,
        end=period.end,
        synthetic=areas.synthetic,
    )


def _sample(areas: Areas, outcome: Outcome, rate: NDArray[np.float64], weights: NDArray[np.float64]) -> Sample:
    def total(column: str) -> Total:
        values = areas.table[column]
        return Total(total=int(values.sum()), min=int(values.min()), max=int(values.max()))

    return Sample(
        areas=len(areas),
        referrals=total("referrals"),
        finished_treatment=total("finished_treatment"),
        recovery_rate=Rates(
            min=float(rate.min()),
            max=float(rate.max()),
            mean=float(rate.mean()),
            weighted_mean=float((rate * weights).sum() / weights.sum()),
        ),
        excluded=tuple(Excluded(area_code=e.area_code, area_name=e.area_name, reason=e.reason) for e in areas.excluded),
        flow=FlowFacts(**asdict(areas.flow)) if areas.flow else None,
        precision=PrecisionFacts(**asdict(areas.precision)) if areas.precision else None,
        rates=_rate_source(areas.table, outcome),
    )


def _rate_source(table: pd.DataFrame, outcome: Outcome) -> RateSource:
    reach = ((table[outcome.high] - table[outcome.low]) / 2).dropna()
    return RateSource(
        from_counts=int(has_counts(table, outcome).sum()),
        withheld=int((table[SUPPRESSED] != "").sum()),
        reach_median=float(reach.median()) if len(reach) else None,
        reach_max=float(reach.max()) if len(reach) else None,
    )


def _area_rows(
    table: pd.DataFrame,
    outcome: Outcome,
    expected: Expected,
    below_national: NDArray[np.bool_],
    below_adjusted: NDArray[np.bool_],
    outlier: NDArray[np.bool_],
) -> tuple[Area, ...]:
    columns = ["area_code", "area_name", "imd_rank", "referrals", "finished_treatment"]
    low, high = (table[name].astype(object).where(table[name].notna(), None) for name in (outcome.low, outcome.high))
    rows = table[columns].assign(
        recovery_rate=table[outcome.rate],
        rate_low=low,
        rate_high=high,
        adjusted_rate=expected.rate,
        adjusted_low=expected.low,
        adjusted_high=expected.high,
        below_national=below_national,
        below_adjusted=below_adjusted,
        outlier=outlier,
    )
    return tuple(Area.model_validate(row) for row in rows.to_dict("records"))


def _versions() -> dict[str, str]:
    packages = {name: importlib.metadata.version(name) for name in STATISTICS_PACKAGES}
    return {"iapt-report": __version__, "python": platform.python_version(), **packages}
