"""What the results say, decided once from the figures as they are printed: direction, size, significance, names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.settings import Settings
from iapt_report.areas.letters import spelt
from iapt_report.areas.rates import is_below
from iapt_report.areas.synthetic_quarter import PERIOD_ID
from iapt_report.words import numbers
from iapt_report.words.level import Level
from iapt_report.words.numbers import rounded
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area, CaseMixed, Sample
    from iapt_report.analysis.results import Results
    from iapt_report.stats.agreement import Agreement, Classification
    from iapt_report.stats.gradients import GradientRow
    from iapt_report.stats.random_effects import RandomEffects
    from iapt_report.stats.regression import Model, Term
    from iapt_report.words.level import Tendency

Direction = Literal["rising", "falling", "none", "mixed", "unknown"]
Strength = Literal["negligible", "weak", "moderate", "strong"]
PatientsGap = Literal["", "less deprived", "more deprived"]
Lead = Literal["areas", "patients", "benchmarks", "level"]

# How the sources that come with this program begin.
_WITH_THE_PACKAGE = "iapt_report/"
# Of all areas: fewer that change sides are no finding.
_NOTICEABLE_SHARE = 0.05
# Of the variance: less is little, whatever its significance.
_MUCH = 0.1
# Of the areas: as few make no difference to where a benchmark lies.
_FEW_ON_THE_OTHER_SIDE = 0.1
# A share that prints as 100% leaves nothing for other causes.
_ALL = 0.9995
# A slope is told for so many ranks where there are more areas than the second number.
_RANKS, _FEW_RANKS = 10, 20
# The last day of the 2016 study's quarter, and how many of its 211 areas each benchmark flagged.
_STUDIED_UNTIL = date(2014, 9, 30)
_STUDY_SHARES = (153, 91)

_REACHED = {
    "recovery": "recovered",
    "reliable_recovery": "reliably recovered",
    "reliable_improvement": "reliably improved",
}


_REACH = {
    "recovery": "recover",
    "reliable_recovery": "reliably recover",
    "reliable_improvement": "reliably improve",
}


@dataclass(frozen=True)
class Gradient:
    """What deprivation has to do with the outcome, from areas' rates.

    Parameters
    ----------
    direction : {"rising", "falling", "none", "mixed", "unknown"}
        Where rates go from more to less deprived areas; see `gradient`.
    correlation : {"rising", "falling", "none", "unknown"}
        On the word of the rank correlation alone.
    strength : {"negligible", "weak", "moderate", "strong"} or None
        Of the rank correlation; None where there is none.
    slope_significant, slope_rises : bool
        Of the slope on deprivation rank of the regression that conclusions come from.
    one_test_alone : bool
        Whether of that slope and the rank correlation one is significant and the other is not.
    little : bool
        Whether deprivation, though rates rise with it, says little about one area: the correlation is weak at most,
        and rank explains less than a tenth of the variance.
    much : bool
        Whether rank explains a tenth of the variance or more.
    leaves_causes : bool
        Whether deprivation rank leaves variance to explain, as printed.
    """

    direction: Direction
    correlation: Tendency
    strength: Strength | None
    slope_significant: bool
    slope_rises: bool
    one_test_alone: bool
    little: bool
    much: bool
    leaves_causes: bool

    @property
    def rises(self) -> bool:
        """Whether the outcome is rarer in more deprived areas."""
        return self.direction == "rising"

    @property
    def settled(self) -> bool:
        """Whether there is a gradient, in either direction."""
        return self.direction in ("rising", "falling")


@dataclass(frozen=True)
class Outlying:
    """The extreme outliers: how many, and what they do to the analysis.

    Parameters
    ----------
    n : int
    turns : bool
        Whether the gradient is on the other side of significance with them in the line, or without.
    left_out : bool
        Whether the line is that of the other areas.
    both_sides : bool
        Whether they lie below and above the other areas.
    with_them, without_them : GradientRow or None
        The gradient of the regression that conclusions come from, with them in the line and without.
    """

    n: int
    turns: bool
    left_out: bool
    both_sides: bool
    with_them: GradientRow | None
    without_them: GradientRow | None


@dataclass(frozen=True)
class Benchmarks:
    """How the two benchmarks place the areas.

    Parameters
    ----------
    nobody : bool
        Whether no area is below either.
    alike : bool
        Whether they place the same areas below them.
    fewer : int
        How many areas fewer the adjusted benchmark places below it; negative where it places more.
    compared : bool
        Whether that test could be made, and asks something.
    more_from_average : bool
        Whether the areas' average changes the number of areas flagged more than deprivation does.
    least, most : int
        How many areas are below the standard, whatever the unrounded figures were.
    one_sided : {"", "below", "above"}
        Where the adjusted benchmark lies on one side of the standard in nearly every area, and no area is on the other
        side by it, so that which of the two flags more is no finding and not tested.
    but : int
        In how many areas it does not.
    turns_back : bool
        Whether the benchmark, as printed, is not highest where the highest rate is expected, because the mean is known
        less exactly at the end of the range.
    """

    nobody: bool
    alike: bool
    fewer: int
    compared: bool
    more_from_average: bool
    least: int
    most: int
    one_sided: Literal["", "below", "above"]
    but: int
    turns_back: bool


@dataclass(frozen=True)
class Examination:
    """What the examination of the regression found.

    Parameters
    ----------
    uneven : bool or None
        Whether the residuals' spread changes with the predictors; None where they do not vary.
    bent : bool or None
        Whether a straight line is not enough; None where that could not be tested.
    robust : bool or None
        Whether the slope is significant by errors that allow for uneven spread; None where these could not be computed.
    robust_disagrees : bool
        Whether it is so by one kind of errors and not by the other.
    """

    uneven: bool | None
    bent: bool | None
    robust: bool | None
    robust_disagrees: bool


@dataclass(frozen=True)
class Findings:
    """What one period's results say, at the level of confidence of their settings; see `findings_of`.

    Parameters
    ----------
    results : Results
    level : Level
    gradient : Gradient
    referrals, finished_treatment : {"rising", "falling", "none", "unknown"}
        Where the use of services goes from more to less deprived areas.
    outlying : Outlying
    benchmarks : Benchmarks
    examination : Examination
    patients_gap : {"", "less deprived", "more deprived"}
        Which neighbourhoods' patients reach the outcome more often, where the interval of the slope index of inequality
        tells.
    overdispersed : bool
        Whether more areas differ from what their patients' deprivation leads one to expect than chance explains.
    services_differ : bool
        Whether areas of one deprivation are shown to differ by more than chance.
    lead : {"areas", "patients", "benchmarks", "level"}
        What matters most of what was found; see `lead`.
    replication : Findings or None
        The same of the study's own regression, where conclusions come from another.
    """

    results: Results
    level: Level
    gradient: Gradient
    referrals: Tendency
    finished_treatment: Tendency
    outlying: Outlying
    benchmarks: Benchmarks
    examination: Examination
    patients_gap: PatientsGap
    overdispersed: bool
    services_differ: bool
    lead: Lead
    replication: Findings | None = None

    @property
    def replicated(self) -> Findings:
        """What the study's own regression says: these findings, where conclusions come from it."""
        return self.replication or self

    @property
    def parts(self) -> bool:
        """Whether the two regressions part on the significance of the gradient."""
        return self.gradient.slope_significant != self.replicated.gradient.slope_significant

    @property
    def random(self) -> RandomEffects | None:
        """The random-effects regression; None where too few areas leave no gradient of it."""
        found = self.results.random_effects
        return found if found is not None and found.gradient is not None else None

    @property
    def explained(self) -> float | None:
        """The share of the variance of rates that deprivation rank explains, weighted as in the study."""
        return self.model.r_squared

    @property
    def n(self) -> int:
        """The number of areas analysed."""
        return self.results.sample.areas

    @property
    def areas(self) -> str:
        """That number in print."""
        return numbers.count(self.n)

    @property
    def months(self) -> str:
        """The period's months in words."""
        return self.results.period.months

    @property
    def sample(self) -> Sample:
        """The areas analysed, and how they came to be those."""
        return self.results.sample

    @property
    def classification(self) -> Classification:
        """How the two benchmarks classify the areas."""
        return self.results.classification

    @property
    def agreement(self) -> Agreement:
        """The tests on that classification."""
        return self.results.agreement

    @property
    def model(self) -> Model:
        """The study's final regression."""
        return self.results.regression.final

    @property
    def slope(self) -> Term:
        """Its slope on deprivation rank."""
        return self.model.terms["imd_rank"]

    @property
    def case_mix(self) -> CaseMixed | None:
        """The areas standardised for the deprivation of their patients' neighbourhoods, if that is known."""
        return self.results.case_mix

    @property
    def outcome(self) -> str:
        """The outcome within a sentence: "reliable recovery"."""
        return self.results.outcome.words

    @property
    def rate(self) -> str:
        """What its rate is called: "reliable recovery rate"."""
        return f"{self.outcome} rate"

    @property
    def rates(self) -> str:
        """The plural of it, at the beginning of a sentence."""
        return f"{numbers.sentence(self.rate)}s"

    @property
    def reached(self) -> str:
        """What patients with the outcome did: "recovered", "reliably improved"."""
        return reached(self.results)

    @property
    def reach(self) -> str:
        """That in its plain form: "recover"."""
        return _REACH[self.results.outcome.name]

    @property
    def as_studied(self) -> bool:
        """Whether the outcome is that of the 2016 study."""
        return self.results.outcome.name == "recovery"

    @property
    def standard(self) -> str:
        """The standard that areas are held to: "50%"."""
        return numbers.exact_percent(self.results.standard.value)

    @property
    def named_standard(self) -> str:
        """What it is called: "national standard" or "chosen standard"."""
        return named_standard(self.results)

    @property
    def chosen_or_national(self) -> str:
        """That in a word: "national" or "chosen"."""
        return chosen_or_national(national=self.results.standard.national)

    @property
    def regression(self) -> str:
        """What the regression is called, by its weights."""
        return "regression" if self.results.settings.weight == "equal" else "weighted regression"

    @property
    def judging(self) -> str:
        """What the regression is called that conclusions come from."""
        return "random-effects regression" if self.results.concludes == "random_effects" else self.regression

    @property
    def per_ranks(self) -> int:
        """For how many ranks a slope is told."""
        return _RANKS if self.n > _FEW_RANKS else 1

    @property
    def each_rank(self) -> str:
        """These ranks in words: "ten ranks", "rank"."""
        return "rank" if self.per_ranks == 1 else "ten ranks"

    @property
    def keywords(self) -> tuple[str, ...]:
        """What the paper is found by, unless its authors say otherwise."""
        return ("talking therapies", self.outcome, "deprivation", "benchmarks", "commissioning areas")

    @property
    def later(self) -> bool:
        """Whether the period begins after the 2016 study's quarter."""
        return self.results.period.start > _STUDIED_UNTIL

    @property
    def reproduces(self) -> bool:
        """Whether these are the reference quarter's invented areas under the study's own settings."""
        return reproduces_the_study(self.results)

    @property
    def open_licence(self) -> bool:
        """Whether the activity is as it was published, and so under the licence of official statistics."""
        return is_published(self.results) and not self.results.period.synthetic

    @property
    def ends(self) -> tuple[Area, Area]:
        """The most and the least deprived area."""
        return most_and_least_deprived(self.results)


