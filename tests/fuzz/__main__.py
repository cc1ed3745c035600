"""Damaged input of every kind, by the thousand: ``PYTHONPATH=src:tests python -m fuzz --cases 10000 --seed 1``.

Each case runs in a process that may take 1 GB beyond what it has at its start, and 60 s; it is started anew where it
ends. A table says how many cases of each kind ended how. The exit code is 1 where one ended in anything but a result or
a message of the package's own.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter

from fuzz.fuzzing import ENDINGS, FAULTS, Outcome, cases, ended
from fuzz.kinds import KINDS
from fuzz.workers import run_all

_SHOWN = 40


def main() -> int:
    """Run the cases, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10_000, help="how many; of all kinds in turn")
    parser.add_argument("--seed", type=int, default=1, help="where the seeds begin")
    parser.add_argument("--kind", choices=sorted(KINDS), help="this kind alone")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many processes")
    asked = parser.parse_args()
    if asked.kind and asked.cases == 1:
        outcome = ended(asked.kind, asked.seed)
        print(outcome)
        return int(outcome.ending in FAULTS)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"):
        os.environ[name] = "1"
    todo = (
        ((asked.kind, asked.seed + at) for at in range(asked.cases)) if asked.kind else cases(asked.cases, asked.seed)
    )
    began = time.monotonic()
    outcomes = run_all(todo, asked.workers)
    print(table(outcomes))
    faults = [outcome for outcome in outcomes if outcome.ending in FAULTS]
    seen: Counter[str] = Counter()
    for outcome in faults:
        kind_of_fault = re.sub(r"\d+|'[^']*'", "", outcome.said.strip().rpartition("\n")[2])[:120] + outcome.kind
        seen[kind_of_fault] += 1
        if seen[kind_of_fault] == 1 and len(seen) <= _SHOWN:
            print(f"\n{outcome}")
    print(f"\n{len(outcomes)} cases from seed {asked.seed}, {len(faults)} faults, {time.monotonic() - began:.0f} s")
    return int(bool(faults))


def table(outcomes: list[Outcome]) -> str:
    """Write how many of each kind ended how."""
    counted = Counter((outcome.kind, outcome.ending) for outcome in outcomes)
    lines = [f"{'kind of input':<18}" + "".join(f"{ending:>9}" for ending in ENDINGS)]
    for kind in [*sorted({outcome.kind for outcome in outcomes}), "all"]:
        own = [sum(n for (k, e), n in counted.items() if e == ending and kind in (k, "all")) for ending in ENDINGS]
        lines.append(f"{kind:<18}" + "".join(f"{n:>9}" for n in own))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
