"""The one next step that an area's own figures call for: modest, concrete, and right in every case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.profiles import fifth_furthest_short, finishes_less, profile_of, shortfalls
from iapt_report.words import area_brief, doubts, standing
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import number_word, percent, rank
from iapt_report.words.people import about
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.history import Change
    from iapt_report.words.findings import Findings

Step = Literal["check", "few", "patients", "deprivation", "fell", "standard", "share", "fifths", "keep", "wait"]

_UNEXPLAINED = "Chance and rounding do not explain the gap."
_UNITS = {"month": "month", "quarter": "quarter", "year": "year"}
_FIFTHS = (
    "most deprived fifth",
    "second most deprived fifth",
    "middle fifth",
    "second least deprived fifth",
    "least deprived fifth",
)


def which(f: Findings, area: Area, latest: Change | None) -> Step:
    """Choose the step: doubt comes before size, and what is beyond chance before what may be chance.

    Parameters
    ----------
    f : Findings
    area : Area
    latest : Change or None
        Of its rate since the period before.
    """
    best, of_standard = standing.expectation(f, area), standing.standard(f, area)
    gap = profile_of(f.results, area).between_fifths
    low = best.verdict == "below"
    of_patients = standing.patients(f, area) is not None
    steps: tuple[tuple[bool, Step], ...] = (
        (area.outlier or doubts.is_doubted(f, area), "check"),
        (area_brief.few_patients(area), "few"),
        (low and of_patients, "patients"),
        (low, "deprivation"),
        (latest is not None and _has_fallen(latest), "fell"),
        (of_standard.verdict == "below", "standard"),
        (best.verdict == "above", "share"),
        (gap is not None and gap.low > 0, "fifths"),
        (of_standard.verdict == "above", "keep"),
    )
    return next((step for applies, step in steps if applies), "wait")


def words(f: Findings, area: Area, nearby: Sequence[Area], latest: Change | None = None) -> str:
    """Say it, and after it what else is clear of the service.

    Parameters
    ----------
    f : Findings
    area : Area
    nearby : sequence of Area
        Its neighbours in deprivation, perhaps with the area itself.
    latest : Change or None
        Of its rate since the period before.
    """
    step = which(f, area, latest)
    unit = _UNITS[f.results.period.kind]
    if step == "check":
        text = "Have these figures checked where they were recorded, before anything is concluded from them."
    elif step == "few":
        text = f"Do nothing on these figures alone, which rest on too few patients. Look at several {unit}s together."
    else:
        text = said(_fall(latest), _of_its_standing(step, f, area, nearby), _finishing(f, area))
    return said(_invented(f), text)


def _of_its_standing(step: Step, f: Findings, area: Area, nearby: Sequence[Area]) -> str:
    """Say what follows from where an area stands; nothing where a fall is the one thing that is clear."""
    unit = _UNITS[f.results.period.kind]
    text = ""
    match step:
        case "patients":
            text = said(_fewer_than_expected(f, area), _where(f, area), _ask(f, area, nearby))
        case "deprivation":
            text = said(
                f"Find out why fewer of its patients {f.reached} than is usual in {area_brief.noun(f.results)}s as "
                f"deprived. {_UNEXPLAINED}",
                _ask(f, area, nearby),
            )
        case "standard":
            text = said(_short_as_expected(f, area), _between_fifths(f, area))
        case "share":
            text = f"Find out what works here, and tell others: {_more(f, area)}. {_UNEXPLAINED}"
        case "fifths":
            text = _between_fifths(f, area)
        case "keep":
            text = f"Carry on: it is above the standard, and {_as_expected(f, area)}. Look at the next {unit}."
        case "wait":
            text = (
                "Do nothing on this rate alone. It may be on either side of the standard, and "
                f"{_as_expected(f, area)}, so look at the next {unit} first."
            )
    return text


def _has_fallen(latest: Change) -> bool:
    """Whether a rate fell by more than chance explains, and in print, too."""
    return latest.fell and area_brief.difference(latest.after, percent(latest.before)) < 0


def _fall(latest: Change | None) -> str:
    """Say what to ask after a fall that chance does not explain; else nothing."""
    if latest is None or not _has_fallen(latest):
        return ""
    points = abs(area_brief.difference(latest.after, percent(latest.before)))
    return (
        f"Find out what changed: since {latest.since} the rate fell by {points} percentage points, which chance does "
        "not explain."
    )


def _finishing(f: Findings, area: Area) -> str:
    """Ask about the share of those referred who finished, where it is clearly the lower; else nothing."""
    own, profiles = profile_of(f.results, area).service.completed, f.results.profiles
    if own is None or profiles is None or not finishes_less(f.results, area):
        return ""
    every = profiles.together.completed
    if area_brief.difference(own, percent(every)) >= 0:
        return ""
    return (
        f"Ask also why {percent(own)} of those referred finished treatment, against {percent(every)} in all "
        f"{area_brief.noun(f.results)}s together."
    )


def _invented(f: Findings) -> str:
    if not f.results.period.synthetic:
        return ""
    return f"The figures are invented; of a real {area_brief.noun(f.results)} this would be said."


def _fewer_than_expected(f: Findings, area: Area) -> str:
    found = standing.ratio(f, area)
    fewer = 0.0 if found is None else found.expected - found.observed
    how_many = f"about {about(fewer)} fewer of its patients" if fewer > 0 else "fewer of its patients"
    return f"Find out why {how_many} {f.reached} than is expected of patients from such neighbourhoods. {_UNEXPLAINED}"


def _more(f: Findings, area: Area) -> str:
    if standing.patients(f, area) is not None:
        return f"more of its patients {f.reached} than England’s patients from neighbourhoods like theirs"
    return f"more of its patients {f.reached} than is usual in {area_brief.noun(f.results)}s as deprived"


def _as_expected(f: Findings, area: Area) -> str:
    """Say that an area is not shown to differ from what is expected of it."""
    return f"is not shown to differ from {standing.expectation(f, area).called}"


def _short_as_expected(f: Findings, area: Area) -> str:
    """Say of an area below the standard what follows from its not being below what is expected of it."""
    best = standing.expectation(f, area)
    whose = "its own patients" if standing.patients(f, area) is not None else f"{_article(f)} as deprived"
    does = "It does better" if best.verdict == "above" else "It is not shown to do worse"
    if area_brief.difference(best.rate, f.standard) >= 0:
        unit = _UNITS[f.results.period.kind]
        return f"{does} than is expected of {whose}, and yet it is below the standard: look at the next {unit} first."
    return (
        f"{does} than is expected of {whose}, and what is expected is itself below the standard. So look for what such "
        "patients need, not for a fault of its own."
    )


def _article(f: Findings) -> str:
    called = area_brief.noun(f.results)
    return f"an {called}" if called == "area" else f"a {called}"


def _where(f: Findings, area: Area) -> str:
    """Name the fifth of neighbourhoods to begin with where one clearly stands out; else say that all fall short."""
    worst = fifth_furthest_short(f.results, area)
    if worst is not None:
        return f"Begin with those from the {_FIFTHS[worst]} of neighbourhoods, where the shortfall is largest."
    shorts = shortfalls(f.results, area)
    if not shorts or min(shorts) <= 0:
        return ""
    return "The rate falls short of England’s in every fifth of neighbourhoods."


def to_ask(f: Findings, area: Area, nearby: Sequence[Area]) -> Area | None:
    """Return the neighbour in deprivation that the step says to ask; None where it names none."""
    return _best(f, area, nearby) if which(f, area, None) in {"patients", "deprivation"} else None


def _best(f: Findings, area: Area, nearby: Sequence[Area]) -> Area | None:
    """Find the neighbour with the highest rate, of those whose figures are sound and whose range is above an area's."""
    high = profile_of(f.results, area).high
    better = [other for other in nearby if profile_of(f.results, other).low > high and _is_sound(f, other)]
    return max(better, key=lambda other: (other.recovery_rate, other.area_code), default=None)


