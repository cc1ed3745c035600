"""What deprivation has to do with the outcome between areas: at length for the paper, in short for briefs and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import between_services, outlying, slope
from iapt_report.words.brief import by_chance, gap_range
from iapt_report.words.markdown import said
from iapt_report.words.numbers import (
    NOT_COMPUTED,
    decimal,
    interval,
    percentage_points,
    sentence,
    share_explained,
    small_points,
)
from iapt_report.words.sentences import when

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings, PatientsGap

# What patients do where areas alike in direction do it: rates that rise with rank go with less deprived patients.
_ALONG: dict[str, PatientsGap] = {"rising": "less deprived", "falling": "more deprived"}
_STUDY = "0.39"


def but_patients(f: Findings) -> str:
    """Say where patients differ by their own deprivation as their areas do not: at length, beginning with a comma."""
    often = {"less deprived": "less", "more deprived": "more"}
    return _but(f, f"patients from more deprived neighbourhoods {f.reached} {often.get(f.patients_gap)} often")


def but_patients_in_short(f: Findings) -> str:
    """Say the same in plain words."""
    share = {"less deprived": "smaller", "more deprived": "larger"}
    return _but(f, f"a {share.get(f.patients_gap)} share of the patients from more deprived neighbourhoods {f.reached}")


def _but(f: Findings, clause: str) -> str:
    return f", although {clause}" if f.patients_gap and f.patients_gap != _ALONG.get(f.gradient.direction) else ""


# At length


def abstract(f: Findings) -> str:
    """Say what was found, for the paper's summary, and what outliers do to it."""
    return said(_found(f), outlying.turned(f))


def _found(f: Findings) -> str:
    rho = f.level.correlation(f.results.correlations.recovery_rate)
    match f.gradient.direction:
        case "rising" | "falling":
            return f"The expected {f.rate} was {slope.gap(f)}."
        case "none":
            return f"There was no significant gradient: the expected rate was {slope.gap(f)}."
        case "unknown":
            return f"All areas had the same {f.rate}, so no association with deprivation could be estimated."
        case _:
            return (
                f"Rank correlation ({rho}) and {f.judging} did not agree on whether {f.rate}s differ with deprivation."
            )


def _higher_or_lower(f: Findings) -> str:
    return f"{f.rates} were {'higher' if f.gradient.correlation == 'rising' else 'lower'} in less deprived areas"


def conclusion(f: Findings) -> str:
    """Say what follows from it."""
    but = but_patients(f)
    match f.gradient.direction:
        case "rising":
            little = ", but deprivation said little about an area's rate" if f.gradient.little else ""
            return f"{sentence(f.outcome)} was rarer in areas of greater deprivation{but}{little}{_parted(f)}."
        case "falling":
            return f"{sentence(f.outcome)} was more frequent in areas of greater deprivation{but}{_parted(f)}."
        case "mixed":
            return f"These data do not settle whether the {f.rate}s of areas differ with deprivation{but}."
        case _:
            return f"These data do not show that the {f.rate}s of areas differ with deprivation{but}{_parted(f)}."


def _parted(f: Findings) -> str:
    """Say that the study's own regression leads to another conclusion, where it does: a clause."""
    if not f.parts:
        return ""
    return f" (by the study's own regression, {'not ' * f.gradient.slope_significant}significantly)"


def correlation(f: Findings) -> str:
    """Give the rank correlation in full."""
    found = f.level.correlation_in_short(f.results.correlations.recovery_rate)
    match f.gradient.correlation:
        case "unknown":
            return f"The correlation of deprivation rank with the {f.rate} could not be computed (@fig-ds1)."
        case "none":
            return f"{f.rates} were not significantly correlated with deprivation rank ({found}; @fig-ds1)."
        case _:
            return f"{_higher_or_lower(f)}, a {f.gradient.strength} correlation ({found}; @fig-ds1)."


def discussion(f: Findings) -> str:
    """Weigh what was found: the gradient, or why none can be told; what outliers do to it; the study's own."""
    return said(_weighed(f), outlying.turned(f), beside_the_study(f))


def _weighed(f: Findings) -> str:
    then = sentence(when(f.results.period))
    causes = "Most of what sets areas apart does not go with deprivation rank." * (not f.gradient.much)
    causes = said(causes, between_services.apart(f))
    match f.gradient.direction:
        case "rising":
            return said(f"{then}, {f.outcome} was rarer in more deprived areas.", causes)
        case "falling":
            studied = "" if f.as_studied else " for recovery"
            return said(
                f"{then}, {f.outcome} was more frequent in more deprived areas, the opposite of what the 2016 study "
                f"found{studied}.",
                causes,
            )
        case "none":
            return (
                f"{then}, the {f.judging} showed no statistically significant association of areas' {f.rate}s with "
                f"deprivation. This is not evidence that there is none{_possible(f)}."
            )
        case "unknown":
            return (
                f"{then}, all areas had the same {f.rate}, so nothing can be said on its association with deprivation."
            )
        case _:
            return (
                f"{then}, the evidence on {f.outcome} and deprivation was mixed: {_disagreement(f)} It should not be "
                "read as a gradient in either direction."
            )


