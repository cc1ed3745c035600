"""More than deprivation: the gradient beside covariates, each of these, and areas standardised for patients' groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import (
    DASH,
    count,
    decimal,
    how_many,
    interval,
    joined,
    number_or_none,
    of_areas,
    percent,
    percentage_points,
    sentence,
    share_explained,
)
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iapt_report.analysis.facts import CaseMixed, CovariateFacts, Covariates, GroupMixed
    from iapt_report.stats.covariates import Effect, Line, WithCovariates
    from iapt_report.words.findings import Findings

_MODELS = {"weighted": "Weighted regression", "random_effects": "Random-effects regression"}
_LISTED = 12


def results(f: Findings) -> str:
    """Say in the paper how the gradient is beside the covariates, and how many areas are below what they allow for."""
    found = f.results.covariates
    if found is None:
        return _unknown(f)
    model = _main(f, found)
    return said(_gradient(f, model), _below(model), "The supplement has each of them.")


def _main(f: Findings, found: Covariates) -> WithCovariates:
    """Return the model that sentences are about: the one that conclusions come from."""
    random = found.random_effects if f.results.concludes == "random_effects" else None
    return random or found.weighted


def _unknown(f: Findings) -> str:
    asked = f.results.settings.covariates
    if not asked:
        return ""
    named, several = joined([_name(name) for name in asked]), "" if len(asked) == 1 else "s"
    return f"The covariate{several} {named} could not be used: this period's data tell none."


def _name(name: str) -> str:
    return f"“{escape(name)}”"


def _gradient(f: Findings, model: WithCovariates) -> str:
    found = f.results.covariates
    assert found is not None  # noqa: S101 - the sentence is about it
    named = joined([_name(one.name) for one in found.covariates])
    return (
        f"In a {_MODELS[model.model].lower()} of {how_many(len(model.areas), 'area')}, the {f.rate} expected of the "
        f"least deprived less that of the most deprived was {_span(f, model.before)} with deprivation rank alone, and "
        f"{_span(f, model.after)} beside {named}."
    )


def _span(f: Findings, line: Line) -> str:
    limits = f.level.interval(line.ci_low, line.ci_high, 1, as_percent=True)
    return f"{percentage_points(line.gradient)} percentage points ({limits}, {f.level.p_value(line.p)})"


def _below(model: WithCovariates) -> str:
    below = model.below
    alone, beside = below.both + below.first_only, below.both + below.second_only
    if not alone and not beside:
        return "No area was below the lower limit of what is expected of it, either way."
    moved = (
        f": {number_or_none(below.first_only)} no longer, {number_or_none(below.second_only)} newly"
        if below.first_only or below.second_only
        else ", the same ones"
    )
    return (
        f"Below the lower limit of what is expected of them were {of_areas(alone, below.areas)} given deprivation "
        f"alone, and {number_or_none(beside)} given the covariates as well{moved}."
    )


def at_length(f: Findings) -> str:
    """Say in the supplement what was done, of which areas, and how what follows may be read."""
    found = f.results.covariates
    if found is None:
        return ""
    several = len(found.covariates) > 1
    return said(
        f"Both regressions were fitted to the {how_many(len(found.weighted.areas), 'area')} of which "
        f"{'all covariates are' if several else 'the covariate is'} known, with deprivation rank alone and beside "
        f"{'them' if several else 'it'}.",
        _lacking(found),
        _left_out(found),
        _not_estimable(found),
        "A gradient beside covariates is that between areas in which these are alike; it is no better estimate of the "
        "effect of deprivation where deprivation is one of their causes. A share of patients is a property of the "
        "area: what goes with it between areas need not hold of those patients.",
    )


def _lacking(found: Covariates) -> str:
    if not found.lacking:
        return ""
    names = [named(one) for one in found.lacking]
    shares = {one.name for one in found.covariates if one.variable is not None}
    withheld = any(shares & set(one.covariates) for one in found.lacking)
    why = ", as where it is withheld because it is small" if withheld else ""
    return f"Of {how_many(len(names), 'area')} a covariate is not known{why}: {_listed(names)}."


def _left_out(found: Covariates) -> str:
    if not found.left_out:
        return ""
    one = found.left_out == 1
    return (
        f"{sentence(how_many(found.left_out, 'outlying area'))} {'does' if one else 'do'} not determine the lines, and "
        f"{'is' if one else 'are'} held against them."
    )


def _not_estimable(found: Covariates) -> str:
    names = found.weighted.not_estimable
    if not names:
        return ""
    one = len(names) == 1
    return (
        f"{joined([_name(name) for name in names])} {'has' if one else 'have'} no effect that can be estimated, since "
        f"{'it does' if one else 'they do'} not vary or {'follows' if one else 'follow'} from deprivation rank and the "
        "covariates before; nothing changes with "
        f"{'it' if one else 'them'}."
    )


def _table(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _models(found: Covariates) -> list[WithCovariates]:
    return [found.weighted, *([found.random_effects] if found.random_effects is not None else [])]


def gradient_rows(f: Findings) -> str:
    """Give a row for each model without and with the covariates."""
    found = f.results.covariates
    if found is None:
        return ""
    rows = []
    for model in _models(found):
        for words, line in (("rank alone", model.before), ("with covariates", model.after)):
            tau = DASH if line.tau2 is None else percentage_points(line.tau2**0.5)
            cells = (
                f"{_MODELS[model.model]}, {words}",
                percentage_points(line.gradient),
                interval(line.ci_low, line.ci_high, 1, as_percent=True),
                f.level.p_cell(line.p),
                DASH if line.r_squared is None else share_explained(line.r_squared).removesuffix("%"),
                tau,
            )
            rows.append(cells)
    return _table(rows)


def effect_rows(f: Findings) -> str:
    """Give a row for each covariate and model, and one for all covariates together."""
    found = f.results.covariates
    if found is None:
        return ""
    rows: list[tuple[str, ...]] = []
    for model in _models(found):
        named = _MODELS[model.model]
        rows += [(f"{named}: {escape(one.name)}, {_unit(one)}", *_effect(f, one)) for one in model.effects]
        if len(model.effects) > 1:
            rows.append((f"{named}: all covariates together", "", "", f.level.p_cell(model.joint_p)))
    return _table(rows)


def _unit(effect: Effect) -> str:
    if effect.unit == "ten_points":
        return "ten percentage points more"
    return f"one standard deviation ({_figure(effect.step)}) more"


def _effect(f: Findings, effect: Effect) -> tuple[str, str, str]:
    return (
        percentage_points(effect.estimate, 2),
        interval(effect.ci_low, effect.ci_high, 2, as_percent=True),
        f.level.p_cell(effect.p),
    )


def _figure(value: float) -> str:
    """Write a figure of any size: three significant digits, or whole."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 or not size else 3  # noqa: PLR2004
    while 0 < size < 10**-digits and digits < 9:  # noqa: PLR2004
        digits += 1
    return decimal(value, digits)


