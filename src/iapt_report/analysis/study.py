"""The study's four steps, in the study's order: Areas and Settings into Results.

Delgadillo J, Asaria M, Ali S, Gilbody S. On poverty, politics and psychology: the socioeconomic gradient of
mental healthcare utilisation and outcomes. Br J Psychiatry 2016; 209: 429–430. doi 10.1192/bjp.bp.115.171017.
"""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal

from iapt_report import __version__
from iapt_report.analysis.covariates import covariates_of
from iapt_report.analysis.facts import (
    Adjusted,
    Area,
    CaseMixed,
    Correlations,
    DoubtFacts,
    Excluded,
    FlowFacts,
    Funnels,
    Gradient,
    Inequalities,
    LossFacts,
    OutcomeFacts,
    Outliers,
    PeriodFacts,
    PrecisionFacts,
    Provenance,
    Rates,
    RateSource,
    Regression,
    Sample,
    SourceFile,
    StandardFacts,
    Total,
    WithoutDoubted,
)
from iapt_report.analysis.results import Results
from iapt_report.analysis.settings import Settings
from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.outcomes import OUTCOMES, national_standard
from iapt_report.areas.rates import is_below
from iapt_report.areas.table import FEWEST, SUPPRESSED, Precision, has_counts
from iapt_report.stats.agreement import agreement, classify, cross
from iapt_report.stats.benchmarks import all_limits, chance_limits, compare
from iapt_report.stats.case_mix import case_mix
from iapt_report.stats.correlation import spearman, with_holm
from iapt_report.stats.diagnostics import Diagnostics, Influential, breusch_pagan, hc3_slope, influence, reset
from iapt_report.stats.funnel import funnel, z_scores
from iapt_report.stats.inequality import slope_index_of_patients, slope_index_over_areas
from iapt_report.stats.outliers import tukey_fences
from iapt_report.stats.regression import (
    DUMMY,
    RANK,
    Fit,
    expected_rates,
    mean_lower_limit,
    weighted_least_squares,
)
from iapt_report.stats.simulation import simulate
from iapt_report.stats.source_uncertainty import Published, SourceUncertainty, source_uncertainty
from iapt_report.stats.specifications import Data, specifications
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.period import Period
    from iapt_report.areas.table import Areas

STATISTICS_PACKAGES = ("numpy", "pandas", "pingouin", "scipy", "statsmodels")


def analyse(areas: Areas, settings: Settings | None = None, *, draws: int = 0, simulated_quarters: int = 0) -> Results:
    """Repeat the study on the areas of one period, and examine it.

    Parameters
    ----------
    areas : Areas
    settings : Settings, optional
        The study's choices by default.
    draws : int
        How often the published counts are drawn anew within what rounding leaves open; 0 leaves that out.
    simulated_quarters : int
        In how many simulated quarters fair services are held against the benchmarks; 0 leaves that out.

    Returns
    -------
    Results
    """
    import numpy as np

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

    cases = _cases(table, outcome)

    fences = tukey_fences(rate, settings.outlier_multiple)
    outlier = fences.beyond(rate)
    frame = table.assign(**{DUMMY: outlier})
    plain, initial, final = _regressions(frame, outcome.rate, weights, settings)
    expected = expected_rates(final, frame, level)
    below_national = is_below(rate, standard.value)

    funnels = Funnels(
        national=funnel(rate, np.full(len(rate), standard.value), cases, "national"),
        expected=funnel(rate, expected.rate, cases, "expected"),
    )
    chance = chance_limits(rate, cases, level)
    limits = all_limits(final, expected, weights, cases, funnels.expected.tau2, level)
    below = {name: is_below(rate, own.low) for name, own in limits.items()}
    below_adjusted = below[settings.interval]
    below_mean = None
    if settings.interval == "fitted_mean":
        dummy = outlier if DUMMY in final.model.terms else None
        below_mean = is_below(rate, mean_lower_limit(rate, weights, dummy, level))
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
        sample=_sample(areas, outcome, rate, weights).model_copy(
            update={"without_doubted": _without_doubted(areas, settings)}
        ),
        correlations=_correlations(rank, referrals, finished, rate, ~outlier, level),
        outliers=Outliers(
            multiple=settings.outlier_multiple,
            lower_fence=fences.lower,
            upper_fence=fences.upper,
            area_codes=tuple(table.loc[outlier, "area_code"]),
        ),
        regression=Regression(
            initial=initial.model if initial else None,
            final=final.model,
            rank_r_squared=plain.model.r_squared,
            gradient=_gradient(final, rank),
        ),
        adjusted=Adjusted(
            mean=float(expected.rate.mean()),
            sd=float(expected.rate.std(ddof=1)),
            min=float(expected.rate.min()),
            max=float(expected.rate.max()),
        ),
        classification=classification,
        agreement=agreement(classification, level),
        diagnostics=_diagnostics(final, table, level),
        specifications=specifications(_data(table, outcome, weights, cases, outlier), level),
        benchmarks=compare(below, limits, settings.interval),
        funnels=funnels,
        case_mix=_case_mix(areas, outcome, below_national, below_adjusted, level),
        covariates=covariates_of(
            areas,
            settings,
            rate=rate,
            cases=cases,
            weights=weights,
            left_out=outlier & (DUMMY in final.model.terms),
            below_national=below_national,
            below_adjusted=below_adjusted,
        ),
        inequality=_inequality(areas, outcome, rate, cases, rank, level),
        source_uncertainty=_source_uncertainty(areas, settings, standard.value, draws) if draws else None,
        simulation=simulate(rank, cases, weights, expected.rate, standard.value, level, simulated_quarters)
        if simulated_quarters
        else None,
        areas=_area_rows(
            table,
            outcome,
            {
                "adjusted_rate": expected.rate,
                "adjusted_low": limits[settings.interval].low,
                "adjusted_high": limits[settings.interval].high,
                "below_national": below_national,
                "below_adjusted": below_adjusted,
                "outlier": outlier,
                "cases": cases,
                "weight": weights,
                "chance_low": chance.low,
                "chance_high": chance.high,
                "mean_low": expected.low,
                "mean_high": expected.high,
                **{f"below_{name}": below[name] for name in ("wilson", "prediction", "overdispersion")},
                "z_national": z_scores(rate, np.full(len(rate), standard.value), cases),
                "z_expected": z_scores(rate, expected.rate, cases),
            },
        ),
    )


