"""The index and the lists of areas: they say what the results say, lead to what is there, and keep what was edited."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from typing import TYPE_CHECKING, Any

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.facts import DeprivationUsed
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.analysis.trend import Trend, trends
from iapt_report.documents import index_page
from iapt_report.documents.area_files import area_page
from iapt_report.documents.kinds import DOCUMENTS
from iapt_report.documents.page import document_text
from iapt_report.figures import images, trend_lines
from iapt_report.render import links
from iapt_report.site import index
from iapt_report.stats.change import Change
from iapt_report.words import findings, numbers
from iapt_report.workspace.paper import Paper
from written import write_period

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

AWKWARD = "</script><b>A & B</b> *x* {{< meta >}} $y$ |"


def of(period: str, *, settings: Settings | None = None, **pattern: Any) -> Results:
    facts = {name: pattern.pop(name) for name in ("synthetic", "area_type") if name in pattern}
    return analyse(areas_from(some_rows(**{"n": 30, **pattern}), period, **facts), settings)


@pytest.fixture(scope="module")
def quarters() -> tuple[Results, ...]:
    """Three quarters, of which the second is lacking between the first and the third."""
    return (
        of("2019-20-Q1", slope=0.2, seed=1),
        of("2019-20-Q3", slope=0.1, seed=2),
        of("2019-20-Q4", slope=0.15, seed=3),
    )


def put(workspace: Workspace, *results: Results, written: Sequence[str] = DOCUMENTS) -> None:
    """Lay results where a build would, with documents of which only the names count."""
    for r in results:
        folder = workspace.reports / r.period.id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "results.json").write_text(r.to_json(), "utf-8")
        for name in written:
            (folder / f"{name}.qmd").write_text("x\n", "utf-8")


def index_of(workspace: Workspace) -> str:
    """Write the index; one space between words, no-break spaces plain."""
    index.write(workspace)
    text = (workspace.reports / "index.qmd").read_text("utf-8")
    return re.sub(r"[ \n\u00a0\u202f]+", " ", text)


def rows_of(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Read the other periods' rows: each cell by what it is labelled with on a phone, the first as "Period"."""
    text = (workspace.reports / "index.qmd").read_text("utf-8")
    if "<table" not in text:
        return {}
    table = lxml.html.fromstring(text[text.index("<table") : text.index("</table>") + 8])
    found = {}
    for row in table.xpath("//tbody/tr"):
        cells = {cell.get("data-label", "Documents"): " ".join(cell.text_content().split()) for cell in row[1:]}
        found[row.get("id").removeprefix("period-")] = {"Period": " ".join(row[0].text_content().split()), **cells}
    return found


def test_the_index_tells_of_the_newest_period_first_and_lists_the_others_newest_first(
    workspace: Workspace, reference: Results
) -> None:
    year = of("2019-20", slope=-0.3)
    put(workspace, reference, of("2019-20-Q1"), year, of("2019-20-Q3"))
    text = index_of(workspace)
    assert re.findall(r"\{#period-(\S+)\}", text) == ["2019-20"]
    lead = text.split("{#period-2019-20}")[1].split("## Find an area")[0]
    assert re.sub(r"[ \n\u00a0\u202f]+", " ", index_page.headline(year)) in lead
    assert "higher in the most deprived area" in lead
    assert "ynthetic" not in lead
    rows = rows_of(workspace)
    assert list(rows) == ["2019-20-q3", "2019-20-q1", "2014-15-q2"]
    row = rows["2014-15-q2"]
    assert row.pop("Documents").startswith("Brief page PDF Word Areas list Paper page PDF Word Supplement page PDF")
    assert row == {
        "Period": "July to September 2014 Synthetic data2014-15-Q2, recovery",
        "Areas": "211",
        "Gradient, points": "11.3 (7.6–14.9)",
        "Below the standard": "153 (50%)",
        "Below the adjusted benchmark": "90",
    }
    links = set(re.findall(r'href="2014-15-Q2/([^"]+)"', text))
    assert {f"{name}.{kind}" for name in ("paper", "supplement", "brief") for kind in ("html", "pdf")} < links
    assert {"areas.html", "areas.csv", "areas.csv-metadata.json", "tables.xlsx", "results.json"} < links


