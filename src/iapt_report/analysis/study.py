"""The study's four steps, in the study's order: Areas and Settings into Results.

Delgadillo J, Asaria M, Ali S, Gilbody S. On poverty, politics and psychology: the socioeconomic gradient of
mental healthcare utilisation and outcomes. Br J Psychiatry 2016; 209: 429–430. doi 10.1192/bjp.bp.115.171017.
"""

from __future__ import annotations

import importlib.metadata
import math
import platform
import threading
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from iapt_report import __version__
from iapt_report.analysis.covariates import covariates_of
from iapt_report.analysis.facts import (
    Area,
    CaseMixed,
    Correlations,
    DeprivationUsed,
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
    Replication,
    Sample,
    SourceFile,
    StandingOut,
    Total,
    WithoutDoubted,
)
from iapt_report.analysis.headline import Headline
from iapt_report.analysis.judging import Question, replicated, with_random_effects
from iapt_report.analysis.observed import cases_of, standard_of, weights_of
from iapt_report.analysis.other_standards import other_standards
from iapt_report.analysis.patients import patients_of
from iapt_report.analysis.people import people_of
from iapt_report.analysis.profiles import profiles
from iapt_report.analysis.results import Results
from iapt_report.analysis.settings import Settings
from iapt_report.areas.deciles import ENGLAND
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.rates import is_below
from iapt_report.areas.table import FEWEST, SUPPRESSED, Precision, has_counts
from iapt_report.stats.agreement import cross
from iapt_report.stats.benchmarks import chance_limits, compare
from iapt_report.stats.case_mix import case_mix
from iapt_report.stats.correlation import spearman, with_holm
from iapt_report.stats.coverage import coverage_under_variation
from iapt_report.stats.diagnostics import Diagnostics, Influential, breusch_pagan_of, hc3_slope, influence, reset
from iapt_report.stats.funnel import funnel, z_scores
from iapt_report.stats.gradients import gradients
from iapt_report.stats.inequality import slope_index_of_patients
from iapt_report.stats.outliers import tukey_fences
from iapt_report.stats.outlying import dummy_is_estimable, studentised_residuals, weighted_with_indicators
from iapt_report.stats.patients_inequality import slope_index_of_clustered_patients
from iapt_report.stats.random_effects import random_effects
from iapt_report.stats.regression import (
    DUMMY,
    RANK,
    Fit,
    Term,
    expected_rates,
    weighted_least_squares,
)
from iapt_report.stats.simulation import simulate
from iapt_report.stats.source_uncertainty import Line, Published, SourceUncertainty, source_uncertainty
from iapt_report.stats.specifications import Data
from iapt_report.system import second

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from iapt_report.analysis.facts import StandardFacts
    from iapt_report.analysis.judging import Judged
    from iapt_report.areas.outcomes import Outcome
    from iapt_report.areas.table import Areas
    from iapt_report.stats.agreement import Crossed
    from iapt_report.stats.case_mix import CaseMix
    from iapt_report.stats.coverage import CoverageUnderVariation
    from iapt_report.stats.inequality import Inequality
    from iapt_report.stats.outliers import Fences
    from iapt_report.stats.random_effects import RandomFit
    from iapt_report.stats.simulation import Simulation

# How far services may truly differ (proportion), where intervals are held against the truth.
VARIATIONS = (0.02, 0.05)
# Statistics silence warnings, which they can for the whole process alone: of two threads, one waits.
ALONE = threading.RLock()
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
    with ALONE:
        study = _study(areas, settings or Settings(), whole=True)
        return _examined(areas, study, draws, simulated_quarters)


def headline(areas: Areas, settings: Settings | None = None) -> Headline:
    """Repeat the study on the areas of one period, for the figures that are set beside other periods.

    Parameters
    ----------
    areas : Areas
    settings : Settings, optional
        The study's choices by default.

    Returns
    -------
    Headline
        With the same figures as `analyse`, in a fraction of its time.

    Raises
    ------
    DataError
        Where `analyse` does.
    """
    with ALONE:
        study = _study(areas, settings or Settings(), whole=False)
    return Headline(
        period=_period_facts(areas),
        settings=study.settings,
        outcome=study.outcome_facts,
        standard=study.standard,
        provenance=_provenance(areas),
        sample=_sample(areas, study.outcome, study.asked.rate, study.asked.weights),
        outliers=study.outliers(()),
        random_effects=study.random.model if study.random else None,
        gradient=study.judged.gradient,
        classification=study.judged.classification,
        areas=study.rows(),
    )


