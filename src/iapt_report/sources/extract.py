"""One declared format of published file: its rows of one kind of organisation, as counts and rates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from iapt_report.areas import cells
from iapt_report.areas.outcomes import OUTCOMES, RECOVERY
from iapt_report.areas.table import COUNTS, SUPPRESSED, Precision, refuse_impossible
from iapt_report.areas.text_table import TextTable
from iapt_report.sources.formats import ENGLAND, PROVIDER, choose_level, level_words
from iapt_report.sources.long_table import widened
from iapt_report.sources.naming import in_sentence_case
from iapt_report.sources.precision import bounds_of, count_bounds, percentage_reach, step_of
from iapt_report.system.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from iapt_report.sources.formats import Format


_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BRITISH = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True)
class Extract:
    """The rows of one published file that are about one level of commissioning area.

    Parameters
    ----------
    frame : DataFrame
        ``area_code``, ``area_name``, ``month`` (first day, missing in a file about a year), the counts as nullable
        integers, each with the least and the most that it can be, the rates as published (proportions) with the same,
        and ``suppressed``.
    england : DataFrame
        The same for England as a whole, where the file has it.
    level : str
        A key of `iapt_report.sources.formats.level_words`.
    file : object
        The file, for messages.
    precision : Precision
        How exactly it gives its counts.
    any_period : bool
        Whether a file without months can be about any period, and not a financial year alone.
    """

    frame: pd.DataFrame
    england: pd.DataFrame
    level: str
    file: object
    precision: Precision = field(default_factory=Precision)
    any_period: bool = False


def read_extract(content: TextTable, form: Format, file: object, level: str | None = None) -> Extract:
    """Read the organisations of one level in a file; without a choice, its smallest commissioning areas.

    Raises
    ------
    DataError
        If a column is missing, the level is not there, or a value cannot be.
    """
    folded = {cells.squash(name): name for name in content.header}
    levels = _levels(content, form, folded)
    chosen = choose_level(set(levels.dropna()), level)
    if chosen is None:
        _refuse_level(content, form, folded, file, level)
        raise AssertionError  # the line above always raises
    only = levels.notna()
    for header, allowed in form.only.items():
        if header in folded:
            only &= content.frame[folded[header]].map(cells.squash).isin(allowed)
    header_row = max(1, content.rows[0] - 1)
    frame, precision = _measured(_rows(content, only & (levels == chosen)), form, chosen, file, header_row)
    england, _ = _measured(_rows(content, only & (levels == ENGLAND)), form, ENGLAND, file, header_row)
    return Extract(frame, england, chosen, file, precision, any_period=bool(form.level))


def _rows(content: TextTable, which: pd.Series[bool]) -> TextTable:
    """Keep some of a table's rows."""
    kept = which.to_numpy(dtype=bool)
    rows = tuple(row for row, keep in zip(content.rows, kept, strict=True) if keep)
    return TextTable(content.frame[kept].reset_index(drop=True), rows)


def _levels(content: TextTable, form: Format, folded: Mapping[str, str]) -> pd.Series[str]:
    """Say of each row what kind of organisation it is about."""
    import pandas as pd

    if form.level:
        return pd.Series(form.level, index=content.frame.index, dtype="str")
    header = folded[next(header for header, name in form.columns.items() if name == "level")]
    kinds = content.frame[header].unique()
    known = {kind: form.levels.get(cells.squash(kind)) for kind in kinds}
    return content.frame[header].map(known)


def _refuse_level(content: TextTable, form: Format, folded: Mapping[str, str], file: object, level: str | None) -> None:
    column = folded.get(next((header for header, name in form.columns.items() if name == "level"), ""))
    found = sorted(set(content.frame[column])) if column else [form.level]
    words = level_words()
    raise DataError(
        f"no {words[level] if level else 'commissioning area'} is in it; the organisations are: "
        f"{', '.join(map(str, found[:8])) or 'none'}",
        file=file,
        column=column,
        expected=words[level] if level else " or ".join(word for name, word in words.items() if name != PROVIDER),
        mend="give the complete file, or choose another --level",
    )


@dataclass(frozen=True)
class _Counted:
    """The counts of a file, which of them were withheld, each one's least and most, and the step of their rounding."""

    values: pd.DataFrame
    withheld: pd.DataFrame
    bounds: dict[str, tuple[pd.Series[int], pd.Series[int]]]
    step: int
    derived: bool


