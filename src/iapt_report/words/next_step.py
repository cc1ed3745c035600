"""The one next step that an area's own figures call for: modest, concrete, and right in every case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.profiles import profile_of
from iapt_report.words import area_brief, doubts, standing
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import percent
from iapt_report.words.people import about
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.facts import Area, FifthFacts
    from iapt_report.analysis.history import Change
    from iapt_report.words.findings import Findings

Step = Literal["check", "few", "patients", "deprivation", "fell", "standard", "share", "fifths", "keep", "wait"]

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
        (latest is not None and latest.fell, "fell"),
        (of_standard.verdict == "below", "standard"),
        (best.verdict == "above", "share"),
        (gap is not None and gap.low > 0, "fifths"),
        (of_standard.verdict == "above", "keep"),
    )
    return next((step for applies, step in steps if applies), "wait")


def words(f: Findings, area: Area, nearby: Sequence[Area], latest: Change | None = None) -> str:
    """Say it.

    Parameters
    ----------
    f : Findings
    area : Area
    nearby : sequence of Area
        Its neighbours in deprivation, perhaps with the area itself.
    latest : Change or None
        Of its rate since the period before.
    """
    unit = _UNITS[f.results.period.kind]
    match which(f, area, latest):
        case "check":
            text = "Have these figures checked where they were recorded, before anything is concluded from them."
        case "few":
            text = (
                f"Do nothing on these figures alone, which rest on too few patients. Look at several {unit}s together."
            )
        case "patients":
            text = said(_fewer_than_expected(f, area), _where(f, area), _ask(f, area, nearby))
        case "deprivation":
            text = said(
                f"Find out why fewer of its patients {f.reached} than is usual in {area_brief.noun(f.results)}s as "
                "deprived, by more than chance and rounding explain.",
                _ask(f, area, nearby),
            )
        case "fell":
            text = (
                "Find out what has changed here: the rate fell since the period before by more than chance explains. "
                f"Then look whether the next {unit} bears it out."
            )
        case "standard":
            text = said(_short_as_expected(f, area), _between_fifths(f, area))
        case "share":
            text = (
                f"Find out what works here, and tell others: {_more(f, area)}, by more than chance and rounding "
                "explain."
            )
        case "fifths":
            text = _between_fifths(f, area)
        case "keep":
            text = f"Carry on: it is above the standard and {_as_expected(f, area)}. Look at the next {unit}."
        case _:
            text = (
                "Do nothing on these figures alone. It may be on either side of the standard, and "
                f"{_as_expected(f, area)}, so look at the next {unit} first."
            )
    return said(_invented(f), text)


def _invented(f: Findings) -> str:
    if not f.results.period.synthetic:
        return ""
    return f"This {area_brief.noun(f.results)} is invented; of a real one this would be said."


def _fewer_than_expected(f: Findings, area: Area) -> str:
    found = standing.ratio(f, area)
    fewer = 0.0 if found is None else found.expected - found.observed
    how_many = f"about {about(fewer)} fewer of its patients" if fewer > 0 else "fewer of its patients"
    return (
        f"Find out why {how_many} {f.reached} than is expected of patients from such neighbourhoods, by more than "
        "chance and rounding explain."
    )


def _more(f: Findings, area: Area) -> str:
    if standing.patients(f, area) is not None:
        return f"more of its patients {f.reached} than England’s patients from neighbourhoods like theirs"
    return f"more of its patients {f.reached} than is usual in {area_brief.noun(f.results)}s as deprived"


def _as_expected(f: Findings, area: Area) -> str:
    """Say that an area is not shown to differ from what is expected of it."""
    return f"{standing.UNTOLD} {standing.expectation(f, area).called}"


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
    """Name the fifth of neighbourhoods where most patients are missing, if the counts of all fifths are known."""
    profiles = f.results.profiles
    if profiles is None:
        return ""
    own = profile_of(f.results, area).fifths
    missing = [_missing(mine, all_) for mine, all_ in zip(own, profiles.fifths, strict=False)]
    known = [n for n in missing if n is not None]
    if len(known) < len(_FIFTHS) or max(known) < 1:
        return ""
    return f"Begin with those from the {_FIFTHS[known.index(max(known))]} of neighbourhoods, where most are missing."


def _missing(own: FifthFacts, all_: FifthFacts) -> float | None:
    if own.cases is None or own.reached is None or all_.rate is None:
        return None
    return own.cases * all_.rate - own.reached


def _ask(f: Findings, area: Area, nearby: Sequence[Area]) -> str:
    """Name the neighbour in deprivation that does best, where the ranges of the two do not meet."""
    high = profile_of(f.results, area).high
    doubted = {doubt.area_code for doubt in f.sample.doubts}
    better = [
        other
        for other in nearby
        if profile_of(f.results, other).low > high and not other.outlier and other.area_code not in doubted
    ]
    if not better:
        return ""
    best = max(better, key=lambda other: (other.recovery_rate, other.area_code))
    return f"Ask {escape(named(best))}, which is about as deprived and had {percent(best.recovery_rate)}, what it does."


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
