"""What changed since the last period, in plain words: figures then and now, who crossed a benchmark, and chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iapt_report.stats.movement import FEWEST
from iapt_report.words import over_time, place_names
from iapt_report.words.area_brief import shortened
from iapt_report.words.findings import chosen_or_national
from iapt_report.words.level import Level
from iapt_report.words.markdown import escape, said
from iapt_report.words.numbers import (
    DASH,
    MINUS,
    count,
    decimal,
    exact_percent,
    how_many,
    hundredths,
    interval,
    joined,
    number_or_none,
    number_word,
    percent,
    percentage_points,
    sentence,
    small_points,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iapt_report.analysis.since import AreaChange, Crossed, Crossing, Side, Since

# What is read in a paragraph; the table has every one.
_MOST_LISTED = 6
_MOST_NAMED = 4
_NAME = 60


def summary(s: Since) -> str:
    """Say in a sentence, without markup, what the headline figures did."""
    return f"Since {s.then.months}, {_figures(s)}"


def _figures(s: Since) -> str:
    then, now = s.then, s.now
    return (
        f"{_mean(s)} {_went(percent(then.mean_rate), percent(now.mean_rate))}, "
        f"the number of areas below the {_standard(s)} {_went(*_counts(s, then.below_national, now.below_national))}, "
        "and the number below the benchmark adjusted for deprivation "
        f"{_went(*_counts(s, then.below_adjusted, now.below_adjusted))}."
    )


def _mean(s: Since) -> str:
    return f"the mean {s.outcome} rate of areas"


def _counts(s: Since, then: int, now: int) -> tuple[str, str]:
    """Give two numbers of areas, each with that of all areas and per cent where these are not the same."""
    if s.then.areas == s.now.areas:
        return (count(then), count(now)) if then != now else (f"{count(then)} of {count(s.now.areas)}",) * 2
    return _share(s.then, then), _share(s.now, now)


def _went(then: str, now: str) -> str:
    return f"stayed at {now}" if then == now else f"went from {then} to {now}"


def _standard(s: Since) -> str:
    return f"{chosen_or_national(national=s.now.national)} standard"


def compared(s: Since) -> str:
    """Say which periods are set side by side, and which areas."""
    if s.last:
        gap = "" if s.consecutive else "The time between the two periods is not covered here."
        chosen = ", the last period before it that was analysed alike"
    else:
        gap = "" if s.consecutive else "They do not follow one another at once."
        chosen = ", both analysed alike"
    return said(
        f"This page sets {s.now.months} ({s.now.period}) beside {s.then.months} ({s.then.period}){chosen}: the same "
        f"outcome, settings and kind of area ({escape(s.area_type)}).",
        gap,
    )


def differences(s: Since) -> str:
    """List what differs between the periods beside time, or say that nothing does that is known here."""
    found = [text for text in (_edition(s), _boundaries(s), _areas(s), _outliers(s), _standards(s)) if text]
    if not found:
        return (
            "Beside time, nothing differs that this page knows of: the index of deprivation and its edition, the "
            f"number of areas and the {_standard(s)} are the same."
            if s.then.deprivation and s.now.deprivation
            else f"The number of areas and the {_standard(s)} are the same in both."
        )
    items = "\n".join(f"- {text}" for text in found)
    return f"Beside time, this differs between the two:\n\n{items}\n"


def _edition(s: Since) -> str:
    then, now = s.then.deprivation, s.now.deprivation
    if (then is None) != (now is None):
        known, period = (then, s.then.period) if then else (now, s.now.period)
        edition = known.edition if known else 0
        return (
            f"Areas are ranked by the index of deprivation of {edition} in {period}; which one it is in the other "
            "period is not known here, and ranks may differ for that reason alone."
        )
    if then is None or now is None or then.edition == now.edition:
        return ""
    return (
        f"Areas are ranked by the index of deprivation of {then.edition} in {s.then.period}, and by that of "
        f"{now.edition} in {s.now.period}. An area’s rank, its adjusted benchmark and the gradient can differ for that "
        "reason alone."
    )


def _boundaries(s: Since) -> str:
    then, now = s.then.deprivation, s.now.deprivation
    if then is None or now is None or (then.level, then.boundaries) == (now.level, now.boundaries):
        return ""
    return (
        f"The boundaries of the areas are those of April {then.boundaries} in {s.then.period}, and those of April "
        f"{now.boundaries} in {s.now.period}."
    )


def _areas(s: Since) -> str:
    if s.then.areas == s.now.areas == s.compared:
        return ""
    joint = f", {how_many(s.joined, 'area')} as the sum of those {_it_was(s.joined)} made of" if s.joined else ""
    numbers = (
        f"{count(s.now.areas)} areas are analysed in each"
        if s.then.areas == s.now.areas
        else f"{count(s.then.areas)} areas are analysed then, and {count(s.now.areas)} now"
    )
    those = "none" if not s.compared else "one" if s.compared == 1 else count(s.compared)
    itself = "is compared with itself" if s.compared == 1 else "are compared with themselves"
    return said(f"{numbers}; {those} of those now {itself}{joint}.", _redrawn(s))


def _it_was(n: int) -> str:
    return "it was" if n == 1 else "they were"


def _redrawn(s: Since) -> str:
    n = len(s.redrawn)
    if not n:
        return ""
    names = [escape(name) for name in s.redrawn[:_MOST_NAMED]]
    more = [f"{number_word(n - _MOST_NAMED)} more"] if n > _MOST_NAMED else []
    has, its = ("has", "its code") if n == 1 else ("have", "their codes")
    return f"{joined([*names, *more])} {has} other borders now under {its}, and {'is' if n == 1 else 'are'} not."


def _outliers(s: Since) -> str:
    then, now = s.then.outliers, s.now.outliers
    if then == now:
        return ""
    return (
        f"Areas with an extreme rate that were kept from bearing on the gradient: {number_or_none(then)} then, "
        f"{number_or_none(now)} now."
    )


def _standards(s: Since) -> str:
    if s.then.standard == s.now.standard:
        return ""
    return (
        f"The {_standard(s)} was {exact_percent(s.then.standard)} then and is {exact_percent(s.now.standard)} now: "
        "areas can be on the other side of it with the rate that they had."
    )


def figures_rows(s: Since) -> str:
    """Give the rows of the table of headline figures."""
    level = Level(s.confidence)
    rows = (
        (f"Mean {s.outcome} rate of areas", percent(s.then.mean_rate), percent(s.now.mean_rate)),
        (f"Areas below the {_standard(s)}", *(_share(side, side.below_national) for side in (s.then, s.now))),
        ("Areas below the adjusted benchmark", *(_share(side, side.below_adjusted) for side in (s.then, s.now))),
        ("Gradient, percentage points", *(percentage_points(side.gradient.estimate) for side in (s.then, s.now))),
        (f"Its {level.words} confidence interval", *map(_interval, (s.then, s.now))),
    )
    return "\n".join(f"| {words} | {then} | {now} |" for words, then, now in rows)


def _share(side: Side, n: int) -> str:
    return f"{count(n)} of {count(side.areas)} ({percent(n / side.areas)})"


def _interval(side: Side) -> str:
    return interval(side.gradient.ci_low, side.gradient.ci_high, 1, as_percent=True)


def gradient(s: Since) -> str:
    """Say what the gradient is, and whether it changed, as the test of these two periods has it."""
    level = Level(s.confidence)
    meaning = (
        "The gradient is the rate expected in the least deprived area minus that in the most deprived: above zero, "
        "areas of greater deprivation do less well."
    )
    found = s.trend.change
    unsettled = found is not None and found.p is not None and not level.significant(found.p)
    remains = "That is not to say that it stayed the same: any change within the interval remains possible."
    return said(meaning, over_time.change(s.trend, level), remains if unsettled else "")


def moved(s: Since) -> str:
    """Say how many areas rose and fell beyond chance, and how many beyond what services usually do."""
    n = len(s.areas)
    if not n:
        return "No area is in both periods, so none can be compared."
    rose, fell = (sum(area.beyond_chance and sign * area.change > 0 for area in s.areas) for sign in (1, -1))
    if not rose and not fell:
        return f"In none of the {how_many(n, 'area')} compared did the rate change by more than chance explains."
    start = (
        f"Of the {how_many(n, 'area')} compared, {number_or_none(rose)} rose and {number_or_none(fell)} fell by more "
        "than chance explains"
    )
    if s.movement is None:
        return f"{start}."
    return f"{start}. {_unusual(rose + fell, sum(area.beyond_usual for area in s.areas))}"


def _unusual(changed: int, unusual: int) -> str:
    if changed == 1:
        return f"It {'moved' if unusual else 'did not move'} further than areas usually do between the two periods."
    return f"Of these, {number_or_none(unusual)} moved further than areas usually do between the two periods."


def method(s: Since) -> str:
    """Say what the two limits allow for, and how many of areas that are alike would be beyond the second."""
    level, n = Level(s.confidence), len(s.areas)
    if not n:
        return ""
    chance_ = (
        f"The interval is Newcombe’s {level.words} interval of the difference of two rates, which allows for chance in "
        "the patients of both periods."
    )
    if s.movement is None:
        return said(chance_, f"Of fewer than {FEWEST} areas it cannot be told how far services usually move.")
    usual = (
        "it also allows for how far the true rates of services move from period to period anyway: a standard deviation "
        f"of {small_points(s.movement.tau2**0.5)} about the mean change of "
        f"{percentage_points(s.movement.mean)} percentage points"
        if s.movement.tau2 > 0
        else "the areas moved about their mean change no more than chance explains, so that it is no wider"
    )
    return said(
        chance_,
        f"Beyond the usual movement is a change that is beyond chance, and further from the mean change than a second "
        f"interval reaches; {usual}. Of areas that only move as is usual, about {level.beyond} would be outside.",
    )


def points(area: AreaChange) -> str:
    """Give an area's change in percentage points, the difference of the two rates as printed: "+2.9", "−3.0"."""
    change = hundredths(area.rate_now) - hundredths(area.rate_then)
    if not change:
        return "0.0"
    return f"{'+' if change > 0 else MINUS}{abs(change):f}"


