"""The page of one area: where it stands, what it did, whom it served, its neighbours and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.analysis.profiles import profile_of
from iapt_report.words import area_brief, doubts, limits, made_from, people, standing, tables
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import (
    DASH,
    MINUS,
    count,
    exact_percent,
    how_many,
    joined,
    percent,
    percentage_points,
    rank,
    sentence,
)
from iapt_report.words.place_names import named

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from decimal import Decimal

    from iapt_report.analysis.facts import Area, FifthFacts
    from iapt_report.analysis.history import Change, Moment
    from iapt_report.words.findings import Findings

# Letters of a name that a table has room for.
_NAME = 60
_BOARD = " Integrated Care Board"
# Periods that a sentence has room for.
_MOST_PERIODS = 4
# Of an area's patients: so many more or less of whom the neighbourhood is not known are worth a word.
_MANY_UNKNOWN = 0.05
# What a column of periods is headed.
PERIODS = {"month": "Month", "quarter": "Quarter", "year": "Financial year"}
_KINDS = {"month": "month", "quarter": "quarter", "year": "financial year"}
_TO_REACH = {
    "recovery": "recover",
    "reliable_recovery": "reliably recover",
    "reliable_improvement": "reliably improve",
}
_FIFTHS = ("Most deprived fifth", "Second", "Middle", "Fourth", "Least deprived fifth")


def warning(f: Findings, area: Area) -> str:
    """Say what in an area's figures is doubtful, or in the whole source; empty where nothing is."""
    extreme = f"This {area_brief.noun(f.results)}’s rate is extreme beside the others." if area.outlier else ""
    check = "**Check these figures first.**" if extreme and not doubts.is_doubted(f, area) else ""
    return said(check, doubts.of_area(f, area), extreme, doubts.of_source(f))


def headline(f: Findings, area: Area) -> str:
    """Say where an area stands against the standard and against what is expected of it, in Markdown."""
    first, second = standing.standard(f, area), standing.expectation(f, area)
    begun = f"At {percent(area.recovery_rate)}, this {area_brief.noun(f.results)}’s {f.rate}"
    if first.verdict == second.verdict == "open":
        chance = "chance and rounding" if _is_rounded(area) else "chance alone"
        return (
            f"**{begun} is {standing.CLOSE}**: with {how_many_patients(f, area)}, {chance} could put it on either side "
            f"of {first.what} and of {second.what}."
        )
    return f"**{begun} {standing.together(first, second)}.**"


def _is_rounded(area: Area) -> bool:
    return percent(area.rate_low) != percent(area.rate_high)


def standing_rows(f: Findings, area: Area) -> str:
    """Give the rows of the table that holds an area against the standard and against what is expected of it."""
    own = standing.patients(f, area)
    called = area_brief.noun(f.results)
    rows = [(sentence(f.named_standard), standing.standard(f, area))]
    rows += [("Expected of its own patients", own)] if own else []
    rows += [(f"Usual in {called}s as deprived", standing.usual(f, area))]
    return "\n".join(f"| {words} | {against.figure} | {against.in_a_cell} |" for words, against in rows)


def chance_and_rounding(f: Findings, area: Area) -> str:
    """Give the range that chance and rounding leave open, and on how many patients the rate rests."""
    own = profile_of(f.results, area)
    what = "Chance and rounding leave" if _is_rounded(area) else "Chance leaves"
    few = "With so few patients this is an approximation." if area_brief.few_patients(area) else ""
    return said(
        f"Its rate rests on {how_many_patients(f, area)}. {what} it open between {percent(own.low)} and "
        f"{percent(own.high)} ({f.level.words} range); any yardstick inside that range counts as no different.",
        few,
    )


def how_many_patients(f: Findings, area: Area) -> str:
    """Give the patients behind a rate: "1 patient", "620 patients", "at most 620 patients"."""
    stands_in = (
        f.results.outcome.cases == "at_caseness"
        and f.sample.rates.cases_known < f.n
        and area.cases == area.finished_treatment
    )
    most = "at most " if stands_in else ""
    return f"{most}{count(int(area.cases))} {'patient' if area.cases == 1 else 'patients'}"


def short_of_standard(f: Findings, area: Area) -> str:
    """Say how many more patients would have had to reach the outcome; empty where the standard is met, or unknown."""
    own = profile_of(f.results, area)
    if not own.short:
        return ""
    about, number = ("", count(own.short)) if own.counts_exact else ("about ", people.about(own.short))
    more = f"{about}{number} more {'person' if own.short == 1 else 'people'}"
    would = f"would have had to {_TO_REACH[f.results.outcome.name]} to reach the {f.named_standard}."
    if standing.standard(f, area).verdict == "open":
        return f"Taken at face value, **{more}** {would}"
    return f"**{sentence(more)}** {would}"


