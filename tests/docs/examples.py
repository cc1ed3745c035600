"""Reads the documentation's pages: their blocks of code, their headings, their links; and runs the blocks in order."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from conftest import ROOT
from iapt_report.__main__ import main

DOCS = ROOT / "docs"
_FENCE = re.compile(r"^(?P<ticks>`{3,}) *(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=ticks) *$", re.MULTILINE | re.DOTALL)
_SECONDS = 300
_BETWEEN = "=== between blocks ==="
# How each language runs a file, and how it says that a block has ended.
_RUNNERS = {
    "python": ([sys.executable], f"print({_BETWEEN!r}, flush=True)\n", ".py"),
    "r": (["Rscript"], f'cat("{_BETWEEN}\\n")\n', ".R"),
}


@dataclass(frozen=True)
class Block:
    """A block of code: its page and line, its classes, the file it shows, its text, and the output shown after it."""

    page: Path
    line: int
    classes: tuple[str, ...]
    file: str | None
    text: str
    output: str | None = None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One command of a console block, and the output shown under it (nothing where none is)."""

    call: str
    shown: str


def pages() -> list[Path]:
    """The pages that a person has written."""
    made = {"command-line.qmd", "results.qmd"}
    found = (path for path in DOCS.rglob("*.qmd") if not {"api", "_site"} & set(path.relative_to(DOCS).parts))
    return sorted(path for path in found if path.name not in made)


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        info = match["info"].strip()
        file = re.search(r'filename="([^"]+)"', info)
        classes = tuple(re.findall(r"\.([\w-]+)", re.sub(r'"[^"]*"', "", info))) if info.startswith("{") else (info,)
        line = text.count("\n", 0, match.start()) + 1
        block = Block(page, line, classes, file[1] if file else None, match["text"])
        if "output" in classes:
            found[-1] = replace(found[-1], output=block.text)
        else:
            found.append(block)
    return found


def commands(block: Block) -> list[Command]:
    found: list[Command] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        # A backslash at a line's end carries the call on to the next.
        call, shown = re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
        found.append(Command(call, shown))
    return found


def agrees(shown: str, actual: str) -> bool:
    """Whether an output is what a page shows, in which … stands for anything: alone on its line, for lines."""
    pattern = ""
    for line in shown.strip("\n").splitlines():
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*?".join(re.escape(part) for part in line.rstrip().split("…")) + r"\n"
    ended = "\n".join(line.rstrip() for line in actual.strip("\n").splitlines()) + "\n"
    return re.fullmatch(pattern, ended) is not None


def environment() -> dict[str, str]:
    """The environment of a user who has activated the package's own, and has not installed Quarto."""
    folders = os.environ["PATH"].split(os.pathsep)
    kept = [folder for folder in folders if not shutil.which("quarto", path=folder)]
    path = os.pathsep.join([str(Path(sys.executable).parent), *kept])
    unset = ("IAPT_REPORT_WORKSPACE", "IAPT_REPORT_CACHE", "NO_COLOR", "FORCE_COLOR")
    kept_names = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept_names, "PATH": path, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


class Reader:
    """Follows one page as its reader would, block by block, in one folder."""

    def __init__(self, folder: Path, scratch: Path, *, installed: bool) -> None:
        """``installed`` runs the program as it is installed, and not in this process, which is quicker."""
        self.folder = folder
        self.scratch = scratch
        self.installed = installed

    def follow(self, found: list[Block]) -> None:
        scripts: dict[str, list[Block]] = {}
        for block in found:
            if block.file:
                target = self.folder / block.file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, "utf-8")
            elif "console" in block.classes:
                self._commands(block)
            for language in _RUNNERS:
                if language in block.classes and not block.file:
                    scripts.setdefault(language, []).append(block)
        for language, of_it in scripts.items():
            self._script(language, of_it)

    def _commands(self, block: Block) -> None:
        for command in commands(block):
            in_shell = (
                self.installed or re.search(r"[|&;<>$]", command.call) or not command.call.startswith("iapt-report ")
            )
            code, said = self._in_shell(command.call) if in_shell else self._here(command.call)
            assert (code != 0) == ("fails" in block.classes), f"{block.where}: {command.call}\n{said}"
            if command.shown.strip():
                assert agrees(command.shown, said), f"{block.where}: {command.call}\n{said}"

    def _in_shell(self, call: str) -> tuple[int, str]:
        """Run a command in a shell, and stay in the folder that it ends in."""
        place = self.scratch / "pwd"
        done = subprocess.run(
            ["bash", "-c", f'{call}\ncode=$?\npwd > "{place}"\nexit $code'],
            cwd=self.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            encoding="utf-8", timeout=_SECONDS, check=False,
        )  # fmt: skip
        self.folder = Path(place.read_text("utf-8").strip())
        return done.returncode, done.stdout

    def _here(self, call: str) -> tuple[int, str]:
        """Run a call of the program in this process, which has imported what it needs."""
        said = io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            mock.patch.dict(os.environ, environment(), clear=True),
        ):
            code = main(shlex.split(call)[1:])
        return code, said.getvalue()

    def _script(self, language: str, of_it: list[Block]) -> None:
        """Run a page's blocks of one language as one script, and compare what each prints."""
        call, end, suffix = _RUNNERS[language]
        path = self.scratch / f"page{suffix}"
        path.write_text("".join(f"{block.text}\n{end}" for block in of_it), "utf-8")
        done = subprocess.run(
            [*call, str(path)], cwd=self.folder, env=environment(), capture_output=True, text=True, encoding="utf-8",
            timeout=_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{of_it[0].where}: {done.stderr}"
        printed = done.stdout.split(f"{_BETWEEN}\n")
        for block, actual in zip(of_it, printed, strict=False):
            assert block.output is None or agrees(block.output, actual), f"{block.where}:\n{actual}"