def limits(area: AreaChange) -> str:
    """Give the interval of an area's change by chance alone, in percentage points."""
    return interval(area.low, area.high, 1, as_percent=True)


def beyond(area: AreaChange) -> str:
    """Say what an area's change is beyond: "usual movement", "chance", or "neither"."""
    return "usual movement" if area.beyond_usual else "chance" if area.beyond_chance else "neither"


def areas_rows(s: Since) -> str:
    """Give the rows of the table of every area compared, for print."""
    return "\n".join(
        f"| {escape(shortened(place_names.named(area), _NAME))}{'‡' * area.doubted} | "
        f"{percentage_points(area.rate_then)} | {percentage_points(area.rate_now)} | {points(area)} | {limits(area)} | "
        f"{_in_print(beyond(area))} | {crossed_standard(area)} | {crossed_adjusted(area)} |"
        for area in s.areas
    )


def _in_print(words: str) -> str:
    return DASH if words == "neither" else words


def in_brief(s: Since) -> str:
    """Say for those who decide what changed since the last period, with what else may have made it."""
    return said(sentence(_figures(s)), moved(s), _caveat(s))


def _caveat(s: Since) -> str:
    """Say in one sentence what beside time can move an area across a benchmark."""
    other = [
        words
        for words, there in (
            ("another index of deprivation", bool(_edition(s))),
            ("other boundaries", bool(_boundaries(s)) or bool(s.redrawn)),
            ("another standard", bool(_standards(s))),
        )
        if there
    ]
    gap = "" if s.consecutive else "The time between the two periods is not covered here."
    return said(f"{sentence(joined([*other, 'chance']))} can move an area across a benchmark too.", gap)


