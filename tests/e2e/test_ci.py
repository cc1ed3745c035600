"""What the continuous integration installs: nothing where all is there, else what is missing, and it never fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NEEDS = ROOT / ".ci" / "needs"
BASH = shutil.which("bash")

pytestmark = [
    pytest.mark.skipif(not NEEDS.is_file(), reason="this is not a checkout of the repository"),
    pytest.mark.skipif(BASH is None, reason="bash is not installed"),
]
R_HAS_ALL = "exit 0"
ALL = {
    "Rscript": R_HAS_ALL,
    "chromium": "exit 0",
    "pdftotext": "exit 0",
    "git": "exit 0",
    "make": "exit 0",
    "java": "exit 0",
    "python3": "exit 0",
    "fc-list": "echo DejaVu Sans; echo Caladea",
}


def needs(folder: Path, programs: dict[str, str]) -> tuple[int, str, list[str]]:
    """Run the script where these programs are all there is, and give the calls of apt-get beside what it says."""
    (folder / "bin").mkdir()
    for name in ("grep", "timeout"):
        (folder / "bin" / name).symlink_to(str(shutil.which(name)))
    for name, script in programs.items():
        path = folder / "bin" / name
        path.write_text(f"#!{BASH}\n{script}\n", "utf-8")
        path.chmod(0o755)
    calls = folder / "calls"
    calls.touch()
    done = subprocess.run(
        [str(BASH), str(NEEDS)],
        env={"PATH": str(folder / "bin"), "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout, calls.read_text("utf-8").splitlines()


APT = 'echo "$*" >>"$CALLS"'


def test_where_all_is_there_nothing_is_said_or_installed(tmp_path: Path) -> None:
    assert needs(tmp_path, {**ALL, "apt-get": APT, "id": "echo 0"}) == (0, "", [])


def test_what_is_missing_is_named_and_installed_by_root(tmp_path: Path) -> None:
    some = {name: script for name, script in ALL.items() if name != "chromium"}
    lacks = {"Rscript": 'echo "metafor lme4 "', "fc-list": "echo DejaVu Sans"}
    code, said, calls = needs(tmp_path, {**some, **lacks, "apt-get": APT, "id": "echo 0"})
    named = "r-cran-metafor r-cran-lme4 chromium fonts-crosextra-caladea"
    assert (code, said) == (0, f"missing for some tests: {named}\n")
    assert calls[0].startswith("update")
    (installed,) = calls[1:]
    assert installed.startswith("install ")
    assert installed.endswith(named)


def test_without_r_all_of_its_packages_are_installed(tmp_path: Path) -> None:
    some = {name: script for name, script in ALL.items() if name != "Rscript"}
    _, _, calls = needs(tmp_path, {**some, "apt-get": APT, "id": "echo 0"})
    packages = ["psych", "numderiv", "jsonlite", "sandwich", "metafor", "lme4", "boot"]
    assert calls[-1].endswith(" ".join(["r-base-core", *(f"r-cran-{name}" for name in packages)]))


@pytest.mark.parametrize("programs", [{}, {"apt-get": APT, "id": "echo 1000"}])
def test_who_cannot_install_is_told_what_is_missing_and_goes_on(tmp_path: Path, programs: dict[str, str]) -> None:
    code, said, calls = needs(tmp_path, {**programs})
    assert code == 0
    assert "r-base-core" in said
    assert "the tests that need them skip" in said
    assert calls == []


def test_one_package_that_there_is_not_does_not_keep_the_others_away(tmp_path: Path) -> None:
    some = {name: script for name, script in ALL.items() if name not in {"chromium", "git"}}
    refuses = f'{APT}; case "$*" in *chromium*) exit 100;; esac'
    code, said, calls = needs(tmp_path, {**some, "apt-get": refuses, "id": "echo 0"})
    assert code == 0
    assert "chromium could not be installed" in said
    assert "git could not" not in said
    assert calls[-1].endswith(" git")


@pytest.mark.parametrize("name", ["needs", "run"])
def test_the_scripts_can_be_run_and_are_read_by_bash(name: str) -> None:
    script = ROOT / ".ci" / name
    assert os.access(script, os.X_OK)
    assert subprocess.run([str(BASH), "-n", str(script)], check=False).returncode == 0


@pytest.mark.parametrize(("check", "tests", "code"), [(0, 0, 0), (0, 1, 1), (2, 0, 2)])
def test_a_run_checks_while_packages_come_tests_once_they_are_there_and_ends_as_these_do(
    tmp_path: Path, check: int, tests: int, code: int
) -> None:
    programs = {
        tmp_path / ".ci" / "needs": 'sleep 0.2; echo packages >>"$CALLS"',
        tmp_path / ".venv" / "bin" / "pytest": f'echo tests >>"$CALLS"; exit {tests}',
        tmp_path / "bin" / "make": f'echo checks >>"$CALLS"; exit {check}',
        tmp_path / "bin" / "python3": "exit 0",
    }
    for path, script in programs.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{BASH}\n{script}\n", "utf-8")
        path.chmod(0o755)
    run = shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    calls = tmp_path / "calls"
    paths = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    done = subprocess.run([str(BASH), str(run)], env={"PATH": paths, "CALLS": str(calls)}, check=False)
    assert done.returncode == code
    assert calls.read_text("utf-8").split() == ["checks", "packages", *(["tests"] if check == 0 else [])]
