"""What could be done: each option with what speaks for it and against it, and what these figures say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from iapt_report.words.markdown import said
from iapt_report.words.numbers import count, joined, number_or_none

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings

# What figures say of an option, the most first; "silent" is where what it asks for is not known.
Support = Literal["full", "part", "little", "none", "silent"]
_JUDGE = "judging each area against equally deprived ones"
_HELP = "doing more for patients from deprived neighbourhoods"
_STAND_OUT = "looking first at services that stand out"
_GIVEN: dict[Support, str] = {
    "full": "support {}",
    "part": "support {}, but only in part",
    "little": "give little support to {}",
    "none": "give no support to {}",
    "silent": "say nothing of {}",
}


def in_short(f: Findings) -> str:
    """Say in one sentence which options these figures support and which not; of invented data nothing."""
    if f.results.period.synthetic:
        return ""
    options = ((_HELP, _help_supported(f)), (_STAND_OUT, _outlying_supported(f)), (_JUDGE, _judge_supported(f)))
    parts = [
        words.format(_listed(found, support))
        for support, words in _GIVEN.items()
        if (found := [option for option, given in options if given == support])
    ]
    return f"**In short:** these figures {'; they '.join(parts)}. Which to choose is not a matter of figures alone."


def _listed(options: list[str], support: Support) -> str:
    """Join options: by "or" where the figures do not support them."""
    return joined(options) if support in ("full", "part") else " or ".join(options)


def preface(f: Findings) -> str:
    """Say of invented data that nothing follows for real services."""
    if f.results.period.synthetic:
        return (
            "The figures are invented. What they say of each option only shows how real figures would be read, and "
            "recommends nothing."
        )
    return ""


def judge(f: Findings) -> str:
    """Say what these figures say of judging each area against areas as deprived as it is."""
    match f.gradient.direction:
        case "rising" if f.gradient.little:
            return "lend it little support, since deprivation says little about any one area."
        case "rising":
            return f"support it: rates are lower in more deprived areas{_moves(f)}."
        case "falling":
            return f"give no ground for expecting less of more deprived areas, where a larger share {f.reached}."
        case _:
            return "cannot support adjusting for the deprivation of areas: rates may or may not differ with it."


def _judge_supported(f: Findings) -> Support:
    if f.gradient.direction != "rising":
        return "none"
    return "little" if f.gradient.little else "full"


def _moves(f: Findings) -> str:
    n = f.classification.national_only + f.classification.adjusted_only
    if not n:
        return ", but no area changes sides"
    return f", and {'one area changes' if n == 1 else f'{count(n)} areas change'} sides"


def help_patients(f: Findings) -> str:
    """Say what these figures say of doing more for patients from deprived neighbourhoods."""
    match _help_supported(f):
        case "full":
            wider = _wider_than_between_areas(f)
            beside = ", and the gap between patients is wider than that between areas" if wider else ""
            return f"support the aim: a smaller share of these patients {f.reached}{beside}."
        case "none" if f.patients_gap == "more deprived":
            return f"do not support it: a larger share of patients from more deprived neighbourhoods {f.reached}."
        case "none":
            return f"do not show that patients from more deprived neighbourhoods {f.reached} less often."
        case "part":
            return "support it only in part: areas differ, but how patients within an area do is not known here."
        case _:
            return "cannot tell: how patients do by their own neighbourhood is not known here."


def _help_supported(f: Findings) -> Support:
    if f.patients_gap == "less deprived":
        return "full"
    if f.patients_gap == "more deprived" or f.results.inequality.patients is not None:
        return "none"
    return "part" if f.gradient.rises else "silent"


def _wider_than_between_areas(f: Findings) -> bool:
    patients = f.results.inequality.patients
    return patients is not None and abs(patients.sii or 0.0) > abs(f.results.gradient.estimate)


def outlying(f: Findings) -> str:
    """Say what these figures say of looking at the services that chance does not explain, and by which tests."""
    return said(_outlying(f), _two_tests(f))


def _outlying(f: Findings) -> str:
    n, by_chance = _beyond_chance(f), _by_chance(f, "wilson")
    if not n:
        return "give it nothing to act on: no area lies further below its usual rate than chance explains."
    lie = "lies further below its" if n == 1 else "lie further below their"
    they = f"{count(n)} of {count(f.n)} areas {lie} usual rate than chance"
    where = "" if by_chance is None else f", where {_about(by_chance)} would by chance"
    if not f.services_differ:
        return f"give it little ground: {they} explains{where}, but areas of like deprivation are not shown to differ."
    if by_chance is not None and n <= by_chance:
        return f"give it little ground: {they} explains{where}."
    return f"support it: {they} explains{where}."


def _outlying_supported(f: Findings) -> Support:
    n, by_chance = _beyond_chance(f), _by_chance(f, "wilson")
    if not n:
        return "none"
    return "little" if not f.services_differ or (by_chance is not None and n <= by_chance) else "full"


def _two_tests(f: Findings) -> str:
    """Set that test beside the adjusted benchmark, where this is another, so that neither number seems to clash."""
    if f.results.settings.interval != "fitted_mean" or f.gradient.direction == "unknown":
        return ""
    below, by_chance = f.classification.below_adjusted.n, _by_chance(f, "fitted_mean")
    are = f"{number_or_none(below)} {'is' if below in (0, 1) else 'are'}"
    counted = (
        f"; {are} below it"
        if by_chance is None
        else f", so {_about(by_chance)} of {count(f.n)} areas would be below it by chance alone; {are}"
    )
    return said(
        "This test is not the adjusted benchmark: it starts from the usual rate, not from the low end of its range, "
        "and allows for chance in an area's own rate.",
        f"The benchmark ignores that chance{counted}.",
        "As this test starts higher, it can find more areas than the benchmark does."
        if _beyond_chance(f) > below
        else "",
    )


def _about(n: int) -> str:
    return f"about {number_or_none(n)}" if n else "fewer than one"


def _beyond_chance(f: Findings) -> int:
    return next(one.below.n for one in f.results.benchmarks if one.interval == "wilson")


def _by_chance(f: Findings, interval: Literal["fitted_mean", "wilson"]) -> int | None:
    """Count the areas that would be below where every area did as expected; None where that was not simulated."""
    found = f.results.simulation
    if found is None or interval not in found.flagged:
        return None
    return round(found.flagged[interval].overall.share * f.n)
