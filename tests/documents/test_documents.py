"""The paper's text: it follows its numbers at every branch, and shows names as they are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date
from textwrap import indent
from typing import TYPE_CHECKING, Any

import lxml.html
import pypandoc
import pypdf
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conftest import REFERENCE, ROOT, areas_from, some_rows
from iapt_report.analysis.facts import SourceFile
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.areas.table import DeprivationFacts
from iapt_report.documents.kinds import DOCUMENTS
from iapt_report.documents.page import document_text, paper_text
from iapt_report.documents.pictures import FIGURES
from iapt_report.figures import study
from iapt_report.render.jobs import Job
from iapt_report.render.typeset import render
from iapt_report.site.period import is_current, write_documents
from iapt_report.system.errors import DataError
from iapt_report.words import findings, numbers
from iapt_report.words.markdown import escape
from iapt_report.workspace.paper import Author, Paper
from iapt_report.workspace.parts import PARTS
from iapt_report.workspace.place import find_workspace
from prose import body_of, part, sentences_are_sound, text_of
from written import write_period

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.render.choices import EngineName
    from iapt_report.workspace.place import Workspace


def rows_of(results: Results) -> list[list[str]]:
    """Return the cells of the supplement's table of areas."""
    text = document_text("supplement", results, ROOT / "templates", Paper())
    table = part(text, "|:---", "\nAreas by deprivation rank")
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[1:] if line]


def test_the_reference_paper_prints_the_studys_figures(reference: Results) -> None:
    text = text_of(reference)
    for printed in (
        "293 400 referrals", "70–4355", "110 415 patients", "8.2% to 86.6%", "ρ = −0.27", "P = 0.33", "ρ = 0.39",
        "the correlation was 0.38", "had P = 0.54, not below 0.05, and was removed",
        "15.3%", "F = 37.76", "153 of the 211 areas (72.5%)",
        "adjusted benchmark in 91 (43.1%)", "(29.4)", "| 60.66 |", "| Cohen's κ | 0.45 |",
        "45.2, 3.0 (40.1–50.5)",
        "a standard deviation of 30.0",
    ):  # fmt: skip
        assert printed in text, printed


def test_the_reference_paper_says_first_that_it_is_synthetic(reference: Results) -> None:
    text = text_of(reference)
    assert "synthetic data" in part(text, "subtitle:", "abstract-title")
    assert text.index("The figures of every area in this document are invented") < text.index("## Introduction")
    assert "says nothing new" in text


def test_a_paper_on_real_data_does_not_say_synthetic(results_of: Callable[..., Results]) -> None:
    assert "ynthetic" not in text_of(results_of(slope=0.1))


