"""The page of promises: each test that it names is there, and each promise names one."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import yaml

from conftest import ROOT
from docs.examples import DOCS

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (DOCS / "reference" / "promises.qmd").read_text("utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_holds_a_promise_is_there() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) > 40
    lacking = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or name not in names_in(ROOT / file)
    ]  # fmt: skip
    assert not lacking, "\n".join(lacking)


def test_every_promise_names_a_test_that_holds_it() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) > 30
    assert all(_NAMED.search(row) for row in rows), [row for row in rows if not _NAMED.search(row)]


def test_the_page_is_found_from_the_site_and_the_policy() -> None:
    contents = yaml.safe_load((DOCS / "_quarto.yml").read_text("utf-8"))["website"]["sidebar"]["contents"]
    assert "reference/promises.qmd" in str(contents)
    assert "(promises.qmd)" in (DOCS / "reference" / "index.qmd").read_text("utf-8")
    assert "docs/reference/promises.qmd" in (ROOT / "SECURITY.md").read_text("utf-8")
