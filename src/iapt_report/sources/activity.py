"""Activity by organisation: one declared format of published file into one period's counts and rates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from iapt_report import areas, cells
from iapt_report.errors import CallError, DataError
from iapt_report.sources.back_test import areas_against_england, percentages_against_counts
from iapt_report.sources.formats import level_words
from iapt_report.sources.long_table import widened

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from iapt_report.period import Period
    from iapt_report.sources.formats import Format
    from iapt_report.sources.text_table import TextTable

COUNTS = ("referrals", "finished_treatment", "at_caseness", "recovered")
_PERCENTAGE = "recovery_percentage"
_ENGLAND = "england"
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BRITISH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True)
class Extract:
    """The rows of one published file that are about one level of commissioning area.

    Parameters
    ----------
    frame : DataFrame
        ``area_code``, ``area_name``, ``month`` (first day, missing in a file about a year), the counts as nullable
        integers and ``recovery_rate`` as published (proportion).
    england : DataFrame
        The same for England as a whole, where the file has it.
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    file : object
        The file, for messages.
    any_period : bool
        Whether a file without months can be about any period, and not a financial year alone.
    derived : bool
        Whether those at caseness were computed, as a difference of two published counts.
    """

    frame: pd.DataFrame
    england: pd.DataFrame
    level: str
    file: object
    any_period: bool = False
    derived: bool = False


@dataclass(frozen=True)
class Activity:
    """One period's activity, one row an organisation.

    Parameters
    ----------
    frame : DataFrame
        ``area_code``, ``area_name``, the counts, ``recovery_rate`` as published or combined, and ``excluded`` (why an
        organisation has no figures, or missing).
    area_type : str
        What an organisation is, in words.
    file : object
        The files, for messages.
    notes : tuple of str
        What a reader must know of how the figures came together.
    monthly : bool
        Whether it was put together from months.
    rates_averaged : bool
        Whether rates are means of published monthly ones.
    """

    frame: pd.DataFrame
    area_type: str
    file: object
    notes: tuple[str, ...] = ()
    monthly: bool = False
    rates_averaged: bool = False


def read_extract(content: TextTable, form: Format, file: object) -> Extract:
    """Read the smallest commissioning areas in a file.

    Raises
    ------
    DataError
        If a column is missing, no commissioning area is there, or a value cannot be.
    """
    if form.measures:
        content = widened(content, form, file)
    folded = {cells.squash(name): name for name in content.header}
    spelling = {name: header for header in content.header if (name := form.canonical(header))}
    _require(form, spelling, content, file)
    # Only what the format declares: another column may bear one of the names used here.
    frame = content.frame[list(spelling.values())].set_axis(list(spelling), axis="columns")
    for header, allowed in form.only.items():
        frame = frame[content.frame.loc[frame.index, folded[header]].map(cells.squash).isin(allowed)]
    level = _levels(frame, form)
    present = [name for name in level_words() if (level == name).any()]
    if not present:
        found = ", ".join(sorted(set(frame["level"]))) if "level" in frame else "none"
        raise DataError(
            f"no commissioning area is in it; the organisations are: {found or 'none'}",
            file=file,
            column=spelling.get("level"),
            expected=" or ".join(level_words().values()),
            mend="give the complete file",
        )
    measured = _measured(frame[level == present[0]], content, form, spelling, file)
    england = _measured(frame[level == _ENGLAND], content, form, spelling, file)
    return Extract(
        measured, england, present[0], file, any_period=bool(form.level), derived="not_at_caseness" in spelling
    )


def _measured(
    chosen: pd.DataFrame, content: TextTable, form: Format, spelling: dict[str, str], file: object
) -> pd.DataFrame:
    """Turn rows of text into organisations, months, counts and rates; refuse what cannot be."""
    import pandas as pd

    rows_of = {
        name: tuple(content.rows_of[header][i] for i in chosen.index)
        for name, header in spelling.items()
        if header in content.rows_of
    }
    place = cells.Place(file, tuple(content.rows[i] for i in chosen.index), spelling, rows_of)
    chosen = chosen.reset_index(drop=True)
    out = pd.DataFrame(
        {
            "area_code": cells.names(
                chosen["area_code"].where(~cells.is_missing(chosen["area_code"]), "UNKNOWN"), "area_code", place
            ),
            "area_name": cells.names(chosen["area_name"], "area_name", place),
            "month": _months(chosen["month"], place) if form.months else pd.NaT,
        }
    )
    for name in COUNTS:
        column = chosen.get(name)
        out[name] = cells.absent_counts(out.index) if column is None else cells.counts(column, name, place)
    out["recovery_rate"] = _rate(chosen, place)
    if "not_at_caseness" in chosen:
        not_at_caseness = cells.counts(chosen["not_at_caseness"], "not_at_caseness", place)
        out["at_caseness"] = _at_caseness(out, not_at_caseness)
    areas.refuse_impossible(out, place)
    month = pd.to_datetime(out["month"]).dt.strftime("%Y-%m").fillna("")
    place.refuse_repeats(out["area_code"] + month, out["area_code"], "area_code")
    return out


def _levels(frame: pd.DataFrame, form: Format) -> pd.Series[str]:
    """Say of each row what kind of organisation it is about."""
    import pandas as pd

    if form.level:
        return pd.Series(form.level, index=frame.index, dtype="str")
    return frame["level"].map(lambda value: form.levels.get(cells.squash(value)))


def combine(extracts: Sequence[Extract], period: Period) -> Activity:
    """Put the parts of a period together: counts add, and a rate is recomputed from the counts.

    Where a file gives no counts of recovery, only rounded monthly rates, these are averaged with the case-load
    (patients who finished treatment) as weight, and a note says so.

    Raises
    ------
    CallError
        If a month of the period is missing or doubled, or the files are about different kinds of area.
    """
    levels = {extract.level for extract in extracts}
    if len(levels) > 1:
        raise CallError(
            f"the files are about different areas: {', '.join(sorted(level_words()[name] for name in levels))}",
            expected="one kind of commissioning area",
            mend="import a period in which the areas did not change",
        )
    file = ", ".join(str(extract.file) for extract in extracts)
    area_type = level_words()[levels.pop()]
    undated = [extract for extract in extracts if extract.frame["month"].isna().all()]
    if 0 < len(undated) < len(extracts):
        raise CallError(
            f"{undated[0].file} is about a whole period, and other files are about months",
            expected="files of one kind",
            mend="leave out the one or the others",
        )
    if undated:
        return _whole_year(extracts, period, area_type)
    months = _expected_months(period)
    _refuse_gaps(extracts, months, period)
    for extract in extracts:
        if not set(extract.frame["month"].dt.date) & set(months):
            raise CallError(
                f"{extract.file} has no month of {period.id}",
                expected=f"months from {months[0]:%B %Y} to {months[-1]:%B %Y}",
                mend="leave it out, or correct the period",
            )
    return _added(extracts, months, area_type, file)


def _whole_year(extracts: Sequence[Extract], period: Period, area_type: str) -> Activity:
    import pandas as pd

    if len(extracts) != 1 or not (period.kind == "year" or extracts[0].any_period):
        raise CallError(
            f"{len(extracts)} annual file{'' if len(extracts) == 1 else 's'} for the {period.kind} {period.id}",
            expected="one annual file and a financial year such as 2019-20",
            mend="import one year at a time",
        )
    frame = extracts[0].frame.drop(columns="month").assign(excluded=pd.Series(pd.NA, dtype="str"))
    notes = _back_test(extracts[0].frame, extracts[0].england, derived=extracts[0].derived)
    return Activity(frame, area_type, extracts[0].file, notes)


def _expected_months(period: Period) -> list[date]:
    first = period.start.year * 12 + period.start.month - 1
    last = period.end.year * 12 + period.end.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]


def _refuse_gaps(extracts: Sequence[Extract], months: list[date], period: Period) -> None:
    """Refuse a month that no file has, and one that two files have."""
    holders: dict[date, list[str]] = {month: [] for month in months}
    for extract in extracts:
        for month in {value.date() for value in extract.frame["month"]}:
            if month in holders:
                holders[month].append(str(extract.file))
    for month, files in holders.items():
        if len(files) != 1:
            named = f"{month:%B %Y}"
            raise CallError(
                f"{named} is missing from the files for {period.id}"
                if not files
                else f"{named} is in two of the files for {period.id}: {files[0]} and {files[1]}",
                expected=f"each month from {months[0]:%B %Y} to {months[-1]:%B %Y} once",
                mend="add the file with this month" if not files else "leave one of them out",
            )


def _added(extracts: Sequence[Extract], months: list[date], area_type: str, file: str) -> Activity:
    """Add months up; a count that is not known in one of them is not known for the period."""
    import pandas as pd

    rows = pd.concat([extract.frame for extract in extracts], ignore_index=True)
    rows = rows[rows["month"].dt.date.isin(months)].sort_values("month")
    rated = rows["recovery_rate"].notna() & rows["finished_treatment"].notna()
    weight = rows["finished_treatment"].astype("Float64").where(rated)
    rows = rows.assign(weight=weight, moment=weight * rows["recovery_rate"], known=rows["finished_treatment"].notna())
    groups = rows.groupby("area_code")
    whole = groups["month"].nunique() == len(months)
    out = groups[["area_name"]].last()
    for name in COUNTS:
        complete = groups[name].count() == len(months)
        out[name] = groups[name].sum().where(complete).astype("Int64")
    sums = groups[["weight", "moment"]].sum()
    average = (sums["moment"] / sums["weight"].where(sums["weight"] > 0)).astype("float64")
    out["recovery_rate"] = average.where(groups["recovery_rate"].count() == len(months))
    active = groups["known"].sum()
    short = out["finished_treatment"].isna() & (active < len(months))
    out["excluded"] = pd.Series(pd.NA, index=out.index, dtype="str")
    words = active.map(lambda n: f"figures for {n} of the {len(months)} months" if n else "no figures in the period")
    out["excluded"] = out["excluded"].mask(short | ~whole, words)
    notes = [f"Figures are the sums of {len(months)} published months."] if len(months) > 1 else []
    averaged = not (out["recovered"].notna() & out["at_caseness"].notna()).any()
    if averaged:
        notes.append(
            "Only rounded monthly recovery rates are published in this source, not the counts behind them; an area's "
            "rate is their mean, weighted by the patients who finished treatment in each month."
        )
    england = pd.concat([extract.england for extract in extracts], ignore_index=True)
    england = england[pd.to_datetime(england["month"]).dt.date.isin(months)]
    if england["month"].nunique() != len(months):
        england = england.head(0)
    notes += _back_test(rows, england, derived=any(extract.derived for extract in extracts))
    return Activity(out.reset_index(), area_type, file, tuple(notes), monthly=True, rates_averaged=averaged)


def _back_test(frame: pd.DataFrame, england: pd.DataFrame, *, derived: bool) -> tuple[str, ...]:
    return (*percentages_against_counts(frame, derived=derived), *areas_against_england(frame, england))


def _require(form: Format, spelling: dict[str, str], content: TextTable, file: object) -> None:
    lacking = [name for name in form.required if name not in spelling]
    cases = {"at_caseness", "not_at_caseness"} & set(spelling)
    if not lacking and _PERCENTAGE not in spelling and not ("recovered" in spelling and cases):
        lacking = ["recovered" if "recovered" in form.published else _PERCENTAGE]
    if lacking:
        raise DataError(
            f"the column {form.published[lacking[0]]!r} is missing; the file has "
            f"{', '.join(map(repr, content.header[:12]))}",
            file=file,
            row=max(1, content.rows[0] - 1) if content.rows else 1,
            column=form.published[lacking[0]],
            expected=f"the columns of {form.words}",
            mend="give the file as published, with all its columns",
        )


def _rate(frame: pd.DataFrame, place: cells.Place) -> pd.Series[float]:
    """Turn published percentages into proportions; refuse those beyond 100."""
    if _PERCENTAGE not in frame:
        return cells.absent_numbers(frame.index)
    value = cells.numbers(frame[_PERCENTAGE], _PERCENTAGE, place)
    wrong = value.notna() & ~value.between(0, 100)
    place.refuse(
        frame[_PERCENTAGE], wrong, _PERCENTAGE, expected="a percentage from 0 to 100", mend="correct the value"
    )
    return value / 100


def _at_caseness(frame: pd.DataFrame, not_at_caseness: pd.Series[int]) -> pd.Series[int]:
    """Take who was not at caseness from who finished treatment.

    Rounded to the nearest 5, the difference can fall below the number recovered; it is then not known.
    """
    difference = frame["finished_treatment"] - not_at_caseness
    impossible = (difference < 0) | (frame["recovered"] > difference)
    return difference.mask(impossible.fillna(value=False))


def _months(text: pd.Series[str], place: cells.Place) -> pd.Series[pd.Timestamp]:
    """Read the first days of months, as ISO dates or as dd/mm/yyyy."""
    import pandas as pd

    parsed = {value: _first_day(value) for value in text.unique()}
    wrong = text.map(lambda value: parsed[value] is None)
    place.refuse(text, wrong, "month", expected="a date such as 2019-04-01 or 01/04/2019", mend="correct the date")
    return pd.to_datetime(text.map(parsed))


def _first_day(text: str) -> date | None:
    if match := _ISO.match(text.strip()):
        year, month = int(match[1]), int(match[2])
    elif match := _BRITISH.fullmatch(text.strip()):
        year, month = int(match[3]), int(match[2])
    else:
        return None
    try:
        return date(year, month, 1)
    except ValueError:
        return None
