"""The ready-made runners: they parse, they call what exists, and they take "nothing new" for a success."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
import typer
import yaml

from conftest import ROOT
from iapt_report.cli.app import app

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace

WORKFLOW = ".github/workflows/publish.yml"
SERVICE = "runners/systemd/iapt-report-update.service"
TIMER = "runners/systemd/iapt-report-update.timer"
CRONTAB = "runners/cron/crontab"
TASK = "runners/windows/iapt-report-update.xml"
README = "runners/README.md"
EVERY = (WORKFLOW, SERVICE, TIMER, CRONTAB, TASK, README)
COMMAND = re.compile(r"^.*?(?:^|[\s/\\\"])iapt-report(?:\.exe)?\"? +((?:update|init)\b[^|>#\n`;\"<]*)", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def workflow() -> dict[Any, Any]:
    found = yaml.safe_load(text(WORKFLOW))
    assert isinstance(found, dict)
    return found


def steps(job: str) -> dict[str, dict[str, Any]]:
    return {step.get("name", step.get("uses")): step for step in workflow()["jobs"][job]["steps"]}


def unit(name: str) -> configparser.ConfigParser:
    class Repeated(dict[str, Any]):
        """Of a key given more than once, as systemd allows, every value."""

        def __setitem__(self, key: str, value: Any) -> None:
            if isinstance(value, list) and key in self:
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    parser = configparser.ConfigParser(
        interpolation=None, strict=False, dict_type=Repeated, comment_prefixes=("#",), delimiters=("=",)
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text(name))
    return parser


@pytest.mark.parametrize("name", EVERY)
def test_a_new_workspace_has_the_runners(workspace: Workspace, name: str) -> None:
    assert (workspace.root / name).read_text("utf-8") == text(name)


@pytest.mark.parametrize("name", EVERY)
def test_no_machine_is_named(name: str) -> None:
    assert not re.search(r"/(home|root|Users|work|tmp|opt|srv|mnt)/", text(name))


@pytest.mark.parametrize("name", [WORKFLOW, SERVICE, CRONTAB, TASK, README])
def test_every_call_of_the_program_is_valid(name: str) -> None:
    # As a run by hand fills them in.
    filled = (
        text(name).replace("$CHECK_AGAIN", "--check-again").replace('${SINCE:+--since "$SINCE"}', "--since 2023-24")
    )
    calls = [shlex.split(call) for call in COMMAND.findall(filled)]
    assert calls
    group = typer.main.get_command(app)
    assert hasattr(group, "commands")
    for name_of, *arguments in calls:
        command = group.commands[name_of]
        command.make_context(name_of, list(arguments))


def test_the_workflow_runs_on_a_timetable_and_on_demand_and_gives_each_job_only_what_it_needs() -> None:
    found = workflow()
    # YAML 1.1 takes the key "on" for true.
    when = found[True]
    assert re.fullmatch(r"(\S+ ){4}\S+", when["schedule"][0]["cron"])
    assert "workflow_dispatch" in when
    assert found["permissions"] == {}
    assert {name: job["permissions"] for name, job in found["jobs"].items()} == {
        "update": {"contents": "read"},
        "keep": {"contents": "write"},
        "publish": {"pages": "write", "id-token": "write"},
    }
    assert found["concurrency"]["cancel-in-progress"] is False
    assert all("timeout-minutes" in job for job in found["jobs"].values())
    assert "pip" not in str(found["jobs"]["keep"]["steps"]), "what can write to the repository installs nothing"
    assert "vars.PUBLISH_REPORTS == 'true'" in found["jobs"]["update"]["if"], "nothing is published unasked"


def test_the_workflow_uses_official_actions_of_a_stated_version_alone() -> None:
    used = re.findall(r"uses: *(\S+)", text(WORKFLOW))
    assert used
    for action in used:
        assert re.fullmatch(r"(actions/[a-z-]+|quarto-dev/quarto-actions/setup)@v\d+", action), action


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    return subprocess.run(
        [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def program(folder: Path, code: int) -> Path:
    """Write a program in the place of iapt-report, which notes how it was called and ends with a code."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "iapt-report"
    path.write_text(f'#!/bin/sh\npwd > "{folder}/called"\necho "$@" >> "{folder}/called"\necho summary\nexit {code}\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("code", "event", "ends", "state", "since"),
    [
        (0, "schedule", 0, "changed", ""),
        (1, "schedule", 0, "changed", ""),
        (4, "schedule", 0, "nothing-new", ""),
        (4, "workflow_dispatch", 0, "changed", "2023-24-Q1"),
        (3, "schedule", 3, None, ""),
        (130, "schedule", 130, None, ""),
    ],
)
def test_the_workflow_takes_nothing_new_for_a_success(
    tmp_path: Path, code: int, event: str, ends: int, state: str | None, since: str
) -> None:
    program(tmp_path / "bin", code)
    done = run(
        steps("update")["Update"]["run"],
        tmp_path,
        PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        GITHUB_OUTPUT=str(tmp_path / "output"),
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
        GITHUB_EVENT_NAME=event,
        CHECK_AGAIN="--check-again",
        SINCE=since,
    )
    assert done.returncode == ends, done.stderr
    said = (tmp_path / "output").read_text("utf-8") if state else ""
    assert said == (f"state={state}\ncode={code}\n" if state else "")
    assert (tmp_path / "summary").read_text("utf-8") == "summary\n"
    assert (tmp_path / "bin" / "called").read_text("utf-8").splitlines()[
        1
    ] == "update --areas --cache .downloads --check-again" + (f" --since {since}" if since else "")