def _is_sound(f: Findings, area: Area) -> bool:
    return not area.outlier and not doubts.is_doubted(f, area)


def _ask(f: Findings, area: Area, nearby: Sequence[Area]) -> str:
    """Name that neighbour, with its rank and rate, and say how it was picked."""
    best = _best(f, area, nearby)
    if best is None:
        return ""
    others = [other for other in nearby if other.area_code != area.area_code]
    highest = percent(max(other.recovery_rate for other in others)) == percent(best.recovery_rate)
    called = area_brief.noun(f.results)
    of = f"{number_word(len(others))} {called}s" if len(others) > 1 else f"one {called}"
    return (
        f"Ask {escape(named(best))} (rank {rank(best.imd_rank)}, {percent(best.recovery_rate)}) what it does: its rate "
        f"is the highest {'' if highest else 'that is sure '}of the {of} next in deprivation."
    )


def _between_fifths(f: Findings, area: Area) -> str:
    """Say what to ask where patients from more deprived neighbourhoods do worse by more than chance; else nothing."""
    own = profile_of(f.results, area)
    if own.between_fifths is None or own.between_fifths.low <= 0:
        return ""
    most, *_, least = own.fifths
    return (
        "Ask what would help its patients from the most deprived neighbourhoods: of those from the most deprived "
        f"fifth {percent(most.rate)} {f.reached}, of those from the least deprived fifth {percent(least.rate)}."
    )
