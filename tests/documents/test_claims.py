"""Printed figures against computed ones: what agrees, what differs, what cannot be, and files that cannot be used."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import REFERENCE
from iapt_report.documents.claims import (
    SHIPPED,
    Claim,
    Claims,
    as_json,
    as_text,
    check_claims,
    read_claims,
    shipped_claims,
)
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.analysis.results import Results
    from iapt_report.documents.claims import Checked

# What the paper prints, typed in again from it: id and figure.
PRINTED = {
    "areas": "211",
    "referrals_total": "293 400", "referrals_min": "70", "referrals_max": "4355",
    "caseload_total": "110 415", "caseload_min": "35", "caseload_max": "2425",
    "recovery_min": "8.2", "recovery_max": "86.6",
    "rho_referrals": "−0.27", "rho_referrals_p": "< 0.001",
    "rho_caseload": "−0.07", "rho_caseload_p": "0.33",
    "rho_recovery": "0.39", "rho_recovery_p": "< 0.001",
    "rho_recovery_trimmed": "0.38", "rho_recovery_trimmed_p": "< 0.001",
    "dummy_p": "0.54",
    "r_squared": "15.3", "f": "37.76", "f_df": "1", "f_p": "< 0.001",
    "below_national": "72.5", "below_adjusted": "43.1", "extra": "29.4",
    "chi2": "60.66", "chi2_df": "1", "chi2_p": "< 0.001", "kappa": "0.45",
    "adjusted_mean": "45.2", "adjusted_sd": "30.0", "adjusted_low": "40.1", "adjusted_high": "50.5",
}  # fmt: skip
CANNOT_BE = {"adjusted_sd", "adjusted_low", "adjusted_high"}

HEAD = '[paper]\ntitle = "Another paper"\nperiod = "2014-15-Q2"\n'
ONE = '[[claim]]\nid = "areas"\nwords = "areas analysed"\nprinted = "211"\nat = "sample.areas"\n'


def claim(printed: str, at: str | None = "correlations.referrals.rho", **fields: object) -> Claim:
    return Claim(id="it", words="what is claimed", printed=printed, at=at, **fields)  # type: ignore[arg-type]


def check(results: Results, *claims: Claim) -> tuple[Checked, ...]:
    return check_claims(Claims("A paper", "", REFERENCE, claims, "mine.toml"), results)


def with_rho(results: Results, rho: float) -> Results:
    """Results whose correlation with referrals is another."""
    changed = results.correlations.referrals.model_copy(update={"rho": rho})
    return results.model_copy(
        update={"correlations": results.correlations.model_copy(update={"referrals": changed})},
    )


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(content: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(content, "utf-8")
        return path

    return write


def test_every_number_that_the_2016_paper_prints_is_a_claim_of_its_own() -> None:
    assert {claim.id: claim.printed for claim in shipped_claims().claims} == PRINTED
    assert shipped_claims().period == REFERENCE


def test_in_the_reference_quarter_every_claim_agrees_but_those_that_cannot_be(reference: Results) -> None:
    checked = check_claims(shipped_claims(), reference)
    assert {c.claim.id: c.verdict for c in checked} == {
        name: "cannot be" if name in CANNOT_BE else "agrees" for name in PRINTED
    }
    assert all(bool(c.note) == (c.verdict == "cannot be") for c in checked)


def test_a_figure_that_cannot_be_is_still_computed(reference: Results) -> None:
    computed = {c.claim.id: c.computed for c in check_claims(shipped_claims(), reference)}
    assert computed["adjusted_sd"] == pytest.approx(3.0, abs=0.05)
    assert computed["adjusted_low"] == pytest.approx(40.1, abs=0.05)
    assert computed["adjusted_high"] == pytest.approx(50.5, abs=0.05)


def test_other_data_are_found_to_differ(results_of: Callable[..., Results]) -> None:
    checked = {c.claim.id: c for c in check_claims(shipped_claims(), results_of(slope=0))}
    assert checked["areas"].verdict == "differs"
    assert checked["areas"].computed == 60
    assert {name for name, c in checked.items() if c.verdict == "cannot be"} == CANNOT_BE


@pytest.mark.parametrize(
    ("computed", "printed", "verdict"),
    [
        (-0.27, "−0.27", "agrees"),
        (-0.27, "-0.27", "agrees"),
        (0.27, "−0.27", "differs"),
        (-0.265, "−0.27", "agrees"),
        (0.265, "0.27", "agrees"),
        (0.2649999, "0.27", "differs"),
        (0.125, "0.13", "agrees"),
        (0.125, "0.12", "differs"),
        (0.27, "0.3", "agrees"),
        (0.27, "0.270", "agrees"),
        (0.2704, "0.2700", "differs"),
        (-0.004, "0.00", "agrees"),
        (-0.004, "−0.00", "agrees"),
        (0.39, ".39", "agrees"),
        (0.0009, "< 0.001", "agrees"),
        (0.0009, "<.001", "agrees"),
        (0.001, "< 0.001", "differs"),
        (0.0009999999, "< 0.001", "agrees"),
        (0.995, "> 0.99", "agrees"),
        (0.99, "> 0.99", "differs"),
    ],
)
def test_a_figure_agrees_when_it_rounds_half_up_to_the_printed_one(
    reference: Results, computed: float, printed: str, verdict: str
) -> None:
    (checked,) = check(with_rho(reference, computed), claim(printed))
    assert (checked.verdict, checked.computed) == (verdict, computed)


def test_a_proportion_is_scaled_without_the_errors_of_binary_numbers(reference: Results) -> None:
    assert 100 * 0.285 < 28.5, "or this test shows nothing"
    (checked,) = check(with_rho(reference, 0.285), claim("29", scale=100))
    assert (checked.verdict, checked.computed) == ("agrees", 28.5)


def test_ranks_that_run_the_other_way_are_a_scale_of_minus_one(reference: Results) -> None:
    assert check(reference, claim("0.27", scale=-1))[0].verdict == "agrees"


@pytest.mark.parametrize(
    "printed",
    [f"293{space}400" for space in ("", " ", ",", "\N{NO-BREAK SPACE}", "\N{THIN SPACE}", "\N{NARROW NO-BREAK SPACE}")],
)
def test_thousands_may_be_parted_by_spaces_and_commas(
    reference: Results, written: Callable[[str], Path], printed: str
) -> None:
    text = ONE.replace('"211"', f'"{printed}"').replace("sample.areas", "sample.referrals.total")
    claims = read_claims(written(HEAD + text))
    assert check_claims(claims, reference)[0].verdict == "agrees"
    other = replace(claims.claims[0], printed=printed.replace("4", "5"))
    assert check(reference, other)[0].verdict == "differs"


def test_a_difference_is_the_first_figure_less_the_second(reference: Results) -> None:
    paths = ("sample.referrals.max", "sample.referrals.min")
    forward, backward = (
        claim("4285", None, difference_of=paths),
        claim("4285", None, difference_of=paths[::-1]),
    )
    assert [(c.computed, c.verdict) for c in check(reference, forward, backward)] == [
        (4285, "agrees"),
        (-4285, "differs"),
    ]


@given(value=st.floats(-1e4, 1e4), digits=st.integers(0, 8))
def test_a_figure_agrees_with_itself_as_printed_and_not_with_its_neighbours(
    reference: Results, value: float, digits: int
) -> None:
    results = with_rho(reference, value)
    exact = Decimal(repr(value))
    step = Decimal(1).scaleb(-digits)
    below = (exact / step).to_integral_value("ROUND_FLOOR") * step
    agreeing = [
        candidate
        for candidate in (below - step, below, below + step, below + 2 * step)
        if check(results, claim(f"{candidate:.{digits}f}"))[0].verdict == "agrees"
    ]
    assert len(agreeing) == 1
    assert abs(agreeing[0] - exact) <= step / 2


@given(value=st.floats(0, 1), bound=st.decimals("0.0001", "0.9999", places=4))
@example(value=0.0009999, bound=Decimal("0.0010"))
def test_what_is_shown_beside_a_bound_lies_on_the_side_that_the_verdict_says(
    reference: Results, value: float, bound: Decimal
) -> None:
    results = with_rho(reference, value)
    claims = Claims("A paper", "", REFERENCE, (claim(f"< {bound}"),), "mine.toml")
    (checked,) = check_claims(claims, results)
    row = next(line for line in as_text(claims, (checked,), results).splitlines() if "what is claimed" in line)
    shown = row.split()[-2]
    assert (Decimal(shown) < bound) == (checked.verdict == "agrees") == (row.split()[-1] == "agrees")


def test_what_these_data_lack_differs_and_the_note_says_what_it_is(results_of: Callable[..., Results]) -> None:
    results = results_of(slope=0.1)
    assert results.regression.initial is None, "or this test shows nothing"
    initial, final, impossible = check(
        results,
        claim("0.54", "regression.initial.terms.outlier.p"),
        claim("0.54", "regression.final.terms.outlier.p"),
        claim("0.54", "regression.initial.f", cannot_be="It is too small."),
    )
    assert (initial.computed, initial.verdict) == (None, "differs")
    assert "no regression.initial" in initial.note
    assert (final.computed, final.verdict) == (None, "differs")
    assert "no regression.final.terms.outlier" in final.note
    assert (impossible.computed, impossible.verdict) == (None, "cannot be")
    assert impossible.note.startswith("It is too small. ")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("correlations.referals.rho", ["correlations has no 'referals'", "referrals, finished_treatment"]),
        ("corelations.referrals.rho", ["results.json has no 'corelations'"]),
        ("correlations.referrals", ["is not a number", "goes on to", "rho"]),
        ("correlations.referrals.rho.value", ["correlations.referrals.rho has nothing inside"]),
        ("regression.initial.terms.outlyer.p", ["has no 'outlyer'", "Intercept, imd_rank, outlier"]),
        ("period.label", ["is not a number"]),
        ("period.synthetic", ["is not a number"]),
        ("areas.211.referrals", ["areas has no '211'", "0 to 210"]),
        ("sample..areas", ["sample has no ''"]),
    ],
)
def test_a_path_to_no_number_is_refused_by_file_entry_and_mend(reference: Results, path: str, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        check(reference, claim("0.39", path))
    for expected in ("mine.toml", "'it'", path, "to mend", *words):
        assert expected in str(caught.value)


def test_a_misspelt_path_is_refused_where_the_data_lack_what_it_leads_through(
    results_of: Callable[..., Results],
) -> None:
    with pytest.raises(DataError, match="has no 'outlyer'"):
        check(results_of(slope=0.1), claim("0.54", "regression.initial.terms.outlyer.p"))


def test_a_number_of_one_area_can_be_claimed(reference: Results) -> None:
    first = reference.areas[0]
    assert check(reference, claim(str(first.referrals), "areas.0.referrals"))[0].verdict == "agrees"


def test_a_users_own_file_is_read_as_written(reference: Results, written: Callable[[str], Path]) -> None:
    claims = read_claims(
        written(
            '[paper]\ntitle = "Another paper"\ncitation = "Someone. A journal 2020."\nperiod = "2019-20"\n'
            '[[claim]]\nid = "kappa"\nwords = "agreement"\nprinted = "44.7"\n'
            'at = "replication.agreement.kappa"\nscale = 100\nunit = "%"\n'
            '[[claim]]\nid = "more"\nwords = "more areas"\nprinted = "60"\n'
            'difference_of = ["classification.below_national.n", "replication.classification.below_adjusted.n"]\n'
            'cannot_be = "The shares printed give 62."\n'
        )
    )
    assert (claims.title, claims.citation, claims.period) == ("Another paper", "Someone. A journal 2020.", "2019-20")
    assert claims.claims[0] == Claim("kappa", "agreement", "44.7", "replication.agreement.kappa", None, "%", 100.0)
    kappa, more = check_claims(claims, reference)
    assert (kappa.verdict, kappa.note) == ("agrees", "")
    assert (more.verdict, more.computed, more.note) == ("cannot be", 62, "The shares printed give 62.")


BAD = {
    "no TOML": (HEAD + "[[claim]]\nid = areas\n", ["not TOML", "correct the line"]),
    "an unknown section": (HEAD + ONE + "[settings]\n", ["no section 'settings'"]),
    "no head": (ONE, ["no section [paper]", "title and period"]),
    "a head without a title": ('[paper]\nperiod = "2019-20"\n' + ONE, ["[paper] title is missing"]),
    "a head with an empty title": (HEAD.replace("Another paper", " ") + ONE, ["[paper] title is empty"]),
    "a head that is text": ('paper = "Another"\n' + ONE, ["[paper]"]),
    "an unknown field in the head": (HEAD + 'year = "2020"\n' + ONE, ["[paper] year is not a field"]),
    "a period that is none": (HEAD.replace("2014-15-Q2", "last year") + ONE, ["'last year' is not a period"]),
    "no claims": (HEAD, ["there are no claims", "[[claim]]"]),
    "one pair of brackets": (HEAD + ONE.replace("[[claim]]", "[claim]"), ["there are no claims", "both pairs"]),
    "claims that are text": ('claim = ["areas"]\n' + HEAD, ["claim number 1"]),
    "no id": (HEAD + ONE.replace('id = "areas"\n', ""), ["claim number 1: id is missing"]),
    "no words": (HEAD + ONE.replace('words = "areas analysed"\n', ""), ["claim 'areas': words is missing"]),
    "no figure": (HEAD + ONE.replace('printed = "211"\n', ""), ["claim 'areas': printed is missing"]),
    "a figure without quotes": (HEAD + ONE.replace('"211"', "211"), ["claim 'areas'", "211, which is not text"]),
    "a figure with its unit": (HEAD + ONE.replace('"211"', '"15.3%"'), ["claim 'areas'", "'15.3%'", "under unit"]),
    "a decimal comma": (HEAD + ONE.replace('"211"', '"0,273"'), ["claim 'areas'", "'0,273'", "a point"]),
    "a thousand cut short": (HEAD + ONE.replace('"211"', '"29 34"'), ["claim 'areas'", "'29 34'"]),
    "digits of another script": (HEAD + ONE.replace('"211"', '"٢١١"'), ["claim 'areas'", "'٢١١'"]),
    "an empty figure": (HEAD + ONE.replace('"211"', '""'), ["claim 'areas'", "''"]),
    "no path": (HEAD + ONE.replace('at = "sample.areas"\n', ""), ["claim 'areas' has neither", "difference_of"]),
    "a path and a difference": (HEAD + ONE + 'difference_of = ["a", "b"]\n', ["claim 'areas' has both"]),
    "a difference of one": (HEAD + ONE.replace('at = "sample.areas"', 'difference_of = ["a"]'), ["claim 'areas'"]),
    "an unknown field": (HEAD + ONE + 'units = "%"\n', ["claim 'areas': units is not a field"]),
    "a scale that is text": (HEAD + ONE + 'scale = "percent"\n', ["claim 'areas'", "scale", "'percent'"]),
    "a scale of nothing": (HEAD + ONE + "scale = 0\n", ["claim 'areas'", "scale of 0"]),
    "a scale that is no number": (HEAD + ONE + "scale = nan\n", ["claim 'areas'", "scale"]),
    "an empty reason": (HEAD + ONE + 'cannot_be = ""\n', ["claim 'areas': cannot_be is empty"]),
    "an id given twice": (HEAD + ONE + ONE, ["claim 'areas' is there twice"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_by_file_entry_and_mend(
    written: Callable[[str], Path], content: str, words: list[str]
) -> None:
    path = written(content)
    with pytest.raises(DataError) as caught:
        read_claims(path)
    for expected in (str(path), "to mend", *words):
        assert expected in str(caught.value)


def test_the_good_file_that_the_bad_ones_are_made_from_is_read(written: Callable[[str], Path]) -> None:
    assert [claim.id for claim in read_claims(written(HEAD + ONE)).claims] == ["areas"]


def test_a_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_claims(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_bytes(HEAD.encode() + b"# Jos\xe9\n" + ONE.encode())
    with pytest.raises(DataError, match="row 4: this is not UTF-8"):
        read_claims(tmp_path / "mine.toml")


def test_the_head_of_the_shipped_file_explains_every_field_and_no_other() -> None:
    lines = SHIPPED.read_text("utf-8").split("[[claim]], one for each")[1].split("\n\n")[0].splitlines()
    explained = [line[4:].split()[0] for line in lines if line.startswith("#   ") and line[4] != " "]
    assert sorted(explained) == sorted(Claim.__dataclass_fields__)


def test_the_table_shows_computed_figures_as_printed_ones_and_gives_each_reason_once(reference: Results) -> None:
    claims = shipped_claims()
    text = as_text(claims, check_claims(claims, reference), reference)
    rows = {line.rpartition("  ")[0].split("  ")[0]: line for line in text.splitlines()}
    assert rows["referrals"].split() == ["referrals", "293", "400", "293", "400", "agrees"]
    assert rows["correlation of deprivation rank with referrals"].split()[-3:] == ["−0.27", "−0.27", "agrees"]
    assert rows["lowest recovery rate"].split()[-3:] == ["8.2%", "8.2%", "agrees"]
    assert text.count("An interval from 40.1 to 50.5 cannot be") == 1
    assert text.count("cannot be [2]") == 2
    assert text.endswith("\n\n33 claims: agrees 30, differs 0, cannot be 3\n")


def test_the_columns_of_the_table_are_aligned(reference: Results) -> None:
    claims = shipped_claims()
    text = as_text(claims, check_claims(claims, reference), reference)
    header, *rows = text.split("\n\n")[1].splitlines()
    assert len(rows) == len(PRINTED)
    assert all(row[header.index("verdict") :].startswith(("agrees", "cannot be")) for row in rows)
    assert all(row[header.index("verdict") - 2 :].startswith("  ") for row in rows)


def test_only_synthetic_data_are_called_so(reference: Results, results_of: Callable[..., Results]) -> None:
    claims = shipped_claims()
    for results in (reference, results_of(slope=0.1)):
        checked = check_claims(claims, results)
        text = as_text(claims, checked, results)
        assert ("SYNTHETIC DATA" in text) == results.period.synthetic
        assert ("invented" in text) == results.period.synthetic
        assert json.loads(as_json(claims, checked, results))["synthetic"] == results.period.synthetic
    assert reference.period.synthetic


def test_the_json_holds_what_the_table_shows(reference: Results) -> None:
    claims = shipped_claims()
    checked = check_claims(claims, reference)
    content = json.loads(as_json(claims, checked, reference))
    assert content["paper"]["citation"] == claims.citation
    assert content["verdicts"] == {"agrees": 30, "differs": 0, "cannot be": 3}
    assert [(c["id"], c["printed"], c["computed"], c["verdict"], c["note"]) for c in content["claims"]] == [
        (c.claim.id, c.claim.printed, c.computed, c.verdict, c.note) for c in checked
    ]


def test_a_claim_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        claim("1").printed = "2"  # type: ignore[misc]
