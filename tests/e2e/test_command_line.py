"""The command line, as it is installed where that matters."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import published
from calling import call as run
from calling import installed
from conftest import REFERENCE, ROOT
from iapt_report.update.fetching import place_of
from iapt_report.update.releases import read_releases

if TYPE_CHECKING:
    from iapt_report.workspace.place import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Path:
    done = run("init", tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    return tmp_path / "mine"


def test_help_says_what_the_exit_codes_mean() -> None:
    done = installed("--help")
    assert done.returncode == 0
    assert "0 done, 1 the data are unusable, 2 the call is wrong, 3 a tool is missing" in " ".join(done.stdout.split())
    for command in ("build", "fetch", "import", "results", "claims", "simulate", "trend", "check", "list", "init"):
        assert re.search(rf"\b{command}\b", done.stdout)


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["check", str(ROOT / "data" / REFERENCE / "areas.csv")]])
def test_what_should_start_quickly_imports_no_statistics_and_no_plots(arguments: list[str]) -> None:
    heavy = "{'statsmodels', 'plotnine', 'pingouin', 'matplotlib', 'ibis', 'pyspark'}"
    code = (
        "import sys; from iapt_report.__main__ import main; main(sys.argv[1:]); "
        f"sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_init_makes_a_workspace_that_builds(place: Path) -> None:
    done = installed("build", "--engine", "embedded", cwd=place)
    assert done.returncode == 0, done.stderr
    made = [Path(line) for line in done.stdout.splitlines()]
    assert [path.relative_to(place).as_posix() for path in made] == [
        f"_site/report/{REFERENCE}/paper.html",
        f"_site/report/{REFERENCE}/paper.pdf",
        f"_site/report/{REFERENCE}/supplement.html",
        f"_site/report/{REFERENCE}/supplement.pdf",
        f"_site/report/{REFERENCE}/brief.html",
        f"_site/report/{REFERENCE}/brief.pdf",
        f"_site/report/{REFERENCE}/brief.docx",
        f"_site/report/{REFERENCE}/areas.html",
        "_site/report/index.html",
    ]
    assert all(path.stat().st_size > 10_000 for path in made)
    assert done.stderr == "", "progress is for a terminal, not for a pipe"
    listed = run("list", cwd=place).stdout
    files = "paper.html, paper.pdf, supplement.html, supplement.pdf, brief.html, brief.pdf, brief.docx, areas.html"
    assert listed == f"{REFERENCE}\tJuly to September 2014 (quarter 2 of 2014-15)\t{files}\n"


def test_init_does_not_touch_a_folder_in_use(place: Path) -> None:
    done = run("init", place)
    assert done.returncode == 2
    assert "is not empty" in done.stderr


def test_only_the_formats_asked_for_are_made(place: Path) -> None:
    done = run("build", REFERENCE, "--format", "html", "--engine", "embedded", "--self-contained", cwd=place)
    assert done.returncode == 0, done.stderr
    folder = place / "_site" / "report" / REFERENCE
    assert sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) == [
        "areas.csv",
        "areas.csv-metadata.json",
        "areas.html",
        "brief.html",
        "figure-brief.png",
        "figure-ds1.png",
        "figure-fair.png",
        "figure-funnels.png",
        "paper.html",
        "results.json",
        "supplement.html",
        "tables.xlsx",
    ]
    assert run("list", cwd=place).stdout.endswith("\tpaper.html, supplement.html, brief.html, areas.html\n")


def test_results_as_json_are_results_json(built_workspace: Workspace) -> None:
    place = built_workspace.root
    printed = run("results", REFERENCE, "--json", cwd=place)
    assert json.loads(printed.stdout)["sample"]["areas"] == 211
    assert (place / "report" / REFERENCE / "results.json").read_text("utf-8") == printed.stdout


def test_results_as_an_r_user_knows_them(place: Path) -> None:
    text = run("results", REFERENCE, cwd=place).stdout
    assert "lm(formula = recovery_rate ~ imd_rank, data = areas, weights = finished_treatment)" in text
    assert re.search(r"^imd_rank +4\.9\d+e-04 +\S+ +6\.1\d+ +\S+ \*\*\*$", text, re.MULTILINE)
    assert "F-statistic: 37.76 on 1 and 209 DF" in text
    assert "Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1" in text
    assert "SYNTHETIC DATA" in text


def test_import_then_build(place: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    done = run(
        "import", published.annual(sources), "--period", "2019-20", "--deprivation", published.imd(sources),
        "--lookup", published.lookup(sources), cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("2019-20")
    assert "UNKNOWN" in done.stderr
    newest = run("build", "--engine", "embedded", "-f", "html", cwd=place)
    made = [Path(line) for line in newest.stdout.splitlines()]
    assert [path.relative_to(place).as_posix() for path in made] == [
        "_site/report/2019-20/paper.html",
        "_site/report/2019-20/supplement.html",
        "_site/report/2019-20/brief.html",
        "_site/report/2019-20/areas.html",
        "_site/report/index.html",
    ]
    assert not any("ynthetic" in path.read_text("utf-8") for path in made)
    every = run("build", "--all", "--engine", "embedded", "-f", "html", cwd=place)
    assert len(every.stdout.splitlines()) == 5, "the pages of the period that was not built yet, and the index"
    assert "2019-20: nothing has changed" in every.stderr


def test_refresh_writes_what_is_new_and_leaves_what_is_current(place: Path) -> None:
    first = run("refresh", cwd=place)
    written = ["paper.qmd", "supplement.qmd", "brief.qmd", "areas.qmd"]
    assert [Path(line).name for line in first.stdout.splitlines()] == [*written, "index.qmd"]
    stamp = (place / "report" / REFERENCE / "paper.qmd").stat().st_mtime_ns
    assert run("refresh", cwd=place).stdout == ""
    assert (place / "report" / REFERENCE / "paper.qmd").stat().st_mtime_ns == stamp
    (place / "iapt-report.toml").write_text('[paper]\ntitle = "Another"\n', "utf-8")
    assert [Path(line).name for line in run("refresh", cwd=place).stdout.splitlines()] == written
    assert 'title: "Another"' in (place / "report" / REFERENCE / "paper.qmd").read_text("utf-8")
    (place / "report" / REFERENCE / "supplement.qmd").unlink()
    again = run("refresh", cwd=place).stdout.splitlines()
    assert [Path(line).name for line in again] == written, "one that is gone is written again"


def test_the_pre_render_script_of_quarto_writes_the_documents(place: Path) -> None:
    done = subprocess.run([sys.executable, "prerender.py"], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (place / "report" / REFERENCE / "paper.qmd").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["build", "2099-00-Q1"], 2, "there are no data for 2099-00-Q1"),
        (["build", "last quarter"], 2, "is not a period"),
        (["build", "--all", REFERENCE], 2, "one or the other"),
        (["build", "--engine", "typewriter"], 2, "typewriter"),
        (["frobnicate"], 2, "frobnicate"),
        (["results"], 2, "PERIOD"),
        (["check", "nothing.csv"], 1, "there is no such file"),
    ],
)
def test_a_wrong_call_has_its_message_and_exit_code(place: Path, arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments, cwd=place)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_workspace_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = installed("list", cwd=tmp_path)
    assert done.returncode == 2
    assert "iapt-report init" in done.stderr


def test_a_tool_that_is_missing_has_its_own_exit_code(place: Path) -> None:
    done = run("build", "--engine", "quarto", cwd=place, PATH="")
    assert done.returncode == 3
    assert "--engine embedded" in done.stderr


def test_output_to_a_pipe_has_no_escape_codes(place: Path) -> None:
    done = installed("build", "2099-00", cwd=place)
    assert "\x1b" not in done.stdout + done.stderr


def test_the_wheel_carries_all_that_a_workspace_needs(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(tmp_path),
            str(ROOT),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("*.whl"))
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    done = installed("init", tmp_path / "fresh", cwd=tmp_path, PYTHONPATH=str(tmp_path / "installed"))
    assert done.returncode == 0, done.stderr
    built_there = installed(
        "build", "--engine", "embedded", cwd=tmp_path / "fresh", PYTHONPATH=str(tmp_path / "installed")
    )
    assert built_there.returncode == 0, built_there.stderr
    assert len(built_there.stdout.splitlines()) == 9
    assert "iapt-report results" in (tmp_path / "fresh" / "README.md").read_text("utf-8")
    pages = run("docs").stdout.splitlines()
    carried = installed("docs", cwd=tmp_path, PYTHONPATH=str(tmp_path / "installed"))
    assert carried.stdout.splitlines() == pages, "the documentation too"


def test_what_the_system_refuses_is_said_without_a_traceback(place: Path) -> None:
    (place / "_site").write_text("in the way", "utf-8")
    done = run("build", REFERENCE, "--engine", "embedded", cwd=place)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "_site" in done.stderr


def test_a_period_that_cannot_be_built_does_not_keep_the_others_from_it(place: Path) -> None:
    bad = place / "data" / "2010-11"
    bad.mkdir()
    (bad / "areas.csv").write_text("area_code\n", "utf-8")
    done = run("build", "--all", "--engine", "embedded", "-f", "html", cwd=place)
    assert done.returncode == 1
    assert "2010-11" in done.stderr
    assert "1 of 2 periods could not be built" in done.stderr
    made = [Path(line) for line in done.stdout.splitlines()]
    assert [path.parent.name for path in made] == [*[REFERENCE] * 4, "report"], "its pages, and the index"


def test_an_import_keeps_what_it_replaces_and_wonders_at_a_name_of_another_year(place: Path, tmp_path: Path) -> None:
    activity = published.annual(tmp_path).rename(tmp_path / "main-2018-19.csv")
    arguments = ["import", activity, "-p", "2019-20", "-d", published.imd(tmp_path), "-l", published.lookup(tmp_path)]
    assert "speaks of 2018-19" in run(*arguments, cwd=place).stderr
    areas = place / "data" / "2019-20" / "areas.csv"
    areas.write_text("my own\n", "utf-8")
    again = run(*arguments, cwd=place)
    assert again.returncode == 0
    assert "was there already" in again.stderr
    assert (areas.parent / "previous" / "areas.csv").read_text("utf-8") == "my own\n"


def test_nothing_that_an_import_replaces_is_lost(place: Path, tmp_path: Path) -> None:
    arguments = ["import", published.annual(tmp_path), "-p", "2019-20", "-d", published.imd(tmp_path)]
    folder = place / "data" / "2019-20"
    folder.mkdir()
    (folder / "areas.csv").write_text("my own\n", "utf-8")
    lookup = published.lookup(tmp_path)
    assert "previous" in run(*arguments, "-l", lookup, cwd=place).stderr
    again = run(*arguments, "-l", lookup, cwd=place)
    assert again.returncode == 0
    assert "was there already" not in again.stderr, "the same files replace nothing"
    published.imd(tmp_path, [[lsoa, score + 1, 1] for lsoa, _, score in published.small_areas()])
    assert run(*arguments, "-l", lookup, cwd=place).returncode == 0
    assert (folder / "previous" / "areas.csv").read_text("utf-8") == "my own\n"
    assert sorted(path.name for path in folder.iterdir()) == ["areas.csv", "period.toml", "previous", "previous-2"]


def test_a_document_that_is_not_utf_8_is_named(built_workspace: Workspace) -> None:
    place = built_workspace.root
    document = place / "report" / REFERENCE / "paper.qmd"
    document.write_bytes(document.read_bytes() + b"\nJos\xe9\n")
    done = run("build", REFERENCE, "--engine", "embedded", "-f", "html", cwd=place)
    assert done.returncode == 1
    assert re.search(r"paper\.qmd, row [0-9]+: this is not UTF-8", done.stderr)
    assert "Traceback" not in done.stderr
    assert run("build", REFERENCE, "--engine", "embedded", "-f", "html", "--overwrite", cwd=place).returncode == 0
    assert (document.parent / "paper.replaced.qmd.txt").read_bytes().endswith(b"\nJos\xe9\n")


def test_a_workspace_without_the_supplements_template_builds_the_paper_and_says_so(place: Path) -> None:
    (place / "templates" / "supplement.qmd.jinja").unlink()
    done = run("build", REFERENCE, "--engine", "embedded", "-f", "html", cwd=place)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == [
        "paper.html",
        "brief.html",
        "areas.html",
        "index.html",
    ]
    assert "there is no template" in done.stderr
    assert "supplement.qmd.jinja" in done.stderr
    assert run("refresh", cwd=place).stdout == "", "what can be made is current"


def test_a_workspace_without_the_papers_template_is_refused(place: Path) -> None:
    (place / "templates" / "paper.qmd.jinja").unlink()
    done = run("build", REFERENCE, "--engine", "embedded", "-f", "html", cwd=place)
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no template paper.qmd.jinja" in done.stderr


def test_a_build_says_what_it_left_beside_an_edited_document(built_workspace: Workspace) -> None:
    place = built_workspace.root
    build = ["build", REFERENCE, "--engine", "embedded", "-f", "html"]
    folder = place / "report" / REFERENCE
    (folder / "paper.qmd").write_text((folder / "paper.qmd").read_text("utf-8") + "\nMine.\n", "utf-8")
    (place / "iapt-report.toml").write_text("[settings]\nbenchmark = 0.48\n", "utf-8")
    done = run(*build, cwd=place)
    assert done.returncode == 0, done.stderr
    assert f"{folder / 'paper.qmd'} was edited by hand" in done.stderr
    assert "supplement.qmd was edited" not in done.stderr
    assert "the edited document keeps its earlier figures and results, and so do the documents beside it" in done.stderr
    proposals = [folder / f"{name}.new.qmd.txt" for name in ("paper", "supplement", "brief", "areas")]
    assert ", ".join(map(str, proposals)) in done.stderr
    pages = [Path(line).read_text("utf-8") for line in done.stdout.splitlines()]
    assert "Mine." in pages[0]
    assert "national standard of 50%" in pages[1]
    assert run("refresh", cwd=place).stdout == "", "a document that is held back does not count as missing"


def test_refresh_goes_on_after_a_period_that_cannot_be_used(place: Path) -> None:
    bad = place / "data" / "2010-11"
    bad.mkdir()
    (bad / "areas.csv").write_text("area_code\n", "utf-8")
    done = run("refresh", cwd=place)
    assert done.returncode == 1
    assert "2010-11" in done.stderr
    assert [Path(line).parent.name for line in done.stdout.splitlines()] == [*[REFERENCE] * 4, "report"]


def test_fetch_says_what_is_to_be_found_by_hand_and_how_to_go_on(place: Path, tmp_path: Path) -> None:
    """The list names a file in the cache already, so that nothing is asked of the network."""
    content, cache = b"OrgType,OrgCode\n", tmp_path / "cache"
    (place / "data" / "releases.toml").write_text(
        '[[release]]\nkind = "activity"\nperiods = ["2019-20"]\naddress = "http://127.0.0.1:9/a.csv"\n'
        '[[release]]\nkind = "deprivation"\nperiods = ["2019-20"]\npage = "https://example.org/scores"\n'
        '[[release]]\nkind = "lookup"\nperiods = ["2019-20"]\npage = "https://example.org/lookups"\n',
        "utf-8",
    )
    path = place_of(read_releases(place / "data" / "releases.toml")[0], cache)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    done = run("fetch", "2019-20", "--cache", cache, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(path)]
    assert f"SHA-256 {hashlib.sha256(content).hexdigest()}, from the cache" in done.stderr
    assert "find the file by hand on https://example.org/lookups" in done.stderr
    assert "--deprivation FILE --lookup FILE" in done.stderr
    assert "iapt-report import 2019-20 " in done.stderr


def test_fetch_of_a_period_that_is_not_listed_fails_in_words(place: Path) -> None:
    (place / "data" / "releases.toml").write_text("", "utf-8")
    done = run("fetch", "2012-13", cwd=place)
    assert done.returncode == 1
    assert "no activity of 2012-13 is listed" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_level_and_the_successors_are_chosen_on_the_command_line(place: Path, tmp_path: Path) -> None:
    imd, lookup = published.imd(tmp_path), published.lookup(tmp_path)
    successors = published.write(tmp_path / "s.csv", ["old_code", "new_code"], [["X13", "X14"]])
    arguments = ["import", published.annual(tmp_path), "-p", "2019-20", "-d", imd, "-l", lookup, "-s", successors]
    done = run(*arguments, "--level", "ccg", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "The figures of 1 area (X13) are counted with the one" in done.stderr
    assert run(*arguments, "--level", "borough", cwd=place).returncode == 2
    assert run("check", successors).stdout.endswith("a table of successor codes: codes that others followed: 1\n")


def test_the_edition_is_chosen_on_the_command_line_or_in_the_workspace(place: Path, tmp_path: Path) -> None:
    codes = ["00L", "00N", "00P", "00Q", "00R", "00T", "00V", "00X", "00Y", "01A", "01D", "01E"]
    rows: list[list[object]] = [
        ["CCG", code, f"NHS {code} CCG", "Total", "NULL", "NULL", 250, 270, 100 + 5 * i, 900, 40]
        for i, code in enumerate(codes)
    ]
    call = ["import", published.annual(tmp_path, rows=rows), "-p", "2019-20"]
    done = run(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "IMD 2019 (English Indices of Deprivation 2019" in done.stderr
    (place / "iapt-report.toml").write_text("[data]\nedition = 2015\n", "utf-8")
    assert "IMD 2015 (English Indices" in run(*call, cwd=place).stderr, "the workspace's"
    assert "IMD 2019 (English Indices" in run(*call, "--edition", 2019, cwd=place).stderr, "the call's"
    imd, lookup = published.imd(tmp_path), published.lookup(tmp_path)
    own = run("import", published.annual(tmp_path), "-p", "2018-19", "-d", imd, "-l", lookup, cwd=place)
    assert own.returncode == 0, own.stderr
    refused = run(*call, "--edition", 2010, cwd=place)
    assert refused.returncode == 2
    assert "there is no edition 2010" in refused.stderr
    assert "2015, 2019, 2025" in refused.stderr


def test_simulate_prints_what_each_benchmark_does_to_fair_services(place: Path) -> None:
    done = run("simulate", REFERENCE, "--n", 200, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "200 simulated periods of 211 areas (seed 2016)" in done.stdout
    assert "SYNTHETIC DATA" in done.stdout
    assert re.search(r"^national +8\d\.\d ", done.stdout, re.MULTILINE)
    assert re.search(r"^wilson +2\.\d ", done.stdout, re.MULTILINE)
    assert re.search(r"^wilson +9[45]\.\d$", done.stdout, re.MULTILINE), "its coverage"
    figures = json.loads(run("simulate", REFERENCE, "--n", 200, "--json", cwd=place).stdout)
    assert figures["quarters"] == 200
    assert run("simulate", REFERENCE, "--n", 200, "--json", cwd=place).stdout == json.dumps(figures, indent=2) + "\n"
    assert run("simulate", REFERENCE, "--n", 0, cwd=place).returncode == 2


def test_trend_sets_periods_side_by_side(place: Path) -> None:
    done = run("trend", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "Synthetic commissioning areas, periods of a quarter, recovery – SYNTHETIC DATA" in done.stdout
    assert re.search(rf"{REFERENCE} +211 +45\.1 +11\.3 +7\.6 +14\.9 +72\.5 +42\.7", done.stdout)
    broken = place / "data" / "2030-31"
    broken.mkdir()
    (broken / "areas.csv").write_text("x\n", "utf-8")
    done = run("trend", "--json", cwd=place)
    assert done.returncode == 0
    assert "2030-31 is left out" in done.stderr, "one period that cannot be used does not keep the others from it"
    (trend,) = json.loads(done.stdout)["trends"]
    assert trend["points"][0]["gradient"] == pytest.approx(0.11254, abs=1e-5)
    assert trend["change"] is None
