"""The facts that results are made of: each a frozen value about one thing."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from iapt_report.areas.doubts import What
from iapt_report.areas.outcomes import Name
from iapt_report.stats.agreement import Agreement, Classification, Crossed
from iapt_report.stats.benchmarks import Benchmark
from iapt_report.stats.case_mix import CaseMix, GroupMix
from iapt_report.stats.correlation import Correlation
from iapt_report.stats.covariates import WithCovariates
from iapt_report.stats.funnel import Funnel
from iapt_report.stats.inequality import Inequality
from iapt_report.stats.patient_models import PatientModels
from iapt_report.stats.regression import Model, Term
from iapt_report.stats.value import Value


class PeriodFacts(Value):
    """The period analysed; ``months`` names its months in words."""

    id: str
    label: str
    months: str
    kind: Literal["month", "quarter", "year"]
    start: date
    end: date
    synthetic: bool


class SourceFile(Value):
    """A file the results rest on, with the SHA-256 of its content."""

    file: str
    sha256: str


class DeprivationUsed(Value):
    """Which index of deprivation the areas were ranked by, and within which boundaries it was averaged."""

    edition: int
    publisher: str
    published: date
    level: str
    boundaries: int
    boundaries_publisher: str


class Provenance(Value):
    """What the results were computed from and with.

    ``commit`` is the last one that changed the period's data, the templates or the settings, where these stand in a Git
    repository; ``-dirty`` at its end says that they had been changed since. ``deprivation`` is known where an import
    took it from the tables that come with the package.
    """

    sources: tuple[SourceFile, ...]
    versions: dict[str, str]
    commit: str | None = None
    area_type: str
    notes: tuple[str, ...]
    deprivation: DeprivationUsed | None = None


class OutcomeFacts(Value):
    """The outcome that areas are compared by; every field named ``recovery_rate`` holds its rate.

    The fields keep the name of the study's outcome whichever is chosen. ``cases`` is the column of the patients who
    could reach the outcome, the denominator of its rate.
    """

    name: Name
    words: str
    cases: str


class StandardFacts(Value):
    """The standard that areas are held to (proportion), whether it is the national one, and who set it."""

    value: float
    national: bool
    source: str


class FlowFacts(Value):
    """From the organisations in the published activity to those with a deprivation score or rank.

    ``merged`` of those published are counted with others.
    """

    published: int
    merged: int
    matched: int


class PrecisionFacts(Value):
    """How exactly the source gives its counts; see `iapt_report.areas.table.Precision`."""

    rounded_to: int
    withheld_under: int
    parts: int
    cases_derived: bool


class RateSource(Value):
    """Where the areas' rates come from.

    ``from_counts`` areas have theirs from counts, the others from published percentages; ``cases_known`` have a count
    of the patients behind it, for which those who finished treatment stand in otherwise; ``withheld`` areas lack a
    count because it is small; ``reach_median`` and ``reach_max`` say how far an area's rate can be from the truth
    either way, given how counts and percentages are published (proportion).
    """

    from_counts: int
    cases_known: int
    withheld: int
    reach_median: float | None
    reach_max: float | None


class Total(Value):
    """A count over all areas analysed, and the smallest and largest area's."""

    total: int
    min: int
    max: int


class Rates(Value):
    """Recovery rates over areas (proportions); ``weighted_mean`` uses the regression's weights."""

    min: float
    max: float
    mean: float
    weighted_mean: float


class Excluded(Value):
    """An organisation that is in a source and not in the analysis, with its patients as far as they are known."""

    area_code: str
    area_name: str
    reason: str
    referrals: int | None = None
    finished_treatment: int | None = None


class LossFacts(Value):
    """The patients of the organisations left out, and of all that the source names, as far as they are known.

    ``share`` (0 to 1) is the larger of the shares of referrals and of patients who finished treatment;
    ``organisations`` are those left out that have any patients.
    """

    organisations: int
    referrals: int
    finished_treatment: int
    all_referrals: int
    all_finished_treatment: int
    share: float


class DoubtFacts(Value):
    """What in the source cannot be right: its kind, it in a sentence, and the numbers that it rests on.

    ``area_code`` is empty where it is about a whole file.
    """

    what: What
    words: str
    area_code: str
    area_name: str
    figures: dict[str, float]


class WithoutDoubted(Value):
    """The headline figures without the areas whose figures the source makes doubtful; rates are proportions.

    ``areas`` is how many remain, ``gradient`` the final model's, ``below_national`` and ``below_adjusted`` count areas.
    """

    areas: int
    gradient: float
    ci_low: float | None
    ci_high: float | None
    below_national: int
    below_adjusted: int


