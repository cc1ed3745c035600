"""Findings over made-up results: no document says of its numbers what they contradict, at any level of confidence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conftest import ROOT, areas_from, some_rows
from iapt_report.analysis.history import History
from iapt_report.analysis.settings import Settings
from iapt_report.analysis.study import analyse
from iapt_report.documents import index_page
from iapt_report.documents.area_text import texts
from iapt_report.documents.kinds import DOCUMENTS, KINDS
from iapt_report.documents.page import document_text
from iapt_report.documents.sentence import Sentence
from iapt_report.documents.templates import filler
from iapt_report.documents.vocabulary import sentences_of
from iapt_report.figures import trend_lines
from iapt_report.site.index import Listed
from iapt_report.words import benchmarks, deprivation, examination, outlying, services, slope
from iapt_report.words.findings import findings_of
from iapt_report.words.numbers import of_areas, sentence
from iapt_report.workspace.paper import Paper
from prose import body_of, sentences_are_sound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iapt_report.analysis.results import Results

TEMPLATES = ROOT / "templates"
# Below 0.01, 0.05, 0.1 and 0.2, and above all of them.
P_VALUES = st.sampled_from([0.0004, 0.02, 0.049, 0.07, 0.15, 0.6])
SLOPES = ("slope", "replicated_slope")
DRAWN = ("recovery_rate", "recovery_rate_trimmed", "referrals", "finished_treatment")


def with_p_values(r: Results, p: Mapping[str, float]) -> Results:
    """The same results with other P values, wherever there was one."""

    def put(value: Any, name: str, field: str = "p") -> Any:
        known = value is not None and getattr(value, field) is not None
        return value.model_copy(update={field: p[name]}) if known else value

    correlations = {name: put(getattr(r.correlations, name), name) for name in DRAWN}
    studied = "slope" if r.concludes == "replication" else "replicated_slope"
    rank = put(r.regression.final.terms["imd_rank"], studied)
    final = r.regression.final.model_copy(update={"terms": {**r.regression.final.terms, "imd_rank": rank}})
    own = put(r.regression.gradient, studied)
    d = r.diagnostics

    def tested(agreement: Any, k: Any) -> Any:
        # Where as many areas change sides one way as the other, McNemar's exact P is 1.
        same = k.national_only == k.adjusted_only
        return put(agreement if same else put(agreement, "mcnemar", "mcnemar_p"), "association")

    replication = r.replication.model_copy(
        update={"gradient": own, "agreement": tested(r.replication.agreement, r.replication.classification)}
    )
    examined = {name: put(getattr(d, name), name) for name in ("breusch_pagan", "reset", "hc3")}
    return r.model_copy(
        update={
            "correlations": r.correlations.model_copy(update=correlations),
            "regression": r.regression.model_copy(update={"final": final, "gradient": own}),
            "gradient": put(r.gradient, "slope"),
            "replication": replication,
            "agreement": tested(r.agreement, r.classification),
            "diagnostics": d.model_copy(update=examined),
        }
    )


def every_document(r: Results) -> dict[str, str]:
    """All that is said of one period, one space between words."""
    made = {name: document_text(name, r, TEMPLATES, Paper()) for name in DOCUMENTS}
    made["paper"] = body_of(made["paper"])
    (made["area"],) = texts(
        r, r.areas[:1], History({}, {}, 0, ()), TEMPLATES / "area.qmd.jinja", beside=Path("nowhere"), pdf=False
    )
    made["index"] = filler(TEMPLATES / "index.qmd.jinja")(
        lead=Listed(r, KINDS),
        others=(),
        headline=Sentence(index_page.headline(r)),
        pictured=False,
        mapped_first=False,
        places=False,
        unusable=(),
        groups=index_page.groups([r]),
        gradient_words=index_page.gradient_words,
        change_words=index_page.change_words,
        figure_alt=trend_lines.alt_text,
        mapped=None,
        areas="[]",
    )
    return {name: re.sub("[ \n\u00a0\u202f]+", " ", text) for name, text in made.items()}


def contradicted(said: Mapping[str, str], r: Results) -> list[str]:
    """Name each sentence that stands where its numbers deny it, or lacks where they bear it out.

    What the numbers say is worked out here from the P values and the settings alone.
    """
    level = r.settings.confidence

    def found(p: float | None) -> bool:
        return p is not None and p < 1 - level - 1e-12

    def one_sided(results: Results) -> bool:
        standard, k = results.standard.value, results.classification
        above = sum(area.adjusted_low >= standard - 1e-9 for area in results.areas) / len(results.areas)
        return (above <= 0.1 and not k.adjusted_only) or (above >= 0.9 and not k.national_only)

    c, k, d = r.correlations, r.classification, r.diagnostics
    studied = r.as_replicated()
    rank, rho = r.regression.final.terms["imd_rank"], c.recovery_rate.rho
    random = r.concludes == "random_effects"
    unknown = rho is None
    by_rank = 0 if rho is None or not found(c.recovery_rate.p) else 1 if rho > 0 else -1
    by_slope = 0 if not found(r.gradient.p) else 1 if r.gradient.estimate > 0 else -1
    mixed = not unknown and (by_rank * by_slope < 0 if random else by_rank != by_slope)
    rising, falling = (not unknown and not mixed and by_slope == side for side in (1, -1))
    none = not unknown and not mixed and by_slope == 0
    alike, nobody = not k.national_only and not k.adjusted_only, k.neither == len(r.areas)
    share = r.regression.final.r_squared
    little = rising and rho is not None and round(rho, 2) < 0.3 and not (share is not None and share >= 0.1)
    rows = {row.outliers: row for row in r.gradients if row.model == ("random_effects" if random else "weighted")}
    turns = "left_out" in rows and found(rows["left_out"].p) != found(rows["in_the_line"].p)
    parted = found(r.gradient.p) != found(studied.gradient.p)
    hc3 = None if d.hc3 is None else found(d.hc3.p)
    referrals = 0 if c.referrals.rho is None or not found(c.referrals.p) else 1 if c.referrals.rho > 0 else -1
    beside = not r.period.synthetic and not unknown and not mixed
    estimated = rank.ci_low is not None and rank.p is not None and r.regression.final.r_squared is not None
    expected: dict[str, dict[str, bool]] = {
        "paper": {
            "was rarer in areas of greater deprivation": rising,
            "was more frequent in areas of greater deprivation": falling,
            "These data do not show that the recovery rates of areas differ": none or unknown,
            "These data do not settle whether the recovery rates of areas differ": mixed,
            "said little about an area's": little,
            "showed no statistically significant association": none,
            "a small difference about the line of significance": random
            and found(r.gradient.p) != found(studied.gradient.p)
            and r.random_effects is not None
            and r.random_effects.q is not None,
            "the study's own regression gives": (rising or falling)
            and found(r.gradient.p) != found(studied.gradient.p),
            "(by the study's own regression,": not unknown
            and not mixed
            and found(r.gradient.p) != found(studied.gradient.p),
            "led to the same classification": alike,
            "and is not tested": one_sided(r) and k.below_national.n != k.below_adjusted.n and not alike,
            "P of the replication's slope was": hc3 is not None and hc3 != found(rank.p),
            "There were more referrals in less deprived areas": referrals == 1,
            "There were more referrals in more deprived areas": referrals == -1,
            "From the most to the least deprived area the expected rate": estimated,
            "which is not significantly different from none": estimated and not found(rank.p),
            "The 2016 study reported a correlation of 0.39": beside,
            "give no ground for": falling,
            "cannot decide whether the standard should be adjusted": none or mixed or unknown,
            f"{level * 100:g}% CI": True,
        },
        "brief": {
            " smaller share of patients recovered in more deprived areas": rising,
            " larger share of patients recovered in more deprived areas": falling,
            "do not show that areas differ": none,
            "do not settle whether areas differ": mixed,
            "but deprivation says little": little and not parted,
            "in more deprived areas, though not clearly": (rising or falling) and parted,
            "Chance alone could have made the link": none,
            "arise by chance alone": rising or falling,
            "uneven spread between areas does not find it": (rising or falling) and hc3 is False and not random,
            "One of two tests finds a link": mixed and not (by_rank and by_slope),
            "point in opposite directions": mixed and bool(by_rank and by_slope),
            "The finding rests on": turns,
            "the simpler one of 2016 does not.": random and found(r.gradient.p) and not found(studied.gradient.p),
            "the simpler one of 2016 does.": random and not found(r.gradient.p) and found(studied.gradient.p),
            "eprivation goes with": share is not None,
            "support it: rates are lower in more deprived areas": rising and not little,
            "lend it little support": little,
            "give no ground for expecting less": falling,
            "cannot support adjusting": none or mixed or unknown,
        },
        "area": {
            "rates are lower where deprivation is greater": rising,
            "rates are higher where deprivation is greater": falling,
            "do not show that rates differ with deprivation": none,
            "It is not settled whether rates differ": mixed,
            "All areas have the same rate": unknown,
            "Deprivation goes with": share is not None and (rising or falling),
            f"({level * 100:g}% range)": True,
        },
        "index": {
            "No clear gradient": none,
            "Correlation and regression do not agree on a gradient": mixed,
            "All areas have the same recovery rate": unknown,
            f"({level * 100:g}% confidence interval": not unknown,
            f": {sentence(of_areas(k.below_national.n, len(r.areas)))} ": True,
        },
        "supplement": {
            "there was some evidence of a bend": d.breusch_pagan.p is not None and found(d.reset.p),
            "residuals changed with": found(d.breusch_pagan.p),
            "residuals did not change significantly with": d.breusch_pagan.p is not None
            and not found(d.breusch_pagan.p),
            "No area was below the": nobody,
            "To be below is a reason to look further": not nobody,
            f"below {100 * (1 - level):.3g}% (@tbl-tau)": True,
        },
        "areas": {f"the deprivation-adjusted benchmark {of_areas(k.below_adjusted.n, len(r.areas))}": True},
    }
    return [
        f"{name}: {words!r} {'stands' if words in said[name] else 'lacks'}"
        for name, phrases in expected.items()
        for words, borne_out in phrases.items()
        if (words in said[name]) != borne_out
    ]


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.integers(10, 60),
    st.sampled_from([-0.3, -0.05, 0.0, 0.05, 0.1, 0.3]),
    st.sampled_from([0.3, 0.5, 0.52]),
    st.sampled_from([0.0, 0.02, 0.05, 0.15]),
    st.integers(0, 99),
    st.booleans(),
    st.sampled_from(["fitted_mean", "wilson", "prediction", "overdispersion"]),
    st.sampled_from([0.8, 0.9, 0.95, 0.99]),
    st.sampled_from(["random_effects", "replication"]),
    st.fixed_dictionaries(
        dict.fromkeys(
            (*DRAWN, "slope", "replicated_slope", "mcnemar", "association", "breusch_pagan", "reset", "hc3"), P_VALUES
        )
    ),
)
def test_no_document_says_what_its_numbers_contradict(
    n: int, slope: float, level: float, noise: float, seed: int, far: bool, interval: str, confidence: float,
    model: str, p_values: dict[str, float],
) -> None:  # fmt: skip
    rows = some_rows(n, slope=slope, level=level, noise=noise, seed=seed)
    if far:
        rows[n // 2]["recovered"] = 0
    chosen = Settings(interval=interval, confidence=confidence, dummy_alpha=0.3, model=model)  # type: ignore[arg-type]
    r = with_p_values(analyse(areas_from(rows), chosen), p_values)
    said = every_document(r)
    assert contradicted(said, r) == []
    sentences_are_sound(said["paper"])
    sentences_are_sound(said["supplement"].split("## Online supplement")[1])
    for name, text in said.items():
        assert text.count("reason to look further") == (name != "supplement" or r.classification.neither != n), name


def test_the_check_of_sentences_would_find_one_that_is_wrong(reference: Results) -> None:
    other = with_p_values(reference, dict.fromkeys((*DRAWN, *SLOPES, "mcnemar", "association"), 0.6) | _EXAMINED)
    wrong = contradicted(every_document(reference), other)
    assert {line.split(":")[0] for line in wrong} == {"paper", "brief", "area", "index", "supplement"}


_EXAMINED = dict.fromkeys(("breusch_pagan", "reset", "hc3"), 0.6)


@pytest.mark.parametrize(("confidence", "rising"), [(0.9, True), (0.95, False)])
def test_every_document_follows_the_level_that_is_set(reference: Results, confidence: float, rising: bool) -> None:
    """A gradient of P = 0.07 is one at 90%, and none at 95%."""
    chosen = reference.settings.model_copy(update={"confidence": confidence})
    p_values = dict.fromkeys((*DRAWN, *SLOPES, "mcnemar", "association"), 0.07) | _EXAMINED
    r = with_p_values(reference.model_copy(update={"settings": chosen}), p_values)
    said = every_document(r)
    assert ("was rarer in areas of greater deprivation" in said["paper"]) == rising
    assert ("A smaller share of patients" in said["brief"]) == rising
    assert ("rates are lower where" in said["area"]) == rising
    assert ("No clear gradient" in said["index"]) == (not rising)


def test_short_and_long_forms_are_there_of_each_finding() -> None:
    """What the brief says in short, the paper says at length, from one module."""
    forms = {
        deprivation: ({"headline", "how_sure", "in_a_list"}, {"abstract", "correlation", "discussion"}),
        benchmarks: ({"headline", "in_short", "rounding_in_short"}, {"abstract", "results", "discussion", "rounding"}),
        outlying: ({"in_short"}, {"results"}),
        examination: ({"in_short"}, {"at_length"}),
        services: (set(), {"results", "discussion"}),
        slope: (set(), {"results"}),
    }
    for module, (short, long) in forms.items():
        assert short | long <= set(sentences_of(module)), module.__name__


def test_findings_are_the_same_of_the_same_results(reference: Results) -> None:
    assert findings_of(reference) == findings_of(reference)
    assert findings_of(reference).gradient.direction == "rising"
    assert findings_of(reference).reproduces
