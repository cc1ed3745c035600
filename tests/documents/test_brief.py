"""The brief for those who decide: plain words, the paper's own figures, two pages."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import lxml.html
import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.documents.page import document_text
from iapt_report.render.jobs import Job, formats_of
from iapt_report.render.typeset import render
from iapt_report.words import brief
from iapt_report.words.findings import findings_of, gradient
from iapt_report.words.numbers import percentage_points
from iapt_report.workspace.paper import Paper
from made_up import made_up_year
from made_up import results_of_rows as results_of_year
from prose import sentences_are_sound, text_of
from written import write_period

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.workspace.place import Workspace

# Below this, official writing guides call a text hard; the paper itself is not held to it.
PLAIN = 55
UNEXPLAINED = re.compile(
    r"[\u0370-\u03ff]|\bP\b|\bCI\b|IMD|\bs\.d\.|case-?load|caseness|case-mix|overdispersion|regression|correlat|"
    r"confidence interval|percentile|variance|significan|fitted|quartile|dummy|\bWilson\b|flagged"
)
NUMBER = re.compile(r"\d+(?:[.\u202f]\d+)*")


def text(results: Results) -> str:
    return text_of(results, name="brief")


def words_of(results: Results) -> str:
    """Return what a reader reads: the body without attributes, table rules and addresses."""
    body = after_front_matter("brief", results)
    return re.sub(r"\]\([^)]*\)\{.*?\}|\{[^}]*\}|:::+|\|:?-+.*", " ", body)


def after_front_matter(name: str, results: Results) -> str:
    return document_text(name, results, ROOT / "templates", Paper()).split("\n---\n", 1)[1]


def numbers(words: str) -> set[str]:
    return {found.replace("\u202f", "") for found in NUMBER.findall(words)}


def prose(results: Results) -> str:
    """Return the sentences alone, for a measure of reading ease."""
    lines = [re.sub(r"[*|]|^- |^#+ .*|^!\[", "", line) for line in words_of(results).splitlines() if line[:1] != "|"]
    return " ".join(" ".join(lines).split())


def test_the_reference_brief_says_what_the_study_found(reference: Results) -> None:
    said = text(reference)
    for printed in (
        "A smaller share of patients recovered in more deprived areas; a benchmark adjusted for deprivation has 90 of "
        "211 areas below it, the national standard 153.",
        "153 of 211", "90 of 211", "11.3 percentage points: how much lower",
        "As the 2016 study calculated it, deprivation goes with 15.3% of the differences between areas",
        "For the 153 areas below the national standard, about 6000 more patients would have had to recover",
        "63 areas are below the national standard, but not below the adjusted benchmark",
        "recommends nothing",
    ):  # fmt: skip
        assert printed in said, printed
    assert said.index("The figures of every area in this document are invented") < said.index("A smaller share")


def test_the_reading_ease_is_that_of_plain_english(
    reference: Results, results_of: Callable[..., Results], record_property: Callable[[str, object], None]
) -> None:
    textstat = pytest.importorskip("textstat")
    for name, results in (("reference quarter", reference), ("no gradient", results_of(n=60, slope=0.0))):
        ease = textstat.flesch_reading_ease(prose(results))
        record_property(f"Flesch reading ease of the brief, {name}", ease)
        assert ease >= PLAIN, (name, prose(results))


@pytest.mark.parametrize("interval", ["fitted_mean", "wilson", "prediction", "overdispersion"])
@pytest.mark.parametrize("outcome", ["recovery", "reliable_recovery", "reliable_improvement"])
def test_no_term_goes_unexplained(results_of: Callable[..., Results], interval: str, outcome: str) -> None:
    for slope in (-0.2, 0.0, 0.2):
        results = results_of(Settings(interval=interval), slope=slope)  # type: ignore[arg-type]
        words = {"recovery": "recovery", "reliable_recovery": "reliable recovery"}.get(outcome, "reliable improvement")
        facts = results.outcome.model_copy(update={"name": outcome, "words": words})
        found = UNEXPLAINED.search(words_of(results.model_copy(update={"outcome": facts})))
        assert not found, found


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.integers(10, 80),
    st.floats(-0.4, 0.4),
    st.floats(0.05, 0.95),
    st.sampled_from([0.0, 0.01, 0.05, 0.2]),
    st.integers(0, 99),
    st.sampled_from(["fitted_mean", "wilson", "prediction", "overdispersion"]),
    st.sampled_from([0.2, 0.5, 0.8]),
    st.sampled_from([0.9, 0.95, 0.99]),
)
def test_every_brief_is_sound_and_its_facts_are_the_papers(
    n: int, slope: float, level: float, noise: float, seed: int, interval: str, standard: float, confidence: float
) -> None:
    chosen = Settings(interval=interval, benchmark=standard, confidence=confidence)  # type: ignore[arg-type]
    rows = areas_from(some_rows(n, slope=slope, level=level, noise=noise, seed=seed))
    facts_are_the_papers(analyse(rows, chosen, simulated_quarters=10))


@pytest.mark.parametrize(("seed", "slope", "spread"), [(11, 0.2, 0.08), (7, 0.3, 0.0), (5, -0.2, 0.04)])
def test_a_brief_on_patients_deciles_has_the_papers_facts(
    tmp_path_factory: pytest.TempPathFactory, seed: int, slope: float, spread: float
) -> None:
    facts_are_the_papers(results_of_year(tmp_path_factory.mktemp("y"), made_up_year(seed, slope, spread), Settings()))


def facts_are_the_papers(results: Results) -> None:
    body = words_of(results)
    sentences_are_sound(body)
    paper, supplement = (after_front_matter(name, results) for name in ("paper", "supplement"))
    # Where the study was published is among the paper's references, and the period in its title.
    named = {"2016", "209", "429", "430"} | numbers(results.period.months) | numbers(results.period.id)
    own = numbers_of_people(results) | numbers_by_chance(results) | numbers_of_distance(results)
    assert numbers(body) - numbers(paper + supplement) - own <= named
    direction, k = gradient(results), results.classification
    headline = headline_of(results)
    leads = findings_of(results).lead
    assert ("in more deprived areas" in headline) == (leads == "areas") <= (direction in ("rising", "falling"))
    if leads == "areas":
        assert ("smaller share of patients" in headline) == (direction == "rising")
        assert ("larger share of patients" in headline) == (direction == "falling")
    assert ("give no ground" in body) == (direction == "falling")
    assert ("cannot support adjusting" in body) == (direction in ("none", "mixed", "unknown"))
    assert ("arise by chance alone" in body) == (direction in ("rising", "falling"))
    if direction in ("rising", "falling"):
        assert results.gradient.p is not None
        assert ("seldom arise by chance alone" in body) == (results.gradient.p < 0.01)
    if direction == "rising" and k.below_adjusted.n != k.below_national.n:
        counts = [k.below_adjusted.n, results.sample.areas, k.below_national.n]
        (sentence,) = (line for line in body.splitlines() if "smaller share of patients" in line and ";" in line)
        assert [int(found) for found in re.findall(r"\d+", sentence)] == [n for n in counts if n]
    gap = results.gradient
    assert ("Chance alone could have made" in body) == (direction == "none")
    if direction == "none" and gap.ci_low is not None and gap.ci_high is not None:
        assert gap.ci_low <= 0 <= gap.ci_high, "the interval beside it holds no gap"
    if direction in ("rising", "falling") and gap.ci_low is not None and gap.ci_high is not None:
        assert gap.ci_low > 0 or gap.ci_high < 0, "the interval beside it tells the side"
    assert (", but not below the adjusted benchmark" in body) == bool(k.national_only)
    assert bool(re.search("but (is|are) below the adjusted benchmark", body)) == bool(k.adjusted_only)
    sentences = [one for one in re.split(r"(?<=[.!?:])\s+", " ".join(body.split())) if len(one.split()) > 4]
    assert not [one for one in sentences if sentences.count(one) > 1], "a sentence that is said twice"
    found = figures_of(results)
    assert len(found) == 3
    assert all(re.search(r"\d|none", number) for number, _ in found)


def headline_of(results: Results) -> str:
    return block(results, "::: {.iapt-headline}\n")


def figures_of(results: Results) -> list[tuple[str, str]]:
    """Return the large figures with what they are."""
    found = after_front_matter("brief", results)
    found = found[found.index("::: {.iapt-figures}") :]
    return re.findall(r"::: \{\}\n(.+)\n\n(.+)\n:::", found[: found.index("\n:::\n:::")] + "\n:::")


def block(results: Results, start: str) -> str:
    text = after_front_matter("brief", results)
    at = text.index(start) + len(start)
    return text[at : text.index("\n:::", at)]


def numbers_of_people(results: Results) -> set[str]:
    """Give what differences of rates come to in people, in two significant digits."""
    found = results.people
    parts = [part for part in (found.patients, found.areas) if part is not None]
    people = [part.people_most for part in parts] + [part.people for part in parts]
    people += [] if found.to_standard is None else [found.to_standard.people]
    printed = {f"{max(1, round(n))}" for n in people if n < 10}
    for n in people:
        if n >= 10:
            step = 10 ** (len(str(int(n))) - 2)
            printed.add(str(int(n / step + 0.5) * step))
    if found.patients is not None:
        # Between two rates that are printed beside it.
        ends = [round(100 * rate + 1e-9, 1) for rate in (found.patients.rate_most, found.patients.rate_least)]
        printed.add(f"{abs(ends[0] - ends[1]):.1f}")
    return printed


def numbers_by_chance(results: Results) -> set[str]:
    """Give how many areas would be below a benchmark by chance, from the shares that the supplement has."""
    found = results.simulation
    if found is None:
        return set()
    return {str(round(found.flagged[kind].overall.share * results.sample.areas)) for kind in ("fitted_mean", "wilson")}


def numbers_of_distance(results: Results) -> set[str]:
    """Give how far areas are from the adjusted benchmark, in percentage points."""
    return {percentage_points(abs(area.recovery_rate - area.adjusted_low)) for area in results.areas}


def test_areas_that_a_benchmark_moves_are_listed_the_clearest_first(results_of: Callable[..., Results]) -> None:
    results = results_of(Settings(benchmark=0.5), slope=0.3, noise=0.06)
    cleared, added = brief.cleared(results), brief.added(results)
    assert len(cleared) == results.classification.national_only > 1
    assert len(added) == results.classification.adjusted_only > 1
    above = [area.recovery_rate - area.adjusted_low for area in cleared]
    below = [area.recovery_rate - area.adjusted_low for area in added]
    assert above == sorted(above, reverse=True)
    assert below == sorted(below)
    assert min(above) >= 0 > max(below)
    said = text(results)
    assert said.index(cleared[0].area_name) < said.index(added[0].area_name)
    for first in (cleared[0], added[0]):
        rate, apart = (
            percentage_points(abs(n)) for n in (first.recovery_rate, first.recovery_rate - first.adjusted_low)
        )
        assert f"{first.area_name} ({rate}%, {apart})" in said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.07, 0.137, "between 7.0 and 13.7 percentage points lower"),
        (-0.137, -0.07, "between 7.0 and 13.7 percentage points higher"),
        (-0.012, 0.04, "anything from 1.2 percentage points higher to 4.0 percentage points lower"),
        (0.0, 0.04, "between 0.0 and 4.0 percentage points lower"),
        (0.11, 0.11, "11.0 percentage points lower"),
    ],
)
def test_the_gap_is_told_with_its_side(reference: Results, low: float, high: float, said: str) -> None:
    gap = reference.gradient.model_copy(update={"ci_low": low, "ci_high": high})
    assert brief.gap_range(reference.model_copy(update={"gradient": gap})) == said


def has_the_fonts_of_word() -> bool:
    """Whether LibreOffice is here, with the document's font or one of its widths."""
    if not (shutil.which("soffice") and shutil.which("fc-match")):
        return False
    font = subprocess.run(["fc-match", "--format=%{family}", "Cambria"], capture_output=True, text=True, check=False)
    return font.stdout in ("Cambria", "Caladea")