@pytest.mark.parametrize(
    ("pattern", "said", "unsaid"),
    [
        ({"slope": 0.25}, "Recovery was rarer in areas of greater deprivation", "opposite of what the 2016 study"),
        ({"slope": -0.25}, "Recovery was more frequent in areas of greater deprivation", "was rarer in"),
        ({"slope": 0.0, "seed": 3}, "do not show that the recovery rates of areas differ", "was rarer in"),
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
    assert findings.gradient(r) == "rising"
    assert findings.strength(r.correlations.recovery_rate.rho or 0) == "weak"
    text = text_of(r)
    assert "lower in the most than in the least deprived area" in part(text, "**Results.**", "**Conclusions.**")
    assert "deprivation said little about an area's rate" in part(text, "**Conclusions.**", "keywords:")
    assert "The 2016 study reported a correlation of 0.39 for its quarter; the correlation here is" in text


def test_correlation_and_regression_that_disagree_are_called_mixed() -> None:
    rows = some_rows(60, slope=0.0, noise=0.05, seed=3)
    rows[0] = {
        **rows[0],
        "finished_treatment": 90_000,
        "at_caseness": 80_000,
        "recovered": 20_000,
        "referrals": 200_000,
    }
    r = analyse(areas_from(rows), Settings(outlier_multiple=100, model="replication"))
    assert findings.gradient(r) == "mixed"
    text = text_of(r)
    assert "did not agree on whether recovery rates differ with deprivation" in text
    assert "should not be read as a gradient" in text


def test_more_areas_below_the_adjusted_benchmark_are_called_more(results_of: Callable[..., Results]) -> None:
    r = results_of(n=190, slope=0.05, level=0.56, noise=0.05)
    assert r.classification.below_adjusted.n > r.classification.below_national.n
    text = text_of(r)
    difference = r.classification.below_adjusted.n - r.classification.below_national.n
    assert re.search(rf"adjusted benchmark placed {numbers.number_word(difference)} more areas? below it than", text)
    assert not re.search("fewer areas? below it than", text)


def test_no_outlier_and_one_outlier(results_of: Callable[..., Results]) -> None:
    assert "No area's recovery rate was an extreme outlier" in text_of(results_of(noise=0.02))
    rows = some_rows(60, noise=0.02)
    rows[5] = {**rows[5], "recovered": 0}
    text = text_of(analyse(areas_from(rows)))
    assert "One area had an extreme recovery rate (Test Area 005, 0.0%)" in text
    assert "without it the correlation" in text


def test_a_benchmark_that_all_areas_miss_and_one_that_all_meet(results_of: Callable[..., Results]) -> None:
    missed = text_of(results_of(Settings(benchmark=0.99)))
    assert "in all 60 areas" in missed
    assert "| Cohen's κ | not computable |" in missed
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
    assert "at least 50% of those at caseness do; this report uses 48% instead" in text
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
    sentences_are_sound(body_of(text_of(r)))
    supplement = text_of(r, name="supplement")
    sentences_are_sound(supplement[supplement.index("## Online supplement") :])


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=40))
def test_a_name_is_shown_as_it_is(name: str) -> None:
    escaped = escape(name)
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
        paper_text(reference, tmp_path, Paper())
    assert words in str(caught.value)
    assert str(caught.value.file).endswith("paper.qmd.jinja")
    if row:
        assert caught.value.row == row


def test_the_supplement_lists_every_area_from_the_most_deprived_and_where_it_is_below(reference: Results) -> None:
    rows = rows_of(reference)
    areas = {area.area_name: area for area in reference.areas}
    assert len(rows) == len({row[0] for row in rows}) == 211
    assert [row[1] for row in rows] == [f"{areas[row[0]].imd_rank:.0f}" for row in rows]
    assert [areas[row[0]].imd_rank for row in rows] == sorted(area.imd_rank for area in reference.areas)
    below = {"both": (True, True), "national": (True, False), "adjusted": (False, True), "–": (False, False)}
    for row in rows:
        area = areas[row[0]]
        assert below[row[6]] == (area.below_national, area.below_adjusted), row
        assert row[3].endswith("†") == area.outlier
        assert row[3].rstrip("†") == f"{100 * area.recovery_rate:.1f}"
        assert row[5] == f"{100 * area.adjusted_low:.1f}–{100 * area.adjusted_high:.1f}"
    assert sum(row[6] in ("both", "national") for row in rows) == 153
    assert sum(row[6] in ("both", "adjusted") for row in rows) == reference.classification.below_adjusted.n


def test_the_supplement_calls_a_standard_of_ones_own_chosen(results_of: Callable[..., Results]) -> None:
    r = results_of(Settings(benchmark=0.6))
    assert {row[6] for row in rows_of(r)} <= {"both", "chosen", "adjusted", "–"}
    text = text_of(r, name="supplement")
    assert "The chosen standard of 60% placed" in text
    assert "national" not in text
    assert "`benchmark`: 0.6" in text


def test_areas_that_tie_have_their_mean_rank_in_the_supplement() -> None:
    rows: list[dict[str, object]] = [
        {**row, "imd_rank": 3.5 if i in (2, 3) else i + 1} for i, row in enumerate(some_rows(20))
    ]
    assert [row[1] for row in rows_of(analyse(areas_from(rows)))][:5] == ["1", "2", "3.5", "3.5", "5"]


