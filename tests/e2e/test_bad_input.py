"""Each kind of bad input: one clear message, the right exit code, no traceback, earlier output untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conftest import REFERENCE
from iapt_report.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iapt_report.workspace.place import Workspace

HEADER = (
    "area_code,area_name,referrals,finished_treatment,at_caseness,recovered,recovery_rate,imd_score,imd_rank,excluded"
)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def with_cell(text: str, row: int, column: str, value: str) -> str:
    """Replace one cell; ``row`` counts as an editor does."""
    lines = text.splitlines()
    cells = lines[row - 1].split(",")
    cells[HEADER.split(",").index(column)] = value
    lines[row - 1] = ",".join(cells)
    return "\n".join(lines) + "\n"


def without_column(text: str, column: str) -> str:
    i = HEADER.split(",").index(column)
    return "\n".join(",".join(c for j, c in enumerate(line.split(",")) if j != i) for line in text.splitlines()) + "\n"


CASES: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "a missing column": (lambda t: without_column(t, "referrals"), ["'referrals' is missing", "to mend"]),
    "a missing rate": (
        lambda t: without_column(without_column(t, "recovery_rate"), "excluded").replace(",recovered", ",recoverd"),
        ["'recovery_rate'"],
    ),
    "a rate over 100": (
        lambda t: with_cell(with_cell(t, 5, "recovered", ""), 5, "recovery_rate", "101"),
        ["row 5", "'recovery_rate'", "from 0 to 1"],
    ),
    "a negative count": (lambda t: with_cell(t, 9, "referrals", "-3"), ["row 9", "'referrals'", "'-3'"]),
    "a fractional count": (
        lambda t: with_cell(t, 9, "at_caseness", "10.5"),
        ["row 9", "'at_caseness'", "whole number"],
    ),
    "more recovered than at caseness": (
        lambda t: with_cell(t, 7, "recovered", "99999"),
        ["row 7", "'recovered'", "99999 recovered of"],
    ),
    "a code that is there twice": (
        lambda t: with_cell(t, 12, "area_code", "SYN001"),
        ["row 12", "'area_code'", "in row 2"],
    ),
    "an empty file": (lambda _: "", ["the file is empty"]),
    "a header alone": (lambda _: HEADER + "\n", ["no rows"]),
    "a file of another kind": (lambda _: "PK\x03\x04", ["spreadsheet or ZIP"]),
    "fewer than ten areas": (lambda t: "\n".join(t.splitlines()[:9]) + "\n", ["8 of 8 areas", "at least 10"]),
    "ranks all tied": (
        lambda t: "\n".join([HEADER, *(",".join([*line.split(",")[:8], "7", ""]) for line in t.splitlines()[1:211])]),
        ["same deprivation rank", "'imd_rank'"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_data_stop_the_build_and_leave_what_was_there(
    case: str, built_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = built_workspace
    monkeypatch.chdir(workspace.root)
    build = ["build", REFERENCE, "--engine", "embedded", "-f", "html"]
    change, words = CASES[case]
    path = workspace.data / REFERENCE / "areas.csv"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    before = snapshot(workspace.root)

    assert main(build) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert "areas.csv" in err
    assert "Traceback" not in err
    for word in words:
        assert word in err
    assert snapshot(workspace.root) == before


def test_a_template_with_an_undefined_name_stops_the_build_and_leaves_what_was_there(
    built_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = built_workspace
    monkeypatch.chdir(workspace.root)
    build = ["build", REFERENCE, "--engine", "embedded", "-f", "html"]
    template = workspace.templates / "paper.qmd.jinja"
    template.write_text(template.read_text("utf-8") + "\n<< r.sample.arias >>\n", "utf-8")
    before = snapshot(workspace.root)
    capsys.readouterr()
    assert main(build) == 1
    err = capsys.readouterr().err
    assert "paper.qmd.jinja, row" in err
    assert "arias" in err
    assert snapshot(workspace.root) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[settings]\nbenchmark = 50\n", ["'benchmark' cannot be 50", "less than 1"]),
        ("[settings]\nbenchmrk = 0.5\n", ["no setting 'benchmrk'", "benchmark"]),
        ("[setings]\n", ["no section 'setings'"]),
        ("[paper]\ntitle = 5\n", ["title"]),
        ("[paper\n", ["not TOML"]),
    ],
)
def test_a_configuration_that_is_wrong_is_named(
    text: str, words: list[str], workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.root / "iapt-report.toml").write_text(text, "utf-8")
    assert main(["results", REFERENCE, "--workspace", str(workspace.root)]) == 1
    err = capsys.readouterr().err
    assert "iapt-report.toml" in err
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('id = "2019-20"\n', "holds the period '2019-20'"),
        ("synthetic = 3\n", "'synthetic' cannot be 3"),
        ("colour = 3\n", "'colour' is not expected"),
        ("[[sources]]\nfile = 'x'\n", "lacks its file or its sha256"),
        ("= 3", "not TOML"),
    ],
)
def test_a_period_file_that_is_wrong_is_named(
    text: str, words: str, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.data / REFERENCE / "period.toml").write_text(text, "utf-8")
    assert main(["results", REFERENCE, "--workspace", str(workspace.root)]) == 1
    err = capsys.readouterr().err
    assert "period.toml" in err
    assert words in err
