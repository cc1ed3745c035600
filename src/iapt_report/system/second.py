"""A second process of this program, for work that would keep the first one waiting while another processor is idle."""

from __future__ import annotations

import importlib
import os
import pickle
import sys
import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from iapt_report.system import environment, garbage, programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Asked(Generic[T]):
    """Work that was given to the second process, or that is done here when its result is wanted."""

    _here: Callable[[], T]
    _there: Future[T] | None = None

    def result(self) -> T:
        """Wait for what the work gives.

        Raises
        ------
        Exception
            What the work raises: what failed in the second process is done again here, so that it fails as it would
            have without one.
        """
        from concurrent.futures import CancelledError

        if self._there is not None:
            with suppress(_FailedError, CancelledError):
                return self._there.result()
            programs.refuse_after_end()
        return self._here()

    def soonest(self) -> T:
        """Do the work here where the second process has not begun with it; else wait for what it gives.

        Raises
        ------
        Exception
            As of `result`.
        """
        if self._there is not None and self._there.cancel():
            programs.refuse_after_end()
            return self._here()
        return self.result()


class Second:
    """The process: started when it is first thought of, ended with the block that it is at hand in.

    It ends by itself where the first process is killed: what it reads from ends.
    """

    def __init__(self) -> None:
        self._process: programs.Running | None = None
        self._line: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    def start(self, modules: Sequence[str] = ()) -> ThreadPoolExecutor:
        """Start it, so that it has imported what it needs by the time it is asked."""
        import subprocess
        from concurrent.futures import ThreadPoolExecutor

        with self._starting:
            if self._line is None:
                code = (
                    f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({tuple(modules)!r})"
                )
                # Where no process can be had, all is done in the first.
                with suppress(OSError):
                    self._process = programs.Running(
                        [sys.executable, "-c", code],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        env=environment.of_child(),
                    )
                self._line = ThreadPoolExecutor(1)
            return self._line

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Give it work, in order; a function of a module, with arguments that can be pickled."""
        return self.start().submit(self._exchange, function)

    def _exchange(self, function: Callable[[], T]) -> T:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _FailedError
        try:
            pickle.dump(function, process.stdin)
            process.stdin.flush()
            done, result = pickle.load(process.stdout)  # noqa: S301 - what our own process says
        except (OSError, EOFError, pickle.PickleError, ValueError) as error:
            raise _FailedError from error
        if not done:
            raise _FailedError
        found: T = result
        return found

    def end(self) -> None:
        """End it, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with suppress(OSError):  # the other end is gone
                        stream.close()
        if self._line is not None:
            self._line.shutdown(wait=True, cancel_futures=True)


class _FailedError(Exception):
    """The second process could not do it, or is not there any more."""


@dataclass(frozen=True)
class _Call(Generic[T]):
    """A call that can be pickled."""

    function: Callable[..., T]
    arguments: tuple[Any, ...]

    def __call__(self) -> T:
        return self.function(*self.arguments)


_AT_HAND: ContextVar[Second | None] = ContextVar("second", default=None)


@contextmanager
def at_hand() -> Iterator[None]:
    """Let work be given to a second process in a block; see `ask`.

    For programs that own their process, as the command line does: without it, all is done here.
    """
    second = Second()
    token = _AT_HAND.set(second)
    try:
        yield
    finally:
        _AT_HAND.reset(token)
        second.end()


def expect(modules: Sequence[str]) -> None:
    """Start the second process, if one is at hand, since it will be asked soon; it imports some modules meanwhile."""
    second = _AT_HAND.get()
    if second is not None:
        second.start(modules)


def ask(function: Callable[..., T], *arguments: Any) -> Asked[T]:
    """Give work to the second process if one is at hand; else it is done when its result is wanted.

    Parameters
    ----------
    function : callable
        Of a module, pure: its result rests on its arguments and on files alone.
    *arguments
        What it is called with, in that process as copies.
    """
    call = _Call(function, arguments)
    second = _AT_HAND.get()
    return Asked(call, None if second is None else second.submit(call))


def serve(modules: Sequence[str]) -> None:
    """Be the second process: import modules, then do what is asked until the first process ends."""
    garbage.search_seldom()
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever prints does not print into an answer.
    os.dup2(2, 1)
    for module in modules:
        importlib.import_module(module)
    while True:
        try:
            function = pickle.load(sys.stdin.buffer)  # noqa: S301 - what our own process says
        except EOFError:
            return
        try:
            answer = pickle.dumps((True, function()))
        except Exception:
            answer = pickle.dumps((False, None))
        try:
            answers.write(answer)
            answers.flush()
        except OSError:
            return