def _possible(f: Findings) -> str:
    allowed = gap_range(f.results)
    if not allowed:
        return ""
    return f": the rate expected of the most deprived area may be {allowed} than that of the least deprived"


def _disagreement(f: Findings) -> str:
    if f.gradient.correlation == "none":
        return f"the {f.judging} showed a significant slope, rank correlation no significant association."
    if not f.gradient.slope_significant:
        return f"rank correlation was significant, the slope of the {f.judging} was not."
    return f"rank correlation and {f.judging} pointed in opposite directions."


def beside_the_study(f: Findings) -> str:
    """Set the correlation beside that of the 2016 study, or say of invented data what they can tell of it."""
    if f.reproduces:
        return (
            "Because the data were made to reproduce the 2016 study's results, this agreement with the study says "
            "nothing new."
        )
    if f.results.period.synthetic:
        return "The data are invented, so the results say nothing about real areas."
    if not f.as_studied or f.gradient.direction in ("mixed", "unknown"):
        return ""
    changed = "Areas, index and programme have changed since."
    return said(_correlations_compared(f), changed if f.later else "")


def _correlations_compared(f: Findings) -> str:
    found = f.results.correlations.recovery_rate
    limits = "" if found.ci_low is None else f" ({f.level.interval(found.ci_low, found.ci_high)})"
    return (
        f"The 2016 study reported a correlation of {_STUDY} for its quarter; the correlation here is "
        f"{decimal(found.rho)}{limits}."
    )


def no_ground(f: Findings) -> str:
    """Say what the data can decide on adjusting the standard for areas' deprivation, where no gradient is found."""
    match f.gradient.direction:
        case "rising":
            return ""
        case "falling":
            return (
                f"As {f.outcome} was not rarer in more deprived areas, these data give no ground for expecting less of "
                "them."
            )
        case _:
            patients = (
                "; the deprivation of patients' own neighbourhoods is another matter, which the standardised rates "
                "above allow for"
            )
            return (
                f"These data neither establish that {f.outcome} is rarer in more deprived areas nor rule it out, so "
                "they cannot decide whether the standard should be adjusted for area deprivation"
                f"{patients if f.patients_gap == 'less deprived' else ''}."
            )


# In short


def headline(f: Findings) -> str:
    """Begin the brief with it: what is said of areas, without what the benchmarks do."""
    but = but_patients_in_short(f)
    clearly = ", though not clearly" if f.parts else ""
    match f.gradient.direction:
        case "rising":
            little = ", but deprivation says little about any one area" if f.gradient.little and not f.parts else ""
            return f"A smaller share of patients {f.reached} in more deprived areas{clearly}{but}{little}"
        case "falling":
            return (
                f"A larger share of patients {f.reached} in more deprived areas{clearly}{but}, so these figures give "
                "no reason to expect less of those areas"
            )
        case "none":
            return f"These figures do not show that areas differ in {f.outcome} with their deprivation{but}"
        case "unknown":
            return f"Every area had the same {f.rate}, so nothing can be said of {f.outcome} and deprivation"
        case _:
            return f"These figures do not settle whether areas differ in {f.outcome} with their deprivation{but}"


def beside_patients(f: Findings) -> str:
    """Say what areas do, beside a headline on patients."""
    with_patients = f.patients_gap == _ALONG.get(f.gradient.direction)
    match f.gradient.direction:
        case "rising" | "falling":
            lower = "lower" if f.gradient.rises else "higher"
            how = "the gap is smaller" if with_patients else "it is the other way round"
            return (
                f"Between areas {how}: the {f.rate} usual in the most deprived area is "
                f"{small_points(abs(f.results.gradient.estimate))} {lower} than in the least deprived."
            )
        case "none":
            allowed = gap_range(f.results)
            rest = (
                f" the {f.rate} usual in the most deprived area may be {allowed} than in the least deprived"
                if allowed
                else ""
            )
            return f"Between areas these figures do not show such a gap{':' * bool(rest)}{rest}."
        case "unknown":
            return f"Every area had the same {f.rate}."
        case _:
            return "These figures do not settle whether areas differ with their deprivation too."


