"""Cases of damaged input by kind and seed, and how each ends."""

from __future__ import annotations

import random
import tempfile
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fuzz.damage import Hand
from fuzz.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

Ending = Literal["fine", "refused", "foreign", "memory", "time"]
ENDINGS: tuple[Ending, ...] = ("fine", "refused", "foreign", "memory", "time")
# What a user can do nothing about.
FAULTS = frozenset({"foreign", "memory", "time"})
REPEAT = "PYTHONPATH=src:tests python -m fuzz --kind {kind} --seed {seed} --cases 1"


@dataclass(frozen=True)
class Outcome:
    """How a case ended.

    Parameters
    ----------
    kind : str
    seed : int
    ending : str
        ``refused`` is an error of the package's own, with words; ``foreign`` any other exception.
    said : str
        The message, or the traceback.
    """

    kind: str
    seed: int
    ending: Ending
    said: str = ""

    def __str__(self) -> str:
        repeat = REPEAT.format(kind=self.kind, seed=self.seed)
        return f"{self.kind} {self.seed}: {self.ending}\n{self.said}\nrepeat: {repeat}"


def cases(number: int, seed: int) -> Iterator[tuple[str, int]]:
    """Give so many cases, of all kinds in turn."""
    kinds = list(KINDS)
    for at in range(number):
        yield kinds[at % len(kinds)], seed + at // len(kinds)


def ended(kind: str, seed: int, *, still: bool = False) -> Outcome:
    """Make a case, read it, and say how that ended."""
    from iapt_report.system.errors import ReportError

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        hand = Hand(random.Random(f"{kind} {seed}"), still)
        read = KINDS[kind](Path(name).resolve(), hand)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read()
        except ReportError as error:
            return Outcome(kind, seed, "refused", str(error))
        except MemoryError:
            return Outcome(kind, seed, "memory", traceback.format_exc(limit=-6))
        except Exception:
            return Outcome(kind, seed, "foreign", traceback.format_exc(limit=-6))
    return Outcome(kind, seed, "fine")
