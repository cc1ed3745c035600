"""The house: every arrow points from a package to one that is above it in DESIGN's list, and none goes in a circle."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUSE = ROOT / "src" / "iapt_report"
# From the ground up: a package imports itself and those before it.
ROOMS = (
    *("system", "areas", "reference", "sources", "episodes", "stats", "analysis", "workspace", "words"),
    *("figures", "documents", "render", "site", "update", "api", "cli"),
)
STRANGERS = frozenset({("sources", "stats"), ("stats", "sources")})
# Beside the rooms: what names the package, and what starts it.
DOORS = frozenset({"__init__", "__main__"})


def imports(file: Path) -> Iterator[tuple[int, str, bool]]:
    """Give each module of the package that a file imports: the line, its name, and whether it runs when loaded."""
    tree = ast.parse(file.read_text("utf-8"))
    lazy = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    typed = {
        id(n)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for n in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == HOUSE.name:
            for alias in node.names:
                name = f"{node.module}.{alias.name}".removeprefix(f"{HOUSE.name}.")
                yield node.lineno, module_of(name), id(node) not in lazy | typed


def module_of(name: str) -> str:
    """Name the module that a dotted name leads to."""
    parts = name.split(".")
    here = HOUSE.joinpath(*parts)
    return name if here.is_dir() or here.with_suffix(".py").is_file() else ".".join(parts[:-1]) or "__init__"


def files() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def turned(file: Path, line: int, module: str) -> str | None:
    """Say what is wrong with an import; None where it points the right way."""
    here, there = file.relative_to(HOUSE).with_suffix("").parts[0], module.split(".", maxsplit=1)[0]
    if here in DOORS or there in DOORS:
        return None
    at = f"{file.relative_to(ROOT)}:{line}: {here} imports {module}"
    if here not in ROOMS or there not in ROOMS:
        return f"{at}, and {here if here not in ROOMS else there} is no room of the house"
    if (here, there) in STRANGERS:
        return f"{at}, and the two do not know each other"
    return f"{at}, which stands to its right" if ROOMS.index(there) > ROOMS.index(here) else None


def test_every_import_points_to_the_left() -> None:
    wrong = [said for file in files() for line, module, _ in imports(file) if (said := turned(file, line, module))]
    assert not wrong, "\n".join(wrong)


def test_no_two_modules_import_each_other() -> None:
    """Neither when they are loaded, nor later, in a function that dodges it, nor for their types."""
    graph = {
        ".".join(file.relative_to(HOUSE).with_suffix("").parts): {module for _, module, _ in imports(file)}
        for file in files()
        if file.stem not in DOORS
    }
    graph = {module: others - {module, *DOORS} for module, others in graph.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError("a circle: " + " → ".join(error.args[1])) from None


def test_ibis_and_spark_are_imported_by_episodes_alone() -> None:
    """Whoever does not sum patients does not wait for them."""
    for file in files():
        named = {
            (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not named & {"ibis", "pyspark"} or file.parent.name == "episodes", file


def test_every_room_says_what_it_is_for() -> None:
    for room in ROOMS:
        if (HOUSE / room).is_dir():
            said = ast.get_docstring(ast.parse((HOUSE / room / "__init__.py").read_text("utf-8"))) or ""
            assert said.endswith("."), room
            assert said.count("\n") == 0, f"{room}: one sentence"


@pytest.mark.parametrize(
    ("file", "module", "said"),
    [
        ("stats/funnel.py", "sources.extract", "do not know each other"),
        ("words/numbers.py", "documents.kinds", "to its right"),
        ("areas/period.py", "elsewhere.thing", "no room"),
    ],
)
def test_an_arrow_that_is_turned_is_told_with_its_file_and_line(file: str, module: str, said: str) -> None:
    found = turned(HOUSE / file, 7, module)
    assert found is not None
    assert said in found
    assert f"{file}:7" in found
