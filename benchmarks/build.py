"""Wall time and peak memory of the commands a user waits for, beside one page of R Markdown.

    .venv/bin/python benchmarks/build.py [--json] [--quick]

A build makes every document of the reference quarter, in every format that it makes by default. Beside it, in turn,
R Markdown makes one HTML page of the same areas, `one_page.Rmd`: a regression, a table and a figure; where R is not
there with rmarkdown and ggplot2, the build stands alone. The further periods are the reference quarter under the names
of later ones, so that each but the first is set beside the one before it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pypandoc

from measuring import PROGRAM, Row, Took, parser_of, run, show, workspace

PAGE = Path(__file__).resolve().parent / "one_page.Rmd"
FIRST, *FURTHER = "2014-15-Q2", "2014-15-Q3", "2014-15-Q4"
BUILD = (*PROGRAM, "build", "--engine", "embedded")
_R_PACKAGES = (
    'for (name in c("rmarkdown", "knitr", "ggplot2")) if (!requireNamespace(name, quietly = TRUE)) quit(status = 1)'
)
Before = Callable[[], None]


def page_of_r(place: Path, folder: Path) -> list[str] | None:
    """Return the command that makes R Markdown's page of the areas; None where R cannot."""
    rscript = shutil.which("Rscript")
    if rscript is None or subprocess.run([rscript, "-e", _R_PACKAGES], capture_output=True, check=False).returncode:
        return None
    # With the same pandoc.
    os.environ["RSTUDIO_PANDOC"] = str(Path(pypandoc.get_pandoc_path()).parent)
    areas, source = place / "data" / FIRST / "areas.csv", folder / PAGE.name
    shutil.copyfile(PAGE, source)
    call = (
        f'rmarkdown::render("{source}", output_file = "one_page.html", params = list(areas = "{areas}"), quiet = TRUE)'
    )
    return [rscript, "-e", call]


def add_periods(place: Path) -> None:
    """Give a workspace the later periods."""
    for name in FURTHER:
        folder = place / "data" / name
        shutil.copytree(place / "data" / FIRST, folder)
        facts = folder / "period.toml"
        facts.write_text(facts.read_text("utf-8").replace(f'"{FIRST}"', f'"{name}"'), "utf-8")


def without_documents(place: Path) -> None:
    """Take away all that was made."""
    shutil.rmtree(place / "_site", ignore_errors=True)
    for name in (FIRST, *FURTHER):
        shutil.rmtree(place / "report" / name, ignore_errors=True)


def in_turn(commands: Sequence[tuple[Before, Sequence[str]]], place: Path, runs: int) -> list[list[Took]]:
    """Run commands in turn, each after what is to be done before; once more at first, which does not count."""
    taken: list[list[Took]] = [[] for _ in commands]
    for number in range(runs + 1):
        for (before, command), every in zip(commands, taken, strict=True):
            before()
            took = run(command, place)
            if number:
                every.append(took)
    return taken


def seconds(every: Sequence[Took]) -> float:
    """Return the median of the clock."""
    return statistics.median(took.seconds for took in every)


def row(what: str, every: Sequence[Took], goal: str = "", beside: str = "", other: float | None = None) -> Row:
    """Return a row of the table of speed."""
    return Row(what, seconds(every), beside, other, max(took.peak_mb for took in every), goal)


def measured(place: Path, folder: Path, runs: int) -> list[Row]:
    """Measure the commands in a workspace."""

    def clear() -> None:
        without_documents(place)

    def edit() -> None:
        template = place / "templates" / "brief.qmd.jinja"
        template.write_text(template.read_text("utf-8") + "\nMore.\n", "utf-8")

    def nothing() -> None:
        pass

    one, three = (*BUILD, FIRST), (*BUILD, FIRST, *FURTHER)
    page = page_of_r(place, folder)
    commands: list[tuple[Before, Sequence[str]]] = [(clear, one), *([(nothing, page)] if page else [])]
    cold, *of_r = in_turn(commands, place, runs)
    beside = seconds(of_r[0]) if of_r else None
    (further,) = in_turn([(clear, three)], place, runs)
    each = (seconds(further) - seconds(cold)) / len(FURTHER)
    unchanged, edited = in_turn([(nothing, one), (edit, one)], place, runs)
    # The edit of the last turn is built; what follows it has nothing to do.
    small = {"iapt-report --help": "--help", "iapt-report list": "list"}
    quick = in_turn([(nothing, (*PROGRAM, word)) for word in small.values()], place, runs)
    name = "R Markdown's one page" if beside else ""
    return [
        row("all documents of one period, from nothing", cold, "1 times" if beside else "", name, beside),
        Row("each further period in the same call", each, peak_mb=max(took.peak_mb for took in further), goal="1.5 s"),
        row("a build where nothing has changed", unchanged, "0.4 s"),
        row("a build after an edit of the brief's template", edited),
        *(row(what, every, "0.4 s") for what, every in zip(small, quick, strict=True)),
    ]


def main() -> None:
    """Print the rows."""
    options = parser_of(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        place = workspace(folder)
        add_periods(place)
        show(measured(place, folder, 1 if options.quick else 5), as_json=options.json)


if __name__ == "__main__":
    main()