def gap(f: Findings) -> str:
    """Give the gap between the most and the least deprived area, without its unit."""
    if f.gradient.direction == "unknown":
        return "0.0"
    return small_points(abs(f.results.gradient.estimate)).removesuffix(" percentage points")


def gap_in_words(f: Findings) -> str:
    """Say what that gap is, to follow it."""
    estimate = f.results.gradient.estimate
    if percentage_points(abs(estimate)) == "0.0":
        return f"percentage points between the {f.rate} usual in the most deprived area and in the least deprived"
    return (
        f"percentage points: how much {'lower' if estimate > 0 else 'higher'} the {f.rate} usual in the most deprived "
        "area is than in the least deprived"
    )


def how_sure(f: Findings) -> str:
    """Say how far the gradient may be chance, for the brief."""
    link = f"between the {f.rate}s of areas and how deprived they are"
    match f.gradient.direction:
        case "rising" | "falling":
            strong = f"a link as strong as this {link} would {by_chance(f.results)}."
            if f.examination.robust is False and f.results.concludes == "replication":
                return (
                    f"By the usual tests, {strong} A test that allows for uneven spread between areas does not find it."
                )
            return sentence(strong)
        case "none":
            return f"Chance alone could have made the link seen here {link}. This does not show that there is none."
        case "unknown":
            return "Rates that do not differ leave nothing to test."
        case _:
            tests = (
                f"One of two tests finds a link {link}, the other does not"
                if f.gradient.one_test_alone
                else f"Two tests of the link {link} point in opposite directions"
            )
            return f"{tests}, so it should not be relied on in either direction."


def range_in_short(f: Findings) -> str:
    """Say what gap the data allow, for the brief."""
    allowed = gap_range(f.results)
    if not allowed or f.gradient.direction == "unknown":
        return ""
    return (
        f"Allowing for chance, with {f.level.words} confidence, the rate usual in the most deprived area is {allowed} "
        "than in the least deprived."
    )


def share_in_short(f: Findings) -> str:
    """Say what share of the variation goes with deprivation, for the brief; empty where that is not known."""
    share = f.explained
    if share is None:
        return ""
    larger = "" if f.results.settings.weight == "equal" else " (larger areas count for more)"
    by = "As the 2016 study calculated it, deprivation" if f.results.concludes == "random_effects" else "Deprivation"
    text = f"{by} goes with {share_explained(share)} of the differences between areas{larger}."
    match f.gradient.direction:
        case "none":
            return f"{text} That may be chance."
        case "mixed":
            return f"{text} Whether that is chance is not settled."
        case _:
            rest = "The rest goes with other things, chance among them. These figures do not tell which."
            return said(text, rest if f.gradient.leaves_causes else "")


def of_one_area(f: Findings, called: str) -> str:
    """Say it on the page of one area, where areas are called so."""
    match f.gradient.direction:
        case "rising":
            return "Overall, rates are lower where deprivation is greater."
        case "falling":
            return (
                "Overall, rates are higher where deprivation is greater, so deprivation gives no reason to expect less."
            )
        case "unknown":
            return f"All {called}s have the same rate, so nothing can be said of deprivation."
        case "mixed":
            return "It is not settled whether rates differ with deprivation."
        case _:
            return "The figures do not show that rates differ with deprivation, and do not rule it out."


def share_of_one_area(f: Findings) -> str:
    """Say on the page of one area what deprivation explains, where there is a gradient."""
    share = f.explained
    if share is None or not f.gradient.settled:
        return ""
    rest = "The rest goes with other things, chance among them." if f.gradient.leaves_causes else ""
    return said(f"Deprivation goes with {share_explained(share)} of the variation in rates.", rest)


def in_a_list(f: Findings) -> str:
    """Say what the expected rate does from the most to the least deprived area, with its interval, for the index."""
    if f.gradient.direction == "unknown":
        return f"all areas have the same {f.rate}"
    found = f.results.gradient
    lower = found.estimate >= 0
    text = (
        f"{small_points(abs(found.estimate))} {'lower' if lower else 'higher'} in the most deprived area than in the "
        f"least deprived ({f.level.words} confidence interval "
        f"{limits(found.ci_low, found.ci_high, 1 if lower else -1)})"
    )
    if f.gradient.settled:
        return text
    unclear = (
        "no clear gradient"
        if f.gradient.direction == "none"
        else "correlation and regression do not agree on a gradient"
    )
    return f"{unclear}; the expected rate is {text}"


def limits(low: float | None, high: float | None, sign: int = 1) -> str:
    """Give an interval in percentage points, of a difference taken the other way round where the sign is −1."""
    if low is None or high is None:
        return NOT_COMPUTED
    first, second = sorted((sign * low, sign * high))
    return interval(first, second, 1, as_percent=True)
