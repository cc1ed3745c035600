"""Differences of rates in people: how many more would have to reach the outcome, in two significant digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from iapt_report.words.numbers import count, how_many, number_or_count

if TYPE_CHECKING:
    from iapt_report.stats.shortfall import PartsApart
    from iapt_report.words.findings import Findings

_DIGITS = 2
# Below this, a number of people is said in whole ones.
_FEW = 10


def about(people: float) -> str:
    """Give a number of people in two significant digits: ``5262.5`` as "5300", ``16360.8`` as "16 000".

    More are not known: sources round the counts that it rests on.
    """
    if people < _FEW:
        return count(max(1, round(people)))
    number = Decimal(repr(people))
    step = Decimal(1).scaleb(number.adjusted() - _DIGITS + 1)
    return count(int((number / step).to_integral_value(ROUND_HALF_UP) * step))


def to_standard(f: Findings) -> str:
    """Say what areas below the standard lack; nothing where none is, or their patients are not known."""
    found = f.results.people.to_standard
    if found is None or not found.areas:
        return ""
    of = "the one area" if found.areas == 1 else f"the {how_many(found.areas, 'area')}"
    it = "it" if found.areas == 1 else "all of them"
    return (
        f"For {of} below the {f.named_standard}, about {about(found.people)} more patients would have had to "
        f"{f.reach} for {it} to meet it."
    )


def of_patients(f: Findings) -> PartsApart | None:
    """Return the tenths of patients where those from the most deprived one reach the outcome less often for certain."""
    found = f.results.people.patients
    if found is None or f.patients_gap != "less deprived" or min(found.people_most, found.people) <= 0:
        return None
    return found


def as_the_least_deprived(f: Findings) -> str:
    """Say how many more would reach the outcome, did all as often as the least deprived do: patients, or else areas."""
    if tenths := of_patients(f):
        return (
            f"Had patients from everywhere {f.reached} as often as those from the least deprived tenth of "
            f"neighbourhoods, about {about(tenths.people)} more in England would have{_of_whom(tenths)}."
        )
    found = f.results.people.areas
    if found is None or not f.gradient.rises or min(found.people_most, found.people) <= 0:
        return ""
    return (
        f"Had patients of the most deprived fifth of areas {f.reached} as often as those of the least deprived fifth, "
        f"about {about(found.people_most)} more would have."
    )


def _of_whom(tenths: PartsApart) -> str:
    """Say how many of them are of the most deprived tenth, where these can be a part of them."""
    if tenths.people_most >= tenths.people:
        return ""
    return f", about {about(tenths.people_most)} of them from the most deprived tenth"


def short(f: Findings) -> str:
    """Give the number that areas below the standard lack, to be read before `are_short`; empty where not known."""
    found = f.results.people.to_standard
    return "" if found is None or not found.areas else f"about {about(found.people)}"


def are_short(f: Findings) -> str:
    """Say what that number is."""
    found = f.results.people.to_standard
    n = 0 if found is None else found.areas
    it = "the area below the {} to meet it" if n == 1 else f"the {number_or_count(n)} areas below the {{}} to meet it"
    return f"more patients would have had to {f.reach} for {it.format(f.named_standard)}"


def of_tenth(f: Findings) -> str:
    """Give the number that the most deprived tenth of patients lacks, to be read before `are_of_tenth`."""
    found = of_patients(f)
    return f"about {about(found.people_most)}" if found else ""


def are_of_tenth(f: Findings) -> str:
    """Say what that number is."""
    return (
        f"more patients from the most deprived tenth would have {f.reached}, had they done so as often as those from "
        "the least deprived"
    )
