"""What many tests share: workspaces, the reference quarter's results, tables of areas made to a pattern."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest
from hypothesis import settings

from iapt_report.analysis.study import analyse
from iapt_report.areas.cells import Place
from iapt_report.areas.folder import read_areas
from iapt_report.areas.period import Period
from iapt_report.areas.table import Areas, checked, select
from iapt_report.workspace.place import find_workspace
from iapt_report.workspace.scaffold import create_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from iapt_report.analysis.results import Results
    from iapt_report.analysis.settings import Settings
    from iapt_report.workspace.place import Workspace

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
REFERENCE = "2014-15-Q2"

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


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    create_workspace(tmp_path / "workspace")
    return find_workspace(tmp_path / "workspace")


@pytest.fixture(scope="session")
def reference() -> Results:
    return analyse(read_areas(ROOT / "data", Period.parse(REFERENCE)))


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
