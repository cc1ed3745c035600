"""Kill commands while they work, and hold what the next run gives against a run that was not killed.

    python tests/kill/killing.py [--points 100] [--seed 1] [--only COMMAND]

Each point is a command, a signal (SIGKILL or SIGTERM), and when it comes: at a change of the file system of a certain
number, or after a certain time. After each, the same command runs again. Then every file of the place must be as after
a run that was not killed, nothing may be left that was in the making, and what the user wrote must be there. What is
printed is a table of the points by command; the exit code is 1 where one did not end right.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import published
from publisher import publishing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

REFERENCE, YEAR = "2014-15-Q2", "2019-20"
NOTES = "what I found out about these data\n"
EDITED = "\nA sentence that its user has written.\n"
# What others can see of a process's work, and where it may die: between two of these, nothing is different.
CHANGES = ("replace", "rename", "unlink", "rmdir", "mkdir", "link", "symlink")
COMMANDS = ("init", "import", "build", "brief", "update")
# Written by every run, with the time; or kept for the next one by the system of locks.
_NOT_COMPARED = frozenset({"logs", ".update"})
# What a signal gives where it ends a command, or comes after its end.
_ENDINGS = {signal.SIGKILL: {-signal.SIGKILL, 0, 4}, signal.SIGTERM: {128 + signal.SIGTERM, -signal.SIGTERM, 0, 4}}


@dataclass(frozen=True)
class Point:
    """When a command is killed, and how: at a change, or after a share of the time that it takes."""

    command: str
    signal: signal.Signals
    change: int | None = None
    share: float = 0.0

    def __str__(self) -> str:
        when = f"before change {self.change}" if self.change is not None else f"after {self.share:.0%} of its time"
        return f"{self.command}, {self.signal.name} {when}"


@dataclass(frozen=True)
class Scene:
    """A command, the place that it starts from, and the place that it gives: its changes, its seconds, its files."""

    command: str
    start: Path
    changes: int
    seconds: float
    whole: dict[str, bytes]


class Worker:
    """A process that has imported the package already, from which the commands are forked."""

    def __init__(self, said: Path) -> None:
        command = [sys.executable, str(Path(__file__).resolve()), "--worker"]
        self.said = said
        with said.open("w", encoding="utf-8") as stderr:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
            )

    def run(self, arguments: Sequence[str], point: Point | None = None, seconds: float = 0.0) -> tuple[int, int, float]:
        """Run a command to its end or its death; return its code, how many changes it made, and how long it took."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        told: dict[str, Any] = {"arguments": list(arguments), "signal": point.signal if point else 0}
        told["change"] = point.change if point else None
        told["seconds"] = seconds * point.share if point and point.change is None else None
        print(json.dumps(told), file=self.process.stdin, flush=True)
        code, changes, took = json.loads(self.process.stdout.readline())
        return int(code), int(changes), float(took)

    def end(self) -> None:
        """Let it go."""
        with contextlib.suppress(OSError):
            self.process.communicate(timeout=60)


def serve() -> None:
    """Fork a process for each line of the input, and answer with how it ended."""
    from iapt_report import __main__, api  # noqa: F401 - what is imported here need not be in each
    from iapt_report.analysis import study  # noqa: F401
    from iapt_report.figures import images  # noqa: F401
    from iapt_report.site import build  # noqa: F401
    from iapt_report.sources import importing  # noqa: F401

    for line in sys.stdin:
        told = json.loads(line)
        read, write = os.pipe()
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            os.close(read)
            silent = os.open(os.devnull, os.O_RDWR)
            os.dup2(silent, 0)
            os.dup2(silent, 1)
            os._exit(_as_told(told, write))
        os.close(write)
        if told["seconds"] is not None:
            time.sleep(told["seconds"])
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, told["signal"])
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with os.fdopen(read) as stream:
            changes = int(stream.read() or 0)
        print(json.dumps([code, changes, time.monotonic() - start]), flush=True)