def set_by_libreoffice(document: Path, folder: Path) -> Path:
    home = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(document)]
    subprocess.run(command, capture_output=True, check=True)
    return folder / f"{document.stem}.pdf"


def the_longest_brief(workspace: Workspace, results: Results) -> list[Path]:
    """Set it as it is longest: tables in both directions, long names, patients' deprivation left out."""
    long = tuple(
        area.model_copy(update={"area_name": f"NHS A Rather Long Name of an Integrated Care Board {i} – {i}QX"})
        for i, area in enumerate(results.areas)
    )
    folder = workspace.reports / results.period.id
    write_period(results.model_copy(update={"areas": long}), workspace)
    return render(Job(folder / "brief.qmd", formats_of("brief", ())), workspace, "embedded")


@pytest.mark.skipif(not has_the_fonts_of_word(), reason="LibreOffice, or a font of Cambria's widths, is not installed")
def test_a_brief_is_two_pages_in_word_too(workspace: Workspace, results_of: Callable[..., Results]) -> None:
    *_, document = the_longest_brief(workspace, results_of(Settings(benchmark=0.5), n=120, slope=0.3, noise=0.06))
    assert len(pypdf.PdfReader(set_by_libreoffice(document, workspace.root)).pages) == 2


def test_a_brief_is_two_pages_and_a_word_document(workspace: Workspace, results_of: Callable[..., Results]) -> None:
    results = results_of(Settings(benchmark=0.5), n=120, slope=0.3, noise=0.06)
    page, printed, word = the_longest_brief(workspace, results)
    assert [path.suffix for path in (page, printed, word)] == [".html", ".pdf", ".docx"]
    assert len(pypdf.PdfReader(printed).pages) == 2
    root = lxml.html.fromstring(page.read_text("utf-8"))
    figures = [block.text_content().split("\n")[0] for block in root.xpath("//*[@class='iapt-figures']/div/p[1]")]
    k, gap = results.classification, results.gradient.estimate
    assert figures == [percentage_points(abs(gap)), f"{k.below_national.n} of 120", f"{k.below_adjusted.n} of 120"]


