"""The page for contributors and the reference's list of names, held against the code that they speak of."""

from __future__ import annotations

import ast
import importlib
import re

import pytest
import yaml

from conftest import ROOT
from docs.examples import DOCS

PAGE = (DOCS / "contributing.qmd").read_text("utf-8")
HOUSE = ROOT / "src" / "iapt_report"
ROOMS = sorted(path.parent for path in HOUSE.glob("*/__init__.py"))
CHANGES = (
    "format", "statistic", "sentence", "document kind", "engine", "outcome", "deprivation measure", "reference table",
)  # fmt: skip


def test_every_room_is_listed_with_the_sentence_that_it_says_of_itself() -> None:
    listed = dict(re.findall(r"^\| `(\w+)/` \| (.+) \|$", PAGE, re.MULTILINE))
    for room in ROOMS:
        said = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
        assert listed[room.name] == said, room.name


@pytest.mark.parametrize("change", CHANGES)
def test_a_common_change_has_its_files_in_order(change: str) -> None:
    sections = re.split(r"^#+ ", PAGE, flags=re.MULTILINE)
    (section,) = (text for text in sections if re.match(rf"… an? {change}\b", text))
    steps = re.findall(r"^(\d+)\. (.+)", section, re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert len(steps) >= 3
    assert all("`" in words for _, words in steps), "each step names a file or a folder"
    assert "tests/" in section


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|toml|json|R|qmd|md))`", PAGE))
    assert len(named) > 30
    for name in sorted(named):
        assert name == "__init__.py" or (HOUSE / name).is_file() or (ROOT / name).is_file(), name


def test_every_name_of_the_reference_of_python_can_be_imported() -> None:
    made = yaml.safe_load((DOCS / "_quarto.yml").read_text("utf-8"))["quartodoc"]
    for section in made["sections"]:
        package = section.get("package", made["package"])
        for content in section["contents"]:
            dotted = f"{package}.{content['name'] if isinstance(content, dict) else content}"
            module, name = dotted.rsplit(".", 1)
            found = getattr(importlib.import_module(module), name)
            for member in content.get("members", []) if isinstance(content, dict) else []:
                assert hasattr(found, member), (dotted, member)