def _as_told(told: dict[str, Any], write: int) -> int:
    from iapt_report import __main__
    from iapt_report.system import second, stopping

    stopping.listen()
    seen = 0

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*args: Any, **kwargs: Any) -> Any:
            nonlocal seen
            if seen == told["change"]:
                seen += 1
                os.kill(os.getpid(), told["signal"])
            seen += 1
            return change(*args, **kwargs)

        return changed

    for name in CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    try:
        with second.at_hand():
            code = stopping.exit_code(__main__.main(told["arguments"]))
    except KeyboardInterrupt:
        code = stopping.exit_code(130)
    os.write(write, str(seen).encode())
    return code


def tree(place: Path) -> dict[str, bytes]:
    """Every file of a place with its content."""
    files = (path for path in sorted(place.rglob("*")) if path.is_file() or path.is_symlink())
    inside = ((path.relative_to(place), path) for path in files)
    return {name.as_posix(): path.read_bytes() for name, path in inside if not _NOT_COMPARED & set(name.parts)}


def left(place: Path) -> list[str]:
    """What a process has left that was in the making."""
    return [p.relative_to(place).as_posix() for p in place.rglob(".*") if p.name.endswith((".part", ".aside"))]


def arguments_of(command: str, place: Path) -> list[str]:
    """Give the command that changes a place."""
    root = str(place / "workspace")
    made, cache = place.parent / "made", str(place / "cache")
    return {
        "init": ["init", root],
        "import": [
            *("import", str(made / "annual.csv"), "--period", YEAR, "--workspace", root),
            *("--deprivation", str(made / "imd.csv"), "--lookup", str(made / "lookup.csv")),
        ],
        "build": ["build", REFERENCE, "--format", "html", "--engine", "embedded", "--workspace", root],
        "brief": ["brief", REFERENCE, "--all-areas", "--format", "html", "--workspace", root],
        "update": ["update", "--format", "html", "--engine", "embedded", "--cache", cache, "--workspace", root],
    }[command]


def prepare(command: str, folder: Path, worker: Worker, address: str) -> Scene:
    """Make the place that a command starts from, and run it there once without a kill."""
    start, end = folder / command / "start", folder / command / "end"
    start.mkdir(parents=True)
    _write_published(start.parent / "made")
    root = start / "workspace"
    if command != "init":
        _run(worker, ["init", str(root)])
    if command in ("import", "update"):
        _list_releases(root, start.parent / "made", address)
        _run(worker, arguments_of(command, start))
        (root / "data" / YEAR / "notes.txt").write_text(NOTES, "utf-8")
        _correct(start.parent / "made", root, address)
    if command == "build":
        _run(worker, arguments_of(command, start))
        _edit(root / "report" / REFERENCE / "supplement.qmd")
        (root / "report" / REFERENCE / "notes.txt").write_text(NOTES, "utf-8")
        template = root / "templates" / "brief.qmd.jinja"
        template.write_text(template.read_text("utf-8") + "\nMore is said here.\n", "utf-8")
        _few_areas(root)
    if command == "brief":
        _few_areas(root)
        _run(worker, arguments_of(command, start))
        template = root / "templates" / "area.qmd.jinja"
        template.write_text(template.read_text("utf-8") + "\nMore is said here.\n", "utf-8")
    shutil.copytree(start, end, symlinks=True)
    changes, seconds = _run(worker, arguments_of(command, end))
    return Scene(command, start, changes, seconds, tree(end))


def _run(worker: Worker, arguments: Sequence[str]) -> tuple[int, float]:
    """Run a command that is not killed, and return how many changes it made, and how long it took."""
    code, changes, seconds = worker.run(arguments)
    if code != 0:
        raise RuntimeError(f"{' '.join(arguments)} ended with {code}: {worker.said.read_text('utf-8')}")
    return changes, seconds


def _write_published(made: Path) -> None:
    made.mkdir()
    published.annual(made)
    published.imd(made)
    published.lookup(made)


def _correct(made: Path, root: Path, address: str) -> None:
    """Publish other figures in the place of the former."""
    rows = published.annual_rows()
    for row in rows[2:-2]:
        row[8] = int(str(row[8])) + 5
        row[10] = round(100 * int(str(row[8])) / int(str(row[6])))
    published.annual(made, rows=rows)
    _list_releases(root, made, address)