def covariate_rows(f: Findings) -> str:
    """Give a row for each covariate: its mean, spread and range over areas."""
    found = f.results.covariates
    if found is None:
        return ""
    return _table((escape(one.name), *_spread(one)) for one in found.covariates)


def _spread(one: CovariateFacts) -> tuple[str, str, str]:
    if one.variable is not None:
        return percent(one.mean), percentage_points(one.sd), interval(one.min, one.max, 1, as_percent=True)
    low, high = _figure(one.min), _figure(one.max)
    return _figure(one.mean), _figure(one.sd), f"{low} to {high}"


def below_rows(f: Findings) -> str:
    """Give a row for each model with how many areas are below the benchmark without and with the covariates."""
    found = f.results.covariates
    if found is None:
        return ""
    return _table(
        (
            _MODELS[model.model],
            count(model.below.both + model.below.first_only),
            count(model.below.both + model.below.second_only),
            count(model.below.both),
            count(model.below.first_only),
            count(model.below.second_only),
        )
        for model in _models(found)
    )


def moved(f: Findings) -> str:
    """Name the areas that the model of the sentences places on another side of the benchmark with the covariates."""
    found = f.results.covariates
    if found is None:
        return ""
    names = {area.area_code: named(area) for area in f.results.areas}
    model = _main(f, found)
    sides = (
        ("no longer below it", [one for one in model.areas if one.below_alone and not one.below]),
        ("newly below it", [one for one in model.areas if one.below and not one.below_alone]),
    )
    told = [f"{words}: {_listed([names[one.area_code] for one in own])}" for words, own in sides if own]
    if not told:
        return ""
    return f"By the {_MODELS[model.model].lower()}, the covariates move areas across the limit; {'; '.join(told)}."


def _listed(names: list[str]) -> str:
    shown = [escape(name) for name in names]
    others = len(shown) - _LISTED
    return joined(shown if others <= 0 else [*shown[:_LISTED], f"{count(others)} more"])


def areas(f: Findings) -> str:
    """Give the number of areas in the models."""
    found = f.results.covariates
    return "" if found is None else count(len(found.weighted.areas))


def mix_rows(f: Findings) -> str:
    """Give a row for each variable that areas are standardised by, deprivation first where it is known."""
    found = f.results.covariates
    if found is None:
        return ""
    rows = [_mix_cells(escape(one.adjustment.variable), one) for one in found.case_mix]
    own = f.results.case_mix
    if own is not None:
        rows.insert(0, _mix_cells("Deprivation of their neighbourhood, by tenth", own))
    return _table(rows)


def _mix_cells(words: str, one: GroupMixed | CaseMixed) -> tuple[str, ...]:
    mixed = one.adjustment
    return (
        words,
        count(len(mixed.areas)),
        DASH if mixed.unknown_share is None else percentage_points(mixed.unknown_share),
        count(mixed.below.n),
        count(mixed.above.n),
        count(one.national.both),
        count(one.adjusted.both),
    )


def group_rows(f: Findings) -> str:
    """Give a row for each group of England's patients with its rate."""
    found = f.results.covariates
    if found is None:
        return ""
    return _table(
        (
            f"{escape(one.adjustment.variable)}: {escape(group.group)}",
            count(group.cases),
            count(group.reached),
            percentage_points(group.rate),
        )
        for one in found.case_mix
        for group in one.adjustment.national
    )


def not_standardised(f: Findings) -> str:
    """Name the variables by which areas cannot be standardised."""
    found = f.results.covariates
    if found is None or not found.not_standardised:
        return ""
    named = joined([_name(name) for name in found.not_standardised])
    return (
        f"By {named} areas are not standardised: the source gives no outcomes of groups that have each of England's "
        "patients once."
    )