def expected_of_patients(f: Findings, area: Area) -> str:
    """Explain what is expected of an area's own patients, and of how many that is not known."""
    found = standing.ratio(f, area)
    if found is None:
        return ""
    lacking = ""
    if found.unknown_share is not None and found.unknown_share >= _MANY_UNKNOWN:
        lacking = f"That leaves out {percent(found.unknown_share)} of them, whose counts are not published."
    return said(
        "Expected of its own patients is the rate of England’s patients from neighbourhoods as deprived as theirs.",
        lacking,
    )


def in_the_list(f: Findings, area: Area) -> str:
    """Say where the list of all areas, which goes by rates alone, has this one."""
    called = area_brief.noun(f.results)
    ignores = "ignores chance" if f.results.settings.interval == "fitted_mean" else "goes by the rate alone"
    so = "so " if _is_close(f, area) and area_brief.standing(area) != "neither" else ""
    return said(
        f"The list of all {called}s {ignores}, and {so}shows this one {tables.standing(f, area)}. The adjusted "
        f"benchmark for it is {percent(area.adjusted_low)}, the low end of a range around the usual rate.",
        limits.of_one_area(f, called),
    )


def _is_close(f: Findings, area: Area) -> bool:
    return "open" in {standing.standard(f, area).verdict, standing.usual(f, area).verdict}


def services_rows(f: Findings, area: Area) -> str:
    """Give the rows of the table of what a service did, beside all of them together; what is not known is left out."""
    profiles, own = f.results.profiles, profile_of(f.results, area).service
    if profiles is None:
        return ""
    every = profiles.together
    measures = (
        ("Recovery", own.recovery, every.recovery),
        ("Reliable recovery", own.reliable_recovery, every.reliable_recovery),
        ("Reliable improvement", own.reliable_improvement, every.reliable_improvement),
        ("Finished, of those referred", own.completed, every.completed),
    )
    rows = [f"| {name} | {percent(a)} | {percent(b)} |" for name, a, b in measures if a is not None and b is not None]
    return "\n".join((*rows, f"| Referrals | {count(area.referrals)} | {_half(f, profiles.referrals_median)} |"))


def _half(f: Findings, median: float) -> str:
    """Say of referrals what half of the areas had more than; their median by its name where ties make that untrue."""
    middle = round(median)
    more, fewer = (sum(step * (one.referrals - middle) > 0 for one in f.results.areas) for step in (1, -1))
    return f"half had over {count(middle)}" if abs(more - fewer) <= 1 and more else f"median {count(middle)}"


def definitions(f: Findings, area: Area) -> str:
    """Say in a line what the outcomes are that the page gives shares of."""
    own = profile_of(f.results, area).service
    if own.recovery is None:
        return f"{sentence(f.rate)}: {area_brief.outcome_in_plain_words(f.results)}."
    return said(
        "Recovery: no longer unwell at the end, of those unwell at the start who finished treatment.",
        "Reliable recovery: clearly better, too." if own.reliable_recovery is not None else "",
        "Reliable improvement: clearly better, of all who finished." if own.reliable_improvement is not None else "",
    )


def fifths_rows(f: Findings, area: Area) -> str:
    """Give the rows of the table of an area's patients by fifth of neighbourhoods, beside England's; empty without."""
    profiles, own = f.results.profiles, profile_of(f.results, area).fifths
    if profiles is None or not own:
        return ""
    here, there = (sum(one.cases or 0 for one in fifths) for fifths in (own, profiles.fifths))
    return "\n".join(
        f"| {words} | {_share(mine, here)} | {_share(all_, there)} | {_rate(mine)} | {_rate(all_)} |"
        for words, mine, all_ in zip(_FIFTHS, own, profiles.fifths, strict=True)
    )


def _share(one: FifthFacts, total: int) -> str:
    return DASH if one.cases is None or not total else percent(one.cases / total, 0)


def _rate(one: FifthFacts) -> str:
    return DASH if one.rate is None else percent(one.rate)


def fifths_note(f: Findings, area: Area) -> str:
    """Say what a dash in that table is, and whether its ends differ by more than chance."""
    own = profile_of(f.results, area)
    if not own.fifths:
        return ""
    unknown = any(one.cases is None or one.reached is None for one in own.fifths)
    empty = any(one.cases == 0 for one in own.fifths)
    why = {
        (True, False): f"{DASH}: the source does not give a count.",
        (False, True): f"{DASH}: it has no such patients.",
        (True, True): f"{DASH}: the source does not give a count, or it has no such patients.",
    }.get((unknown, empty), "")
    return said(_ends(f, area), why)


def _ends(f: Findings, area: Area) -> str:
    own = profile_of(f.results, area)
    if own.between_fifths is None:
        return ""
    points = _apart(own.fifths)
    if own.between_fifths.low <= 0 <= own.between_fifths.high or not points:
        return "Its most and its least deprived fifth cannot be told apart by their rates."
    england = _apart(f.results.profiles.fifths) if f.results.profiles else None
    return (
        f"Between its least and its most deprived fifth are {abs(points)} percentage points, "
        f"{'' if points > 0 else 'in favour of the more deprived, '}which chance does not explain"
        f"{f'; in England {england}' if england and england > 0 else ''}."
    )