def _list_releases(root: Path, made: Path, address: str) -> None:
    from hashlib import sha256

    entries = []
    for kind, name in (("activity", "annual.csv"), ("deprivation", "imd.csv"), ("lookup", "lookup.csv")):
        content = (made / name).read_bytes()
        SERVED[f"/{name}"] = content
        entries.append(
            f'[[release]]\nkind = "{kind}"\nperiods = ["{YEAR}"]\naddress = "{address}/{name}"\n'
            f'sha256 = "{sha256(content).hexdigest()}"\n'
        )
    (root / "data" / "releases.toml").write_text("\n".join(entries), "utf-8")
    shutil.rmtree(root / "data" / REFERENCE, ignore_errors=True)


def _few_areas(root: Path) -> None:
    """Leave some of the areas, so that their pages are few."""
    path = root / "data" / REFERENCE / "areas.csv"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:60]), "utf-8")


def _edit(document: Path) -> None:
    document.write_text(document.read_text("utf-8") + EDITED, "utf-8")


SERVED: dict[str, bytes | str] = {}


def problems(scene: Scene, point: Point, worker: Worker) -> list[str]:
    """Kill a command at a point, run it again, and say what is not as it should be."""
    work = scene.start.parent / "killed"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(scene.start, work, symlinks=True)
    arguments, found = arguments_of(scene.command, work), []
    code, *_ = worker.run(arguments, point, scene.seconds)
    if code not in _ENDINGS[point.signal]:
        found.append(f"it ended with {code}")
    if point.signal == signal.SIGTERM and left(work):
        found.append(f"told to stop, it left {', '.join(left(work))}")
    again, *_ = worker.run(arguments)
    whole = tree(work)
    made_before = scene.command == "init" and again == 2
    if again not in (0, 4) and not made_before:
        found.append(f"the next run ended with {again}")
    if left(work):
        found.append(f"the next run left {', '.join(left(work))}")
    lost = sorted(set(scene.whole) - set(whole))
    more = sorted(set(whole) - set(scene.whole))
    other = sorted(name for name in set(whole) & set(scene.whole) if whole[name] != scene.whole[name])
    found += [
        f"{what}: {', '.join(names)}" for what, names in (("lost", lost), ("more", more), ("other", other)) if names
    ]
    return found


def points_of(scene: Scene, number: int, draw: random.Random) -> Iterator[Point]:
    """Choose points: the last changes, at which things move in, then some at random, by change and by time."""
    last = range(scene.changes - 1, max(scene.changes - 1 - number // 4, 0), -1)
    chosen = [Point(scene.command, signal.SIGKILL, change) for change in last]
    while len(chosen) < number:
        how = draw.choice((signal.SIGKILL, signal.SIGTERM))
        if draw.random() < 0.7:
            chosen.append(Point(scene.command, how, draw.randrange(scene.changes)))
        else:
            chosen.append(Point(scene.command, how, share=draw.random()))
    yield from chosen[:number]


@contextlib.contextmanager
def scenes(folder: Path, commands: Sequence[str]) -> Iterator[tuple[list[Scene], Worker]]:
    """Prepare the commands' places."""
    with publishing() as here:
        here.answers = SERVED
        worker = Worker(folder / "said")
        try:
            yield [prepare(command, folder, worker, here.address) for command in commands], worker
        finally:
            worker.end()


def main() -> int:
    """Kill at so many points, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=COMMANDS, action="append")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        serve()
        return 0
    draw, wrong, commands = random.Random(asked.seed), 0, asked.only or COMMANDS
    print(f"{'command':10}{'changes':>8}{'points':>8}{'SIGKILL':>9}{'SIGTERM':>9}{'right':>7}")
    with tempfile.TemporaryDirectory() as place, scenes(Path(place), commands) as (prepared, worker):
        for scene in prepared:
            chosen = list(points_of(scene, asked.points // len(commands), draw))
            told = {point: problems(scene, point, worker) for point in chosen}
            bad = {point: found for point, found in told.items() if found}
            by = [sum(point.signal == one for point in chosen) for one in (signal.SIGKILL, signal.SIGTERM)]
            right = sum(not told[point] for point in chosen)
            print(f"{scene.command:10}{scene.changes:8}{len(chosen):8}{by[0]:9}{by[1]:9}{right:7}", flush=True)
            for point, found in bad.items():
                print(f"  wrong: {point}: {'; '.join(found)}", flush=True)
            wrong += len(bad)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