def test_a_single_period_leads_with_its_headline_figures_and_there_is_no_list_of_others(
    workspace: Workspace, reference: Results
) -> None:
    put(workspace, reference)
    text = index_of(workspace)
    lead = text.split("{#period-2014-15-q2}")[1].split("## Over time")[0]
    for said in (
        "Synthetic data: the figures of every area are invented", "211; the unit is one synthetic commissioning area",
        "11.3 percentage points lower in the most deprived area than in the least deprived (95% confidence interval "
        "7.6–14.9)",
        "Below the national standard of 50% : 153 of the 211 areas (72.5%)",
        "Below the deprivation-adjusted benchmark : 90 of the 211 areas (42.7%)",
        'href="2014-15-Q2/brief.html"',
    ):  # fmt: skip
        assert said in lead, said
    assert rows_of(workspace) == {}
    assert "Other periods" not in text
    assert "sort" not in text.split("## Over time")[0], "no script for a table that is not there"


def test_an_invented_period_leads_only_where_there_is_no_real_one(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    invented = of("2023-24", synthetic=True)
    put(workspace, invented)
    assert "{#period-2023-24}" in index_of(workspace)
    put(workspace, *quarters)
    text = index_of(workspace)
    assert re.findall(r"\{#period-(\S+)\}", text) == ["2019-20-q4"]
    assert list(rows_of(workspace)) == ["2023-24", "2019-20-q3", "2019-20-q1"]


def test_the_index_of_forty_periods_has_a_row_for_each_and_stays_small(workspace: Workspace) -> None:
    one = of("2019-20-Q1", n=200)
    many = []
    for at in range(40):
        start = date(2010 + at // 4, 1 + 3 * (at % 4), 1)
        facts = {"id": f"{start.year}-{(start.year + 1) % 100:02d}-Q{at % 4 + 1}", "start": start, "end": start}
        many.append(one.model_copy(update={"period": one.period.model_copy(update=facts)}))
    put(workspace, *many)
    text = index_of(workspace)
    assert len(rows_of(workspace)) == 39
    assert len(text.encode("utf-8")) < 120_000


def test_the_newest_periods_picture_and_map_come_before_all_else(workspace: Workspace, located: Results) -> None:
    put(workspace, located, of("2019-20-Q1"))
    folder = workspace.reports / located.period.id
    assert "figure-brief.svg" not in index_of(workspace), "no picture stands there yet"
    for name in ("figure-brief.svg", "figure-map.svg"):
        (folder / name).write_text("<svg/>", "utf-8")
    text = index_of(workspace)
    places = [text.index(f"({located.period.id}/{name})") for name in ("figure-brief.svg", "figure-map.svg")]
    assert places == sorted(places)
    assert places[-1] < text.index("## Find an area") < text.index("## Other periods") < text.index("## Over time")


def test_the_newest_period_with_places_has_its_map_on_the_index(
    workspace: Workspace, reference: Results, located: Results
) -> None:
    earlier = located.model_copy(
        update={"period": located.period.model_copy(update={"id": "2019-20-Q1", "end": date(2019, 6, 30)})}
    )
    put(workspace, reference, earlier, located, of("2019-20-Q4"))
    assert "#fig-map" not in index_of(workspace), "no map stands there yet"
    for r in (earlier, located):
        (workspace.reports / r.period.id / "figure-map.svg").write_text("<svg/>", "utf-8")
    text = index_of(workspace)
    assert re.findall(r"\((\S+)\)\{#fig-map fig-alt=\"Map of 189 areas", text) == ["2019-20-Q2/figure-map.svg"]
    assert text.index("## Where areas lie, July to September 2019") > text.index("## Find an area"), "not the newest's"
    (workspace.reports / "2019-20-Q2" / "figure-map.svg").unlink()
    assert "(2019-20-Q1/figure-map.svg)" in index_of(workspace), "the index leads to what is there"


def test_a_period_whose_results_cannot_be_used_is_noted_and_the_others_are_listed(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    put(workspace, *quarters)
    (workspace.reports / "2019-20-Q1" / "results.json").write_text('{"schema_version": "0.9"}', "utf-8")
    (workspace.reports / "2019-20-Q4" / "results.json").write_text(quarters[1].to_json(), "utf-8")
    text = index_of(workspace)
    assert re.findall(r"\{#period-(\S+)\}", text) == ["2019-20-q3"]
    assert "Not listed: 2019-20-Q4 (its results are those of 2019-20-Q3); 2019-20-Q1 (not the results of" in text
    for again in (False, True):
        left = dict(index.write(workspace).unusable)
        assert sorted(left) == ["2019-20-Q1", "2019-20-Q4"], "also when nothing has changed" if again else ""


def test_without_a_period_the_index_says_what_to_do(workspace: Workspace) -> None:
    text = index_of(workspace)
    assert "There is no report yet." in text
    assert "iapt-report build" in text
    assert "area-query" not in text


def test_a_document_that_is_not_written_is_not_linked(workspace: Workspace, quarters: tuple[Results, ...]) -> None:
    put(workspace, quarters[0], written=["paper"])
    text = index_of(workspace)
    assert "2019-20-Q1/paper.html" in text
    assert not re.search(r"2019-20-Q1/(supplement|brief|areas)\.html", text)
    listed = json.loads(text.split('id="area-list">')[1].split("</script>")[0])
    assert listed == {"periods": [], "places": [], "areas": []}


def test_the_trend_sets_only_what_was_analysed_alike_side_by_side(quarters: tuple[Results, ...]) -> None:
    others = (
        of("2018-19"), of("2019-20"),
        of("2018-19-Q4", synthetic=True), of("2018-19-Q3", area_type="provider"),
        of("2018-19-Q2", settings=Settings(weight="equal")),
    )  # fmt: skip
    found = index_page.groups([*quarters, *others])
    members = [[row.point.period for row in group.rows] for group in found]
    assert members[0] == ["2019-20-Q4", "2019-20-Q3", "2019-20-Q1"]
    assert ["2019-20", "2018-19"] in members
    assert sorted(names[0] for names in members if len(names) == 1) == ["2018-19-Q2", "2018-19-Q3", "2018-19-Q4"]
    assert [bool(group.figure) for group in found] == [len(names) > 1 for names in members]
    assert len({group.figure for group in found if group.figure}) == 2
    apart = {group.rows[0].point.period: group.apart for group in found}
    assert apart["2018-19-Q2"] == "weight equal"
    assert apart["2019-20-Q4"] == "weight finished_treatment"


def test_the_table_of_the_trend_has_every_figure_and_its_standard(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    put(workspace, *quarters)
    index.write(workspace)
    lines = (workspace.reports / "index.qmd").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| 20")]
    assert [row[0] for row in rows] == ["2019-20-Q4", "2019-20-Q3", "2019-20-Q1"]
    for row, r in zip(rows, reversed(quarters), strict=True):
        gradient, k = r.gradient, r.classification
        assert row[1:] == [
            "30",
            numbers.percentage_points(r.sample.recovery_rate.mean),
            numbers.percentage_points(gradient.estimate),
            numbers.interval(gradient.ci_low, gradient.ci_high, 1, as_percent=True),
            "50",
            numbers.percentage_points(k.below_national.share),
            numbers.percentage_points(k.below_adjusted.share),
        ]


def resting_on(r: Results, edition: int, boundaries: int) -> Results:
    used = DeprivationUsed(
        edition=edition, publisher="x", published=date(edition, 9, 1), level="ccg", boundaries=boundaries,
        boundaries_publisher="y",
    )  # fmt: skip
    return r.model_copy(update={"provenance": r.provenance.model_copy(update={"deprivation": used})})


def test_the_index_says_that_periods_rest_on_other_editions_or_boundaries_and_keeps_the_test(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    first, second, third = quarters
    put(workspace, resting_on(first, 2015, 2019), resting_on(second, 2019, 2019), resting_on(third, 2019, 2019))
    text = index_of(workspace)
    assert (
        "The periods differ in more than time: the index of deprivation is that of 2015 in 2019-20-Q1 and that of 2019 "
        "in 2019-20-Q3 and 2019-20-Q4. Part of a change of the gradient can be due to that." in text
    )
    assert re.search(r"gradient changed between 2019-20-Q1 and 2019-20-Q4.*P .?[=<>]", text), "the test is there"
    put(workspace, resting_on(first, 2019, 2018), resting_on(second, 2019, 2019), third)
    assert (
        "time: the index of deprivation is that of 2019 in 2019-20-Q1 and 2019-20-Q3 and not known in 2019-20-Q4; "
        "the boundaries are those of April 2018 in 2019-20-Q1, those of April 2019 in 2019-20-Q3 and not known in "
        "2019-20-Q4." in index_of(workspace)
    )
    put(workspace, *(resting_on(r, 2019, 2019) for r in quarters))
    assert "more than time" not in index_of(workspace)
    put(workspace, *quarters)
    assert "more than time" not in index_of(workspace), "what is not known of any cannot be said to differ"


def test_the_index_says_in_which_periods_areas_are_left_out_of_the_gradient(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    first, *others = quarters
    without = first.outliers.model_copy(update={"left_out": True, "area_codes": ("T001", "T002")})
    put(workspace, first.model_copy(update={"outliers": without}), *others)
    assert (
        "outlying areas are left out of the gradient, and not of the mean rate: two in 2019-20-Q1 and none in "
        "2019-20-Q3 and 2019-20-Q4." in index_of(workspace)
    )


def trend_with(quarters: Sequence[Results], change: Change | None) -> Trend:
    (trend,) = trends(quarters if change else quarters[:1])
    return trend.model_copy(update={"change": change})


# From the beginning of the first quarter to that of the last.
SPAN = 275 / 365.25


def changed(by: float, reach: float | None, p: float | None, years: float = SPAN) -> Change:
    per_year, reach = by / years, None if reach is None else reach / years
    limits = (None, None) if reach is None else (per_year - reach, per_year + reach)
    return Change(per_year=per_year, ci_low=limits[0], ci_high=limits[1], p=p, areas=30, repeated=30)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "A trend needs two periods, and there is one, 2019-20-Q1."),
        (
            changed(0.012, 0.008, 0.0049),
            "On a straight line through all three periods, the gradient changed between 2019-20-Q1 and 2019-20-Q4: the "
            "rate expected of the most deprived area fell by 1.2 percentage points beside that of the least deprived "
            "(95% confidence interval 0.4–2.0, P = 0.005).",
        ),
        (
            changed(-0.012, 0.0119, 0.0499),
            "On a straight line through all three periods, the gradient changed between 2019-20-Q1 and 2019-20-Q4: the "
            "rate expected of the most deprived area rose by 1.2 percentage points beside that of the least deprived "
            "(95% confidence interval 0.01–2.39, P = 0.0499).",
        ),
        (
            changed(-0.012, 0.0121, 0.0501),
            "The data do not show that the gradient changed between 2019-20-Q1 and 2019-20-Q4: on a straight "
            "line through all three periods, the rate expected of the most deprived area rose by 1.2 percentage points "
            "beside that of the least deprived (95% confidence interval −0.01 to 2.41, P = 0.050).",
        ),
        (
            changed(0.0001, 0.02, 0.99),
            "The data do not show that the gradient changed between 2019-20-Q1 and 2019-20-Q4: on a straight "
            "line through all three periods, the rate expected of the most deprived area fell by less than 0.1 "
            "percentage points beside that of the least deprived (95% confidence interval −2.0 to 2.0, P = 0.99).",
        ),
        (
            changed(0.0, 0.02, 1.0),
            "The data do not show that the gradient changed between 2019-20-Q1 and 2019-20-Q4: by estimate it stayed "
            "the same (95% confidence interval −2.0 to 2.0, P > 0.99).",
        ),
        (changed(0.0, None, None), "Whether the gradient changed between 2019-20-Q1 and 2019-20-Q4 cannot be tested."),
    ],
)
def test_the_sentence_on_change_follows_its_test(
    quarters: tuple[Results, ...], change: Change | None, said: str
) -> None:
    text = index_page.change_words(trend_with(quarters, change), 0.95)
    assert re.sub("[\u00a0\u202f]", " ", text) == said


def test_a_change_over_years_is_told_by_the_year_and_a_shorter_one_is_not_drawn_out(
    quarters: tuple[Results, ...],
) -> None:
    trend = trend_with(quarters, changed(0.012, 0.008, 0.0049, years=1))
    short = index_page.change_words(trend, 0.95)
    assert f"by {numbers.percentage_points(0.012 * SPAN)} percentage points beside" in short
    first, *others = trend.points
    early = first.model_copy(update={"start": first.start.replace(year=2016)})
    long = index_page.change_words(trend.model_copy(update={"points": (early, *others)}), 0.95)
    assert "by 1.2 percentage points a year beside" in long


def test_rates_that_repeat_exactly_have_not_changed_by_the_computers_arithmetic() -> None:
    alike: dict[str, Any] = {"n": 40, "slope": 0.1, "seed": 3}
    (trend,) = trends([of("2018-19", **alike), of("2019-20", **alike)])
    assert trend.change is not None
    assert trend.change.per_year == 0
    assert trend.change.p is None


@pytest.mark.parametrize(
    ("pattern", "said", "unsaid"),
    [
        ({"slope": 0.3}, "lower in the most deprived area", "no clear"),
        ({"slope": -0.3}, "higher in the most deprived area", "no clear"),
        ({"slope": 0.0, "noise": 0.1, "seed": 4}, "no clear gradient; the expected rate is", "do not agree"),
    ],
)
def test_the_gradient_in_words_follows_its_numbers(pattern: dict[str, Any], said: str, unsaid: str) -> None:
    r = of("2019-20-Q1", **{"n": 60, **pattern})
    text = index_page.gradient_words(r)
    assert said in text
    assert unsaid not in text
    assert numbers.percentage_points(abs(r.gradient.estimate)) in text


def test_rates_that_do_not_vary_have_no_gradient_in_words() -> None:
    rows: list[dict[str, object]] = [{**row, "at_caseness": 200, "recovered": 100} for row in some_rows(20)]
    assert index_page.gradient_words(analyse(areas_from(rows))) == "all areas have the same recovery rate"


@given(st.floats(-0.5, 0.5), st.floats(0, 0.3), st.sampled_from(["rising", "falling", "none", "mixed"]))
def test_the_interval_in_words_holds_the_number_before_it(estimate: float, reach: float, direction: str) -> None:
    r = _one()
    gradient = r.gradient.model_copy(
        update={"estimate": estimate, "ci_low": estimate - reach, "ci_high": estimate + reach}
    )
    moved = r.model_copy(update={"gradient": gradient})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "gradient", lambda _: direction)
        text = index_page.gradient_words(moved).replace(numbers.MINUS, "-")
    assert ("lower" in text) == (estimate >= 0)
    number, low, high = re.search(  # type: ignore[union-attr]
        r"(less than 0\.1|[\d.]+) percentage points .*interval (-?[\d.]+)(?: to |–)(-?[\d.]+)\)", text
    ).groups()
    assert float(low) - 0.051 <= float(number.removeprefix("less than ")) <= float(high) + 0.15


_KNOWN: list[Any] = []


def _one() -> Any:
    if not _KNOWN:
        _KNOWN.append(of("2019-20-Q1"))
    return _KNOWN[0]


def test_a_picture_is_drawn_only_when_its_figures_change(
    workspace: Workspace, quarters: tuple[Results, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(trend: Trend) -> Any:
        drawn.append(len(trend.points))
        return trend

    monkeypatch.setattr(trend_lines, "over_time", draw)
    monkeypatch.setattr(images, "as_svg", lambda trend: trend.model_dump_json().encode())
    picture = workspace.reports / "trend-1.svg"
    put(workspace, *quarters[:2])
    first = index.write(workspace)
    assert (first.changed, drawn) == (True, [2])
    second = index.write(workspace)
    assert (second.changed, drawn) == (False, [2])
    put(workspace, quarters[2], written=["paper"])
    index.write(workspace)
    assert drawn == [2, 3]
    (workspace.reports / "2019-20-Q4" / "supplement.qmd").write_text("x", "utf-8")
    assert index.write(workspace).changed, "a link more"
    assert drawn == [2, 3]
    picture.unlink()
    index.write(workspace)
    assert drawn == [2, 3, 3], "one that is gone is drawn again"
    for r in quarters[1:]:
        (workspace.reports / r.period.id / "results.json").unlink()
    assert index.write(workspace).changed
    assert not picture.exists(), "none is left of what the index does not show"


def test_an_index_edited_by_hand_is_kept_and_the_new_one_proposed(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    put(workspace, quarters[0])
    index.write(workspace)
    page, proposal = workspace.reports / "index.qmd", workspace.reports / "index.new.qmd.txt"
    mine = page.read_text("utf-8") + "\nMy own words.\n"
    page.write_text(mine, "utf-8")
    for _ in range(2):
        kept = index.write(workspace).index
        assert kept is not None
        assert (kept.edited, kept.proposal) == (True, None), "nothing else has changed"
    put(workspace, quarters[1])
    for _ in range(2):
        kept = index.write(workspace).index
        assert kept is not None
        assert (kept.edited, kept.proposal) == (True, proposal)
    assert page.read_text("utf-8") == mine
    assert "2019-20-Q3" in proposal.read_text("utf-8")
    replaced = index.write(workspace, replace_edited=True).index
    assert replaced is not None
    assert not replaced.edited
    assert not proposal.exists()
    assert (workspace.reports / "index.replaced.qmd.txt").read_text("utf-8") == mine
    assert "2019-20-Q3" in page.read_text("utf-8")


FORMER = """---
title: "Reports"
format:
  html:
    toc: false
listing:
  contents: "*/paper.qmd"
  type: table
  fields: [title, subtitle]
  sort: "period-start desc"
---

Each report repeats the analysis of deprivation and recovery in NHS talking therapies for one period.
"""


def test_the_listing_that_workspaces_had_before_is_nobodys_own(workspace: Workspace) -> None:
    page = workspace.reports / "index.qmd"
    page.write_text(FORMER, "utf-8")
    written = index.write(workspace).index
    assert written is not None
    assert not written.edited
    assert "listing:" not in page.read_text("utf-8")
    assert not list(workspace.reports.glob("*.txt"))
    page.write_text(FORMER + "Mine.\n", "utf-8")
    kept = index.write(workspace).index
    assert kept is not None
    assert kept.edited


def test_a_workspace_without_the_template_of_the_index_keeps_what_it_has(workspace: Workspace) -> None:
    (workspace.templates / "index.qmd.jinja").unlink()
    own = workspace.reports / "index.qmd"
    own.write_text("Mine.\n", "utf-8")
    assert index.write(workspace).index is None
    assert own.read_text("utf-8") == "Mine.\n"


codes = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@settings(max_examples=50)
@given(st.lists(st.tuples(codes, codes), min_size=1, max_size=4, unique_by=lambda pair: pair[0]))
def test_the_list_of_areas_for_the_search_is_json_without_markup(named: list[tuple[str, str]]) -> None:
    r = _one()
    areas = tuple(
        area.model_copy(update={"area_code": code, "area_name": name})
        for area, (code, name) in zip(r.areas, named, strict=False)
    )
    text = index_page.areas_as_json([r.model_copy(update={"areas": areas})])
    assert not re.search("[<>&]", text)
    listed = json.loads(text)["areas"]
    assert sorted((code, name) for name, code, _, _, _ in listed) == sorted(named)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", anchor) for _, _, anchor, _, _ in listed)


def test_an_area_to_search_for_leads_to_its_newest_period_and_an_invented_one_is_another() -> None:
    newest, earlier = of("2019-20-Q3", n=11), of("2019-20-Q1", n=12)
    invented = of("2014-15-Q2", n=11, synthetic=True)
    renamed = newest.areas[0].model_copy(update={"area_name": "The newest name"})
    newest = newest.model_copy(update={"areas": (renamed, *newest.areas[1:])})
    listed = json.loads(index_page.areas_as_json([newest, earlier, invented]))
    assert [period[0] for period in listed["periods"]] == ["2019-20-Q3", "2019-20-Q1", "2014-15-Q2"]
    assert [period[2] for period in listed["periods"]] == ["", "", "synthetic data"]
    found = {(code, tuple(places)): name for name, code, _, places, _ in listed["areas"]}
    assert found[renamed.area_code, (0, 1)] == "The newest name"
    assert found[renamed.area_code, (2,)] == invented.areas[0].area_name
    assert [places for _, code, _, places, _ in listed["areas"] if code == earlier.areas[-1].area_code] == [[1]]


def test_an_area_is_searched_for_by_the_local_authorities_it_lies_in(located: Results) -> None:
    listed = json.loads(index_page.areas_as_json([located, of("2014-15-Q2", synthetic=True)]))
    lying = {
        code: [listed["places"][at] for at in places] for _, code, _, within, places in listed["areas"] if within == [0]
    }
    assert lying["00L"] == ["Northumberland"]
    assert lying["00D"][0] == "County Durham"
    assert set(lying) == {area.area_code for area in located.areas}
    assert all(lying.values()), "every area of the quarter lies somewhere"
    assert not any(places for *_, within, places in listed["areas"] if within == [1]), "an invented area lies nowhere"


def page_of_areas(results: Results, pages: Sequence[str] = ()) -> Any:
    text = document_text("areas", results, ROOT / "templates", Paper(), area_pages=pages)
    return lxml.html.fromstring(text[text.index("<form") : text.rindex("</table>") + 8].join(("<div>", "</div></div>")))


def test_the_list_of_areas_has_the_figures_of_the_supplements_table(reference: Results) -> None:
    rows = page_of_areas(reference).xpath("//tbody/tr")
    text = document_text("supplement", reference, ROOT / "templates", Paper())
    table = text.split("|:---", 1)[1].split("\nAreas by deprivation rank")[0].splitlines()[1:]
    printed = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table if line]
    assert len(rows) == len(printed) == 211
    below = {
        "both": ("below", "below", "below both"), "–": ("not below", "not below", "below neither"),
        "national": ("below", "not below", "below the national standard alone"),
        "adjusted": ("not below", "below", "below the adjusted benchmark alone"),
    }  # fmt: skip
    codes = {area.area_name: area.area_code for area in reference.areas}
    for row, (name, rank, _, rate, adjusted, limits, which) in zip(rows, printed, strict=True):
        standard, benchmark, standing = below[which]
        low = limits.split("–")[0]
        cells = [cell.text_content() for cell in row]
        assert cells == [name, codes[name], rank, rate, standard, adjusted, f"{low}, {benchmark}", standing]
        assert row.get("id") == f"area-{codes[name]}"


def test_the_list_of_areas_leads_to_the_pages_there_are_and_shows_names_as_they_are(reference: Results) -> None:
    first, second = reference.areas[:2]
    odd = first.model_copy(update={"area_name": AWKWARD, "area_code": "a<b"})
    r = reference.model_copy(update={"areas": (odd, second, *reference.areas[2:])})
    page = page_of_areas(r, [area_page("a<b")])
    (row,) = page.xpath(f"//tr[@id='area-{area_page('a<b')}']")
    assert row[0].text_content() == AWKWARD
    assert row[1].text_content() == "a<b"
    assert page.xpath("//tbody//a/@href") == [f"areas/{area_page('a<b')}.html"]
    assert len(page.xpath("//tbody//script | //tbody//b")) == 0


def test_lists_of_areas_follow_the_pages_of_single_areas(workspace: Workspace, reference: Results) -> None:
    folder = write_period(reference, workspace).folder
    page = folder / "areas.qmd"
    assert index.write_area_lists(workspace) == ()
    code = reference.areas[3].area_code
    (folder / "areas").mkdir()
    (folder / "areas" / f"{code}.html").write_text("x", "utf-8")
    (written,) = index.write_area_lists(workspace)
    assert written.path == page
    assert re.findall(r'href="areas/([^"]+)"', page.read_text("utf-8")) == [f"{code}.html"]
    assert index.write_area_lists(workspace) == ()
    assert not any(document.edited for document in write_period(reference, workspace).documents)
    assert f"areas/{code}.html" in page.read_text("utf-8"), "a build keeps the link"
    mine = page.read_text("utf-8") + "\nMine.\n"
    page.write_text(mine, "utf-8")
    (folder / "areas" / f"{code}.html").unlink()
    assert index.write_area_lists(workspace) == ()
    assert page.read_text("utf-8") == mine
    assert f"areas/{code}.html" not in (folder / "areas.new.qmd.txt").read_text("utf-8")


ROWS = (
    '<ul>\n<li><span class="iapt-what">Paper</span> <a href="p/paper.html"\nclass="iapt-file">page</a> '
    '<a href="p/paper.pdf" class="iapt-file">PDF</a></li>\n'
    '<li><span class="iapt-what">Brief</span> <a class="iapt-file" href="p/brief.docx">Word</a></li>\n</ul>\n'
    '<p><a href="gone.html">mine</a></p>'
)


def test_a_page_keeps_the_marked_links_that_lead_somewhere_and_all_others(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "paper.pdf").write_bytes(b"x")
    page.write_text(ROWS, "utf-8")
    links.prune(page, pages_too=False)
    assert lxml.html.fromstring(page.read_text("utf-8")).xpath("//@href") == [
        "p/paper.html", "p/paper.pdf", "gone.html",
    ]  # fmt: skip
    links.prune(page)
    left = lxml.html.fromstring(page.read_text("utf-8"))
    assert left.xpath("//@href") == ["p/paper.pdf", "gone.html"]
    assert [" ".join(li.text_content().split()) for li in left.xpath("//li")] == ["Paper PDF"]
    (tmp_path / "p" / "paper.pdf").unlink()
    links.prune(page)
    assert "iapt-what" not in page.read_text("utf-8")


def test_the_picture_joins_periods_that_follow_one_another_and_no_others(quarters: tuple[Results, ...]) -> None:
    (trend,) = trends(quarters)
    plot = trend_lines.over_time(trend)
    lines = next(layer._data for layer in plot.layers if type(layer.geom).__name__ == "geom_line")
    assert sorted(set(lines["x"])) == [2, 3], "the third and the fourth quarter; the first stands alone"
    assert images.as_svg(plot) == images.as_svg(trend_lines.over_time(trend))
    for point, r in zip(trend.points, quarters, strict=True):
        assert point.gradient == r.gradient.estimate
    assert numbers.percentage_points(trend.points[0].gradient) in trend_lines.alt_text(trend)


def test_a_picture_without_intervals_and_of_many_periods_is_drawn() -> None:
    r = _one()
    (trend,) = trends([r])
    (point,) = trend.points
    months = [f"20{year}-{month:02d}" for year in (17, 18, 19) for month in range(1, 13)]
    many = tuple(
        point.model_copy(
            update={
                "period": name,
                "start": point.start.replace(year=int(name[:4]), month=int(name[5:])),
                "ci_low": None,
                "ci_high": None,
            }
        )
        for name in months
    )
    plot = trend_lines.over_time(trend.model_copy(update={"kind": "month", "points": many}))
    assert images.as_svg(plot).startswith(b"<?xml")
    named = next(scale.labels for scale in plot.scales if "x" in scale.aesthetics)
    assert 2 <= len(named) <= 7
    assert named[-1] == "2019-12"


def test_the_root_leads_to_the_index_unless_something_else_stands_there(
    workspace: Workspace, quarters: tuple[Results, ...]
) -> None:
    put(workspace, quarters[0], written=["paper"])
    built = index.build(workspace, "embedded")
    root = workspace.site / "index.html"
    assert built.index == workspace.site / "report" / "index.html"
    assert root in built.made
    assert "report/index.html" in root.read_text("utf-8")
    page = lxml.html.fromstring(built.index.read_text("utf-8"))
    assert page.xpath("//main//a[contains(@class, 'iapt-file')]") == [], "nothing is typeset yet"
    assert index.build(workspace, "embedded").made == ()
    (workspace.site / "report" / "2019-20-Q1").mkdir()
    (workspace.site / "report" / "2019-20-Q1" / "paper.html").write_text("x", "utf-8")
    root.write_text("mine", "utf-8")
    assert index.build(workspace, "embedded").made == (built.index,)
    page = lxml.html.fromstring(built.index.read_text("utf-8"))
    assert page.xpath("//main//a[contains(@class, 'iapt-file')]/@href") == ["2019-20-Q1/paper.html"]
    assert root.read_text("utf-8") == "mine"


def test_the_text_of_the_index_is_sound_markdown(workspace: Workspace, quarters: tuple[Results, ...]) -> None:
    odd = quarters[2].model_copy(
        update={"provenance": quarters[2].provenance.model_copy(update={"area_type": "*odd* <b>kind</b>"})}
    )
    put(workspace, *quarters[:2], odd)
    index.write(workspace)
    import pypandoc

    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", "plain", "--wrap=none"],
        input=(workspace.reports / "index.qmd").read_text("utf-8"),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.count("*odd* <b>kind</b>") == 2, "as the unit of its period, and among those without a trend"
    assert not re.search(r"\bnan\b|None|Undefined|:::|<<|>>|<%", done.stdout)