def findings_of(results: Results) -> Findings:
    """Decide what results say, at the level of confidence that their settings choose.

    Of the model that conclusions come from; ``replication`` has the same of the study's.
    """
    found = _findings(results)
    if results.concludes == "replication":
        return found
    return replace(found, replication=_findings(results.as_replicated()))


def _findings(results: Results) -> Findings:
    level = Level(results.settings.confidence)
    correlations = results.correlations
    placing, heterogeneity = _benchmarks(results, level), results.random_effects
    return Findings(
        results=results,
        level=level,
        gradient=_gradient(results, level),
        referrals=level.tendency(correlations.referrals),
        finished_treatment=level.tendency(correlations.finished_treatment),
        outlying=_outlying(results, level),
        benchmarks=placing,
        examination=_examination(results, level),
        patients_gap=_patients_gap(results),
        overdispersed=results.case_mix is not None and level.significant(results.case_mix.adjustment.beyond_p),
        services_differ=heterogeneity is not None and level.significant(heterogeneity.q_p),
        lead=lead(results, placing, level),
    )


def _gradient(results: Results, level: Level) -> Gradient:
    correlation = results.correlations.recovery_rate
    size = None if correlation.rho is None else strength(correlation.rho)
    direction, explained = gradient(results), results.regression.final.r_squared
    explained_much = explained is not None and explained >= _MUCH
    return Gradient(
        direction=direction,
        correlation=level.tendency(correlation),
        strength=size,
        slope_significant=level.significant(results.gradient.p),
        slope_rises=results.gradient.estimate > 0,
        one_test_alone=one_test_alone(results),
        little=direction == "rising" and size in ("negligible", "weak") and not explained_much,
        much=explained_much,
        leaves_causes=_leaves_causes(explained),
    )