def _without_doubted(areas: Areas, settings: Settings) -> WithoutDoubted | None:
    """Repeat the study without the areas that the source makes doubtful, which keep their ranks; None without any."""
    doubted = {doubt.area_code for doubt in areas.doubts}
    kept = ~areas.table["area_code"].isin(doubted)
    if kept.all() or kept.sum() < FEWEST:
        return None
    others = analyse(
        replace(areas, table=areas.table[kept].reset_index(drop=True), doubts=()),
        settings.model_copy(update={"covariates": ()}),
    )
    found, gradient = others.classification, others.regression.gradient
    return WithoutDoubted(
        areas=others.sample.areas,
        gradient=gradient.estimate,
        ci_low=gradient.ci_low,
        ci_high=gradient.ci_high,
        below_national=found.below_national.n,
        below_adjusted=found.below_adjusted.n,
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
) -> tuple[Fit, Fit | None, Fit]:
    """Fit without the outlier dummy, with it where there is an outlier, and say which is final.

    The dummy is dropped unless it is significant.
    """
    level = settings.confidence
    plain = weighted_least_squares(frame, response, weights, dummy=False, confidence=level)
    if not frame[DUMMY].any():
        return plain, None, plain
    initial = weighted_least_squares(frame, response, weights, dummy=True, confidence=level)
    p = initial.model.terms[DUMMY].p
    return plain, initial, initial if p is not None and p < settings.dummy_alpha else plain


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
        excluded=tuple(
            Excluded(
                area_code=e.area_code,
                area_name=e.area_name,
                reason=e.reason,
                referrals=e.referrals,
                finished_treatment=e.finished_treatment,
            )
            for e in areas.excluded
        ),
        loss=LossFacts(**asdict(areas.loss), share=areas.loss.share),
        doubts=tuple(
            DoubtFacts(
                what=doubt.what,
                words=doubt.words,
                area_code=doubt.area_code,
                area_name=doubt.area_name,
                figures=dict(doubt.figures),
            )
            for doubt in areas.doubts
        ),
        flow=FlowFacts(**asdict(areas.flow)) if areas.flow else None,
        precision=PrecisionFacts(**asdict(areas.precision)) if areas.precision else None,
        rates=_rate_source(areas.table, outcome),
    )


def _rate_source(table: pd.DataFrame, outcome: Outcome) -> RateSource:
    known = table[outcome.cases] > 0
    reach = ((table[outcome.high] - table[outcome.low]) / 2).dropna()
    return RateSource(
        from_counts=int(has_counts(table, outcome).sum()),
        cases_known=int(known.fillna(value=False).sum()),
        withheld=int((table[SUPPRESSED] != "").sum()),
        reach_median=float(reach.median()) if len(reach) else None,
        reach_max=float(reach.max()) if len(reach) else None,
    )


def _area_rows(table: pd.DataFrame, outcome: Outcome, computed: dict[str, NDArray[Any]]) -> tuple[Area, ...]:
    columns = ["area_code", "area_name", "imd_rank", "referrals", "finished_treatment"]
    low, high = (table[name].astype(object).where(table[name].notna(), None) for name in (outcome.low, outcome.high))
    rows = table[columns].assign(recovery_rate=table[outcome.rate], rate_low=low, rate_high=high, **computed)
    return tuple(Area.model_validate(row) for row in rows.to_dict("records"))


def _correlations(
    rank: NDArray[np.float64],
    referrals: NDArray[np.float64],
    finished: NDArray[np.float64],
    rate: NDArray[np.float64],
    kept: NDArray[np.bool_],
    level: float,
) -> Correlations:
    family = {
        "referrals": spearman(rank, referrals, level),
        "finished_treatment": spearman(rank, finished, level),
        "recovery_rate": spearman(rank, rate, level),
        "recovery_rate_trimmed": spearman(rank[kept], rate[kept], level),
    }
    return Correlations(**with_holm(family))


