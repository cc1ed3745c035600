"""What could be done: each option with what speaks for it and against it, and what these figures say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.numbers import count, of_areas, percent

if TYPE_CHECKING:
    from iapt_report.words.findings import Findings


def preface(f: Findings) -> str:
    """Say what the figures cannot do: of invented data nothing follows for real services."""
    if f.results.period.synthetic:
        return (
            "The figures are invented. What they say of each option only shows how real figures would be read, and "
            "recommends nothing."
        )
    return "Which of these to choose is not a matter of figures alone. What these figures say is set beside each."


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
            return (
                "cannot support adjusting for the deprivation of areas: they neither establish that areas differ with "
                "it nor rule it out."
            )


def _moves(f: Findings) -> str:
    n = f.classification.national_only + f.classification.adjusted_only
    if not n:
        return ", but no area changes sides"
    return f", and {'one area changes' if n == 1 else f'{count(n)} areas change'} sides"


def help_patients(f: Findings) -> str:
    """Say what these figures say of doing more for patients from deprived neighbourhoods."""
    match f.patients_gap:
        case "less deprived":
            wider = _wider_than_between_areas(f)
            beside = ", and the gap between patients is wider than that between areas" if wider else ""
            return f"support the aim: a smaller share of these patients {f.reached}{beside}."
        case "more deprived":
            return f"do not support it: a larger share of patients from more deprived neighbourhoods {f.reached}."
        case _ if f.results.inequality.patients is not None:
            return f"do not show that patients from more deprived neighbourhoods {f.reached} less often."
    if f.gradient.rises:
        return "support it only in part: areas differ, but how patients within an area do is not known here."
    return "cannot tell: how patients do by their own neighbourhood is not known here."


def _wider_than_between_areas(f: Findings) -> bool:
    patients = f.results.inequality.patients
    return patients is not None and abs(patients.sii or 0.0) > abs(f.results.gradient.estimate)


def outlying(f: Findings) -> str:
    """Say what these figures say of looking at the services that chance does not explain."""
    n = next(one.below.n for one in f.results.benchmarks if one.interval == "wilson")
    if not n:
        return "give it nothing to act on: no area lies further below the usual rate than chance explains."
    lie = f"{of_areas(n, f.n)} {'lies' if n == 1 else 'lie'} further below the usual rate than chance explains"
    if not f.services_differ:
        return f"give it little ground: {lie}, but areas of like deprivation are not shown to differ."
    return f"support it: {lie}{_were_all_alike(f)}."


def _were_all_alike(f: Findings) -> str:
    found = f.results.simulation
    if found is None or "wilson" not in found.flagged:
        return ""
    return f", where {percent(found.flagged['wilson'].overall.share)} would if all did alike"
