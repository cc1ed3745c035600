"""What is said of two periods: in plain words, and no more than the figures allow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.facts import DeprivationUsed
from iapt_report.analysis.since import Crossed, Since, since, since_last
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.documents.page import document_text
from iapt_report.words import changes
from iapt_report.words.numbers import sentence
from iapt_report.workspace.paper import Paper
from prose import sentences_are_sound

if TYPE_CHECKING:
    from collections.abc import Callable

AWKWARD = "A | *b* <b> & $c$"


def plain(text: str) -> str:
    return re.sub(r"[ \n\u00a0\u202f]+", " ", text)


@pytest.fixture(scope="module")
def real() -> Since:
    data = ROOT / "data"
    found = since_last(data, analyse(read_areas(data, Period.parse("2019-20-Q2"))))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def of() -> Callable[..., Since]:
    def make(then: dict[str, Any], now: dict[str, Any], period: str = "2019-20") -> Since:
        earlier = areas_from(some_rows(**{"n": 40, **then}), "2018-19")
        return since(earlier, analyse(areas_from(some_rows(**{"n": 40, **now}), period)))

    return make


def used(edition: int, boundaries: int = 2019) -> DeprivationUsed:
    from datetime import date

    return DeprivationUsed(
        edition=edition,
        publisher="x",
        published=date(edition, 9, 1),
        level="ccg",
        boundaries=boundaries,
        boundaries_publisher="y",
    )


def with_sides(s: Since, then: dict[str, Any], now: dict[str, Any]) -> Since:
    sides = {"then": s.then.model_copy(update=then), "now": s.now.model_copy(update=now)}
    return s.model_copy(update=sides)


def test_the_main_sentence_gives_the_headline_figures_then_and_now(real: Since) -> None:
    assert changes.summary(real) == (
        "Since April to June 2019, the mean recovery rate of areas went from 52.4% to 52.0%, the number of areas below "
        "the national standard went from 48 to 54, and the number below the benchmark adjusted for deprivation went "
        "from 84 to 74."
    )
    fewer = with_sides(real, {"areas": 200, "below_national": 54}, {})
    assert "went from 54 of 200 (27.0%) to 54 of 189 (28.6%)" in changes.summary(fewer)
    same = with_sides(real, {"below_national": 54, "mean_rate": real.now.mean_rate}, {})
    assert "stayed at 52.0%" in changes.summary(same)
    assert "stayed at 54 of 189" in changes.summary(same)


def test_another_edition_of_the_index_is_said(real: Since) -> None:
    said = changes.differences(real)
    assert "index of deprivation of 2015 in 2019-20-Q1, and by that of 2019 in 2019-20-Q2" in said
    assert "boundaries" not in said
    assert "national standard" not in said


def test_each_difference_beside_time_is_said_and_where_there_is_none_that_is(real: Since) -> None:
    alike = with_sides(real, {"deprivation": used(2019)}, {"deprivation": used(2019)})
    alike = alike.model_copy(update={"compared": alike.now.areas})
    assert "nothing differs that this page knows of" in changes.differences(alike)
    unknown = with_sides(alike, {"deprivation": None}, {"deprivation": None})
    assert "edition" not in changes.differences(unknown), "what is not known is not said to be the same"
    for then, now, words in (
        ({"deprivation": used(2019, 2018)}, {}, "those of April 2018 in 2019-20-Q1, and those of April 2019"),
        ({"deprivation": None}, {}, "which one it is in the other period is not known"),
        ({"areas": 195}, {}, "195 areas are analysed then, and 189 now"),
        ({"outliers": 2}, {"outliers": 0}, "two then, none now"),
        ({"standard": 0.48}, {}, "was 48% then and is 50% now"),
    ):
        assert words in changes.differences(with_sides(alike, then, now)), words
    moved = alike.model_copy(update={"redrawn": ("A", "B", "C", "D", "E", "F"), "compared": 183, "joined": 1})
    said = changes.differences(moved)
    assert "one area as the sum of those it was made of" in said
    assert "A, B, C, D and two more have other borders now under their codes, and are not." in said


def test_periods_that_do_not_follow_one_another_are_said_not_to(of: Callable[..., Since]) -> None:
    assert "do not follow one another" in changes.compared(of({}, {}, "2020-21"))
    assert "do not follow one another" not in changes.compared(of({}, {}))


def test_no_significant_change_is_not_told_as_no_change(of: Callable[..., Since]) -> None:
    said = plain(changes.gradient(of({"slope": 0.1, "seed": 1}, {"slope": 0.1, "seed": 2})))
    assert "The data do not show that the gradient changed between 2018-19 and 2019-20" in said
    assert "That is not to say that it stayed the same" in said
    assert "no change" not in said
    said = plain(changes.gradient(of({"slope": 0.4, "noise": 0.01}, {"slope": 0.0, "noise": 0.01})))
    assert "The gradient changed between 2018-19 and 2019-20" in said
    assert "stayed the same" not in said
    for words in ("Gradient, percentage points | ", "Its 95% confidence interval | "):
        assert words in changes.figures_rows(of({}, {}))


def test_the_areas_that_crossed_are_named_with_both_rates_the_largest_changes_first(real: Since) -> None:
    said = changes.national(real)
    assert said.startswith(
        "Of the 187 areas compared, 27 fell below the national standard of 50%, and 21 are no longer below it. Now "
        "below it, the largest changes first: NHS Leeds CCG (50.7%, then 32.1%, in doubt); "
    )
    assert said.count("then") == 12
    assert "; the other 21 are in the table below. No longer below it" in said
    assert said.endswith("; the other 15 are in the table below.")
    assert "makes the figures of this area doubtful" in changes.doubted(real)


def test_the_table_has_every_area_with_its_change_as_the_two_rates_are_printed(real: Since) -> None:
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in changes.areas_rows(real).splitlines()]
    assert len(rows) == real.compared
    assert rows[0] == [
        "NHS Leeds CCG‡", "50.7", "32.1", "−18.6", "−21.7 to −15.5", "usual movement", "now below", ""
    ]  # fmt: skip
    for _, then, now, change, _, beyond, *sides in rows:
        assert float(change.replace("−", "-")) == pytest.approx(float(now) - float(then), abs=1e-9)
        assert beyond in ("usual movement", "chance", "–")
        assert set(sides) <= {"now below", "no longer below", ""}
    assert sum(row[6] == "now below" for row in rows) == len(real.national.fell)
    assert sum(row[7] == "no longer below" for row in rows) == len(real.adjusted.rose)


def test_one_none_and_all_one_way_are_said_so(real: Since) -> None:
    one = real.national.fell[:1]

    def said(fell: int, rose: int) -> str:
        found = Crossed(fell=real.national.fell[:fell], rose=real.national.rose[:rose])
        return changes.national(real.model_copy(update={"national": found}))

    assert "one fell below the national standard of 50%, and one is no longer below it. Now below it: " in said(1, 1)
    assert "two fell below the national standard of 50%; none that was below it is so no longer." in said(2, 0)
    assert "one is no longer below the national standard of 50%; none fell below it." in said(0, 1)
    assert said(0, 0) == "No area of the 187 compared crossed the national standard of 50%."
    assert "the other" not in said(7, 0), "one more than are listed takes no more room than to say so"
    nobody = Crossed(fell=(), rose=())
    none = real.model_copy(update={"national": nobody, "adjusted": nobody, "areas": ()})
    assert changes.doubted(none) == changes.method(none) == ""
    assert "chance too" in changes.chance(none)
    alone = none.model_copy(update={"national": Crossed(fell=one, rose=())})
    assert "the two rates differ by more than chance" in changes.chance(alone)


def test_what_moved_is_counted_as_the_table_has_it(real: Since) -> None:
    beyond = [area for area in real.areas if area.beyond_chance]
    rose = sum(area.change > 0 for area in beyond)
    assert rose > 0
    assert changes.moved(real) == (
        f"Of the 187 areas compared, nine rose and {len(beyond) - rose} fell by more than chance explains. Of these, "
        f"{sum(area.beyond_usual for area in beyond)} moved further than areas usually do between the two periods."
    )
    one = next(area for area in beyond if area.beyond_usual)
    for usual, words in ((True, "It moved further than"), (False, "It did not move further than")):
        alone = (one.model_copy(update={"beyond_usual": usual}), *(a for a in real.areas if not a.beyond_chance))
        assert words in changes.moved(real.model_copy(update={"areas": alone}))
    still = tuple(area.model_copy(update={"beyond_chance": False}) for area in real.areas)
    assert "In none of the 187 areas compared" in changes.moved(real.model_copy(update={"areas": still}))
    few = real.model_copy(update={"movement": None})
    assert "usual" not in changes.moved(few)
    assert "it cannot be told how far services usually move" in changes.method(few)
    assert real.movement is not None
    alike = real.model_copy(update={"movement": real.movement.model_copy(update={"tau2": 0.0})})
    assert "no more than chance explains, so that it is no wider" in changes.method(alike)


def test_the_brief_is_told_what_changed_with_its_caveat_in_a_sentence(real: Since) -> None:
    said = changes.in_brief(real)
    assert said.startswith(sentence(changes.summary(real).removeprefix("Since April to June 2019, ")))
    assert changes.moved(real) in said
    assert said.endswith("Another index of deprivation and chance can move an area across a benchmark too.")
    alike = with_sides(real, {"deprivation": used(2019)}, {"deprivation": used(2019)})
    assert changes.in_brief(alike).endswith("Chance can move an area across a benchmark too.")
    apart = alike.model_copy(update={"consecutive": False})
    assert changes.in_brief(apart).endswith("too. The time between the two periods is not covered here.")


def test_where_no_area_is_in_both_periods_that_is_said(real: Since) -> None:
    nobody = Crossed(fell=(), rose=())
    none = real.model_copy(update={"compared": 0, "national": nobody, "adjusted": nobody})
    none = none.model_copy(update={"areas": ()})
    assert "No area is in both periods" in changes.moved(none)
    assert changes.national(none) == "None can be said to have crossed the national standard of 50%."
    assert changes.adjusted(none) == "None can be said to have crossed the adjusted benchmark."
    assert "none of those now are compared" in changes.differences(none)
    one = none.model_copy(update={"compared": 1})
    assert "one of those now is compared with itself" in changes.differences(one)


def test_the_whole_page_has_sound_sentences(real: Since) -> None:
    r = analyse(read_areas(ROOT / "data", Period.parse("2019-20-Q2")))
    text = document_text("changes", r, ROOT / "templates", Paper(), since=real)
    sentences_are_sound(plain(text.split("\n---\n", 1)[1]))
    assert "index of deprivation of 2015" in text[: text.index("## Then and now")], "what differs is said first"


def test_a_caution_says_for_how_many_chance_does_not_explain_it(real: Since) -> None:
    every = {one.area_code: one.beyond_chance for one in (*real.national.every, *real.adjusted.every)}
    said = changes.chance(real)
    assert f"Of the {len(every)} areas that crossed either benchmark" in said
    assert f"explains in {sum(every.values())} (Newcombe’s 95% interval" in said
    assert "one area in 20" in said
    assert "verdict" in said


def test_a_name_from_data_is_no_markup(real: Since) -> None:
    crossing = real.national.fell[0].model_copy(update={"area_name": AWKWARD})
    awkward = real.model_copy(update={"national": Crossed(fell=(crossing,), rose=()), "redrawn": (AWKWARD,)})
    shown = awkward.model_copy(update={"areas": (real.areas[0].model_copy(update={"area_name": AWKWARD}),)})
    for said in (changes.national(awkward), changes.areas_rows(shown)):
        assert r"A \| \*b\* \<b\> \& \$c\$" in said
    assert r"A \| \*b\*" in changes.differences(awkward)
    r = analyse(read_areas(ROOT / "data", Period.parse("2019-20-Q2")))
    page = document_text("changes", r, ROOT / "templates", Paper(), since=shown)
    assert "<b>" not in page
    assert "A | *b* &lt;b&gt; &amp; $c$" in page, "in the table of the page, which is HTML"