def _leaves_causes(r_squared: float | None) -> bool:
    return r_squared is not None and r_squared < _ALL


def _outlying(results: Results, level: Level) -> Outlying:
    n = len(results.outliers.area_codes)
    model = "weighted" if results.concludes == "replication" else "random_effects"
    rows = {row.outliers: row for row in results.gradients if row.model == model}
    with_them, without_them = rows.get("in_the_line"), rows.get("left_out")
    return Outlying(
        n=n,
        turns=with_them is not None
        and without_them is not None
        and level.significant(with_them.p) != level.significant(without_them.p),
        left_out=results.outliers.left_out,
        both_sides=outliers_on_both_sides(results),
        with_them=with_them,
        without_them=without_them,
    )


def _benchmarks(results: Results, level: Level) -> Benchmarks:
    k, a = results.classification, results.agreement
    least, most = below_standard_bounds(results)
    side, but = _one_sided(results)
    fewer = k.below_national.n - k.below_adjusted.n
    return Benchmarks(
        nobody=k.neither == results.sample.areas,
        alike=k.national_only == 0 and k.adjusted_only == 0,
        fewer=fewer,
        compared=a.mcnemar_p is not None and not side,
        more_from_average=more_from_average(results),
        least=least,
        most=most,
        one_sided=side,
        but=but,
        turns_back=_turns_back(results),
    )


