"""What all commands have in common: how a period is named, facts as JSON, exit codes in the help, completed words."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

import published
from calling import call
from conftest import REFERENCE, ROOT
from iapt_report.cli.app import app
from iapt_report.cli.facts import PRINTING, Facts, model_of
from iapt_report.system import exits

if TYPE_CHECKING:
    from pathlib import Path

    from calling import Called
    from iapt_report.workspace.place import Workspace

GROUP: Any = get_command(app)
# What is told of no period: all of them, none, or another program's step.
WITHOUT_PERIOD = {"trend", "schema", "check", "list", "init", "refresh", "prune", "reference", "docs"}
# What prints a document of another kind, or is a step of another program.
WITHOUT_FACTS = {"schema", "refresh", "prune", "reference", "docs"}
SHELLS = {"bash": "complete -o", "zsh": "compdef", "fish": "complete --", "powershell": "Register-ArgumentCompleter"}


def options_of(command: str) -> set[str]:
    return {option for parameter in GROUP.commands[command].params for option in parameter.opts}


def facts_of(done: Called, command: str) -> Any:
    """Read what a command has printed, and hold it to the model and the schema that are published of it."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    facts = json.loads(done.stdout, parse_constant=refuse)
    assert isinstance(facts, dict)
    model_of(command).model_validate_json(done.stdout)
    schema = json.loads(call("schema", command).stdout)
    assert set(facts) == set(schema["properties"])
    return facts


@pytest.mark.parametrize("command", sorted(set(GROUP.commands) - WITHOUT_PERIOD))
def test_every_command_that_is_about_a_period_takes_it_as_an_argument_or_as_an_option(command: str) -> None:
    arguments = [p for p in GROUP.commands[command].params if p.param_type_name == "argument"]
    assert "PERIOD" in arguments[0].metavar
    assert {"--period", "-p"} <= options_of(command)


@pytest.mark.parametrize(
    "named",
    [[REFERENCE], ["2014/15 Q2"], ["--period", "Q2 2014-15"], ["-p", REFERENCE], ["latest"], ["--period", "latest"]],
)
def test_a_period_is_named_in_any_spelling_and_place_and_the_newest_as_latest(
    workspace: Workspace, named: list[str]
) -> None:
    done = call("results", *named, cwd=workspace.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("July to September 2014")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["results"], "no PERIOD is named"),
        (["results", REFERENCE, "-p", "2019-20"], "several periods are named: 2014-15-Q2, 2019-20"),
        (["compare", REFERENCE], "a comparison is of two periods"),
        (["compare", REFERENCE, "-p", "2019-20", "-p", "2020-21"], "a comparison is of two periods"),
        (["import", "a.csv"], "no FILE is named"),
        (["import", "a.csv", "b.csv"], "'a.csv' is not a period"),
        (["import", "latest", "a.csv"], "latest is the name of no period here"),
        (["import", "2019-20"], "no FILE is named"),
        (["episodes", "2019-20", "one", "two"], "more than one SOURCE is named: one, two"),
        (["brief", REFERENCE, "-p", REFERENCE, "--all-areas"], "several periods"),
    ],
)
def test_a_call_that_names_no_period_or_too_many_says_what_it_takes(
    workspace: Workspace, arguments: list[str], said: str
) -> None:
    done = call(*arguments, cwd=workspace.root)
    assert (done.returncode, done.stdout) == (exits.CALL, "")
    assert said in done.stderr


def test_an_import_takes_its_period_before_its_files_or_as_the_option(workspace: Workspace, tmp_path: Path) -> None:
    sources = [published.annual(tmp_path), "-d", published.imd(tmp_path), "-l", published.lookup(tmp_path)]
    first = call("import", "2019/20", *sources, "--json", cwd=workspace.root)
    assert first.returncode == 0, first.stderr
    facts = facts_of(first, "import")
    assert (facts["period"], facts["previous"]) == ("2019-20", None)
    assert facts["areas"] == 15
    assert {"area_code", "reason"} <= set(facts["excluded"][0])
    second = call("import", *sources, "--period", "2019-20", cwd=workspace.root)
    assert second.stdout.strip() == facts["folder"]