@pytest.mark.skipif(shutil.which("git") is None, reason="the program git is not installed")
def test_the_workflow_keeps_imported_periods_that_are_never_committed_and_no_others(tmp_path: Path) -> None:
    """As in a copy of the project's own repository, whose .gitignore leaves periods out."""
    (step,) = (found for found in steps("update").values() if str(found.get("uses", "")).startswith("actions/cache@"))
    assert "data/*/" in step["with"]["path"].split()
    data = tmp_path / "data"
    for name in ("2019-20/areas.csv", "2023-24-Q1/areas.csv", "2023-24-Q2/areas.csv"):
        (data / name).parent.mkdir(parents=True)
        (data / name).write_text("kept\n", "utf-8")
    (tmp_path / ".gitignore").write_text("/data/2023-24-Q2\n", "utf-8")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", ".gitignore", "data/2019-20"], [*who, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (data / "2019-20" / "areas.csv").write_text("of an earlier run\n", "utf-8")
    assert run(steps("update")["Let what is committed count before what was kept"]["run"], tmp_path).returncode == 0
    assert (data / "2019-20" / "areas.csv").read_text("utf-8") == "kept\n"
    assert sorted(path.name for path in data.iterdir()) == ["2019-20", "2023-24-Q2"], "one was taken out, one ignored"