def national(s: Since) -> str:
    """Say how many areas crossed the standard, and which ones moved most."""
    return said(_crossed(s, s.national, f"the {_standard(s)} of {exact_percent(s.now.standard)}"), _who(s.national))


def adjusted(s: Since) -> str:
    """Say how many areas crossed the adjusted benchmark."""
    moves = "The benchmark itself moves from period to period with the figures of all areas."
    return said(_crossed(s, s.adjusted, "the adjusted benchmark"), moves if s.adjusted.every else "")


def _crossed(s: Since, found: Crossed, benchmark: str) -> str:
    fell, rose = len(found.fell), len(found.rose)
    if not s.compared:
        return f"None can be said to have crossed {benchmark}."
    if not fell and not rose:
        return f"No area of the {count(s.compared)} compared crossed {benchmark}."
    are = "is" if rose == 1 else "are"
    start = f"Of the {count(s.compared)} areas compared,"
    if fell and rose:
        return f"{start} {number_word(fell)} fell below {benchmark}, and {number_word(rose)} {are} no longer below it."
    if fell:
        return f"{start} {number_word(fell)} fell below {benchmark}; none that was below it is so no longer."
    return f"{start} {number_word(rose)} {are} no longer below {benchmark}; none fell below it."


def _who(found: Crossed) -> str:
    """Name those that fell below and those that are no longer below, as far as there is room."""
    return said(_these("Now below it", found.fell), _these("No longer below it", found.rose))


