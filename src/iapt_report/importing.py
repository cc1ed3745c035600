"""An import: published files in, one period's folder out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas import Source, checked, require_columns, select
from iapt_report.cells import Place
from iapt_report.errors import CallError
from iapt_report.period_folder import AREAS_FILE, write_period
from iapt_report.sources.annual import read_annual
from iapt_report.sources.assemble import assemble
from iapt_report.sources.deprivation import read_deprivation
from iapt_report.sources.lookup import read_lookup
from iapt_report.sources.recognise import IN_WORDS, expect, recognise
from iapt_report.sources.text_table import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from iapt_report.areas import Exclusion
    from iapt_report.period import Period


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    folder: Path
    areas: int
    excluded: tuple[Exclusion, ...]
    notes: tuple[str, ...]
    replaced: bool


def import_period(files: Sequence[Path], period: Period, deprivation: Path, lookup: Path, data: Path) -> Imported:
    """Read published files and write ``data/<period>``.

    Parameters
    ----------
    files : sequence of Path
        The activity: one annual main file.
    period : Period
        The financial year the file is about; it does not say itself.
    deprivation, lookup : Path
        IMD by LSOA, and the LSOAs' commissioning areas.
    data : Path
        The folder of all periods.

    Raises
    ------
    CallError
        If the files do not make the period.
    DataError
        If a file cannot be used; nothing is written then.
    """
    if len(files) != 1 or period.kind != "year":
        raise CallError(
            f"{len(files)} activity file{'' if len(files) == 1 else 's'} for the {period.kind} {period.id}",
            expected="one annual main file and a financial year such as 2019-20",
            mend="import one year at a time; a quarter's own areas.csv can be put into its folder by hand",
        )
    activity_file = files[0]
    content = read_table(activity_file)
    expect("annual", content.header, activity_file)
    deprivation_content = read_table(deprivation)
    expect("deprivation", deprivation_content.header, deprivation)
    lookup_content = read_table(lookup)
    expect("lookup", lookup_content.header, lookup)

    activity = read_annual(content, activity_file)
    assembled = assemble(
        activity,
        read_deprivation(deprivation_content, deprivation),
        read_lookup(lookup_content, lookup),
        lookup,
    )
    table, excluded = select(assembled.table, activity_file)
    replaced = (data / period.id / AREAS_FILE).is_file()
    folder = write_period(
        data,
        period,
        assembled.table,
        sources=tuple(_source(path) for path in (activity_file, deprivation, lookup)),
        area_type=activity.area_type,
        notes=assembled.notes,
    )
    return Imported(folder, len(table), excluded, assembled.notes, replaced)


def _source(path: Path) -> Source:
    return Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def check_file(path: Path) -> str:
    """Validate a file as far as it can be alone, and say what it is; nothing is written.

    Raises
    ------
    DataError
        If it cannot be used.
    """
    content = read_table(path)
    kind = recognise(content.header, path)
    if kind == "areas":
        require_columns(content.header, path)
        table, excluded = select(checked(content.frame, Place(path, content.rows)), path)
        found = f"{len(table)} areas to analyse, {len(excluded)} left out"
    elif kind == "annual":
        activity = read_annual(content, path)
        full = checked(activity.frame, activity.place)
        usable = int(full["recovery_rate"].notna().sum())
        found = f"{len(full)} organisations ({activity.area_type}), {usable} with a recovery rate"
    elif kind == "deprivation":
        deprivation = read_deprivation(content, path)
        measure = "scores" if deprivation.by_score else "ranks"
        weights = "with populations" if deprivation.by_population else "without populations"
        found = f"{measure} of {len(deprivation.frame)} small areas, {weights}"
    else:
        lookup = read_lookup(content, path)
        columns = ", ".join(f"{name} ({codes.nunique()})" for name, codes in lookup.codes.items())
        found = f"{len(lookup.lsoa)} small areas to the areas in {columns}"
    return f"{IN_WORDS[kind]}: {found}"


def other_years(name: str, period: Period) -> str:
    """Return the financial year that a file's name speaks of, if it is another than the period's; else nothing."""
    spoken = re.findall(r"(?<![0-9])(20[0-9]{2})-([0-9]{2})(?![0-9])", name)
    years = [f"{year}-{end}" for year, end in spoken if (int(year) + 1) % 100 == int(end)]
    return "" if not years or period.id[:7] in years else years[0]
