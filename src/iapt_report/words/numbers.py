"""Numbers and comparisons into the journal's text: small pieces, each the consequence of its number alone.

Sizes are named from the figures as printed, so that no sentence contradicts what its reader sees.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from iapt_report.areas.numerals import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence


MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
NOT_COMPUTED = "not computable"
# Wide enough for any number that a statistic can be.
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP)
_MORE_DIGITS = 2
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def rounded(value: float, digits: int) -> Decimal:
    """Round as a reader would: from the shortest decimal that is the number, halves away from zero."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be printed")
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), context=_ROUNDING)


def decimal(value: float | None, digits: int = 2) -> str:
    """``-0.27`` as "−0.27"; never "−0.00"."""
    if value is None:
        return NOT_COMPUTED
    number = rounded(value, digits)
    text = f"{abs(number):f}"
    return MINUS + text if number < 0 else text


def count(value: int) -> str:
    """``293400`` as "293 400", ``4355`` as "4355": grouped from five figures on, as the journal does."""
    text = grouped(abs(value))
    return MINUS + text if value < 0 else text


def percent(proportion: float | None, digits: int = 1) -> str:
    """``0.452`` as "45.2%"."""
    return NOT_COMPUTED if proportion is None else percentage_points(proportion, digits) + "%"


# A rate is printed on its area's page, and on those of its neighbours.
@lru_cache(maxsize=10_000)
def percentage_points(proportion: float | None, digits: int = 1) -> str:
    """``0.452`` as "45.2": a rate, or a difference of rates, in hundredths."""
    if proportion is None:
        return NOT_COMPUTED
    number = hundredths(proportion, digits)
    text = f"{abs(number):f}"
    return MINUS + text if number < 0 else text


def hundredths(proportion: float, digits: int = 1) -> Decimal:
    """Give a proportion in hundredths as it is printed, to compare what a reader sees."""
    return Decimal(repr(proportion)).scaleb(2).quantize(Decimal(1).scaleb(-digits), context=_ROUNDING)


def exact_percent(proportion: float) -> str:
    """``0.5`` as "50%", ``0.485`` as "48.5%": with the decimals it has."""
    return f"{Decimal(repr(proportion)).scaleb(2).normalize():f}%"


def setting_number(value: float) -> str:
    """``3.0`` as "three", ``2.25`` as "2.25": a number that a user set, with the decimals it has."""
    if value == int(value):
        return number_word(int(value))
    return f"{Decimal(repr(value)).normalize():f}"


def p_value(p: float | None, alpha: float) -> str:
    """``P < 0.001``, ``P = 0.004``, ``P = 0.33``: two decimals, more near ``alpha`` so that its side can be seen."""
    if p is None:
        return f"P{SPACE}{NOT_COMPUTED}"
    return f"P{SPACE}{p_cell(p, alpha, equals=True)}"


def p_cell(p: float | None, alpha: float, *, equals: bool = False) -> str:
    """Give a P value without its letter, for a table's cell or to follow ``P``."""
    bound = Decimal(repr(alpha))
    if p is None:
        return NOT_COMPUTED
    sign = f"={SPACE}" if equals else ""
    if p < 0.001:  # noqa: PLR2004
        return f"<{SPACE}0.001"
    if p > 0.99:  # noqa: PLR2004
        return f">{SPACE}0.99"
    digits = 3 if p < 0.0095 or rounded(p, 2) == bound else 2  # noqa: PLR2004
    while digits < 6 and (rounded(p, digits) < bound) != (p < alpha):  # noqa: PLR2004
        digits += 1
    return sign + decimal(p, digits)


def interval(low: float | None, high: float | None, digits: int = 2, *, as_percent: bool = False) -> str:
    """``-0.39, -0.14`` as "−0.39 to −0.14", ``0.401, 0.505`` as "0.40–0.51": a dash only between positive numbers.

    A limit that is not zero gets up to two more digits rather than print as zero.
    """
    if low is None or high is None:
        return NOT_COMPUTED
    show = percentage_points if as_percent else decimal
    most = digits + _MORE_DIGITS
    while digits < most and any(limit != 0 and not re.search("[1-9]", show(limit, digits)) for limit in (low, high)):
        digits += 1
    first, second = show(low, digits), show(high, digits)
    return f"{first} to {second}" if MINUS in first + second else f"{first}{DASH}{second}"


def count_range(low: int, high: int) -> str:
    """``70, 4355`` as "70–4355", ``70, 70`` as "70"."""
    return count(low) if low == high else f"{count(low)}{DASH}{count(high)}"


def rank(value: float) -> str:
    """``12.0`` as "12", ``12.5`` as "12.5": a deprivation rank, of areas that tie perhaps a mean rank."""
    if value == int(value):
        return count(int(value))
    return f"{Decimal(repr(value)).normalize():f}"


def number_word(n: int) -> str:
    """``0`` as "no", ``3`` as "three", ``12`` as "12"."""
    return _WORDS[n] if 0 <= n < len(_WORDS) else count(n)


def number_or_none(n: int) -> str:
    """``0`` as "none", ``3`` as "three", ``12`` as "12": a number without its noun."""
    return number_word(n) if n else "none"


def number_or_count(n: int) -> str:
    """``0`` as "none", ``3`` as "3": a number among numerals."""
    return count(n) if n else "none"


def plural(noun: str) -> str:
    """``"local authority"`` as "local authorities", ``"provider"`` as "providers"."""
    if re.search("[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search("(s|x|z|ch|sh)$", noun) else f"{noun}s"


def how_many(n: int, singular: str) -> str:
    """``1, "area"`` as "one area", ``12, "area"`` as "12 areas", ``0, "area"`` as "no area"."""
    return f"{number_word(n)} {singular if n in (0, 1) else singular + 's'}"


def of_areas(n: int, total: int) -> str:
    """``153, 211`` as "153 of the 211 areas (72.5%)", ``0`` as "none of the 211 areas", ``211`` as "all 211 areas"."""
    if n == 0:
        return f"none of the {count(total)} areas"
    if n == total:
        return f"all {count(total)} areas"
    return f"{count(n)} of the {count(total)} areas ({percent(n / total)})"


def of_those(n: int, total: int) -> str:
    """``191, 196`` as "191 of these", ``196, 196`` as "all of these", ``0`` as "none of these"."""
    if n == total:
        return "all of these" if n > 1 else "it"
    return f"{count(n)} of these" if n else "none of these"


def small_points(proportion: float) -> str:
    """``0.012`` as "1.2 percentage points"; what would print as zero as "less than 0.1 percentage points"."""
    printed = percentage_points(proportion)
    if proportion > 0 and not re.search("[1-9]", printed):
        return "less than 0.1 percentage points"
    return f"{printed} percentage points"


def sentence(text: str) -> str:
    """Begin ``text`` with a capital letter."""
    return text[:1].upper() + text[1:]


def joined(parts: Sequence[str]) -> str:
    """Join words: ``a, b, c`` as "a, b and c"."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def stars(p: float | None) -> str:
    """Give R's significance codes."""
    if p is None:
        return " "
    return next((code for bound, code in ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, ".")) if p < bound), " ")


def share_explained(r_squared: float | None) -> str:
    """``0.153`` as "15.3%"; what would print as zero as "less than 0.1%"."""
    if r_squared is None:
        return NOT_COMPUTED
    printed = percent(r_squared)
    return "less than 0.1%" if r_squared > 0 and not re.search("[1-9]", printed) else printed
