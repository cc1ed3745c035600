"""The one next step that an area's own figures call for: modest, concrete, and right in every case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.analysis.profiles import profile_of
from iapt_report.words import area_brief, standing
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.facts import Area, FifthFacts
    from iapt_report.words.findings import Findings

Step = Literal["check", "few", "patients", "deprivation", "share", "fifths", "standard", "wait", "keep"]

_UNITS = {"month": "month", "quarter": "quarter", "year": "year"}
_FIFTHS = ("most deprived fifth", "second most deprived fifth", "middle fifth", "second least deprived fifth",
           "least deprived fifth")  # fmt: skip


def which(f: Findings, area: Area) -> Step:
    """Choose the step: doubt comes before size, what is beyond chance before what may be chance."""
    if area.outlier or any(doubt.area_code == area.area_code for doubt in f.sample.doubts):
        return "check"
    if area_brief.few_patients(area):
        return "few"
    of_patients, of_areas, of_standard = (
        standing.patients(f, area),
        standing.usual(f, area),
        standing.standard(f, area),
    )
    best = of_patients or of_areas
    gap = profile_of(f.results, area).between_fifths
    if best.verdict == "below":
        return "patients" if of_patients else "deprivation"
    if gap is not None and gap.low > 0:
        return "fifths"
    if of_standard.verdict == "below":
        return "standard"
    if best.verdict == "above":
        return "share"
    return "wait" if "open" in (best.verdict, of_standard.verdict) else "keep"


def words(f: Findings, area: Area, nearby: Sequence[Area]) -> str:
    """Say it.

    Parameters
    ----------
    f : Findings
    area : Area
    nearby : sequence of Area
        Its neighbours in deprivation, perhaps with the area itself.
    """
    match which(f, area):
        case "check":
            text = (
                "Have the figures checked where they were recorded, before anything is concluded from them or done "
                "about them."
            )
        case "few":
            text = (
                "Do nothing on these figures alone, which rest on too few patients. Look at several "
                f"{_UNITS[f.results.period.kind]}s together."
            )
        case "patients":
            text = said(_fewer_than_expected(f, area), _where(f, area), _ask(f, area, nearby))
        case "deprivation":
            text = said(
                f"Find out why fewer of its patients {f.reached} than is usual in areas as deprived, which chance and "
                "rounding do not explain.",
                _ask(f, area, nearby),
            )
        case "fifths":
            text = _between_fifths(f, area)
        case "standard":
            text = (
                f"{_no_sign(f, area)} The gap to the standard is one that services with such patients share, so it is "
                "a matter for those who fund and set standards as much as for this service."
            )
        case "share":
            text = (
                f"Find out what works here and tell others: {_more(f, area)}, and chance and rounding do not explain "
                "it."
            )
        case "wait":
            text = (
                "Do nothing on these figures alone. What they show may be chance or rounding, so look at the next "
                f"{_UNITS[f.results.period.kind]} before acting."
            )
        case _:
            text = f"Carry on, and look at the next {_UNITS[f.results.period.kind]}."
    return said(_invented(f), text)


def _invented(f: Findings) -> str:
    if not f.results.period.synthetic:
        return ""
    return f"This {area_brief.noun(f.results)} is invented; of a real one this would be said."


def _fewer_than_expected(f: Findings, area: Area) -> str:
    found = standing.ratio(f, area)
    fewer = 0 if found is None else round(found.expected - found.observed)
    how_many = f"about {count(fewer)} fewer of its patients" if fewer > 0 else "fewer of its patients"
    return (
        f"Find out why {how_many} {f.reached} than England’s patients from neighbourhoods like theirs would have, which "
        "chance and rounding do not explain."
    )


def _more(f: Findings, area: Area) -> str:
    if standing.patients(f, area) is not None:
        return f"more of its patients {f.reached} than England’s patients from neighbourhoods like theirs"
    return f"more of its patients {f.reached} than is usual in {area_brief.noun(f.results)}s as deprived"


def _no_sign(f: Findings, area: Area) -> str:
    best = standing.expectation(f, area)
    kind = "of its own patients" if standing.patients(f, area) is not None else "of an area as deprived"
    if best.verdict == "above":
        return f"More of its patients {f.reached} than is expected {kind}."
    return f"These figures do not show that it does worse than is expected {kind}."


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
    return (
        f"Ask {escape(area_brief.name_of(best))}, which is about as deprived and had {percent(best.recovery_rate)}, "
        "what it does."
    )


def _between_fifths(f: Findings, area: Area) -> str:
    most, *_, least = profile_of(f.results, area).fifths
    return (
        f"Ask what would help its patients from the most deprived neighbourhoods: of those from the most deprived fifth "
        f"{percent(most.rate)} {f.reached}, of those from the least deprived fifth {percent(least.rate)}. That is more "
        "than chance explains."
    )
