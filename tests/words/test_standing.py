"""One area against the standard and what is expected of it: no sentence that chance or rounding contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import areas_from, some_rows, table_of
from iapt_report.analysis.history import Change
from iapt_report.analysis.profiles import needed, profile_of
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.cells import Place
from iapt_report.areas.deciles import DECILES, ENGLAND, checked_deciles
from iapt_report.areas.doubts import Doubt
from iapt_report.areas.table import Precision
from iapt_report.words import area_brief, next_step, numbers, one_area, standing
from iapt_report.words.findings import findings_of
from prose import sentences_are_sound

if TYPE_CHECKING:
    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.areas.table import Areas
    from iapt_report.words.findings import Findings

# England's patients who recover, of 1000 in each tenth: 42% in the most deprived, 60% in the least.
ENGLISH = [400 + 20 * decile for decile in DECILES]
FELL = Change(0.55, 0.5, -0.08, -0.02, "2017-18")
MAY_HAVE_FALLEN = Change(0.52, 0.5, -0.05, 0.01, "2017-18")
# What the patients of one area did, tenth by tenth: those who could recover, and those who did.
Tenths = Sequence[tuple[int | None, int | None]]


def year(own: Tenths | None = None, *, areas: int = 14, **facts: Any) -> Areas:
    """Areas at 41% and 61% by turns, the first with these patients, and deciles of it and of England; else at 51%."""
    rows = some_rows(areas, level=0.51, noise=0.0)
    for i, row in enumerate(rows[1:]):
        row["recovered"] = round((0.61 if i % 2 else 0.41) * int(str(row["at_caseness"])))
    if own is None:
        return areas_from(rows, "2019-20", **facts)
    cases, reached = (sum(one[i] or 0 for one in own) for i in (0, 1))
    rows[0] |= {"at_caseness": cases, "finished_treatment": cases, "referrals": 3 * cases, "recovered": reached}
    table: list[dict[str, object]] = [
        {
            "area_code": code,
            "decile": decile,
            "finished_treatment": "" if n is None else n,
            "at_caseness": "" if n is None else n,
            "recovered": "" if o is None else o,
            "suppressed": ";".join(name for name, count in (("at_caseness", n), ("recovered", o)) if count is None),
        }
        for code, tenths in ((ENGLAND, tuple((1000, o) for o in ENGLISH)), ("T000", own))
        for decile, (n, o) in enumerate(tenths, start=1)
    ]
    deciles = checked_deciles(table_of(table), Place("deciles.csv", range(2, len(table) + 2)))
    return replace(areas_from(rows, "2019-20", **facts), deciles=deciles)


def first_of(areas: Areas, chosen: Settings | None = None) -> tuple[Findings, Area]:
    r = analyse(areas, chosen)
    return findings_of(r), r.areas[0]


def next_of(f: Findings, area: Area, latest: Change | None = None) -> str:
    text = next_step.words(f, area, area_brief.by_deprivation(f.results)[:11], latest)
    sentences_are_sound(text)
    return text


# The verdict


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10000).map(lambda n: n / 10000))
def test_a_range_that_crosses_a_figure_is_never_below_or_above_it(a: float, b: float, figure: float) -> None:
    low, high = sorted((a, b))
    told = standing.verdict(low, high, numbers.exact_percent(figure))
    if low <= figure <= high:
        assert told == "open"
    assert (told != "below") or high < figure
    assert (told != "above") or low > figure


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_verdict_is_that_of_the_figures_as_they_are_printed(a: float, b: float, figure: float) -> None:
    low, high = (numbers.percent(end) for end in sorted((a, b)))
    printed = numbers.percent(figure)
    told = standing.verdict(min(a, b), max(a, b), printed)
    assert (told == "below") == (standing_number(high) < standing_number(printed))
    assert (told == "above") == (standing_number(low) > standing_number(printed))


def standing_number(printed: str) -> float:
    return float(printed.rstrip("%"))


@settings(max_examples=20)
@given(
    st.integers(10, 30),
    st.integers(0, 99),
    st.sampled_from([-0.2, 0.0, 0.2]),
    st.sampled_from([0.0, 0.05, 0.2]),
    st.sampled_from(["random_effects", "replication"]),
    st.sampled_from([0.8, 0.95, 0.998]),
)
def test_no_line_says_below_or_above_where_the_range_crosses_and_none_contradicts_the_table_of_areas(
    n: int, seed: int, slope: float, noise: float, model: str, level: float
) -> None:
    rows = some_rows(n, slope=slope, noise=noise, seed=seed)
    chosen = Settings(model=model, confidence=level)  # type: ignore[arg-type]
    r = analyse(areas_from(rows), chosen)
    f = findings_of(r)
    for area in r.areas:
        own = profile_of(r, area)
        assert own.low <= area.recovery_rate + 1e-9
        assert own.high >= area.recovery_rate - 1e-9
        for against, figure in (
            (standing.standard(f, area), r.standard.value),
            (standing.usual(f, area), area.adjusted_rate),
        ):
            if own.low <= figure <= own.high:
                assert against.verdict == "open"
                assert "below" not in against.in_words
                assert "above" not in against.in_words
        if standing.standard(f, area).verdict == "below":
            assert area.below_national
        if standing.standard(f, area).verdict == "above":
            assert not area.below_national


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("below", "below", "is below the national standard of 50% and below what is usual (48.0%)"),
        ("below", "above", "is below the national standard of 50%, but is above what is usual (48.0%)"),
        ("below", "open", "is below the national standard of 50%, but is too close to what is usual (48.0%) to call"),
        ("open", "below", "is too close to the national standard of 50% to call, but is below what is usual (48.0%)"),
        ("above", "above", "is above the national standard of 50% and above what is usual (48.0%)"),
    ],
)  # fmt: skip
def test_two_verdicts_make_one_sentence(first: Any, second: Any, words: str) -> None:
    apart = area_brief.difference(0.47, "50%")
    standard = standing.Against("the national standard", 0.5, "50%", first, apart)
    usual = standing.Against("what is usual", 0.48, "48.0%", second, apart)
    assert standing.together(standard, usual) == words


# Own patients


def test_an_area_is_held_against_the_rate_of_english_patients_from_such_neighbourhoods() -> None:
    """400 patients, all of the most deprived tenth, of whom 42% recover in England."""
    f, area = first_of(year([(400, 168), *[(0, 0)] * 9]))
    against = standing.patients(f, area)
    assert against is not None
    assert (against.figure, against.verdict) == ("42.0%", "open")
    assert standing.standard(f, area).verdict == "below"
    assert one_area.headline(f, area) == (
        "**At 42.0%, this area’s recovery rate is below the national standard of 50%, but is too close to what is "
        "expected of its own patients (42.0%) to call.**"
    )
    assert one_area.standing_rows(f, area).splitlines()[1] == (
        "| Expected of its own patients | 42.0% | too close to call |"
    )


def test_without_deciles_of_an_area_it_is_held_against_areas_as_deprived_alone() -> None:
    f, area = first_of(year())
    assert standing.patients(f, area) is None
    assert "own patients" not in one_area.headline(f, area) + one_area.standing_rows(f, area)
    assert one_area.fifths_rows(f, area) == one_area.fifths_note(f, area) == ""
    assert one_area.expected_of_patients(f, area) == ""


def test_patients_are_told_by_fifth_and_a_withheld_count_makes_a_dash() -> None:
    own: Tenths = [(200, 60), (100, 30), (100, 50), (3, None), *[(50, 25)] * 4, (None, None), (100, 60)]
    f, area = first_of(year(own))
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in one_area.fifths_rows(f, area).splitlines()]
    assert rows[0] == ["Most deprived fifth", "50%", "20%", "30.0%", "43.0%"]
    assert rows[1][1:] == ["17%", "20%", "–", "47.0%"]
    assert rows[4][1:4] == ["–", "20%", "–"]
    assert "–: the source does not give a count." in one_area.fifths_note(f, area)


def test_a_fifth_without_patients_is_said_to_have_none() -> None:
    f, area = first_of(year([(400, 168), *[(0, 0)] * 9]))
    assert one_area.fifths_note(f, area) == "–: it has no such patients."


@pytest.mark.parametrize(
    ("most", "least", "words"),
    [
        (120, 180, "Between its least and its most deprived fifth are 20.0 percentage points, which chance does "
                   "not explain; in England 16.0."),
        (180, 120, "Between its least and its most deprived fifth are 20.0 percentage points, in favour of the more "
                   "deprived, which chance does not explain; in England 16.0."),
        (150, 155, "Its most and its least deprived fifth cannot be told apart by their rates."),
    ],
)  # fmt: skip
def test_the_ends_of_deprivation_are_compared_beyond_chance_alone(most: int, least: int, words: str) -> None:
    own: Tenths = [(150, most // 2)] * 2 + [(40, 20)] * 6 + [(150, least // 2), (150, least - least // 2)]
    f, area = first_of(year(own))
    assert one_area.fifths_note(f, area) == words


# People short of the standard


@given(st.integers(1, 30_000), st.sampled_from([0.5, 0.48, 0.51, 0.67, 0.4567]))
def test_with_so_many_more_people_the_standard_is_met_and_with_one_fewer_it_is_not(cases: int, standard: float) -> None:
    enough = needed(standard, cases)
    assert enough / cases >= standard - 1e-9
    assert (enough - 1) / cases < standard


@pytest.mark.parametrize(
    ("rounded_to", "words"),
    [
        (1, "**32 more people** would have had to recover to reach the national standard."),
        (5, "**About 32 more people** would have had to recover to reach the national standard."),
    ],
)
def test_people_short_of_the_standard_are_about_so_many_where_counts_are_rounded(rounded_to: int, words: str) -> None:
    f, area = first_of(year([(400, 168), *[(0, 0)] * 9], precision=Precision(rounded_to=rounded_to)))
    assert one_area.short_of_standard(f, area) == words


def test_nobody_is_short_where_the_standard_is_met_or_counts_are_not_known() -> None:
    f, area = first_of(year())
    assert area.recovery_rate > 0.5
    assert one_area.short_of_standard(f, area) == ""
    rows = some_rows(14)
    for row in rows:
        row |= {"recovered": "", "at_caseness": "", "recovery_rate": 0.4}
    f, area = first_of(areas_from(rows))
    assert area.below_national
    assert one_area.short_of_standard(f, area) == ""


# What the service did


def test_what_is_not_known_of_a_service_has_no_row() -> None:
    f, area = first_of(year())
    names = [line.split("|")[1].strip() for line in one_area.services_rows(f, area).splitlines()]
    assert names == ["Recovery", "Finished, of those referred", "Referrals"]


def test_all_areas_together_count_patients_not_areas() -> None:
    rows = some_rows(12, level=0.5, noise=0.0)
    rows[0] |= {"referrals": 100_000, "finished_treatment": 50_000, "at_caseness": 40_000, "recovered": 30_000}
    r = analyse(areas_from(rows))
    assert r.profiles is not None
    reached, cases = (sum(int(str(row[name])) for row in rows) for name in ("recovered", "at_caseness"))
    finished, referred = (sum(int(str(row[name])) for row in rows) for name in ("finished_treatment", "referrals"))
    assert r.profiles.together.recovery == pytest.approx(reached / cases)
    assert r.profiles.together.completed == pytest.approx(finished / referred)


# History


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (FELL, "The rate fell by 5.0 percentage points since 2017-18 (95% range: 2.0 to 8.0), which chance does not "
               "explain."),
        (Change(0.5, 0.55, 0.02, 0.08, "2017-18"), "The rate rose by 5.0 percentage points since 2017-18 (95% range: "
                                                   "2.0 to 8.0), which chance does not explain."),
        (Change(0.5, 0.51, -0.03, 0.05, "April to June 2019"), "The rate rose by 1.0 percentage points since April to "
            "June 2019 (95% range: a fall of 3.0 to a rise of 5.0), which chance may explain."),
        (Change(0.5, 0.50001, -0.03, 0.05, "2017-18"), "The rate is that of 2017-18."),
        (None, ""),
    ],
)  # fmt: skip
def test_a_change_is_said_with_what_chance_leaves_open(change: Change | None, words: str) -> None:
    assert one_area.history_note(change, 0, "95%") == words


# The next step


def test_doubtful_figures_are_checked_first_whatever_they_say() -> None:
    own: Tenths = [(400, 100), *[(0, 0)] * 9]
    doubt = Doubt("rate changed", "Test Area 000: 50% recovery before, 25% now.", "T000", "Test Area 000")
    f, area = first_of(year(own, doubts=(doubt,)))
    assert next_of(f, area, FELL) == (
        "Have these figures checked where they were recorded, before anything is concluded from them."
    )
    assert one_area.warning(f, area).startswith("**Check these figures first.** Test Area 000: 50% recovery")


def test_an_outlier_is_checked_first_and_told_so_once() -> None:
    rows = some_rows(14, noise=0.01)
    rows[0]["recovered"] = 1
    f, area = first_of(areas_from(rows))
    assert area.outlier
    assert next_step.which(f, area, None) == "check"
    assert one_area.warning(f, area) == (
        "**Check these figures first.** This area’s rate is extreme beside the others."
    )


def test_a_handful_of_patients_is_no_ground_to_act() -> None:
    rows = some_rows(14)
    rows[0] |= {"at_caseness": 6, "finished_treatment": 6, "referrals": 20, "recovered": 3}
    f, area = first_of(areas_from(rows, "2019-07"))
    assert next_of(f, area) == (
        "Do nothing on these figures alone, which rest on too few patients. Look at several months together."
    )


def test_low_for_its_own_patients_in_one_fifth_above_all_sends_to_that_fifth() -> None:
    own: Tenths = [(100, 42), (100, 44), (400, 100), (100, 48), *[(50, 25)] * 6]
    text = next_of(*first_of(year(own)))
    assert text.startswith("Find out why about 99 fewer of its patients recovered than is expected")
    assert (
        "Begin with those from the second most deprived fifth of neighbourhoods, where the shortfall is largest" in text
    )


def test_as_far_below_england_in_every_fifth_none_is_named_although_most_are_missing_from_the_largest() -> None:
    """Ten percentage points in every tenth; half of the patients are from the most deprived fifth."""
    sizes = (500, 500, *[125] * 8)
    own: Tenths = [(n, round(n * (o / 1000 - 0.1))) for n, o in zip(sizes, ENGLISH, strict=True)]
    text = next_of(*first_of(year(own)))
    assert "The rate falls short of England’s in every fifth of neighbourhoods." in text
    assert "Begin with" not in text


def test_where_some_fifths_do_as_well_as_england_and_none_stands_out_nothing_is_said_of_fifths() -> None:
    own: Tenths = [(60, 10), (60, 12), *[(30, 10)] * 6, (5, 5), (5, 4)]
    text = next_of(*first_of(year(own)))
    assert text.startswith("Find out why")
    assert "fifth" not in text


def test_where_counts_of_a_fifth_are_withheld_none_is_named_as_missing_most() -> None:
    own: Tenths = [(100, 42), (100, 44), (400, 100), (3, None), *[(50, 25)] * 6]
    text = next_of(*first_of(year(own)))
    assert text.startswith("Find out why")
    assert "Begin with" not in text


def test_low_by_chance_only_is_no_ground_to_act() -> None:
    own: Tenths = [(20, 8), (20, 8), *[(10, 5)] * 8]
    f, area = first_of(year(own))
    assert area.below_national
    assert next_of(f, area, MAY_HAVE_FALLEN) == (
        "Do nothing on this rate alone. It may be on either side of the standard, and is not shown to differ from what "
        "is expected of its own patients, so look at the next year first."
    )


def test_below_the_standard_with_such_patients_as_expected_is_no_fault_of_its_own() -> None:
    f, area = first_of(year([(400, 168), *[(0, 0)] * 9]))
    text = next_of(f, area)
    assert "It is not shown to do worse than is expected of its own patients" in text
    assert "look for what such patients need" in text


def test_a_fall_beyond_chance_is_looked_into_and_one_within_it_is_not() -> None:
    f, area = first_of(year())
    assert next_step.which(f, area, FELL) == "fell"
    assert next_of(f, area, FELL) == (
        "Find out what changed: since 2017-18 the rate fell by 5.0 percentage points, which chance does not explain."
    )
    assert "fell" not in next_of(f, area, MAY_HAVE_FALLEN)


def test_a_fall_beyond_chance_comes_first_where_the_rate_is_lower_than_expected_too() -> None:
    f, area = first_of(year([(400, 100), *[(0, 0)] * 9]))
    text = next_of(f, area, FELL)
    assert text.startswith("Find out what changed: since 2017-18 the rate fell by 5.0 percentage points")
    assert "Find out why about 68 fewer" in text


def finishing(finished: int) -> str:
    rows = some_rows(14, level=0.51, noise=0.05)
    for row in rows:
        row["referrals"] = 2 * int(str(row["finished_treatment"]))
    rows[0] |= {"referrals": 1000, "finished_treatment": finished, "at_caseness": finished, "recovered": finished // 2}
    return next_of(*first_of(areas_from(rows)))


@pytest.mark.parametrize(("finished", "asked"), [(300, True), (480, False), (600, False)])
def test_who_was_referred_and_did_not_finish_is_asked_about_where_clearly_more_did_not(
    finished: int, asked: bool
) -> None:
    text = finishing(finished)
    assert ("of those referred finished treatment" in text) == asked
    if asked:
        assert "Ask also why 30.0% of those referred finished treatment, against " in text


def test_too_close_to_call_gives_the_patients_and_what_it_is_too_close_to() -> None:
    f, area = first_of(year([(20, 8), (20, 8), *[(10, 5)] * 8]))
    assert one_area.headline(f, area) == (
        "**At 46.7%, this area’s recovery rate is too close to call**: with 120 patients, chance alone could put it on "
        "either side of the national standard of 50% and of what is expected of its own patients (49.7%)."
    )
    assert one_area.short_of_standard(f, area).startswith("Taken at face value, **4 more people** would have had to")
    assert "The list of all areas ignores chance, and so shows this one below" in one_area.in_the_list(f, area)


def test_a_gap_between_its_own_patients_beyond_chance_is_asked_about() -> None:
    own: Tenths = [(150, 65)] * 2 + [(40, 21)] * 6 + [(150, 90)] * 2
    text = next_of(*first_of(year(own)))
    assert text == (
        "Ask what would help its patients from the most deprived neighbourhoods: of those from the most deprived fifth "
        "43.3% recovered, of those from the least deprived fifth 60.0%."
    )


def test_better_than_expected_beyond_chance_is_told_to_others() -> None:
    text = next_of(*first_of(year([(400, 300), *[(0, 0)] * 9])))
    assert text.startswith("Find out what works here, and tell others: more of its patients recovered")


def test_low_beyond_chance_names_a_neighbour_that_is_surely_higher() -> None:
    rows = some_rows(14, level=0.5, noise=0.0)
    for i, row in enumerate(rows):
        row["recovered"] = round((0.52 if i % 2 else 0.38) * int(str(row["at_caseness"])))
    large = {"at_caseness": 2000, "finished_treatment": 2100, "referrals": 6000}
    rows[3] |= {**large, "recovered": 800}
    rows[4] |= {**large, "recovered": 1100}
    rows[5] |= {"at_caseness": 10, "finished_treatment": 10, "referrals": 60, "recovered": 6}
    r = analyse(areas_from(rows))
    f, area = findings_of(r), r.areas[3]
    assert next_step.which(f, area, None) == "deprivation"
    text = next_step.words(f, area, r.areas[1:8])
    assert (
        "Ask Test Area 004 (rank 5, 55.0%) what it does: its rate is the highest that is sure of the six areas next in "
        "deprivation." in text
    )
    asked = next_step.to_ask(f, area, r.areas[1:8])
    assert [one.area_code for one in area_brief.listed(r.areas[3:10], area, r.areas[9])] == [
        "T003", "T004", "T005", "T009",
    ]  # fmt: skip
    assert asked == r.areas[4]


def test_of_an_invented_area_the_step_is_said_to_be_of_a_real_one() -> None:
    f, area = first_of(year(synthetic=True))
    assert next_of(f, area).startswith("The figures are invented; of a real area this would be said. ")


@settings(max_examples=20)
@given(st.integers(0, 99), st.sampled_from([0.0, 0.05, 0.2]), st.sampled_from([-0.2, 0.0, 0.2]))
def test_every_step_is_sound_and_none_blames_an_area_whose_range_holds_what_is_expected(
    seed: int, noise: float, slope: float
) -> None:
    r: Results = analyse(areas_from(some_rows(12, noise=noise, seed=seed, slope=slope)))
    f, ordered = findings_of(r), area_brief.by_deprivation(r)
    for place, area in enumerate(ordered):
        text = next_step.words(f, area, area_brief.neighbourhood(ordered, place))
        sentences_are_sound(text)
        own = profile_of(r, area)
        if own.low <= area.adjusted_rate <= own.high:
            assert "fewer of its patients" not in text
            assert "what works here" not in text