def _these(start: str, areas: Sequence[Crossing]) -> str:
    if not areas:
        return ""
    text, more = place_names.listed(areas, _MOST_LISTED, _then_and_now)
    if not more:
        return f"{start}: {text}."
    return f"{start}, the largest changes first: {text}; the other {number_word(more)} are in the table below."


def _then_and_now(one: Crossing) -> str:
    doubt = ", in doubt" if one.doubted else ""
    return f"{percent(one.rate_then)}, then {percent(one.rate_now)}{doubt}"


_SIDES = {"fell": "now below", "rose": "no longer below", "": ""}


def crossed_standard(area: AreaChange) -> str:
    """Say on which side of the standard an area now is, where it crossed it; empty where it did not."""
    return _SIDES[area.national]


def crossed_adjusted(area: AreaChange) -> str:
    """Say the same of the adjusted benchmark."""
    return _SIDES[area.adjusted]


def doubted(s: Since) -> str:
    """Explain the sign at areas whose figures are in doubt, where there is one."""
    if not any(area.doubted for area in s.areas):
        return ""
    return "‡ The source makes the figures of this area doubtful; its page and the paper say why."


def chance(s: Since) -> str:
    """Caution that areas cross a benchmark by chance, with how many of those who did differ by more than that."""
    level = Level(s.confidence)
    crossed = {one.area_code: one for one in (*s.national.every, *s.adjusted.every)}
    n, beyond = len(crossed), sum(one.beyond_chance for one in crossed.values())
    caution = (
        "Areas cross a benchmark by chance too: those close to it would do so from one period to the next if nothing "
        "had changed."
    )
    if not n:
        return caution
    counted = (
        f"Of the {how_many(n, 'area')} that crossed either benchmark, the two rates differ by more than chance alone "
        f"explains in {number_or_none(beyond)}"
        if n > 1
        else "Of the one area that crossed a benchmark, the two rates "
        f"{'differ' if beyond else 'do not differ'} by more than chance alone explains"
    )
    return said(
        caution,
        f"{counted} (Newcombe’s {level.words} interval of the difference holds no zero). "
        f"Chance alone puts about {_one_in(s)} there of all that are compared.",
        "Neither a crossing nor its absence is a verdict on a service.",
    )


def _one_in(s: Since) -> str:
    times = 1 / Level(s.confidence).alpha
    return f"one area in {count(round(times))}" if abs(times - round(times)) < 0.01 else decimal(100 / times, 1) + "%"  # noqa: PLR2004