@dataclass(frozen=True)
class _Study:
    """The study's four steps, taken: arrays of shape (n,), what the regressions are, and what follows from them."""

    settings: Settings
    outcome: Outcome
    standard: StandardFacts
    table: pd.DataFrame
    fences: Fences
    outlier: NDArray[np.bool_]
    fitted: _Regressions
    asked: Question
    replication: Judged
    random: RandomFit | None
    judged: Judged
    national: NDArray[np.float64]
    below_national: NDArray[np.bool_]

    @property
    def outcome_facts(self) -> OutcomeFacts:
        return OutcomeFacts(name=self.outcome.name, words=self.outcome.words, cases=self.outcome.cases)

    @property
    def below_adjusted(self) -> NDArray[np.bool_]:
        return self.judged.below[self.settings.interval]

    @property
    def fair(self) -> _Fair:
        asked, expected = self.asked, self.judged.expected.rate
        tau2 = self.random.model.tau2 if self.random else None
        return _Fair(asked.rank, asked.cases, asked.weights, expected, asked.standard, asked.confidence, tau2)

    def outliers(self, standing_out: tuple[StandingOut, ...]) -> Outliers:
        return Outliers(
            multiple=self.settings.outlier_multiple,
            lower_fence=self.fences.lower,
            upper_fence=self.fences.upper,
            area_codes=tuple(self.table.loc[self.outlier, "area_code"]),
            left_out=self.fitted.left_out,
            standing_out=standing_out,
        )

    def rows(self) -> tuple[Area, ...]:
        judged, replication, interval = self.judged, self.replication, self.settings.interval
        rate, cases = self.asked.rate, self.asked.cases
        chance = chance_limits(rate, cases, self.settings.confidence)
        return _area_rows(
            self.table,
            self.outcome,
            {
                "adjusted_rate": judged.expected.rate,
                "adjusted_low": judged.limits[interval].low,
                "adjusted_high": judged.limits[interval].high,
                "below_national": self.below_national,
                "below_adjusted": self.below_adjusted,
                "replication_rate": replication.expected.rate,
                "replication_low": replication.limits[interval].low,
                "replication_high": replication.limits[interval].high,
                "below_replication": replication.below[interval],
                "replication_mean_low": replication.expected.low,
                "replication_mean_high": replication.expected.high,
                "outlier": self.outlier,
                "cases": cases,
                "weight": self.asked.weights,
                "chance_low": chance.low,
                "chance_high": chance.high,
                "mean_low": judged.expected.low,
                "mean_high": judged.expected.high,
                **{f"below_{name}": judged.below[name] for name in ("wilson", "prediction", "overdispersion")},
                "z_national": z_scores(rate, self.national, cases),
                "z_expected": z_scores(rate, judged.expected.rate, cases),
            },
        )


def _study(areas: Areas, settings: Settings, *, whole: bool) -> _Study:
    """Take the study's four steps; as a whole, with the interval of the agreement that a bootstrap gives."""
    import numpy as np

    table = areas.table
    level = settings.confidence
    outcome = OUTCOMES[settings.outcome]
    standard = standard_of(settings, areas.period)
    rate = table[outcome.rate].to_numpy("float64")
    rank = table["imd_rank"].to_numpy("float64")
    weights = weights_of(areas, settings)

    cases = cases_of(table, outcome)
    fences = tukey_fences(rate, settings.outlier_multiple)
    outlier = fences.beyond(rate)
    frame = table.assign(**{DUMMY: outlier})
    fitted = _regressions(frame, outcome.rate, weights, settings)
    asked = Question(
        rate=rate,
        rank=rank,
        cases=cases,
        weights=weights,
        left_out=outlier if fitted.left_out else np.zeros_like(outlier),
        standard=standard.value,
        interval=settings.interval,
        confidence=level,
    )
    around = funnel(rate, expected_rates(fitted.final, frame, level).rate, cases, "expected")
    replication = replicated(asked, fitted.final, frame, around.tau2)
    random = random_effects(rate, cases, {RANK: rank}, level, kept=~asked.left_out)
    judged = _judged(asked, random, replication, settings, whole=whole)
    return _Study(
        settings=settings,
        outcome=outcome,
        standard=standard,
        table=table,
        fences=fences,
        outlier=outlier,
        fitted=fitted,
        asked=asked,
        replication=replication,
        random=random,
        judged=judged,
        national=np.full(len(rate), standard.value),
        below_national=is_below(rate, standard.value),
    )


