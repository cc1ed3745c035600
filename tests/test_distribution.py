"""What the project is handed out as: its citation, archive, container, conda recipe, Quarto template, and its CI."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from conftest import ROOT
from iapt_report import __version__
from iapt_report.workspace.scaffold import create_workspace

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# How conda-forge names what PyPI names otherwise.
ON_CONDA_FORGE = {
    "duckdb": "python-duckdb",
    "ibis-framework[duckdb]": "ibis-duckdb",
    "matplotlib": "matplotlib-base",
    "pypandoc-binary": "pypandoc",
    "typst": "typst-py",
}
# What Quarto leaves out of a template by itself, at the root of it; its source: src/extension/template.ts.
QUARTO_LEAVES = (".*", "COPYING.md", "COPYRIGHT", "README.md", "CHANGELOG.md", "LICENSE", "_extensions")


def text_of(name: str) -> str:
    path = ROOT / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: this is not a checkout of the repository")
    return path.read_text("utf-8")


def yaml_of(name: str) -> Any:
    return yaml.safe_load(text_of(name))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def tracked() -> list[str]:
    """List the files of the repository."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("this is not a checkout of the repository")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_citation_has_the_version_licence_authors_and_words_of_the_package() -> None:
    citation = yaml_of("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == PROJECT["name"]
    assert citation["version"] == __version__
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    assert citation["keywords"] == PROJECT["keywords"]
    assert citation["abstract"].removesuffix(".") == PROJECT["description"]
    assert citation["message"]


def test_the_citation_names_the_study_as_the_papers_do_and_no_doi_of_its_own_that_there_is_not() -> None:
    citation = yaml_of("CITATION.cff")
    (study,) = citation["references"]
    entry = re.search(r"@article\{delgadillo2016,(.*?)\n\}", text_of("report/references.bib"), re.DOTALL)
    assert entry
    fields = dict(re.findall(r"(\w+)\s*=\s*\{(.*)\}", entry[1]))
    assert (study["title"], study["doi"], study["journal"]) == (fields["title"], fields["doi"], fields["journal"])
    assert " and ".join(f"{one['family-names']}, {one['given-names']}" for one in study["authors"]) == fields["author"]
    assert not {"doi", "identifiers", "url"} & set(citation)


def test_an_archive_of_the_repository_holds_all_that_a_wheel_is_made_of_and_not_the_projects_own_checks(
    tmp_path: Path,
) -> None:
    tracked()
    with (tmp_path / "archive.tar").open("wb") as file:
        # The attributes as they are here, which a commit does not have yet.
        arguments = ["git", "archive", "--worktree-attributes", "HEAD"]
        assert subprocess.run(arguments, cwd=ROOT, stdout=file, check=False).returncode == 0
    with tarfile.open(tmp_path / "archive.tar") as archive:
        names = set(archive.getnames())
    wheel = tomllib.loads(text_of("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["force-include"], "src/iapt_report/__main__.py", "tests/conftest.py", "LICENSE"} <= names
    assert not [name for name in names if name.split("/")[0] in {".ci", ".gitattributes"} or name.endswith("ci.yml")]


def test_the_container_needs_python_and_make_alone_and_makes_the_report() -> None:
    lines = text_of("Dockerfile")
    (packages,) = re.findall(r"apt-get install --yes --no-install-recommends (.*?) \\\n", lines)
    assert packages.split() == ["ca-certificates", "make", "python3", "python3-venv"]
    assert lines.rstrip().splitlines()[-1] == 'CMD ["make", "report"]'
    assert ".git" in text_of(".dockerignore").splitlines()
    assert "**/cells.parquet" in text_of(".dockerignore").splitlines(), "counts of few patients stay out of an image"
    container = json.loads(text_of(".devcontainer/devcontainer.json"))
    build = container["build"]
    assert (ROOT / ".devcontainer" / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert f"AS {build['target']}\n" in lines
    assert container["postCreateCommand"] == "make report"
    assert f"useradd --create-home {container['remoteUser']}\n" in lines


def test_the_conda_recipe_asks_for_what_the_package_asks_for() -> None:
    recipe = yaml_of("recipe/recipe.yaml")
    expected = {"python >=${{ python_min }}"}
    for requirement in PROJECT["dependencies"]:
        found = re.fullmatch(r"([\w-]+(?:\[\w+\])?)(.*)", requirement)
        assert found
        expected.add(f"{ON_CONDA_FORGE.get(found[1], found[1])} {found[2]}")
    asked = set(recipe["requirements"]["run"])
    assert {one for one in asked if not one.startswith("pandoc ")} == expected
    assert asked - expected, "pypandoc-binary brings its pandoc, and pypandoc does not"
    assert recipe["context"]["version"] == __version__
    assert PROJECT["requires-python"] == f">={recipe['context']['python_min']}"
    (name, entry) = next(iter(PROJECT["scripts"].items()))
    assert recipe["build"]["python"]["entry_points"] == [f"{name} = {entry}"]
    assert recipe["about"]["license"] == PROJECT["license"]
    assert recipe["about"]["summary"] == PROJECT["description"]
    hatchling = tomllib.loads(text_of("pyproject.toml"))["build-system"]["requires"][0]
    assert hatchling.replace(">=", " >=") in recipe["requirements"]["host"]


def quarto_copies(names: list[str]) -> set[str]:
    """Give the files that `quarto use template` copies: all but what a pattern leaves, counted from the root."""
    lines = [line.split("#")[0] for line in text_of(".quartoignore").splitlines()]
    wanted = {line[1:] for line in lines if line.startswith("!")}
    patterns = {*(line for line in lines if line and line[0] != "!"), *QUARTO_LEAVES} - wanted

    def is_left(path: PurePosixPath) -> bool:
        heads = [PurePosixPath(*path.parts[:depth]) for depth in range(1, len(path.parts) + 1)]
        return any(
            len(head.parts) == pattern.count("/") + 1 and fnmatch.fnmatchcase(head.as_posix(), pattern)
            for head in heads
            for pattern in patterns
        )

    return {name for name in names if not is_left(PurePosixPath(name))}


def test_what_quarto_copies_as_a_template_is_what_init_writes(tmp_path: Path) -> None:
    create_workspace(tmp_path / "made")
    made = {path.relative_to(tmp_path / "made").as_posix(): path for path in files_in(tmp_path / "made")}
    # Quarto copies no hidden file and no README.md of a template's root.
    visible = {name: path.read_bytes() for name, path in made.items() if name[0] != "." and name != "README.md"}
    assert {name: (ROOT / name).read_bytes() for name in quarto_copies(tracked())} == visible


def test_the_tests_run_on_every_python_that_the_package_names() -> None:
    jobs = yaml_of(".github/workflows/ci.yml")["jobs"]
    named = [name.rsplit(" ", 1)[-1] for name in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert jobs["tests"]["strategy"]["matrix"]["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert jobs["tests"]["steps"][-1]["run"] == ".ci/run"


def test_the_tests_run_with_the_oldest_dependencies_too_on_the_oldest_python() -> None:
    jobs = yaml_of(".github/workflows/ci.yml")["jobs"]
    steps = jobs["oldest-dependencies"]["steps"]
    assert any("--resolution lowest-direct" in step.get("run", "") for step in steps)
    assert {step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", "")} == {"3.11"}
    folders = re.findall(r"\btests/\w+", steps[-1]["run"])
    assert folders
    assert all((ROOT / folder).is_dir() for folder in folders)


def test_every_dependency_has_a_lower_bound() -> None:
    extras = PROJECT["optional-dependencies"]
    every = [*PROJECT["dependencies"], *(one for extra in extras.values() for one in extra)]
    assert not [one for one in every if ">=" not in one]
