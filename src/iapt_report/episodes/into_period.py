"""Episodes in, one period's folder out: the areas as any import writes them, and the cells beside them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iapt_report.areas import cells as text_cells
from iapt_report.areas.patient_cells import CELLS_FILE, as_parquet
from iapt_report.areas.table import Source as NamedSource
from iapt_report.areas.text_table import of_frame
from iapt_report.episodes.connecting import opened
from iapt_report.episodes.mapping import read_episodes_mapping
from iapt_report.episodes.publishing import STEP, WITHHELD, published, published_deciles
from iapt_report.episodes.summing import UNKNOWN_AREA, deciles_of_cells, joined, summed
from iapt_report.sources.extract import read_extract
from iapt_report.sources.formats import Format
from iapt_report.sources.importing import Beside, Sources, import_extracts
from iapt_report.system import digests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iapt_report.areas.period import Period
    from iapt_report.episodes.mapping import Mapping as EpisodesMapping
    from iapt_report.episodes.summing import Sums
    from iapt_report.sources.extract import Extract
    from iapt_report.sources.importing import Imported

# As `iapt_report.sources.formats` calls them, and as the sums do.
_COLUMNS = {
    "referrals": "referrals",
    "finished_treatment": "finished",
    "not_at_caseness": "not_at_caseness",
    "recovered": "recovered",
    "reliably_recovered": "reliably_recovered",
    "reliably_improved": "reliably_improved",
}


@dataclass(frozen=True)
class EpisodesImported:
    """What was done.

    Parameters
    ----------
    imported : Imported
        As any import says it.
    cells : Path
        The file of the patients' cells.
    groups : int
        How many cells there are.
    patients : int
        Who finished treatment.
    engine : str
        That summed them.
    """

    imported: Imported
    cells: Path
    groups: int
    patients: int
    engine: str


def import_episodes(
    source: str,
    period: Period,
    data: Path,
    *,
    mapping: Path | None = None,
    connection: str | None = None,
    publishable: bool = False,
    level: str | None = None,
    edition: int | None = None,
    accept_loss: float | None = None,
) -> EpisodesImported:
    """Sum patients' episodes, and write ``data/<period>`` from the sums.

    Parameters
    ----------
    source, connection
        As `iapt_report.episodes.connecting.opened` takes them.
    period : Period
    data : Path
        The folder of all periods.
    mapping : Path, optional
        What differs from the shipped mapping.
    publishable : bool
        Whether the areas' counts are rounded to the nearest 5 and withheld under 5. The cells are exact.
    level : str, optional
        Whose figures, in the place of the mapping's.
    edition, accept_loss
        As `iapt_report.sources.importing.import_period` takes them.

    Raises
    ------
    ReportError
        If the source, the engine, the mapping or the sums cannot be used; nothing is written then.
    """
    mapped = read_episodes_mapping(mapping, level)
    with opened(source, mapped, connection) as episodes:
        sums = summed(episodes, mapped, period)
        name, synthetic, engine = episodes.name, episodes.synthetic, episodes.engine

    def cells_of(merged: Mapping[str, str]) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return as_parquet(joined(sums.cells, merged), Path(folder))

    deciles = deciles_of_cells(sums.cells)
    imported = import_extracts(
        (_extract(sums, mapped, name, publishable=publishable),),
        Sources((), edition=edition),
        period,
        data,
        Beside(
            sources=(NamedSource(f"sums of patients' episodes in {name}", digests.of_text(sums.areas.to_csv())),),
            deciles=deciles if deciles is None or not publishable else published_deciles(deciles),
            notes=(*_origin(mapped, publishable=publishable), *sums.notes),
            synthetic=synthetic,
            cells=cells_of,
        ),
        accept_loss=accept_loss,
    )
    return EpisodesImported(
        imported, imported.folder / CELLS_FILE, len(sums.cells), int(sums.cells["finished"].sum()), engine
    )


def _origin(mapping: EpisodesMapping, *, publishable: bool) -> tuple[str, ...]:
    rounding = " Counts of areas are rounded to the nearest 5, and those under 5 withheld." if publishable else ""
    return (f"The figures are sums of patients' own records, in the shape of {mapping.words}.{rounding}",)


def _extract(sums: Sums, mapping: EpisodesMapping, name: str, *, publishable: bool) -> Extract:
    """Give the sums the shape of a published file, so that they are read as one is."""
    areas = sums.areas.assign(not_at_caseness=sums.areas["finished"] - sums.areas["at_caseness"])
    text = areas[["area_code"]].assign(area_name=areas["area_code"].where(areas["area_code"] != "", UNKNOWN_AREA))
    for canonical, own in _COLUMNS.items():
        text[canonical] = published(areas[own]) if publishable else areas[own].astype("str")
    form = _form(mapping, tuple(text.columns), publishable=publishable)
    return read_extract(of_frame(text.astype("str"), range(2, len(text) + 2)), form, name)


def _form(mapping: EpisodesMapping, columns: tuple[str, ...], *, publishable: bool) -> Format:
    return Format(
        name="episodes",
        words=f"sums of {mapping.words}",
        signature=frozenset(columns),
        months=False,
        kinds=("month", "quarter", "year"),
        required=("referrals", "finished_treatment"),
        missing=text_cells.MISSING,
        suppressed=frozenset({WITHHELD}),
        rounded_to=STEP if publishable else 1,
        only={},
        columns=tuple((column, column) for column in columns),
        levels={},
        level=mapping.level,
    )