@pytest.mark.parametrize("command", sorted(set(GROUP.commands) - WITHOUT_FACTS))
def test_every_command_that_prints_facts_prints_them_as_json_of_a_published_schema(command: str) -> None:
    assert "--json" in options_of(command)
    assert command in PRINTING
    schema = json.loads(call("schema", command).stdout)
    assert schema["type"] == "object"
    assert schema["properties"]


def test_no_schema_is_of_a_command_that_prints_none() -> None:
    assert set(PRINTING) == set(GROUP.commands) - WITHOUT_FACTS
    done = call("schema", "refresh")
    assert done.returncode == exits.CALL
    assert "trend" in done.stderr


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("list", []),
        ("results", [REFERENCE]),
        ("claims", [REFERENCE]),
        ("simulate", [REFERENCE, "--n", "20"]),
        ("trend", []),
        ("build", [REFERENCE, "--engine", "embedded", "-f", "html"]),
        ("brief", [REFERENCE, "--area", "SYN001", "-f", "html"]),
    ],
)
def test_what_is_printed_as_json_is_valid_and_alone_on_standard_output(
    built_workspace: Workspace, command: str, arguments: list[str]
) -> None:
    done = call(command, *arguments, "--json", cwd=built_workspace.root)
    assert done.returncode == 0, done.stderr
    facts = facts_of(done, command)
    if command == "list":
        assert [one["period"] for one in facts["periods"]] == [REFERENCE]
        assert "paper.html" in facts["periods"][0]["documents"]
    if command == "build":
        assert facts["periods"][0]["period"] == REFERENCE
        assert facts["index"].endswith("index.html")
    if command == "brief":
        assert (facts["areas"], len(facts["files"])) == (1, 1)


def test_a_check_as_json_has_each_file_with_what_it_is_or_what_to_mend(tmp_path: Path) -> None:
    good, bad = ROOT / "data" / REFERENCE / "areas.csv", tmp_path / "areas.csv"
    bad.write_text("area_code,area_name\nX1,One\n", "utf-8")
    done = call("check", good, bad, "--json")
    assert done.returncode == exits.DATA
    first, second = facts_of(done, "check")["files"]
    assert (first["usable"], second["usable"]) == (True, False)
    assert "211 areas to analyse" in first["what"]
    assert second["problem"]["file"] == str(bad)
    assert second["problem"]["problem"]
    assert "areas.csv" in done.stderr, "a person is told too"


def test_a_build_as_json_has_the_period_that_failed_with_its_problem(built_workspace: Workspace) -> None:
    broken = built_workspace.data / "2010-11"
    broken.mkdir()
    (broken / "areas.csv").write_text("area_code\n", "utf-8")
    done = call("build", "--all", "--engine", "embedded", "-f", "html", "--json", cwd=built_workspace.root)
    assert done.returncode == exits.DATA
    failed, built = facts_of(done, "build")["periods"]
    assert (failed["period"], built["period"]) == ("2010-11", REFERENCE)
    assert "areas.csv" in failed["problem"]["file"]
    assert built["problem"] is None


def test_an_update_as_json_says_what_it_would_do_and_what_it_did(workspace: Workspace) -> None:
    (workspace.data / "releases.toml").write_text("", "utf-8")
    planned = call("update", "--dry-run", "--json", cwd=workspace.root)
    assert facts_of(planned, "update")["exit_code"] == planned.returncode


@pytest.mark.parametrize("command", [None, *(name for name, one in GROUP.commands.items() if not one.hidden)])
def test_every_help_lists_all_ways_to_end(command: str | None) -> None:
    said = " ".join(call(*([command] if command else []), "--help").stdout.split())
    assert "Exit codes:" in said
    expected = {exits.DONE, exits.DATA, exits.CALL, exits.TOOL}
    for code in exits.MEANINGS if command in {None, "results"} else expected:
        assert re.search(rf"\b{code} [a-z]", said.split("Exit codes:")[1]), code


