from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import areas_from, some_rows
from iapt_report.analysis.study import analyse
from iapt_report.stats.agreement import Classification, Share
from iapt_report.stats.correlation import Correlation
from iapt_report.words import findings, numbers, sentences
from iapt_report.words.level import Level

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results

PROPORTION = st.floats(0, 1, allow_nan=False)
FIVE = Level(0.95)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(-0.27, 2, "−0.27"), (-0.001, 2, "0.00"), (0.385, 2, "0.39"), (37.756, 2, "37.76"), (None, 2, "not computable")],
)
def test_decimals(value: float | None, digits: int, text: str) -> None:
    assert numbers.decimal(value, digits) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (70, "70"),
        (4355, "4355"),
        (9999, "9999"),
        (10000, "10\u202f000"),
        (293400, "293\u202f400"),
        (-12000, "−12\u202f000"),
    ],
)
def test_counts_are_grouped_from_five_figures(n: int, text: str) -> None:
    assert numbers.count(n) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0000001, "< 0.001"),
        (0.00099, "< 0.001"),
        (0.001, "= 0.001"),
        (0.0044, "= 0.004"),
        (0.0094, "= 0.009"),
        (0.01, "= 0.01"),
        (0.0496, "= 0.0496"),
        (0.04996, "= 0.04996"),
        (0.05, "= 0.050"),
        (0.053, "= 0.053"),
        (0.056, "= 0.06"),
        (0.33, "= 0.33"),
        (0.9999, "> 0.99"),
        (None, "not computable"),
    ],
)
def test_p_values_follow_the_journal(p: float | None, text: str) -> None:
    assert FIVE.p_value(p).replace("\u00a0", " ") == f"P {text}"


@given(st.floats(0, 1))
def test_a_printed_p_value_is_on_its_side_of_five_per_cent(p: float) -> None:
    printed = FIVE.p_cell(p)
    if printed[0] in "<>":
        assert (p < 0.001) if printed[0] == "<" else (p > 0.99)
    elif abs(p - 0.05) > 1e-6:
        assert (float(printed) < 0.05) == FIVE.significant(p)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.27, 0.5, "0.27–0.50"),
        (-0.39, -0.14, "−0.39 to −0.14"),
        (-0.2, 0.07, "−0.20 to 0.07"),
        (None, 1, "not computable"),
        (0.0003, 0.48, "0.0003–0.4800"),
        (-0.3, -0.002, "−0.300 to −0.002"),
    ],
)
def test_a_dash_stands_only_between_positive_numbers(low: float | None, high: float | None, text: str) -> None:
    assert numbers.interval(low, high) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "none of the 211 areas"),
        (1, "1 of the 211 areas (0.5%)"),
        (153, "153 of the 211 areas (72.5%)"),
        (211, "all 211 areas"),
    ],
)
def test_a_share_of_areas(n: int, text: str) -> None:
    assert numbers.of_areas(n, 211) == text


def test_a_range_of_one_value_is_that_value() -> None:
    assert (numbers.count_range(70, 4355), numbers.count_range(70, 70)) == ("70–4355", "70")


@pytest.mark.parametrize(("n", "text"), [(0, "no area"), (1, "one area"), (2, "two areas"), (12, "12 areas")])
def test_a_number_of_areas(n: int, text: str) -> None:
    assert numbers.how_many(n, "area") == text


@pytest.mark.parametrize(
    ("rho", "word"),
    [
        (0.0, "negligible"),
        (-0.094, "negligible"),
        (0.0951, "weak"),
        (-0.27, "weak"),
        (0.3, "moderate"),
        (0.39, "moderate"),
        (-0.5, "strong"),
    ],
)
def test_the_strength_of_a_correlation_is_that_of_the_printed_figure(rho: float, word: str) -> None:
    assert findings.strength(rho) == word


@pytest.mark.parametrize(
    ("kappa", "word"),
    [
        (-0.2, "poor"),
        (0.0, "slight"),
        (0.2, "slight"),
        (0.21, "fair"),
        (0.45, "moderate"),
        (0.8, "substantial"),
        (0.85, "almost perfect"),
        (1, "almost perfect"),
    ],
)
def test_the_words_of_landis_and_koch(kappa: float, word: str) -> None:
    assert findings.kappa_words(kappa) == word


@pytest.mark.parametrize(
    ("rho", "p", "word"),
    [(0.39, 0.0001, "rising"), (-0.27, 0.001, "falling"), (0.3, 0.06, "none"), (None, None, "unknown")],
)
def test_a_tendency_needs_significance(rho: float | None, p: float | None, word: str) -> None:
    assert FIVE.tendency(Correlation(rho=rho, p=p, ci_low=None, ci_high=None, n=20)) == word


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_no_number_is_printed_with_a_hyphen_or_as_minus_zero(value: float, digits: int) -> None:
    text = numbers.decimal(value, digits)
    assert re.fullmatch(r"−?\d+(\.\d+)?", text)
    assert not re.fullmatch(r"−0(\.0+)?", text)


@given(PROPORTION)
def test_a_percentage_is_right_to_the_last_printed_digit(value: float) -> None:
    assert float(numbers.percent(value).rstrip("%")) == pytest.approx(value * 100, abs=0.0500001)


@pytest.mark.parametrize(("value", "text"), [(0.5, "50%"), (0.485, "48.5%"), (0.51, "51%"), (1.0, "100%")])
def test_a_standard_is_printed_with_the_decimals_it_has(value: float, text: str) -> None:
    assert numbers.exact_percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "three"), (2.25, "2.25"), (0.04, "0.04"), (0.001, "0.001"), (12.0, "12")]
)
def test_a_setting_is_printed_as_it_was_set(value: float, text: str) -> None:
    assert numbers.setting_number(value) == text


