"""Writes the pages that are made from the program itself: its commands, its results' fields, its Python names.

`make docs` runs it before Quarto; run by hand: ``python docs/generate.py``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
GENERATED = ("reference/command-line.qmd", "reference/results.qmd")


def main() -> int:
    """Write every generated page."""
    for name, text in zip(GENERATED, (command_line(), results_fields()), strict=True):
        (DOCS / name).write_text(text, "utf-8")
    write_api()
    # The picture of the tutorial, which a website can show from within its folder alone.
    (DOCS / "pictures").mkdir(exist_ok=True)
    shutil.copyfile(DOCS.parent / "pictures" / "reference.png", DOCS / "pictures" / "reference.png")
    return 0


def command_line() -> str:
    """Return the page of all commands, as the program itself describes them."""
    import typer
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from iapt_report.cli.app import app

    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command, info_name="iapt-report"), name="iapt-report")
    # The list that Typer cuts short; the page's own table of contents has the commands.
    text = re.sub(r"\*\*Commands\*\*:\n\n(\* .*\n)+\n*", "", text)
    text = re.sub(r"\A# .*\n", "", text).replace("```console", "```{.text}")
    return f"---\ntitle: Command line\n---\n\n{text.strip()}\n"


def results_fields() -> str:
    """Return the page of the fields of results.json, from its published schema."""
    from iapt_report.analysis.results import json_schema

    schema = json_schema()
    kinds = {"Results": schema, **schema["$defs"]}
    head = (
        "---\ntitle: results.json\ntoc-depth: 2\n---\n\n"
        "Every number that a document prints is here, in full precision. Rates and shares are proportions from 0 to 1. "
        "What cannot be computed is `null`. `iapt-report schema` prints this as a JSON Schema; every file carries "
        "its `schema_version`.\n"
    )
    return "\n".join([head, *(_kind(name, kind) for name, kind in kinds.items())])


def _kind(name: str, kind: dict[str, Any]) -> str:
    """Describe one object of the schema: what its docstring says, and its fields with their types."""
    words, said = _docstring(kind.get("description", ""))
    rows, above = [], ""
    for field, value in kind.get("properties", {}).items():
        own = said.get(field, "")
        rows.append(f"| `{field}` | {_type(value)} | {'as above' if own and own == above else own} |")
        above = own
    table = "\n".join(["| field | type | |", "|:--|:--|:------|", *rows])
    return f"## {name} {{#{name.lower()}}}\n\n{words}\n\n{table}\n"


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """Part a docstring into its words and what it says of each field."""
    from griffe import Docstring, DocstringSectionKind

    words, said = [], {}
    for section in Docstring(text).parse("numpy", warnings=False):
        if section.kind is DocstringSectionKind.text:
            words.append(section.value)
        elif section.kind is DocstringSectionKind.parameters:
            for parameter in section.value:
                said[parameter.name] = _line(parameter.description)
    return _line("\n\n".join(words)), said


def _line(text: str) -> str:
    """Put a description on one line, as a cell of a table needs it."""
    return re.sub(r"`{1,2}([^`]+)`{1,2}", r"`\1`", " ".join(text.split())).replace("|", r"\|")


def _type(value: dict[str, Any]) -> str:
    """Name a field's type in words, with a link where it is an object described on the page."""
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(_type(option) for option in value["anyOf"])
    if "enum" in value or "const" in value:
        return ", ".join(f"`{option}`" for option in value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        inner = value.get("items") or {}
        return f"list of {_type(inner)}" if inner else "list"
    if value.get("type") == "object":
        inner = value.get("additionalProperties") or {}
        return f"object of {_type(inner)}" if isinstance(inner, dict) and inner else "object"
    names = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true or false"}
    return names.get(value.get("type", ""), value.get("type", ""))


def write_api() -> None:
    """Write the pages of the Python names."""
    from quartodoc import Builder

    # Pydantic makes the signatures that a reader of the source alone does not see.
    logging.getLogger("griffe").setLevel(logging.ERROR)
    shutil.rmtree(DOCS / "reference" / "api", ignore_errors=True)
    with contextlib.chdir(DOCS), open(os.devnull, "w") as silence, contextlib.redirect_stdout(silence):  # noqa: PTH123
        Builder.from_quarto_config("_quarto.yml").build()
    # Signatures name the module, which the page's heading has said.
    modules = "|".join(map(re.escape, ("api", "analysis.results", "areas.table", "analysis.settings", "system.errors")))
    for page in (DOCS / "reference" / "api").glob("*.qmd"):
        text = re.sub(rf"^(?:{modules})\.(?=\w+[(.])", "", page.read_text("utf-8"), flags=re.MULTILINE)
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
