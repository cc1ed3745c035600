"""A workspace and files that came from somebody else: what may run of them, and what never does."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
import xlsxwriter

import published
from calling import call, installed
from conftest import REFERENCE
from iapt_report.documents.templates import filler
from iapt_report.render.jobs import Job
from iapt_report.render.typeset import render
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from iapt_report.workspace.place import Workspace


@pytest.fixture
def marks(workspace: Workspace, tmp_path: Path) -> Path:
    """A folder that stays empty if nothing that the workspace holds is run."""
    folder = tmp_path / "marks"
    folder.mkdir()
    code = f"import pathlib; pathlib.Path({str(folder)!r}, __file__.rpartition('/')[2]).touch()\n"
    # What Python would find before its own, where it looks in the folder that it is called in.
    for name in ("prerender", "postrender", "typst", "pypandoc", "sitecustomize", "conftest", "setup"):
        (workspace.root / f"{name}.py").write_text(code, "utf-8")
    lua = f'io.open("{folder}/lua", "w"):close()\n'
    for path in workspace.extension.glob("*.lua"):
        path.write_text(lua, "utf-8")
    for path in workspace.templates.rglob("*.jinja"):
        path.write_text("<< ''.__class__.__mro__[1].__subclasses__() >>", "utf-8")
    program = workspace.root / "program"
    program.write_text(f'#!/bin/sh\ntouch "{folder}/$(basename "$0")"\n', "utf-8")
    program.chmod(0o755)
    for name in ("git", "quarto", "pandoc", "sendmail"):
        (workspace.root / name).write_bytes(program.read_bytes())
        (workspace.root / name).chmod(0o755)
    settings = workspace.root / "iapt-report.toml"
    settings.write_text(settings.read_text("utf-8") + f'\n[notify]\ncommand = ["{program}"]\n', "utf-8")
    (workspace.root / "_quarto.yml").write_text("project:\n  pre-render: prerender.py\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        *(["list"], ["results", REFERENCE], ["results", REFERENCE, "--json"], ["claims", REFERENCE], ["trend"]),
        *(["simulate", REFERENCE, "--n", "20"], ["schema"], ["check"], ["import"]),
    ],
)
def test_commands_that_read_run_nothing_of_a_workspace(workspace: Workspace, marks: Path, command: list[str]) -> None:
    areas = workspace.data / REFERENCE / "areas.csv"
    files: dict[str, tuple[object, ...]] = {"check": (areas,), "import": (areas, "--period", "2014-15-Q3")}
    done = call(*command, *files.get(command[0], ()), cwd=workspace.root)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout or done.stderr
    assert list(marks.iterdir()) == []


def test_the_program_as_installed_looks_for_no_module_in_the_folder_that_it_is_called_in(
    workspace: Workspace, marks: Path
) -> None:
    done = installed("brief", REFERENCE, "--area", "SYN001", "--format", "html", cwd=workspace.root, PYTHONSAFEPATH="1")
    assert done.returncode == 1
    assert "access to attribute '__class__' of 'str' object is unsafe" in done.stderr
    assert list(marks.iterdir()) == []


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<< ''.__class__.__base__.__subclasses__() >>", "unsafe"),
        ("<< level.__globals__ >>", "unsafe"),
        ("<< level.__wrapped__.__globals__['__builtins__'] >>", "unsafe|no attribute"),
        ("<< self.__init__.__globals__ >>", "unsafe"),
        ("<< cycler.__init__.__globals__.os.system('true') >>", "unsafe"),
        ("<< '{0.__class__}'.format(level) >>", "unsafe"),
        ("<< ('%s' | format(level)).__class__ >>", "unsafe"),
        ("<% for i in range(10 ** 9) %><% endfor %>", "[Rr]ange too big"),
        ("<% include '/etc/passwd' %>", "no template"),
        ("<% include '../iapt-report.toml' %>", "no template"),
    ],
)
def test_a_template_runs_no_code_and_reads_no_file_beside_templates(
    workspace: Workspace, template: str, words: str
) -> None:
    path = workspace.templates / "wrong.jinja"
    path.write_text(f"one\n{template}\n", "utf-8")
    with pytest.raises(DataError) as caught:
        filler(path)()
    assert re.search(words, str(caught.value)), caught.value
    assert caught.value.file == str(path)


@pytest.mark.parametrize(
    "body",
    [
        '```{=typst}\n#read("../../iapt-report.toml")\n```\n',
        '```{=typst}\n#read("/../../iapt-report.toml")\n```\n',
        "![x](../../secret.svg){#fig-x}\n",
        "![x](/etc/hostname.svg){#fig-x}\n",
    ],
)
def test_a_document_that_is_printed_reads_nothing_beyond_its_folder(workspace: Workspace, body: str) -> None:
    folder = workspace.reports / REFERENCE
    folder.mkdir()
    (workspace.root / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    (folder / "paper.qmd").write_text(f"---\ntitle: A title\nlang: en-GB\n---\n\n{body}", "utf-8")
    with pytest.raises(DataError, match="typst cannot set the document"):
        render(Job(folder / "paper.qmd", ("pdf",)), workspace, "embedded")


def test_a_workbook_has_no_file_read_into_its_cells(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret of this machine", "utf-8")
    sound, hostile = tmp_path / "sound.xlsx", tmp_path / "hostile.xlsx"
    with xlsxwriter.Workbook(sound) as book:
        sheet = book.add_worksheet()
        rows: list[list[object]] = [[*published.ANNUAL_OLD], *published.annual_rows()]
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, ["ENTITY" if cell == "NHS Area 0" else cell for cell in row])
    entity = f'<!DOCTYPE sst [<!ENTITY x SYSTEM "{secret.as_uri()}">]><sst '
    with zipfile.ZipFile(sound) as read, zipfile.ZipFile(hostile, "w") as written:
        for name in read.namelist():
            content = read.read(name)
            if name == "xl/sharedStrings.xml":
                content = content.replace(b"<sst ", entity.encode(), 1).replace(b"ENTITY<", b"&x;<")
                assert b"&x;" in content
            written.writestr(name, content)
    done = call("check", hostile, cwd=tmp_path)
    assert "a secret" not in done.stdout + done.stderr
    assert done.stdout or done.stderr