def _examined(areas: Areas, study: _Study, draws: int, simulated_quarters: int) -> Results:
    """Examine what the study's steps gave."""
    settings, outcome, standard, table = study.settings, study.outcome, study.standard, study.table
    fitted, asked, random = study.fitted, study.asked, study.random
    replication, judged = study.replication, study.judged
    outlier, below_national, below_adjusted = study.outlier, study.below_national, study.below_adjusted
    rate, rank, cases, weights = asked.rate, asked.rank, asked.cases, asked.weights
    referrals, finished = (table[name].to_numpy("float64") for name in ("referrals", "finished_treatment"))
    level = settings.confidence
    # What takes longest can be done meanwhile, where another processor is free; what it has not begun with at the end,
    # last things first, is done here.
    coverage = _coverage(study.fair, simulated_quarters) if simulated_quarters else ()
    mixed = _case_mix(areas, outcome, below_national, below_adjusted, level)
    data = _data(table, outcome, weights, cases, outlier)

    return Results(
        period=_period_facts(areas),
        settings=settings,
        outcome=study.outcome_facts,
        standard=standard,
        other_standards=other_standards(table, outcome, areas.period),
        provenance=_provenance(areas),
        sample=_sample(areas, outcome, rate, weights).model_copy(
            update={"without_doubted": _without_doubted(areas, settings)}
        ),
        correlations=_correlations(rank, referrals, finished, rate, ~outlier, level),
        outliers=study.outliers(_standing_out(table, asked)),
        regression=Regression(
            initial=fitted.initial.model if fitted.initial else None,
            final=fitted.final.model,
            with_outliers=fitted.plain.model if fitted.left_out else None,
            indicators={str(table["area_code"].iloc[i]): term for i, term in fitted.indicators.items()},
            gradient=replication.gradient,
        ),
        random_effects=random.model if random else None,
        replication=Replication(
            gradient=replication.gradient,
            adjusted=replication.adjusted,
            classification=replication.classification,
            agreement=replication.agreement,
            benchmarks=compare(replication.below, replication.limits, settings.interval),
            areas=replication.areas,
            case_mix=_crossed(mixed, table, replication.below[settings.interval], level),
        ),
        gradient=judged.gradient,
        adjusted=judged.adjusted,
        classification=judged.classification,
        agreement=judged.agreement,
        diagnostics=_diagnostics(fitted.final, table[~asked.left_out], cases[~asked.left_out], level),
        gradients=gradients(data, level, settings.dummy_alpha),
        benchmarks=compare(judged.below, judged.limits, settings.interval),
        funnels=Funnels(
            national=funnel(rate, study.national, cases, "national"),
            expected=funnel(rate, judged.expected.rate, cases, "expected"),
        ),
        case_mix=mixed,
        covariates=covariates_of(
            areas,
            settings,
            rate=rate,
            cases=cases,
            weights=weights,
            left_out=asked.left_out,
            below_national=below_national,
            below_adjusted=below_adjusted,
        ),
        patients=patients_of(
            areas,
            settings,
            below_national=below_national,
            below_adjusted=below_adjusted,
            mixed=None if mixed is None else mixed.adjustment,
        ),
        inequality=_inequality(areas, outcome, judged.areas, level),
        people=people_of(areas, outcome, standard.value),
        source_uncertainty=_source_uncertainty(areas, settings, asked, judged is replication, draws) if draws else None,
        simulation=_simulated(study.fair, simulated_quarters) if simulated_quarters else None,
        coverage=tuple(reversed([asked.soonest() for asked in reversed(coverage)])),
        profiles=profiles(areas, outcome, cases, standard.value, level),
        areas=study.rows(),
    )


def _provenance(areas: Areas) -> Provenance:
    return Provenance(
        sources=tuple(SourceFile(file=s.file, sha256=s.sha256) for s in areas.sources),
        versions=_versions(),
        area_type=areas.area_type,
        notes=areas.notes,
        deprivation=DeprivationUsed(**asdict(areas.deprivation)) if areas.deprivation else None,
    )