class Sample(Value):
    """The areas analysed, how they came to be those, and how exactly their counts are known (None where unknown).

    ``loss`` says how many patients are left out with organisations, ``doubts`` what in the source cannot be right.
    ``without_doubted`` has the headline figures without the areas that are doubted, where there are such.
    """

    areas: int
    referrals: Total
    finished_treatment: Total
    recovery_rate: Rates
    excluded: tuple[Excluded, ...]
    flow: FlowFacts | None = None
    precision: PrecisionFacts | None = None
    rates: RateSource
    loss: LossFacts | None = None
    doubts: tuple[DoubtFacts, ...] = ()
    without_doubted: WithoutDoubted | None = None


class Correlations(Value):
    """Rank correlations with the deprivation rank; a positive one means more in less deprived areas."""

    referrals: Correlation
    finished_treatment: Correlation
    recovery_rate: Correlation
    recovery_rate_trimmed: Correlation


class StandingOut(Value):
    """An area that lies far from what its deprivation leads one to expect, knowing how sure its rate is.

    Parameters
    ----------
    area_code, area_name : str
    residual : float
        Its rate less the rate that the random-effects regression of the other areas expects there (proportion).
    t : float
        The same in its standard errors: of chance in its own cases, of how services differ, of the line.
    p : float
        Two-sided; times the number of areas, because every area was looked at, and at most 1.
    """

    area_code: str
    area_name: str
    residual: float
    t: float
    p: float


class Outliers(Value):
    """Areas that are unlike the others.

    Parameters
    ----------
    multiple, lower_fence, upper_fence : float
        The study's rule: beyond so many interquartile ranges from the quartiles (proportions).
    area_codes : tuple of str
        The areas beyond these fences.
    left_out : bool
        Whether these have an indicator each and so do not bear on the line: where the study's dummy variable for all of
        them is significant.
    standing_out : tuple of StandingOut
        Areas that stand out for a standardised residual: P below one minus the level of confidence, with all areas in
        mind. The furthest first.
    """

    multiple: float
    lower_fence: float
    upper_fence: float
    area_codes: tuple[str, ...]
    left_out: bool = False
    standing_out: tuple[StandingOut, ...] = ()


class Gradient(Value):
    """The rate that a model expects of the least deprived area minus that of the most deprived (proportion).

    ``p`` is that of the test that there is none.
    """

    estimate: float
    ci_low: float | None
    ci_high: float | None
    p: float | None


class Regression(Value):
    """The study's regression: with the outlier dummy, if any area is an outlier, and as it is in the end.

    Parameters
    ----------
    initial : Model or None
        With one dummy variable for all outliers; None where there is none, or its effect cannot be told from rank's.
    final : Model
        With deprivation rank alone. Where the dummy was significant, of the areas that are no outliers.
    with_outliers : Model or None
        The same of all areas, where ``final`` is of fewer.
    indicators : dict of str to Term
        By the code of an outlier that ``final`` leaves out: how far it lies from the line.
    gradient : Gradient
        Of ``final``, over the ranks of all areas.
    """

    initial: Model | None
    final: Model
    with_outliers: Model | None = None
    indicators: dict[str, Term] = Field(default_factory=dict)
    gradient: Gradient


class Funnels(Value):
    """The areas around the national standard, and around their own deprivation-expected rates."""

    national: Funnel
    expected: Funnel


class Adjusted(Value):
    """The expected (deprivation-adjusted) rates over areas, unweighted (proportions)."""

    mean: float
    sd: float
    min: float
    max: float


class Area(Value):
    """One area: what was observed, what its deprivation leads one to expect, and how it is classified.

    ``rate_low`` and ``rate_high`` are the least and the most that its rate can be, given how its counts are published;
    ``cases`` the patients behind the rate, ``weight`` its weight in the study's regression, ``chance_low`` and
    ``chance_high`` the limits of chance in it (Wilson's interval). ``adjusted_rate``, ``adjusted_low`` and
    ``adjusted_high`` are the expected rate and the limits of the model and the interval that the settings choose,
    ``mean_low`` and ``mean_high`` the limits of the fitted mean of that model; ``replication_rate`` to
    ``replication_mean_high`` the same of the study's regression. ``z_national`` and ``z_expected`` are the distances
    from the standard and from the adjusted rate, in standard errors of chance.
    """

    area_code: str
    area_name: str
    imd_rank: float
    referrals: int
    finished_treatment: int
    recovery_rate: float
    rate_low: float | None = None
    rate_high: float | None = None
    adjusted_rate: float
    adjusted_low: float
    adjusted_high: float
    below_national: bool
    below_adjusted: bool
    replication_rate: float
    replication_low: float
    replication_high: float
    below_replication: bool
    replication_mean_low: float
    replication_mean_high: float
    outlier: bool
    cases: float
    weight: float
    chance_low: float
    chance_high: float
    mean_low: float
    mean_high: float
    below_wilson: bool
    below_prediction: bool
    below_overdispersion: bool
    z_national: float
    z_expected: float