def _measured(
    content: TextTable, form: Format, level: str, file: object, header_row: int
) -> tuple[pd.DataFrame, Precision]:
    """Turn rows of text into organisations, months, counts and rates; refuse what cannot be."""
    import pandas as pd

    if form.measures:
        content = widened(content, form, level, file)
    spelling = {name: header for header in content.header if (name := form.canonical(header, level))}
    if level != ENGLAND:
        _require(form, spelling, content, file, header_row)
    # Only what the format declares: another column may bear one of the names used here.
    chosen = content.frame[list(spelling.values())].set_axis(list(spelling), axis="columns")
    rows_of = {name: content.rows_of[header] for name, header in spelling.items() if header in content.rows_of}
    place = cells.Place(file, content.rows, spelling, rows_of)
    organisations = _organisations(chosen, form, place)
    counted = _counted(chosen, form, level, place)
    rates = _rates(chosen, form, place)
    apart = _denominator_apart(counted)
    out = pd.concat([organisations, _with_bounds(counted), rates], axis="columns").assign(denominator_apart=apart)
    named = [name for name in COUNTS if name in counted.withheld]
    withheld = counted.withheld[named].to_numpy()
    out[SUPPRESSED] = [";".join(n for n, w in zip(named, row, strict=True) if w) for row in withheld]
    refuse_impossible(out, place)
    month = pd.to_datetime(out["month"]).dt.strftime("%Y-%m").fillna("")
    place.refuse_repeats(out["area_code"] + month, out["area_code"], "area_code")
    under = form.rounded_to if counted.withheld.to_numpy().any() else 0
    return out, Precision(rounded_to=counted.step, withheld_under=under, cases_derived=counted.derived)


def _organisations(chosen: pd.DataFrame, form: Format, place: cells.Place) -> pd.DataFrame:
    """Read which organisation, and which month, each row is about."""
    import pandas as pd

    codes = chosen["area_code"]
    out = pd.DataFrame(
        {
            "area_code": cells.names(
                codes.where(~cells.is_missing(codes, form.missing), "UNKNOWN"), "area_code", place
            ),
            "area_name": cells.names(chosen["area_name"], "area_name", place).map(in_sentence_case),
            "month": _months(chosen["month"], "month", place) if form.months else pd.NaT,
        }
    )
    if "month_end" in chosen:
        beyond = _months(chosen["month_end"], "month_end", place) != out["month"]
        one = "a period of one month: it begins and ends in the same"
        place.refuse(chosen["month_end"], beyond, "month_end", expected=one, mend="give the monthly files")
    return out


def _counted(chosen: pd.DataFrame, form: Format, level: str, place: cells.Place) -> _Counted:
    """Read the counts; those at caseness are derived where only those who were not are published."""
    import pandas as pd

    read = [name for name in (*COUNTS, "not_at_caseness") if name in chosen]
    counts = pd.DataFrame(
        {name: cells.counts(chosen[name], name, place, form.missing) for name in read}, index=chosen.index
    )
    withheld = pd.DataFrame(
        {name: chosen[name].str.strip().isin(form.suppressed) for name in read}, index=chosen.index, dtype=bool
    )
    step = 1 if level == ENGLAND else step_of(counts, form.rounded_to)
    bounds = {name: count_bounds(counts[name], withheld[name], step, form.rounded_to) for name in read}
    derived = "at_caseness" not in read and {"finished_treatment", "not_at_caseness"} <= set(read)
    if derived:
        counts["at_caseness"] = _at_caseness(counts, form.rounded_to, place)
        whole, part = bounds["finished_treatment"], bounds["not_at_caseness"]
        bounds["at_caseness"] = ((whole[0] - part[1]).clip(lower=0), whole[1] - part[0])
        withheld["at_caseness"] = withheld["finished_treatment"] | withheld["not_at_caseness"]
    return _Counted(counts, withheld, bounds, step, derived)


def _with_bounds(counted: _Counted) -> pd.DataFrame:
    """Set each count beside the least and the most that it can be; all missing where the file does not have it."""
    import pandas as pd

    index = counted.values.index
    out = pd.DataFrame(index=index)
    for name in COUNTS:
        there = name in counted.values
        absent = cells.absent_counts(index)
        low, high = counted.bounds[name] if there else (absent, absent)
        out[name] = counted.values[name] if there else absent
        out[bounds_of(name)[0]], out[bounds_of(name)[1]] = low, high
    return out