def _one_sided(results: Results) -> tuple[Literal["", "below", "above"], int]:
    """Say on which side of the standard the adjusted benchmark lies in nearly every area, and in how many it does not.

    Then an area can be below the one alone only where it lies between the two, and McNemar's test asks what is known.
    """
    limits, standard, k = [area.adjusted_low for area in results.areas], results.standard.value, results.classification
    above = sum(not is_below(low, standard) for low in limits)
    few = _FEW_ON_THE_OTHER_SIDE * len(limits)
    if not k.adjusted_only and above <= few:
        return "below", above
    if not k.national_only and len(limits) - above <= few:
        return "above", len(limits) - above
    return "", 0


def _turns_back(results: Results) -> bool:
    """Whether the benchmark falls again towards the end of the range at which the highest rate is expected."""
    if results.gradient.estimate == 0:
        return False
    ends = most_and_least_deprived(results)
    highest = ends[1] if results.gradient.estimate > 0 else ends[0]
    return rounded(100 * max(area.adjusted_low for area in results.areas), 1) > rounded(100 * highest.adjusted_low, 1)


def _examination(results: Results, level: Level) -> Examination:
    found = results.diagnostics

    def significant(p: float | None) -> bool | None:
        return None if p is None else level.significant(p)

    robust = None if found.hc3 is None else level.significant(found.hc3.p)
    slope = level.significant(results.regression.gradient.p)
    return Examination(
        uneven=significant(found.breusch_pagan.p),
        bent=significant(found.reset.p),
        robust=robust,
        robust_disagrees=robust is not None and robust != slope,
    )


def _patients_gap(results: Results) -> PatientsGap:
    index = results.inequality.patients
    if index is None:
        return ""
    if index.sii_low is not None and index.sii_low > 0:
        return "less deprived"
    return "more deprived" if index.sii_high is not None and index.sii_high < 0 else ""


def lead(results: Results, placing: Benchmarks, level: Level) -> Lead:
    """Say what matters most of what was found, by how large it is and how sure.

    Of the gap between the most and the least deprived areas and the one between patients, each as far as the level of
    confidence shows it, the larger. Where it shows neither, that the benchmarks disagree, if they do by more than
    chance, over more than a twentieth of the areas, and for deprivation's sake; else how areas stand to the standard.
    """
    patients, gap = results.inequality.patients, _patients_gap(results)
    areas = abs(results.gradient.estimate) if gradient(results) in ("rising", "falling") else 0.0
    if gap and patients is not None and abs(patients.sii or 0.0) > areas:
        return "patients"
    if areas:
        return "areas"
    real = (
        placing.compared
        and level.significant(results.agreement.mcnemar_p)
        and abs(placing.fewer) >= _NOTICEABLE_SHARE * results.sample.areas
        and not placing.more_from_average
    )
    return "benchmarks" if real else "level"


def strength(coefficient: float) -> Strength:
    """Name the size of a correlation: negligible below 0.1, weak below 0.3, moderate below 0.5, else strong.

    The bounds are Cohen's (Statistical Power Analysis for the Behavioral Sciences, 2nd edn. Erlbaum, 1988),
    read from the coefficient as printed.
    """
    size = abs(rounded(coefficient, 2))
    if size < Decimal("0.1"):
        return "negligible"
    if size < Decimal("0.3"):
        return "weak"
    return "moderate" if size < Decimal("0.5") else "strong"


def kappa_words(kappa: float) -> str:
    """Name the size of κ in the words of Landis and Koch (Biometrics 1977; 33: 159–174), from κ as printed."""
    printed = rounded(kappa, 2)
    if printed < 0:
        return "poor"
    bounds = (("0.20", "slight"), ("0.40", "fair"), ("0.60", "moderate"), ("0.80", "substantial"))
    return next((words for bound, words in bounds if printed <= Decimal(bound)), "almost perfect")


