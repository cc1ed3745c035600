"""Which pandoc is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pypandoc

from iapt_report.system.converter import pandoc_program, pandoc_version

ASKED = "from iapt_report.system.converter import pandoc_program; print(pandoc_program())"


def another(folder: Path) -> Path:
    """Write a pandoc that says it is newer than any."""
    program = folder / "pandoc"
    program.write_text(f"#!{sys.executable}\nprint('pandoc 99.9')\n", "utf-8")
    program.chmod(0o755)
    return program


def asked(**environment: str) -> str:
    """Ask in an interpreter of its own, because it is found once."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return done.stdout.strip()


def test_a_newer_pandoc_of_the_machine_does_not_change_a_report(tmp_path: Path) -> None:
    newer = another(tmp_path)
    found = asked(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}", PYPANDOC_PANDOC="")
    assert found != str(newer)
    assert Path(found).is_relative_to(Path(pypandoc.__file__).parent)


def test_another_pandoc_is_called_where_the_environment_names_it(tmp_path: Path) -> None:
    named = another(tmp_path)
    assert asked(PYPANDOC_PANDOC=str(named)) == str(named)


def test_the_version_is_the_programs_own() -> None:
    said = subprocess.run([pandoc_program(), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"pandoc {pandoc_version()}\n")