def test_what_is_empty_in_the_cross_table_goes_unsaid() -> None:
    nobody = Share(n=0, share=0.0)
    table = Classification(
        benchmark=0.5, below_national=nobody, below_adjusted=nobody, below_mean=nobody,
        both=1, national_only=0, adjusted_only=3, neither=20,
    )  # fmt: skip
    said = "one was below both, three below the adjusted benchmark alone and 20 below neither"
    assert sentences.placed(table, "national standard") == said


@pytest.mark.parametrize(("level", "text"), [(0.95, "5%"), (0.9, "10%"), (0.99, "1%"), (0.995, "0.5%"), (0.8, "20%")])
def test_what_lies_beyond_an_interval_is_told_as_exactly_as_its_level(level: float, text: str) -> None:
    assert Level(level).beyond == text


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("clinical commissioning group", "clinical commissioning groups"),
        ("local authority", "local authorities"),
        ("commissioning hub of the bay", "commissioning hub of the bays"),
        ("trust", "trusts"),
        ("branch", "branches"),
    ],
)
def test_nouns_have_their_plural(noun: str, many: str) -> None:
    assert numbers.plural(noun) == many


def flagging(results: Results, below: int, chance: int, spread: int) -> Results:
    counted = {"fitted_mean": below, "wilson": chance, "overdispersion": spread, "prediction": 0}
    benchmarks = tuple(b.model_copy(update={"of_chosen": counted[b.interval]}) for b in results.benchmarks)
    share = results.classification.below_adjusted.model_copy(update={"n": below})
    classification = results.classification.model_copy(update={"below_adjusted": share})
    return results.model_copy(update={"benchmarks": benchmarks, "classification": classification})


BEYOND, SPREAD = "beyond what chance alone explains", "beyond what chance and the variation between areas explain"


@pytest.mark.parametrize(
    ("below", "chance", "spread", "said"),
    [
        (1, 0, 0, f"The one area below it does not lie {BEYOND}"),
        (1, 1, 0, f"The one area below it lies {BEYOND}, but not {SPREAD}"),
        (1, 1, 1, f"The one area below it lies {BEYOND}, and {SPREAD}"),
        (2, 0, 0, f"Of the two areas below it, neither lies {BEYOND}"),
        (3, 0, 0, f"Of the three areas below it, none lies {BEYOND}"),
        (2, 1, 0, f"Of the two areas below it, one lies {BEYOND}, but not {SPREAD}"),
        (2, 2, 1, f"Of the two areas below it, both lie {BEYOND}, and one of these {SPREAD}"),
        (2, 2, 2, f"Of the two areas below it, both lie {BEYOND}, and {SPREAD}"),
        (5, 3, 3, f"Of the five areas below it, three lie {BEYOND}, and {SPREAD}"),
        (91, 55, 14, f"Of the 91 areas below it, 55 lie {BEYOND}, and 14 of these {SPREAD}"),
        (12, 12, 0, f"Of the 12 areas below it, all lie {BEYOND}, and none of these {SPREAD}"),
    ],
)
def test_what_lies_beyond_chance_is_said_of_any_number(
    reference: Results, below: int, chance: int, spread: int, said: str
) -> None:
    assert sentences.beyond_chance(flagging(reference, below, chance, spread)) == said


@cache
def of_so_many(n: int) -> Results:
    return analyse(areas_from(some_rows(n)))


@given(
    st.lists(st.tuples(st.floats(0.4, 0.6), st.floats(0, 0.02), st.booleans()), min_size=10, max_size=20),
    st.sampled_from([0.5, 0.48]),
)
def test_the_number_below_the_standard_lies_within_what_rounding_leaves_open(
    rates: list[tuple[float, float, bool]], standard: float
) -> None:
    r = of_so_many(len(rates))
    areas = tuple(
        area.model_copy(
            update={
                "recovery_rate": rate,
                "below_national": rate < standard,
                "rate_low": rate - reach if known else None,
                "rate_high": rate + reach if known else None,
            }
        )
        for area, (rate, reach, known) in zip(r.areas, rates, strict=False)
    )
    facts = r.standard.model_copy(update={"value": standard})
    least, most = findings.below_standard_bounds(r.model_copy(update={"areas": areas, "standard": facts}))
    assert least <= sum(area.below_national for area in areas) <= most
    assert most - least <= sum(known and abs(rate - standard) <= reach + 1e-6 for rate, reach, known in rates)


def test_a_gradient_that_one_test_finds_and_the_other_does_not(reference: Results) -> None:
    assert not findings.one_test_alone(reference)
    weaker = reference.gradient.model_copy(update={"p": 0.2})
    assert findings.one_test_alone(reference.model_copy(update={"gradient": weaker}))


def test_a_share_that_is_not_zero_does_not_print_as_zero() -> None:
    assert [numbers.share_explained(value) for value in (0.153, 0.0004, 0.0)] == ["15.3%", "less than 0.1%", "0.0%"]


@given(st.floats(0, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_what_is_significant_follows_the_level_of_the_intervals_and_prints_on_its_side(p: float, level: float) -> None:
    bound = Level(level).alpha
    assert bound == pytest.approx(1 - level)
    printed = Level(level).p_cell(p)
    if printed[0].isdigit() and abs(p - bound) > 1e-6:
        assert (float(printed) < bound) == Level(level).significant(p) == (p < bound)