def gradient(results: Results) -> Direction:
    """Say where the outcome goes from more to less deprived areas.

    With random effects, on the word of that regression's slope; "mixed" where the rank correlation is significant in
    the opposite direction. In the replication, as in the study, on the word of correlation and regression both; "mixed"
    where one of them is significant and the other is not, or they point apart. "unknown" where rates do not vary.
    """
    level, found = Level(results.settings.confidence), results.gradient
    slope: Tendency = "none" if not level.significant(found.p) else "rising" if found.estimate > 0 else "falling"
    correlation = level.tendency(results.correlations.recovery_rate)
    if correlation == "unknown":
        return "unknown"
    if results.concludes == "replication" and correlation != slope:
        return "mixed"
    return "mixed" if {slope, correlation} == {"rising", "falling"} else slope


def one_test_alone(results: Results) -> bool:
    """Whether of the two tests of a gradient one finds it and the other does not."""
    level = Level(results.settings.confidence)
    return level.significant(results.gradient.p) != level.significant(results.correlations.recovery_rate.p)


def most_and_least_deprived(results: Results) -> tuple[Area, Area]:
    """Return the area with the lowest deprivation rank and the one with the highest."""
    by_rank = sorted(results.areas, key=lambda area: (area.imd_rank, area.area_code))
    return by_rank[0], by_rank[-1]


def exclusions_by_reason(results: Results) -> list[tuple[str, list[str]]]:
    """Group the organisations left out by reason, the largest group first: each reason with the areas' names."""
    groups: dict[str, list[str]] = {}
    for area in results.sample.excluded:
        groups.setdefault(area.reason, []).append(named(area))
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def below_standard_bounds(results: Results) -> tuple[int, int]:
    """Return how many areas are below the standard at least and at most, whatever the unrounded figures were.

    An area whose rate can be anything between two limits is below it for certain if the upper one is; an area for
    which no limits are known counts as published.
    """
    standard = results.standard.value
    least = sum(a.below_national and (a.rate_high is None or is_below(a.rate_high, standard)) for a in results.areas)
    most = sum(a.below_national or (a.rate_low is not None and is_below(a.rate_low, standard)) for a in results.areas)
    return least, most


def more_from_average(results: Results) -> bool:
    """Whether the areas' average changes the number of areas flagged, noticeably and by more than deprivation does."""
    k = results.classification
    if k.below_mean is None or (k.national_only == 0 and k.adjusted_only == 0):
        return False
    by_average = abs(k.below_national.n - k.below_mean.n)
    by_deprivation = abs(k.below_mean.n - k.below_adjusted.n)
    return by_deprivation < by_average and by_average >= _NOTICEABLE_SHARE * results.sample.areas


def outliers_on_both_sides(results: Results) -> bool:
    """Whether there are extreme outliers below and above the other areas."""
    rates = [area.recovery_rate for area in results.areas if area.outlier]
    fences = results.outliers
    return any(rate < fences.lower_fence for rate in rates) and any(rate > fences.upper_fence for rate in rates)


def published_files(results: Results) -> list[str]:
    """Name the files that a period was imported from, without those that the import wrote or that come with it."""
    own = (f"{results.period.id}/", _WITH_THE_PACKAGE)
    return [spelt(source.file) for source in results.provenance.sources if not source.file.startswith(own)]


def is_published(results: Results) -> bool:
    """Whether the figures come from files as they are published: not from a folder of one's own, or by a mapping."""
    files = published_files(results)
    return bool(files) and not any(file.lower().endswith(".toml") for file in files)


def reached(results: Results) -> str:
    """Say what patients with the outcome did: "recovered", "reliably improved"."""
    return _REACHED[results.outcome.name]


def named_standard(results: Results) -> str:
    """Call the standard by whose it is: "national standard" or "chosen standard"."""
    return f"{chosen_or_national(national=results.standard.national)} standard"


def chosen_or_national(*, national: bool) -> str:
    """Say whose a standard is in a word."""
    return "national" if national else "chosen"


def reproduces_the_study(results: Results) -> bool:
    """Whether these are the reference quarter's invented areas, analysed as the study did."""
    found, own = results.replication.classification, results.settings
    shares = (found.below_national.n, found.below_adjusted.n)
    return (
        results.period.synthetic
        and results.period.id == PERIOD_ID
        and own.model_copy(update={"model": Settings().model}) == Settings()
        and shares == _STUDY_SHARES
    )