class ServiceFacts(Value):
    """What a service did, or all analysed together (proportions; None where not known).

    ``completed`` is those who finished treatment over those referred, in one period and so not all the same people;
    None where more finished than were referred.
    """

    recovery: float | None = None
    reliable_recovery: float | None = None
    reliable_improvement: float | None = None
    completed: float | None = None


class FifthFacts(Value):
    """The patients from one fifth of neighbourhoods: who could reach the outcome, and who did.

    A count is None where it, or that of one of the two tenths, is not published.
    """

    cases: int | None
    reached: int | None

    @property
    def rate(self) -> float | None:
        """The share who reached it; None where that is not known, or can be no share."""
        if not self.cases or self.reached is None or self.reached > self.cases:
            return None
        return self.reached / self.cases


class PatientsGapFacts(Value):
    """The rate of a service's patients from the least deprived fifth of neighbourhoods less that of the most deprived.

    With the limits of chance in it (Newcombe's interval), as proportions.
    """

    gap: float
    low: float
    high: float


class Profile(Value):
    """What is known of one service beside its place among areas.

    Parameters
    ----------
    low, high : float
        The limits of chance and rounding together in its rate: Wilson's about the least and the most that it can be.
    short : int or None
        How many more patients would have had to reach the outcome for the standard; 0 where it is met, None without
        counts.
    counts_exact : bool
        Whether its counts are published as they are, not rounded.
    service : ServiceFacts
    fifths : tuple of FifthFacts
        Its patients by fifth of neighbourhoods, the most deprived first; empty where that is not known.
    between_fifths : PatientsGapFacts or None
    """

    low: float
    high: float
    short: int | None = None
    counts_exact: bool = True
    service: ServiceFacts = Field(default_factory=ServiceFacts)
    fifths: tuple[FifthFacts, ...] = ()
    between_fifths: PatientsGapFacts | None = None


class Profiles(Value):
    """Every service by the code of its area, all that were analysed together, and England's patients by fifth."""

    together: ServiceFacts
    referrals_median: float
    fifths: tuple[FifthFacts, ...]
    areas: dict[str, Profile]


class CaseMixed(Value):
    """Areas standardised for the deprivation of their patients' neighbourhoods, and set beside the two benchmarks.

    The first classification of each crossing is that of the benchmark, the second that of the standardised ratio.
    """

    adjustment: CaseMix
    national: Crossed
    adjusted: Crossed


class ModelledPatients(Value):
    """Models of patients' own records, and the areas that they adjust set beside the other classifications.

    The second classification of each crossing is that of the risk-adjusted areas; the first is that of the standard, of
    the adjusted benchmark, of the ratio standardised for the deprivation of patients' neighbourhoods. None where there
    is no such classification of any of the areas.
    """

    models: PatientModels
    national: Crossed | None
    adjusted: Crossed | None
    case_mix: Crossed | None


class Inequalities(Value):
    """The slope and relative index of inequality over the deciles of patients, if known, and over areas.

    ``clustered`` says whether the intervals over patients take services for the sample; where the source does not give
    the deciles of each area, they are those of chance in single patients alone, and too narrow.
    """

    patients: Inequality | None
    clustered: bool = False
    areas: Inequality


class Replication(Value):
    """What the study's own regression says, whichever model the conclusions come from.

    ``case_mix`` sets its benchmark beside the case-mix adjustment; None without one. ``areas`` is the inequality over
    areas, weighted by cases.
    """

    gradient: Gradient
    adjusted: Adjusted
    classification: Classification
    agreement: Agreement
    benchmarks: tuple[Benchmark, ...]
    areas: Inequality
    case_mix: Crossed | None = None


class CovariateFacts(Value):
    """A covariate over the areas of which all are known, in its own scale; shares of patients are proportions.

    ``variable`` is what a share is of, None for a column of areas.csv.
    """

    name: str
    variable: str | None
    mean: float
    sd: float
    min: float
    max: float


class NotCovered(Value):
    """An area of which some covariates are not known: these."""

    area_code: str
    area_name: str
    covariates: tuple[str, ...]


class GroupMixed(Value):
    """Areas standardised for their patients' groups by one variable, and set beside the two benchmarks.

    The first classification of each crossing is that of the benchmark, the second that of the standardised ratio.
    """

    adjustment: GroupMix
    national: Crossed
    adjusted: Crossed


class Covariates(Value):
    """What areas differ by beside their deprivation, and what the models say with and without it.

    ``lacking`` names the areas that are in neither, since a covariate is not known of them. ``left_out`` of the others
    do not determine the lines. ``case_mix`` has an adjustment for each variable that a share is of,
    ``not_standardised`` the variables of which the source does not give outcomes by groups that part the patients.
    """

    covariates: tuple[CovariateFacts, ...]
    lacking: tuple[NotCovered, ...]
    left_out: int
    weighted: WithCovariates
    random_effects: WithCovariates | None
    case_mix: tuple[GroupMixed, ...]
    not_standardised: tuple[str, ...]