@pytest.mark.skipif(shutil.which("git") is None, reason="the program git is not installed")
def test_the_workflow_commits_what_was_imported_and_what_is_gone(tmp_path: Path) -> None:
    def git(folder: Path, *arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(folder), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    origin, clone, data = tmp_path / "origin.git", tmp_path / "clone", tmp_path / "clone" / "data"
    subprocess.run(["git", "init", "-q", "--bare", str(origin)], check=True)
    subprocess.run(["git", "clone", "-q", str(origin), str(clone)], check=True, capture_output=True)
    for name in ("2019-20/areas.csv", "2019-20/deciles.csv", "incoming/lookup.csv", "releases.toml"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("before\n", "utf-8")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "one")
    git(clone, "push", "-q", "origin", "HEAD")
    job = steps("keep")
    summary = str(tmp_path / "summary")

    # The artefact of a run that changed nothing, then of one that imported a correction without deciles.
    for name in ("2019-20/areas.csv", "2019-20/deciles.csv", "incoming/lookup.csv"):
        assert (data / name).is_file()
    assert run(job["Commit what was imported"]["run"], clone, GITHUB_STEP_SUMMARY=summary).returncode == 0
    assert git(clone, "log", "--format=%s").split("\n")[0] == "one"

    assert run(job["Make room for the data as they were left"]["run"], clone).returncode == 0
    assert sorted(path.name for path in data.iterdir()) == ["releases.toml"]
    for name in ("2019-20/areas.csv", "incoming/lookup.csv"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("after\n" if "areas" in name else "before\n", "utf-8")
    done = run(job["Commit what was imported"]["run"], clone, GITHUB_STEP_SUMMARY=summary)
    assert done.returncode == 0, done.stderr
    assert git(origin, "log", "-1", "--format=%s").strip() == "Import published data"
    changed = git(origin, "log", "-1", "--name-status", "--format=").split()
    assert changed == ["M", "data/2019-20/areas.csv", "D", "data/2019-20/deciles.csv"]


def test_the_service_takes_nothing_new_and_another_run_for_successes() -> None:
    service = unit(SERVICE)["Service"]
    assert service["Type"] == "oneshot"
    assert service["SuccessExitStatus"].split() == ["4", "5"]
    assert service["ReadWritePaths"] == service["WorkingDirectory"]
    assert unit(TIMER)["Timer"]["Persistent"] == "true"
    assert unit(TIMER)["Install"]["WantedBy"] == "timers.target"
    assert Path(SERVICE).stem == Path(TIMER).stem, "a timer starts the service of its own name"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    program(tmp_path / ".local" / "bin", 0)
    run_folder = tmp_path / "run"
    run_folder.mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(ROOT / SERVICE), str(ROOT / TIMER)],
        env={**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(run_folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no POSIX shell")
def test_the_line_for_cron_runs_in_the_bare_environment_that_cron_gives(tmp_path: Path) -> None:
    (line,) = [line for line in text(CRONTAB).splitlines() if line and not line.startswith("#")]
    *when, command = line.split(maxsplit=5)
    assert all(re.fullmatch(r"[0-9*,/-]+", field) for field in when)
    assert "%" not in command, "cron takes it for a line end"
    (tmp_path / "iapt-reports").mkdir()
    program(tmp_path / ".local" / "bin", 0)
    bare = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "a"}
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "cron mails what is said"
    called = (tmp_path / ".local" / "bin" / "called").read_text("utf-8").splitlines()
    assert called == [str((tmp_path / "iapt-reports").resolve()), "update --areas"]


def test_the_task_of_windows_is_a_task_and_runs_the_program_in_the_workspace() -> None:
    assert text(TASK).isascii(), "it is read as whatever encoding the system has"
    assert not text(TASK).startswith("<?xml"), "PowerShell hands it over as text, which no declaration may gainsay"
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    task = ElementTree.fromstring(text(TASK))
    assert task.tag == f"{space}Task"
    # The schema has these in this order.
    assert [part.tag.removeprefix(space) for part in task] == ["RegistrationInfo", "Triggers", "Settings", "Actions"]
    found = {part.tag.removeprefix(space): part.text or "" for part in task.iter()}
    days = {part.tag.removeprefix(space) for part in task.iter() if part.tag.endswith("day")}
    assert days == {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT07:20:00", found["StartBoundary"])
    assert (found["MultipleInstancesPolicy"], found["StartWhenAvailable"]) == ("IgnoreNew", "true")
    assert found["Command"] == r"%SystemRoot%\System32\cmd.exe"
    # cmd /s takes off the first and the last quotation mark, and runs what is between them.
    inner = re.fullmatch(r'/d /s /c "(.*)"', found["Arguments"])
    assert inner is not None
    assert inner[1].split(" && ") == [
        r'cd /d "%USERPROFILE%\iapt-reports"',
        r'"%USERPROFILE%\.local\bin\iapt-report.exe" update --areas',
    ]