def _cases(table: pd.DataFrame, outcome: Outcome) -> NDArray[np.float64]:
    """Return the patients behind each area's rate: those who finished treatment where no better count is known."""
    import numpy as np

    known = table[outcome.cases].where(table[outcome.cases] > 0)
    return np.asarray(known.fillna(table["finished_treatment"]).to_numpy("float64"), dtype=np.float64)


def _data(
    table: pd.DataFrame,
    outcome: Outcome,
    weights: NDArray[np.float64],
    cases: NDArray[np.float64],
    outlier: NDArray[np.bool_],
) -> Data:
    score = table["imd_score"]
    scored = score.notna().all() and score.nunique() > 1
    counted = has_counts(table, outcome).all()
    return Data(
        rate=table[outcome.rate].to_numpy("float64"),
        rank=table["imd_rank"].to_numpy("float64"),
        weights=weights,
        cases=cases,
        score=score.to_numpy("float64") if scored else None,
        reached=table[outcome.reached].to_numpy("float64") if counted else None,
        outlier=outlier,
    )


def _case_mix(
    areas: Areas,
    outcome: Outcome,
    below_national: NDArray[np.bool_],
    below_adjusted: NDArray[np.bool_],
    level: float,
) -> CaseMixed | None:
    precision = areas.precision or Precision()
    mixed = case_mix(
        areas.deciles,
        areas.table,
        reached=outcome.reached,
        cases=outcome.cases,
        confidence=level,
        rounded_to=precision.rounded_to,
    )
    if mixed is None or not mixed.areas:
        return None
    import numpy as np

    below = {area.area_code: area.below for area in mixed.areas}
    there = areas.table["area_code"].isin(below).to_numpy(dtype=bool)
    second = np.array([below[code] for code in areas.table["area_code"][there]])
    return CaseMixed(
        adjustment=mixed,
        national=cross(below_national[there], second, level),
        adjusted=cross(below_adjusted[there], second, level),
    )


def _inequality(
    areas: Areas,
    outcome: Outcome,
    rate: NDArray[np.float64],
    cases: NDArray[np.float64],
    rank: NDArray[np.float64],
    level: float,
) -> Inequalities:
    patients = None
    if areas.deciles is not None:
        national = areas.deciles[areas.deciles["area_code"] == ENGLAND].sort_values("decile")
        if has_counts(national, outcome).all() and len(national):
            reached, could = (national[name].to_numpy("float64") for name in (outcome.reached, outcome.cases))
            patients = slope_index_of_patients(reached, could, level)
    return Inequalities(patients=patients, areas=slope_index_over_areas(rate, cases, rank, level))


def _source_uncertainty(areas: Areas, settings: Settings, standard: float, draws: int) -> SourceUncertainty | None:
    import numpy as np

    outcome = OUTCOMES[settings.outcome]
    columns = {
        "rank": "imd_rank",
        "finished_treatment": "finished_treatment",
        "at_caseness": "at_caseness",
        "reached": outcome.reached,
        "rate": outcome.rate,
        "rate_low": outcome.low,
        "rate_high": outcome.high,
    }
    arrays = {
        name: np.asarray(areas.table[column].astype("Float64").to_numpy(na_value=np.nan), dtype=np.float64)
        for name, column in columns.items()
    }
    cases: Literal["at_caseness", "finished_treatment"] = (
        "at_caseness" if outcome.cases == "at_caseness" else "finished_treatment"
    )
    return source_uncertainty(
        Published(**arrays), areas.precision, standard, settings.confidence, cases, settings.weight, draws
    )


def _gradient(fit: Fit, rank: NDArray[np.float64]) -> Gradient:
    """Take the slope from the lowest to the highest rank that there is."""
    span = float(rank.max() - rank.min())
    slope = fit.model.terms[RANK]
    low, high = (None if limit is None else limit * span for limit in (slope.ci_low, slope.ci_high))
    return Gradient(estimate=slope.estimate * span, ci_low=low, ci_high=high)


def _diagnostics(fit: Fit, table: pd.DataFrame, level: float) -> Diagnostics:
    import numpy as np

    limit = 4 / len(table)
    measured = influence(fit)
    named: list[Influential] = []
    if measured is not None:
        rows = zip(table["area_code"], table["area_name"], measured.leverage, measured.cooks, strict=True)
        named = [
            Influential(area_code=code, area_name=name, leverage=float(leverage), cooks_distance=float(cooks))
            for code, name, leverage, cooks in rows
            # The fit without an area that alone bears its dummy is another model's.
            if np.isfinite(cooks) and cooks > limit
        ]
    return Diagnostics(
        breusch_pagan=breusch_pagan(fit),
        reset=reset(fit),
        hc3=hc3_slope(fit, level),
        influential=tuple(sorted(named, key=lambda area: (-area.cooks_distance, area.area_code))),
        cooks_limit=limit,
    )


def _versions() -> dict[str, str]:
    packages = {name: importlib.metadata.version(name) for name in STATISTICS_PACKAGES}
    return {"iapt-report": __version__, "python": platform.python_version(), **packages}
