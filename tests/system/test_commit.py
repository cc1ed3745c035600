"""The commit of some files, from a repository that may be a stranger's."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from iapt_report.system.commit import last_commit

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the program git is not installed")
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *WHO, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def asked(folder: Path) -> str | None:
    return last_commit(folder, [folder / "a file.toml"], folder / "templates")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "répertoire 1"
    (folder / "templates").mkdir(parents=True)
    (folder / "a file.toml").write_bytes(b"one\r\ntwo\n")
    (folder / "templates" / "x.jinja").write_text("x\n", "utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


@pytest.mark.parametrize("pack", [False, True])
def test_the_commit_that_last_changed_the_files_is_named(repository: Path, pack: bool) -> None:
    first = git(repository, "rev-parse", "--short=12", "HEAD")
    (repository / "elsewhere").write_text("x", "utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "two")
    if pack:
        git(repository, "gc", "-q")
        git(repository, "pack-refs", "--all")
    assert asked(repository) == first


@pytest.mark.parametrize("change", ["edited", "added", "removed", "template removed"])
def test_files_that_were_changed_since_make_it_dirty(repository: Path, change: str) -> None:
    first = git(repository, "rev-parse", "--short=12", "HEAD")
    if change == "edited":
        (repository / "a file.toml").write_text("other\n", "utf-8")
    elif change == "added":
        (repository / "templates" / "new.jinja").write_text("x\n", "utf-8")
    elif change == "removed":
        (repository / "a file.toml").unlink()
    else:
        (repository / "templates" / "x.jinja").unlink()
    assert asked(repository) == f"{first}-dirty"


def test_a_worktree_a_folder_below_and_a_shallow_clone_have_it_too(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "--short=12", "HEAD")
    git(repository, "worktree", "add", "-q", str(tmp_path / "worktree"))
    assert asked(tmp_path / "worktree") == first
    (repository / "templates" / "x.jinja").write_text("y\n", "utf-8")
    git(repository, "commit", "-q", "-a", "-m", "two")
    second = git(repository, "rev-parse", "--short=12", "HEAD")
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), "shallow")
    assert asked(tmp_path / "shallow") == second
    below = tmp_path / "above"
    shutil.copytree(repository, below / "workspace", ignore=shutil.ignore_patterns(".git"))
    git(below, "init", "-q")
    git(below, "add", "-A")
    git(below, "commit", "-q", "-m", "one")
    assert asked(below / "workspace") == git(below, "rev-parse", "--short=12", "HEAD")


def test_where_there_is_no_repository_no_commit_or_a_broken_one_there_is_none(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    assert asked(tmp_path) is None
    git(tmp_path, "init", "-q", "empty")
    assert last_commit(tmp_path / "empty", [], tmp_path / "empty") is None
    (repository / ".git" / "HEAD").write_text("ref: refs/../../../etc/passwd\n", "utf-8")
    assert asked(repository) is None
    (repository / ".git" / "HEAD").write_text("ref: HEAD\n", "utf-8")
    assert asked(repository) is None
    (repository / ".git" / "HEAD").write_text("0" * 40, "utf-8")
    assert asked(repository) is None


def test_nothing_that_a_repositorys_settings_name_is_run(repository: Path, tmp_path: Path) -> None:
    """Every program that Git's own `log` and `status` would run here leaves a mark; so the trap is shown to work."""
    marks = tmp_path / "marks"
    marks.mkdir()
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho run >> "{marks}/$(basename "$0")"\ncat\n', "utf-8")
    program.chmod(0o755)
    programs = {name: tmp_path / name for name in ("fsmonitor", "filter", "signature", "fetch")}
    for path in programs.values():
        shutil.copy(program, path)
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    shutil.copy(program, hooks / "post-index-change")
    signed = git(repository, "cat-file", "commit", "HEAD").replace(
        "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n", 1
    )
    made = subprocess.run(
        ["git", "-C", str(repository), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=signed + "\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    git(repository, "reset", "-q", "--hard", made.stdout.strip())
    (repository / ".git" / "info" / "attributes").write_text("* filter=x\n", "utf-8")
    for name, value in {
        "core.fsmonitor": str(programs["fsmonitor"]),
        "filter.x.clean": str(programs["filter"]),
        "gpg.program": str(programs["signature"]),
        "log.showSignature": "true",
        "core.sshCommand": str(programs["fetch"]),
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://elsewhere.example/x",
    }.items():
        git(repository, "config", name, value)
    head = git(repository, "rev-parse", "HEAD")
    for path in marks.iterdir():
        path.unlink()
    (repository / "a file.toml").touch()
    (repository / "templates" / "x.jinja").write_text("y\n", "utf-8")
    assert asked(repository) == f"{head[:12]}-dirty"
    assert list(marks.iterdir()) == [], "nothing was run"
    subprocess.run(["git", "-C", str(repository), "log", "-1"], capture_output=True, check=True)
    subprocess.run(["git", "-C", str(repository), "status"], capture_output=True, check=True)
    ran = {path.name for path in marks.iterdir()}
    assert {"fsmonitor", "filter", "signature"} <= ran, "the traps are set"
