"""Repeats the 2016 study of deprivation and recovery in England's NHS talking therapies for any new period."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iapt_report.api import analyse, build, load
    from iapt_report.results import Results

__version__ = "0.1.0"
__all__ = ["Results", "__version__", "analyse", "build", "load"]

_HOMES = {"Results": "results", "analyse": "api", "build": "api", "load": "api"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the package itself is quick to import."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """Keeps `build` the function, where Python would put the module `iapt_report.build` in its place on import."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
