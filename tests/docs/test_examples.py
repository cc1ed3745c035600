"""The documentation's examples, run as its reader would run them, and its links, followed."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from conftest import ROOT, SHARED
from docs.examples import DOCS, Reader, agrees, blocks, commands, pages
from iapt_report.analysis.settings import Settings
from iapt_report.cli.app import app
from iapt_report.workspace.notify import Mail, Notify, Webhook
from iapt_report.workspace.paper import Author, Paper
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from docs.examples import Block

# What is only checked to be a call: it needs the web, files that are nobody's, or more time than a test may take.
ELSEWHERE = {"needs-data", "needs-network", "needs-files", "takes-long"}
EVERY = {str(page.relative_to(DOCS)): page for page in pages()}
BLOCKS = {name: blocks(page) for name, page in EVERY.items()}
README = ROOT / "README.md"


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def r_lacks() -> str:
    if shutil.which("Rscript") is None:
        return "R is not installed"
    asked = ["Rscript", "-e", 'quit(status = !requireNamespace("jsonlite", quietly = TRUE))']
    return "R lacks the package jsonlite" if subprocess.run(asked, capture_output=True, check=False).returncode else ""


def runs_here(block: Block) -> bool:
    return not ELSEWHERE & set(block.classes) or ("needs-data" in block.classes and SHARED.is_dir())


@pytest.mark.parametrize("name", [name for name, found in BLOCKS.items() if any(map(runs_here, found))])
def test_what_a_page_shows_is_what_its_reader_gets(name: str, tmp_path: Path) -> None:
    found = [block for block in BLOCKS[name] if runs_here(block)]
    if any("r" in block.classes for block in found) and r_lacks():
        pytest.skip(r_lacks())
    place, scratch = tmp_path / "place", tmp_path / "scratch"
    scratch.mkdir()
    if any("iapt-report init" in block.text for block in found):
        place.mkdir()
    else:
        create_workspace(place)
    if any("needs-data" in block.classes for block in found):
        for folder in ("annual", "monthly", "imd", "lookups"):
            for path in (SHARED / folder).iterdir():
                (place / path.name).symlink_to(path)
    # The tutorial is followed with the installed command; elsewhere that would be half of the time.
    Reader(place, scratch, installed=name == "tutorial.qmd").follow(found)


def calls() -> list[tuple[str, str]]:
    """Every call of the program on a page or in the README, with its place."""
    found = [
        (block.where, command.call)
        for of_page in BLOCKS.values()
        for block in of_page
        if "console" in block.classes
        for command in commands(block)
    ]
    for block in blocks(README):
        if "console" in block.classes:
            joined = re.sub(r"\\\n\s*", " ", block.text)
            found += [(block.where, line) for line in joined.splitlines()]
    return [(where, call) for where, call in found if call.startswith("iapt-report")]


@pytest.mark.parametrize(("where", "call"), calls())
def test_a_call_that_is_shown_is_one_that_the_program_takes(where: str, call: str) -> None:
    group: Any = get_command(app)
    words = shlex.split(call.replace("…", "a.csv"), comments=True)[1:]
    context = group.make_context("iapt-report", words)
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
    command.make_context(name, rest, parent=context)


def test_an_output_is_compared_but_for_what_is_left_out() -> None:
    assert agrees("a … c\n…\nlast\n", "a b c\nx\ny\nlast\n")
    assert agrees("…\n", "\n")
    assert not agrees("a … c\n", "a b d\n")
    assert not agrees("first\n", "first\nsecond\n")


def test_every_setting_and_field_of_the_configuration_is_explained() -> None:
    text = EVERY["reference/settings.qmd"].read_text("utf-8")
    for model in (Settings, Paper, Author, Notify, Mail, Webhook):
        for field in model.model_fields:
            assert field == "authors" or f"`{field}`" in text, field
    for name, value in Settings():
        if value is not None:
            shown = f'"{value}"' if isinstance(value, str) else str(list(value) if isinstance(value, tuple) else value)
            assert re.search(rf"^\| `{name}` \| `{re.escape(shown)}` \|", text, re.MULTILINE), name


def test_the_page_of_commands_has_each_with_its_options() -> None:
    group: Any = get_command(app)
    text = generator().command_line()
    for name, command in group.commands.items():
        section = text.split(f"## `iapt-report {name}`\n")[1].split("\n## ")[0]
        for parameter in command.params:
            for option in parameter.opts:
                assert option in section or parameter.param_type_name == "argument", (name, option)


def test_the_page_of_results_has_every_field_of_the_schema() -> None:
    from iapt_report.analysis.results import json_schema

    text = generator().results_fields()
    schema = json_schema()
    for name, kind in {"Results": schema, **schema["$defs"]}.items():
        section = text.split(f"## {name} {{#")[1].split("\n## ")[0]
        for field in kind.get("properties", {}):
            assert f"| `{field}` |" in section, (name, field)
    linked = set(re.findall(r"\]\(#([a-z0-9]+)\)", text))
    assert linked <= set(re.findall(r"\{#([a-z0-9]+)\}", text))


def headings(text: str) -> set[str]:
    """The anchors that Quarto gives a page's headings: those written, else made from the words."""
    without = re.sub(r"^(`{3,}).*?^\1 *$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = set()
    for words in re.findall(r"^#{1,6} +(.+)$", without, re.MULTILINE):
        written = re.search(r"\{[^}]*#([\w.-]+)[^}]*\}\s*$", words)
        plain = re.sub(r"[^\w\s.-]", "", words).strip().lower()
        found.add(written[1] if written else re.sub(r"\s+", "-", plain))
    return found


@pytest.mark.parametrize("name", [*EVERY, "README.md"])
def test_no_link_leads_nowhere(name: str) -> None:
    page = EVERY.get(name, README)
    made = {
        DOCS / "reference" / "command-line.qmd": lambda: generator().command_line(),
        DOCS / "reference" / "results.qmd": lambda: generator().results_fields(),
    }
    text = re.sub(r"^(`{3,}).*?^\1 *$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if there in made:
            assert not anchor or anchor in headings(made[there]()), target
        elif there == DOCS / "reference" / "api" / "index.qmd":
            assert not anchor, "what quartodoc makes is linked as a whole"
        elif there.parent == DOCS / "pictures":
            assert (ROOT / "pictures" / there.name).is_file(), target
        else:
            assert there.exists(), target
            assert not anchor or anchor in headings(there.read_text("utf-8")), target


def test_every_page_can_be_reached_from_the_side() -> None:
    listed = (DOCS / "_quarto.yml").read_text("utf-8")
    assert [name for name in EVERY if name not in listed] == []


def test_every_source_that_is_cited_is_listed_and_every_listed_one_is_cited() -> None:
    keys = re.compile(r"^@\w+\{([\w-]+),", re.MULTILINE)
    own = keys.findall((DOCS / "references.bib").read_text("utf-8"))
    papers = keys.findall((ROOT / "report" / "references.bib").read_text("utf-8"))
    assert not set(own) & set(papers), "a source has one entry"
    text = "\n".join(page.read_text("utf-8") for page in EVERY.values())
    without = re.sub(r"^(`{3,}).*?^\1 *$", "", text, flags=re.MULTILINE | re.DOTALL)
    without = re.sub(r"`[^`\n]*`", "", without)
    cited = set(re.findall(r"(?<![\w.])@([a-z]+\d{4}\w?)", without))
    assert cited <= {*own, *papers}
    assert set(own) <= cited
