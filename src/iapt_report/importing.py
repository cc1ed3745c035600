"""An import: published files in, one period's folder out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iapt_report.areas import Source, checked, rate_from_counts, require_columns, select
from iapt_report.cells import Place, squash
from iapt_report.errors import CallError, DataError
from iapt_report.period_folder import write_period
from iapt_report.sources.activity import combine, read_extract
from iapt_report.sources.assemble import assemble, by_organisation, by_small_areas
from iapt_report.sources.deprivation import read_deprivation, read_summary
from iapt_report.sources.formats import activity_format, level_words
from iapt_report.sources.lookup import read_lookup
from iapt_report.sources.mapping import read_mapping
from iapt_report.sources.read import read_published
from iapt_report.sources.recognise import IN_WORDS, expect, is_known, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from iapt_report.areas import Exclusion
    from iapt_report.period import Period
    from iapt_report.sources.activity import Activity, Extract
    from iapt_report.sources.assemble import AreaDeprivation
    from iapt_report.sources.formats import Format
    from iapt_report.sources.recognise import Kind
    from iapt_report.sources.text_table import TextTable


@dataclass(frozen=True)
class Imported:
    """What an import did; ``previous`` is where it put the files that it replaced, if any."""

    folder: Path
    areas: int
    excluded: tuple[Exclusion, ...]
    notes: tuple[str, ...]
    previous: Path | None


def import_period(
    files: Sequence[Path],
    period: Period,
    deprivation: Path,
    lookup: Path | None,
    data: Path,
    mapping: Path | None = None,
) -> Imported:
    """Read published files and write ``data/<period>``.

    Parameters
    ----------
    files : sequence of Path
        The activity: one annual main file, or files that together have each month of the period once.
    period : Period
        For an annual file, the financial year that it is about: it does not say itself.
    deprivation : Path
        IMD by LSOA, or an official summary by organisation.
    lookup : Path or None
        The LSOAs' commissioning areas; not needed with a summary.
    data : Path
        The folder of all periods.
    mapping : Path, optional
        Which columns of the activity files hold what, where these are in no published shape; see
        `iapt_report.sources.mapping`.

    Raises
    ------
    CallError
        If the files do not make the period.
    DataError
        If a file cannot be used; nothing is written then.
    """
    mapped = read_mapping(mapping) if mapping else None
    activity = combine([_extract(path, mapped) for path in files], period)
    assembled = assemble(activity, _deprivation_of(activity, deprivation, lookup))
    table, excluded = select(assembled.table, activity.file)
    folder, previous = write_period(
        data,
        period,
        assembled.table,
        sources=tuple(
            _source(path)
            for path in (*files, *([mapping] if mapping else []), deprivation, *([lookup] if lookup else []))
        ),
        area_type=activity.area_type,
        notes=assembled.notes,
    )
    return Imported(folder, len(table), excluded, assembled.notes, previous)


def _extract(path: Path, mapped: Format | None) -> Extract:
    """Read an activity file, in the shape that a mapping gives or that its own header tells."""
    if mapped is not None:
        content = read_published(path, lambda header: mapped.signature <= set(map(squash, header)))
        lacking = [name for name in mapped.published.values() if squash(name) not in map(squash, content.header)]
        if lacking:
            raise DataError(
                f"the column {lacking[0]!r}, which the mapping names, is missing; the file has "
                f"{', '.join(map(repr, content.header[:12]))}",
                file=path,
                column=lacking[0],
                expected="every column that the mapping names",
                mend="correct the mapping, or give the file that it is for",
            )
        return read_extract(content, mapped, path)
    content = read_published(path, is_known)
    expect(("activity",), content.header, path)
    form = activity_format(content.header)
    assert form is not None  # noqa: S101 - what `expect` has made sure of
    return read_extract(content, form, path)


def _deprivation_of(activity: Activity, deprivation: Path, lookup: Path | None) -> AreaDeprivation:
    content = read_published(deprivation, is_known)
    if expect(("deprivation", "summary"), content.header, deprivation) == "summary":
        return by_organisation(activity, read_summary(content, deprivation))
    if lookup is None:
        raise CallError(
            f"{deprivation} gives deprivation by LSOA, and there is no lookup to the areas",
            expected="--lookup FILE, from LSOA to commissioning area",
            mend="give the lookup of the Office for National Statistics for the areas of the period",
        )
    lookup_content = read_published(lookup, is_known)
    expect(("lookup",), lookup_content.header, lookup)
    return by_small_areas(activity, read_deprivation(content, deprivation), read_lookup(lookup_content, lookup), lookup)


def _source(path: Path) -> Source:
    return Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def check_file(path: Path) -> str:
    """Validate a file as far as it can be alone, and say what it is; nothing is written.

    Raises
    ------
    DataError
        If it cannot be used.
    """
    content = read_published(path, is_known)
    kind = recognise(content.header, path)
    return f"{IN_WORDS[kind]}: {_FOUND[kind](content, path)}"


def _areas_found(content: TextTable, path: Path) -> str:
    require_columns(content.header, path)
    table, excluded = select(checked(content.frame, Place(path, content.rows)), path)
    return f"{len(table)} areas to analyse, {len(excluded)} left out"


def _activity_found(content: TextTable, path: Path) -> str:
    form = activity_format(content.header)
    assert form is not None  # noqa: S101 - what `recognise` has made sure of
    extract = read_extract(content, form, path)
    frame = extract.frame
    words = f"{form.words}, {frame['area_code'].nunique()} organisations ({level_words()[extract.level]})"
    if form.months:
        return f"{words}, {frame['month'].min():%B %Y} to {frame['month'].max():%B %Y}"
    return f"{words}, {int(rate_from_counts(frame).notna().sum())} with a recovery rate"


def _deprivation_found(content: TextTable, path: Path) -> str:
    deprivation = read_deprivation(content, path)
    measure = "scores" if deprivation.by_score else "ranks"
    weights = "with populations" if deprivation.by_population else "without populations"
    return f"{measure} of {len(deprivation.frame)} small areas, {weights}"


def _summary_found(content: TextTable, path: Path) -> str:
    summary = read_summary(content, path)
    return f"average {'scores' if summary.by_score else 'ranks'} of {len(summary.frame)} organisations"


def _lookup_found(content: TextTable, path: Path) -> str:
    lookup = read_lookup(content, path)
    columns = ", ".join(f"{name} ({codes.nunique()})" for name, codes in lookup.codes.items())
    return f"{len(lookup.lsoa)} small areas to the areas in {columns}"


_FOUND: dict[Kind, Callable[[TextTable, Path], str]] = {
    "areas": _areas_found,
    "activity": _activity_found,
    "deprivation": _deprivation_found,
    "summary": _summary_found,
    "lookup": _lookup_found,
}


def other_years(name: str, period: Period) -> str:
    """Return the financial year that a file's name speaks of, if it is another than the period's; else nothing."""
    spoken = re.findall(r"(?<![0-9])(20[0-9]{2})-([0-9]{2})(?![0-9])", name)
    years = [f"{year}-{end}" for year, end in spoken if (int(year) + 1) % 100 == int(end)]
    return "" if not years or period.id[:7] in years else years[0]
