"""`iapt-report claims`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from calling import Called, call, installed
from conftest import REFERENCE

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

OWN = (
    '[paper]\ntitle = "Another paper"\nperiod = "{period}"\n'
    '[[claim]]\nid = "areas"\nwords = "areas analysed"\nprinted = "{printed}"\nat = "sample.areas"\n'
)


def run(*arguments: object, cwd: Path) -> Called:
    return call("claims", *arguments, cwd=cwd)


@pytest.fixture
def place(workspace: Workspace) -> Path:
    return workspace.root


def own(place: Path, printed: str = "211", period: str = REFERENCE) -> Path:
    path = place / "mine.toml"
    path.write_text(OWN.format(printed=printed, period=period), "utf-8")
    return path


def test_the_2016_papers_figures_come_out_of_the_reference_quarter(place: Path) -> None:
    done = run(REFERENCE, "--strict", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "33 claims: agrees 30, differs 0, cannot be 3"
    assert "SYNTHETIC DATA" in done.stdout


def test_a_claim_that_differs_ends_in_an_error_only_when_that_is_asked_for(place: Path) -> None:
    file = own(place, "212")
    relaxed, strict = run(REFERENCE, "--file", file, cwd=place), run(REFERENCE, "--file", file, "--strict", cwd=place)
    assert (relaxed.returncode, strict.returncode) == (0, 1)
    assert relaxed.stdout == strict.stdout
    assert relaxed.stdout.splitlines()[-1] == "1 claim: agrees 0, differs 1, cannot be 0"


def test_claims_about_another_period_are_compared_and_that_is_said(place: Path) -> None:
    done = run(REFERENCE, "--file", own(place, period="2019-20"), cwd=place)
    assert done.returncode == 0
    assert "note: the claims are about 2019-20" in done.stderr
    assert "compared with them, not reproduced" in done.stderr
    assert "note" not in done.stdout


def test_settings_other_than_the_studys_are_named(place: Path) -> None:
    (place / "iapt-report.toml").write_text("[settings]\nbenchmark = 0.45\n", "utf-8")
    done = run(REFERENCE, cwd=place)
    assert "settings other than the study's: benchmark" in done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("areas below the national benchmark"))
    assert row.endswith("differs")


def test_json_is_json_alone(place: Path) -> None:
    done = installed("claims", REFERENCE, "--json", "--file", own(place, period="2019-20"), cwd=place)
    content = json.loads(done.stdout)
    assert (content["paper"]["period"], content["period"]) == ("2019-20", REFERENCE)
    assert [(c["id"], c["computed"], c["verdict"]) for c in content["claims"]] == [("areas", 211, "agrees")]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["2099-00"], 2, "there are no data for 2099-00"),
        (["last quarter"], 2, "is not a period"),
        ([], 2, "PERIOD"),
        ([REFERENCE, "--file", "nothing.toml"], 1, "nothing.toml: there is no such file"),
        ([REFERENCE, "--file", "data"], 1, "data"),
        ([REFERENCE, "--file", "iapt-report.toml"], 1, "iapt-report.toml"),
    ],
)
def test_a_wrong_call_has_its_message_and_exit_code(place: Path, arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments, cwd=place)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_path_is_named_with_its_file_and_entry(place: Path) -> None:
    file = own(place)
    file.write_text(file.read_text("utf-8").replace("sample.areas", "sample.area"), "utf-8")
    done = run(REFERENCE, "--file", file, cwd=place)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}: claim 'areas': 'sample.area' does not exist" in done.stderr
    assert "to mend" in done.stderr