@dataclass(frozen=True)
class _Regressions:
    """The study's regressions: of all areas, with the dummy if it could be tried, and the final one.

    ``indicators`` has the terms of outliers that the final one leaves out, by their place among the areas.
    """

    plain: Fit
    initial: Fit | None
    final: Fit
    indicators: dict[int, Term]

    @property
    def left_out(self) -> bool:
        return bool(self.indicators)


def _judged(
    asked: Question, random: RandomFit | None, replication: Judged, settings: Settings, *, whole: bool
) -> Judged:
    """Judge the areas by the model that the settings choose; by the study's where the other cannot be had."""
    found = None if random is None else random.model.gradient
    if settings.model == "replication" or random is None or found is None:
        return replication
    tau2 = funnel(asked.rate, random.expected.rate, asked.cases, "expected").tau2
    return with_random_effects(asked, random, Gradient(**found.model_dump()), tau2, bootstrap=whole)


def _standing_out(table: pd.DataFrame, asked: Question) -> tuple[StandingOut, ...]:
    """Name the areas that stand out for their standardised residuals, with all areas in mind (Bonferroni)."""
    found = studentised_residuals(asked.rate, asked.cases, asked.rank, kept=~asked.left_out)
    if found is None:
        return ()
    n = len(table)
    rows = zip(table["area_code"], table["area_name"], found.residual, found.t, found.p, strict=True)
    named = [
        StandingOut(area_code=code, area_name=name, residual=float(residual), t=float(t), p=min(1.0, float(p) * n))
        for code, name, residual, t, p in rows
        if p * n < 1 - asked.confidence
    ]
    return tuple(sorted(named, key=lambda area: (-abs(area.t), area.area_code)))


@dataclass(frozen=True)
class _Fair:
    """What fair services are simulated from, arrays of shape (n,); ``tau2`` is None where there is no random fit."""

    rank: NDArray[np.float64]
    cases: NDArray[np.float64]
    weights: NDArray[np.float64]
    expected: NDArray[np.float64]
    standard: float
    confidence: float
    tau2: float | None


def _simulated(fair: _Fair, periods: int) -> Simulation:
    """Hold benchmarks against fair services."""
    return simulate(
        fair.rank, fair.cases, fair.weights, fair.expected, fair.standard, fair.confidence, quarters=periods
    )


def _coverage(fair: _Fair, periods: int) -> tuple[second.Asked[CoverageUnderVariation], ...]:
    """Ask how often intervals hold the truth, where services do not differ, and where they do as these do."""
    if fair.tau2 is None:
        return ()
    ends = (float(fair.expected[fair.rank.argmin()]), float(fair.expected[fair.rank.argmax()]))
    return tuple(
        second.ask(coverage_under_variation, fair.rank, fair.cases, fair.weights, ends, tau, fair.confidence, periods)
        for tau in (0.0, *VARIATIONS, math.sqrt(fair.tau2))
    )


def _without_doubted(areas: Areas, settings: Settings) -> WithoutDoubted | None:
    """Repeat the study without the areas that the source makes doubtful, which keep their ranks; None without any."""
    doubted = {doubt.area_code for doubt in areas.doubts}
    kept = ~areas.table["area_code"].isin(doubted)
    if kept.all() or kept.sum() < FEWEST:
        return None
    others = headline(
        replace(areas, table=areas.table[kept].reset_index(drop=True), doubts=(), cells=None),
        settings.without_covariates(),
    )
    found, gradient = others.classification, others.gradient
    return WithoutDoubted(
        areas=others.sample.areas,
        gradient=gradient.estimate,
        ci_low=gradient.ci_low,
        ci_high=gradient.ci_high,
        below_national=found.below_national.n,
        below_adjusted=found.below_adjusted.n,
    )


