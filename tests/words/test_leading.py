"""What leads the brief: decided from size and certainty, borne out by three figures, and told in people."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import areas_from, some_rows
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.stats.inequality import Inequality
from iapt_report.stats.shortfall import PartsApart
from iapt_report.words import benchmarks, in_brief, options, people
from iapt_report.words.findings import findings_of
from iapt_report.words.numbers import number_word
from made_up import made_up_year, results_of_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.words.findings import Findings


def with_patients(results: Results, sii: float, low: float, high: float) -> Findings:
    """Give results a gap between patients, with tenths that have it too."""
    index = Inequality(sii=sii, sii_low=low, sii_high=high, rii=None, rii_low=None, rii_high=None, n=10)
    tenths = PartsApart(
        rate_most=0.5 - sii / 2, rate_least=0.5 + sii / 2, people_most=1000 * sii, people=5000 * sii, groups=1
    )
    return findings_of(
        results.model_copy(
            update={
                "inequality": results.inequality.model_copy(update={"patients": index, "clustered": True}),
                "people": results.people.model_copy(update={"patients": tenths}),
            }
        )
    )


def with_gradient(results: Results, estimate: float, p: float) -> Results:
    gap = results.gradient.model_copy(
        update={"estimate": estimate, "ci_low": estimate - 0.03, "ci_high": estimate + 0.03, "p": p}
    )
    rank = results.correlations.recovery_rate.model_copy(update={"rho": estimate, "p": p})
    correlations = results.correlations.model_copy(update={"recovery_rate": rank})
    return results.model_copy(update={"gradient": gap, "correlations": correlations})


@pytest.fixture(scope="module")
def flat(results_of: Callable[..., Results]) -> Results:
    return results_of(n=60, slope=0.0)


@pytest.fixture(scope="module")
def simulated() -> Results:
    return analyse(areas_from(some_rows(n=60, slope=0.0)), simulated_quarters=20)


@pytest.mark.parametrize(
    ("areas", "patients", "lead"),
    [
        ((0.1, 0.001), None, "areas"),
        ((-0.1, 0.001), None, "areas"),
        ((0.1, 0.001), (0.05, 0.02, 0.08), "areas"),
        ((0.05, 0.001), (0.14, 0.12, 0.16), "patients"),
        ((0.05, 0.6), (0.03, 0.01, 0.05), "patients"),
        ((0.2, 0.6), (0.03, 0.01, 0.05), "patients"),
        ((-0.02, 0.001), (0.14, 0.12, 0.16), "patients"),
        ((0.1, 0.001), (0.2, -0.1, 0.5), "areas"),
    ],
)
def test_the_larger_of_the_gaps_that_chance_does_not_explain_leads(
    flat: Results, areas: tuple[float, float], patients: tuple[float, float, float] | None, lead: str
) -> None:
    results = with_gradient(flat, *areas)
    found = findings_of(results) if patients is None else with_patients(results, *patients)
    assert found.lead == lead


def test_where_neither_is_there_the_benchmarks_or_the_level_lead_and_no_method(
    results_of: Callable[..., Results],
) -> None:
    seen = set()
    for level, standard, seed in ((0.5, 0.5, 1), (0.5, 0.3, 2), (0.4, 0.5, 3), (0.5, 0.52, 4)):
        found = findings_of(results_of(Settings(benchmark=standard), n=60, slope=0.0, level=level, seed=seed))
        if found.gradient.settled:
            continue
        seen.add(found.lead)
        said = in_brief.headline(found)
        assert not said.startswith(("These figures do not", "By the method"))
        if found.lead == "level":
            mean = found.sample.recovery_rate.mean
            side = "above" if round(100 * mean, 1) > 100 * standard else "below"
            assert re.search(f"{side} the (chosen|national) standard", said) or round(100 * mean, 1) == 100 * standard
    assert "level" in seen


def figures(found: Findings) -> list[str]:
    return [block.split("\n")[0] for block in in_brief.figures(found).split("::: {}\n")[1:]]


def test_the_three_figures_are_those_of_the_headline(flat: Results) -> None:
    patients = with_patients(with_gradient(flat, 0.01, 0.6), 0.14, 0.12, 0.16)
    assert in_brief.headline(patients).startswith("Of patients from the most deprived tenth of neighbourhoods, 43.0%")
    assert figures(patients)[:2] == ["14.0", "about 140"]
    turned = with_patients(with_gradient(flat, 0.01, 0.6), -0.14, -0.16, -0.12)
    assert "57.0% recovered; of those from the least deprived tenth, 43.0%" in in_brief.headline(turned)
    assert figures(turned)[0] == "14.0"
    assert "how much larger a share" in in_brief.figures(turned)
    assert "about" not in figures(turned)[1], "nobody lacks what the least deprived have"
    reversed_ = findings_of(with_gradient(flat, -0.1, 0.001))
    assert "larger share of patients recovered in more deprived areas" in in_brief.headline(reversed_)
    assert figures(reversed_)[0] == "10.0"
    assert "how much higher the recovery rate usual in the most deprived" in in_brief.figures(reversed_)


def test_what_areas_do_is_said_beside_a_headline_on_patients(flat: Results) -> None:
    usual = "the recovery rate usual in the most deprived area is 5.0 percentage points"
    for estimate, p, words in (
        (0.01, 0.6, "do not show such a gap"),
        (0.05, 0.001, f"the gap is smaller: {usual} lower"),
        (-0.05, 0.001, f"it is the other way round: {usual} higher"),
    ):
        assert words in in_brief.beside(with_patients(with_gradient(flat, estimate, p), 0.14, 0.12, 0.16))


@given(st.floats(0, 1e7))
def test_people_have_two_significant_digits_and_are_never_none(number: float) -> None:
    printed = people.about(number)
    value = int(printed.replace("\u202f", "").replace("\u00a0", ""))
    assert value >= 1
    assert len(str(value).rstrip("0")) <= 2
    if number >= 10:
        assert abs(value - number) <= 0.0501 * number


def test_people_are_said_where_counts_are_at_hand_and_not_else(
    flat: Results, results_of: Callable[..., Results]
) -> None:
    assert "areas below the national standard, about" in people.to_standard(findings_of(flat))
    unknown = flat.model_copy(update={"people": flat.people.model_copy(update={"to_standard": None, "areas": None})})
    assert people.to_standard(findings_of(unknown)) == in_brief.people_in_text(findings_of(unknown)) == ""
    assert people.as_the_least_deprived(findings_of(flat)) == "", "areas do not differ for certain"
    rising = findings_of(results_of(n=60, slope=0.3))
    assert "Had patients of the most deprived fifth of areas recovered as often" in in_brief.people_in_text(rising)
    falling = findings_of(results_of(n=60, slope=-0.3))
    assert people.as_the_least_deprived(falling) == ""
    assert in_brief.people_in_text(falling) == "", "a large figure says it"


def test_what_figures_say_of_options_follows_from_them(flat: Results) -> None:
    none = findings_of(with_gradient(flat, 0.01, 0.6))
    assert options.judge(none).startswith("cannot support")
    assert options.help_patients(none).startswith("cannot tell")
    falling = findings_of(with_gradient(flat, -0.1, 0.001))
    assert "give no ground" in options.judge(falling)
    less = with_patients(with_gradient(flat, 0.01, 0.6), 0.14, 0.12, 0.16)
    assert options.help_patients(less).startswith("support the aim")
    assert "the gap between patients is wider than that between areas" in options.help_patients(less)
    wide = with_patients(with_gradient(flat, 0.2, 0.001), 0.14, 0.12, 0.16)
    assert "money" not in options.help_patients(wide)
    more = with_patients(with_gradient(flat, 0.01, 0.6), -0.14, -0.16, -0.12)
    assert options.help_patients(more).startswith("do not support it")
    unsure = with_patients(with_gradient(flat, 0.01, 0.6), 0.02, -0.02, 0.06)
    assert options.help_patients(unsure).startswith("do not show")


def test_the_brief_says_in_short_which_options_its_figures_support(flat: Results) -> None:
    none = options.in_short(findings_of(with_gradient(flat, 0.01, 0.6)))
    assert "give no support to judging each area against equally deprived ones" in none
    assert "say nothing of doing more for patients from deprived neighbourhoods" in none
    less = options.in_short(with_patients(with_gradient(flat, 0.01, 0.6), 0.14, 0.12, 0.16))
    assert less.startswith("**In short:** these figures support doing more for patients from deprived neighbourhoods")
    assert less.endswith("Which to choose is not a matter of figures alone.")
    rising = options.in_short(findings_of(with_gradient(flat, 0.4, 0.001)))
    assert "support doing more for patients from deprived neighbourhoods, but only in part" in rising
    reversed_ = options.in_short(with_patients(with_gradient(flat, -0.1, 0.001), -0.14, -0.16, -0.12))
    assert "support doing more" not in reversed_
    assert "give no support to doing more for patients from deprived neighbourhoods or " in reversed_


def standing_out(results: Results, beyond: int, by_chance: float, differ: bool, below: int = 20) -> Findings:
    """Give results so many areas beyond chance, of the share that chance alone would put there."""
    tests = tuple(
        one.model_copy(update={"below": one.below.model_copy(update={"n": beyond})})
        if one.interval == "wilson"
        else one
        for one in results.benchmarks
    )
    simulation = results.simulation
    assert simulation is not None
    flagged = dict(simulation.flagged)
    overall = flagged["wilson"].overall.model_copy(update={"share": by_chance})
    flagged["wilson"] = flagged["wilson"].model_copy(update={"overall": overall})
    share = results.classification.below_adjusted.model_copy(update={"n": below})
    found = findings_of(
        results.model_copy(
            update={
                "benchmarks": tests,
                "simulation": simulation.model_copy(update={"flagged": flagged}),
                "classification": results.classification.model_copy(update={"below_adjusted": share}),
            }
        )
    )
    return replace(found, services_differ=differ)


@pytest.mark.parametrize(
    ("beyond", "by_chance", "differ", "said", "in_short"),
    [
        (
            12,
            0.05,
            True,
            "support it: 12 of 60 areas lie further below their usual rate",
            "these figures support looking",
        ),
        (1, 0.0, True, "support it: 1 of 60 areas lies further below its usual rate", "these figures support looking"),
        (
            3,
            0.05,
            True,
            "give it little ground: 3 of 60",
            "give little support to looking first at services that stand out",
        ),
        (
            12,
            0.05,
            False,
            "give it little ground: 12 of 60",
            "give little support to looking first at services that stand out",
        ),
        (0, 0.05, False, "give it nothing to act on", "give no support to looking"),
    ],
)
def test_services_that_stand_out_are_worth_a_look_where_more_do_than_by_chance(
    simulated: Results, beyond: int, by_chance: float, differ: bool, said: str, in_short: str
) -> None:
    found = standing_out(simulated, beyond, by_chance, differ)
    assert options.outlying(found).startswith(said)
    assert in_short in options.in_short(found)
    expected = round(by_chance * 60)
    if beyond:
        assert f"where {f'about {number_word(expected)}' if expected else 'fewer than one'} would by chance" in (
            options.outlying(found)
        )


def test_the_two_tests_of_services_are_told_apart_with_their_counts(flat: Results, simulated: Results) -> None:
    assert simulated.simulation is not None
    by_chance = round(simulated.simulation.flagged["fitted_mean"].overall.share * 60)
    fewer = options.outlying(standing_out(simulated, 12, 0.05, differ=True))
    assert f"about {number_word(by_chance)} of 60 areas would be below it by chance alone; 20 are." in fewer
    assert "can find more" not in fewer, "it finds fewer here"
    assert "can find more areas than the benchmark" in options.outlying(standing_out(simulated, 25, 0.05, differ=True))
    one = options.outlying(standing_out(simulated, 0, 0.05, differ=True, below=1))
    assert "by chance alone; one is." in one
    wilson = simulated.model_copy(update={"settings": simulated.settings.model_copy(update={"interval": "wilson"})})
    assert "This test is not" not in options.outlying(standing_out(wilson, 12, 0.05, differ=True)), (
        "it is the benchmark"
    )
    below = findings_of(flat).classification.below_adjusted.n
    assert f"ignores that chance; {number_word(below)} are below it." in options.outlying(findings_of(flat))


def test_the_people_of_the_most_deprived_tenth_are_said_to_be_part_of_all(flat: Results) -> None:
    found = with_patients(with_gradient(flat, 0.01, 0.6), 0.14, 0.12, 0.16)
    assert "about 700 more in England would have, about 140 of them from the most deprived tenth." in (
        people.as_the_least_deprived(found)
    )
    tenths = found.results.people.patients
    assert tenths is not None
    fewer = found.results.people.model_copy(update={"patients": tenths.model_copy(update={"people": 100.0})})
    apart = replace(found, results=found.results.model_copy(update={"people": fewer}))
    assert "of them" not in people.as_the_least_deprived(apart), "others have less to gain than nothing"


def test_real_tenths_make_the_numbers_of_people(tmp_path: Path) -> None:
    results = results_of_rows(tmp_path, made_up_year(11, 0.2, 0.08), Settings())
    assert results.case_mix is not None
    tenths = results.case_mix.adjustment.national
    found = results.people.patients
    assert found is not None
    assert found.people_most == pytest.approx((tenths[-1].rate - tenths[0].rate) * tenths[0].cases)
    assert found.people == pytest.approx(
        tenths[-1].rate * sum(t.cases for t in tenths) - sum(t.reached for t in tenths)
    )


def test_invented_figures_recommend_nothing(reference: Results, flat: Results) -> None:
    assert "recommends nothing" in options.preface(findings_of(reference))
    assert options.in_short(findings_of(reference)) == ""
    assert options.preface(findings_of(flat)) == ""


def test_what_could_not_be_otherwise_is_not_told_as_a_finding(simulated: Results) -> None:
    for standard, alone in ((0.95, "adjusted benchmark"), (0.05, "standard")):
        found = findings_of(analyse(areas_from(some_rows(n=60, slope=0.0)), Settings(benchmark=standard)))
        assert f"so no area can be below the {alone} alone." in benchmarks.one_way_only(found)
    limits = [area.adjusted_low for area in simulated.areas]
    middle = sum(limits) / len(limits)
    crossing = simulated.model_copy(
        update={
            "standard": simulated.standard.model_copy(update={"value": middle}),
            "classification": simulated.classification.model_copy(update={"national_only": 3, "adjusted_only": 0}),
        }
    )
    assert min(limits) < middle < max(limits)
    assert benchmarks.one_way_only(findings_of(crossing)).startswith("No area meets the")


def test_what_rounding_leaves_open_stands_beside_the_figure_it_is_about(tmp_path: Path, flat: Results) -> None:
    found = findings_of(results_of_rows(tmp_path, made_up_year(11, 0.2, 0.08), Settings()))
    assert "rounded" not in benchmarks.are_below_standard(found), "none is so near the standard"
    open_ = replace(found, benchmarks=replace(found.benchmarks, least=5, most=9))
    assert "areas (5 to 9, as published rates are rounded) are below the" in benchmarks.are_below_standard(open_)
    assert "rounded" not in benchmarks.are_below_standard(findings_of(flat))