def test_the_supplement_names_the_sources_settings_and_versions_of_the_results(reference: Results) -> None:
    sources = (
        SourceFile(file="a_file [2].csv", sha256="0123456789abcdef" * 4),
        SourceFile(file="b.csv", sha256="` <b>"),
    )
    provenance = reference.provenance.model_copy(update={"sources": sources})
    text = text_of(reference.model_copy(update={"provenance": provenance}), name="supplement")
    assert f"a\\_file \\[2\\].csv: `{'0123456789abcdef' * 4}`{{style=" in text, "it may break over lines"
    assert r"b.csv: \` \<b\>" in text, "what is no digest is plain text"
    for name in Settings.model_fields:
        assert f"`{name}`: " in text, name
    for name, version in provenance.versions.items():
        assert f"{ {'python': 'Python'}.get(name, name) } {version}" in text, name


def test_the_supplement_says_first_that_it_is_synthetic_and_only_then(
    reference: Results, results_of: Callable[..., Results]
) -> None:
    text = text_of(reference, name="supplement")
    assert "synthetic data" in part(text, "subtitle:", "bibliography")
    assert text.index("The figures of every area in this document are invented") < text.index("## Online supplement")
    assert "ynthetic" not in text_of(results_of(slope=0.1), name="supplement")


def changed(results: Results) -> Results:
    """The same results but for a setting that both documents print."""
    return results.model_copy(
        update={
            "settings": Settings(outlier_multiple=2.9),
            "outliers": results.outliers.model_copy(update={"multiple": 2.9}),
        }
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def add_to(path: Path, words: str) -> str:
    text = path.read_text("utf-8") + words
    path.write_text(text, "utf-8")
    return text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_edited_document_is_kept_and_the_new_ones_proposed(
    reference: Results, workspace: Workspace, name: str
) -> None:
    first = write_period(reference, workspace)
    assert not any(document.edited for document in first.documents)
    mine = first.folder / f"{name}.qmd"
    edited = add_to(mine, "\nMy own words.\n")
    second = write_period(reference, workspace)
    assert [document.path for document in second.documents if document.edited] == [mine]
    assert second.proposals == ()
    assert not second.held
    assert mine.read_text("utf-8") == edited
    earlier = contents(first.folder)

    third = write_period(changed(reference), workspace)
    assert third.held
    assert [path.name for path in third.proposals][:2] == ["paper.new.qmd.txt", "supplement.new.qmd.txt"]
    assert "2.9 interquartile ranges" in third.proposals[0].read_text("utf-8")
    assert "`outlier_multiple`: 2.9" in third.proposals[1].read_text("utf-8")
    kept = {file: content for file, content in contents(first.folder).items() if not file.endswith(".new.qmd.txt")}
    assert kept == earlier, "figure, results and the documents beside it are those that it was written from"

    back = write_period(reference, workspace)
    assert back.proposals == ()
    assert contents(first.folder) == earlier, "data that are as they were leave nothing to propose"

    write_period(changed(reference), workspace)
    fourth = write_period(changed(reference), workspace, replace_edited=True)
    assert not any(document.edited for document in fourth.documents)
    assert "My own words" not in mine.read_text("utf-8")
    left = sorted(path.name for path in first.folder.glob("*.txt"))
    assert left == [f"{name}.replaced.qmd.txt"]
    assert (first.folder / left[0]).read_text("utf-8") == edited

    mine.write_text(edited + "\nMore of mine.\n", "utf-8")
    write_period(changed(reference), workspace, replace_edited=True)
    kept_copies = sorted(first.folder.glob("*.replaced*.txt"))
    assert [path.read_text("utf-8") for path in kept_copies] == [edited + "\nMore of mine.\n", edited]


def test_a_template_that_changes_reaches_the_document_that_was_not_edited(
    reference: Results, workspace: Workspace
) -> None:
    folder = write_period(reference, workspace).folder
    mine = add_to(folder / "paper.qmd", "\nMy own words.\n")
    add_to(workspace.templates / "supplement.qmd.jinja", "\nNew words.\n")
    written = write_period(reference, workspace)
    assert (written.held, written.proposals) == (False, ())
    assert (folder / "paper.qmd").read_text("utf-8") == mine
    assert "New words." in (folder / "supplement.qmd").read_text("utf-8")
    again = write_period(reference, workspace)
    assert [document.path.stem for document in again.documents if document.edited] == ["paper"], (
        "what was generated is not taken for edited, nor what was edited for generated"
    )


def test_beside_a_proposed_template_the_figures_that_are_there_stay_and_others_are_drawn(
    reference: Results, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_period(reference, workspace).folder
    add_to(folder / "paper.qmd", "\nMy own words.\n")
    add_to(workspace.templates / "paper.qmd.jinja", "\nNew words.\n")
    (folder / "figure-ds1.svg").write_text("the figure of my document", "utf-8")
    monkeypatch.setitem(FIGURES, "another.svg", study.scatter)
    assert [path.name for path in write_period(reference, workspace).proposals] == ["paper.new.qmd.txt"]
    assert (folder / "figure-ds1.svg").read_text("utf-8") == "the figure of my document"
    assert (folder / "another.svg").read_bytes().startswith(b"<?xml")


def test_every_figure_of_the_list_is_written(
    reference: Results, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIGURES, "another.svg", study.scatter)
    folder = write_period(reference, workspace).folder
    drawn = {"figure-ds1.svg", "figure-funnels.svg", "figure-brief.svg", "another.svg"}
    assert {path.name for path in folder.glob("*.svg")} == drawn, "that of fair services needs a simulation"


def test_a_real_period_has_its_map_in_the_brief_and_under_a_heading_of_the_supplement(
    located: Results, workspace: Workspace
) -> None:
    folder = write_period(located, workspace).folder
    assert {f"figure-map.{kind}" for kind in ("svg", "png", "pdf")} <= {path.name for path in folder.iterdir()}
    texts = {name: (folder / f"{name}.qmd").read_text("utf-8") for name in DOCUMENTS}
    assert {name for name, text in texts.items() if "(figure-map.svg)" in text} == {"brief", "supplement"}
    section = texts["supplement"].split("## Where areas lie\n")[1].split("\n## ")[0]
    assert 'fig-alt="Map of 189 areas' in section


def test_a_document_new_to_a_period_waits_beside_an_edited_one_whose_data_changed(
    reference: Results, workspace: Workspace
) -> None:
    template = workspace.templates / "supplement.qmd.jinja"
    text = template.read_text("utf-8")
    template.unlink()
    first = write_period(reference, workspace)
    assert [document.path.name for document in first.documents] == ["paper.qmd", "brief.qmd", "areas.qmd"]
    assert first.lacking == (template,)
    assert "supplement.html" not in (first.folder / "paper.qmd").read_text("utf-8"), "no link to what is not made"
    template.write_text(text, "utf-8")
    add_to(first.folder / "paper.qmd", "\nMy own words.\n")
    second = write_period(changed(reference), workspace)
    assert not (first.folder / "supplement.qmd").exists(), "it would contradict the results beside it"
    assert second.documents[1].proposal is not None
    third = write_period(reference, workspace)
    assert (first.folder / "supplement.qmd").is_file()
    assert third.documents[1].proposal is None


def test_a_document_of_ones_own_by_the_name_of_one_that_is_generated_is_kept(
    reference: Results, workspace: Workspace
) -> None:
    own = workspace.reports / reference.period.id / "supplement.qmd"
    own.parent.mkdir(parents=True)
    own.write_text("All mine.\n", "utf-8")
    written = write_period(reference, workspace)
    assert own.read_text("utf-8") == "All mine.\n"
    assert written.documents[1].edited
    assert "supplement.new.qmd.txt" in [path.name for path in written.proposals]


def test_the_same_results_give_the_same_bytes(reference: Results, workspace: Workspace) -> None:
    folder = write_period(reference, workspace).folder
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_period(reference, workspace)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


STATEMENTS = {
    "declaration_of_interest": "Declaration of interest",
    "ethics": "Ethics",
    "funding": "Funding",
    "acknowledgements": "Acknowledgements",
}
# Markdown, Jinja, a hard line break and empty lines in code: all of it the user's own.
OWN = (
    "My *own* words,[@hart1971] << r.nothing >> <% if %> <# x #>  \nand a line.\n\n"
    "```\na\n\n\n\nb  \n```\n\n### Mine\n\nMore."
)


def sections_of(text: str) -> list[str]:
    return re.findall("^## (.+)$", text, re.MULTILINE)


def section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def paper_of(results: Results, paper: Paper | None = None, **parts: str) -> str:
    named = {name.replace("_", "-"): text for name, text in parts.items()}
    return paper_text(results, ROOT / "templates", paper or Paper(), named)


def test_real_deprivation_is_not_called_invented_where_patients_are(reference: Results) -> None:
    used = DeprivationFacts(2025, "A ministry", date(2025, 10, 30), "subicb", 2024, "An office")
    made = reference.model_copy(update={"provenance": reference.provenance.model_copy(update={"deprivation": used})})
    said = paper_of(made)
    assert "Deprivation is invented" not in said
    assert "English Indices of Deprivation 2025[@deprivation]" in said
    assert "Deprivation is invented too" in paper_of(reference), "the reference quarter's is"
    brief = document_text("brief", made, ROOT / "templates", Paper())
    assert "invented, but for their deprivation: *English Indices of Deprivation 2025*" in brief
    assert "The areas and their figures are invented." in document_text("brief", reference, ROOT / "templates", Paper())


def test_the_sections_stand_in_the_order_of_a_journals_short_report(reference: Results) -> None:
    every = Paper.model_validate(dict.fromkeys(STATEMENTS, "Said."))
    assert sections_of(paper_of(reference, every)) == [
        "Declaration of interest",
        "Introduction",
        "Method",
        "Results",
        "Discussion",
        "Data and code availability",
        "Ethics",
        "Funding",
        "Acknowledgements",
        "References",
    ]


def test_what_the_user_does_not_declare_is_left_out_and_not_invented(reference: Results) -> None:
    text = paper_of(reference)
    assert sections_of(text) == [
        "Introduction", "Method", "Results", "Discussion", "Data and code availability", "Ethics", "References",
    ]  # fmt: skip
    assert not re.search("fund(ed|ing) by|conflict|interest:|We thank", text)
    assert re.findall(r"^## .+\n\n+(?=## |\Z)", text, re.MULTILINE) == [], "no section is empty"


def test_the_sentence_on_ethics_is_true_of_the_data(reference: Results, results_of: Callable[..., Results]) -> None:
    invented = section(paper_of(reference), "Ethics")
    assert "invented" in invented
    assert "published" not in invented
    found = results_of(slope=0.1)
    source = SourceFile(file="annual.csv", sha256="0" * 64)
    published = found.model_copy(update={"provenance": found.provenance.model_copy(update={"sources": (source,)})})
    said = section(paper_of(published), "Ethics")
    assert "published, aggregated statistics; no ethical approval was needed" in said
    assert "invented" not in said
    unknown = found.model_copy(update={"provenance": found.provenance.model_copy(update={"sources": ()})})
    assert "published" not in section(paper_of(unknown), "Ethics"), "a folder of one's own may not be published"
    assert section(paper_of(reference, Paper(ethics="Approved by X.")), "Ethics").strip() == "Approved by X."


@pytest.mark.parametrize(("field", "heading"), STATEMENTS.items())
def test_a_statement_of_the_configuration_is_plain_text_in_its_section(
    reference: Results, field: str, heading: str
) -> None:
    text = paper_of(reference, Paper.model_validate({field: "Grant #1 of *X*.\nStill one.\n\n# Another << r >>\n"}))
    assert section(text, heading).strip() == r"Grant \#1 of \*X\*. Still one." + "\n\n" + r"\# Another \<\< r \>\>"


def test_the_supplement_ends_with_what_it_was_made_from_and_how(reference: Results) -> None:
    (file,) = reference.provenance.sources

    def sources(r: Results) -> str:
        return section(document_text("supplement", r, ROOT / "templates", Paper()), "Sources and settings")

    said = sources(reference)
    assert f"{file.file}: `{file.sha256}`" in said
    for name, value in reference.provenance.versions.items():
        assert f"{'Python' if name == 'python' else name} {value}" in said
    for name in reference.settings.model_dump():
        assert f"`{name}`" in said
    assert "`confidence`: 0.95" in said
    provenance = reference.provenance.model_copy(update={"sources": (), "commit": "abc1234"})
    without = sources(reference.model_copy(update={"provenance": provenance}))
    assert "SHA-256" not in without
    assert "`abc1234`" in without


def test_a_paper_without_a_supplement_says_itself_what_it_was_made_from(reference: Results, tmp_path: Path) -> None:
    alone = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", alone)
    (alone / "supplement.qmd.jinja").unlink()
    (file,) = reference.provenance.sources
    said = section(document_text("paper", reference, alone, Paper()), "Sources and settings")
    assert f"{file.file}: `{file.sha256[:12]}`…" in said
    assert "`confidence` 0.95;" in said


def test_a_real_papers_sources_are_cited_with_publisher_title_year_and_licence() -> None:
    r = analyse(read_areas(ROOT / "data", Period.parse("2019-20-Q2")))
    head, body = document_text("paper", r, ROOT / "templates", Paper()).split("\n---\n", 1)
    cited = {entry["id"]: entry for entry in yaml.safe_load(head)["references"]}
    assert set(re.findall(r"@(activity|deprivation)\b", body)) == set(cited) == {"activity", "deprivation"}
    assert cited["activity"]["author"] == [{"literal": "NHS Digital"}]
    assert "July to September 2019" in cited["activity"]["title"]
    assert cited["deprivation"]["title"] == "English Indices of Deprivation 2019"
    assert all(entry["issued"] == 2019 and "Open Government Licence" in entry["note"] for entry in cited.values())
    assert ".csv" not in section(body, "Method")


def test_the_paper_is_as_short_as_a_short_report() -> None:
    """At most 150 words of summary, 1500 of text, 12 references: of a real quarter, with an outlier and doubts."""
    r = analyse(read_areas(ROOT / "data", Period.parse("2019-20-Q2")), draws=50, simulated_quarters=50)
    head, body = document_text("paper", r, ROOT / "templates", Paper()).split("\n---\n", 1)
    assert len(yaml.safe_load(head)["abstract"].split()) <= 150
    text = body[: body.index("## Data and code availability")]
    text = re.sub(r"::: \{#tbl.*?\n:::|!\[.*?\]\(.*?\}|\[@[^]]*\]", "", text, flags=re.DOTALL)
    # "P = 0.03" is a word.
    assert len(re.split("[ \n]+", text)) <= 1500
    assert len(set(re.findall(r"@([a-z]+\d{4}|activity|deprivation)\b", body))) <= 12


def test_a_statement_on_data_follows_what_is_generated(reference: Results) -> None:
    said = section(paper_of(reference, Paper(data_availability="Also elsewhere.")), "Data and code availability")
    assert "Every figure of every area stands beside this document" in said
    assert said.strip().endswith("Also elsewhere.")


def test_keywords_are_the_users_or_else_those_of_the_study(reference: Results) -> None:
    assert '- "commissioning areas"' in paper_of(reference)
    head = paper_of(reference, Paper(keywords=("one", "two: *x*"))).split("notice:")[0].split("keywords:")[1]
    assert head.split() == ["-", '"one"', "-", '"two:', '\\\\*x\\\\*"']


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_put_in_exactly_as_it_is_written(reference: Results, name: str) -> None:
    text = paper_of(reference, None, **{name: OWN})
    # The summary stands in the head, where all of a text is set in.
    put = indent(OWN, "  ") if name == "abstract" else OWN
    assert f"\n{put}\n" in text
    assert text.count(put) == 1
    assert text.replace(put, "").count("\x00") == 0
    supplement = document_text("supplement", reference, ROOT / "templates", Paper(), {name: OWN})
    assert "My *own* words" not in supplement


def test_an_introduction_replaces_the_templates_and_other_parts_follow_what_is_generated(reference: Results) -> None:
    plain = paper_of(reference)
    text = paper_of(reference, introduction="My way in.", discussion="My view.", limitations="My doubts.")
    assert section(text, "Introduction").strip() == "My way in."
    generated, limits, closing = re.split("\n### (?:Limitations|Conclusion)\n", section(plain, "Discussion"))
    mine, doubts, close = re.split("\n### (?:Limitations|Conclusion)\n", section(text, "Discussion"))
    assert mine.split() == [*generated.split(), "My", "view."]
    assert doubts.split() == [*limits.split(), "My", "doubts."]
    assert close.split() == closing.split()


def test_a_build_never_writes_to_a_part_and_a_changed_part_makes_the_document_stale(workspace: Workspace) -> None:
    period = Period.parse(REFERENCE)
    part_of_mine = workspace.parts / "discussion.qmd"
    written = write_documents(workspace, period)
    assert is_current(workspace, period)
    part_of_mine.write_bytes(b"My view.  \r\n\r\n\r\n\r\nAt length.")
    assert not is_current(workspace, period), "a new part counts"
    before = contents(workspace.parts)
    write_documents(workspace, period)
    assert contents(workspace.parts) == before
    assert is_current(workspace, period)
    assert "My view.  \n\n\n\nAt length.\n" in (written.folder / "paper.qmd").read_text("utf-8")
    part_of_mine.write_text("Another view.", "utf-8")
    assert not is_current(workspace, period), "a changed part counts"
    write_documents(workspace, period, replace_edited=True)
    assert part_of_mine.read_text("utf-8") == "Another view."
    part_of_mine.unlink()
    assert not is_current(workspace, period), "a part that is gone counts"


AUTHORS = """[paper]
keywords = ["first keyword", "O'Neil's _second_"]
funding = "Grant 12."
[[paper.authors]]
name = "Ann O'Person"
affiliations = ["First University", "Second Trust"]
orcid = "0000-0002-1825-0097"
email = "ann_x@example.org"
corresponding = true
[[paper.authors]]
name = "Bo Other"
affiliation = "Second Trust"
"""


@pytest.mark.parametrize("engine", ["embedded", pytest.param("quarto", marks=pytest.mark.quarto)])
def test_both_engines_print_authors_with_affiliations_orcid_and_address(
    reference: Results, workspace: Workspace, engine: EngineName
) -> None:
    (workspace.root / "iapt-report.toml").write_text(AUTHORS, "utf-8")
    (workspace.parts / "introduction.qmd").write_text("My way in,[@hart1971] and @tbl-sample.\n", "utf-8")
    place = find_workspace(workspace.root)
    folder = write_period(reference, place).folder
    made = render(Job(folder / "paper.qmd", ("html", "pdf")), place, engine)
    root = lxml.html.fromstring(made[0].read_text("utf-8"))
    listed = [" ".join(item.text_content().split()) for item in root.xpath("//ul[@class='iapt-authors']/li")]
    assert listed == [
        "Ann O’Person (corresponding author) ORCID 0000-0002-1825-0097 ann_x@example.org "
        "First University; Second Trust",
        "Bo Other Second Trust",
    ]
    links = root.xpath("//ul[@class='iapt-authors']//a/@href")
    assert links == ["https://orcid.org/0000-0002-1825-0097", "mailto:ann_x@example.org"]
    assert root.xpath("//*[@class='iapt-keywords']")[0].text_content().endswith("first keyword, O’Neil’s _second_")
    text = " ".join(root.xpath("//main")[0].text_content().split())
    assert "My way in,1 and Table 1." in text.replace("\u00a0", " ")
    assert re.search("Funding ?Grant 12", text)

    reader = pypdf.PdfReader(made[1])
    first = " ".join(reader.pages[0].extract_text().split())
    assert "Ann O’Person1,2 and Bo Other2" in first
    assert re.search("1 ?First University; 2 ?Second Trust", first)
    assert "Ann O’Person (corresponding author): ORCID 0000-0002-1825-0097, ann_x@example.org" in first
    assert "Keywords: first keyword, O’Neil’s _second_" in first
    assert "My way in,1 and Table 1." in first.replace("\u00a0", " ")
    assert reader.metadata is not None
    assert reader.metadata.author == "Ann O’Person, Bo Other"