def _regressions(frame: pd.DataFrame, response: str, weights: NDArray[np.float64], settings: Settings) -> _Regressions:
    """Fit without the outlier dummy, with it where there is an outlier, and say which is final.

    Where the dummy is not significant, it is dropped, as in the study. Where it is, one dummy for all outliers would
    still let them lever the line; each has an indicator of its own instead.
    """
    level = settings.confidence
    plain = weighted_least_squares(frame, response, weights, dummy=False, confidence=level)
    outlier = frame[DUMMY].to_numpy(dtype=bool)
    if not outlier.any() or not dummy_is_estimable(frame[RANK].to_numpy("float64"), outlier, weights):
        return _Regressions(plain, None, plain, {})
    initial = weighted_least_squares(frame, response, weights, dummy=True, confidence=level)
    p = initial.model.terms[DUMMY].p
    if p is None or p >= settings.dummy_alpha:
        return _Regressions(plain, initial, plain, {})
    indicated = weighted_with_indicators(frame, response, weights, level)
    if indicated is None:
        return _Regressions(plain, initial, plain, {})
    return _Regressions(plain, initial, indicated.fit, indicated.indicators)


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
        "referrals": spearman(rank, referrals, level, "bonett_wright"),
        "finished_treatment": spearman(rank, finished, level, "bonett_wright"),
        "recovery_rate": spearman(rank, rate, level, "bonett_wright"),
        "recovery_rate_trimmed": spearman(rank[kept], rate[kept], level, "bonett_wright"),
    }
    return Correlations(**with_holm(family, sensitivity=("recovery_rate_trimmed",)))


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
    """Standardise areas for their patients' deprivation, and set that beside both benchmarks."""
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
    there, second = _case_mixed(mixed, areas.table)
    return CaseMixed(
        adjustment=mixed,
        national=cross(below_national[there], second, level),
        adjusted=cross(below_adjusted[there], second, level),
    )


def _case_mixed(mixed: CaseMix, table: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which of the n areas could be standardised, and which of these lie below what is expected of them."""
    import numpy as np

    below = {area.area_code: area.below for area in mixed.areas}
    there = table["area_code"].isin(below).to_numpy(dtype=bool)
    return there, np.array([below[code] for code in table["area_code"][there]])


def _crossed(mixed: CaseMixed | None, table: pd.DataFrame, below: NDArray[np.bool_], level: float) -> Crossed | None:
    """Set a benchmark beside the case-mix adjustment, if there is one."""
    if mixed is None:
        return None
    there, second = _case_mixed(mixed.adjustment, table)
    return cross(below[there], second, level)


def _inequality(areas: Areas, outcome: Outcome, over_areas: Inequality, level: float) -> Inequalities:
    """Measure inequality over patients, with services for the sample where each one's deciles are known."""
    import numpy as np

    if areas.deciles is None:
        return Inequalities(patients=None, areas=over_areas)
    national = areas.deciles[areas.deciles["area_code"] == ENGLAND].sort_values("decile")
    if not has_counts(national, outcome).all() or not len(national):
        return Inequalities(patients=None, areas=over_areas)
    reached, could = (national[name].to_numpy("float64") for name in (outcome.reached, outcome.cases))
    own = areas.deciles[areas.deciles["area_code"].isin(areas.table["area_code"])]
    of_reached, of_cases = (
        own.pivot(index="area_code", columns="decile", values=name)
        .reindex(columns=national["decile"])
        .astype("Float64")
        .to_numpy("float64", na_value=np.nan)
        for name in (outcome.reached, outcome.cases)
    )
    clustered = slope_index_of_clustered_patients(of_reached, of_cases, level, national=(reached, could))
    if clustered.sii_low is not None:
        return Inequalities(patients=clustered, clustered=True, areas=over_areas)
    return Inequalities(patients=slope_index_of_patients(reached, could, level), areas=over_areas)


def _source_uncertainty(
    areas: Areas, settings: Settings, asked: Question, as_studied: bool, draws: int
) -> SourceUncertainty | None:
    """Draw what rounding leaves open in the headline figures of the regression that conclusions come from."""
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
        Published(**arrays),
        areas.precision,
        asked.standard,
        asked.confidence,
        cases,
        settings.weight,
        draws,
        line=Line("weighted" if as_studied else "random_effects", asked.cases, asked.left_out),
    )


def _diagnostics(fit: Fit, table: pd.DataFrame, cases: NDArray[np.float64], level: float) -> Diagnostics:
    """Examine the final regression, which is of the areas of the table."""
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
        breusch_pagan=breusch_pagan_of(fit, {RANK: table[RANK].to_numpy("float64"), "cases": cases}),
        reset=reset(fit),
        hc3=hc3_slope(fit, level),
        influential=tuple(sorted(named, key=lambda area: (-area.cooks_distance, area.area_code))),
        cooks_limit=limit,
    )


@cache
def _versions() -> dict[str, str]:
    """Look up what the results are computed with, once: reading it from disk takes longer than a regression."""
    packages = {name: importlib.metadata.version(name) for name in STATISTICS_PACKAGES}
    return {"iapt-report": __version__, "python": platform.python_version(), **packages}
