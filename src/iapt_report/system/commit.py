"""The commit that last changed some files, read from a repository without running anything that its settings name.

A repository's own settings can name programs that Git runs while it looks: a monitor of the file system, a filter of
contents, a checker of signatures, a hook. A folder that came from somebody else brings such settings along. So Git is
given the repository's objects alone, in an empty repository with no settings, and which commit is checked out, and
whether files are as they were in it, is looked up here.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from iapt_report.system import programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_SECONDS = 10
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA1_DIGITS = 40
_REFERENCE = re.compile(r"ref: (refs/[^\s\x00]+)")
# A reference may lead to another; none that is sound does so often.
_REFERENCES_AT_MOST = 5
_SYMBOLIC_LINK = "120000"


@dataclass(frozen=True)
class _Repository:
    """A repository on disk: its top folder, and where its references and its objects are."""

    top: Path
    own: Path
    common: Path

    @property
    def checked_out(self) -> str | None:
        """The identifier of the commit that is checked out; None where there is none yet."""
        return self._commit("HEAD", _REFERENCES_AT_MOST)

    def _commit(self, name: str, more: int) -> str | None:
        # What a worktree has of its own comes before what all worktrees share.
        said = next((text for folder in (self.own, self.common) if (text := _read(folder / name))), "").strip()
        if _COMMIT.fullmatch(said):
            return said
        leads = _REFERENCE.fullmatch(said)
        if leads and more and ".." not in leads[1].split("/"):
            return self._commit(leads[1], more - 1) or self._packed(leads[1])
        return None

    def _packed(self, name: str) -> str | None:
        lines = (line.split(" ") for line in _read(self.common / "packed-refs").splitlines())
        return next((line[0] for line in lines if line[1:] == [name] and _COMMIT.fullmatch(line[0])), None)


def last_commit(root: Path, files: Iterable[Path], folder: Path) -> str | None:
    """Say which commit last changed some files, and whether they have been changed since.

    Parameters
    ----------
    root : Path
        A folder that may lie in a Git repository.
    files : iterable of Path
        Files in it, which need not be there.
    folder : Path
        A folder in it, of which every file counts, but for hidden ones.

    Returns
    -------
    str or None
        The commit in 12 digits, or more where these are not enough, with ``-dirty`` at the end if a file is another
        than in the commit that is checked out; None without Git, a repository, or a commit of any of the files.
    """
    git, repository = shutil.which("git"), _repository(root.resolve())
    head = repository.checked_out if git and repository else None
    if git is None or repository is None or head is None:
        return None
    there = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    try:
        names = {_name(file, repository): file for file in (*files, *there)}
        with tempfile.TemporaryDirectory() as place:
            _lay_out(Path(place), repository, head)
            asking = _Asking(git, Path(place), repository.common / "objects", head)
            return _asked(asking, names, _name(folder, repository))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _name(path: Path, repository: _Repository) -> str:
    """Name a file from the top of its repository, by the folder that it lies in; ValueError if it lies elsewhere."""
    return (path.parent.resolve() / path.name).relative_to(repository.top).as_posix()


@dataclass(frozen=True)
class _Asking:
    """The program Git, in an empty repository that borrows the objects of another."""

    program: str
    folder: Path
    objects: Path
    head: str

    def __call__(self, *arguments: str, names: Sequence[str]) -> str:
        # Nothing that the environment says of Git holds here, nor what its user or the machine has set.
        ours = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
        done = programs.run(
            [self.program, "--literal-pathspecs", *arguments, "--", *names],
            cwd=self.folder,
            env={
                **ours,
                "GIT_DIR": str(self.folder),
                "GIT_OBJECT_DIRECTORY": str(self.objects),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_NO_REPLACE_OBJECTS": "1",
                "GIT_OPTIONAL_LOCKS": "0",
                "LC_ALL": "C",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        return str(done.stdout, "utf-8", "surrogateescape")


def _asked(git: _Asking, files: Mapping[str, Path], folder: str) -> str | None:
    names = sorted({*files, folder})
    commit = git("log", "-1", "--format=%h", "--abbrev=12", git.head, names=names).strip()
    if not re.fullmatch(r"[0-9a-f]{7,64}", commit):
        return None
    entries = (
        entry.partition("\t") for entry in git("ls-tree", "-r", "-z", git.head, names=names).split("\0") if entry
    )
    committed = {name: facts.split(" ") for facts, _, name in entries}
    hashed = hashlib.sha1 if len(git.head) == _SHA1_DIGITS else hashlib.sha256
    gone = [name for name in committed.keys() - files.keys() if not PurePosixPath(name).name.startswith(".")]
    same = not gone and all(_is_as_committed(file, committed.get(name), hashed) for name, file in files.items())
    return commit if same else f"{commit}-dirty"


def _is_as_committed(file: Path, entry: Sequence[str] | None, hashed: Callable[..., Any]) -> bool:
    """Whether a file has the content that a tree's entry names; ends of lines may be those of the machine."""
    if entry is None or not file.is_file():
        return entry is None and not file.exists()
    mode, _, identifier = entry
    if mode == _SYMBOLIC_LINK or file.is_symlink():
        return False
    content = file.read_bytes()
    return identifier in {_identifier(content, hashed), _identifier(content.replace(b"\r\n", b"\n"), hashed)}


def _identifier(content: bytes, hashed: Callable[..., Any]) -> str:
    return str(hashed(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest())


def _lay_out(folder: Path, repository: _Repository, head: str) -> None:
    """Make an empty repository: what kind of identifiers it has is all that it is told."""
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text(f"{head}\n", "utf-8")
    later = "[core]\n\tbare = true\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
    (folder / "config").write_text("[core]\n\tbare = true\n" if len(head) == _SHA1_DIGITS else later, "utf-8")
    shallow = repository.common / "shallow"
    if shallow.is_file():
        # The commits whose parents were not fetched.
        shutil.copyfile(shallow, folder / "shallow")


def _repository(root: Path) -> _Repository | None:
    """Find the repository that a folder lies in, as Git does: a worktree's ``.git`` is a file that says where it is."""
    for top in (root, *root.parents):
        place = top / ".git"
        if place.is_file():
            said = _read(place).strip()
            if not said.startswith("gitdir: "):
                return None
            own = (top / said.removeprefix("gitdir: ")).resolve()
            return _Repository(top, own, (own / (_read(own / "commondir").strip() or ".")).resolve())
        if (place / "HEAD").is_file():
            return _Repository(top, place.resolve(), place.resolve())
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except (OSError, ValueError):
        return ""
