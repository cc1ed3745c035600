"""Processes that run cases within limits of memory and time, each started anew where it ends."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.fuzzing import Outcome, ended
from fuzz.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

GIGABYTE = 1 << 30
SECONDS = 60
_STARTING = 300


def work(pipe: Connection) -> None:
    """Run cases as they come, within the limits."""
    # What is written by libraries would lie between the lines of the table.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    for kind in KINDS:
        ended(kind, 0, still=True)
    _limit(GIGABYTE)
    pipe.send(None)
    while (case := pipe.recv()) is not None:
        pipe.send(ended(*case))


def _limit(more: int) -> None:
    """Allow so much memory beyond what is taken now; on systems that have no such limit, as much as there is."""
    try:
        import resource

        taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError):
        return
    resource.setrlimit(resource.RLIMIT_AS, (taken + more, taken + more))


class Worker:
    """A process that is started anew where it ends."""

    def __init__(self) -> None:
        self.process: SpawnProcess | None = None
        self.pipe: Connection
        # How many the process has had.
        self.cases = 0

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        context = multiprocessing.get_context("spawn")
        self.cases = 0
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=work, args=(other,), daemon=True)
        self.process.start()
        other.close()
        if not self.pipe.poll(_STARTING):
            raise SystemExit("a process of the fuzzer does not start")
        self.pipe.recv()

    def run(self, kind: str, seed: int) -> Outcome:
        """Run one case; where memory ends that earlier cases may have left taken, once more in a process of its own."""
        outcome = self._once(kind, seed)
        if outcome.ending == "memory" and self.cases > 1:
            self.end()
            outcome = self._once(kind, seed)
        return outcome

    def _once(self, kind: str, seed: int) -> Outcome:
        if self.process is None:
            self.start()
        self.cases += 1
        assert self.process is not None
        self.pipe.send((kind, seed))
        if not self.pipe.poll(SECONDS):
            self.end()
            return Outcome(kind, seed, "time", f"more than {SECONDS} s")
        try:
            outcome = self.pipe.recv()
        except EOFError:
            self.process.join()
            code = self.process.exitcode
            self.end()
            return Outcome(kind, seed, "memory", f"the process ended ({code})")
        assert isinstance(outcome, Outcome)
        return outcome

    def end(self) -> None:
        """End it, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None


def run_all(todo: Iterator[tuple[str, int]], workers: int) -> list[Outcome]:
    """Run all cases on so many processes."""
    outcomes: list[Outcome] = []
    lock = threading.Lock()

    def drive() -> None:
        worker = Worker()
        while True:
            with lock:
                case = next(todo, None)
            if case is None:
                break
            outcome = worker.run(*case)
            with lock:
                outcomes.append(outcome)
                if len(outcomes) % 500 == 0:
                    print(f"{len(outcomes)} cases", file=sys.stderr, flush=True)
        worker.end()

    threads = [threading.Thread(target=drive) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
