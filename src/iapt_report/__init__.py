"""Repeats the 2016 study of deprivation and recovery in England's NHS talking therapies for any new period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iapt_report.analysis.results import Results
    from iapt_report.api import analyse, build, load

__version__ = "0.1.0"
__all__ = ["Results", "__version__", "analyse", "build", "load"]

_HOMES = {"Results": "analysis.results", "analyse": "api", "build": "api", "load": "api"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the package itself is quick to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
