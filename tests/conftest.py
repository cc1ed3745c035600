"""What many tests share: workspaces, the reference quarter's results, tables of areas made to a pattern."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pypdf
import pytest
from filelock import FileLock
from hypothesis import settings

from iapt_report.__main__ import main
from iapt_report.analysis import study
from iapt_report.analysis.study import analyse
from iapt_report.areas.cells import Place
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.areas.table import Areas, checked, select
from iapt_report.documents import pictures
from iapt_report.figures import images, svg_images
from iapt_report.render.jobs import FORMATS
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings
    from iapt_report.workspace.place import Workspace

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
REFERENCE = "2014-15-Q2"
LOCATED = "2019-20-Q2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# How long an example takes says something of the machine, and nothing of what is tested.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacking = {
        "shared": (not SHARED.is_dir(), f"the published files are not at {SHARED.parent.name}/{SHARED.name}"),
        "quarto": (shutil.which("quarto") is None, "the program quarto is not installed"),
        "r": (shutil.which("Rscript") is None, "R is not installed"),
    }
    for item in items:
        for name, (absent, reason) in lacking.items():
            if absent and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report what tests measured: a reading ease is for its authors to see, not only to pass."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value:.1f}")


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of one run of the tests share, as pytest-xdist's documentation describes it."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = folder / "common"
    folder.mkdir(exist_ok=True)
    return folder


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Let the first process that needs a folder make it; the others wait, and find it whole."""
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            part = folder.with_name(f"{folder.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(folder)
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Digest every file under a folder, so that two states of it can be compared."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """Fail where a test has written to what it shares with others."""
    before = contents(folder)
    yield folder
    assert contents(folder) == before, f"{folder} is shared by tests, and one has written to it"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A new workspace of the test's own."""
    create_workspace(tmp_path / "workspace")
    return find_workspace(tmp_path / "workspace")


def reference_built(folder: Path, formats: tuple[str, ...]) -> None:
    """Make a workspace with the reference quarter built by the embedded engine."""
    root = folder / "workspace"
    create_workspace(root)
    asked = [argument for kind in formats for argument in ("--format", kind)]
    assert main(["build", REFERENCE, "--engine", "embedded", *asked, "--workspace", str(root)]) == 0


@pytest.fixture(scope="session")
def built(common: Path) -> Iterator[Path]:
    """The site's folder of the reference quarter in every format, to be read only."""
    folder = made_once(common / "every-format", lambda part: reference_built(part, FORMATS))
    with read_only(folder) as whole:
        yield whole / "workspace" / "_site" / "report" / REFERENCE


@pytest.fixture(scope="session")
def built_once(common: Path) -> Path:
    return made_once(common / "pages", lambda part: reference_built(part, ("html",)))


@pytest.fixture
def built_workspace(built_once: Path, tmp_path: Path) -> Workspace:
    """A workspace of the test's own, in which the reference quarter's pages are built already."""
    shutil.copytree(built_once / "workspace", tmp_path / "workspace")
    return find_workspace(tmp_path / "workspace")


class Drawn:
    """Remembers how figures were drawn, for all processes of a run: most builds are of the same results.

    A figure is known by its name and all results that it could show; what was drawn from others is drawn anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.off = False
        self.as_svg, self.converted = images.as_svg, svg_images.converted

    def kept(self, key: str, make: Callable[[], bytes]) -> bytes:
        path = self.folder / hashlib.sha256(key.encode()).hexdigest()
        if self.off:
            return make()
        if not path.is_file():
            part = path.with_suffix(f".{os.getpid()}")
            part.write_bytes(make())
            part.replace(path)
        return path.read_bytes()

    def plot_of(self, file: str, draw: Callable[[Results], Any]) -> Callable[[Results], Any]:
        def marked(results: Results) -> Any:
            plot = draw(results)
            if plot is not None:
                plot.drawn_from = file + results.to_json()
            return plot

        return marked

    def svg_of(self, plot: Any, *points: Any) -> bytes:
        made_from = getattr(plot, "drawn_from", None)
        if made_from is None:
            return self.as_svg(plot, *points)
        return self.kept(f"{made_from}{points!r}", lambda: self.as_svg(plot, *points))

    def picture_of(self, svg: Path, kind: svg_images.Picture) -> bytes:
        return self.kept(f"{kind}{svg.read_bytes()!r}", lambda: self.converted(svg, kind))


@pytest.fixture(scope="session", autouse=True)
def drawn(common: Path) -> Iterator[Drawn]:
    """Draw what is the same once."""
    folder = common / "drawn"
    folder.mkdir(exist_ok=True)
    memory = Drawn(folder)
    with pytest.MonkeyPatch.context() as patch:
        for file, draw in pictures.FIGURES.items():
            patch.setitem(pictures.FIGURES, file, memory.plot_of(file, draw))
        patch.setattr(images, "as_svg", memory.svg_of)
        patch.setattr(svg_images, "converted", memory.picture_of)
        yield memory


class Analysed:
    """Remembers results, by all that an analysis is given: most builds are of the same quarter.

    What a test analyses by itself, with the function that it has imported, is analysed anew.
    """

    def __init__(self) -> None:
        self.off = False
        self.analyse = study.analyse
        self.known: dict[str, Results] = {}

    def instead(self, areas: Areas, settings: Settings | None = None, **others: int) -> Results:
        if self.off:
            return self.analyse(areas, settings, **others)
        frames = [frame for frame in (areas.table, areas.deciles) if frame is not None]
        text = "".join(f"{dict(frame.dtypes)}{frame.to_csv()}" for frame in frames)
        key = hashlib.sha256(f"{text}{areas!r}{settings!r}{others}".encode()).hexdigest()
        if key not in self.known:
            self.known[key] = self.analyse(areas, settings, **others)
        return self.known[key]


@pytest.fixture(scope="session", autouse=True)
def analysed() -> Iterator[Analysed]:
    """Analyse what is the same once in each process."""
    memory = Analysed()

    def instead(areas: Areas, settings: Settings | None = None, **others: int) -> Results:
        return memory.instead(areas, settings, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "analyse", instead)
        yield memory


class Compiled:
    """Remembers templates as Python, by their text: most tests fill the same ones from folders of their own."""

    def __init__(self) -> None:
        self.compile = jinja2.Environment.compile
        self.sources: dict[tuple[str, ...], str] = {}
        self.codes: dict[tuple[str, str], Any] = {}

    def instead(self, environment: Any, source: Any, name: Any = None, filename: Any = None, **others: Any) -> Any:
        if not all(isinstance(text, str) for text in (source, name, filename)) or any(others.values()):
            return self.compile(environment, source, name, filename, **others)
        # What an environment is made from is the same everywhere, but for the signs that it reads by and its filters.
        reading = (environment.block_start_string, environment.variable_start_string, str(environment.sandboxed))
        signs = (*reading, *sorted(environment.filters))
        known = (source, name, *signs)
        if known not in self.sources:
            self.sources[known] = str(self.compile(environment, source, name, filename, raw=True))
        code = (self.sources[known], filename)
        if code not in self.codes:
            self.codes[code] = compile(*code, "exec")
        return self.codes[code]


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    memory = Compiled()

    def instead(environment: Any, *arguments: Any, **others: Any) -> Any:
        return memory.instead(environment, *arguments, **others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "compile", instead)
        yield


@pytest.fixture
def drawn_anew(drawn: Drawn, analysed: Analysed) -> Iterator[None]:
    """Analyse what is built, and draw every figure, where a test is about that."""
    drawn.off = analysed.off = True
    yield
    drawn.off = analysed.off = False


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window, started once."""
    api = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    there = next(filter(None, map(shutil.which, BROWSERS)), None)
    with ExitStack() as stack:
        try:
            playwright = stack.enter_context(api.sync_playwright())
        except Exception:
            # On a machine without a browser, what drives one may lack its libraries too.
            if there is not None:
                raise
            pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
        own = Path(playwright.chromium.executable_path)
        program = there or (str(own) if own.is_file() else None)
        if program is None:
            pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
        launched = playwright.chromium.launch(executable_path=program)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def made(common: Path) -> Path:
    """A folder of made patients, to be read only."""
    from episodes.patients import write

    return made_once(common / "patients", write) / "made"


@pytest.fixture(scope="session")
def reference() -> Results:
    return analyse(read_areas(ROOT / "data", Period.parse(REFERENCE)))


@pytest.fixture(scope="session")
def located() -> Results:
    """A real quarter, of which it is known where its areas lie."""
    return analyse(read_areas(ROOT / "data", Period.parse(LOCATED)))


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows of values into the table of text that the checks read."""
    import pandas as pd

    return pd.DataFrame([{key: str(value) for key, value in row.items()} for row in rows], dtype="str")


def some_rows(
    n: int = 60, *, slope: float = 0.0, level: float = 0.5, noise: float = 0.05, seed: int = 1
) -> list[dict[str, object]]:
    """Areas whose recovery rate goes from ``level − slope/2`` in the most deprived to ``level + slope/2``."""
    draw = random.Random(seed)
    rows: list[dict[str, object]] = []
    for i in range(n):
        cases = draw.randint(200, 900)
        rate = level + slope * (i / max(n - 1, 1) - 0.5) + draw.gauss(0, noise)
        rows.append(
            {
                "area_code": f"T{i:03d}",
                "area_name": f"Test Area {i:03d}",
                "referrals": cases * 3 + draw.randint(0, 300),
                "finished_treatment": cases + 20,
                "at_caseness": cases,
                "recovered": round(min(max(rate, 0), 1) * cases),
                "imd_rank": i + 1,
            }
        )
    return rows


def areas_from(rows: list[dict[str, object]], period: str = REFERENCE, **facts: object) -> Areas:
    full = checked(table_of(rows), Place("areas.csv", range(2, len(rows) + 2)))
    table, excluded = select(full, "areas.csv")
    return Areas(Period.parse(period), table, excluded, **facts)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def results_of() -> Callable[..., Results]:
    """Analyse areas made to a pattern; see `some_rows`."""

    def make(settings: Settings | None = None, **pattern: object) -> Results:
        return analyse(areas_from(some_rows(**pattern)), settings)  # type: ignore[arg-type]

    return make


def metadata_of(path: Path) -> dict[str, str]:
    """Read what a PDF says of itself: the elements of its XMP, by prefix and name."""
    root = pypdf.PdfReader(path).trailer["/Root"].get_object()
    assert isinstance(root, pypdf.generic.DictionaryObject)
    stream = root["/Metadata"].get_object()
    assert isinstance(stream, pypdf.generic.StreamObject)
    return dict(re.findall(r"<(\w+:\w+)>([^<]+)</", stream.get_data().decode("utf-8")))