def _apart(fifths: Sequence[FifthFacts]) -> Decimal | None:
    """Subtract the rate of the most deprived fifth from that of the least deprived, as both are printed."""
    most, least = fifths[0].rate, fifths[-1].rate
    return None if most is None or least is None else area_brief.difference(least, percent(most))


def neighbours_rows(area: Area, nearby: Sequence[Area]) -> str:
    """Give the rows of the table of neighbours, the area itself in bold; the words that end every name are left out."""
    formal = _BOARD if all(named(other).endswith(_BOARD) for other in nearby) else ""
    return "\n".join(
        _row(
            (
                rank(other.imd_rank),
                escape(area_brief.shortened(named(other).removesuffix(formal), _NAME)),
                percent(other.recovery_rate),
            ),
            range(3) if other.area_code == area.area_code else (),
        )
        for other in nearby
    )


def history_rows(moments: Sequence[Moment], changes: Sequence[Change | None], period: str) -> str:
    """Give the rows of the table of an area's history, the rate of the period reported in bold."""
    return "\n".join(
        _row(
            (one.called, percent(one.area.recovery_rate), exact_percent(one.standard), _change(change)),
            (1,) if one.period == period else (),
        )
        for one, change in zip(moments, changes, strict=True)
    )


def _change(change: Change | None) -> str:
    if change is None:
        return DASH
    points = _points(change)
    sign = MINUS if points < 0 else "+" if points else ""
    return f"{sign}{abs(points)}, {'beyond chance' if change.beyond else 'may be chance'}"


def _points(change: Change) -> Decimal:
    """Subtract the two rates as they are printed."""
    return area_brief.difference(change.after, percent(change.before))


def _row(cells: Sequence[str], bold: Collection[int]) -> str:
    """Write a row of a table, the cells at these places in bold."""
    return f"| {' | '.join(f'**{cell}**' if i in bold else cell for i, cell in enumerate(cells))} |"


def history_note(latest: Change | None, unshown: int, level: str) -> str:
    """Say what changed up to the period reported, with its interval, and what the table does not show.

    Parameters
    ----------
    latest : Change or None
    unshown : int
        How many more periods have figures.
    level : str
        Of the interval, in words: "95%".
    """
    more = f"{sentence(how_many(unshown, 'more period'))} {'has' if unshown == 1 else 'have'} figures, not shown."
    if latest is None:
        return more if unshown else ""
    return said(_changed(latest, level), more if unshown else "")


def _changed(change: Change, level: str) -> str:
    points = _points(change)
    if not points:
        return f"The rate is that of {change.since}."
    went = f"The rate {'fell' if points < 0 else 'rose'} by {abs(points)} percentage points since {change.since}"
    fall, rise = percentage_points(abs(change.low)), percentage_points(abs(change.high))
    if change.beyond:
        least, most = (fall, rise) if change.low > 0 else (rise, fall)
        return f"{went} ({level} range: {least} to {most}), which chance does not explain."
    return f"{went} ({level} range: a fall of {fall} to a rise of {rise}), which chance may explain."


def redrawn(f: Findings, periods: Sequence[str]) -> str:
    """Say that periods are not shown in which an area's code was that of other borders; empty where there is none."""
    n = len(periods)
    if not n:
        return ""
    which = joined(periods) if n <= _MOST_PERIODS else f"{count(n)} periods from {periods[0]} to {periods[-1]}"
    them = "that period is" if n == 1 else "those periods are"
    return f"In {which} the code of this {area_brief.noun(f.results)} stood for other borders, so {them} not shown."


def no_history(f: Findings, other_periods: int) -> str:
    """Say why there is no history."""
    if not other_periods:
        return f"There is no other {_KINDS[f.results.period.kind]} here to compare with."
    called = area_brief.noun(f.results)
    merged = " Areas that merge or split get other codes." if called == "area" else ""
    return f"No other period here has this {called}.{merged}"


def whom(f: Findings, when: str) -> str:
    """Say of what the figures are, and where they come from."""
    called = area_brief.noun(f.results)
    if f.results.period.synthetic:
        return f"The figures of every {called} here are invented, so nothing on this page is about a real service."
    return said(f"The figures are of {count(len(f.results.areas))} {called}s, {when}.", made_from.data_in_short(f))


def foot(f: Findings, contact: str, made_on: str) -> str:
    """Say whom to ask, when the page was made, and with what.

    Parameters
    ----------
    f : Findings
    contact : str
        As plain text; empty where there is none.
    made_on : str
        A date in words; empty where none is set.
    """
    return said(
        f"Contact: {escape(contact)}." if contact else "",
        f"Made {f'on {made_on} ' if made_on else ''}by iapt-report {made_from.version(f)}.",
    )
