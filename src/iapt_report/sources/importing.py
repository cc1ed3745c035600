"""An import: published files in, one period's folder out."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from iapt_report.areas.cells import Place
from iapt_report.areas.exclusion import Loss
from iapt_report.areas.folder import find_periods, read_areas, write_areas
from iapt_report.areas.outcomes import RECOVERY
from iapt_report.areas.rows import rate_of
from iapt_report.areas.table import COUNTS, RATES, Source, checked, parted, require_columns, select
from iapt_report.reference import successors as mergers
from iapt_report.reference.shipped import source as shipped_source
from iapt_report.sources.activity import Begun, measures_in
from iapt_report.sources.assemble import assemble
from iapt_report.sources.columns import pick
from iapt_report.sources.combine import combine
from iapt_report.sources.decile_rows import DecileRows, merged_deciles, read_decile_rows
from iapt_report.sources.deprivation import Summary, read_deprivation, read_summary
from iapt_report.sources.extract import read_extract
from iapt_report.sources.formats import PROVIDER, activity_format, level_words
from iapt_report.sources.lookup import read_lookup
from iapt_report.sources.loss import loss_note, loss_with, refuse_loss
from iapt_report.sources.mapping import headers_of, read_mapping
from iapt_report.sources.read import read_published
from iapt_report.sources.recognise import IN_WORDS, expect, is_known, recognise
from iapt_report.sources.screen import YEAR, notes_of, screened
from iapt_report.sources.share_rows import ShareRows, merged_shares, read_share_rows
from iapt_report.sources.shipped_averages import Chosen, by_shipped, fitting
from iapt_report.sources.small_areas import by_small_areas
from iapt_report.sources.successors import Successors, read_successors
from iapt_report.sources.summaries import by_organisation
from iapt_report.system import digests
from iapt_report.system.errors import CallError, DataError, ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from iapt_report.areas.doubts import Doubt
    from iapt_report.areas.exclusion import Exclusion
    from iapt_report.areas.period import Period
    from iapt_report.areas.rows import Row
    from iapt_report.areas.table import Areas
    from iapt_report.areas.text_table import TextTable
    from iapt_report.sources.area_deprivation import AreaDeprivation
    from iapt_report.sources.combine import Activity
    from iapt_report.sources.deprivation import Deprivation
    from iapt_report.sources.extract import Extract
    from iapt_report.sources.formats import Format
    from iapt_report.sources.lookup import Lookup
    from iapt_report.sources.recognise import Kind


Index: TypeAlias = "Summary | Chosen | tuple[Deprivation, Lookup]"


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Parameters
    ----------
    folder : Path
    areas : int
        How many can be analysed.
    excluded : tuple of Exclusion
    notes : tuple of str
        What a reader of the data must know; a loss that is to be said, and the doubts, are among them.
    previous : Path or None
        Where it put the files that it replaced, if any.
    loss : Loss
        The patients of the organisations left out.
    doubts : tuple of Doubt
        What in the source cannot be right.
    """

    folder: Path
    areas: int
    excluded: tuple[Exclusion, ...]
    notes: tuple[str, ...]
    previous: Path | None
    loss: Loss = field(default_factory=Loss)
    doubts: tuple[Doubt, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the notes that nobody should overlook: the loss, if it is to be said, and the doubts."""
        return (*loss_note(self.loss), *notes_of(self.doubts))


@dataclass(frozen=True)
class Sources:
    """The files that one period is imported from.

    Parameters
    ----------
    files : sequence of Path
        The activity: one annual main file, or files that together have each month of the period once.
    deprivation : Path, optional
        IMD by LSOA, or by organisation: an official summary or a user's own file. Without it, the averages that come
        with the package are taken.
    lookup : Path, optional
        The LSOAs' commissioning areas; needed with deprivation by LSOA alone.
    mapping : Path, optional
        Which columns of the activity files hold what, where these are in no published shape; see
        `iapt_report.sources.mapping`.
    successors : Path, optional
        Which areas merged into which, beside what comes with the package; see `iapt_report.sources.successors`.
    edition : int, optional
        The edition of the averages that come with the package; by default the newest that was published before the
        period's end.
    """

    files: Sequence[Path]
    deprivation: Path | None = None
    lookup: Path | None = None
    mapping: Path | None = None
    successors: Path | None = None
    edition: int | None = None

    @property
    def all(self) -> tuple[Path, ...]:
        """Every file, in the order that they are named in."""
        others = (self.mapping, self.deprivation, self.lookup, self.successors)
        return (*self.files, *(path for path in others if path))


def import_period(
    sources: Sources,
    period: Period,
    data: Path,
    level: str | None = None,
    *,
    accept_loss: float | None = None,
    neighbours: Path | None = None,
    begun: Begun | None = None,
) -> Imported:
    """Read published files and write ``data/<period>``.

    Parameters
    ----------
    sources : Sources
    period : Period
        For an annual file, the financial year that it is about: it does not say itself.
    data : Path
        The folder of all periods.
    level : str, optional
        A key of `iapt_report.sources.formats.level_words`; by default the smallest commissioning areas there are.
    accept_loss : float, optional
        The share of patients (0 to 1) that may be lost with organisations left out, where that is more than 5%.
    neighbours : Path, optional
        The folder of the periods that the figures are held against; by default ``data``.
    begun : Begun, optional
        The activity, where its reading has begun, without a mapping and of the same ``level``.

    Raises
    ------
    CallError
        If there is no file, or the files do not make the period.
    DataError
        If a file cannot be used, or too many patients are lost; nothing is written then.
    """
    if not sources.files:
        raise CallError(
            "no file of activity is given", expected="an annual main file, or monthly files", mend="give the files"
        )
    mapped = read_mapping(sources.mapping) if sources.mapping else None
    with begun or Begun(sources.files, mapped, level) as reading:
        noted = reading.pool.map(_source, sources.all)
        read = (
            _extract(content, path, mapped, level)
            for content, path in zip(reading.contents(), sources.files, strict=True)
        )
        extracts, deciles, shares = zip(*read, strict=True)
        files = tuple(noted)
    # Only a file about a whole year has deciles and shares, and such a file is imported alone.
    beside = Beside(
        sources=files,
        deciles=deciles[0].frame,
        shares=shares[0].frame,
        notes=(*deciles[0].notes, *shares[0].notes),
        synthetic=mapped is not None and mapped.synthetic,
    )
    return import_extracts(extracts, sources, period, data, beside, accept_loss=accept_loss, neighbours=neighbours)


@dataclass(frozen=True)
class Beside:
    """What comes with the activity of a period.

    Parameters
    ----------
    sources : tuple of Source
        What the areas are made from, each with its checksum.
    deciles, shares : DataFrame or None
        Patients by their own deprivation, and by their group.
    notes : tuple of str
        What is to be known of these, or of the source.
    synthetic : bool
        Whether the patients are made.
    cells : callable or None
        Gives the Parquet file of the patients' cells, from the code that each area which merged is counted under.
    """

    sources: tuple[Source, ...]
    deciles: pd.DataFrame | None = None
    shares: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    cells: Callable[[Mapping[str, str]], bytes] | None = None


def import_extracts(
    extracts: Sequence[Extract],
    sources: Sources,
    period: Period,
    data: Path,
    beside: Beside,
    *,
    accept_loss: float | None = None,
    neighbours: Path | None = None,
) -> Imported:
    """Join activity that has been read with the deprivation of its areas, and write ``data/<period>``.

    Parameters
    ----------
    extracts : sequence of Extract
        As `import_period` reads them.
    sources : Sources
        Of these, the deprivation, the lookup, the successors and the edition.
    period, data, accept_loss, neighbours
        As of `import_period`.
    beside : Beside

    Raises
    ------
    CallError, DataError
        As `import_period`; nothing is written then.
    """
    successors = _successors(sources.successors)
    index = _index(sources, extracts, period, successors)
    codes = [row["area_code"] for extract in extracts for row in extract.rows]
    known = _codes_of(index)
    merged = successors.merged(codes, known)
    activity = combine(extracts, period, merged)
    # An area without a name in the activity has that of the other source.
    activity = replace(activity, rows=tuple(_named(row) for row in activity.rows))
    deprivation = _deprivation_of(activity, index, successors, sources.lookup, period)
    assembled = assemble(activity, deprivation)
    table, excluded = parted(assembled.rows, activity.file, rerank=True)
    if activity.level != PROVIDER:
        # A provider's deprivation is the user's own figure, and only whom they gave one is asked for.
        refuse_loss(table, excluded, accept_loss, activity.file)
    folder_of_all = data if neighbours is None else neighbours
    earlier = _earlier(folder_of_all, period, activity.area_type, synthetic=beside.synthetic)
    doubts = (*activity.doubts, *screened(table, period, activity.precision, earlier))
    loss = loss_with(table, excluded)
    followed = {**deprivation.followed, **merged}
    notes = (*assembled.notes, *_without_effect(successors, followed, {*codes, *known}), *beside.notes)
    notes = (*notes, *loss_note(loss), *notes_of(doubts))
    shipped = [*deprivation.sources]
    if successors.told_by_package(followed):
        shipped.append(shipped_source(mergers.FILE))
    folder, previous = write_areas(
        data,
        period,
        assembled.rows,
        sources=(*beside.sources, *shipped),
        area_type=activity.area_type,
        notes=notes,
        precision=activity.precision,
        flow=assembled.flow,
        synthetic=beside.synthetic,
        deciles=None if beside.deciles is None else merged_deciles(beside.deciles, merged),
        shares=None if beside.shares is None else merged_shares(beside.shares, merged),
        deprivation=deprivation.facts,
        doubts=doubts,
        cells=None if beside.cells is None else beside.cells(merged),
    )
    return Imported(folder, len(table), excluded, notes, previous, loss, doubts)


def _named(row: Row) -> Row:
    """Take from an organisation the name that is but its code."""
    return {**row, "area_name": ""} if row["area_name"] == row["area_code"] else row


def _earlier(folder: Path, period: Period, area_type: str, *, synthetic: bool) -> list[Areas]:
    """Read the periods of the same kind that began within a year before; one that cannot be read is passed over."""
    found = []
    for other in earlier_periods(folder, period):
        with suppress(ReportError):
            areas = read_areas(folder, other)
            if areas.area_type == area_type and areas.synthetic == synthetic:
                found.append(areas)
    return found


def earlier_periods(folder: Path, period: Period) -> list[Period]:
    """List the periods of the same kind that began within a year before, which an import is held against."""
    return [
        other
        for other in find_periods(folder)
        if other.kind == period.kind and other < period and period.start - other.start <= YEAR
    ]


def _extract(
    content: TextTable, path: Path, mapped: Format | None, level: str | None
) -> tuple[Extract, DecileRows, ShareRows]:
    """Take the organisations of an activity file, and the groups of their patients."""
    if mapped is not None:
        return _mapped(content, path, mapped, level), DecileRows(), ShareRows()
    expect(("activity",), content.header, path)
    form = activity_format(content.header)
    assert form is not None  # noqa: S101 - what `expect` has made sure of
    extract = read_extract(content, form, path, level)
    by_decile = read_decile_rows(content, form, extract.level, path)
    return extract, by_decile, read_share_rows(content, form, extract.level, path)


def _mapped(content: TextTable, path: Path, mapped: Format, level: str | None) -> Extract:
    """Take the organisations of an activity file in the shape that a mapping gives."""
    for named in headers_of(mapped):
        if pick(content.header, named, path) is None:
            raise DataError(
                f"the column {named!r}, which the mapping names, is missing; the file has "
                f"{', '.join(map(repr, content.header[:12]))}",
                file=path,
                column=named,
                expected="every column that the mapping names",
                mend="correct the mapping, or give the file that it is for",
            )
    return read_extract(content, mapped, path, level)


def _successors(path: Path | None) -> Successors:
    shipped = mergers.followed_by()
    if path is None:
        return Successors({}, shipped)
    content = read_published(path, is_known)
    expect(("successors",), content.header, path)
    return replace(read_successors(content, path), shipped=shipped)


def _without_effect(successors: Successors, followed: Mapping[str, str], known: Collection[str]) -> tuple[str, ...]:
    """Say that a user's table of successors changed nothing, where it did not, and why."""
    if not successors.of or successors.told_by_user(followed):
        return ()
    why = (
        "the areas whose codes it has have a deprivation of their own, and none of their successors is in the activity"
        if set(successors.of) & set(known)
        else "none of the codes that it has successors of is in the activity or in the deprivation data"
    )
    return (f"The table of successors {successors.file} changed nothing: {why}.",)


def _index(sources: Sources, extracts: Sequence[Extract], period: Period, successors: Successors) -> Index:
    """Read the index of deprivation: of organisations, of small areas with the lookup to their areas, or the package's.

    Raises
    ------
    CallError
        If the options do not go together, or do not give these organisations a deprivation.
    """
    path, level = sources.deprivation, extracts[0].level
    if path is None:
        if sources.lookup is not None:
            raise CallError(
                f"{sources.lookup} says where small areas lie, and there is no deprivation of small areas",
                expected="--deprivation FILE by LSOA with --lookup FILE, or neither",
                mend="give both; without them, the averages that come with iapt-report are taken",
            )
        return fitting(_codes(extracts, period), level, period, successors, sources.edition)
    if sources.edition is not None:
        raise CallError(
            f"the edition is that of {path}, and cannot be chosen beside it",
            expected="--edition, or --deprivation",
            mend="leave one of them out",
        )
    content = read_published(path, is_known)
    if expect(("deprivation", "summary"), content.header, path) == "summary":
        return read_summary(content, path)
    if level == PROVIDER:
        raise CallError(
            f"{path} gives deprivation by LSOA, and a provider has no boundary that small areas could lie in",
            expected="--deprivation FILE with the columns area_code and imd_score, a score for each provider",
            mend="make such a file of your own, or import commissioning areas",
        )
    if sources.lookup is None:
        raise CallError(
            f"{path} gives deprivation by LSOA, and there is no lookup to the areas",
            expected="--lookup FILE, from LSOA to commissioning area",
            mend="give the lookup of the Office for National Statistics for the areas of the period, or leave "
            "--deprivation out: averages of commissioning areas come with iapt-report",
        )
    lookup_content = read_published(sources.lookup, is_known)
    expect(("lookup",), lookup_content.header, sources.lookup)
    return read_deprivation(content, path), read_lookup(lookup_content, sources.lookup)


def _codes(extracts: Sequence[Extract], period: Period) -> set[str]:
    """Return the codes that have any figure in the period; every code where none has."""
    rows = [row for extract in extracts for row in extract.rows]
    within = (row for row in rows if row["month"] is None or period.start <= row["month"] <= period.end)
    active = {row["area_code"] for row in within if any(row[name] is not None for name in (*COUNTS, *RATES))}
    return active or {row["area_code"] for row in rows}


def _codes_of(index: Index) -> set[str]:
    """Return every code that the index, or the lookup beside it, gives an organisation."""
    if isinstance(index, Summary):
        return set(index.codes)
    if isinstance(index, Chosen):
        return set(index.table.codes)
    areas = {area for boundary in index[1].boundaries for area in boundary.areas}
    return {code for area in areas for code in (area.nhs_code, area.ons_code) if code}


def _deprivation_of(
    activity: Activity, index: Index, successors: Successors, lookup: Path | None, period: Period
) -> AreaDeprivation:
    if isinstance(index, Summary):
        return by_organisation(activity, index)
    if isinstance(index, Chosen):
        return by_shipped(activity, index, successors, period)
    return by_small_areas(activity, index[0], index[1], successors, lookup)


def _source(path: Path) -> Source:
    return Source(path.name, digests.of_file(path))


def check_file(path: Path) -> str:
    """Validate a file as far as it can be alone, and say what it is; nothing is written.

    Raises
    ------
    DataError
        If it cannot be used.
    """
    content = read_published(path, is_known, rank=measures_in)
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
    organisations = len({row["area_code"] for row in extract.rows})
    words = f"{form.words}, {organisations} organisations ({level_words()[extract.level]})"
    if form.months:
        months = [row["month"] for row in extract.rows]
        return f"{words}, {min(months):%B %Y} to {max(months):%B %Y}"
    return f"{words}, {sum(rate_of(row, RECOVERY) is not None for row in extract.rows)} with a recovery rate"


def _deprivation_found(content: TextTable, path: Path) -> str:
    deprivation = read_deprivation(content, path)
    measure = "scores" if deprivation.by_score else "ranks"
    weights = "with populations" if deprivation.by_population else "without populations"
    return f"{measure} of {len(deprivation.lsoas)} small areas, {weights}"


def _summary_found(content: TextTable, path: Path) -> str:
    summary = read_summary(content, path)
    return f"average {'scores' if summary.by_score else 'ranks'} of {len(summary.codes)} organisations"


def _lookup_found(content: TextTable, path: Path) -> str:
    lookup = read_lookup(content, path)
    kinds = ", ".join(f"{boundary.stem.upper()} ({len(set(boundary.areas))})" for boundary in lookup.boundaries)
    return f"{len(lookup.rows)} small areas to the areas in {kinds}"


def _successors_found(content: TextTable, path: Path) -> str:
    return f"codes that others followed: {len(read_successors(content, path).of)}"


_FOUND: dict[Kind, Callable[[TextTable, Path], str]] = {
    "areas": _areas_found,
    "activity": _activity_found,
    "deprivation": _deprivation_found,
    "summary": _summary_found,
    "lookup": _lookup_found,
    "successors": _successors_found,
}


def other_years(name: str, period: Period) -> str:
    """Return the financial year that a file's name speaks of, if it is another than the period's; else nothing."""
    spoken = re.findall(r"(?<![0-9])(20[0-9]{2})-([0-9]{2})(?![0-9])", name)
    years = [f"{year}-{end}" for year, end in spoken if (int(year) + 1) % 100 == int(end)]
    return "" if not years or period.id[:7] in years else years[0]
