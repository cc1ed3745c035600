"""What it means to be below a benchmark, said from the same pieces wherever areas are placed below one."""

from __future__ import annotations

_REASON, _VERDICT = "is a reason to look further", "not a verdict"


def no_verdict(which: str = " a benchmark") -> str:
    """Say what it means to be below; ``which`` benchmark begins with a space, or is empty where it was just named."""
    return f"To be below{which} {_REASON} and {_VERDICT} on a service."


def no_verdict_in_short() -> str:
    """Say it in two short sentences, for the brief."""
    return f"To be below a benchmark {_REASON}. It is {_VERDICT} on a service."


def no_verdict_of_one_area() -> str:
    """Say it in few words, for the page of one area."""
    return f"To be below a benchmark {_REASON}, {_VERDICT}."
