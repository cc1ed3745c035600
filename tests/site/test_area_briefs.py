"""One area's brief: its files' names, whom it is about, and that every sentence is borne out by the figures."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from conftest import areas_from, some_rows, table_of
from iapt_report.analysis.history import MOST_SHOWN, History, history, moment
from iapt_report.analysis.profiles import profile_of
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.cells import Place
from iapt_report.areas.outcomes import OUTCOMES
from iapt_report.areas.period import Period
from iapt_report.areas.table import Areas, checked, select
from iapt_report.documents.area_files import area_page
from iapt_report.documents.area_text import texts
from iapt_report.documents.page import document_text
from iapt_report.figures.axis import axis
from iapt_report.figures.one_area import background, marked
from iapt_report.site.area_choice import Choice, choose
from iapt_report.system.errors import CallError, DataError
from iapt_report.words import area_brief, findings, numbers
from iapt_report.workspace.paper import Paper
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import scaffold
from prose import sentences_are_sound

if TYPE_CHECKING:
    from collections.abc import Callable

    from iapt_report.analysis.facts import Area
    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

TEMPLATE = scaffold() / "templates" / "area.qmd.jinja"
NO_HISTORY = History({}, {}, 0, ())
# What a reader who knows no statistics would have to look up.
JARGON = re.compile(
    r"[\u0370-\u03ff²]|\bP\s*[=<>]|\b(statistic\w*|significan\w*|regression|confidence|interval|caseness|correlation|"
    r"overdispers\w*|Wilson|residual|variance|coefficient|outlier|fitted|model)\b"
)


def brief_of(r: Results, area: Area, past: History = NO_HISTORY, **options: Any) -> str:
    options = {"beside": Path("nowhere"), "pdf": False, **options}
    (text,) = texts(r, [area], past, TEMPLATE, **options)
    return text


def as_one_line(text: str) -> str:
    return " ".join(text.split())


def said(text: str) -> str:
    """What a reader reads: from the headline on, without tables and blocks of code."""
    body = text[text.index("abstract: |") + len("abstract: |") :].replace("\n---\n", "\n\n")
    body = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    lines = [line for line in body.splitlines() if not line.startswith(("|", "!", "#", ":::"))]
    return as_one_line(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", "\n".join(lines)).replace("**", ""))


def row(text: str, first: str) -> list[str]:
    """The cells of the first row of a table that begins so."""
    line = next(line for line in text.splitlines() if line.replace("*", "").startswith(f"| {first} |"))
    return [cell.strip().replace("*", "") for cell in line.strip("|").split("|")]


# Names of files


@given(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=8, unique=True))
def test_every_code_has_a_file_name_of_its_own_on_every_file_system(codes: list[str]) -> None:
    pages = [area_page(code) for code in codes]
    assert len({page.casefold() for page in pages}) == len(codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", page) for page in pages)


@pytest.mark.parametrize("code", ["01A", "E54000008", "QE1", "SYN001", "RX-1"])
def test_an_nhs_or_ons_code_is_its_own_file_name(code: str) -> None:
    assert area_page(code) == code


@pytest.mark.parametrize(
    "code", ["../../etc", "/tmp/x", "a b", "x.html", "con", "CON", "COM1", "01a", "é", "-X", "A" * 200]
)
def test_a_code_that_is_no_file_name_never_becomes_one(code: str) -> None:
    page = area_page(code)
    assert page != code
    assert not set(page) & set("./\\: ")
    assert "_" in page


# Whom it is about


def named_areas() -> Results:
    rows = some_rows(14)
    names = ["NHS North Vale CCG", "NHS South Vale CCG", "The Fells Integrated Care Board", "NHS Fells ICB"]
    for i, name in enumerate(names):
        rows[i]["area_name"] = name
    rows[13] |= {"recovered": "*", "recovery_rate": "", "area_name": "NHS Hidden Dale CCG"}
    return analyse(areas_from(rows))


@pytest.mark.parametrize(
    "asked", ["T000", "t000", "NHS North Vale CCG", "north vale", " North  VALE clinical commissioning group "]
)
def test_an_area_is_found_by_code_or_by_name_without_formal_words(asked: str) -> None:
    assert [area.area_code for area in choose(named_areas(), [asked]).areas] == ["T000"]


def test_areas_named_twice_are_made_once_and_in_the_order_asked_for() -> None:
    r = named_areas()
    assert [area.area_code for area in choose(r, ["T001", "north vale", "south vale"]).areas] == ["T001", "T000"]


def test_without_a_name_all_areas_that_were_analysed_are_chosen() -> None:
    r = named_areas()
    assert choose(r, []) == Choice(r.areas, every=True, skipped=1)


def test_an_unknown_name_gets_the_nearest_names() -> None:
    with pytest.raises(CallError, match=r"there is no area 'noth vale'(?s:.*)NHS North Vale CCG \(T000\)"):
        choose(named_areas(), ["noth vale"])


def test_part_of_a_name_gets_the_names_that_hold_it() -> None:
    with pytest.raises(CallError) as raised:
        choose(named_areas(), ["vale"])
    assert "NHS North Vale CCG (T000), NHS South Vale CCG (T001)" in (raised.value.expected or "")


def test_a_name_of_two_areas_gets_their_codes() -> None:
    with pytest.raises(CallError, match=r"is the name of 2 areas(?s:.*)T002(?s:.*)T003"):
        choose(named_areas(), ["fells"])


@pytest.mark.parametrize("asked", ["T013", "hidden dale"])
def test_an_area_that_is_not_analysed_gets_the_reason(asked: str) -> None:
    with pytest.raises(
        CallError, match=r"NHS Hidden Dale CCG \(T013\) is not in the analysis(?s:.*)no usable recovery rate"
    ):
        choose(named_areas(), [asked])


# Words


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_difference_is_that_of_the_printed_figures_and_never_on_the_other_side(rate: float, other: float) -> None:
    printed = numbers.percent(other)
    words = area_brief.apart(rate, printed, below=rate < other)
    subtracted = float(numbers.percent(rate)[:-1]) - float(printed[:-1])
    if words in ("just below", "level"):
        assert abs(subtracted) < 0.05
        assert (words == "just below") == (rate < other)
    else:
        number, side = words.split()
        assert float(number) == pytest.approx(abs(subtracted))
        assert side == ("below" if rate < other else "above")


@given(st.floats(0, 1), st.integers(1, 9999).map(lambda x: x / 10000))
def test_a_standard_with_more_decimals_is_never_on_the_other_side(rate: float, standard: float) -> None:
    words = area_brief.apart(rate, numbers.exact_percent(standard), below=rate < standard)
    assert not words.endswith("above" if rate < standard else "below")


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.998])
def test_the_range_of_chance_is_scipys_wilson_interval(results_of: Callable[..., Results], level: float) -> None:
    for area in results_of(Settings(confidence=level), n=15).areas:
        found = binomtest(round(area.recovery_rate * area.cases), int(area.cases)).proportion_ci(level, method="wilson")
        assert (area.chance_low, area.chance_high) == pytest.approx((found.low, found.high), abs=1e-12)


@settings(max_examples=8)
@given(st.integers(0, 99), st.floats(-0.3, 0.3), st.sampled_from([0.02, 0.1]), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_range_of_chance_is_below_the_usual_rate_where_the_area_is_below_chance(
    seed: int, slope: float, noise: float, level: float
) -> None:
    r = analyse(areas_from(some_rows(20, seed=seed, slope=slope, noise=noise)), Settings(confidence=level))
    for area in r.areas:
        if 0 < area.adjusted_rate < 1 and abs(area.chance_high - area.adjusted_rate) > 1e-6:
            assert area.below_wilson == (area.chance_high < area.adjusted_rate)


def test_neighbours_are_five_on_either_side_and_fewer_at_the_ends(results_of: Callable[..., Results]) -> None:
    ordered = area_brief.by_deprivation(results_of(n=30))
    sizes = [len(area_brief.neighbourhood(ordered, place)) for place in range(30)]
    assert sizes == [6, 7, 8, 9, 10, *[11] * 20, 10, 9, 8, 7, 6]
    assert [a.imd_rank for a in area_brief.neighbourhood(ordered, 12)] == [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]


def test_areas_of_one_rank_are_neighbours_in_the_order_of_their_codes() -> None:
    rows = some_rows(12)
    for row_ in rows[4:8]:
        row_["imd_rank"] = 6.5
    r = analyse(areas_from(rows))
    text = brief_of(r, r.areas[5])
    assert [row(text, "6.5")[1] for _ in range(1)] == ["Test Area 004"]
    assert len(re.findall(r"^\| \*?\*?6\.5", text, flags=re.MULTILINE)) == 4


def with_rates(*rates: float) -> list[Any]:
    class Stand:
        def __init__(self, code: int, rate: float) -> None:
            self.area_code, self.recovery_rate = str(code), rate

    return [Stand(code, rate) for code, rate in enumerate(rates)]


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ((0.5, 0.6, 0.6, 0.4), "Of the three, two have a higher rate and one a lower one."),
        ((0.5, 0.6, 0.5, 0.4), "Of the three, one has a higher rate, one a lower one and one the same."),
        ((0.5, 0.4, 0.4), "All two have a lower rate."),
        ((0.5, 0.50004, 0.49996), "All two have the same rate."),
        ((0.5, 0.5, 0.4), "Of the two, one has a lower rate and one the same."),
        ((0.5, *[0.6] * 9, 0.4), "Of the 10, nine have a higher rate and one a lower one."),
    ],
)  # fmt: skip
def test_neighbours_are_counted_as_their_rates_are_printed(rates: tuple[float, ...], words: str) -> None:
    areas = with_rates(*rates)
    told = area_brief.neighbours_compared(areas[0], areas, "area")
    assert told.replace(" areas next to it in deprivation", "", 1) == words


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("short", 10, "short"),
        ("one two three four", 12, "one two…"),
        ("x" * 30, 10, "x" * 9 + "…"),
        ("Bath, Swindon and more", 7, "Bath…"),
    ],
)
def test_a_long_name_is_cut_at_a_word(text: str, most: int, cut: str) -> None:
    assert area_brief.shortened(text, most) == cut
    assert len(cut) <= most


# The text


def made_up(n: int, seed: int, slope: float, noise: float, outcome: str, far: float | None, tie: bool) -> Areas:
    """Areas with counts of every outcome, one of them far from the others, some alike in rank and rate."""
    draw = random.Random(seed)
    rows = some_rows(n, slope=slope, noise=noise, seed=seed)
    for i, r in enumerate(rows):
        if far is not None and i == n // 2:
            r["recovered"] = round(far * int(str(r["at_caseness"])))
        if tie and i < 4:
            r |= {"imd_rank": 2.5, "at_caseness": 400, "recovered": 200, "finished_treatment": 420}
        r["reliably_recovered"] = round(0.9 * int(str(r["recovered"])))
        r["reliably_improved"] = min(int(str(r["recovered"])) + draw.randint(0, 20), int(str(r["finished_treatment"])))
    full = checked(table_of(rows), Place("areas.csv", range(2, n + 2)))
    table, excluded = select(full, "areas.csv", OUTCOMES[outcome])  # type: ignore[index]
    kind = draw.choice(["provider", "Sub-ICB location", "integrated care board"])
    return Areas(Period.parse("2025-26"), table, excluded, area_type=kind, synthetic=draw.random() < 0.3)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.integers(10, 40),
    st.integers(0, 999),
    st.sampled_from([-0.3, -0.05, 0.0, 0.05, 0.3]),
    st.sampled_from([0.0, 0.01, 0.05, 0.15]),
    st.sampled_from(["recovery", "reliable_recovery", "reliable_improvement"]),
    st.sampled_from([None, 0.0, 1.0]),
    st.booleans(),
    st.sampled_from([None, 0.5, 0.4567]),
    st.sampled_from(["fitted_mean", "wilson", "prediction", "overdispersion"]),
    st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
def test_every_sentence_is_sound_plain_and_borne_out_by_the_figures(
    n: int, seed: int, slope: float, noise: float, outcome: str, far: float | None, tie: bool,
    benchmark: float | None, interval: str, level: float,
) -> None:  # fmt: skip
    chosen = Settings(outcome=outcome, benchmark=benchmark, interval=interval, confidence=level, dummy_alpha=0.2)  # type: ignore[arg-type]
    r = analyse(made_up(n, seed, slope, noise, outcome, far, tie), chosen)
    picked = {0, n // 2, n - 1, seed % n}
    for area, text in zip(
        [r.areas[i] for i in picked],
        texts(r, [r.areas[i] for i in picked], NO_HISTORY, TEMPLATE, beside=Path("nowhere"), pdf=True),
        strict=True,
    ):
        read = said(text)
        sentences_are_sound(read)
        assert not JARGON.search(text[text.index("abstract: |") :].split("## Where the numbers")[0]), read
        headline, rest = read.split("Its rate rests on", 1)
        standard = numbers.exact_percent(r.standard.value)
        assert f"{'national' if r.standard.national else 'chosen'} standard of {standard}" in headline
        assert numbers.percent(area.recovery_rate) in headline
        assert "meets" not in read
        own = profile_of(r, area)
        low, high = (float(numbers.percent(end).rstrip("%")) for end in (own.low, own.high))
        figure = float(standard.rstrip("%"))
        first = headline[: headline.index("what is usual")]
        # What rounding to one decimal alone can make counts as no difference.
        assert ("is below the" in first) == (figure - high > 0.0501 and area.below_national)
        assert ("is above the" in first) == (low - figure > 0.0501)
        usual = float(numbers.percent(area.adjusted_rate).rstrip("%").replace(numbers.MINUS, "-"))
        told = row(text, f"Usual in {area_brief.noun(r)}s as deprived")[2]
        assert told.endswith(" below") == (high < usual)
        assert told.endswith(" above") == (low > usual)
        assert ("too close to call" in told) == (low <= usual <= high)
        assert ("more people" in headline or "more person" in headline) == area.below_national
        assert (f"({numbers.exact_percent(level)} range)" in rest) is True
        assert ("ignores chance" in rest) == (interval == "fitted_mean")
        assert ("extreme beside the others" in headline) == area.outlier
        assert f"shows this one {standing_of_area(area)}." in rest.replace(
            f"{'national' if r.standard.national else 'chosen'} standard", "standard"
        )
        alone = r.regression.final.r_squared
        assert alone is not None
        explains = f"Deprivation goes with {numbers.share_explained(alone)} of the variation" in rest
        assert explains == (findings.gradient(r) in ("rising", "falling"))
        direction = findings.gradient(r)
        assert ("rates are lower where" in rest) == (direction == "rising")
        assert ("rates are higher where" in rest) == (direction == "falling")
        assert ("provider" in rest) == (r.provenance.area_type == "provider")
        assert ("are invented" in rest) == r.period.synthetic


def standing_of_area(area: Area) -> str:
    """Where the table of areas has it."""
    if area.below_national:
        return "below both" if area.below_adjusted else "below the standard alone"
    return "below the adjusted benchmark alone" if area.below_adjusted else "below neither"


@pytest.mark.parametrize("interval", ["fitted_mean", "overdispersion"])
def test_a_brief_agrees_with_the_supplements_table_of_areas(results_of: Callable[..., Results], interval: str) -> None:
    r = results_of(Settings(interval=interval), n=40, slope=0.2)  # type: ignore[arg-type]
    supplement = document_text("supplement", r, scaffold() / "templates", Paper())
    for area in r.areas:
        _, _, _, rate, adjusted, limits, below = row_of_supplement(supplement, area.area_name)
        text = brief_of(r, area)
        assert row(text, "This area")[1] == f"{rate.rstrip('†')}%"
        assert row(text, "Usual in areas as deprived")[1] == f"{adjusted}%"
        assert f"The adjusted benchmark for it is {re.split('–| to ', limits)[0]}%" in as_one_line(text)
        assert row(text, f"{area.imd_rank:g}")[1:] == [area.area_name, f"{rate.rstrip('†')}%"]
        listed = {"both": "both", "–": "neither"}.get(
            below, f"the {below} {STANDARD_OR_BENCHMARK[below == 'adjusted']} alone"
        )
        assert f"shows this one below {listed}." in as_one_line(text)


STANDARD_OR_BENCHMARK = ("standard", "benchmark")


def row_of_supplement(supplement: str, name: str) -> list[str]:
    line = next(line for line in supplement.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_an_area_at_the_very_standard_cannot_be_told_from_it() -> None:
    rows = some_rows(20)
    rows[3] |= {"at_caseness": 400, "recovered": 200, "finished_treatment": 420}
    r = analyse(areas_from(rows))
    text = brief_of(r, r.areas[3])
    assert "At 50.0%, this area’s recovery rate is too close to call" in said(text)
    assert row(text, "National standard") == ["National standard", "50%", "too close to call"]
    assert "more people" not in said(text)


def test_an_area_a_hair_below_the_standard_cannot_be_told_from_it_and_lacks_one_person() -> None:
    rows = some_rows(20)
    rows[3] |= {"at_caseness": 9999, "recovered": 4999, "finished_treatment": 10000, "referrals": 20000}
    r = analyse(areas_from(rows))
    text = brief_of(r, r.areas[3])
    assert "At 50.0%, this area’s recovery rate is too close to call" in said(text)
    assert row(text, "National standard") == ["National standard", "50%", "too close to call"]
    assert "1 more person would have had to recover to reach the national standard." in said(text)


def test_what_rounding_leaves_open_is_said_where_it_shows() -> None:
    rows = some_rows(12)
    for r_ in rows:
        r_ |= {"recovery_rate_low": 0.48, "recovery_rate_high": 0.5}
    rows[1] |= {"recovery_rate_low": 0.48, "recovery_rate_high": 0.48}
    r = analyse(areas_from(rows))
    first, second = (profile_of(r, area) for area in r.areas[:2])
    assert f"Chance and rounding leave it open between {numbers.percent(first.low)} and" in said(
        brief_of(r, r.areas[0])
    )
    assert f"Chance leaves it open between {numbers.percent(second.low)} and" in said(brief_of(r, r.areas[1]))
    assert first.low < r.areas[0].chance_low - 0.001 or first.high > r.areas[0].chance_high + 0.001


def test_a_name_is_text_and_never_markup() -> None:
    rows = some_rows(12)
    name = "A*star* <b>bold</b> [x](y) {{< meta >}} |pipe| @cite"
    rows[2]["area_name"] = name
    r = analyse(areas_from(rows))
    text = brief_of(r, r.areas[2])
    assert re.findall(r"(?<!\\)[*<@]+(?=star|b>|cite)|(?<!\\)\{\{", text) == []
    # Title, running head and table; in the head a backslash is written twice.
    assert len(re.findall(r"A(\\{1,2})\*star\1\*", text)) == 3


def test_the_synthetic_notice_is_on_the_page(reference: Results) -> None:
    text = brief_of(reference, reference.areas[0])
    assert 'notice: "Synthetic data: the figures of areas here are invented"' in text
    assert "nothing on this page is about a real service" in as_one_line(text)


def test_links_lead_to_pages_that_are_there(reference: Results, tmp_path: Path) -> None:
    (tmp_path / "paper.html").touch()
    text = brief_of(reference, reference.areas[0], beside=tmp_path, pdf=True)
    assert "(../paper.html)" in text
    assert "(../supplement.html)" not in text
    assert "(SYN001.pdf)" in text
    assert "(SYN001.pdf)" not in brief_of(reference, reference.areas[0], beside=tmp_path)


def test_a_brief_reads_easily(reference: Results) -> None:
    textstat = pytest.importorskip("textstat")
    read = [said(brief_of(reference, area)) for area in reference.areas[::20]]
    # School years: what a pupil of 13 can read. These measures count letters and need no dictionary.
    assert max(textstat.automated_readability_index(text) for text in read) < 8
    assert max(textstat.coleman_liau_index(text) for text in read) < 9


# The picture


def test_the_mark_is_where_the_area_is(reference: Results) -> None:
    drawn = background(reference, "area")
    assert len(drawn.places) == len(reference.areas)
    ranks = [area.imd_rank for area in reference.areas]
    usual = [100 * area.adjusted_rate for area in reference.areas]
    shown = axis([100 * area.recovery_rate for area in reference.areas], [*usual, 100 * reference.standard.value])
    assert sum(side != 0 for side in shown.sides) == 2, "two areas lie beyond the axis, and are marked at its edge"
    rates = list(shown.heights)
    for values, places in ((ranks, [x for x, _ in drawn.places]), (rates, [-y for _, y in drawn.places])):
        low, high = min(range(211), key=values.__getitem__), max(range(211), key=values.__getitem__)
        scale = (places[high] - places[low]) / (values[high] - values[low])
        assert scale > 0
        for value, place in zip(values, places, strict=True):
            assert place - places[low] == pytest.approx(scale * (value - values[low]), abs=0.02)
    svg = marked(drawn, 12)
    x, y = drawn.places[12]
    assert f'<circle cx="{x:.2f}" cy="{y:.2f}" r="3.4"' in svg
    assert svg.count('r="3.4"') == 1
    assert svg.count('r="1.1"') == 211
    assert len(svg) < 80_000


def test_the_letters_of_the_picture_are_large_enough_to_read_in_print(reference: Results) -> None:
    """At the width that the template gives it, in inches; letters of less than 6.5 points are not read."""
    svg = background(reference, "area").svg
    (inches,) = re.findall(r'#fig-place width="([\d.]+)in"', TEMPLATE.read_text("utf-8"))
    (width,) = re.findall(r'viewBox="0 0 ([\d.]+) ', svg)
    letters = [float(size) for size in re.findall(r"font(?:-size)?: (?:bold )?([\d.]+)px", svg)]
    assert letters
    assert min(letters) * float(inches) * 72 / float(width) >= 6.5


def test_the_label_of_a_mark_covers_none_of_the_others_where_it_can(reference: Results) -> None:
    drawn = background(reference, "area")
    clear = 0
    for place, (x, y) in enumerate(drawn.places):
        svg = marked(drawn, place).removeprefix(drawn.svg.removesuffix("</svg>"))
        left, base = map(float, re.findall(r"translate\(([\d.]+) ([\d.]+)\)", svg)[0])
        assert 0 <= left <= drawn.width - drawn.label_width
        within = [(a, b) for a, b in drawn.places if left <= a <= left + drawn.label_width and base - 5.2 <= b <= base]
        assert (x, y) not in within
        clear += not within
    assert clear > len(drawn.places) / 3


# History


def write_period(place: Workspace, period: str, rows: list[dict[str, object]], facts: str = "") -> None:
    folder = place.data / period
    folder.mkdir(parents=True)
    table_of(rows).to_csv(folder / "areas.csv", index=False)
    if facts:
        (folder / "period.toml").write_text(facts, "utf-8")


def result_and_history(place: Workspace, period: str, codes: list[str]) -> tuple[Results, History]:
    from iapt_report.site.area_briefs import analysed

    when = Period.parse(period)
    r = analysed(place, when)
    return r, history(place.data, place.settings, r, when, codes)


def test_history_takes_periods_of_the_same_kind_and_real_ones_beside_real_ones(workspace: Workspace) -> None:
    write_period(workspace, "2019-20", some_rows(12, seed=1))
    write_period(workspace, "2017-18", some_rows(12, seed=2))
    write_period(workspace, "2018-19", some_rows(12, seed=3), "synthetic = true\n")
    write_period(workspace, "2016-17", some_rows(12, seed=4), 'area_type = "provider"\n')
    write_period(workspace, "2019-20-Q1", some_rows(12, seed=5))
    write_period(workspace, "2021-22", some_rows(11, seed=6)[1:])
    r, past = result_and_history(workspace, "2019-20", ["T000", "T001"])
    assert [one.period for one in past.moments["T000"]] == ["2017-18"]
    assert [one.period for one in past.moments["T001"]] == ["2017-18", "2021-22"]
    assert past.others == 2
    text = brief_of(r, r.areas[1], past)
    table = [line for line in text.splitlines() if re.match(r"\| \**20\d\d-\d\d\** \|", line)]
    assert [bool("**" in line) for line in table] == [False, True, False]
    then = past.moments["T001"][0]
    assert table[0].startswith(f"| 2017-18 | {numbers.percent(then.area.recovery_rate)} | 50% |")


def test_an_area_that_no_other_period_has_is_told_so(workspace: Workspace) -> None:
    write_period(workspace, "2019-20", some_rows(12))
    r, past = result_and_history(workspace, "2019-20", ["T000"])
    assert "There is no other financial year here to compare with." in said(brief_of(r, r.areas[0], past))
    write_period(workspace, "2018-19", some_rows(12)[1:])
    r, past = result_and_history(workspace, "2019-20", ["T000"])
    assert "No other period here has this area. Areas that merge or split get other codes." in said(
        brief_of(r, r.areas[0], past)
    )


def test_periods_in_which_the_code_stood_for_other_borders_are_said_not_to_be_shown(
    reference: Results, results_of: Callable[..., Results]
) -> None:
    area, sub_icb = reference.areas[0], "T000"
    names = tuple(f"20{year}-{year + 1}" for year in range(13, 22))
    for periods, words in (
        (names[:1], "In 2013-14 the code of this area stood for other borders, so that period is not shown."),
        (names[:3], "In 2013-14, 2014-15 and 2015-16 the code of this area stood for other borders, so those periods"),
        (names, "In 9 periods from 2013-14 to 2021-22 the code of this area stood for other borders, so those"),
    ):
        text = said(brief_of(reference, area, History({}, {}, 3, (), {area.area_code: periods})))
        assert f"Areas that merge or split get other codes. {words}" in text
    r = results_of()
    other = replace(moment(r, r.areas[0]), period="2013-14-Q2", months="July to September 2013", start=date(2013, 7, 1))
    past = History({sub_icb: (other,)}, {}, 3, (), {sub_icb: names[:1]})
    text = said(brief_of(r, r.areas[0], past))
    assert "The rate is that of July to September 2013. In 2013-14 the code" in text
    assert "other borders" not in said(brief_of(reference, area))


def test_the_nearest_periods_are_shown_and_the_others_counted(workspace: Workspace) -> None:
    for year in range(2012, 2020):
        write_period(workspace, f"{year}-{year % 100 + 1:02d}", some_rows(12, seed=year))
    r, past = result_and_history(workspace, "2014-15", ["T000"])
    assert [one.period[:4] for one in past.moments["T000"]] == ["2012", "2013", "2015", "2016", "2017"]
    assert len(past.moments["T000"]) == MOST_SHOWN
    assert past.unshown["T000"] == 2
    assert "Two more periods have figures, not shown." in said(brief_of(r, r.areas[0], past))


def test_a_period_that_cannot_be_analysed_is_left_out_and_named(workspace: Workspace) -> None:
    write_period(workspace, "2019-20", some_rows(12))
    write_period(workspace, "2018-19", some_rows(12))
    (workspace.data / "2018-19" / "areas.csv").write_text("nothing\n", "utf-8")
    _, past = result_and_history(workspace, "2019-20", ["T000"])
    assert [period.id for period, _ in past.unusable] == ["2018-19"]
    assert past.moments["T000"] == ()


def test_each_period_is_held_to_its_own_standard(workspace: Workspace) -> None:
    (workspace.root / "iapt-report.toml").write_text('[settings]\noutcome = "reliable_recovery"\n', "utf-8")
    place = find_workspace(workspace.root)
    for period in ("2025-26", "2026-27"):
        rows = some_rows(12)
        for r_ in rows:
            r_["reliably_recovered"] = r_["recovered"]
        write_period(place, period, rows)
    r, past = result_and_history(place, "2025-26", ["T000"])
    text = brief_of(r, r.areas[0], past)
    assert row(text, "2025-26")[2] == "48%"
    assert row(text, "2026-27")[2] == "51%"


def test_a_moment_says_what_the_results_say(reference: Results) -> None:
    found = moment(reference, reference.areas[0])
    assert (found.period, found.standard, found.national) == ("2014-15-Q2", 0.5, True)


def test_a_template_that_is_wrong_is_named(reference: Results, tmp_path: Path) -> None:
    path = tmp_path / "area.qmd.jinja"
    path.write_text("---\ntitle: x\n---\n<< page.no_such_thing >>\n", "utf-8")
    with pytest.raises(DataError) as raised:
        texts(reference, reference.areas[:1], NO_HISTORY, path, beside=tmp_path, pdf=False)
    assert raised.value.row == 4
