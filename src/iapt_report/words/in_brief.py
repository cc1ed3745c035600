"""What the brief alone says: its headline, and what outcome and standard are, in words that need no explaining."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words import benchmarks, deprivation, patients, people
from iapt_report.words.markdown import said
from iapt_report.words.numbers import count, how_many, hundredths, number_or_count, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.words.findings import Findings

_WELL = "have been unwell enough to count as a case of depression or anxiety before treatment, and not after it"
_BETTER = "by more than the questionnaires err"
_OUTCOMES = {
    "recovery": f"To recover, a patient must {_WELL}.",
    "reliable_recovery": f"To recover reliably, a patient must {_WELL}, and have improved {_BETTER}.",
    "reliable_improvement": f"To improve reliably, a patient's scores must get better {_BETTER}.",
}


def headline(f: Findings) -> str:
    """Say in one sentence what was found that matters most."""
    match f.lead:
        case "patients":
            return f"{patients.headline(f)}."
        case "areas":
            found = deprivation.headline(f)
            return f"{found}; {benchmarks.headline(f)}." if f.gradient.rises else f"{found}."
        case "benchmarks":
            return f"Which areas count as low depends on the benchmark: {benchmarks.headline(f)}."
        case _:
            return f"{level_to_standard(f)}."


def level_to_standard(f: Findings) -> str:
    """Set the average of areas beside the standard, as both are printed."""
    mean, k = f.sample.recovery_rate.mean, f.classification.below_national.n
    apart = hundredths(mean) - hundredths(f.results.standard.value)
    side = "the same as" if not apart else "below" if apart < 0 else "above"
    below = f"all {count(k)} areas are" if k == f.n else f"{number_or_count(k)} of {count(f.n)} areas {_be(k)}"
    return (
        f"The average {f.rate} of areas is {percent(mean)}, {side} the {f.named_standard} of {f.standard}, and {below} "
        "below it"
    )


def _be(n: int) -> str:
    return "is" if n in (0, 1) else "are"


def beside(f: Findings) -> str:
    """Say of areas, or of patients, what the headline does not."""
    if f.lead == "patients":
        return deprivation.beside_patients(f)
    if f.lead == "areas":
        return patients.between_tenths_in_short(f)
    return said(f"{deprivation.headline(f)}.", patients.between_tenths_in_short(f))


def figures(f: Findings) -> str:
    """Give three figures that bear the headline out, each a block: the figure, and what it is."""
    blocks = (f"::: {{}}\n{number}\n\n{words}\n:::" for number, words in (_FIGURES[name](f) for name in _shown(f)))
    return "::: {.iapt-figures}\n" + "\n\n".join(blocks) + "\n:::"


def people_in_text(f: Findings) -> str:
    """Say in people what the differences come to, but for what a large figure says; empty where counts are lacking."""
    shown = "people to the standard" in _shown(f)
    return said("" if shown else people.to_standard(f), people.as_the_least_deprived(f))


def _shown(f: Findings) -> list[str]:
    """Choose the three figures by what leads, of those that there is a number for."""
    lead = "areas, reversed" if f.lead == "areas" and not f.gradient.rises else f.lead
    return [name for name in _SHOWN[lead] if _FIGURES[name](f)[0]][:_THREE]


_THREE = 3
_FIGURES: dict[str, Callable[[Findings], tuple[str, str]]] = {
    "gap of patients": lambda f: (patients.gap(f), patients.gap_in_words(f)),
    "gap of areas": lambda f: (deprivation.gap(f), deprivation.gap_in_words(f)),
    "people of a tenth": lambda f: (people.of_tenth(f), people.are_of_tenth(f)),
    "people to the standard": lambda f: (people.short(f), people.are_short(f)),
    "below the standard": lambda f: (benchmarks.of_standard(f), benchmarks.are_below_standard(f)),
    "below the adjusted": lambda f: (benchmarks.of_adjusted(f), benchmarks.are_below_adjusted(f)),
    "moved": lambda f: (benchmarks.moved(f), benchmarks.are_moved(f)),
    "average": lambda f: (percent(f.sample.recovery_rate.mean), f"is the average {f.rate} of areas"),
}
# By what leads: those that there is no number for are passed over.
_SHOWN = {
    "patients": ("gap of patients", "people of a tenth", "below the standard", "below the adjusted"),
    "areas": ("gap of areas", "below the standard", "below the adjusted"),
    "areas, reversed": ("gap of areas", "below the standard", "people to the standard", "below the adjusted"),
    "benchmarks": ("moved", "below the standard", "below the adjusted"),
    "level": ("average", "below the standard", "people to the standard", "below the adjusted"),
}


def range_of_areas(f: Findings) -> str:
    """Say what gap between areas the data allow, where that is not said beside the headline."""
    return "" if f.lead == "patients" and f.gradient.direction == "none" else deprivation.range_in_short(f)


def standard(f: Findings) -> str:
    """Name the standard."""
    if f.results.standard.national:
        return f"The national standard is the same for every area: {f.standard}."
    return f"The standard used here is {f.standard}, the same for every area; it was chosen for this report."


def outcome(f: Findings) -> str:
    """Say what a patient with the outcome has reached."""
    return _OUTCOMES[f.results.outcome.name]


def usual(f: Findings) -> str:
    """Say once what the brief calls usual."""
    return f"Usual for an area means the average {f.rate} of equally deprived areas."


def areas(f: Findings) -> str:
    """Give the number of areas in words."""
    return how_many(f.n, "area")