def test_the_page_of_exit_codes_has_each_with_its_meaning() -> None:
    text = (ROOT / "docs" / "reference" / "exit-codes.qmd").read_text("utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| ([^|]+?) \|", text, re.MULTILINE))
    assert rows == {str(code): meaning.removesuffix(" (update)") for code, meaning in exits.MEANINGS.items()}


def completed(shell: str, words: str, cwd: Path) -> str:
    """Ask the program as a shell does where somebody presses Tab after these words."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_TYPER_COMPLETE_ARGS": words}
    done = subprocess.run(
        [sys.executable, "-m", "iapt_report"],
        cwd=cwd,
        env={
            **os.environ,
            **asked,
            "_IAPT_REPORT_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_the_periods_that_there_are(workspace: Workspace, shell: str) -> None:
    assert "trend" in completed(shell, "iapt-report tr", workspace.root)
    assert REFERENCE in completed(shell, "iapt-report results 2014", workspace.root)


def test_outside_a_workspace_a_shell_completes_without_a_message(tmp_path: Path) -> None:
    assert completed("bash", "iapt-report results 2014", tmp_path).strip() == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_each_shell_can_be_had(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "iapt_report"],
        env={**os.environ, "_IAPT_REPORT_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert SHELLS[shell] in done.stdout
    assert "iapt-report" in done.stdout
    program = shutil.which(shell)
    if program and shell != "powershell":
        assert subprocess.run([program, "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_the_page_of_json_names_every_field_of_every_command() -> None:
    text = (ROOT / "docs" / "reference" / "json.qmd").read_text("utf-8")
    rows = {
        name: row
        for row in text.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert set(rows) == set(PRINTING)
    of_facts = {command for command in PRINTING if issubclass(model_of(command), Facts)} - {"episodes"}
    for command in of_facts:
        named = set(re.findall(r"`(\w+)`", rows[command].split("|", 2)[2]))
        parts = {*model_of(command).model_fields}
        for kind in json.loads(call("schema", command).stdout).get("$defs", {}).values():
            parts |= set(kind["properties"]) if kind["title"] != "Problem" else set()
        assert named == parts, command


def test_the_documentation_is_listed_and_read_page_by_page() -> None:
    listed = dict(line.split(maxsplit=1) for line in call("docs").stdout.splitlines())
    assert listed["reference/exit-codes"] == "Exit codes"
    assert next(iter(listed)) == "index"
    page = call("docs", "exit-codes").stdout
    assert page.startswith("# Exit codes\n")
    assert page == call("docs", "reference/exit-codes.qmd").stdout
    assert "{{<" not in call("docs", "coverage").stdout, "what a page includes is in it"
    refused = call("docs", "nothing")
    assert refused.returncode == exits.CALL
    assert "how-to/new-period" in refused.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminal")
def test_on_a_terminal_a_page_goes_through_the_pager(tmp_path: Path) -> None:
    try:
        outer, inner = os.openpty()
    except OSError as error:
        pytest.skip(f"there is no pseudo-terminal: {error.strerror}")
    environment = {**os.environ, "PAGER": f"cat >{tmp_path / 'paged'}", "TERM": "xterm"}
    call_of_docs = [sys.executable, "-m", "iapt_report", "docs", "exit-codes"]
    done = subprocess.run(call_of_docs, stdin=inner, stdout=inner, stderr=inner, env=environment, check=False)
    os.close(inner)
    os.close(outer)
    assert done.returncode == 0
    assert (tmp_path / "paged").read_text("utf-8") == call("docs", "exit-codes").stdout


def test_a_new_workspace_says_what_to_call_where_things_are_and_what_may_be_edited(workspace: Workspace) -> None:
    told = (workspace.root / "README.md").read_text("utf-8")
    for command in re.findall(r"^iapt-report ([a-z]+)", told, re.MULTILINE):
        assert command in GROUP.commands
    for name in {path.name for path in workspace.root.iterdir()} - {"README.md", ".gitignore"}:
        assert re.search(rf"`{re.escape(name)}[/`]", told), name
    # A workspace is a copy of this; what is there at first is synthetic, and is called so.
    assert "**synthetic**" in told
