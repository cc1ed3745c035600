"""The paper's text: it follows its numbers at every branch, and shows names as they are."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pypandoc
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conftest import ROOT, areas_from, some_rows
from iapt_report import documents, wording
from iapt_report.analysis import analyse
from iapt_report.errors import DataError
from iapt_report.settings import Settings
from iapt_report.workspace import Author, Paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.results import Results
    from iapt_report.workspace import Workspace


def text_of(results: Results, paper: Paper | None = None) -> str:
    """Fill the template; one space between words, no-break spaces plain."""
    text = documents.paper_text(results, ROOT / "templates", paper or Paper())
    return re.sub(r"[ \n\u00a0\u202f]+", " ", text)


def part(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end, text.index(start))]


def test_the_reference_paper_prints_the_studys_figures(reference: Results) -> None:
    text = text_of(reference)
    for printed in (
        "293 400 referrals", "70–4355", "110 415 patients", "8.2% to 86.6%", "ρ = −0.27", "P = 0.33", "ρ = 0.39",
        "the correlation was 0.38", "had P = 0.54, not below 0.05, and was removed",
        "15.3%", "F = 37.76", "153 of the 211 areas (72.5%)",
        "91 of the 211 areas (43.1%)", "29.4 percentage points", "χ² = 60.66", "κ = 0.45",
        "45.2% (s.d. = 3.0, range 40.1–50.5)",
        "a standard deviation of 30.0",
    ):  # fmt: skip
        assert printed in text, printed


def test_the_reference_paper_says_first_that_it_is_synthetic(reference: Results) -> None:
    text = text_of(reference)
    assert "synthetic data" in part(text, "subtitle:", "abstract-title")
    assert text.index("Every area in this document is invented") < text.index("## Introduction")
    assert "says nothing new" in text


def test_a_paper_on_real_data_does_not_say_synthetic(results_of: Callable[..., Results]) -> None:
    assert "ynthetic" not in text_of(results_of(slope=0.1))


@pytest.mark.parametrize(
    ("pattern", "said", "unsaid"),
    [
        ({"slope": 0.25}, "Recovery was rarer where deprivation was greater", "opposite of what the 2016 study"),
        ({"slope": -0.25}, "Recovery was more frequent where deprivation was greater", "was rarer where"),
        ({"slope": 0.0, "seed": 3}, "do not show that recovery differs with deprivation", "was rarer where"),
    ],
)
def test_the_conclusion_follows_the_gradient(
    results_of: Callable[..., Results], pattern: dict[str, Any], said: str, unsaid: str
) -> None:
    text = text_of(results_of(**pattern))
    assert said in text
    assert unsaid not in text


def test_a_weak_gradient_does_not_read_as_that_of_2014(results_of: Callable[..., Results]) -> None:
    r = results_of(n=190, slope=0.05, noise=0.05, level=0.52, seed=1)
    assert wording.gradient(r) == "rising"
    assert wording.strength(r.correlations.recovery_rate.rho or 0) == "weak"
    text = text_of(r)
    assert "a weak correlation" in part(text, "**Results.**", "**Conclusions.**")
    assert "deprivation said little about an area's recovery rate" in part(text, "**Conclusions.**", "keywords:")
    assert "does not include 0.39" in text or "includes 0.39" in text


def test_correlation_and_regression_that_disagree_are_called_mixed() -> None:
    rows = some_rows(60, slope=0.0, noise=0.05, seed=3)
    rows[0] = {
        **rows[0],
        "finished_treatment": 90_000,
        "at_caseness": 80_000,
        "recovered": 20_000,
        "referrals": 200_000,
    }
    r = analyse(areas_from(rows), Settings(outlier_multiple=100))
    assert wording.gradient(r) == "mixed"
    text = text_of(r)
    assert "did not agree on whether recovery rates differ with deprivation" in text
    assert "should not be read as a gradient" in text


def test_more_areas_below_the_adjusted_benchmark_are_called_more(results_of: Callable[..., Results]) -> None:
    r = results_of(n=190, slope=0.05, level=0.56, noise=0.05)
    assert r.classification.below_adjusted.n > r.classification.below_national.n
    text = text_of(r)
    difference = r.classification.below_adjusted.n - r.classification.below_national.n
    assert re.search(
        rf"The adjusted benchmark places {wording.number_word(difference)} more areas? below it than", text
    )
    assert not re.search("fewer areas? below it than", text)


def test_no_outlier_and_one_outlier(results_of: Callable[..., Results]) -> None:
    assert "No area's recovery rate was an extreme outlier" in text_of(results_of(noise=0.02))
    rows = some_rows(60, noise=0.02)
    rows[5] = {**rows[5], "recovered": 0}
    text = text_of(analyse(areas_from(rows)))
    assert "One area had an extreme recovery rate (Test Area 005, 0.0%)" in text
    assert "Without it the correlation" in text


def test_a_benchmark_that_all_areas_miss_and_one_that_all_meet(results_of: Callable[..., Results]) -> None:
    missed = text_of(results_of(Settings(benchmark=0.99)))
    assert "placed all 60 areas below it" in missed
    assert "Association and agreement cannot be assessed" in missed
    met = text_of(results_of(Settings(benchmark=0.01)))
    assert "placed none of the 60 areas below it" in met


def test_rates_that_do_not_vary_make_a_paper_without_nonsense() -> None:
    rows: list[dict[str, object]] = [{**row, "at_caseness": 200, "recovered": 100} for row in some_rows(20)]
    text = text_of(analyse(areas_from(rows)))
    assert "All areas had the same recovery rate" in text
    assert "No area was below" in text
    assert "nan" not in text.lower().replace("financial", "")


def test_another_standard_is_printed_throughout(results_of: Callable[..., Results]) -> None:
    text = text_of(results_of(Settings(benchmark=0.48)))
    assert "The national standard is that at least 50% of them do; this report uses 48% instead" in text
    assert "chosen standard of 48%" in text
    assert "national standard of 48%" not in text


def test_authors_and_title_are_the_users_and_never_the_studys(reference: Results) -> None:
    paper = Paper(title="My title: {months}", authors=(Author(name='A "Quoted" Person', affiliation="Here"),))
    text = text_of(reference, paper)
    head = part(text, "---", "abstract-title")
    assert 'title: "My title: July to September 2014"' in head
    assert json.loads(head.split("name: ")[1].split(" affiliations")[0]) == r"A \"Quoted\" Person"
    assert "Delgadillo" not in head
    assert "author:" not in part(text_of(reference), "---", "abstract-title")
    assert "[@delgadillo2016]" in text


def sentences_are_sound(text: str) -> None:
    """What no sentence may hold, whatever the numbers."""
    body = part(text, "abstract: |", "keywords:") + text[text.index("## Introduction") :]
    assert not re.search(r"\bnan\b|Undefined|\{\{|<<|>>|<%|%>", body)
    assert not re.search(r" [,.;:)]|\( | \.|,,|\.\.(?!\.)", re.sub(r"[|:\-{}]{2,}", "", body).replace(" :::", "")), body
    assert not re.search(r"\b(\w+) \1\b(?<!that that)", re.sub(r"\|[^|]*", "", body))
    assert not re.search(
        r"\b1 (areas|organisations)\b|\bone (areas|organisations)\b|(?<![A-Z])-\d", re.sub(r"\d{4}-\d\d", "", body)
    )


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.integers(10, 80),
    st.floats(-0.4, 0.4),
    st.floats(0.05, 0.95),
    st.sampled_from([0.0, 0.01, 0.05, 0.2]),
    st.integers(0, 99),
    st.floats(0.02, 0.98).map(lambda x: round(x, 3)),
)
def test_every_branch_makes_sound_sentences(
    n: int, slope: float, level: float, noise: float, seed: int, benchmark: float
) -> None:
    r = analyse(
        areas_from(some_rows(n, slope=slope, level=level, noise=noise, seed=seed)), Settings(benchmark=benchmark)
    )
    sentences_are_sound(text_of(r))


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=40))
def test_a_name_is_shown_as_it_is(name: str) -> None:
    escaped = documents.escape(name)
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", "plain", "--wrap=none"],
        input=f"x {escaped} x",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    straight = done.stdout.replace("’", "'").replace("‘", "'")
    assert " ".join(straight.split()) == " ".join(f"x {name} x".replace("’", "'").replace("‘", "'").split())


@pytest.mark.parametrize(
    ("template", "words", "row"),
    [
        ("line\n<< r.sample.nothing >>", "has no attribute 'nothing'", 2),
        ("<< nobody >>", "'nobody' is undefined", 1),
        ("<< r.sample.areas >>", "211 is printed without a wording function", 1),
        ("a\nb\n<% if %>", "cannot be read", 3),
        ("<< count('x') >>", "cannot be filled", None),
    ],
)
def test_a_template_that_is_wrong_is_refused_by_its_line(
    reference: Results, tmp_path: Path, template: str, words: str, row: int | None
) -> None:
    (tmp_path / "paper.qmd.jinja").write_text(template, "utf-8")
    with pytest.raises(DataError) as caught:
        documents.paper_text(reference, tmp_path, Paper())
    assert words in str(caught.value)
    assert str(caught.value.file).endswith("paper.qmd.jinja")
    if row:
        assert caught.value.row == row


def test_an_edited_document_is_kept_and_the_new_one_proposed(reference: Results, workspace: Workspace) -> None:
    first = documents.write_period(reference, workspace)
    assert not first.kept
    edited = first.document.read_text("utf-8") + "\nMy own words.\n"
    first.document.write_text(edited, "utf-8")
    second = documents.write_period(reference, workspace)
    assert second.kept
    assert second.proposal is None
    assert first.document.read_text("utf-8") == edited
    earlier = {path.name: path.read_bytes() for path in first.folder.iterdir()}
    changed = reference.model_copy(update={"settings": Settings(outlier_multiple=2.9)})
    changed = changed.model_copy(update={"outliers": reference.outliers.model_copy(update={"multiple": 2.9})})
    third = documents.write_period(changed, workspace)
    assert third.proposal is not None
    assert "2.9 interquartile ranges" in third.proposal.read_text("utf-8")
    kept = {path.name: path.read_bytes() for path in first.folder.iterdir() if path != third.proposal}
    assert kept == earlier, "an edited document keeps the figure and the results it was written from"
    fourth = documents.write_period(changed, workspace, replace_edited=True)
    assert not fourth.kept
    assert "My own words" not in first.document.read_text("utf-8")
    assert (first.folder / "paper.replaced.qmd.txt").read_text("utf-8") == edited
    assert not third.proposal.exists()


def test_the_same_results_give_the_same_bytes(reference: Results, workspace: Workspace) -> None:
    folder = documents.write_period(reference, workspace).folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    documents.write_period(reference, workspace)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