def _rates(chosen: pd.DataFrame, form: Format, place: cells.Place) -> pd.DataFrame:
    """Read the published percentages as proportions, each with what its rounding leaves open."""
    import pandas as pd

    out = pd.DataFrame(index=chosen.index)
    for outcome in OUTCOMES.values():
        rate = _rate(chosen, outcome.percentage, place, form.missing)
        reach = percentage_reach(rate)
        out[outcome.rate] = rate
        out[outcome.low], out[outcome.high] = (rate - reach).clip(lower=0), (rate + reach).clip(upper=1)
    return out


def _denominator_apart(counted: _Counted) -> pd.Series[int]:
    """Say how far, beyond rounding, the published count at caseness is from that of its parts."""
    import pandas as pd

    counts = counted.values
    if counted.derived or not {"at_caseness", "finished_treatment", "not_at_caseness"} <= set(counts):
        return pd.Series(0, index=counts.index)
    apart = (counts["at_caseness"] - (counts["finished_treatment"] - counts["not_at_caseness"])).abs()
    # Three rounded counts can be apart by their three errors, and are then so by multiples of the step.
    return apart.where(apart > 3 * (counted.step // 2), 0).fillna(0).astype(int)


def _require(form: Format, spelling: dict[str, str], content: TextTable, file: object, header_row: int) -> None:
    lacking = [name for name in form.required if name not in spelling]
    cases = {"at_caseness", "not_at_caseness"} & set(spelling)
    if not lacking and RECOVERY.percentage not in spelling and not ("recovered" in spelling and cases):
        lacking = ["recovered" if "recovered" in form.published else RECOVERY.percentage]
    if lacking:
        raise DataError(
            f"the column {form.published[lacking[0]]!r} is missing; the file has "
            f"{', '.join(map(repr, content.header[:12]))}",
            file=file,
            row=header_row,
            column=form.published[lacking[0]],
            expected=f"the columns of {form.words}",
            mend="give the file as published, with all its columns",
        )


def _rate(frame: pd.DataFrame, column: str, place: cells.Place, missing: frozenset[str]) -> pd.Series[float]:
    """Turn published percentages into proportions; refuse those beyond 100."""
    if column not in frame:
        return cells.absent_numbers(frame.index)
    value = cells.numbers(frame[column], column, place, missing)
    wrong = value.notna() & ~value.between(0, 100)
    place.refuse(frame[column], wrong, column, expected="a percentage from 0 to 100", mend="correct the value")
    return value / 100


def _at_caseness(counts: pd.DataFrame, rounded_to: int, place: cells.Place) -> pd.Series[int]:
    """Take who was not at caseness from who finished treatment.

    Where counts are rounded, the difference can fall below the number recovered by a step or two; it is then not known.
    Further below it is refused.
    """
    difference = counts["finished_treatment"] - counts["not_at_caseness"]
    reach = 0 if rounded_to == 1 else 2 * rounded_to
    place.refuse(
        counts["not_at_caseness"],
        difference < -reach,
        "not_at_caseness",
        expected="no more than finished treatment",
        mend="correct one of the two counts",
    )
    impossible = difference < 0
    for outcome in OUTCOMES.values():
        if outcome.cases == "at_caseness" and outcome.reached in counts:
            more = counts[outcome.reached] - difference
            place.refuse(
                counts[outcome.reached],
                more > reach,
                outcome.reached,
                expected="no more than finished treatment less those not at caseness",
                mend="correct one of the counts",
            )
            impossible |= more > 0
    return difference.mask(impossible.fillna(value=False))


def _months(text: pd.Series[str], column: str, place: cells.Place) -> pd.Series[pd.Timestamp]:
    """Read the first days of months, as ISO dates or as dd/mm/yyyy."""
    import pandas as pd

    parsed = {value: _first_day(value) for value in text.unique()}
    wrong = text.map(lambda value: parsed[value] is None)
    place.refuse(text, wrong, column, expected="a date such as 2019-04-01 or 01/04/2019", mend="correct the date")
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