def test_a_brief_with_a_map_is_two_pages_though_areas_change_sides_both_ways(
    workspace: Workspace, located: Results
) -> None:
    first, second, *rest = located.areas
    sides = (
        first.model_copy(update={"below_national": True, "below_adjusted": False}),
        second.model_copy(update={"below_national": False, "below_adjusted": True}),
    )
    alike = [area.model_copy(update={"below_adjusted": area.below_national}) for area in rest]
    both = located.model_copy(update={"areas": (*sides, *alike)})
    page, printed, _ = the_longest_brief(workspace, both)
    assert len(pypdf.PdfReader(printed).pages) == 2
    root = lxml.html.fromstring(page.read_text("utf-8"))

    def named(i: int) -> str:
        return f"NHS A Rather Long Name of an Integrated Care Board {i} – {i}QX"

    (picture,) = root.xpath("//*[@id='fig-map']//img")
    assert picture.get("alt").startswith("Map of 189 areas as tiles of one size")
    said = root.text_content()
    assert f"but not below the adjusted benchmark (rate, points above it): {named(0)}" in said
    assert f"but is below the adjusted benchmark (rate, points below it): {named(1)}" in said


@pytest.mark.parametrize(
    ("p", "confidence", "said"),
    [
        (0.0099, 0.95, "seldom arise by chance alone"),
        (0.01, 0.95, "arise by chance alone once in twenty times or less"),
        (0.09, 0.9, "arise by chance alone once in ten times or less"),
        (0.015, 0.98, "arise by chance alone once in 50 times or less"),
        (0.02, 0.97, "arise by chance alone once in 33 times or less"),
    ],
)
def test_how_often_chance_makes_such_a_link_is_no_less_than_its_p_value(
    reference: Results, p: float, confidence: float, said: str
) -> None:
    gradient = reference.gradient.model_copy(update={"p": p})
    settings = reference.settings.model_copy(update={"confidence": confidence})
    assert brief.by_chance(reference.model_copy(update={"gradient": gradient, "settings": settings})) == said
